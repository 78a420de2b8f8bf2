internal import Base
package import Costs

/// What may be spent in a calendar month on a part of the whole.
package struct ScopedBudget: Sendable, Hashable {
    /// What a budget can be for. The raw value is what is stored.
    package enum Kind: String, Sendable, CaseIterable {
        case owner, system, domain, entity, namespace, cluster

        /// Whether its ref names an entity.
        package var isEntity: Bool { self != .namespace && self != .cluster }
        /// The kind of entity that a ref without one names.
        package var defaultKind: String {
            switch self {
            case .owner: "group"
            case .system: "system"
            case .domain: "domain"
            case .entity, .namespace, .cluster: "component"
            }
        }
    }

    package let kind: Kind
    /// A canonical ref, or the name of a namespace or cluster.
    package let ref: String
    package let budget: Budget
    /// ISO 4217 code of the amount.
    package let currency: String

    package init(kind: Kind, ref: String, budget: Budget, currency: String) {
        self.kind = kind
        self.ref = ref
        self.budget = budget
        self.currency = currency
    }
}

extension CostStore {
    /// Makes these the budgets that there are. Rows that say the same already are left alone.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func keep(budgets: [ScopedBudget]) async throws {
        let rows = JSONValue.array(budgets.map(Self.row))
        try await leader.run { session in
            try session.run(BudgetStatement.remove, [.json(rows)])
            _ = try session.run(BudgetStatement.upsert, [.json(rows)])
        }
    }

    /// All budgets, by scope.
    ///
    /// - Throws: `StoreError`.
    package func budgets() async throws -> [ScopedBudget] {
        try await pool.read { session in
            try session.run(
                """
                SELECT scope_kind, scope_ref, amount, currency, to_json(warn_at) FROM budget
                ORDER BY scope_kind, scope_ref
                """
            ).map(Self.budget)
        }
    }

    private static func row(_ scoped: ScopedBudget) -> JSONValue {
        [
            "scope_kind": .string(scoped.kind.rawValue), "scope_ref": .string(scoped.ref),
            "amount": .int(scoped.budget.amount.nanoDollars), "currency": .string(scoped.currency),
            "warn_at": .array(scoped.budget.levels.map(JSONValue.double)),
        ]
    }

    private static func budget(_ row: SQLRow) throws -> ScopedBudget {
        let levels = row.json(4)?.arrayValue?.compactMap(\.doubleValue) ?? []
        guard let kind = ScopedBudget.Kind(rawValue: try row.required(0)),
            let budget = try? Budget(amount: Money(nanoDollars: row.int(2) ?? 0), levels: levels)
        else { throw StoreError(code: .unexpectedResult, detail: "a budget that cannot be one") }
        return ScopedBudget(kind: kind, ref: try row.required(1), budget: budget, currency: try row.required(3))
    }
}

private enum BudgetStatement {
    private static let given =
        """
        jsonb_to_recordset($1::jsonb) AS r(
            scope_kind text, scope_ref text, amount bigint, currency text, warn_at double precision[])
        """

    static let remove =
        """
        DELETE FROM budget b WHERE NOT EXISTS (
            SELECT FROM \(given) WHERE r.scope_kind = b.scope_kind AND r.scope_ref = b.scope_ref)
        """

    static let upsert =
        """
        INSERT INTO budget AS b (scope_kind, scope_ref, amount, currency, warn_at)
        SELECT scope_kind, scope_ref, amount, currency, warn_at FROM \(given)
        ON CONFLICT (scope_kind, scope_ref) DO UPDATE
        SET amount = excluded.amount, currency = excluded.currency, warn_at = excluded.warn_at
        WHERE (b.amount, b.currency, b.warn_at) IS DISTINCT FROM (excluded.amount, excluded.currency, excluded.warn_at)
        """
}
