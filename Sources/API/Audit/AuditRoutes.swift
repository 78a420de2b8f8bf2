internal import Actions
internal import Base
internal import HTTPServer
internal import Store

/// Who did what, for who may know it.
struct AuditRoutes {
    let store: Store

    private static let defaultLimit = 50
    private static let maximumLimit = 500

    var routes: [Route] { [Route("/api/callboard/audit") { try await events($0) }] }

    private func events(_ request: RouteRequest) async throws -> HTTPServerResponse {
        try request.caller.checkNamed(.readAudit)
        var question = try Self.question(request)
        let limit = question.limit
        // One more tells whether there is a next page.
        question.limit += 1
        let events = try await store.audit.events(question)
        let page = events.prefix(limit)
        let next = events.count > limit ? page.last.map(Self.cursor) : nil
        return .json(
            200, ["events": .array(page.map(\.json)), "nextCursor": next.map(JSONValue.string) ?? .null])
    }

    private static func question(_ request: RouteRequest) throws(ActionError) -> AuditQuestion {
        var question = AuditQuestion()
        question.actor = try text("actor", request)
        if let event = try text("event", request) {
            let parts = event.split(separator: ".", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ActionError(
                    .input, "event: expected plugin and event such as catalog.entity-mutate, but found \"\(event)\"")
            }
            (question.plugin, question.event) = (parts[0], parts[1])
        }
        question.status = try text("status", request)
        guard [nil, "succeeded", "failed"].contains(question.status) else {
            throw ActionError(
                .input, "status: expected succeeded or failed, but found \"\(question.status ?? "")\"")
        }
        (question.since, question.until) = (try time("since", request), try time("until", request))
        if let cursor = try text("cursor", request) { question.after = try place(cursor) }
        question.limit = try request.integer("limit", atLeast: 1) ?? defaultLimit
        guard question.limit <= maximumLimit else {
            throw ActionError(.input, "request/query/limit must be <= \(maximumLimit)")
        }
        return question
    }

    private static func text(_ name: String, _ request: RouteRequest) throws(ActionError) -> String? {
        guard let text = request.http.queryValue(name) else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw ActionError(.input, "\(name): expected a text, but found \"\(AuditArguments.text(text, 50))\"")
        }
        return text
    }

    private static func time(_ name: String, _ request: RouteRequest) throws(ActionError) -> Timestamp? {
        guard let text = request.http.queryValue(name) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw ActionError(.input, "\(name): expected a time such as 2026-01-02T03:04:05Z, but found \"\(text)\"")
        }
        return time
    }

    private static func cursor(_ event: AuditEvent) -> String { "\(event.at.microseconds)-\(event.id)" }

    private static func place(_ cursor: String) throws(ActionError) -> AuditQuestion.Place {
        let parts = cursor.split(separator: "-")
        guard parts.count == 2, let microseconds = Int64(parts[0]), microseconds >= 0,
            microseconds < 253_402_300_800_000_000,  // the year 10000
            parts[1].utf8.count == 32, parts[1].allSatisfy(\.isHexDigit), parts[1].utf8.count == 32
        else { throw ActionError(.input, "cursor: expected the nextCursor of an answer") }
        return AuditQuestion.Place(at: Timestamp(microseconds: microseconds), id: String(parts[1]))
    }
}

extension AuditEvent {
    /// As the API shows it.
    fileprivate var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "id": .string(id), "at": .string(at.rfc3339), "plugin": .string(plugin), "eventId": .string(event),
            "severityLevel": .string(severity.rawValue), "status": .string(status),
            "actor": [
                "actorId": text(actor.id), "ip": text(actor.ip), "hostname": text(actor.hostname),
                "userAgent": text(actor.userAgent),
            ],
            "request": request.map {
                ["id": .string($0.id), "method": .string($0.method), "url": .string($0.url)]
            } ?? .null,
            "meta": .object(meta), "error": text(error),
            "durationMilliseconds": .double(duration / .milliseconds(1)), "occurrences": .int(occurrences),
        ]
    }
}
