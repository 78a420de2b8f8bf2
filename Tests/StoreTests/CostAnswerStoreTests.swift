import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("What is read of costs for answers", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostAnswerStoreTests {
    private static let noon = Timestamp(rfc3339: "2026-03-01T12:00:00Z") ?? Timestamp(seconds: 0)

    /// So many workloads, each charged for an hour on two days.
    private static func charge(_ store: Store, workloads: Int) async throws {
        let records = (0..<workloads).map { number in
            WorkloadRecord(
                workload: Workload(
                    key: WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "w\(number)")),
                cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
        }
        let ids = try await store.workloads.write(present: records, gone: [])
        let hours = ids.values.flatMap { id in
            [noon, noon.adding(seconds: 86_400)].map { hour in
                var hourly = HourlyCost(
                    workloadID: id,
                    usage: HourUsage(
                        hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: 3_600,
                        use: CapacityTime(millicoreSeconds: 1, byteSeconds: 1), podSeconds: 3_600, maximumPods: 1),
                    cost: ResourceCost(cpu: Money(nanoDollars: 3), memory: Money(nanoDollars: 2)))
                hourly.priceQuality = .priceList
                return hourly
            }
        }
        try await store.costs.write(hours)
        try await store.costs.rollUp()
    }

    @Test(
        "charges are read page by page, each once and in order, whatever the size of a page",
        arguments: [1, 7, 20, 500])
    func pages(size: Int) async throws {
        try await TestDatabase.withStore { store in
            try await Self.charge(store, workloads: 10)
            let days = Self.noon.startOfDay..<Self.noon.adding(seconds: 2 * 86_400).startOfDay
            var (all, place): ([DailyCharge], ChargePlace?) = ([], nil)
            while true {
                let page = try await store.costs.charges(days, after: place, source: nil, limit: size)
                all += page
                guard let last = page.last, page.count == size else { break }
                place = last.place
            }
            #expect(all.count == 20 && Set(all.map { "\($0.day) \($0.workload)" }).count == 20)
            #expect(all.map(\.day) == all.map(\.day).sorted())
            #expect(all.allSatisfy { $0.cost.total == Money(nanoDollars: 5) && $0.category == "orphan" })
            #expect(all.allSatisfy { $0.priceQuality == "price-list" && $0.source == "estimate" })
            let other = try await store.costs.charges(days, after: nil, source: .opencost, limit: size)
            #expect(other.isEmpty)
            let none = try await store.costs.charges(
                days.upperBound..<days.upperBound.adding(seconds: 86_400), after: nil, source: nil, limit: size)
            #expect(none.isEmpty)
        }
    }

    @Test("changes of days and of hours are the same when the hours are all of the days, and tell what changed alone")
    func changes() async throws {
        try await TestDatabase.withStore { store in
            try await Self.charge(store, workloads: 3)
            let first = CostWindow(from: Self.noon.startOfDay, to: Self.noon.startOfDay.adding(seconds: 86_400))
            let second = CostWindow(from: first.to, to: first.to.adding(seconds: 86_400))
            let days = try await store.costs.changes(CostSelection(), from: first, to: second, limit: 10)
            let hours = try await store.costs.changes(
                CostSelection(), from: CostWindow(from: Self.noon, to: Self.noon.adding(seconds: 3_600)),
                to: CostWindow(from: Self.noon.adding(seconds: 86_400), to: Self.noon.adding(seconds: 90_000)),
                limit: 10)
            let expected = CostRecord(
                cpu: Money(nanoDollars: 3), memory: Money(nanoDollars: 2), other: .zero,
                use: CapacityTime(millicoreSeconds: 1, byteSeconds: 1), podSeconds: 3_600)
            for found in [days, hours] {
                #expect(found.previous.nanoDollars == 15 && found.current.nanoDollars == 15)
                #expect(found.workloads.isEmpty)
            }
            let both = CostWindow(from: first.from, to: Self.noon.adding(seconds: 90_000))
            var namespace = CostSelection()
            namespace.namespace = "ns"
            for selection in [CostSelection(), namespace] {
                let begun = try await store.costs.changes(
                    selection, from: CostWindow(from: first.from, to: first.from.adding(seconds: 3_600)), to: second,
                    limit: 10)
                #expect(begun.previous == .zero && begun.current.nanoDollars == 15 && begun.workloads.count == 3)
                #expect(begun.workloads.allSatisfy { $0.previous == nil && $0.current == expected })
                let grown = try await store.costs.changes(selection, from: first, to: both, limit: 10)
                #expect(grown.previous.nanoDollars == 15 && grown.current.nanoDollars == 30)
                #expect(grown.workloads.count == 3)
                #expect(grown.workloads.allSatisfy { $0.previous == expected && $0.current?.podSeconds == 7_200 })
            }
        }
    }

    @Test("budgets are kept as they are given, and rows that say the same already are left alone")
    func budgets() async throws {
        try await TestDatabase.withStore { store in
            func budget(_ ref: String, _ amount: Int64, _ levels: [Double]) throws -> ScopedBudget {
                ScopedBudget(
                    kind: .owner, ref: ref, budget: try Budget(amount: Money(nanoDollars: amount), levels: levels),
                    currency: "EUR")
            }
            func rows() async throws -> [String] {
                try await store.costs.pool.run { session in
                    try session.run("SELECT scope_ref || ' ' || xmin FROM budget ORDER BY 1").map { $0.text(0) ?? "" }
                }
            }
            let both = [try budget("group:default/a", 5, [0.5, 1]), try budget("group:default/b", .max, [])]
            try await store.costs.keep(budgets: both)
            #expect(try await store.costs.budgets() == both)
            let before = try await rows()
            try await store.costs.keep(budgets: both)
            #expect(try await rows() == before)
            let changed = [try budget("group:default/a", 5, [0.5, 0.8])]
            try await store.costs.keep(budgets: changed)
            #expect(try await store.costs.budgets() == changed)
        }
    }
}
