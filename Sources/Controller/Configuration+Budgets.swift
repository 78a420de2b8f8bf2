import Base
import Catalog
import Costs
import Store

// The section `callboard.costs.budgets`: what may be spent in a calendar month.
extension Configuration {
    private static let maximumBudgets = 1_000

    static func budgets(_ root: ConfigurationNode, currency: String) throws(ConfigurationError) -> [ScopedBudget] {
        guard let list = root["callboard.costs.budgets"] else { return [] }
        let elements = try list.elements()
        guard elements.count <= maximumBudgets else {
            throw list.refused("expected at most \(maximumBudgets) budgets, found \(elements.count)")
        }
        var budgets: [ScopedBudget] = []
        var seen: Set<String> = []
        for element in elements {
            let budget = try self.budget(element, currency)
            guard seen.insert("\(budget.kind.rawValue) \(budget.ref)").inserted else {
                throw element.refused("\(budget.kind.rawValue) \(budget.ref) has a budget before")
            }
            budgets.append(budget)
        }
        return budgets
    }

    private static func budget(
        _ node: ConfigurationNode, _ currency: String
    ) throws(ConfigurationError) -> ScopedBudget {
        let (kind, ref) = try scope(node.required("scope", "an object with kind and ref"))
        let amount = try amount(node.required("amount", "what may be spent in a month, in \(currency)"))
        let levels = try node["warnAt"].map(self.levels) ?? Budget.defaultLevels
        do {
            return ScopedBudget(
                kind: kind, ref: ref, budget: try Budget(amount: amount, levels: levels), currency: currency)
        } catch {
            throw node.refused("\(error)", at: "\(node.path).\(error.field == "levels" ? "warnAt" : error.field)")
        }
    }

    static func scope(_ node: ConfigurationNode) throws(ConfigurationError) -> (ScopedBudget.Kind, String) {
        let words = ScopedBudget.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        let kindNode = try node.required("kind", "one of \(words)")
        guard let kind = ScopedBudget.Kind(rawValue: try kindNode.string()) else {
            throw kindNode.refused("expected one of \(words), found \"\(try kindNode.string())\"")
        }
        let refNode = try node.required("ref", "an entity ref, or the name of a namespace or cluster")
        let text = try refNode.string()
        guard kind.isEntity else {
            guard !text.isEmpty else { throw refNode.refused("expected the name of a \(kind.rawValue), found \"\"") }
            return (kind, text)
        }
        do {
            return (kind, try EntityRef(parsing: text, defaultKind: kind.defaultKind).canonical)
        } catch {
            throw refNode.refused("\(error)")
        }
    }

    static func amount(_ node: ConfigurationNode) throws(ConfigurationError) -> Money {
        guard let amount = Money(dollars: try node.number()) else { throw node.expected("an amount of money") }
        return amount
    }

    private static func levels(_ node: ConfigurationNode) throws(ConfigurationError) -> [Double] {
        var levels: [Double] = []
        for element in try node.elements() { levels.append(try element.number()) }
        return levels
    }
}
