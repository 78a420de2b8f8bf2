internal import Base
internal import Catalog
internal import Store

/// Finds the entity that an argument names.
struct EntityLookup {
    let store: Store

    /// The input property that names an entity.
    static let schema = Schema.string(
        "Entity reference [kind:][namespace/]name, such as component:default/shop. Kind defaults to component, "
            + "namespace to default.")

    /// Reads an `entityRef` argument.
    ///
    /// - Throws: `ActionError` of kind `input`.
    static func ref(_ arguments: JSONObject) throws(ActionError) -> EntityRef {
        do {
            return try EntityRef(parsing: arguments["entityRef"]?.stringValue ?? "", defaultKind: "component")
        } catch {
            throw ActionError(.input, "entityRef: \(error)")
        }
    }

    /// The input property that names an entity and may leave out its kind, whatever that is.
    static let inexactSchema = Schema.string(
        "Entity reference [kind:][namespace/]name, such as component:default/shop. A name alone is enough: of several "
            + "entities of that name, Component comes before API, Resource and System.")

    /// Reads an `entityRef` argument that may leave out its kind.
    ///
    /// - Throws: `ActionError` of kind `input`.
    static func pattern(_ arguments: JSONObject) throws(ActionError) -> EntityNamePattern {
        try EntityResolver.pattern(
            arguments["entityRef"]?.stringValue ?? "", kind: nil, namespace: nil, argument: "entityRef")
    }

    /// The ref of the entity that a pattern means.
    ///
    /// - Throws: `ActionError` of kind `notFound`; it lists what may have been meant to who may read the catalog.
    func ref(_ pattern: EntityNamePattern, for caller: Caller) async throws -> String {
        do {
            return try await EntityResolver(store: store).ref(pattern)
        } catch let error as ActionError where !caller.may(.readEntities) {
            throw ActionError(error.kind, "No entity \(pattern.name)")
        }
    }

    /// The entity of a ref.
    ///
    /// - Throws: `ActionError` of kind `notFound`; it lists what may have been meant to who may read the catalog.
    func entity(_ ref: EntityRef, for caller: Caller) async throws -> StoredEntity {
        if let entity = try await store.catalog.entity(ref: ref.canonical) { return entity }
        guard caller.may(.readEntities) else { throw ActionError(.notFound, "No entity \(ref.canonical)") }
        let candidates = try await store.catalog.candidates(name: ref.name, limit: 5)
        let hint = candidates.isEmpty ? "" : "; did you mean \(candidates.joined(separator: ", "))?"
        throw ActionError(.notFound, "No entity \(ref.canonical)\(hint)")
    }
}
