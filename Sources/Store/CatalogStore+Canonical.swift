internal import Base
package import Catalog

// Canonical files, for those who look at them and ask something of the leader.
extension CatalogStore {
    /// How each canonical file stands, by location.
    ///
    /// - Throws: `StoreError`.
    package func canonicalStates() async throws -> [String: CanonicalState] {
        try await pool.read { session in
            let states = try session.run(
                """
                SELECT location, state, reason, \(microseconds("since")), content_hash, \(microseconds("applied_at")),
                    warnings, last_run FROM canonical_state
                """
            ).map { row in
                CanonicalState(
                    location: try row.required(0), state: try row.required(1), reason: row.text(2), since: row.time(3),
                    contentHash: row.text(4), appliedAt: row.time(5), warnings: row.json(6) ?? [],
                    lastRun: row.json(7) ?? .null)
            }
            return Dictionary(uniqueKeysWithValues: states.map { ($0.location, $0) })
        }
    }

    /// The plan of a canonical file at this moment, as the leader would apply it.
    ///
    /// - Parameter reading: of another content; nil: of the content that was read last.
    /// - Returns: nil when the leader has read nothing of it yet.
    /// - Throws: `StoreError`.
    package func canonicalPlan(
        _ settings: CanonicalSettings, reading: CanonicalReading? = nil
    ) async throws -> CanonicalPlan? {
        try await pool.read { session in
            try session.snapshot {
                guard let reading = try reading ?? Self.lastReading(at: settings.location, session) else { return nil }
                let catalog = try Self.cataloged(reading, at: settings.location, session)
                return CanonicalPlan(reading, settings: settings, catalog: catalog)
            }
        }
    }

    /// Asks that a content of a canonical file be applied although it removes much. Of another content it says nothing.
    ///
    /// - Throws: `StoreError`.
    package func requestForce(of location: String, contentHash: String, by subject: String) async throws {
        try await request("force", ["\(location) \(contentHash)"], by: subject)
    }

    /// Notes in the leader's transaction that somebody wants a content applied.
    ///
    /// - Returns: the location, which is to be read again; nil when there is none.
    static func force(_ subject: String, _ session: PostgresSession) throws -> String? {
        try session.run(
            """
            UPDATE canonical_state SET forced_hash = split_part($1, ' ', 2),
                forced_by = (SELECT requested_by FROM catalog_request WHERE kind = 'force' AND subject = $1)
            WHERE location = split_part($1, ' ', 1) RETURNING location
            """, [.text(subject)]
        ).first { try $0.required(0) }
    }

    private static func lastReading(at location: String, _ session: PostgresSession) throws -> CanonicalReading? {
        try session.run(
            "SELECT content_hash, entities, warnings FROM canonical_state WHERE location = $1", [.text(location)]
        ).first { row -> CanonicalReading? in
            guard let hash = row.text(0) else { return nil }
            return CanonicalReading(
                contentHash: hash,
                entities: (row.json(1)?.arrayValue ?? []).compactMap {
                    CanonicalEntity(stored: $0, location: location)
                },
                warnings: (row.json(2)?.arrayValue ?? []).map { DocumentProblem(stored: $0, location: location) })
        } ?? nil
    }

    /// The entities that a plan looks at: those of the location, and those of the reading's refs.
    static func cataloged(
        _ reading: CanonicalReading, at location: String, _ session: PostgresSession
    ) throws -> [CatalogedEntity] {
        try session.run(
            """
            SELECT e.ref, e.location, e.definition, e.orphan, coalesce(w.yields, false),
                \(CatalogContestants.isContested("e.ref", at: "$1"))
            FROM entity e LEFT JOIN catalog_location h ON h.location = e.location
            LEFT JOIN catalog_source w ON w.id = h.source_id
            WHERE e.location = $1 OR e.ref = ANY($2::text[])
            """,
            [.text(location), .texts(reading.entities.map(\.entity.ref.canonical))]
        ).map { row in
            CatalogedEntity(
                ref: try EntityRef(parsing: try row.required(0)), location: try row.required(1),
                definition: row.json(2)?.objectValue ?? [:], isOrphan: row.bool(3), yields: row.bool(4),
                isContested: row.bool(5))
        }
    }
}
