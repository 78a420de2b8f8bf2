import Base

@testable import MCP

extension FuzzTarget {
    /// A request to the MCP endpoint, as its lines of head (`METHOD`, then `Name: value`), an empty line and the body: it is
    /// refused with an error that says so, or routed to what its revision knows; the order of headers changes nothing.
    static let mcp = FuzzTarget(name: "mcp") { input in
        let request = FuzzedRequest(input)
        let route = request.route()
        check(route)
        if request.hasDistinctNames {
            require(request.reversed.route() == route, "another route when the headers come in another order")
        }
        for header in request.headers {
            require(
                FuzzedRequest.issuer.read(header.value, of: "user:a") == nil, "an id of a session that nobody made")
        }
    }

    private static func check(_ route: MCPRouter.Route) {
        switch route {
        case .rejected(let rejection):
            require([400, 403, 404, 405, 406, 415].contains(rejection.status), "\(rejection)")
            let body = try? JSONValue(parsing: rejection.body.serialized())
            require(
                body?["error"]?["code"]?.intValue != nil && body?["id"] == rejection.id?.json ?? .null, "\(rejection)")
        case .request(let request, let version, let session):
            require(
                !version.isModern || session == nil && FuzzedRequest.router.modernMethods.contains(request.method))
            require(
                version.isModern || !request.params.claimsModernVersion, "a modern request taken for an older one")
            check(request)
        case .batch(let elements, _):
            require((1...MCPRouter.maximumBatch).contains(elements.count))
            for case .request(let request) in elements { check(request) }
        case .notification, .response, .accepted, .stream, .end: break
        }
    }

    /// What was read is the same when it is written and read again, and no round of it is believed that was not sealed here.
    private static func check(_ request: JSONRPCRequest) {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": request.id.json, "method": .string(request.method),
            "params": .object(request.params),
        ]
        let again = (try? JSONValue(parsing: message.serialized())).flatMap { try? JSONRPCMessage($0) }
        require(again == .request(request), "\(request) reads as something else")
        let state = RequestState(keys: FuzzedRequest.keys, now: 0, subject: "user:a", request: request)
        let told = request.params["requestState"]?.stringValue ?? request.method
        require((try? state.open(told)) == nil, "a state that nobody sealed")
    }
}

/// A request in the form in which the fuzzer writes it.
private struct FuzzedRequest {
    static let keys = KeyRing.ephemeral()
    static let issuer = SessionIssuer(keys: keys, server: "mcp", now: { 0 })
    static let router = MCPRouter(
        origins: OriginPolicy(origins: ["https://portal.example.com"], hosts: ["callboard.example.com"]),
        modernMethods: MCPOffer([.resources, .prompts, .completions, .changes]).modernMethods)

    let method: String
    private(set) var headers = HTTPHeaders()
    let body: [UInt8]

    init(_ input: [UInt8]) {
        var lines: [String] = []
        var rest = input[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex, lines.count < 20 {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[(end + 1)...]
        }
        method = lines.first ?? ""
        body = Array(rest.dropFirst())
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            headers.add(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    var hasDistinctNames: Bool {
        let names = headers.map { $0.name.lowercased() }
        return Set(names).count == names.count
    }

    var reversed: FuzzedRequest {
        var other = self
        other.headers = HTTPHeaders()
        for header in headers.reversed() { other.headers.add(header.name, header.value) }
        return other
    }

    /// With two sessions, `a` and `b`.
    func route() -> MCPRouter.Route {
        Self.router.route(method: method, headers: headers, body: body) { id in
            guard let version = ["a": ProtocolVersion.v2025_11_25, "b": .v2025_03_26][id] else { return nil }
            return MCPSession(id: id, version: version, client: [], expiry: 1)
        }
    }
}
