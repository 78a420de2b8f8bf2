@testable import KubeClient

extension FuzzTarget {
    /// The body of a refusal: protobuf, JSON or anything.
    static let status = FuzzTarget(name: "status") { input in
        let status = Status(body: input, httpStatus: 500)
        let error = KubernetesError(status, request: "GET /", retryAfter: String(decoding: input, as: UTF8.self))
        require(error.retryAfter.map { $0 > .zero && $0 <= .seconds(3600) } ?? true, "a wait out of bounds")
    }

    /// A kubeconfig; every file that it names has its own bytes.
    static let kubeconfig = FuzzTarget(name: "kubeconfig") { input in
        do {
            let file = try Kubeconfig(file: "/kubeconfig", read: { _ in input })
            let configuration = try file.configuration(context: nil, read: { _ in input })
            require(!configuration.server.isEmpty, "no server")
        } catch {
            require(!"\(error)".isEmpty)
        }
    }

    /// A quantity. Both units say yes or no together, and one rounded up is the other rounded up.
    static let quantity = FuzzTarget(name: "quantity") { input in
        let text = String(decoding: input, as: UTF8.self)
        guard let units = Quantity.units(text), let thousandths = Quantity.thousandths(text) else {
            require(Quantity.units(text) == nil && Quantity.thousandths(text) == nil, "one unit reads it")
            return
        }
        guard thousandths.magnitude < Int64.max.magnitude else { return }
        let (quotient, remainder) = thousandths.quotientAndRemainder(dividingBy: 1000)
        require(units == quotient + remainder.signum(), "\(units) units are \(thousandths) thousandths")
    }
}
