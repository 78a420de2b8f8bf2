import Base
import Costs
import TestSupport
import Testing

@testable import Store

@Suite("The log of notifications", .enabled(if: TestDatabase.isAvailable), .serialized)
struct NotificationStoreTests {
    private static let noon = CostScene.noon
    private static let sender = NotificationSender(instance: "main", currency: "EUR")

    private static func decision(_ keys: String..., told: Set<String> = []) -> NotificationDecision {
        var decision = NotificationDecision()
        decision.notifications = keys.map { key in
            NewNotification(
                .budget, key: key, title: "about \(key)", window: noon..<noon.adding(seconds: 60), data: ["x": 1.5],
                lines: [NotificationLine("a"), NotificationLine("b", url: "https://x/")])
        }
        decision.told = told
        return decision
    }

    private static func write(
        _ store: Store, _ decision: NotificationDecision, for target: String = "ops", at moment: Timestamp = noon
    ) async throws {
        try await store.notifications.write(decision, for: target, from: sender, at: moment)
    }

    private static func attempt(
        _ state: NotificationState, at moment: Timestamp, next: Int64 = 10, status: Int? = 500, error: String? = "bad"
    ) -> NotificationAttempt {
        NotificationAttempt(
            at: moment, state: state, nextAt: moment.adding(seconds: next), status: status, error: error)
    }

    @Test("what was decided is due with its envelope and lines, once for each key and target")
    func once() async throws {
        try await TestDatabase.withStore { store in
            try await Self.write(store, Self.decision("a", told: ["budget x"]))
            let first = try await store.notifications.due("ops", now: Self.noon, limit: 10)
            try await Self.write(store, Self.decision("a"), at: Self.noon.adding(seconds: 60))
            try await Self.write(store, Self.decision("a"), for: "other")
            #expect(try await store.notifications.due("ops", now: Self.noon, limit: 10) == first)
            let one = try #require(first.first)
            #expect(first.count == 1 && one.attempts == 0 && one.decidedAt == Self.noon)
            #expect(one.lines == [NotificationLine("a"), NotificationLine("b", url: "https://x/")])
            var envelope = one.envelope
            #expect(envelope["id"] == .string(one.id) && one.id.utf8.count == 32)
            envelope["id"] = nil
            #expect(
                JSONValue.object(envelope) == [
                    "version": 1, "type": "budget", "at": "2026-03-01T12:00:00Z", "instance": "main",
                    "currency": "EUR", "title": "about a", "data": ["x": 1.5],
                    "window": ["from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:01:00Z"],
                ])
            #expect(try await store.notifications.has("a", for: "ops"))
            #expect(try await !store.notifications.has("b", for: "ops"))
            let other = try await store.notifications.due("other", now: Self.noon, limit: 10)
            #expect(other.count == 1 && other.first?.id != one.id)
        }
    }

    @Test("what is known is known by target and kind, until it is forgotten")
    func told() async throws {
        try await TestDatabase.withStore { store in
            try await Self.write(store, Self.decision(told: ["budget a", "budget b", "cost-jump a"]))
            try await Self.write(store, Self.decision(told: ["budget c"]), for: "other")
            #expect(try await store.notifications.told("ops", prefix: "budget ") == ["budget a", "budget b"])
            var decision = NotificationDecision()
            decision.forgotten = ["budget a", "budget c"]
            try await Self.write(store, decision)
            #expect(try await store.notifications.told("ops", prefix: "") == ["budget b", "cost-jump a"])
            #expect(try await store.notifications.told("other", prefix: "budget ") == ["budget c"])
        }
    }

    @Test("one that failed is due later, behind those that became due before")
    func attempts() async throws {
        try await TestDatabase.withStore { store in
            let log = store.notifications
            try await Self.write(store, Self.decision("a"))
            try await Self.write(store, Self.decision("b"), at: Self.noon.adding(seconds: 1))
            func due(_ seconds: Int64) async throws -> [String] {
                try await log.due("ops", now: Self.noon.adding(seconds: seconds), limit: 10).compactMap {
                    $0.envelope["title"]?.stringValue
                }
            }
            #expect(try await due(0) == ["about a"])
            #expect(try await log.nextDue("ops") == Self.noon)
            let id = try #require(try await log.due("ops", now: Self.noon, limit: 1).first?.id)
            try await log.note(Self.attempt(.waiting, at: Self.noon), of: id)
            #expect(try await due(9) == ["about b"])
            #expect(try await due(10) == ["about b", "about a"])
            #expect(try await log.nextDue("ops") == Self.noon.adding(seconds: 1))
            #expect(try await log.due("ops", now: Self.noon.adding(seconds: 10), limit: 10).last?.attempts == 1)
            try await log.note(
                Self.attempt(.delivered, at: Self.noon.adding(seconds: 10), status: 200, error: nil), of: id)
            #expect(try await due(1_000) == ["about b"])
            #expect(try await log.waiting("ops") == 1)
            let shown = try #require(try await log.log(state: .delivered, limit: 5).first)
            #expect(shown.attempts == 2 && shown.status == 200 && shown.error == nil && shown.nextAttemptAt == nil)
            #expect(shown.attemptedAt == Self.noon.adding(seconds: 10) && shown.title == "about a")
            #expect(try await log.log(state: nil, limit: 5).map(\.title) == ["about b", "about a"])
            #expect(try await log.log(state: .givenUp, limit: 5).isEmpty)
        }
    }

    @Test("what waited too long is given up, and what ended long ago is removed; what waits never is")
    func clearing() async throws {
        try await TestDatabase.withStore { store in
            let log = store.notifications
            try await Self.write(store, Self.decision("old", "ended"))
            try await Self.write(store, Self.decision("new"), at: Self.noon.adding(seconds: 100))
            let ended = try #require(
                try await log.due("ops", now: Self.noon, limit: 5).first { $0.envelope["title"] == "about ended" })
            try await log.note(Self.attempt(.delivered, at: Self.noon), of: ended.id)
            let given = try await log.clear(
                waitingSince: Self.noon.adding(seconds: 1), endedBefore: Self.noon.adding(seconds: 1))
            #expect(given == 1)
            let left = try await log.log(state: nil, limit: 5)
            #expect(left.map(\.title) == ["about new", "about old"])
            #expect(left.map(\.state) == [.waiting, .givenUp] && left.last?.error == "it was never sent")
            #expect(try await log.due("ops", now: Self.noon.adding(seconds: 1_000), limit: 5).count == 1)
        }
    }
}
