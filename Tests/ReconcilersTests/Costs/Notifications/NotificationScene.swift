import Base
import CostSources
import Costs
import Matching
import Synchronization
import TestSupport

@testable import Reconcilers
@testable import Store

/// Costs of two Deployments, `web` of component `shop` and `stray` of nobody, and a target that is to be told of them. It is noon
/// on Monday the 9th of March 2026.
struct NotificationScene: Sendable {
    static let shop = "component:default/shop"
    let store: Store
    let time = ManualTime(Timestamp(seconds: 1_773_057_600))
    let web: Int
    let stray: Int

    static func with(_ body: @Sendable (NotificationScene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store async throws in
            let records = ["web", "stray"].map { name in
                WorkloadRecord(
                    workload: Workload(key: key(name)), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil,
                    links: [])
            }
            let ids = try await store.workloads.write(present: records, gone: [])
            let scene = NotificationScene(store: store, web: ids[key("web")] ?? 0, stray: ids[key("stray")] ?? 0)
            try await scene.own()
            try await body(scene)
        }
    }

    private static func key(_ name: String) -> WorkloadKey {
        WorkloadKey(cluster: "c", kind: "Deployment", namespace: "prod", name: name)
    }

    private func own() async throws {
        try await store.costs.pool.run { [web] session in
            _ = try session.run(
                """
                INSERT INTO entity_workload (workload_id, entity_ref, rule, matched_on, is_owner, valid)
                VALUES ($1::int, $2, 'label-selector', 'both', true, tstzrange('2026-01-01', NULL))
                """, [.int(Int64(web)), .text(Self.shop)])
        }
    }

    static func units(_ count: Int64) -> Money { Money(nanoDollars: count * 1_000_000_000) }

    /// A day's cost; days are counted from the present one.
    func charge(_ id: Int, day: Int64, _ units: Int64) async throws {
        let hour = time.now.startOfDay.adding(seconds: day * 86_400 + 3_600)
        let usage = HourUsage(
            hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: 3_600, use: .zero, podSeconds: 3_600,
            maximumPods: 1)
        let cost = ResourceCost(cpu: Self.units(units), memory: .zero)
        try await store.costs.write([HourlyCost(workloadID: id, usage: usage, cost: cost)])
    }

    /// Adds up what was charged; costs are complete up to now.
    func rollUp() async throws {
        try await store.costs.rollUp(now: time.now)
        try await store.costs.complete(cluster: "c", through: time.now)
    }

    func recommend(_ sizing: SizingClass, saving: Int64 = 0) async throws {
        var found = Recommendation(
            workloadID: web, container: "main", source: .vpa, sizingClass: sizing, computedAt: time.now)
        found.monthlySaving = Self.units(saving)
        found.reason = "because"
        var changes = SizingChanges()
        changes.recommendations = [found]
        changes.containers = [web: ["main"]]
        try await store.sizing.write(changes)
    }

    static func target(_ change: (inout NotificationTarget) -> Void = { _ in }) -> NotificationTarget {
        var target = NotificationTarget(webhook: Webhook(name: "ops", url: Secret("http://127.0.0.1:1/hook")))
        target.events = [.budget]
        change(&target)
        return target
    }

    static let sender = NotificationSender(instance: "main", currency: "EUR")

    func desk(
        baseURL: String? = nil, _ change: (inout NotificationTarget) -> Void = { _ in }
    ) -> NotificationDesk {
        NotificationDesk(
            target: Self.target(change), costs: store.costs, notifications: store.notifications, sender: Self.sender,
            baseURL: baseURL, began: time.now)
    }

    /// Decides and writes it down.
    func decide(_ topic: some NotificationTopic) async throws -> [NewNotification] {
        let decision = try await topic.decision(now: time.now)
        try await store.notifications.write(decision, for: "ops", from: Self.sender, at: time.now)
        return decision.notifications
    }

    /// A way to send that gives these results, then that of a receiver that takes everything.
    func delivery(_ script: SendScript, store: Store? = nil, metrics: MetricsRegistry = MetricsRegistry())
        -> NotificationDelivery
    {
        NotificationDelivery(
            target: "ops", log: (store ?? self.store).notifications,
            metrics: NotificationMetrics(metrics, target: "ops"), logger: Logger("test") { _ in }, send: script.send,
            now: { [time] in time.now })
    }

    /// Writes notifications with these keys.
    func write(_ keys: String...) async throws {
        var decision = NotificationDecision()
        decision.notifications = keys.map {
            NewNotification(
                .budget, key: $0, title: $0, window: time.now..<time.now, data: [:], lines: [NotificationLine("line")])
        }
        try await store.notifications.write(decision, for: "ops", from: Self.sender, at: time.now)
    }
}

/// A receiver that answers as a test says.
final class SendScript: Sendable {
    private let state: Mutex<(results: [WebhookClient.Result], sent: [WebhookMessage])>

    init(_ results: [WebhookClient.Result] = []) { state = Mutex((results, [])) }

    var sent: [WebhookMessage] { state.withLock { $0.sent } }
    var titles: [String] { sent.map { $0.envelope["title"]?.stringValue ?? "" } }
    var ids: [String] { sent.map { $0.envelope["id"]?.stringValue ?? "" } }

    static func answer(_ status: Int, retryAfter: Int64? = nil) -> WebhookClient.Result {
        WebhookClient.Result(
            outcome: .answer(status: status, retryAfter: retryAfter), status: status,
            error: status < 300 ? nil : "answered \(status)")
    }

    var send: NotificationLoop.Send {
        { message, _ in
            self.state.withLock { state in
                state.sent.append(message)
                return state.results.isEmpty ? Self.answer(204) : state.results.removeFirst()
            }
        }
    }
}
