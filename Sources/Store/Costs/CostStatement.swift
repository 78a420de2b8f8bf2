internal import Base

/// Builds a statement that adds up costs. First it picks the rows of `cost_attribution` (few thousands) with the source that
/// counts for each; then it adds up what days and hours refer to them; last it groups by what those rows say.
struct CostStatement {
    /// What a row of days or hours is split by before it is grouped by attributions.
    enum Part: String {
        case none = "NULL::timestamptz"
        case day = "row.day"
        case hour = "row.hour"
    }

    private(set) var values: [SQLValue] = []
    let selection: CostSelection

    init(_ selection: CostSelection) { self.selection = selection }

    mutating func parameter(_ value: SQLValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }

    mutating func number(_ value: Int) -> String { parameter(.int(Int64(value)), "bigint") }

    /// The CTE `picked`: the attributions that may pay, `key`, and the source that counts.
    mutating func picked(key: String) -> String {
        var conditions: [String] = []
        if let refs = selection.entityRefs {
            conditions.append("a.entity_ref = ANY (\(parameter(.texts(refs), "text[]")))")
        }
        let texts = [
            ("owner_ref", selection.owner), ("system_ref", selection.system), ("domain_ref", selection.domain),
            ("entity_kind", selection.entityKind), ("entity_type", selection.entityType),
            ("lifecycle", selection.lifecycle), ("namespace", selection.namespace), ("cluster", selection.cluster),
            ("category", selection.category?.rawValue),
        ]
        for (column, value) in texts {
            if let value { conditions.append("a.\(column) = \(parameter(.text(value), "text"))") }
        }
        let source = selection.source.map { parameter(.int($0.rawValue), "smallint") } ?? Self.primary
        return """
            picked AS MATERIALIZED (
                SELECT a.id, a.entity_ref, \(source) AS source, \(key) AS key
                FROM cost_attribution a LEFT JOIN cost_primary p ON p.cluster = a.cluster
                \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")))
            """
    }

    /// The source that counts for a cluster, beside its row `p` of `cost_primary`.
    static let primary = "coalesce(p.source, \(CostSource.estimate.rawValue))::smallint"

    /// A query for sums by attribution and `part`; NULL when nothing of the window is recorded in days or hours.
    ///
    /// - Parameters:
    ///   - isBefore: what the column `is_before` is to say.
    ///   - byWorkload: also by workload.
    mutating func sums(
        _ window: CostWindow, part: Part, isBefore: Bool, byWorkload: Bool, now: Timestamp
    ) -> [String] {
        // Only hours can say what an hour cost.
        let parts =
            part == .hour
            ? CostWindow.Parts(hours: [window.from..<Swift.max(window.from, window.to)]) : window.parts(now: now)
        let days = parts.days.map { self.days($0, part, isBefore, byWorkload) }
        return (days.map { [$0] } ?? []) + parts.hours.map { self.hours($0, part, isBefore, byWorkload) }
    }

    private mutating func days(_ range: Range<Timestamp>, _ part: Part, _ isBefore: Bool, _ byWorkload: Bool) -> String {
        let picked = "JOIN picked ON picked.id = row.attribution_id AND picked.source = row.source"
        return """
            SELECT row.attribution_id, row.source, \(part.rawValue) AS part,
                \(byWorkload ? "row.workload_id" : "NULL::int") AS workload_id, \(isBefore) AS is_before,
                \(CostColumns.sums("row")), max(\(byWorkload ? "1" : "row.workloads"))::bigint AS workloads
            FROM \(byWorkload ? "cost_daily" : "cost_entity_daily") row
            \(selection.isEverything ? "" : picked)
            WHERE row.day >= \(parameter(.time(range.lowerBound), "timestamptz"))
                AND row.day < \(parameter(.time(range.upperBound), "timestamptz"))
            GROUP BY 1, 2, 3, 4
            """
    }

    /// An hour's attribution is the one that its day has for the workload; when the day has several, that of the entity that
    /// owned it last in the hour.
    private mutating func hours(_ range: Range<Timestamp>, _ part: Part, _ isBefore: Bool, _ byWorkload: Bool) -> String
    {
        let at = part == .day ? "date_trunc('day', row.hour, 'UTC')" : part.rawValue
        return """
            SELECT picked.id, row.source, \(at) AS part, \(byWorkload ? "row.workload_id" : "NULL::int") AS workload_id,
                \(isBefore) AS is_before, \(CostColumns.sums("row")), count(DISTINCT row.workload_id) AS workloads
            FROM cost_hourly row
            JOIN cost_daily d ON d.workload_id = row.workload_id AND d.source = row.source
                AND d.day = date_trunc('day', row.hour, 'UTC')
            JOIN picked ON picked.id = d.attribution_id AND picked.source = d.source
            WHERE row.hour >= \(parameter(.time(range.lowerBound), "timestamptz"))
                AND row.hour < \(parameter(.time(range.upperBound), "timestamptz"))
                AND d.day >= \(parameter(.time(range.lowerBound.startOfDay), "timestamptz"))
                AND d.day < \(parameter(.time(range.upperBound), "timestamptz"))
                AND (d.is_sole OR picked.entity_ref IS NOT DISTINCT FROM \(Self.owner(of: "row")))
            GROUP BY 1, 2, 3, 4
            """
    }

    /// Who owned a workload last in an hour; NULL: nobody did in any moment of it.
    static func owner(of hour: String) -> String {
        """
        (SELECT e.entity_ref FROM entity_workload e
            WHERE e.workload_id = \(hour).workload_id AND e.is_owner
                AND e.valid && tstzrange(\(hour).hour, \(hour).hour + interval '1 hour')
            ORDER BY lower(e.valid) DESC LIMIT 1)
        """
    }
}

/// The columns that the tables of costs share.
enum CostColumns {
    static let cost = [
        "cpu_cost", "memory_cost", "gpu_cost", "storage_cost", "network_cost", "load_balancer_cost", "shared_cost",
    ]
    private static let used = ["cpu_used_millicore_seconds", "memory_used_byte_seconds"]
    /// The costs, then what was requested, then what was used.
    static let summed = cost + ["cpu_millicore_seconds", "memory_byte_seconds", "gpu_seconds"] + used

    /// The bounded sum of a column; 0 of NULLs, but NULL where nothing is known of the use.
    static func sum(_ prefix: String, _ column: String, _ filter: String = "") -> String {
        used.contains(column) ? boundedSumOrNull(prefix + column, filter) : boundedSum(prefix + column, filter)
    }

    static func sums(_ row: String) -> String {
        summed.map { "sum(\(row).\($0)) AS \($0)" }.joined(separator: ", ")
    }

    /// The sum of all resources of a row, which may have NULLs.
    static func total(_ row: String) -> String {
        cost.map { "coalesce(\(row).\($0), 0)::numeric" }.joined(separator: " + ")
    }
}
