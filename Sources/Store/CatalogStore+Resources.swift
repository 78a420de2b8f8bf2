package import Base
internal import Catalog

/// An entity as a list of resources has it.
package struct EntityResource: Sendable, Hashable {
    package let ref: String
    package let title: String?
    package let description: String?
    /// Of the document as it is served, in bytes.
    package let bytes: Int
    /// When the document was last another.
    package let changedAt: Timestamp?
}

/// Which of some entities there are, and how many there are in all.
package struct EntityPresence: Sendable, Hashable {
    package let present: Set<String>
    package let count: Int
}

extension CatalogStore {
    /// The entities after a ref, in the order of refs.
    ///
    /// - Throws: `StoreError`.
    package func resources(after ref: String, limit: Int) async throws -> [EntityResource] {
        try await pool.read { session in
            try session.run(
                """
                SELECT ref, document -> 'metadata' ->> 'title', left(document -> 'metadata' ->> 'description', 300),
                    octet_length(document::text), \(microseconds("updated_at"))
                FROM entity WHERE ref > $1 AND document IS NOT NULL ORDER BY ref LIMIT $2::int
                """, [.text(ref), .int(Int64(limit))]
            ).map { row in
                EntityResource(
                    ref: try row.required(0), title: row.text(1), description: row.text(2),
                    bytes: Int(row.int(3) ?? 0), changedAt: row.time(4))
            }
        }
    }

    /// Which of these entities there are.
    ///
    /// - Throws: `StoreError`.
    package func presence(of refs: Set<String>) async throws -> EntityPresence {
        try await pool.read { session in
            try session.snapshot {
                let present = try session.run(
                    "SELECT ref FROM entity WHERE ref = ANY($1::text[])", [.texts(refs)]
                ).map { try $0.required(0) }
                let count = try session.run(
                    "SELECT coalesce(sum(present), 0) FROM entity_key WHERE key = 'kind'"
                ).first { $0.int(0) ?? 0 }
                return EntityPresence(present: Set(present), count: Int(count ?? 0))
            }
        }
    }

    /// Entities whose documents changed within the last seconds by the database's clock, at most `limit`.
    ///
    /// - Throws: `StoreError`.
    package func changed(withinSeconds seconds: Int, limit: Int) async throws -> [String] {
        try await pool.read { session in
            try session.run(
                """
                SELECT ref FROM entity WHERE updated_at > now() - make_interval(secs => $1::int)
                ORDER BY updated_at DESC LIMIT $2::int
                """, [.int(Int64(seconds)), .int(Int64(limit))]
            ).map { try $0.required(0) }
        }
    }
}
