package import Access
internal import Base
internal import Catalog
package import Store

/// The users of the catalog in the store.
package struct CatalogUsers: UserDirectory {
    private let catalog: CatalogStore

    package init(_ store: Store) { catalog = store.catalog }

    package func users(_ key: UserKey) async throws -> [String] {
        switch key {
        case .name(let name):
            let ref = EntityRef(kind: "user", namespace: EntityRef.defaultNamespace, name: name).canonical
            return try await catalog.entity(ref: ref).map { [$0.ref] } ?? []
        case .email(let email): return try await users("spec.profile.email", email)
        case .annotation(let name, let value): return try await users("metadata.annotations.\(name)", value)
        }
    }

    private func users(_ key: String, _ value: String) async throws -> [String] {
        var query = EntityQuery()
        query.filter = .allOf([.match(key: "kind", values: ["user"]), .match(key: key, values: [value])])
        query.limit = 2
        query.countsTotal = false
        return try await catalog.query(query).items.map(\.ref)
    }

    package func ownership(of userRef: String) async throws -> [String] {
        guard let entity = try await catalog.entity(ref: userRef) else { return [] }
        let relations = try JSONValue(parsing: entity.document)["relations"]?.arrayValue ?? []
        let groups = relations.filter { $0["type"] == "memberOf" }.compactMap { $0["targetRef"]?.stringValue }
        return [userRef] + groups
    }
}
