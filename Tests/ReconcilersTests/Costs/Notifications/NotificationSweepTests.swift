import Base
import Costs
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("Notifications without targets", .enabled(if: TestDatabase.isAvailable), .serialized)
struct NotificationSweepTests {
    @Test("what waits for a webhook that is configured no more is given up when its time is over")
    func sweeps() async throws {
        try await TestDatabase.withStore { store async throws in
            let time = ManualTime(Timestamp(seconds: 1_772_366_400))
            var decision = NotificationDecision()
            decision.notifications = [
                NewNotification(.budget, key: "a", title: "a", window: time.now..<time.now, data: [:], lines: [])
            ]
            let sender = NotificationSender(instance: "main", currency: "EUR")
            try await store.notifications.write(decision, for: "ops", from: sender, at: time.now)
            let sweep = NotificationSweep(
                store.notifications, logger: Logger("test") { _ in }, now: { time.now },
                sleep: { _ in throw CancellationError() })
            await sweep.run()
            #expect(try await store.notifications.waiting("ops") == 1)
            time.advance(seconds: DeliveryRule.maximumAge + 1)
            await sweep.run()
            #expect(try await store.notifications.waiting("ops") == 0)
            #expect(try await store.notifications.log(state: .givenUp, limit: 5).map(\.target) == ["ops"])
            time.advance(seconds: 91 * 86_400)
            await sweep.run()
            #expect(try await store.notifications.log(state: nil, limit: 5).isEmpty)
        }
    }
}
