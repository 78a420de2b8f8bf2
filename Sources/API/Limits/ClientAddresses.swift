internal import Base
package import HTTPServer

/// From where requests come: the other end of the connection, or what proxies that are trusted say before it.
package struct ClientAddresses: Sendable {
    private let trusted: [IPNetwork]

    /// - Parameter trusted: the proxies whose `X-Forwarded-For` counts (`callboard.trustedProxies`).
    package init(trusted: [IPNetwork] = []) { self.trusted = trusted }

    /// The client's address; empty when it is not known. Whoever is not trusted has written what stands to its left, so the
    /// nearest address that is no trusted proxy is the client.
    func client(of request: HTTPServerRequest) -> String {
        guard isTrusted(request.remoteAddress) else { return request.remoteAddress }
        let hops = Self.hops(of: request)
        var client = request.remoteAddress
        for hop in hops.reversed() {
            guard IPAddress(hop) != nil else { return client }
            client = hop
            if !isTrusted(hop) { return client }
        }
        return client
    }

    /// The addresses that `X-Forwarded-For` tells, without the ports that some proxies write (`203.0.113.9:51234`,
    /// `[2001:db8::1]:443`); the last is what the nearest proxy saw.
    static func hops(of request: HTTPServerRequest) -> [String] {
        request.headers.all("X-Forwarded-For").flatMap { $0.split(separator: ",") }.map { hop in
            let text = hop.drop { $0 == " " }.prefix { $0 != " " }
            if text.first == "[" { return String(text.dropFirst().prefix { $0 != "]" }) }
            // An address of IPv6 has more of them.
            let hasPort = text.count { $0 == ":" } == 1
            return String(hasPort ? text.prefix { $0 != ":" } : text)
        }
    }

    private func isTrusted(_ text: String) -> Bool {
        guard !trusted.isEmpty, let address = IPAddress(text) else { return false }
        return trusted.contains { $0.contains(address) }
    }
}
