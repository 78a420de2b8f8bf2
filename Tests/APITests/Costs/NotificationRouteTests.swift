import Base
import Costs
import Store
import TestSupport
import Testing

@testable import API

@Suite("The log of notifications over REST", .serialized, .enabled(if: TestDatabase.isAvailable))
struct NotificationRouteTests {
    private static let noon = Timestamp(seconds: 1_772_366_400)

    private static func write(_ store: Store) async throws {
        let notifications = store.notifications
        for number in 0..<3 {
            var decision = NotificationDecision()
            decision.notifications = [
                NewNotification(
                    .budget, key: "\(number)", title: "title \(number)", window: noon..<noon,
                    data: ["hidden": "what was said"], lines: [])
            ]
            let sender = NotificationSender(instance: "main", currency: "EUR")
            try await notifications.write(decision, for: "ops", from: sender, at: noon.adding(seconds: Int64(number)))
        }
        let first = try #require(try await notifications.due("ops", now: noon, limit: 1).first)
        try await notifications.note(
            NotificationAttempt(at: noon, state: .givenUp, nextAt: noon, status: 404, error: "answered 404"),
            of: first.id)
    }

    @Test("the latest come first, with what became of them and without what was said")
    func log() async throws {
        try await Service.with { service async throws in
            try await Self.write(service.store)
            let all = try await service.client.get("/api/callboard/notifications")
            let rows = try #require(all.json["notifications"]?.arrayValue)
            #expect(rows.compactMap { $0["title"]?.stringValue } == ["title 2", "title 1", "title 0"])
            var last = try #require(rows.last?.objectValue)
            last["id"] = nil
            #expect(
                JSONValue.object(last) == [
                    "target": "ops", "type": "budget", "title": "title 0", "state": "given-up", "attempts": 1,
                    "at": "2026-03-01T12:00:00Z", "attemptedAt": "2026-03-01T12:00:00Z", "nextAttemptAt": .null,
                    "status": 404, "error": "answered 404",
                ])
            #expect(rows.first?["nextAttemptAt"] == "2026-03-01T12:00:02Z")
            let waiting = try await service.client.get("/api/callboard/notifications?state=waiting&limit=1")
            #expect(waiting.json["notifications"]?.arrayValue?.count == 1)
            #expect(waiting.json["notifications"]?[0]?["title"] == "title 2")
        }
    }

    @Test("what the query cannot mean is refused", arguments: ["state=lost", "limit=0", "limit=501", "limit=x"])
    func refused(query: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get("/api/callboard/notifications?\(query)")
            #expect(answer.status == 400 && answer.json["error"]?["name"] == "InputError")
        }
    }
}
