internal import Base

/// Who else would have entities, as it is stored now.
struct CatalogContestants {
    let session: PostgresSession

    /// Locations whose definitions of these entities lost, with their sources.
    func losers(of refs: Set<String>) throws -> [String: Int] {
        try locations(
            """
            SELECT DISTINCT location, source_id FROM catalog_problem JOIN catalog_location USING (location)
            WHERE code = 'conflict' AND entity_ref = ANY($1::text[])
            """, refs)
    }

    /// Canonical files to be planned again for one of these entities, which they give only as long as nobody else does:
    /// nobody has it, or they have it although somebody defines it. They left it to others without a problem, so nothing
    /// else tells that they would have it.
    func defaults(of refs: Set<String>) throws -> [String: Int] {
        try locations(
            """
            SELECT DISTINCT c.location, l.source_id
            FROM canonical_state c JOIN catalog_location l USING (location)
            CROSS JOIN LATERAL json_array_elements(c.entities) AS g (given)
            CROSS JOIN LATERAL (SELECT given->'definition'->'metadata' AS metadata) AS d
            CROSS JOIN LATERAL (
                SELECT lower(concat(given->'definition'->>'kind', ':', metadata->>'namespace', '/', metadata->>'name'))
            ) AS r (ref)
            LEFT JOIN entity e ON e.ref = r.ref AND NOT e.orphan
            WHERE (given->>'isDefault')::boolean AND r.ref = ANY($1::text[])
                AND (e.ref IS NULL OR e.location = c.location)
                AND (e.ref IS NOT NULL) = \(Self.isContested("r.ref", at: "c.location"))
            """, refs)
    }

    /// A condition: another location than this one defines the entity in vain. What yields does not count.
    static func isContested(_ ref: String, at location: String) -> String {
        """
        EXISTS (SELECT FROM catalog_problem p JOIN catalog_location o USING (location)
            JOIN catalog_source s ON s.id = o.source_id
            WHERE p.code = 'conflict' AND p.entity_ref = \(ref) AND p.location <> \(location) AND NOT s.yields)
        """
    }

    private func locations(_ statement: String, _ refs: Set<String>) throws -> [String: Int] {
        guard !refs.isEmpty else { return [:] }
        let rows = try session.run(statement, [.texts(refs)])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.required(0), Int($0.int(1) ?? 0)) })
    }
}
