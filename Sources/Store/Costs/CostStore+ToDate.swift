internal import Base
internal import Costs

extension CostStore {
    /// Writes what the cluster cost on a day that was rolled up, and the sums from the first of the month on for that day and
    /// for the recorded ones after it in the month, as far as they change.
    func sumToDate(_ session: PostgresSession, _ touched: TouchedDay, isChanged: Bool) throws {
        let month = CalendarMonth(containing: touched.day).window
        let unit: [SQLValue] = [.text(touched.cluster), .int(touched.source.rawValue)]
        let recorded = try session.run(
            ToDateStatement.recorded, unit + [.time(month.lowerBound), .time(month.upperBound)]
        ).map { $0.time(0) ?? touched.day }
        let isNew = !recorded.contains(touched.day)
        try session.run(ToDateStatement.record, unit + [.time(touched.day)])
        guard isChanged || isNew else { return }
        var before = recorded.last { $0 < touched.day }
        for day in [touched.day] + recorded.filter({ $0 > touched.day }) {
            let days: [SQLValue] = [.time(day), .time(before)]
            let changed = try ToDateStatement.sum.reduce(0) { try $0 + session.run($1, unit + days).affected }
            // A later day differs only by what this one does.
            if changed == 0 { return }
            before = day
        }
    }
}

/// $1 and $2 are cluster and source.
private enum ToDateStatement {
    static let recorded =
        """
        SELECT \(microseconds("day")) FROM cost_cluster_daily
        WHERE cluster = $1 AND source = $2::smallint AND day >= $3::timestamptz AND day < $4::timestamptz ORDER BY day
        """

    /// ($3: the day.)
    static let record: String = {
        let names = ["attributions", "workloads"] + CostColumns.summed
        let columns = names.joined(separator: ", ")
        let sums = CostColumns.summed.map { column in
            let isPresent = ["cpu_cost", "memory_cost"].contains(column)
            return column.contains("byte")
                ? "sum(e.\(column))" : isPresent ? boundedSum("e.\(column)") : boundedSumOrNull("e.\(column)")
        }
        return """
            INSERT INTO cost_cluster_daily AS old (cluster, source, day, \(columns))
            SELECT $1, $2::smallint, $3::timestamptz, count(*), coalesce(sum(e.workloads), 0), \(sums.joined(separator: ", "))
            FROM cost_entity_daily e JOIN cost_attribution a ON a.id = e.attribution_id
            WHERE e.day = $3::timestamptz AND e.source = $2::smallint AND a.cluster = $1
            ON CONFLICT (cluster, source, day) DO UPDATE SET (\(columns)) = (\(CostColumns.list("excluded", names)))
            WHERE (\(CostColumns.list("old", names))) IS DISTINCT FROM (\(CostColumns.list("excluded", names)))
            """
    }()

    /// What the day adds to the sums of the recorded day before it. ($3: the day; $4: that one, NULL for the month's first.)
    static let sum = [
        """
        WITH present AS (
            SELECT e.* FROM cost_entity_daily e JOIN cost_attribution a ON a.id = e.attribution_id
            WHERE e.day = $3::timestamptz AND e.source = $2::smallint AND a.cluster = $1
        ), before AS (
            SELECT t.* FROM cost_entity_to_date t JOIN cost_attribution a ON a.id = t.attribution_id
            WHERE t.day = $4::timestamptz AND t.source = $2::smallint AND a.cluster = $1
        ), summed AS (
            SELECT $3::timestamptz AS day, coalesce(e.attribution_id, b.attribution_id) AS attribution_id,
                $2::smallint AS source, \(added),
                coalesce(b.days, 0) + (e.attribution_id IS NOT NULL)::int AS days,
                coalesce(b.used_days, 0) + (e.cpu_used_millicore_seconds IS NOT NULL)::int AS used_days,
                CASE WHEN e.workloads IS NULL THEN b.peaks ELSE
                    ARRAY(SELECT p FROM unnest(b.peaks) p WHERE p & 4294967295 > e.workloads)
                        || (extract(day FROM $3::timestamptz AT TIME ZONE 'UTC')::bigint << 32 | e.workloads) END AS peaks
            FROM present e FULL JOIN before b ON b.attribution_id = e.attribution_id
        )
        INSERT INTO cost_entity_to_date AS old (day, attribution_id, source, \(columns))
        SELECT day, attribution_id, source, \(columns) FROM summed
        ON CONFLICT (day, attribution_id, source) DO UPDATE SET (\(columns)) = (\(list("excluded")))
        WHERE (\(list("old"))) IS DISTINCT FROM (\(list("excluded")))
        """,
        """
        DELETE FROM cost_entity_to_date t USING cost_attribution a
        WHERE t.day = $3::timestamptz AND t.source = $2::smallint AND a.id = t.attribution_id AND a.cluster = $1
            AND t.attribution_id NOT IN (SELECT e.attribution_id FROM cost_entity_daily e
                WHERE e.day = $3::timestamptz AND e.source = $2::smallint)
            AND t.attribution_id NOT IN (SELECT b.attribution_id FROM cost_entity_to_date b
                WHERE b.day = $4::timestamptz AND b.source = $2::smallint)
        """,
    ]

    private static let names = CostColumns.summed + ["days", "used_days", "peaks"]
    private static let columns = names.joined(separator: ", ")
    private static func list(_ row: String) -> String { CostColumns.list(row, names) }

    /// Money and time are bounded as everywhere; byte-seconds of a month may be more than a bigint holds, and are not.
    private static let added = CostColumns.summed.map { column in
        let sum = "coalesce(e.\(column), 0)::numeric + coalesce(b.\(column), 0)"
        let bounded = column.contains("byte") ? sum : "least(\(sum), 9000000000000000000)::bigint"
        return "CASE WHEN num_nonnulls(e.\(column), b.\(column)) > 0 THEN \(bounded) END AS \(column)"
    }.joined(separator: ", ")
}
