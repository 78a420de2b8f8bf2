internal import Base
package import Catalog

extension CatalogStore {
    /// The type of the source that stands for all that Location entities point to.
    package static let followedType = "location"

    /// The Location entities that point to something, and those of the given locations that sources have themselves.
    ///
    /// - Parameter followed: the id of the source of followed locations.
    /// - Throws: `StoreError`.
    package func locationHolders(
        followed: Int
    ) async throws -> (holders: [LocationHolder], held: Set<String>) {
        try await pool.read { session in
            let rows = try session.run(
                """
                SELECT e.location, coalesce(e.managed_by, e.location), s.type || ':' || s.target,
                    l.source_id IS NOT DISTINCT FROM $1::int,
                    jsonb_agg(t.target ORDER BY t.ordinal), bool_and(t.optional)
                FROM location_target t JOIN entity e ON e.ref = t.entity_ref AND NOT e.orphan
                LEFT JOIN catalog_location l ON l.location = e.location
                LEFT JOIN catalog_source s ON s.id = l.source_id
                GROUP BY e.ref, e.location, e.managed_by, s.type, s.target, l.source_id ORDER BY e.ref
                """, [.int(Int64(followed))])
            let held = try session.run(
                """
                SELECT DISTINCT location FROM catalog_location JOIN location_target ON target = location
                WHERE source_id <> $1::int
                """, [.int(Int64(followed))])
            return (try rows.map(Self.holder), Set(try held.map { try $0.required(0) }))
        }
    }

    private static func holder(_ row: SQLRow) throws -> LocationHolder {
        let isFollowed = row.bool(3)
        let root = Provenance(location: try row.required(1), source: row.text(2) ?? "")
        return LocationHolder(
            location: try row.required(0), root: isFollowed ? nil : root,
            targets: (row.json(4)?.arrayValue ?? []).compactMap(\.stringValue), isOptional: row.bool(5))
    }
}
