import Base
import Costs
import Store
import TestSupport
import Testing

@Suite("callboard:get-budget-status", .serialized, .enabled(if: TestDatabase.isAvailable))
struct BudgetStatusTests {
    private static let id = "callboard:get-budget-status"

    private static func budget(
        _ kind: ScopedBudget.Kind, _ ref: String, _ amount: Double, levels: [Double] = Budget.defaultLevels
    ) throws -> ScopedBudget {
        let money = try #require(Money(dollars: amount))
        return ScopedBudget(
            kind: kind, ref: ref, budget: try Budget(amount: money, levels: levels), currency: "EUR")
    }

    @Test("each budget tells what is spent, what is left, which levels are reached and which are expected")
    func status() async throws {
        try await Scene.withCosts { scene async throws in
            try await scene.store.costs.keep(budgets: [
                Self.budget(.owner, "group:default/payments", 10), Self.budget(.entity, "component:default/orders", 4),
                Self.budget(.system, "system:default/front", 1_000), Self.budget(.domain, "domain:default/sales", 2),
                Self.budget(.namespace, "kube-system", 100), Self.budget(.cluster, "main", 20),
                Self.budget(.owner, "group:default/nobody", 1),
            ])
            let answer = try await scene.invoke(Self.id)
            #expect(answer["window"]?["from"] == "2036-03-01T00:00:00Z")
            #expect(answer["totals"] == ["budgets": 7, "exceeded": 1, "warned": 4, "expected": 3])
            let budgets = answer["budgets"]?.arrayValue ?? []
            #expect(
                budgets.map { $0["scope"]?["name"] } == [
                    "component:default/orders", "main", "domain:default/sales", "group:default/payments", "kube-system",
                    "system:default/front", "group:default/nobody",
                ])
            #expect(budgets.map { $0["spent"] } == [4.0, 10.0, 1.0, 5.0, 1.0, 1.0, 0.0])
            let owner = budgets[3]
            #expect((owner["share"], owner["remaining"], owner["amount"]) == (0.5, 5.0, 10.0))
            #expect(owner["levelsReached"] == [0.5] && owner["levelsExpected"] == [0.8, 1.0])
            // 5 of 10 are spent in 9.51 days, so the rest is in as many more.
            #expect(owner["exhaustedAt"]?.stringValue?.hasPrefix("2036-03-20T00:40:00") == true)
            #expect(owner["runRate"]?["monthly"] == 5110.0)
            #expect(budgets[0]["exhaustedAt"] == .null && budgets[0]["levelsReached"] == [0.5, 0.8, 1.0])
        }
    }

    @Test("budgets are narrowed by scope and by warnings, and read page by page")
    func narrowed() async throws {
        try await Scene.withCosts { scene async throws in
            try await scene.store.costs.keep(budgets: [
                Self.budget(.owner, "group:default/payments", 1_000_000), Self.budget(.namespace, "prod", 1),
                Self.budget(.namespace, "kube-system", 1_000_000, levels: []),
            ])
            let owners = try await scene.invoke(Self.id, ["scope": "owner"])
            #expect(owners["totals"]?["budgets"] == 1)
            let warned = try await scene.invoke(Self.id, ["onlyWarnings": true])
            #expect(warned["budgets"]?.arrayValue?.map { $0["scope"]?["name"] } == ["prod"])
            let page = try await scene.invoke(Self.id, ["limit": 2])
            #expect(page["budgets"]?.arrayValue?.count == 2 && page["nextCursor"] == "2")
            try await scene.store.costs.keep(budgets: [])
            #expect(try await scene.invoke(Self.id)["budgets"] == [])
        }
    }
}
