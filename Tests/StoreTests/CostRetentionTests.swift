import Base
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Retention of costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostRetentionTests {
    private static func tables(_ store: Store, _ parent: String) async throws -> [JSONValue?] {
        try await CostScene.rows(
            store,
            """
            SELECT inhrelid::regclass::text AS name FROM pg_inherits
            WHERE inhparent = '\(parent)'::regclass ORDER BY 1
            """
        ).map { $0["name"] }
    }

    private static func retention(hourly: Int64, daily: Int64) -> CostRetention {
        var retention = CostRetention()
        retention.hourly = hourly
        retention.daily = daily
        return retention
    }

    @Test("partitions of the day and the two after it are made ahead, over the end of a month too")
    func ahead() async throws {
        try await TestDatabase.withStore { store in
            let evening = CostScene.day(-1).adding(seconds: 86_399)
            for _ in 0..<2 { try await store.costs.makePartitions(now: evening) }
            #expect(
                try await Self.tables(store, "cost_hourly")
                    == ["cost_hourly_20260228", "cost_hourly_20260301", "cost_hourly_20260302"])
            #expect(try await Self.tables(store, "cost_daily") == ["cost_daily_202602", "cost_daily_202603"])
        }
    }

    @Test("hours go when they are old and rolled up, days after them, and what entities cost stays")
    func expiry() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await CostScene.own(store, id, "component:default/a", from: CostScene.day(-99).rfc3339, to: nil)
            try await store.costs.write([-40, -2, -1].map { CostScene.hour(id, CostScene.day($0)) })
            let keep = Self.retention(hourly: 2, daily: 29)
            #expect(try await store.costs.dropExpired(keep, now: CostScene.noon).isEmpty)
            try await store.costs.rollUp(now: CostScene.noon)
            #expect(
                try await store.costs.dropExpired(keep, now: CostScene.noon) == ["cost_hourly_20260120"])
            #expect(try await store.costs.dropExpired(keep, now: CostScene.noon).isEmpty)
            // January ends 29 days before the second of March.
            let later = CostScene.noon.adding(seconds: 86_400)
            #expect(
                try await store.costs.dropExpired(keep, now: later) == ["cost_hourly_20260227", "cost_daily_202601"])
            var selection = CostSelection()
            selection.entityRefs = ["component:default/a"]
            let all = CostWindow(from: CostScene.day(-50), to: CostScene.day(1))
            #expect(try await store.costs.trend(selection, all, by: .day).count == 3)
        }
    }

    @Test("late hours of a day whose hours were dropped are passed over: its sums stay what they are")
    func late() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.day(-5))])
            try await store.costs.rollUp(now: CostScene.noon)
            _ = try await store.costs.dropExpired(Self.retention(hourly: 2, daily: 30), now: CostScene.noon)
            let late = CostScene.day(-5).adding(seconds: 3_600)
            try await store.costs.write([CostScene.hour(id, late), CostScene.hour(id, CostScene.day(0))])
            try await store.costs.rollUp(now: CostScene.noon)
            #expect(try await Self.tables(store, "cost_hourly") == ["cost_hourly_20260301"])
            let days = try await CostScene.rows(store, "SELECT day::date AS day, hours FROM cost_daily ORDER BY 1")
            #expect(days == [["day": "2026-02-24", "hours": 1], ["day": "2026-03-01", "hours": 1]])
        }
    }

    @Test("a day that is not rolled up is never dropped, and holds up no other")
    func touched() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([-9, -8].map { CostScene.hour(id, CostScene.day($0)) })
            try await store.costs.rollUp(now: CostScene.noon)
            try await store.costs.write([CostScene.hour(id, CostScene.day(-9), cpu: 1)])
            let keep = Self.retention(hourly: 2, daily: 29)
            #expect(try await store.costs.dropExpired(keep, now: CostScene.noon) == ["cost_hourly_20260221"])
            try await store.costs.rollUp(now: CostScene.noon)
            #expect(try await store.costs.dropExpired(keep, now: CostScene.noon) == ["cost_hourly_20260220"])
            let days = "SELECT cpu_cost FROM cost_daily ORDER BY day"
            #expect(try await CostScene.rows(store, days) == [["cpu_cost": 1], ["cpu_cost": 100]])
        }
    }

    @Test("rows of what is gone go when nothing is kept of them; present, owned and charged ones stay")
    func forgotten() async throws {
        try await TestDatabase.withStore { store in
            let keys = ["bare", "charged", "owned", "present", "young"].map {
                WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: $0)
            }
            var ids: [String: Int] = [:]
            for key in keys { ids[key.name] = try await CostScene.workload(store, key) }
            _ = try await store.costs.remainders([.idle(node: "n", cluster: "c"), .idle(node: "m", cluster: "c")])
            let idle = try await store.costs.remainders([.idle(node: "m", cluster: "c")]).values.first
            for id in [ids["charged"], idle] {
                try await store.costs.write([CostScene.hour(try #require(id), CostScene.day(-3))])
            }
            for name in ["bare", "owned"] {
                let end = name == "bare" ? CostScene.day(-50) : CostScene.day(-1)
                try await CostScene.own(
                    store, try #require(ids[name]), "component:default/a", from: CostScene.day(-99).rfc3339,
                    to: end.rfc3339)
            }
            try await store.costs.pool.run { session in
                try session.runScript("UPDATE workload SET deleted_at = '2026-01-01Z' WHERE name <> 'present'")
                try session.runScript("UPDATE workload SET deleted_at = '2026-02-20Z' WHERE name = 'young'")
            }
            let keep = Self.retention(hourly: 10, daily: 30)
            #expect(try await store.costs.removeForgotten(keep, now: CostScene.noon, limit: 1) == 1)
            #expect(try await store.costs.removeForgotten(keep, now: CostScene.noon) == 1)
            #expect(try await store.costs.removeForgotten(keep, now: CostScene.noon) == 0)
            let left = try await CostScene.rows(store, "SELECT name FROM workload ORDER BY name").map { $0["name"] }
            #expect(left == ["charged", "m", "owned", "present", "young"])
        }
    }
}
