import Base
import Costs
import Matching
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("The loop that rolls up costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostRollUpTests {
    private static let noon = Timestamp(seconds: 1_772_366_400)

    private static func write(_ store: Store, _ name: String, at hour: Timestamp, _ nanoDollars: Int64) async throws {
        let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: name)
        let record = WorkloadRecord(
            workload: Workload(key: key), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
        let id = try #require(try await store.workloads.write(present: [record], gone: [])[key])
        let usage = HourUsage(
            hour: hour, through: hour, coveredSeconds: 60, use: .zero, podSeconds: 60, maximumPods: 1)
        let cost = ResourceCost(cpu: Money(nanoDollars: nanoDollars), memory: .zero)
        try await store.costs.write([HourlyCost(workloadID: id, usage: usage, cost: cost)])
    }

    private static func total(_ store: Store) async -> Int64? {
        let day = noon.startOfDay
        let window = CostWindow(from: day.adding(seconds: -100 * 86_400), to: day.adding(seconds: 86_400))
        return try? await store.costs.totals(CostSelection(), window).sum.cost.total.nanoDollars
    }

    private static func with(
        _ settings: CostRollUp.Settings, metrics: MetricsRegistry = MetricsRegistry(), _ store: Store,
        _ body: @Sendable (ManualClock) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let loop = CostRollUp(
            costs: store.costs, settings: settings, metrics: metrics, logger: Logger("test", threshold: .error),
            clock: clock,
            now: { noon })
        let task = Task { await loop.run() }
        try await body(clock)
        task.cancel()
        await task.value
    }

    @Test("it rolls up at the start, soon after it, and then at each interval")
    func turns() async throws {
        try await TestDatabase.withStore { store in
            try await Self.write(store, "a", at: Self.noon, 1)
            try await Self.with(CostRollUp.Settings(), store) { clock in
                #expect(await eventually { clock.sleeperCount == 1 })
                #expect(await Self.total(store) == 1)
                for (cost, pause) in [(Int64(10), Duration.seconds(30)), (100, .seconds(300))] {
                    try await Self.write(store, "a", at: Self.noon.adding(seconds: -cost * 3_600), cost)
                    clock.advance(by: pause - .seconds(1))
                    #expect(clock.sleeperCount == 1)
                    clock.advance(by: .seconds(1))
                    #expect(await eventually { await Self.total(store) == (cost == 10 ? 11 : 111) })
                    #expect(await eventually { clock.sleeperCount == 1 })
                }
            }
        }
    }

    @Test("it makes partitions ahead, notes which source counts, and drops what is too old once it is rolled up")
    func housekeeping() async throws {
        try await TestDatabase.withStore { store in
            let old = Self.noon.adding(seconds: -40 * 86_400)
            try await Self.write(store, "a", at: old, 5)
            try await store.costs.complete(cluster: "c", through: Self.noon)
            var settings = CostRollUp.Settings()
            settings.primaryByCluster = ["c": .opencost]
            let metrics = MetricsRegistry()
            try await Self.with(settings, metrics: metrics, store) { clock in
                #expect(await eventually { clock.sleeperCount == 1 })
            }
            #expect(try await store.costs.freshness().map(\.isPrimary) == [false])
            #expect(await Self.total(store) == 0)
            try await store.costs.setPrimary([:], otherwise: .estimate)
            #expect(await Self.total(store) == 5)
            // Its hours are gone, so they cannot be written again.
            try await Self.write(store, "a", at: old, 7)
            #expect(try await store.costs.touchedDays().isEmpty)
            let text = metrics.exposition()
            #expect(text.contains("callboard_cost_rollups_total{result=\"success\"} 1\n"))
            #expect(text.contains("callboard_cost_closed_days_waiting 0\n"))
        }
    }

    @Test("a day that cannot be rolled up is counted, and stays to be rolled up")
    func failing() async throws {
        try await TestDatabase.withStore { store in
            try await Self.write(store, "a", at: Self.noon, 1)
            let fence = try await store.leadership.begin(shard: "catalog", holder: "old")
            _ = try await store.leadership.begin(shard: "catalog", holder: "new")
            let metrics = MetricsRegistry()
            try await Self.with(CostRollUp.Settings(), metrics: metrics, store.fenced(by: fence)) { clock in
                #expect(await eventually { clock.sleeperCount == 1 })
            }
            #expect(metrics.exposition().contains("callboard_cost_rollups_total{result=\"error\"} 1\n"))
            #expect(try await store.costs.touchedDays().count == 1)
        }
    }
}
