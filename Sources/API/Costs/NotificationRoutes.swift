internal import Actions
internal import Base
internal import HTTPServer
internal import Store

/// What was told to webhooks, and how that went. Neither URLs nor what was said.
struct NotificationRoutes {
    let store: Store

    private static let defaultLimit = 50
    private static let maximumLimit = 500

    var routes: [Route] { [Route("/api/callboard/notifications") { try await log($0) }] }

    private func log(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.check(.readCosts)
        let limit = try request.integer("limit", atLeast: 1) ?? Self.defaultLimit
        guard limit <= Self.maximumLimit else {
            throw ActionError(.input, "request/query/limit must be <= \(Self.maximumLimit)")
        }
        let rows = try await store.notifications.log(state: try Self.state(request), limit: limit)
        return .json(200, ["notifications": .array(rows.map(Self.row))])
    }

    private static func state(_ request: RouteRequest) throws(ActionError) -> NotificationState? {
        guard let text = request.http.queryValue("state") else { return nil }
        guard let state = NotificationState(rawValue: text) else {
            let words = NotificationState.allCases.map(\.rawValue).joined(separator: ", ")
            throw ActionError(.input, "state: expected one of \(words), but found \"\(text)\"")
        }
        return state
    }

    private static func row(_ one: LoggedNotification) -> JSONValue {
        [
            "id": .string(one.id), "target": .string(one.target), "type": .string(one.type),
            "title": .string(one.title), "state": .string(one.state.rawValue), "attempts": .int(Int64(one.attempts)),
            "at": .string(one.decidedAt.rfc3339), "attemptedAt": time(one.attemptedAt),
            "nextAttemptAt": time(one.nextAttemptAt), "status": one.status.map { .int(Int64($0)) } ?? .null,
            "error": one.error.map(JSONValue.string) ?? .null,
        ]
    }

    private static func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.rfc3339) } ?? .null }
}
