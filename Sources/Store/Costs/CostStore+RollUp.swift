package import Base

/// A day whose hours changed since it was rolled up, by one source and for one cluster.
package struct TouchedDay: Sendable, Hashable {
    /// UTC midnight.
    package let day: Timestamp
    package let cluster: String
    package let source: CostSource
    /// When they changed last.
    package let at: Timestamp
}

/// What a roll-up wrote.
package struct RollUpTally: Sendable, Hashable {
    /// Rows by workload and by attribution that were added, changed or removed.
    package var daily = 0
    package var entityDaily = 0
    /// False when hours changed meanwhile, so that the day is still to be rolled up.
    package var isSettled = true
}

extension CostStore {
    /// The days to roll up, the oldest first.
    ///
    /// - Throws: `StoreError`.
    package func touchedDays(limit: Int = 1_000) async throws -> [TouchedDay] {
        try await pool.read { session in
            try session.run(RollUpStatement.touched, [.int(Int64(limit))]).map { row in
                TouchedDay(
                    day: row.time(0) ?? Timestamp(seconds: 0), cluster: try row.required(1),
                    source: row.int(2).flatMap(CostSource.init(rawValue:)) ?? .estimate,
                    at: row.time(3) ?? Timestamp(seconds: 0))
            }
        }
    }

    /// Rolls up what is touched, day by day: for tests and tools. The loop takes day after day itself.
    ///
    /// - Throws: `StoreError`.
    package func rollUp(now: Timestamp = .now()) async throws {
        for day in try await touchedDays() { _ = try await rollUp(day, now: now) }
        try await makeSheets()
    }

    /// Adds up the hours of a day by workload and by who paid, and writes what is new. An hour belongs to whoever owned the
    /// workload last in it. What is written of whom an entity belongs to is what the catalog says now; when the day is over,
    /// it is what was written on that day, for all entities that have paid then.
    ///
    /// - Parameter now: decides whether the day is over.
    /// - Throws: `StoreError`; then nothing was written.
    package func rollUp(_ touched: TouchedDay, now: Timestamp) async throws -> RollUpTally {
        let isOver = touched.day.adding(seconds: 86_400) <= now
        let day = SQLValue.time(touched.day)
        let unit: [SQLValue] = [day, .text(touched.cluster), .int(touched.source.rawValue)]
        return try await leader.run { session in
            try CostPartitions.make(session, day: touched.day)
            for table in RollUpStatement.tables { try session.run(table) }
            try session.run(RollUpStatement.sumHours, unit)
            try session.runScript("ANALYZE rolled")
            try session.run(RollUpStatement.findPayers, unit + [.bool(isOver)])
            try session.run(RollUpStatement.makeAttributions, [.text(touched.cluster)])
            try session.run(RollUpStatement.attribute, [.text(touched.cluster)])
            let source = SQLValue.int(touched.source.rawValue)
            let shared = try session.run(RollUpStatement.shared, [day, source]).map { ($0.bool(0), $0.bool(1)) }.first
            let written = try session.run(RollUpStatement.writeDaily, [day, source]).affected
            let removed = try session.run(RollUpStatement.removeDaily, unit).affected
            let entities = try session.run(RollUpStatement.writeEntityDaily, [day, source]).affected
            let gone = try session.run(RollUpStatement.removeEntityDaily, unit).affected
            try sumToDate(session, touched, isChanged: entities + gone > 0)
            // Who pays changes an hour late at most: with the hour in which he began.
            let (isShared, isNewlyShared) = shared ?? (true, true)
            let since = try session.run(RollUpStatement.fromHour, unit).map { $0.time(0) ?? touched.day }.first
            let first = (since ?? touched.day).adding(seconds: isShared ? -3_600 : 0)
            try dropSheets(
                session, from: touched, isDayChanged: written + removed > 0,
                hour: removed > 0 || isNewlyShared ? touched.day : max(first, touched.day))
            let settled = try session.run(RollUpStatement.settle, unit + [.time(touched.at)]).affected
            return RollUpTally(daily: written + removed, entityDaily: entities + gone, isSettled: settled > 0)
        }
    }
}

/// The statements of a roll-up; $1, $2, $3 are day, cluster and source unless said otherwise.
private enum RollUpStatement {
    static let touched =
        """
        SELECT \(microseconds("day")), cluster, source, \(microseconds("touched_at")) FROM cost_day_touched
        ORDER BY day, cluster, source LIMIT $1::bigint
        """

    private static let extras = "used_seconds, pod_seconds, maximum_pods, covered_seconds, hours, is_sole"
    private static let summed = CostColumns.summed.joined(separator: ", ")

