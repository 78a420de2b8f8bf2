import Base
import CostSources
import Costs
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers
@testable import Store

@Suite("Delivery of notifications", .enabled(if: TestDatabase.isAvailable), .serialized)
struct NotificationDeliveryTests {
    private static func states(_ scene: NotificationScene) async throws -> [String: NotificationState] {
        let rows = try await scene.store.notifications.log(state: nil, limit: 10)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.title, $0.state) })
    }

    @Test("what a failing receiver did not take is sent again with the same id, and the others wait meanwhile")
    func again() async throws {
        try await NotificationScene.with { scene async throws in
            try await scene.write("a")
            scene.time.advance(seconds: 1)
            try await scene.write("b")
            let script = SendScript([SendScript.answer(503)])
            let delivery = scene.delivery(script)
            let look = try await delivery.look()
            let held = try #require(look.heldUntil)
            #expect(script.titles == ["a"] && (10...12).contains(held.secondsSince(scene.time.now)))
            scene.time.advance(seconds: 12)
            #expect(try await delivery.look() == NotificationDelivery.Look())
            #expect(script.titles == ["a", "b", "a"] && script.ids.first == script.ids.last)
            #expect(try await Self.states(scene) == ["a": .delivered, "b": .delivered])
        }
    }

    @Test("a receiver that asks for patience gets it, and one that is down is not asked more than once a minute")
    func patience() async throws {
        try await NotificationScene.with { scene async throws in
            try await scene.write("a")
            let script = SendScript([
                SendScript.answer(429, retryAfter: 7_200), SendScript.answer(503, retryAfter: 7_200),
            ])
            let delivery = scene.delivery(script)
            let patient = try await delivery.look()
            #expect(patient.heldUntil == scene.time.now.adding(seconds: 7_200) && patient.next == patient.heldUntil)
            scene.time.advance(seconds: 7_200)
            let down = try await delivery.look()
            #expect(down.heldUntil == scene.time.now.adding(seconds: 60))
            #expect(down.next == scene.time.now.adding(seconds: 7_200))
        }
    }

    @Test("what is refused is given up at once, visibly, and holds up nothing")
    func refused() async throws {
        try await NotificationScene.with { scene async throws in
            try await scene.write("a", "b")
            let metrics = MetricsRegistry()
            let delivery = scene.delivery(SendScript([SendScript.answer(400)]), metrics: metrics)
            #expect(try await delivery.look() == NotificationDelivery.Look())
            let refused = try #require(try await scene.store.notifications.log(state: .givenUp, limit: 5).first)
            #expect(refused.status == 400 && refused.error == "answered 400" && refused.attempts == 1)
            #expect(Set(try await Self.states(scene).values) == [.givenUp, .delivered])
            let text = metrics.exposition()
            for line in [
                #"callboard_notification_attempts_total{target="ops",result="given-up"} 1"#,
                #"callboard_notification_attempts_total{target="ops",result="delivered"} 1"#,
                #"callboard_notifications_waiting{target="ops"} 0"#,
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }
    }

    @Test("what was sent and could not be noted is sent again by the next leader, with the same id")
    func restart() async throws {
        try await NotificationScene.with { scene async throws in
            try await scene.write("a")
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "old")
            let old = scene.store.fenced(by: fence)
            let first = SendScript()
            _ = try await scene.store.leadership.begin(shard: "catalog", holder: "new")
            await #expect(throws: StoreError.self) { try await scene.delivery(first, store: old).look() }
            let second = SendScript()
            _ = try await scene.delivery(second).look()
            #expect(first.ids.count == 1 && first.ids == second.ids)
            #expect(try await Self.states(scene) == ["a": .delivered])
        }
    }

    @Test("what our own end interrupts is no attempt")
    func ending() async throws {
        try await NotificationScene.with { scene async throws in
            try await scene.write("a", "b")
            let ended = WebhookClient.Result(outcome: .failure, status: nil, error: nil, isCancelled: true)
            let script = SendScript([ended])
            _ = try await scene.delivery(script).look()
            #expect(script.sent.count == 1)
            #expect(
                try await scene.store.notifications.due("ops", now: scene.time.now, limit: 5).map(\.attempts) == [0, 0])
        }
    }

    @Test("the loop decides, writes down, sends, waits as long as it must, and gives up what nobody takes")
    func loop() async throws {
        try await NotificationScene.with { scene async throws in
            let budget = try Budget(amount: NotificationScene.units(10))
            try await scene.store.costs.keep(
                budgets: [ScopedBudget(kind: .namespace, ref: "prod", budget: budget, currency: "EUR")])
            try await scene.charge(scene.web, day: 0, 6)
            try await scene.rollUp()
            let began = scene.time.now
            let script = SendScript(Array(repeating: SendScript.answer(500), count: 1_000))
            let slept = Mutex(0)
            let readings = Mutex(Int64(0))
            let loop = NotificationLoop(
                NotificationScene.target(), store: scene.store, sender: NotificationScene.sender, baseURL: nil,
                interval: .seconds(3_600), metrics: MetricsRegistry(), logger: Logger("test") { _ in },
                send: script.send,
                now: {
                    // As a real clock does, no two moments are the same.
                    readings.withLock { count in
                        count += 1
                        return Timestamp(microseconds: scene.time.now.microseconds + count)
                    }
                }
            ) { pause in
                #expect(pause >= .seconds(1) && pause <= .seconds(3_600))
                scene.time.advance(seconds: pause.components.seconds + 1)
                slept.withLock { $0 += 1 }
                if scene.time.now.secondsSince(began) > 4 * 86_400 { throw CancellationError() }
            }
            await loop.run()
            let row = try #require(try await scene.store.notifications.log(state: .givenUp, limit: 5).first)
            #expect(row.attempts == DeliveryRule.maximumAttempts && row.error == "answered 500")
            #expect(script.sent.count == 50 && Set(script.ids).count == 1)
            #expect(slept.withLock { $0 } < 4 * 24 * 2 + 100)
        }
    }
}
