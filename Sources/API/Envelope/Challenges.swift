internal import Actions
internal import Base
internal import HTTPServer

/// What somebody is told whose credentials do not let in. At the MCP endpoints that leads a client to who issues tokens
/// (RFC 6750 §3, RFC 9728 §5.1); elsewhere it is Backstage's answer.
struct Challenges: Sendable {
    let resources: ProtectedResources?

    func response(to error: AuthenticationError, _ request: HTTPServerRequest) -> HTTPServerResponse {
        var response = body(error, request)
        switch error {
        case .missing: response.headers.set("WWW-Authenticate", challenge(request))
        case .invalid(let reason):
            response.headers.set("WWW-Authenticate", challenge(request, error: "invalid_token", reason))
        case .ambiguous: break
        case .unavailable: response.headers.set("Retry-After", "2")
        }
        return response
    }

    /// For a caller whose token has no scope of ours; nil: the caller may do something. What such a caller needs besides
    /// is for the tools to say.
    func refusal(of caller: Caller, _ request: HTTPServerRequest) -> HTTPServerResponse? {
        guard Self.isMCP(request), let resources, !resources.authorizationServers.isEmpty,
            !Permission.all.contains(where: caller.may)
        else { return nil }
        let reason = "The token has none of the scopes that this needs"
        var response = Self.oauthBody(403, "insufficient_scope", reason)
        response.headers.set("WWW-Authenticate", challenge(request, error: "insufficient_scope", reason))
        return response
    }

    /// For a caller who may ask a person for more, and calls a tool that needs it; nil: nobody here can be asked.
    func stepUp(to scopes: [String], _ request: HTTPServerRequest) -> HTTPServerResponse? {
        guard Self.isMCP(request), resources?.documentURL(forPath: request.pathSegments) != nil else { return nil }
        let reason = "The tool needs more than the token gives"
        var response = Self.oauthBody(403, "insufficient_scope", reason)
        response.headers.set(
            "WWW-Authenticate", challenge(request, error: "insufficient_scope", reason, scopes: scopes))
        return response
    }

    private func body(_ error: AuthenticationError, _ request: HTTPServerRequest) -> HTTPServerResponse {
        guard Self.isMCP(request) else { return ErrorResponse(error).response(to: request) }
        return switch error {
        case .missing: Self.oauthBody(401, "unauthorized", error.description)
        case .invalid: Self.oauthBody(401, "invalid_token", error.description)
        case .ambiguous: Self.oauthBody(400, "invalid_request", error.description)
        case .unavailable: Self.oauthBody(503, "temporarily_unavailable", error.description)
        }
    }

    private static func isMCP(_ request: HTTPServerRequest) -> Bool {
        request.pathSegments.starts(with: ["api", "mcp-actions"])
    }

    private static func oauthBody(_ status: Int, _ error: String, _ description: String) -> HTTPServerResponse {
        .json(status, ["error": .string(error), "error_description": .string(description)])
    }

    /// One line; every value in quotes and ASCII: clients read it with simple patterns.
    private func challenge(
        _ request: HTTPServerRequest, error: String? = nil, _ reason: String? = nil, scopes: [String]? = nil
    ) -> String {
        var parameters: [(String, String)] = []
        if let error { parameters.append(("error", error)) }
        if let reason { parameters.append(("error_description", reason)) }
        if let url = resources?.documentURL(forPath: request.pathSegments) {
            parameters.append(("scope", (scopes ?? resources?.scopes ?? []).joined(separator: " ")))
            parameters.append(("resource_metadata", url))
        } else {
            parameters.insert(("realm", "callboard"), at: 0)
        }
        return "Bearer " + parameters.map { "\($0)=\"\($1)\"" }.joined(separator: ", ")
    }
}
