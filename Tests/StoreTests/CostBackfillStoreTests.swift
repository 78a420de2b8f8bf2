import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Stored hours of the past", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostBackfillStoreTests {
    private static let noon = CostScene.noon

    private static func past(_ id: Int, hoursAgo: Int64, cpu: Int64 = 100) -> HourlyCost {
        var hour = CostScene.hour(id, noon.adding(seconds: -hoursAgo * 3_600), cpu: cpu)
        hour.priceQuality = .backfilled
        return hour
    }

    private static func state(hoursAgo: Int64) -> CostBackfillState {
        CostBackfillState(meteredFrom: noon, filledFrom: noon.adding(seconds: -hoursAgo * 3_600))
    }

    private static func hours(_ store: Store) async throws -> [String] {
        try await CostScene.rows(
            store,
            "SELECT extract(hour FROM hour AT TIME ZONE 'UTC') || ' ' || cpu_cost AS h FROM cost_hourly ORDER BY hour"
        ).compactMap { $0["h"]?.stringValue }
    }

    @Test("what is to be filled ends where metering began, which is told by the hours, or by days whose hours are gone")
    func begin() async throws {
        try await TestDatabase.withStore { store async throws in
            #expect(try await store.costs.backfillState(cluster: "c") == nil)
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, Self.noon), CostScene.hour(id, CostScene.day(1))])
            let begun = Self.state(hoursAgo: 0)
            #expect(try await store.costs.backfillState(cluster: "c") == begun)
            #expect(try await store.costs.backfillState(cluster: "other") == nil)
            try await store.costs.rollUp()
            #expect(try await store.costs.backfillState(cluster: "c") == begun)
            try await store.costs.pool.run { try $0.runScript("DELETE FROM cost_hourly WHERE hour < '2026-03-02Z'") }
            let midnight = Self.noon.startOfDay
            #expect(
                try await store.costs.backfillState(cluster: "c")
                    == CostBackfillState(meteredFrom: midnight, filledFrom: midnight))
        }
    }

    @Test("a metered hour is never replaced, an estimated one is, and how far it went is written with it")
    func write() async throws {
        try await TestDatabase.withStore { store async throws in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, Self.noon.adding(seconds: -7_200), cpu: 7)])
            let hours = (0...3).map { Self.past(id, hoursAgo: $0) }
            try await store.costs.write(backfilled: hours, Self.state(hoursAgo: 3), cluster: "c")
            #expect(try await Self.hours(store) == ["9 100", "10 7", "11 100"])
            #expect(try await store.costs.backfillState(cluster: "c") == Self.state(hoursAgo: 3))
            try await store.costs.write(
                backfilled: hours.map { Self.past($0.workloadID, hoursAgo: 3, cpu: 200) }.suffix(1),
                Self.state(hoursAgo: 1),
                cluster: "c")
            #expect(try await Self.hours(store) == ["9 200", "10 7", "11 100"])
            // What is filled stays filled.
            #expect(try await store.costs.backfillState(cluster: "c") == Self.state(hoursAgo: 3))
        }
    }

    @Test("an hour of the past belongs to whoever owned the workload first, in sums, in parts of days and in views")
    func owner() async throws {
        try await TestDatabase.withStore { store async throws in
            let id = try await CostScene.workload(store)
            try await CostScene.own(
                store, id, "component:default/a", from: "2026-03-01T12:10:00Z", to: "2026-03-01T13:30:00Z")
            try await CostScene.own(store, id, "component:default/b", from: "2026-03-01T13:30:00Z", to: nil)
            try await store.costs.write([CostScene.hour(id, Self.noon, cpu: 5), CostScene.hour(id, CostScene.day(1))])
            let hours = [2, 26].map { Self.past(id, hoursAgo: $0) }
            try await store.costs.write(backfilled: hours, Self.state(hoursAgo: 26), cluster: "c")
            for _ in 0..<2 {
                let costs = try await CostScene.costs(store, "component:default/a", from: CostScene.day(-1), hours: 48)
                #expect(costs.map(\.cost.cpu.nanoDollars) == [205])
                try await store.costs.rollUp(now: CostScene.day(3))
            }
            let view = "SELECT entity_ref FROM reporting.cost_hourly ORDER BY hour"
            let owners = try await CostScene.rows(store, view).compactMap { $0["entity_ref"]?.stringValue }
            #expect(
                owners == ["component:default/a", "component:default/a", "component:default/a", "component:default/b"])
        }
    }

    @Test("that hours of a window were estimated afterwards is told with how prices are known")
    func quality() async throws {
        try await TestDatabase.withStore { store async throws in
            try await store.costs.write(backfilled: [], Self.state(hoursAgo: 10), cluster: "c")
            func told(_ from: Int64, _ to: Int64) async throws -> [String] {
                let window = Self.noon.adding(seconds: from * 3_600)..<Self.noon.adding(seconds: to * 3_600)
                return try await store.costs.priceUses(in: window).map(\.quality)
            }
            for (from, to) in [(-20, -10), (0, 5)] { #expect(try await told(Int64(from), Int64(to)) == []) }
            for (from, to) in [(-20, -9), (-1, 5)] {
                #expect(try await told(Int64(from), Int64(to)) == ["backfilled"])
            }
            #expect(try await store.costs.priceUses().isEmpty)
        }
    }

    @Test("past days go to who claims the workload within a day, and are not touched again for who comes later")
    func claimedLater() async throws {
        try await TestDatabase.withStore { store async throws in
            let id = try await CostScene.workload(store)
            let late = try await CostScene.workload(
                store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "late"))
            let hours = [id, late].map { Self.past($0, hoursAgo: 24) }
            try await store.costs.write(backfilled: hours, Self.state(hoursAgo: 24), cluster: "c")
            try await store.costs.rollUp(now: Self.noon)
            try await store.costs.touchClaimedPast(now: Self.noon)
            #expect(try await store.costs.touchedDays().isEmpty)
            try await CostScene.own(
                store, id, "component:default/a", from: Self.noon.adding(seconds: 3_600).rfc3339, to: nil)
            try await CostScene.own(
                store, late, "component:default/b", from: Self.noon.adding(seconds: 90_000).rfc3339, to: nil)
            try await store.costs.touchClaimedPast(now: Self.noon.adding(seconds: 3 * 86_400))
            #expect(try await store.costs.touchedDays().isEmpty)
            // A day whose hours are gone cannot be added up again.
            try await store.costs.pool.run {
                try $0.runScript("INSERT INTO cost_horizon (hourly_from) VALUES ('\(Self.noon.rfc3339)')")
            }
            try await store.costs.touchClaimedPast(now: Self.noon.adding(seconds: 7_200))
            #expect(try await store.costs.touchedDays().isEmpty)
            try await store.costs.pool.run { try $0.runScript("DELETE FROM cost_horizon") }
            try await store.costs.touchClaimedPast(now: Self.noon.adding(seconds: 7_200))
            #expect(try await store.costs.touchedDays().map(\.day) == [CostScene.day(-1)])
            try await store.costs.rollUp(now: Self.noon)
            let owners = try await CostScene.rows(
                store,
                """
                SELECT d.workload_id = \(id) AS first, a.entity_ref FROM cost_daily d
                JOIN cost_attribution a ON a.id = d.attribution_id ORDER BY 1 DESC
                """)
            #expect(owners.first?["entity_ref"] == "component:default/a" && owners.count == 2)
            try await store.costs.pool.run {
                try $0.runScript("DELETE FROM entity_workload WHERE entity_ref = 'component:default/b'")
            }
            try await store.costs.touchClaimedPast(now: Self.noon.adding(seconds: 7_200))
            #expect(try await store.costs.touchedDays().isEmpty)
        }
    }
}
