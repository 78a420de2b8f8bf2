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
        return """
            WITH \(statement.rows()), \(groups(dimension, statement.part)), page AS (
                SELECT row_number() OVER (ORDER BY \(CostColumns.total("grouped")) DESC, key) AS place,
                    \((["key"] + names).map { "grouped.\($0)" }.joined(separator: ", "))
                FROM grouped ORDER BY place LIMIT \(statement.number(limit)) OFFSET \(statement.number(offset))
            ), overall AS (
                SELECT count(*), \(names.map { CostColumns.sum("", $0) }.joined(separator: ", ")) FROM grouped
            )
            SELECT overall.*, page.*, w.cluster, w.kind, w.namespace, w.name FROM overall LEFT JOIN page ON true
                LEFT JOIN workload w ON \(dimension == .workload ? "w.id = page.key::int" : "false")
            ORDER BY page.place
            """
    }

    private static let dayKey = "to_char(raw.part AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    /// The CTE `grouped`, and what it needs. Groups without a record in either window are left out.
    private static func groups(_ dimension: CostDimension, _ part: CostStatement.Part) -> String {
        let now = " FILTER (WHERE NOT raw.is_before)"
        let key = dimension == .workload ? "raw.workload_id::text" : dimension == .day ? dayKey : "raw.key"
        let sums = CostColumns.summed.map { "\(sum($0, part, now)) AS \($0)" }
        let before = CostColumns.cost.map { "\(sum($0, part, " FILTER (WHERE raw.is_before)")) AS before_\($0)" }
        let all = (sums + before).joined(separator: ", ")
        let having = "GROUP BY 1 HAVING sum(raw.days * raw.sign) > 0"
        // By day an attribution has one row.
        if part == .day {
            let workloads = "\(boundedSum("raw.workloads", now)) AS workloads"
            return "grouped AS (SELECT \(key) AS key, \(all), \(workloads) FROM raw \(having))"
        }
        return """
            crew AS (
                SELECT key, \(boundedSum("m.workloads")) AS workloads
                FROM (SELECT \(key) AS key, max(raw.workloads) AS workloads FROM raw WHERE NOT raw.is_before
                    GROUP BY 1, raw.attribution_id) m GROUP BY key
            ), summed AS (SELECT \(key) AS key, \(all) FROM raw \(having)
            ), grouped AS (
                SELECT summed.*, coalesce(crew.workloads, 0) AS workloads
                FROM summed LEFT JOIN crew ON coalesce(crew.key, '') = coalesce(summed.key, '')
                    AND (crew.key IS NULL) = (summed.key IS NULL)
            )
            """
    }
}
