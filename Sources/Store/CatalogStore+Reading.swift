internal import Base
package import Catalog

/// A document as it is stored, ready to be sent.
package struct StoredEntity: Sendable {
    package let ref: String
    package let document: [UInt8]
    package let etag: String
}

/// Which workloads an entity claims, as its annotations say.
package struct StoredSelector: Sendable {
    package let ref: String
    package let labelSelector: String?
    package let kubernetesID: String?
    package let namespaces: [String]
    package let clusters: [String]
}

extension CatalogStore {
    /// The entity of a canonical ref. Where a feed keeps the store current (`CatalogFeed.keepCurrent`), it may be what was
    /// there before a change whose notice is on its way; else it is what was written last.
    ///
    /// - Throws: `StoreError`.
    package func entity(ref: String) async throws -> StoredEntity? {
        if let entity = keptEntity(ref: ref) { return entity }
        let moment = cache.moment
        let entity = try await loader.entity(ref: ref)
        if let entity { cache.keep(entity, readSince: moment) }
        return entity
    }

    /// The same when it is at hand; nil: the database has to be asked.
    package func keptEntity(ref: String) -> StoredEntity? { cache.entity(ref) }

    /// The entity of a uid; nil also when the text is no UUID.
    ///
    /// - Throws: `StoreError`.
    package func entity(uid: String) async throws -> StoredEntity? {
        guard isUUID(uid) else { return nil }
        return try await pool.read { session in
            try session.run("SELECT ref, document, etag FROM entity WHERE id = $1::uuid", [.text(uid)])
                .first(Self.stored)
        }
    }

    /// The entities of canonical refs, by ref; those that the filter leaves out are missing.
    ///
    /// - Throws: `StoreError`; `CatalogInputError` when the filter is too large.
    package func entities(refs: Set<String>, filter: EntityFilter?) async throws -> [String: StoredEntity] {
        let filter = try filter?.bounded
        let found = try await pool.read { session in
            try session.snapshot {
                let selection = EntitySelection(filter: filter, try IndexLookup(filter: filter, session))
                var statement = IndexStatement()
                let list = statement.parameter(.texts(refs), as: "text[]")
                let matching = "SELECT i.ref FROM \(selection.matching(&statement)) AND i.ref = ANY(\(list))"
                return try session.runOnce(
                    "SELECT ref, document, etag FROM entity JOIN (\(matching)) m USING (ref)", statement.values
                ).map(Self.stored)
            }
        }
        return Dictionary(uniqueKeysWithValues: found.map { ($0.ref, $0) })
    }

    /// Refs like an inexact name: equal names first, then those that hold it, in order.
    ///
    /// - Throws: `StoreError`.
    package func candidates(name: String, limit: Int) async throws -> [String] {
        try await pool.read { session in
            try session.run(
                """
                SELECT ref FROM entity WHERE position(lower($1) IN split_part(ref, '/', 2)) > 0
                ORDER BY split_part(ref, '/', 2) <> lower($1), ref LIMIT $2::int
                """, [.text(name), .int(Int64(limit))]
            ).map { try $0.required(0) }
        }
    }

    /// The claims of all entities that make one, or of those among the refs.
    ///
    /// - Throws: `StoreError`.
    package func selectors(of refs: Set<String>? = nil) async throws -> [StoredSelector] {
        try await pool.read { session in
            try session.run(
                """
                SELECT ref, workload_selector FROM entity
                WHERE workload_selector IS NOT NULL AND ($1::text[] IS NULL OR ref = ANY($1::text[]))
                """, [refs.map { .texts($0) } ?? .null]
            ).map { row in
                let selector = row.json(1)
                func list(_ key: String) -> [String] { selector?[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
                return StoredSelector(
                    ref: try row.required(0), labelSelector: selector?["labelSelector"]?.stringValue,
                    kubernetesID: selector?["kubernetesId"]?.stringValue, namespaces: list("namespaces"),
                    clusters: list("clusters"))
            }
        }
    }

    static func stored(_ row: SQLRow) throws -> StoredEntity {
        StoredEntity(ref: try row.required(0), document: row.bytes(1) ?? [], etag: try row.required(2))
    }
}

/// Groups of 8-4-4-4-12 digits (RFC 9562); PostgreSQL would read other forms too, and refuse others with an error.
func isUUID(_ text: String) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12]
        && groups.joined().allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
}
