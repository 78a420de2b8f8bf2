internal import Base

extension CatalogStore {
    /// Makes sure that a source has a row.
    ///
    /// - Parameter yields: its entities give way to those of the same ref from any source that does not yield.
    /// - Returns: its id.
    /// - Throws: `StoreError`.
    package func register(type: String, target: String, yields: Bool = false) async throws -> Int {
        try await leader.run { session in
            let rows = try session.run(
                """
                INSERT INTO catalog_source (type, target, yields) VALUES ($1, $2, $3)
                ON CONFLICT (type, target) DO UPDATE SET yields = excluded.yields RETURNING id
                """, [.text(type), .text(target), .bool(yields)])
            return Int(rows.first { $0.int(0) ?? 0 } ?? 0)
        }
    }

    /// Notes how an attempt to list a source ended.
    ///
    /// - Parameter error: why it failed; nil when it succeeded, now.
    /// - Throws: `StoreError`.
    package func note(source: Int, error: String?) async throws {
        try await leader.run { session in
            _ = try session.run(
                """
                UPDATE catalog_source SET error = $2, last_attempt_at = now(),
                    last_success_at = CASE WHEN $2::text IS NULL THEN now() ELSE last_success_at END
                WHERE id = $1::int
                """, [.int(Int64(source)), .text(error)])
        }
    }

    /// The locations that a source gave before, and those that it has and another source gives.
    ///
    /// - Throws: `StoreError`.
    package func locations(of source: Int) async throws -> Set<String> {
        try await pool.read { session in
            let rows = try session.run(
                """
                SELECT location FROM catalog_location WHERE source_id = $1::int
                UNION SELECT location FROM location_claim WHERE source_id = $1::int
                """, [.int(Int64(source))])
            return Set(try rows.map { try $0.required(0) })
        }
    }

    /// Whether any source gave a location that begins with the text.
    ///
    /// - Throws: `StoreError`.
    package func hasLocation(beginningWith prefix: String) async throws -> Bool {
        try await holds("SELECT 1 FROM catalog_location WHERE starts_with(location, $1)", prefix)
    }

    /// Whether an entity is defined by the location.
    ///
    /// - Throws: `StoreError`.
    package func isDefining(location: String) async throws -> Bool {
        try await holds("SELECT 1 FROM entity WHERE location = $1", location)
    }

    private func holds(_ query: String, _ value: String) async throws -> Bool {
        try await pool.read { session in try session.run("\(query) LIMIT 1", [.text(value)]).count > 0 }
    }

    /// The sources that are stored and no longer configured.
    ///
    /// - Throws: `StoreError`.
    package func retired(configured: [Int]) async throws -> [(id: Int, type: String, target: String)] {
        try await pool.read { session in
            try session.run(
                "SELECT id, type, target FROM catalog_source WHERE id <> ALL($1::int[])",
                [.texts(configured.map(String.init))]
            ).map { (Int($0.int(0) ?? 0), try $0.required(1), try $0.required(2)) }
        }
    }

    /// Removes a source whose locations are all gone.
    ///
    /// - Throws: `StoreError`.
    package func remove(source: Int) async throws {
        try await leader.run { session in
            _ = try session.run("DELETE FROM catalog_source WHERE id = $1::int", [.int(Int64(source))])
        }
    }

    /// More problems of one source are only counted here.
    package static let shownProblems = 200

    /// Every source with its state and its first problems.
    ///
    /// - Throws: `StoreError`.
    package func sources() async throws -> [SourceView] {
        try await pool.read { session in
            let (problems, counts) = try Self.problems(session)
            let runs = try Self.latestRuns(session)
            return try session.run(
                """
                SELECT s.id, s.type, s.target, s.error, \(microseconds("s.last_attempt_at")),
                    \(microseconds("s.last_success_at")), count(l.location),
                    (SELECT count(*) FROM entity e JOIN catalog_location m USING (location)
                        WHERE m.source_id = s.id AND NOT e.orphan)
                FROM catalog_source s LEFT JOIN catalog_location l ON l.source_id = s.id
                GROUP BY s.id HAVING s.type <> $1 OR count(l.location) > 0 ORDER BY s.type, s.target
                """, [.text(Self.followedType)]
            ).map { row in
                let id = Int(row.int(0) ?? 0)
                return SourceView(
                    id: id, type: try row.required(1), target: try row.required(2), error: row.text(3),
                    lastAttemptAt: row.time(4), lastSuccessAt: row.time(5), locations: row.int(6) ?? 0,
                    entities: row.int(7) ?? 0, problems: problems[id] ?? [],
                    problemCount: counts[id] ?? 0, lastRun: runs[id])
            }
        }
    }

    /// Bad documents and unreadable locations, by source: the first of them, and how many there are.
    private static func problems(_ session: PostgresSession) throws -> ([Int: [ProblemView]], [Int: Int]) {
        let rows = try session.run(
            """
            SELECT source_id, location, code, line, column_number, entity_ref, message, problems
            FROM (SELECT *, count(*) OVER (PARTITION BY source_id) AS problems,
                    row_number() OVER (PARTITION BY source_id ORDER BY location, line, column_number) AS place
                FROM (\(allProblems)) AS p) AS numbered
            WHERE place <= \(shownProblems) ORDER BY 2, 4, 5
            """)
        var problems: [Int: [ProblemView]] = [:]
        var counts: [Int: Int] = [:]
        for (source, count, problem) in try rows.map({ row in
            (
                Int(row.int(0) ?? 0), Int(row.int(7) ?? 0),
                ProblemView(
                    location: try row.required(1), code: try row.required(2), line: row.int(3), column: row.int(4),
                    entityRef: row.text(5), message: try row.required(6))
            )
        }) {
            problems[source, default: []].append(problem)
            counts[source] = count
        }
        return (problems, counts)
    }
}
