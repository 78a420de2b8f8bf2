import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Questions to costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostQueryTests {
    private static let week = CostWindow(from: CostScene.day(0), to: CostScene.day(7))

    private static func key(_ name: String, _ cluster: String = "c", _ namespace: String = "ns") -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: "Deployment", namespace: namespace, name: name)
    }

    /// A workload that costs so much in its one hour of each of the days, owned by an entity.
    private static func charge(
        _ store: Store, _ key: WorkloadKey, to entity: String?, _ nanoDollars: Int64, days: Range<Int64> = 0..<1,
        source: CostSource = .estimate
    ) async throws {
        let id = try await CostScene.workload(store, key)
        if let entity { try await CostScene.own(store, id, entity, from: CostScene.day(-99).rfc3339, to: nil) }
        try await store.costs.write(
            days.map { CostScene.hour(id, CostScene.day($0), cpu: nanoDollars, memory: 0) }, source: source)
        try await store.costs.rollUp(now: CostScene.day(30))
    }

    private static func groups(
        _ store: Store, _ dimension: CostDimension, comparedWith earlier: CostWindow? = nil, limit: Int = 10,
        offset: Int = 0
    ) async throws -> CostGroups {
        try await store.costs.groups(
            by: dimension, CostSelection(), week, comparedWith: earlier, limit: limit, offset: offset)
    }

    @Test("groups come dearest first and by pages; totals and counts cover all pages, also beyond the last")
    func pages() async throws {
        try await TestDatabase.withStore { store in
            for (index, cost) in [5, 50, 500].enumerated() {
                try await Self.charge(store, Self.key("w\(index)"), to: "component:default/e\(index)", Int64(cost))
            }
            let first = try await Self.groups(store, .entity, limit: 2)
            #expect(first.groups.map(\.key) == ["component:default/e2", "component:default/e1"])
            let last = try await Self.groups(store, .entity, limit: 2, offset: 2)
            #expect(last.groups.map(\.key) == ["component:default/e0"])
            let beyond = try await Self.groups(store, .entity, limit: 2, offset: 9)
            for page in [first, last, beyond] {
                #expect(page.count == 3 && page.total.cost.cpu.nanoDollars == 555 && page.total.workloads == 3)
                #expect(page.totalBefore == nil && page.groups.allSatisfy { $0.before == nil })
            }
            #expect(beyond.groups.isEmpty)
        }
    }

    @Test("a workload of several days is one workload of the window, also when groups are days")
    func workloadsOfDays() async throws {
        try await TestDatabase.withStore { store in
            try await Self.charge(store, Self.key("a"), to: "component:default/a", 5, days: 0..<4)
            try await Self.charge(store, Self.key("b"), to: "component:default/a", 5, days: 3..<5)
            let days = try await Self.groups(store, .day)
            #expect(days.groups.map(\.sum.workloads).sorted() == [1, 1, 1, 1, 2])
            #expect(days.total.workloads == 2 && days.count == 5)
            #expect(try await Self.groups(store, .entity).total.workloads == 2)
        }
    }

    @Test("what there is nothing of has no groups, no points and no cost")
    func nothing() async throws {
        try await TestDatabase.withStore { store in
            let none = try await Self.groups(store, .owner, comparedWith: Self.week)
            #expect(none.groups.isEmpty && none.count == 0 && none.total == CostSum() && none.totalBefore == .zero)
            let backwards = CostWindow(from: Self.week.to, to: Self.week.from)
            #expect(try await store.costs.totals(CostSelection(), backwards).sum == CostSum())
            #expect(try await store.costs.trend(CostSelection(), Self.week, by: .hour).isEmpty)
            #expect(try await store.costs.coverage(Self.week).isEmpty)
            #expect(try await store.costs.freshness().isEmpty)
            #expect(try await store.costs.gaps(Self.week).isEmpty)
        }
    }

    @Test("a window is compared with an earlier one, group by group, gone groups included")
    func compared() async throws {
        try await TestDatabase.withStore { store in
            try await Self.charge(store, Self.key("stays"), to: "component:default/stays", 10, days: -1..<1)
            try await Self.charge(store, Self.key("new"), to: "component:default/new", 7)
            try await Self.charge(store, Self.key("gone"), to: "component:default/gone", 3, days: -2 ..< -1)
            let earlier = CostWindow(from: CostScene.day(-7), to: CostScene.day(0))
            let groups = try await Self.groups(store, .entity, comparedWith: earlier)
            #expect(groups.groups.map { $0.key?.split(separator: "/").last } == ["stays", "new", "gone"])
            #expect(groups.groups.map(\.sum.cost.cpu.nanoDollars) == [10, 7, 0])
            #expect(groups.groups.map(\.before?.cpu.nanoDollars) == [10, 0, 3])
            #expect(groups.total.cost.cpu.nanoDollars == 17 && groups.totalBefore?.cpu.nanoDollars == 13)
        }
    }

    @Test("of each cluster its primary source counts, and never two")
    func primary() async throws {
        try await TestDatabase.withStore { store in
            for cluster in ["a", "b"] {
                for (source, cost) in [(CostSource.estimate, Int64(1)), (.scaleops, 10), (.opencost, 100)] {
                    try await Self.charge(
                        store, Self.key(cluster, cluster), to: nil, cluster == "a" ? cost : cost * 2, source: source)
                }
            }
            func total(_ source: CostSource? = nil) async throws -> Int64 {
                var selection = CostSelection()
                selection.source = source
                return try await store.costs.totals(selection, Self.week).sum.cost.total.nanoDollars
            }
            #expect(try await total() == 1 + 2)
            // A source that has told nothing of a cluster does not make it free.
            try await store.costs.setPrimary(["a": .scaleops], otherwise: .opencost)
            #expect(try await total() == 10 + 2)
            try await store.costs.complete(cluster: "b", through: CostScene.noon, source: .opencost)
            try await store.costs.setPrimary(["a": .scaleops], otherwise: .opencost)
            #expect(try await total() == 10 + 200)
            #expect(try await total(.estimate) == 1 + 2)
            #expect(try await total(.scaleops) == 10 + 20)
            let versions = "SELECT xmin::text FROM cost_primary ORDER BY cluster"
            let before = try await CostScene.rows(store, versions)
            try await store.costs.setPrimary(["a": .scaleops], otherwise: .opencost)
            #expect(try await CostScene.rows(store, versions) == before)
            try await store.costs.setPrimary([:], otherwise: .estimate)
            #expect(try await total() == 1 + 2)
        }
    }

    private static let conditions: [(choose: @Sendable (inout CostSelection) -> Void, cost: Int64)] = [
        ({ $0.cluster = "a" }, 1 + 2), ({ $0.cluster = "nowhere" }, 0), ({ $0.namespace = "n2" }, 2 + 4),
        ({ $0.entityKind = "component" }, 1 + 4), ({ $0.entityKind = "api" }, 0), ({ $0.category = .orphan }, 2),
        ({ $0.entityRefs = ["component:default/e", "component:default/f"] }, 5), ({ $0.entityRefs = [] }, 0),
        ({ $0.owner = "group:default/team" }, 1), ({ $0.system = "system:default/s" }, 1),
        ({ $0.domain = "domain:default/d" }, 1), ({ $0.entityType = "service" }, 1), ({ $0.lifecycle = "test" }, 1),
        ({ ($0.cluster, $0.namespace) = ("b", "n1") }, 0),
    ]
    private static let catalog = """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: e}
        spec: {type: service, lifecycle: test, owner: team, system: s}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: s}
        spec: {owner: others, domain: d}
        """

    @Test("each condition leaves out what does not meet it")
    func selected() async throws {
        try await Scene.with { scene async throws in
            try await scene.apply([("a", Self.catalog)])
            try await Self.charge(scene.store, Self.key("w1", "a", "n1"), to: "component:default/e", 1)
            try await Self.charge(scene.store, Self.key("w2", "a", "n2"), to: nil, 2)
            try await Self.charge(scene.store, Self.key("w3", "b", "n2"), to: "component:default/f", 4)
            for (choose, cost) in Self.conditions {
                var selection = CostSelection()
                choose(&selection)
                let found = try await scene.store.costs.totals(selection, Self.week).sum.cost.total.nanoDollars
                #expect(found == cost, "\(selection)")
            }
        }
    }

    @Test("coverage compares the money of owned workloads with that of all, idle apart")
    func coverage() async throws {
        try await TestDatabase.withStore { store in
            try await Self.charge(store, Self.key("w1"), to: "component:default/e", 30)
            try await Self.charge(store, Self.key("w2"), to: nil, 10)
            let idle = WorkloadKey.idle(node: "n", cluster: "c")
            let id = try #require(try await store.costs.remainders([idle])[idle])
            try await store.costs.write([CostScene.hour(id, CostScene.day(0), cpu: 500, memory: 0)])
            try await store.costs.rollUp(now: CostScene.day(30))
            let coverage = try #require(try await store.costs.coverage(Self.week)["c"])
            #expect(coverage.owned.nanoDollars == 30 && coverage.workloads.nanoDollars == 40)
            #expect(coverage.idle.nanoDollars == 500 && coverage.unmounted == .zero)
        }
    }

    @Test("use is unknown where nobody measured it, not zero")
    func used() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            var hour = CostScene.hour(id, CostScene.day(0))
            try await store.costs.write([hour])
            try await store.costs.rollUp(now: CostScene.day(30))
            #expect(try await store.costs.totals(CostSelection(), Self.week).sum.used == nil)
            hour.used = CapacityTime(millicoreSeconds: 5, byteSeconds: 6)
            hour.usedSeconds = 60
            hour.priceQuality = .priceList
            try await store.costs.write([hour])
            try await store.costs.rollUp(now: CostScene.day(30))
            let used = try await store.costs.totals(CostSelection(), Self.week).sum.used
            #expect(used == CapacityTime(millicoreSeconds: 5, byteSeconds: 6))
        }
    }

    @Test("freshness tells of each source and cluster, which of them counts, and how far all have come")
    func freshness() async throws {
        try await TestDatabase.withStore { store in
            try await store.costs.complete(cluster: "a", through: CostScene.noon)
            try await store.costs.complete(cluster: "a", through: CostScene.day(0), source: .scaleops)
            try await store.costs.setPrimary([:], otherwise: .scaleops)
            let rows = try await store.costs.freshness()
            #expect(rows.map(\.source) == [.estimate, .scaleops] && rows.map(\.isPrimary) == [false, true])
            #expect(rows.map(\.through) == [CostScene.noon, CostScene.day(0)] && rows.allSatisfy { $0.askedAt == nil })
            #expect(try await store.costs.dataThrough() == CostScene.day(0))
        }
    }

    @Test("windows over whole months agree with their days, also after late hours, and count each workload once")
    func months() async throws {
        try await TestDatabase.withStore { store in
            let days: Range<Int64> = -80..<45
            try await Self.charge(store, Self.key("w1"), to: "component:default/e", 3, days: days)
            try await Self.charge(store, Self.key("w2"), to: "component:default/e", 5, days: days)
            let id = try await CostScene.workload(store, Self.key("w1"))
            try await store.costs.write([CostScene.hour(id, CostScene.day(-20), cpu: 1_000, memory: 0)])
            try await store.costs.rollUp(now: CostScene.day(60))
            var random = SeededRandom(seed: 7)
            for _ in 0..<12 {
                let from = CostScene.day(Int64.random(in: -90...0, using: &random))
                let window = CostWindow(from: from, to: CostScene.day(Int64.random(in: 1...50, using: &random)))
                var selection = CostSelection()
                if Bool.random(using: &random) { selection.entityRefs = ["component:default/e"] }
                let totals = try await store.costs.totals(selection, window).sum
                let trend = try await store.costs.trend(selection, window, by: .day)
                #expect(totals.cost == trend.reduce(ResourceCost.zero) { $0 + $1.cost })
                let days = try await store.costs.groups(by: .day, selection, window, limit: 1)
                #expect(totals.requested == days.total.requested)
                #expect(totals.workloads == 2)
                let earlier = try await store.costs.groups(
                    by: .entity, selection, window, comparedWith: window, limit: 1)
                #expect(earlier.totalBefore == totals.cost && earlier.total == totals)
            }
        }
    }

    @Test(
        "whole days are read from roll-ups and the rest from hours; the present day is whole",
        arguments: [
            ("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", "1-3", ""),
            ("2026-03-01T06:00:00Z", "2026-03-03T05:00:00Z", "2-3", "1T6-2T0 3T0-3T5"),
            ("2026-03-01T06:00:00Z", "2026-03-01T09:00:00Z", "", "1T6-1T9"),
            ("2026-03-01T06:00:00Z", "2026-03-02T09:00:00Z", "", "1T6-2T0 2T0-2T9"),
            ("2026-03-08T00:00:00Z", "2026-03-09T12:30:00Z", "8-10", ""),
            ("2026-03-09T00:00:00Z", "2026-03-09T12:00:00Z", "", "9T0-9T12"),
            ("2026-03-09T12:00:00Z", "2026-03-09T12:10:00Z", "", "9T12-10T0"),
            ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z", "", ""),
        ])
    func parts(from: String, to: String, days: String, hours: String) throws {
        func time(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }
        func shown(_ moment: Timestamp, _ separator: String) -> String {
            let text = moment.rfc3339
            let day = text.dropFirst(8).prefix(2).drop { $0 == "0" }
            let hour = text.dropFirst(11).prefix(2)
            return separator.isEmpty ? String(day) : "\(day)T\(Int(hour) ?? 0)"
        }
        let window = CostWindow(from: try time(from), to: try time(to))
        let parts = window.parts(now: try time("2026-03-09T12:20:00Z"))
        #expect((parts.days.map { "\(shown($0.lowerBound, ""))-\(shown($0.upperBound, ""))" } ?? "") == days)
        #expect(
            parts.hours.map { "\(shown($0.lowerBound, "T"))-\(shown($0.upperBound, "T"))" }.joined(separator: " ")
                == hours)
    }
}
