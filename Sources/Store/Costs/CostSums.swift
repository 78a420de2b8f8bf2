/// Adds up the rows of a `CostStatement` by group.
enum CostSums {
    /// The sum of a column of `raw`; 0 of NULLs, but NULL where nothing is known of the use.
    static func sum(_ column: String, _ part: CostStatement.Part, _ filter: String = "") -> String {
        // Only differences have rows to be taken away.
        let sum = boundedSum(part == .none ? "raw.\(column) * raw.sign" : "raw.\(column)", filter)
        guard CostColumns.isOfUse(column) else { return sum }
        return "CASE WHEN sum(raw.used_days * raw.sign)\(filter) > 0 THEN \(sum) END"
    }

    /// The statement for a page of groups. Each row has the sums over all groups, then those of a group, if there is one.
    static func grouped(
        _ statement: inout CostStatement, _ dimension: CostDimension, limit: Int, offset: Int
    ) -> String {
        let names = CostColumns.summed + ["workloads"] + CostColumns.cost.map { "before_\($0)" }
        let key = dimension == .workload ? "key" : "key COLLATE \"C\""
        return """
            WITH \(statement.rows()), \(groups(dimension, statement.part)), page AS (
                SELECT row_number() OVER (ORDER BY \(CostColumns.total("grouped")) DESC, \(key)) AS place,
                    \((["key"] + names).map { "grouped.\($0)" }.joined(separator: ", "))
                FROM grouped ORDER BY place LIMIT \(statement.number(limit)) OFFSET \(statement.number(offset))
            ), overall AS (
                SELECT count(*), \(names.map { overall($0, dimension) }.joined(separator: ", ")) FROM grouped
            )
            SELECT overall.*, page.*, w.cluster, w.kind, w.namespace, w.name FROM overall LEFT JOIN page ON true
                LEFT JOIN workload w ON \(dimension == .workload ? "w.id = page.key::int" : "false")
            ORDER BY page.place
            """
    }

    /// A column over all groups. Days have the same workloads again and again: those of the day with the most count.
    private static func overall(_ column: String, _ dimension: CostDimension) -> String {
        column == "workloads" && dimension == .day ? "coalesce(max(workloads), 0)" : CostColumns.sum("", column)
    }

    /// Byte-seconds of many days may be more than a bigint holds.
    private static func type(of column: String) -> String { column.contains("byte") ? "numeric" : "bigint" }

    private static let dayKey = "to_char(raw.part AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    /// The CTE `grouped`, and what it needs. Groups without a record in either window are left out.
    private static func groups(_ dimension: CostDimension, _ part: CostStatement.Part) -> String {
        let now = " FILTER (WHERE NOT raw.is_before)"
        let key = dimension == .workload ? "raw.workload_id" : dimension == .day ? dayKey : "raw.key"
        let sums = CostColumns.summed.map { "\(sum($0, part, now)) AS \($0)" }
        let before = CostColumns.cost.map { "\(sum($0, part, " FILTER (WHERE raw.is_before)")) AS before_\($0)" }
        let all = (sums + before).joined(separator: ", ")
        let having = "GROUP BY 1 HAVING sum(raw.days * raw.sign) > 0"
        switch part {
        case .none: break
        // By day an attribution has one row, by workload it has one workload.
        case .day, .hour:
            let workloads = "\(boundedSum("raw.workloads", now)) AS workloads"
            return "grouped AS (SELECT \(key) AS key, \(all), \(workloads) FROM raw \(having))"
        case .workload:
            let workloads = "count(DISTINCT raw.attribution_id)\(now) AS workloads"
            return "grouped AS (SELECT \(key) AS key, \(all), \(workloads) FROM raw \(having))"
        }
        // An attribution has as many workloads as in the part of the window where it had the most: rows of their own say so.
        let columns = CostColumns.summed
        return """
            apart AS NOT MATERIALIZED (
                SELECT \(key) AS key, raw.is_before, raw.sign, \(CostColumns.list("raw")), raw.days, raw.used_days,
                    NULL::bigint AS workloads
                FROM raw UNION ALL
                SELECT \(key), false, 0, \(columns.map { "NULL::\(type(of: $0))" }.joined(separator: ", ")), 0, 0,
                    max(raw.workloads)
                FROM raw WHERE NOT raw.is_before GROUP BY 1, raw.attribution_id
            ), grouped AS (
                SELECT raw.key, \(all), \(boundedSum("raw.workloads")) AS workloads FROM apart raw \(having)
            )
            """
    }
}
