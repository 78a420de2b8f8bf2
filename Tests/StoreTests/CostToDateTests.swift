import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Sums from the first of a month on", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostToDateTests {
    /// Over three months, the last of them begun.
    static let span: ClosedRange<Int64> = -20...40
    static let now = CostScene.day(41)

    static func seed(_ store: Store, _ random: inout SeededRandom) async throws -> [Int] {
        var ids: [Int] = []
        for number in 0..<6 {
            let key = WorkloadKey(
                cluster: number < 4 ? "a" : "b", kind: "Deployment", namespace: "n", name: "w\(number)")
            let id = try await CostScene.workload(store, key)
            ids.append(id)
            guard number % 3 > 0 else { continue }
            try await CostScene.own(
                store, id, "component:default/e\(number % 3)", from: "2026-01-01T00:00:00Z", to: nil)
        }
        // The second cluster is behind, and both have days without anything.
        for day in span where Int.random(in: 0..<3, using: &random) > 0 {
            try await write(store, day > 30 ? Array(ids.prefix(4)) : ids, day, &random)
        }
        return ids
    }

    static func write(_ store: Store, _ ids: [Int], _ day: Int64, _ random: inout SeededRandom) async throws {
        var hours: [HourlyCost] = []
        for id in ids where Int.random(in: 0..<3, using: &random) > 0 {
            let at = CostScene.day(day).adding(seconds: Int64.random(in: 0..<24, using: &random) * 3_600)
            var hour = CostScene.hour(id, at, cpu: Int64.random(in: 0...1_000, using: &random))
            if Int.random(in: 0..<3, using: &random) == 0 {
                hour.used = CapacityTime(millicoreSeconds: Int64.random(in: 0...9, using: &random), byteSeconds: 3)
                hour.usedSeconds = 60
            }
            hours.append(hour)
        }
        try await store.costs.write(hours)
    }

    static func touchAll(_ store: Store) async throws {
        try await store.costs.pool.run { session in
            try session.runScript(
                """
                INSERT INTO cost_day_touched (day, cluster, source)
                SELECT DISTINCT date_trunc('day', hour, 'UTC'), w.cluster, source
                FROM cost_hourly c JOIN workload w ON w.id = c.workload_id ON CONFLICT DO NOTHING
                """)
        }
    }

    /// What the days say that a window's sums are.
    private static func expected(_ store: Store, _ window: CostWindow, _ key: String) async throws -> [JSONValue] {
        try await CostScene.rows(
            store,
            """
            SELECT \(key) AS key, sum(m.cost)::bigint AS cost, sum(m.requested)::bigint AS requested, sum(m.used)::bigint AS used,
                sum(m.workloads)::bigint AS workloads
            FROM (SELECT attribution_id, sum(cpu_cost + memory_cost) AS cost, sum(cpu_millicore_seconds) AS requested,
                    sum(cpu_used_millicore_seconds) AS used, max(workloads) AS workloads
                FROM cost_entity_daily WHERE day >= '\(window.from.rfc3339)' AND day < '\(window.to.rfc3339)'
                GROUP BY attribution_id) m
            JOIN cost_attribution a ON a.id = m.attribution_id GROUP BY 1 ORDER BY 2 DESC, 1
            """)
    }

    private static func check(_ store: Store, _ random: inout SeededRandom) async throws {
        for _ in 0..<10 {
            let from = CostScene.day(Int64.random(in: -25...40, using: &random))
            let window = CostWindow(
                from: from, to: from.adding(seconds: Int64.random(in: 1...50, using: &random) * 86_400))
            for (dimension, key) in [
                (CostDimension.entity, "a.entity_ref"), (.category, "a.category"), (.cluster, "a.cluster"),
            ] {
                let groups = try await store.costs.groups(by: dimension, CostSelection(), window, limit: 100)
                let found = groups.groups.map { group -> JSONValue in
                    [
                        "key": group.key.map(JSONValue.string) ?? .null, "cost": .int(group.sum.cost.total.nanoDollars),
                        "requested": .int(group.sum.requested.millicoreSeconds),
                        "used": group.sum.used.map { .int($0.millicoreSeconds) } ?? .null,
                        "workloads": .int(group.sum.workloads),
                    ]
                }
                #expect(found == (try await expected(store, window, key)), "\(dimension) \(window)")
                #expect(groups.count == Int64(found.count))
            }
            let total = try await store.costs.totals(CostSelection(), window).sum
            #expect(try await store.costs.cost(CostSelection(), window) == total.cost)
            let trend = try await store.costs.trend(CostSelection(), window, by: .day)
            #expect(trend.reduce(ResourceCost.zero) { $0 + $1.cost } == total.cost)
            let days = try await store.costs.groups(by: .day, CostSelection(), window, limit: 100)
            #expect(days.total.cost == total.cost && days.total.requested == total.requested)
            #expect(days.count == Int64(trend.count))
            let coverage = try await store.costs.coverage(window)
            #expect(coverage.values.map(\.total).reduce(.zero, +) == total.cost.total)
        }
    }

    /// Rows that should not be there, and rows that lack.
    private static func disorder(_ store: Store) async throws -> [JSONValue] {
        let known =
            "SELECT day, attribution_id, source, cpu_cost, memory_byte_seconds, days, used_days FROM cost_entity_to_date"
        let right = """
            SELECT c.day, e.attribution_id, e.source, sum(e.cpu_cost)::bigint, sum(e.memory_byte_seconds), count(*)::smallint,
                count(e.cpu_used_millicore_seconds)::smallint
            FROM cost_cluster_daily c JOIN cost_attribution a ON a.cluster = c.cluster
                JOIN cost_entity_daily e ON e.attribution_id = a.id AND e.source = c.source AND e.day <= c.day
                    AND e.day >= date_trunc('month', c.day, 'UTC')
            GROUP BY 1, 2, 3
            """
        return try await CostScene.rows(store, "(\(known) EXCEPT \(right)) UNION ALL (\(right) EXCEPT \(known))")
    }

    @Test(
        "any window says what its days say, after late hours and after workloads changed hands too",
        arguments: 1...2 as ClosedRange<UInt64>)
    func windows(seed: UInt64) async throws {
        try await TestDatabase.withStore { store in
            var random = SeededRandom(seed: seed)
            let ids = try await Self.seed(store, &random)
            try await store.costs.rollUp(now: Self.now)
            #expect(try await Self.disorder(store).isEmpty)
            try await Self.check(store, &random)
            for _ in 0..<5 { try await Self.write(store, ids, Int64.random(in: Self.span, using: &random), &random) }
            try await store.costs.rollUp(now: Self.now)
            #expect(try await Self.disorder(store).isEmpty)
            try await Self.check(store, &random)
            try await store.costs.pool.run { session in
                try session.runScript(
                    "UPDATE entity_workload SET entity_ref = 'component:default/e9' WHERE workload_id % 2 = 0")
            }
            try await Self.touchAll(store)
            try await store.costs.rollUp(now: Self.now)
            #expect(try await Self.disorder(store).isEmpty)
            try await Self.check(store, &random)
        }
    }

    @Test("more byte-seconds than fit are bounded where they are asked for, and a window after them is exact")
    func large() async throws {
        try await TestDatabase.withStore { store in
            // Of two groups.
            let id = try await CostScene.workload(store)
            let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "n", name: "owned")
            let owned = try await CostScene.workload(store, key)
            try await CostScene.own(store, owned, "component:default/e", from: "2026-01-01T00:00:00Z", to: nil)
            for day in Int64(0)..<5 {
                let (at, bytes) = (CostScene.day(day), day < 4 ? Int64(4_000_000_000_000_000_000) : 7)
                let usage = HourUsage(
                    hour: at, through: at.adding(seconds: 3_600), coveredSeconds: 3_600,
                    use: CapacityTime(millicoreSeconds: 1, byteSeconds: bytes), podSeconds: 1, maximumPods: 1)
                try await store.costs.write([id, owned].map { HourlyCost(workloadID: $0, usage: usage, cost: .zero) })
            }
            try await store.costs.rollUp(now: CostScene.day(9))
            func requested(_ from: Int64, _ to: Int64) async throws -> Int64 {
                let window = CostWindow(from: CostScene.day(from), to: CostScene.day(to))
                let requested = try await store.costs.totals(CostSelection(), window).sum.requested
                let byWorkload = try await store.costs.groups(by: .workload, CostSelection(), window, limit: 1)
                #expect(byWorkload.total.requested == requested)
                return requested.byteSeconds
            }
            #expect(try await requested(0, 4) == 9_000_000_000_000_000_000)
            #expect(try await requested(4, 5) == 14)
            // Without the sheets too.
            try await store.costs.pool.run { try $0.runScript("DELETE FROM cost_workload_sheet") }
            #expect(try await requested(0, 4) == 9_000_000_000_000_000_000)
        }
    }

    @Test("what a whole cluster cost a day is the sum of what is known of it, and a day without anything is absent")
    func clusters() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.day(0)), CostScene.hour(id, CostScene.day(1))])
            try await store.costs.rollUp(now: Self.now)
            let window = CostWindow(from: CostScene.day(0), to: CostScene.day(2))
            var other = CostSelection()
            other.cluster = "other"
            #expect(try await store.costs.trend(other, window, by: .day).isEmpty)
            #expect(
                try await store.costs.trend(CostSelection(), window, by: .day).map(\.at) == [
                    window.from, CostScene.day(1),
                ])
            try await store.costs.pool.run { session in
                try session.runScript("DELETE FROM cost_hourly WHERE hour >= '2026-03-02Z'")
                try session.runScript(
                    "INSERT INTO cost_day_touched (day, cluster, source) VALUES ('2026-03-02Z', 'c', 1)")
            }
            try await store.costs.rollUp(now: Self.now)
            #expect(try await store.costs.trend(CostSelection(), window, by: .day).map(\.at) == [window.from])
            #expect(try await Self.disorder(store).isEmpty)
        }
    }

    @Test(
        "a range of days is cut where months begin",
        arguments: [
            ("2026-05-21", "2026-06-20", ["05-21 06-01", "06-01 06-20"]), ("2026-05-01", "2026-06-01", ["05-01 06-01"]),
            ("2026-02-28", "2026-03-01", ["02-28 03-01"]),
            ("2025-12-31", "2026-01-02", ["12-31 01-01", "01-01 01-02"]),
            ("2026-05-02", "2026-05-02", []),
        ])
    func slices(from: String, to: String, expected: [String]) throws {
        func day(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: "\(text)T00:00:00Z")) }
        func shown(_ moment: Timestamp) -> Substring { moment.rfc3339.dropFirst(5).prefix(5) }
        let slices = MonthSlice.of(try day(from)..<(try day(to)))
        #expect(slices.map { "\(shown($0.days.lowerBound)) \(shown($0.days.upperBound))" } == expected)
        #expect(slices.allSatisfy { $0.month <= $0.days.lowerBound && $0.month.rfc3339.dropFirst(8).hasPrefix("01T") })
    }
}
