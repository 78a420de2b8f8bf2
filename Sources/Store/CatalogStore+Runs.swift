internal import Base

extension CatalogStore {
    /// Runs of a source that are kept.
    package static let maximumRuns = 50

    /// Notes runs, at most one of each source. One that changed nothing and met no other error than the run before is
    /// counted there; any other is a row of its own. Older ones than the latest 50 of a source go.
    ///
    /// - Throws: `StoreError`.
    package func note(runs: [SourceRun]) async throws {
        let rows = JSONValue.array(runs.map(Self.row))
        try await leader.run { session in
            let added = try session.run(Self.noteRuns, [.json(rows)]).map { $0.int(0) ?? 0 }
            guard !added.isEmpty else { return }
            try session.run(Self.forgetRuns, [.ints(added), .int(Int64(Self.maximumRuns))])
        }
    }

    /// The kept runs of a source, the latest first; nil when there is no such source.
    ///
    /// - Throws: `StoreError`.
    package func runs(of source: Int) async throws -> (source: String, runs: [SourceRun])? {
        try await pool.read { session in
            let name = try session.run(
                "SELECT type || ':' || target FROM catalog_source WHERE id = $1::bigint", [.int(Int64(source))]
            ).first { try $0.required(0) }
            guard let name else { return nil }
            let runs = try session.run(
                "SELECT \(Self.runColumns) FROM source_run WHERE source_id = $1::bigint ORDER BY id DESC",
                [.int(Int64(source))]
            ).map(Self.run)
            return (name, runs)
        }
    }

    /// The latest run of each source by its id.
    static func latestRuns(_ session: PostgresSession) throws -> [Int: SourceRun] {
        let runs = try session.run(
            """
            SELECT \(runColumns) FROM (
                SELECT latest.* FROM catalog_source s CROSS JOIN LATERAL (
                    SELECT * FROM source_run WHERE source_id = s.id ORDER BY id DESC LIMIT 1) AS latest) AS run
            """
        ).map(run)
        return Dictionary(uniqueKeysWithValues: runs.map { ($0.sourceID, $0) })
    }

    private static let runColumns = """
        source_id, \(microseconds("began_at")), \(microseconds("ended_at")), locations, added, changed, removed, conflicts,
        problems, error, repeats, \(microseconds("repeated_at"))
        """

    private static func run(_ row: SQLRow) -> SourceRun {
        func number(_ column: Int32) -> Int { Int(row.int(column) ?? 0) }
        let began = row.time(1) ?? Timestamp(seconds: 0)
        var tally = SourceTally()
        (tally.locations, tally.added, tally.changed) = (number(3), number(4), number(5))
        (tally.removed, tally.conflicts, tally.problems) = (number(6), number(7), number(8))
        var run = SourceRun(
            sourceID: number(0), beganAt: began, endedAt: row.time(2) ?? began, tally: tally, error: row.text(9))
        (run.repeats, run.repeatedAt) = (number(10), row.time(11))
        return run
    }

    private static func row(_ run: SourceRun) -> JSONValue {
        func count(_ number: Int) -> JSONValue { .int(Int64(number)) }
        return [
            "source_id": count(run.sourceID), "began_at": .string(run.beganAt.rfc3339),
            "ended_at": .string((run.repeatedAt ?? run.endedAt).rfc3339), "locations": count(run.tally.locations),
            "added": count(run.tally.added), "changed": count(run.tally.changed),
            "removed": count(run.tally.removed), "conflicts": count(run.tally.conflicts),
            "problems": count(run.tally.problems), "error": run.error.map(JSONValue.string) ?? .null,
            "is_change": .bool(run.tally.isChange), "times": count(1 + run.repeats),
        ]
    }

    private static let noteRuns = """
        WITH run AS (
            SELECT r.*, (SELECT id FROM source_run s WHERE s.source_id = r.source_id ORDER BY id DESC LIMIT 1) AS previous
            FROM jsonb_to_recordset($1::jsonb) AS r(source_id int, began_at timestamptz, ended_at timestamptz,
                locations int, added int, changed int, removed int, conflicts int, problems int, error text,
                is_change boolean, times int)
        ), repeated AS (
            UPDATE source_run s SET repeats = s.repeats + r.times, repeated_at = r.ended_at
            FROM run r WHERE s.id = r.previous AND NOT r.is_change AND s.error IS NOT DISTINCT FROM r.error
            RETURNING s.source_id
        )
        INSERT INTO source_run (source_id, began_at, ended_at, locations, added, changed, removed, conflicts, problems, error)
        SELECT r.source_id, began_at, ended_at, locations, added, changed, removed, conflicts, problems, r.error
        FROM run r JOIN catalog_source c ON c.id = r.source_id
        WHERE r.source_id NOT IN (SELECT source_id FROM repeated) RETURNING source_id
        """

    private static let forgetRuns = """
        DELETE FROM source_run old USING unnest($1::bigint[]) AS u (source)
        WHERE old.source_id = u.source AND old.id <= (
            SELECT id FROM source_run WHERE source_id = u.source ORDER BY id DESC OFFSET $2::int LIMIT 1)
        """
}
