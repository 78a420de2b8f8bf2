package import Base

/// An entity whose selector matches no workload.
package struct GhostEntity: Sendable {
    package let ref: String
    /// The annotations that select.
    package let selector: JSONValue
    /// When it ceased to match its last workload; nil when it never matched one.
    package let lastMatchedAt: Timestamp?
}

/// Such entities: how many there are in all, and some of them.
package struct GhostPage: Sendable {
    package let total: Int
    /// Those of all that never matched anything.
    package let neverMatched: Int
    package let items: [GhostEntity]
}

extension CatalogStore {
    /// Entities with a selector that matches no workload now: those that matched last come first.
    ///
    /// - Parameters:
    ///   - kind: only those of this kind, in lower case; nil for all.
    ///   - owner: only those that this entity owns; nil for all.
    /// - Throws: `StoreError`.
    package func ghosts(kind: String?, owner: String?, limit: Int, offset: Int) async throws -> GhostPage {
        try await pool.read { session in
            let values: [SQLValue] = [.text(kind), .text(owner)]
            let totals = try session.run(
                "SELECT count(*), count(*) FILTER (WHERE last IS NULL) \(Self.haunting)", values
            )
            .first { (Int($0.int(0) ?? 0), Int($0.int(1) ?? 0)) }
            let items = try session.run(
                """
                SELECT n.ref, n.workload_selector, \(microseconds("p.last")) \(Self.haunting)
                ORDER BY p.last DESC NULLS LAST, n.ref LIMIT $3::int OFFSET $4::int
                """, values + [.int(Int64(limit)), .int(Int64(offset))]
            ).map { row in
                GhostEntity(ref: try row.required(0), selector: row.json(1) ?? .null, lastMatchedAt: row.time(2))
            }
            return GhostPage(total: totals?.0 ?? 0, neverMatched: totals?.1 ?? 0, items: items)
        }
    }

    private static let haunting =
        """
        FROM entity n CROSS JOIN LATERAL (
            SELECT max(upper(valid)) AS last, bool_or(upper_inf(valid)) AS matches
            FROM entity_workload WHERE entity_ref = n.ref) p
        WHERE n.workload_selector IS NOT NULL AND p.matches IS NOT TRUE
            AND ($1::text IS NULL OR split_part(n.ref, ':', 1) = $1)
            AND ($2::text IS NULL OR EXISTS (SELECT FROM entity_relation r
                WHERE r.source_ref = n.ref AND r.type = 'ownedBy' AND r.target_ref = $2))
        """
}
