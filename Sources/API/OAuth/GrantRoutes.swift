internal import Actions
internal import Base
internal import HTTPServer
internal import Store

/// Which access persons gave to programs, for who may know it, and its end.
struct GrantRoutes {
    let store: OAuthStore
    /// Has this replica look at every grant again; nil: no access is given here.
    let forget: (@Sendable () -> Void)?

    private static let defaultLimit = 100
    private static let maximumLimit = 500

    var routes: [Route] {
        [
            Route("/api/callboard/grants", methods: ["GET"]) { try await list($0) },
            Route("/api/callboard/grants", methods: ["DELETE"]) { try await end($0) },
        ]
    }

    private func list(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.checkNamed(.readGrants)
        let limit = try request.integer("limit", atLeast: 1) ?? Self.defaultLimit
        guard limit <= Self.maximumLimit else {
            throw ActionError(.input, "request/query/limit must be <= \(Self.maximumLimit)")
        }
        let found = try await store.grants(try Self.question(request), now: .now(), limit: limit)
        return .json(
            200, ["grants": .array(found.grants.map { $0.grant.json(since: $0.created) }), "total": .int(found.total)])
    }

    private func end(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.checkNamed(.endGrants)
        let question = try Self.question(request)
        guard question != OAuthGrantQuestion() else {
            throw ActionError(.input, "expected person, client or both: whose access is to end")
        }
        let ended = try await store.end(question, now: .now())
        forget?()
        return .json(200, ["ended": .int(ended)])
    }

    private static func question(_ request: RouteRequest) throws(ActionError) -> OAuthGrantQuestion {
        OAuthGrantQuestion(person: try text("person", request), clientID: try text("client", request))
    }

    private static func text(_ name: String, _ request: RouteRequest) throws(ActionError) -> String? {
        let values = request.http.queryValues(name)
        guard let value = values.first else { return nil }
        // A second one would not be heeded.
        guard values.count == 1, !value.isEmpty, value.utf8.count <= 2_000, !value.utf8.contains(0) else {
            throw ActionError(.input, "\(name): expected one text of at most 2,000 bytes")
        }
        return value
    }
}

extension OAuthGrant {
    /// As the API shows it. Its id is left out: that is for tokens.
    fileprivate func json(since created: Timestamp) -> JSONValue {
        [
            "subject": .string(subject), "displayName": .string(displayName),
            "userEntityRef": userEntityRef.map { .string($0) } ?? .null, "clientId": .string(clientID),
            "clientName": .string(clientName), "scopes": .array(scopes.map { .string($0) }),
            "resource": .string(resource), "createdAt": .string(created.rfc3339),
            "expiresAt": .string(expires.rfc3339),
        ]
    }
}
