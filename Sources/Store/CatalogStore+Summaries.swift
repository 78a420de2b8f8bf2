internal import Base
internal import Catalog

/// What tells an entity from others in a list.
package struct EntitySummary: Sendable, Hashable {
    package let ref: String
    package let title: String?
    package let description: String?
    /// `spec.type`.
    package let type: String?
    package let lifecycle: String?
    /// The first of its owners.
    package let ownerRef: String?
}

extension CatalogStore {
    /// Summaries by ref; refs without an entity are left out.
    ///
    /// - Throws: `StoreError`.
    package func summaries(of refs: some Collection<String> & Sendable) async throws -> [String: EntitySummary] {
        guard !refs.isEmpty else { return [:] }
        let summaries = try await pool.read { session in
            try session.run(
                """
                SELECT ref, document -> 'metadata' ->> 'title', document -> 'metadata' ->> 'description',
                    document -> 'spec' ->> 'type', document -> 'spec' ->> 'lifecycle',
                    (SELECT min(target_ref) FROM entity_relation r WHERE r.source_ref = ref AND r.type = 'ownedBy')
                FROM entity WHERE ref = ANY($1::text[])
                """, [.texts(refs)]
            ).map { row in
                EntitySummary(
                    ref: try row.required(0), title: row.text(1), description: row.text(2), type: row.text(3),
                    lifecycle: row.text(4), ownerRef: row.text(5))
            }
        }
        return Dictionary(uniqueKeysWithValues: summaries.map { ($0.ref, $0) })
    }

    /// The documents of some entities by ref; refs without an entity are left out.
    ///
    /// - Throws: `StoreError`.
    package func documents(of refs: some Collection<String> & Sendable) async throws -> [String: StoredEntity] {
        guard !refs.isEmpty else { return [:] }
        let entities = try await pool.read { session in
            try session.run("SELECT ref, document, etag FROM entity WHERE ref = ANY($1::text[])", [.texts(refs)])
                .map(Self.stored)
        }
        return Dictionary(uniqueKeysWithValues: entities.map { ($0.ref, $0) })
    }
}
