internal import Store

extension ActionRegistry {
    /// What there is to ask of the catalog alone.
    static func catalogActions(_ store: Store) throws -> [RegisteredAction] {
        try [
            RegisteredAction(GetCatalogEntity(store: store)),
            RegisteredAction(QueryCatalogEntities(store: store)),
            RegisteredAction(ResolveEntity(store: store)),
            RegisteredAction(GetEntityRelationships(store: store)),
            RegisteredAction(GetEntityAPISpecs(store: store)),
            RegisteredAction(ValidateEntity(store: store)),
            RegisteredAction(GetCatalogModelDescription()),
            RegisteredAction(GetEntitiesByOwner(store: store)),
            RegisteredAction(GetEntitiesByAnnotation(store: store)),
            RegisteredAction(GetEntityTypesForKind(store: store)),
            RegisteredAction(GetEntitiesByKindAndType(store: store)),
            RegisteredAction(GetEntitiesWithCustomQuery(store: store)),
        ]
    }
}
