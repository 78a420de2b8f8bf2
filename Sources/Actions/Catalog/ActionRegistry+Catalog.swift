internal import Catalog
internal import Store

extension ActionRegistry {
    /// What there is to ask of the catalog alone.
    ///
    /// - Parameters:
    ///   - isReadOnly: `catalog.readonly`.
    ///   - rules: `catalog.rules`.
    static func catalogActions(_ store: Store, isReadOnly: Bool, _ rules: CatalogRules?) throws -> [RegisteredAction] {
        try [
            RegisteredAction(GetCatalogEntity(store: store)),
            RegisteredAction(QueryCatalogEntities(store: store)),
            RegisteredAction(ResolveEntity(store: store)),
            RegisteredAction(GetEntityRelationships(store: store)),
            RegisteredAction(GetEntityAPISpecs(store: store)),
            RegisteredAction(FindAPISpecs(store: store)),
            RegisteredAction(ValidateEntity(store: store, rules: rules)),
            RegisteredAction(RegisterEntity(store: store, isReadOnly: isReadOnly)),
            RegisteredAction(UnregisterEntity(store: store, isReadOnly: isReadOnly)),
            RegisteredAction(RefreshCatalogEntity(store: store)),
            RegisteredAction(GetCatalogModelDescription()),
            RegisteredAction(GetEntitiesByOwner(store: store)),
            RegisteredAction(GetEntitiesByAnnotation(store: store)),
            RegisteredAction(GetEntityTypesForKind(store: store)),
            RegisteredAction(GetEntitiesByKindAndType(store: store)),
            RegisteredAction(GetEntitiesWithCustomQuery(store: store)),
        ]
    }
}
