package import Catalog
package import Store

/// The catalog as one caller may see and change it. Every face goes through here, and each permission is checked here:
/// what somebody may not read is as if it were not there, and what they may not do is refused.
package struct CatalogAccess: Sendable {
    let catalog: CatalogStore
    let caller: Caller
    /// `catalog.readonly`: nobody registers, changes or removes locations.
    let isReadOnly: Bool

    package init(catalog: CatalogStore, caller: Caller, isReadOnly: Bool = false) {
        self.catalog = catalog
        self.caller = caller
        self.isReadOnly = isReadOnly
    }

    /// The entity of a canonical ref.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func entity(ref: String) async throws -> StoredEntity? {
        guard try caller.sees(.readEntities) else { return nil }
        return try await catalog.entity(ref: ref)
    }

    /// The entity of a canonical ref, when it is at hand; nil: `entity(ref:)` is to be asked.
    ///
    /// - Throws: `ActionError`.
    package func keptEntity(ref: String) throws -> StoredEntity? {
        guard try caller.sees(.readEntities) else { return nil }
        return catalog.keptEntity(ref: ref)
    }

    /// The entity of a uid.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func entity(uid: String) async throws -> StoredEntity? {
        guard try caller.sees(.readEntities) else { return nil }
        return try await catalog.entity(uid: uid)
    }

    /// The entities of canonical refs in their order, repeated as they are; nil for those that are not there, or that the
    /// filter leaves out.
    ///
    /// - Throws: `ActionError`, `StoreError`, `CatalogInputError`.
    package func entities(refs: [String?], filter: EntityFilter?) async throws -> [StoredEntity?] {
        guard try caller.sees(.readEntities) else { return refs.map { _ in nil } }
        let found = try await catalog.entities(refs: Set(refs.compactMap { $0 }), filter: filter)
        return refs.map { ref in ref.flatMap { found[$0] } }
    }

    /// A page of entities.
    ///
    /// - Throws: `ActionError`, `StoreError`, `CatalogInputError`.
    package func query(_ query: EntityQuery) async throws -> EntityPage {
        guard try caller.sees(.readEntities) else { return .empty }
        return try await catalog.query(query)
    }

    /// The refs of the entities that match, as `CatalogStore.orderedRefs` has them.
    ///
    /// - Throws: `ActionError`, `StoreError`, `CatalogInputError`.
    package func orderedRefs(_ query: EntityQuery) async throws -> [String] {
        guard try caller.sees(.readEntities) else { return [] }
        return try await catalog.orderedRefs(query)
    }

    /// The values of facets, by name in lower case.
    ///
    /// - Throws: `ActionError`, `StoreError`, `CatalogInputError`.
    package func facets(_ names: [String], filter: EntityFilter?) async throws -> [String: [FacetValue]] {
        guard try caller.sees(.readEntities) else { return [:] }
        return try await catalog.facets(names, filter: filter)
    }

    /// The entity of a ref, then the Location entities that lead to it; nil when there is none.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func ancestry(of ref: String) async throws -> [AncestryItem]? {
        guard try caller.sees(.readEntities) else { return nil }
        return try await catalog.ancestry(of: ref)
    }

    /// Has the entity of a uid removed. What is still defined somewhere comes back, with a new uid.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func remove(uid: String) async throws {
        try caller.check(.deleteEntities)
        try await catalog.requestRemoval(uid: uid, by: caller.subject)
    }

    /// Has the place where an entity is defined read again now, and that of the nearest Location entity which leads there.
    ///
    /// - Throws: `ActionError` also when there is no such entity; `StoreError`.
    package func refresh(_ ref: EntityRef) async throws {
        try caller.check(.refreshEntities)
        guard let ancestry = try await catalog.ancestry(of: ref.canonical) else {
            throw ActionError(.notFound, "No such entity \(ref.canonical)")
        }
        try await catalog.requestRefresh(of: Set(ancestry.prefix(2).map(\.location)), by: caller.subject)
    }

    /// Refuses who may not have entities validated.
    ///
    /// - Throws: `ActionError`.
    package func checkValidation() throws(ActionError) { try caller.check(.validateEntities) }
}
