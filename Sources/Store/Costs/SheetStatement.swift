/// What sheets are made with. $1 and $2 are cluster and source unless said otherwise.
enum SheetStatement {
    static let tablesOfHours = [SheetKind.hours.table, "cost_cluster_hourly"]

    /// ($1: how many.)
    static func lacking(_ kind: SheetKind) -> String { kind == .days ? lackingDays : lackingHours }

    /// Months of which the days by workload are there.
    private static let lackingDays =
        """
        SELECT cluster, source, \(microseconds("month")) FROM (
            SELECT DISTINCT c.cluster, c.source, date_trunc('month', c.day, 'UTC') AS month FROM cost_cluster_daily c
            WHERE NOT EXISTS (SELECT FROM cost_workload_sheet s
                WHERE s.cluster = c.cluster AND s.source = c.source AND s.day = c.day AND s.payer_id IS NOT NULL)) m
        WHERE to_regclass('cost_daily_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM')) IS NOT NULL
        ORDER BY month DESC, cluster, source LIMIT $1::bigint
        """

    /// Days of which the hours are there.
    private static let lackingHours =
        """
        SELECT cluster, source, \(microseconds("day")) FROM cost_cluster_daily
        WHERE NOT hours_summed AND to_regclass('cost_hourly_' || to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NOT NULL
        ORDER BY day DESC, cluster, source LIMIT $1::bigint
        """

    /// ($3: the month.)
    static let days =
        """
        SELECT \(microseconds("c.day")), s.payer_id IS NOT NULL
        FROM cost_cluster_daily c LEFT JOIN cost_workload_sheet s USING (cluster, source, day)
        WHERE c.cluster = $1 AND c.source = $2::smallint AND c.day >= $3::timestamptz
            AND c.day < ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
        ORDER BY c.day
        """

    /// ($3: the day; $4: its end.)
    static let lastHour =
        """
        SELECT \(microseconds("max(hour)")) FROM cost_hour_sheet
        WHERE cluster = $1 AND source = $2::smallint AND hour >= $3::timestamptz AND hour < $4::timestamptz
        """

    private static let columns = (["workload_id", "attribution_id"] + WorkloadSheet.allColumns).joined(separator: ", ")

    /// ($3: the day or the hour.)
    static func read(_ kind: SheetKind) -> String {
        """
        SELECT \(columns) FROM \(kind.table)
        WHERE cluster = $1 AND source = $2::smallint AND \(kind.column) = $3::timestamptz
        """
    }

    /// The rows of a day in the form of a sheet. ($3: the day.)
    static let ofDay = sheet(
        of: """
            SELECT d.* FROM cost_daily d JOIN cost_attribution a ON a.id = d.attribution_id
            WHERE d.day = $3::timestamptz AND d.source = $2::smallint AND a.cluster = $1
            """)

    /// The same of an hour, each with the one that paid for it. ($3: the hour.)
    static let ofHour = sheet(
        of: """
            SELECT h.*, d.attribution_id
            FROM cost_hourly h JOIN workload w ON w.id = h.workload_id AND w.cluster = $1
            JOIN cost_daily d ON d.workload_id = h.workload_id AND d.source = h.source
                AND d.day = date_trunc('day', $3::timestamptz, 'UTC')
            JOIN cost_attribution a ON a.id = d.attribution_id
            WHERE h.hour = $3::timestamptz AND h.source = $2::smallint AND a.cluster = $1
                AND (d.is_sole OR a.entity_ref IS NOT DISTINCT FROM \(CostStatement.owner(of: "h")))
            """)

    private static func sheet(of rows: String) -> String {
        let columns = WorkloadSheet.allColumns.map { column in
            switch column {
            case "days": "string_agg(int8send(1), '')"
            case "used_days": "string_agg(int8send((cpu_used_millicore_seconds IS NOT NULL)::int::bigint), '')"
            default: "string_agg(int8send(coalesce(\(column), 0)), '')"
            }
        }
        return """
            SELECT coalesce(string_agg(int4send(workload_id), ''), ''), coalesce(string_agg(int4send(attribution_id), ''), ''),
                \(columns.joined(separator: ", "))
            FROM (\(rows) ORDER BY workload_id, attribution_id) d
            """
    }

    /// ($3: the day or the hour; then the columns.)
    static func write(_ kind: SheetKind) -> String {
        let places = (4..<(6 + WorkloadSheet.allColumns.count)).map { "$\($0)::bytea" }.joined(separator: ", ")
        let excluded = columns.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO \(kind.table) (cluster, source, \(kind.column), \(columns))
            VALUES ($1, $2::smallint, $3::timestamptz, \(places))
            ON CONFLICT (cluster, source, \(kind.column)) DO UPDATE SET (\(columns)) = (\(excluded))
            """
    }

    /// ($3: the day; $4 and $5: the columns.)
    static let notePayers = """
        UPDATE cost_workload_sheet SET (payer_id, payer_workloads) = ($4::bytea, $5::bytea)
        WHERE cluster = $1 AND source = $2::smallint AND day = $3::timestamptz
        """

    /// ($3: the hour; then the costs.)
    static let recordHour: String = {
        let costs = CostColumns.cost.joined(separator: ", ")
        let places = CostColumns.cost.indices.map { "$\($0 + 4)::bigint" }.joined(separator: ", ")
        return """
            INSERT INTO cost_cluster_hourly (cluster, source, hour, \(costs))
            VALUES ($1, $2::smallint, $3::timestamptz, \(places))
            ON CONFLICT (cluster, source, hour) DO UPDATE SET (\(costs)) = (\(CostColumns.list("excluded", CostColumns.cost)))
            """
    }()

    /// The sheets of a day's hours begin to lack, and are complete. ($3: the day.)
    static let begin = mark("false")
    static let complete = mark("true")

    private static func mark(_ isComplete: String) -> String {
        """
        UPDATE cost_cluster_daily SET hours_summed = \(isComplete)
        WHERE cluster = $1 AND source = $2::smallint AND day = $3::timestamptz AND hours_summed <> \(isComplete)
        """
    }

    static func drop(_ kind: SheetKind) -> String { drop(kind.table, kind.column) }

    /// ($3 and $4: from when to when.)
    static func drop(_ table: String, _ column: String) -> String {
        """
        DELETE FROM \(table) WHERE cluster = $1 AND source = $2::smallint
            AND \(column) >= $3::timestamptz AND \(column) < $4::timestamptz
        """
    }
}
