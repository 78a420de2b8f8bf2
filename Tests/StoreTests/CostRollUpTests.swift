import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Roll-ups of costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostRollUpTests {
    private static let today = CostScene.day(5)
    private static let whole = CostWindow(from: CostScene.day(0), to: CostScene.day(4))
    private static let catalog = (0..<6).map { number in
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: c\(number)}
        spec:
          type: t\(number % 2)
          lifecycle: l\(number % 3)
          owner: team-\(number % 3)
          \(number == 5 ? "" : "system: s\(number % 2)")
        ---

        """
    }.joined()
    private static let systems = """
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: s0}
        spec: {owner: team-0, domain: d0}
        ---
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: s1}
        spec: {owner: team-0}
        """

    private static func entity(_ number: Int) -> String { "component:default/c\(number)" }

    /// Random hours of four days by two sources, of workloads that change their owners and of the idle rest of nodes.
    private struct Seeded {
        var ids: [Int] = []
        /// By source: the nano-dollars of an hour by workload, day and owner.
        var hours: [CostSource: [(id: Int, day: Timestamp, owner: String?, nanoDollars: Int64)]] = [:]
        var idle: Set<Int> = []
    }

    private static func seed(_ store: Store, _ random: inout SeededRandom) async throws -> Seeded {
        var money = Seeded()
        for number in 0..<8 {
            let key = WorkloadKey(
                cluster: number % 2 == 0 ? "a" : "b", kind: "Deployment", namespace: "n\(number % 3)",
                name: "w\(number)")
            money.ids.append(try await CostScene.workload(store, key))
        }
        let idle = try await store.costs.remainders([.idle(node: "n", cluster: "a"), .idle(node: "n", cluster: "b")])
        money.idle = Set(idle.values)
        var owners: [Int: [(from: Timestamp, to: Timestamp, entity: String)]] = [:]
        for id in money.ids { owners[id] = try await own(store, id, &random) }
        for source in [CostSource.estimate, .scaleops] {
            var rows: [HourlyCost] = []
            for id in money.ids + idle.values.sorted() {
                for hour in 0..<Int64(96) where Int.random(in: 0..<4, using: &random) > 0 {
                    let at = CostScene.day(0).adding(seconds: hour * 3_600)
                    let cpu = Int64.random(in: 0...1_000_000, using: &random)
                    rows.append(CostScene.hour(id, at, cpu: cpu, memory: 7))
                    let end = at.adding(seconds: 3_600)
                    let owner = owners[id]?.filter { $0.from < end && $0.to > at }.max { $0.from < $1.from }?.entity
                    money.hours[source, default: []].append((id, at.startOfDay, owner, cpu + 7))
                }
            }
            try await store.costs.write(rows, source: source)
        }
        return money
    }

    private static func own(_ store: Store, _ id: Int, _ random: inout SeededRandom) async throws
        -> [(from: Timestamp, to: Timestamp, entity: String)]
    {
        var ranges: [(from: Timestamp, to: Timestamp, entity: String)] = []
        var at = CostScene.day(0).adding(seconds: Int64.random(in: -90_000...90_000, using: &random))
        while at < CostScene.day(4) {
            let end = at.adding(seconds: Int64.random(in: 600...200_000, using: &random))
            let entity = entity(Int.random(in: 0..<6, using: &random))
            try await CostScene.own(store, id, entity, from: at.rfc3339, to: end.rfc3339)
            ranges.append((at, end, entity))
            at = end.adding(seconds: Bool.random(using: &random) ? 0 : 20_000)
        }
        return ranges
    }

    private static func stored(_ store: Store) async throws -> [JSONValue] {
        try await CostScene.rows(store, "SELECT * FROM cost_daily ORDER BY day, workload_id, source, attribution_id")
            + CostScene.rows(store, "SELECT * FROM cost_entity_daily ORDER BY day, attribution_id, source")
            + CostScene.rows(store, "SELECT * FROM cost_entity_to_date ORDER BY day, attribution_id, source")
            + CostScene.rows(store, "SELECT * FROM cost_cluster_daily ORDER BY day, cluster, source")
    }

    private static func touchAll(_ store: Store) async throws {
        try await store.costs.pool.run { session in
            try session.runScript(
                """
                INSERT INTO cost_day_touched (day, cluster, source)
                SELECT DISTINCT date_trunc('day', hour, 'UTC'), w.cluster, source
                FROM cost_hourly c JOIN workload w ON w.id = c.workload_id ON CONFLICT DO NOTHING
                """)
        }
    }

    @Test(
        "sums are those of the hours, nothing is counted twice, and nothing is lost",
        arguments: 1...3 as ClosedRange<UInt64>)
    func sums(seed: UInt64) async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            try await scene.apply([("a", Self.catalog), ("b", Self.systems)])
            var random = SeededRandom(seed: seed)
            let money = try await Self.seed(store, &random)
            try await store.costs.rollUp(now: Self.today)
            #expect(try await store.costs.touchedDays().isEmpty)
            for source in [CostSource.estimate, .scaleops] {
                let hours = money.hours[source] ?? []
                let all = hours.reduce(0) { $0 + $1.nanoDollars }
                var selection = CostSelection()
                if source == .scaleops { selection.source = .scaleops }
                let totals = try await store.costs.totals(selection, Self.whole)
                #expect(totals.sum.cost.total.nanoDollars == all)
                let idle = hours.filter { money.idle.contains($0.id) }.reduce(0) { $0 + $1.nanoDollars }
                #expect(totals.byCategory[.idle]?.cost.total.nanoDollars == idle)
                let owners = try await store.costs.groups(by: .owner, selection, Self.whole, limit: 100)
                #expect(owners.total.cost.total.nanoDollars == all)
                let unowned = hours.filter { $0.owner == nil }.reduce(0) { $0 + $1.nanoDollars }
                #expect(owners.groups.first { $0.key == nil }?.sum.cost.total.nanoDollars == unowned)
                #expect(totals.byCategory[.orphan].map { $0.cost.total.nanoDollars + idle } == unowned)
                for entity in (0..<6).map(Self.entity) {
                    selection.entityRefs = [entity]
                    let expected = hours.filter { $0.owner == entity }.reduce(0) { $0 + $1.nanoDollars }
                    let found = try await store.costs.totals(selection, Self.whole).sum.cost.total.nanoDollars
                    #expect(found == expected)
                }
            }
            let hourly = "SELECT workload_id, source, sum(cpu_cost), count(*) FROM cost_hourly GROUP BY 1, 2"
            let daily = "SELECT workload_id, source, sum(cpu_cost), sum(hours) FROM cost_daily GROUP BY 1, 2"
            #expect(try await CostScene.rows(store, "(\(hourly)) EXCEPT (\(daily))").isEmpty)
        }
    }

    @Test(
        "windows that begin or end within a day, and trends by hour, agree with the hours",
        arguments: 1...2 as ClosedRange<UInt64>)
    func hours(seed: UInt64) async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            var random = SeededRandom(seed: seed)
            _ = try await Self.seed(store, &random)
            try await store.costs.rollUp(now: Self.today)
            for _ in 0..<6 {
                let from = CostScene.day(0).adding(seconds: Int64.random(in: 0...60, using: &random) * 3_600)
                let to = from.adding(seconds: Int64.random(in: 0...36, using: &random) * 3_600)
                let window = CostWindow(from: from, to: to)
                for entity in (0..<3).map(Self.entity) {
                    var selection = CostSelection()
                    selection.entityRefs = [entity]
                    let exact = try await store.costs.workloadCosts(of: entity, window)
                    let money = exact.reduce(Money.zero) { $0 + $1.cost.total }
                    #expect(try await store.costs.totals(selection, window).sum.cost.total == money)
                    let hours = try await store.costs.trend(selection, window, by: .hour)
                    #expect(hours.reduce(Money.zero) { $0 + $1.cost.total } == money)
                    #expect(hours.map(\.at) == hours.map(\.at).sorted())
                    #expect(hours.allSatisfy { $0.at >= from && $0.at < to })
                    let days = try await store.costs.trend(selection, window, by: .day)
                    #expect(days.reduce(Money.zero) { $0 + $1.cost.total } == money)
                    let workloads = try await store.costs.groups(by: .workload, selection, window, limit: 100)
                    #expect(workloads.groups.compactMap(\.workload) == exact.map(\.key))
                }
            }
        }
    }

    @Test(
        "who owns what tomorrow changes no day that is over, and rolling up again writes nothing",
        arguments: 1...3 as ClosedRange<UInt64>)
    func closedDays(seed: UInt64) async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            try await scene.apply([("a", Self.catalog), ("b", Self.systems)])
            var random = SeededRandom(seed: seed)
            let money = try await Self.seed(store, &random)
            try await store.costs.rollUp(now: Self.today)
            let before = try await Self.stored(store)
            let moved = Self.catalog.replacing("team-", with: "other-").replacing("lifecycle: l", with: "lifecycle: x")
            try await scene.apply([("a", moved), ("b", nil)])
            for id in money.ids {
                try await CostScene.own(store, id, Self.entity(0), from: CostScene.day(5).rfc3339, to: nil)
            }
            try await Self.touchAll(store)
            for day in try await store.costs.touchedDays() {
                let tally = try await store.costs.rollUp(day, now: Self.today)
                #expect(tally == RollUpTally(daily: 0, entityDaily: 0, isSettled: true))
            }
            try await store.costs.makeSheets()
            #expect(try await Self.stored(store) == before)
        }
    }

    @Test("late hours of a day that is over go to whom its entities belonged then; what is new is looked up")
    func late() async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            try await scene.apply([("a", Self.catalog), ("b", Self.systems)])
            let id = try await CostScene.workload(store)
            try await CostScene.own(store, id, Self.entity(1), from: CostScene.day(-9).rfc3339, to: nil)
            try await store.costs.write([CostScene.hour(id, CostScene.day(0), cpu: 100, memory: 0)])
            try await store.costs.rollUp(now: Self.today)
            let moved = Self.catalog.replacing("owner: team-", with: "owner: other-")
            try await scene.apply([("a", moved)])
            let other = try await CostScene.workload(
                store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "other"))
            try await CostScene.own(store, other, Self.entity(2), from: CostScene.day(-9).rfc3339, to: nil)
            let late = CostScene.day(0).adding(seconds: 3_600)
            try await store.costs.write([
                CostScene.hour(id, late, cpu: 10, memory: 0), CostScene.hour(other, late, cpu: 1, memory: 0),
            ])
            try await store.costs.rollUp(now: Self.today)
            let owners = try await store.costs.groups(by: .owner, CostSelection(), Self.whole, limit: 10)
            #expect(owners.groups.map(\.key) == ["group:default/team-1", "group:default/other-2"])
            #expect(owners.groups.map(\.sum.cost.cpu.nanoDollars) == [110, 1])
        }
    }

    @Test("on the day itself an entity's money follows its owner, and of an entity that goes what it was is kept")
    func presentDay() async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            let now = CostScene.day(0).adding(seconds: 7_200)
            try await scene.apply([("a", Self.catalog), ("b", Self.systems)])
            let id = try await CostScene.workload(store)
            try await CostScene.own(store, id, Self.entity(0), from: CostScene.day(-9).rfc3339, to: nil)
            try await store.costs.write([CostScene.hour(id, CostScene.day(0))])
            try await store.costs.rollUp(now: now)
            let selection = CostSelection()
            func keys(_ dimension: CostDimension) async throws -> [String?] {
                try await store.costs.groups(by: dimension, selection, Self.whole, limit: 10).groups.map(\.key)
            }
            let names = try await CostDimension.allCases.asyncMap { try await keys($0) }
            #expect(
                names == [
                    ["component:default/c0"], ["group:default/team-0"], ["system:default/s0"], ["domain:default/d0"],
                    ["t0"], ["l0"], ["component"], ["ns"], ["c"], ["owned"], ["c/ns/Deployment/web"], ["2026-03-01"],
                ])
            try await scene.apply([("a", Self.catalog.replacing("owner: team-", with: "owner: other-"))])
            try await Self.touchAll(store)
            try await store.costs.rollUp(now: now)
            #expect(try await keys(.owner) == ["group:default/other-0"])
            try await scene.apply([("a", nil)])
            try await Self.touchAll(store)
            try await store.costs.rollUp(now: now)
            #expect(try await keys(.owner) == ["group:default/other-0"])
            #expect(try await keys(.type) == ["t0"])
        }
    }

    @Test("a day that is written again while it is rolled up stays to be rolled up")
    func meanwhile() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.noon)])
            let touched = try #require(try await store.costs.touchedDays().first)
            #expect(touched.day == CostScene.day(0) && touched.cluster == "c" && touched.source == .estimate)
            try await store.costs.write([CostScene.hour(id, CostScene.noon, cpu: 5)])
            #expect(try await store.costs.rollUp(touched, now: Self.today).isSettled == false)
            let again = try await store.costs.touchedDays()
            #expect(again.count == 1 && again.first?.at != touched.at)
            #expect(
                try await store.costs.rollUp(try #require(again.first), now: Self.today)
                    == RollUpTally(daily: 0, entityDaily: 0, isSettled: true))
            #expect(try await store.costs.touchedDays().isEmpty)
        }
    }

    @Test("hours that say the same already do not touch their day")
    func unchanged() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            try await store.costs.write([CostScene.hour(id, CostScene.noon)])
            try await store.costs.rollUp(now: Self.today)
            try await store.costs.write([CostScene.hour(id, CostScene.noon)])
            #expect(try await store.costs.touchedDays().isEmpty)
        }
    }

    @Test("words of any length in a definition hold up no roll-up")
    func longWords() async throws {
        try await Scene.with { scene async throws in
            let word = String(repeating: "\u{1F600}", count: 4_000)
            try await scene.apply([("a", Self.catalog.replacing("type: t", with: "type: \(word)"))])
            let id = try await CostScene.workload(scene.store)
            try await CostScene.own(scene.store, id, Self.entity(0), from: CostScene.day(-9).rfc3339, to: nil)
            try await scene.store.costs.write([CostScene.hour(id, CostScene.noon)])
            try await scene.store.costs.rollUp(now: Self.today)
            let types = try await scene.store.costs.groups(by: .type, CostSelection(), Self.whole, limit: 10)
            #expect(types.groups.first?.key?.hasPrefix("\u{1F600}") == true)
        }
    }
}

extension String {
    fileprivate func replacing(_ text: String, with other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}