    /// What lives as long as the transaction: the day's sums, and whom each entity belongs to.
    static let tables = [
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS rolled (
            workload_id int, namespace text, category text, entity_ref text, attribution_id int,
            \(CostColumns.summed.map { "\($0) bigint" }.joined(separator: ", ")), used_seconds int, pod_seconds bigint,
            maximum_pods int, covered_seconds int, hours smallint, is_sole boolean
        ) ON COMMIT DELETE ROWS
        """,
        """
        CREATE TEMPORARY TABLE IF NOT EXISTS payer (
            entity_ref text, entity_kind text, entity_type text, lifecycle text, owner_ref text, system_ref text,
            domain_ref text
        ) ON COMMIT DELETE ROWS
        """,
    ]

    /// Most workloads have one owner all day; only the others' hours are looked at one by one.
    static let sumHours = """
        INSERT INTO rolled (workload_id, namespace, category, entity_ref, \(summed), \(extras))
        WITH link AS (
            SELECT e.workload_id, count(*) AS links, min(e.entity_ref) AS entity_ref, (array_agg(e.valid))[1] AS valid
            FROM entity_workload e JOIN workload w ON w.id = e.workload_id
            WHERE e.is_owner AND w.cluster = $2
                AND e.valid && tstzrange($1::timestamptz, $1::timestamptz + interval '1 day')
            GROUP BY e.workload_id
        ), hour AS (
            SELECT c.*, w.namespace, w.kind,
                CASE WHEN l.links > 1 OR c.price_quality = 'backfilled' THEN \(CostStatement.owner(of: "c"))
                    WHEN l.valid && tstzrange(c.hour, c.hour + interval '1 hour') THEN l.entity_ref END AS entity_ref
            FROM cost_hourly c JOIN workload w ON w.id = c.workload_id LEFT JOIN link l ON l.workload_id = c.workload_id
            WHERE c.hour >= $1::timestamptz AND c.hour < $1::timestamptz + interval '1 day'
                AND c.source = $3::smallint AND w.cluster = $2
        )
        SELECT workload_id, namespace,
            CASE WHEN kind = '__idle__' THEN 'idle' WHEN kind = '__unmounted__' THEN 'unmounted'
                WHEN starts_with(kind, '__') THEN 'unallocated' WHEN entity_ref IS NULL THEN 'orphan' ELSE 'owned' END,
            CASE WHEN NOT starts_with(kind, '__') THEN entity_ref END,
            \(CostColumns.summed.map { boundedSumOrNull($0) }.joined(separator: ", ")),
            sum(used_seconds), \(boundedSum("pod_seconds")), max(maximum_pods), sum(covered_seconds), count(*),
            count(*) OVER (PARTITION BY workload_id) = 1
        FROM hour GROUP BY workload_id, namespace, kind, entity_ref
        """

    /// Of the words in definitions so many characters are kept as an index entry has room for. ($4: whether the day is over.)
    static let findPayers =
        """
        INSERT INTO payer
        WITH paying AS (SELECT DISTINCT entity_ref FROM rolled WHERE category = 'owned'),
        recorded AS (
            SELECT DISTINCT ON (a.entity_ref) a.*, d.day
            FROM cost_daily d JOIN cost_attribution a ON a.id = d.attribution_id JOIN paying USING (entity_ref)
            WHERE d.day >= $1::timestamptz - interval '1 day' AND d.day <= $1::timestamptz
            ORDER BY a.entity_ref, d.day DESC, (a.cluster = $2 AND d.source = $3::smallint) DESC, a.id DESC
        ), present AS (
            SELECT e.ref AS entity_ref, split_part(e.ref, ':', 1) AS entity_kind,
                left(e.definition #>> '{spec,type}', 100) AS entity_type,
                left(e.definition #>> '{spec,lifecycle}', 100) AS lifecycle,
                (SELECT min(r.target_ref) FROM entity_relation r
                    WHERE r.source_ref = e.ref AND r.type = 'ownedBy') AS owner_ref,
                CASE WHEN starts_with(e.ref, 'system:') THEN e.ref ELSE
                    (SELECT min(r.target_ref) FROM entity_relation r WHERE r.source_ref = e.ref AND r.type = 'partOf'
                        AND starts_with(r.target_ref, 'system:')) END AS system_ref
            FROM entity e JOIN paying ON paying.entity_ref = e.ref
        )
        SELECT y.entity_ref, coalesce(k.entity_kind, p.entity_kind, o.entity_kind, split_part(y.entity_ref, ':', 1)),
            \(["entity_type", "lifecycle", "owner_ref", "system_ref"].map(chosen).joined(separator: ", ")),
            CASE WHEN k.id IS NOT NULL THEN k.domain_ref WHEN p.entity_ref IS NULL THEN o.domain_ref
                WHEN starts_with(p.entity_ref, 'domain:') THEN p.entity_ref
                ELSE (SELECT r.target_ref FROM entity_relation r
                    WHERE r.source_ref IN (p.system_ref, p.entity_ref) AND r.type = 'partOf'
                        AND starts_with(r.target_ref, 'domain:')
                    ORDER BY r.source_ref = p.system_ref DESC NULLS LAST, r.target_ref LIMIT 1) END
        FROM paying y LEFT JOIN present p USING (entity_ref) LEFT JOIN recorded o USING (entity_ref)
            LEFT JOIN recorded k ON k.entity_ref = y.entity_ref AND k.day = $1::timestamptz AND $4::boolean
        """

    /// What a day that is over has; else what the catalog says; of an entity that is gone what was recorded last.
    private static func chosen(_ column: String) -> String {
        "CASE WHEN k.id IS NOT NULL THEN k.\(column) WHEN p.entity_ref IS NULL THEN o.\(column) ELSE p.\(column) END"
    }

    /// ($1: the cluster.)
    static let makeAttributions = """
        INSERT INTO cost_attribution (cluster, namespace, category, entity_ref, entity_kind, entity_type, lifecycle,
            owner_ref, system_ref, domain_ref)
        SELECT DISTINCT $1::text, r.namespace, r.category, r.entity_ref, y.entity_kind, y.entity_type, y.lifecycle, y.owner_ref,
            y.system_ref, y.domain_ref
        FROM rolled r LEFT JOIN payer y USING (entity_ref)
        WHERE NOT EXISTS (SELECT FROM cost_attribution a WHERE \(isSame))
        ON CONFLICT DO NOTHING
        """

    /// ($1: the cluster.)
    static let attribute = """
        UPDATE rolled r SET attribution_id = a.id
        FROM cost_attribution a LEFT JOIN payer y ON y.entity_ref = a.entity_ref WHERE \(isSame)
        """

    /// Whether a row `a` is the one for `r` and `y`. Written so that the rows can be found by a hash.
    private static let isSame = """
        a.cluster = $1 AND a.namespace = r.namespace AND a.category = r.category
            AND coalesce(a.entity_ref, '') = coalesce(r.entity_ref, '')
            AND (a.entity_kind, a.entity_type, a.lifecycle, a.owner_ref, a.system_ref, a.domain_ref)
                IS NOT DISTINCT FROM
                (y.entity_kind, y.entity_type, y.lifecycle, y.owner_ref, y.system_ref, y.domain_ref)
        """

    private static func values(_ columns: String, of row: String) -> String {
        columns.split(separator: ", ").map { "\(row).\($0)" }.joined(separator: ", ")
    }

    /// ($1: the day; $2: the source.)
    static let writeDaily = """
        INSERT INTO cost_daily AS old (day, workload_id, attribution_id, source, \(summed), \(extras))
        SELECT $1::timestamptz, workload_id, attribution_id, $2::smallint, \(summed), \(extras) FROM rolled
        ON CONFLICT (day, workload_id, source, attribution_id)
        DO UPDATE SET (\(summed), \(extras)) = (\(values("\(summed), \(extras)", of: "excluded")))
        WHERE (\(values("\(summed), \(extras)", of: "old")))
            IS DISTINCT FROM (\(values("\(summed), \(extras)", of: "excluded")))
        """

    // What is new has no statistics, so these are written for a hash whatever the planner believes.
    static let removeDaily = """
        DELETE FROM cost_daily d USING cost_attribution a
        WHERE d.day = $1::timestamptz AND d.source = $3::smallint AND a.id = d.attribution_id AND a.cluster = $2
            AND (d.workload_id, d.attribution_id) NOT IN (SELECT r.workload_id, r.attribution_id FROM rolled r)
        """

    /// Whether some hours of a workload were paid by one, and some by another; and whether the day does not say so yet. ($1: the
    /// day; $2: the source.)
    static let shared = """
        SELECT count(*) > 0, count(*) > count(d.workload_id) FILTER (WHERE NOT d.is_sole)
        FROM rolled r LEFT JOIN cost_daily d ON d.day = $1::timestamptz AND d.source = $2::smallint
            AND d.workload_id = r.workload_id AND d.attribution_id = r.attribution_id
        WHERE NOT r.is_sole
        """

    /// From which hour on hours changed, of those that were added up too.
    static let fromHour =
        """
        SELECT \(microseconds("greatest(from_hour, day)")) FROM cost_day_touched
        WHERE day = $1::timestamptz AND cluster = $2 AND source = $3::smallint
        """

    /// ($1: the day; $2: the source.)
    static let writeEntityDaily = """
        INSERT INTO cost_entity_daily AS old (day, attribution_id, source, workloads, \(summed))
        SELECT $1::timestamptz, attribution_id, $2::smallint, count(*),
            \(CostColumns.summed.map { boundedSumOrNull($0) }.joined(separator: ", "))
        FROM rolled GROUP BY attribution_id
        ON CONFLICT (day, attribution_id, source)
        DO UPDATE SET (workloads, \(summed)) = (\(values("workloads, \(summed)", of: "excluded")))
        WHERE (\(values("workloads, \(summed)", of: "old")))
            IS DISTINCT FROM (\(values("workloads, \(summed)", of: "excluded")))
        """

    static let removeEntityDaily = """
        DELETE FROM cost_entity_daily e USING cost_attribution a
        WHERE e.day = $1::timestamptz AND e.source = $3::smallint AND a.id = e.attribution_id AND a.cluster = $2
            AND e.attribution_id NOT IN (SELECT r.attribution_id FROM rolled r)
        """

    /// ($4: when the day was touched, as far as the roll-up knows.)
    static let settle =
        """
        DELETE FROM cost_day_touched WHERE day = $1::timestamptz AND cluster = $2 AND source = $3::smallint
            AND touched_at = $4::timestamptz
        """
}
