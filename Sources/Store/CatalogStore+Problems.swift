internal import Base

/// Which problems of the catalog are asked for; nil leaves a condition out.
package struct ProblemQuery: Sendable, Hashable {
    /// `<type>:<target>`, or a type alone.
    package var source: String?
    package var code: String?
    /// Canonical.
    package var entityRef: String?
    /// Canonical refs, any of which owns the entity or another one of the same location.
    package var owners: [String]?
    package var limit = 50
    package var offset = 0

    package init() {}
}

/// A problem with where it comes from.
package struct ListedProblem: Sendable {
    /// `<type>:<target>`.
    package let source: String
    package let problem: ProblemView
    /// Whether the catalog has an entity of that name, of this definition or of another one.
    package let isInCatalog: Bool
    /// The first owner of that entity.
    package let ownerRef: String?
}

/// A part of the problems that match.
package struct ProblemPage: Sendable {
    package let items: [ListedProblem]
    /// All that match, by code.
    package let counts: [String: Int]
}

extension CatalogStore {
    /// What keeps documents from being used, in the order of sources, locations and lines.
    ///
    /// - Throws: `StoreError`.
    package func problems(_ query: ProblemQuery) async throws -> ProblemPage {
        let values: [SQLValue] = [
            .text(query.source), .text(query.code), .text(query.entityRef), query.owners.map { .texts($0) } ?? .null,
        ]
        return try await pool.read { session in
            try session.snapshot {
                let counts = try session.run(
                    "SELECT code, count(*) FROM (\(Self.matchingProblems)) AS found GROUP BY code", values
                ).map { (try $0.required(0), Int($0.int(1) ?? 0)) }
                let items = try session.run(
                    """
                    SELECT source, location, code, line, column_number, entity_ref, message,
                        EXISTS (SELECT FROM entity e WHERE e.ref = entity_ref),
                        (SELECT min(target_ref) FROM entity_relation r
                            WHERE r.source_ref = entity_ref AND r.type = 'ownedBy')
                    FROM (\(Self.matchingProblems)) AS found
                    ORDER BY source, location, ordinal LIMIT $5::int OFFSET $6::int
                    """, values + [.int(Int64(query.limit)), .int(Int64(query.offset))]
                ).map(Self.listed)
                return ProblemPage(items: items, counts: Dictionary(uniqueKeysWithValues: counts))
            }
        }
    }

    private static let matchingProblems = """
        SELECT s.type || ':' || s.target AS source, p.* FROM (\(allProblems)) AS p
        JOIN catalog_source s ON s.id = p.source_id
        WHERE ($1::text IS NULL OR s.type = $1 OR s.type || ':' || s.target = $1)
            AND ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR p.entity_ref = $3)
            AND ($4::text[] IS NULL
                OR EXISTS (SELECT FROM entity_relation r WHERE r.source_ref = p.entity_ref AND r.type = 'ownedBy'
                    AND r.target_ref = ANY($4::text[]))
                OR EXISTS (SELECT FROM entity e JOIN entity_relation r ON r.source_ref = e.ref AND r.type = 'ownedBy'
                    WHERE e.location = p.location AND r.target_ref = ANY($4::text[])))
        """

    /// Bad documents, locations that cannot be read, and those that another source holds.
    static let allProblems = """
        SELECT l.source_id, p.location, p.ordinal, p.code, p.line, p.column_number, p.entity_ref, p.message
        FROM catalog_problem p JOIN catalog_location l USING (location)
        UNION ALL
        SELECT source_id, location, -1, 'unreadable', NULL, NULL, NULL, error
        FROM catalog_location WHERE error IS NOT NULL
        UNION ALL
        SELECT c.source_id, c.location, -1, 'held', NULL, NULL, NULL,
            'it is read for ' || s.type || ':' || s.target || ', which is configured before this source'
        FROM location_claim c JOIN catalog_location l USING (location) JOIN catalog_source s ON s.id = l.source_id
        """

    private static func listed(_ row: SQLRow) throws -> ListedProblem {
        ListedProblem(
            source: try row.required(0),
            problem: ProblemView(
                location: try row.required(1), code: try row.required(2), line: row.int(3), column: row.int(4),
                entityRef: row.text(5), message: try row.required(6)),
            isInCatalog: row.bool(7), ownerRef: row.text(8))
    }
}
