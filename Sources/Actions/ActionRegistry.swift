package import Base
package import Catalog
package import Store

/// Every action of this program, by id.
package struct ActionRegistry: Sendable {
    /// Sorted by id.
    package let actions: [RegisteredAction]
    private let byID: [String: RegisteredAction]
    /// The charges of days, for other programs.
    package let costExport: CostExport

    /// The actions over a store.
    ///
    /// - Parameters:
    ///   - currency: the ISO 4217 code of the configured prices.
    ///   - canonical: the canonical files that are configured.
    ///   - isReadOnly: `catalog.readonly`: nobody registers or removes locations.
    ///   - rules: `catalog.rules`, for those who validate; nil: nobody is told.
    ///   - scaleOps: nil: there are no actions about ScaleOps.
    ///   - now: the time of day.
    /// - Throws: when an action's schema is wrong.
    package init(
        store: Store, currency: String, canonical: [CanonicalSettings] = [], isReadOnly: Bool = false,
        rules: CatalogRules? = nil, scaleOps: ScaleOpsActionSettings? = nil,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws {
        let desk = CostDesk(store: store, currency: currency, now: now)
        try self.init(
            Self.catalogActions(store, isReadOnly: isReadOnly, rules) + Self.costActions(desk) + [
                RegisteredAction(GetEntityWorkloads(store: store, currency: currency, now: now)),
                RegisteredAction(ListClusters(store: store, now: now)),
                RegisteredAction(ListOrphanWorkloads(store: store, currency: currency, now: now)),
                RegisteredAction(WhoAmI(store: store)),
                RegisteredAction(PlanCanonical(store: store, files: canonical)),
                RegisteredAction(ListCatalogProblems(store: store, now: now)),
            ] + Self.scaleOpsActions(store, scaleOps, currency: currency, now: now), CostExport(desk))
    }

    private init(_ actions: [RegisteredAction], _ costExport: CostExport) {
        self.costExport = costExport
        self.actions = actions.sorted { $0.definition.id < $1.definition.id }
        let names = actions.flatMap { action in
            ([action.definition.id] + action.definition.aliasIDs).map { ($0, action) }
        }
        byID = Dictionary(uniqueKeysWithValues: names)
    }

    /// The action of an id such as `catalog:get-catalog-entity`, or of an alias such as `catalog:get`.
    package subscript(id: String) -> RegisteredAction? { byID[id] }

    /// Runs an action by its id, or by an alias.
    ///
    /// - Throws: `ActionError`, or what the action met.
    package func invoke(_ id: String, _ arguments: JSONObject, for caller: Caller) async throws -> JSONValue {
        guard let action = byID[id] else { throw ActionError(.notFound, "Action \"\(id)\" not found") }
        return try await action.invoke(arguments, for: caller)
    }
}
