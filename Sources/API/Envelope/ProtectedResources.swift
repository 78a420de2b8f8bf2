internal import Base
internal import HTTPServer

/// The MCP endpoints as OAuth knows them (RFC 9728): where a client learns who issues tokens for them.
package struct ProtectedResources: Sendable {
    /// The public address of this service (`backend.baseUrl`) without a slash at its end. The header `Host` is never taken
    /// for it: a client chooses that.
    let baseURL: String
    private let servers: Set<String>
    /// Who issues tokens, as issuers write themselves; empty: nobody does.
    let authorizationServers: [String]
    /// What a client should ask for at first.
    let scopes: [String]

    /// - Parameter servers: the keys of `mcpActions.servers`.
    package init(baseURL: String, servers: Set<String> = [], authorizationServers: [String], scopes: [String]) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.servers = servers
        self.authorizationServers = authorizationServers
        self.scopes = scopes
    }

    private static let wellKnown = "/.well-known/oauth-protected-resource"

    /// The path of the endpoint to which a path belongs; nil when that is none of ours.
    private func endpoint(_ segments: [String]) -> String? {
        guard segments.starts(with: ["api", "mcp-actions"]) else { return nil }
        switch Array(segments.dropFirst(2)) {
        case ["v1"]: return "/api/mcp-actions/v1"
        case let rest where rest.count == 2 && rest[0] == "v1" && servers.contains(rest[1]):
            return "/api/mcp-actions/v1/" + percentEncoded(rest[1])
        case let rest where rest.first == "sse": return "/api/mcp-actions/sse"
        default: return nil
        }
    }

    /// The address of the document about the endpoint to which a path belongs; nil when there is none.
    func documentURL(forPath segments: [String]) -> String? {
        guard !authorizationServers.isEmpty else { return nil }
        return endpoint(segments).map { baseURL + Self.wellKnown + $0 }
    }

    /// The document about an endpoint, by what follows the well-known path; nil when there is none.
    func document(_ segments: [String]) -> JSONValue? {
        // The endpoint itself, and nothing below it.
        guard !authorizationServers.isEmpty, let endpoint = endpoint(segments),
            segments.count == endpoint.split(separator: "/").count
        else { return nil }
        return [
            "resource": .string(baseURL + endpoint),
            "authorization_servers": .array(authorizationServers.map { .string($0) }),
            "scopes_supported": .array(scopes.map { .string($0) }), "bearer_methods_supported": ["header"],
            "resource_name": "Callboard",
        ]
    }
}

/// The documents under `/.well-known`, open to everybody.
struct WellKnownRoutes {
    let resources: ProtectedResources?

    var routes: [Route] {
        [
            // Clients look for documents that are not there, and take any other answer than 404 for trouble.
            Route("/.well-known/*", isOpen: true, reach: .everyPage) { Self.nothing($0) },
            Route("/.well-known/oauth-protected-resource/*", isOpen: true, reach: .everyPage) { [resources] request in
                guard let document = resources?.document(Array(request.http.pathSegments.dropFirst(2))) else {
                    return Self.nothing(request)
                }
                return .json(200, document)
            },
        ]
    }

    private static func nothing(_ request: RouteRequest) -> HTTPServerResponse {
        ErrorResponse(status: 404, name: "NotFoundError", message: "No such document").response(to: request.http)
    }
}
