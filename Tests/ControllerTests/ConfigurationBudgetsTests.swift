import Costs
import Store
import Testing

@testable import Controller

@Suite("Budgets of the configuration")
struct ConfigurationBudgetsTests {
    private static func section(_ budget: String) -> String { "callboard: {costs: {budgets: [\(budget)]}}" }

    @Test(
        "a budget names its scope in full or in short",
        arguments: [
            ("{kind: owner, ref: payments}", "owner", "group:default/payments"),
            ("{kind: owner, ref: 'User:Default/Sam'}", "owner", "user:default/sam"),
            ("{kind: system, ref: a/front}", "system", "system:a/front"),
            ("{kind: domain, ref: sales}", "domain", "domain:default/sales"),
            ("{kind: entity, ref: shop}", "entity", "component:default/shop"),
            ("{kind: namespace, ref: kube-system}", "namespace", "kube-system"),
            ("{kind: cluster, ref: Main}", "cluster", "Main"),
        ])
    func scopes(scope: String, kind: String, ref: String) throws {
        let found = try configuration(Self.section("{scope: \(scope), amount: 1500.25}"))
        let budget = try #require(found.budgets.first)
        #expect(budget.kind.rawValue == kind && budget.ref == ref && budget.currency == "USD")
        #expect(budget.budget.amount == Money(nanoDollars: 1_500_250_000_000))
        #expect(budget.budget.levels == Budget.defaultLevels)
        #expect(!found.warnings.contains { $0.contains("budgets") }, "no key is unknown")
    }

    @Test("levels and currency are those of the configuration, and without the section there is no budget")
    func levels() throws {
        let text = """
            callboard:
              costs:
                currency: EUR
                budgets:
                  - {scope: {kind: owner, ref: a}, amount: '12', warnAt: [1, 0.25, 1]}
                  - {scope: {kind: owner, ref: b}, amount: 1, warnAt: []}
            """
        let budgets = try configuration(text).budgets
        #expect(budgets.map(\.budget.levels) == [[0.25, 1], []] && budgets.map(\.currency) == ["EUR", "EUR"])
        #expect(try configuration("").budgets.isEmpty)
    }

    @Test(
        "a budget that cannot be one is refused with its path and what was expected",
        arguments: [
            ("{amount: 1}", "budgets[0].scope: is missing; expected an object with kind and ref"),
            ("{scope: {kind: owner, ref: a}}", "budgets[0].amount: is missing; expected what may be spent in a month"),
            ("{scope: {kind: team, ref: a}, amount: 1}", "budgets[0].scope.kind: expected one of owner, system"),
            ("{scope: {kind: owner}, amount: 1}", "budgets[0].scope.ref: is missing"),
            ("{scope: {kind: owner, ref: ''}, amount: 1}", "budgets[0].scope.ref: "),
            ("{scope: {kind: cluster, ref: ''}, amount: 1}", "budgets[0].scope.ref: expected the name of a cluster"),
            ("{scope: {kind: owner, ref: a}, amount: 0}", "budgets[0].amount: amount: expected more than 0"),
            ("{scope: {kind: owner, ref: a}, amount: -5}", "budgets[0].amount: amount: expected more than 0"),
            ("{scope: {kind: owner, ref: a}, amount: much}", "budgets[0].amount: expected a number"),
            ("{scope: {kind: owner, ref: a}, amount: 1e30}", "budgets[0].amount: expected an amount of money"),
            ("{scope: {kind: owner, ref: a}, amount: 1, warnAt: [0]}", "budgets[0].warnAt: levels: expected shares"),
            ("{scope: {kind: owner, ref: a}, amount: 1, warnAt: [80]}", "budgets[0].warnAt: levels: expected shares"),
            ("{scope: {kind: owner, ref: a}, amount: 1, warnAt: x}", "budgets[0].warnAt: expected a list"),
            (
                "{scope: {kind: owner, ref: a}, amount: 1}, {scope: {kind: owner, ref: 'group:a'}, amount: 2}",
                "budgets[1]: owner group:default/a has a budget before"
            ),
        ])
    func refused(budget: String, expected: String) throws {
        let message = try refusal(Self.section(budget))
        #expect(message.contains(expected), "\(message)")
    }
}
