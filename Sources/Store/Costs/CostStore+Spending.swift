internal import Base
package import Costs

extension CostStore {
    /// Of groups of a scope in which budgets are looked for.
    private static let maximumGroups = 100_000

    /// What was spent in a window of each of these budgets, in their order. One question for each kind of scope, however many
    /// budgets there are.
    ///
    /// - Throws: `StoreError`.
    package func spent(of budgets: [ScopedBudget], _ window: CostWindow) async throws -> [Money] {
        var spent: [ScopedBudget.Kind: [String: Money]] = [:]
        for (kind, scoped) in Dictionary(grouping: budgets, by: \.kind) {
            var selection = CostSelection()
            if kind == .entity { selection.entityRefs = scoped.map(\.ref) }
            let groups = try await groups(by: kind.dimension, selection, window, limit: Self.maximumGroups)
            let pairs = groups.groups.compactMap { group in group.key.map { ($0, group.sum.cost.total) } }
            spent[kind] = Dictionary(pairs) { $0 + $1 }
        }
        return budgets.map { spent[$0.kind]?[$0.ref] ?? .zero }
    }
}

extension ScopedBudget.Kind {
    fileprivate var dimension: CostDimension {
        switch self {
        case .owner: .owner
        case .system: .system
        case .domain: .domain
        case .entity: .entity
        case .namespace: .namespace
        case .cluster: .cluster
        }
    }
}
