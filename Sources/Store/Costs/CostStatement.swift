internal import Base
internal import Costs

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

    /// The CTE `charge`: the sums of several queries as one. An attribution has as many workloads as in the part of the window
    /// where it had the most.
    static func charge(_ sums: [String]) -> String {
        guard sums.count > 1 else { return "charge AS (\(sums.joined()))" }
        return """
            charge AS (
                SELECT row.attribution_id, row.source, row.part, row.workload_id, row.is_before,
                    \(CostColumns.sums("row")), max(row.workloads) AS workloads
                FROM (\(sums.joined(separator: " UNION ALL "))) row GROUP BY 1, 2, 3, 4, 5)
            """
    }

    /// Queries for sums by attribution and `part`; none when the window has no part.
    ///
    /// - Parameters:
    ///   - part: what an attribution's sums are split by.
    ///   - isBefore: what the column `is_before` is to say.
    ///   - byWorkload: also by workload.
    mutating func sums(
        _ window: CostWindow, part: Part, isBefore: Bool, byWorkload: Bool, now: Timestamp
    ) -> [String] {
        // Only hours can say what an hour cost.
        let parts =
            part == .hour
            ? CostWindow.Parts(hours: [window.from..<Swift.max(window.from, window.to)]) : window.parts(now: now)
        let tables = parts.days.map { days in
            if byWorkload { return [("cost_daily", "day", days)] }
            return part == .day ? [("cost_entity_daily", "day", days)] : Self.monthsAndDays(days)
        }
        return (tables ?? []).map { whole($0, $1, $2, part, isBefore, byWorkload) }
            + parts.hours.map { hours($0, part, isBefore, byWorkload) }
    }

    /// Whole months have a table of their own.
    private static func monthsAndDays(_ days: Range<Timestamp>) -> [(String, String, Range<Timestamp>)] {
        let begun = CalendarMonth(containing: days.lowerBound)
        let first = begun.start == days.lowerBound ? begun.start : begun.end
        let last = CalendarMonth(containing: days.upperBound).start
        guard first < last else { return [("cost_entity_daily", "day", days)] }
        let rest = [days.lowerBound..<first, last..<days.upperBound].filter { !$0.isEmpty }
        return [("cost_entity_monthly", "month", first..<last)] + rest.map { ("cost_entity_daily", "day", $0) }
    }

    private mutating func whole(
        _ table: String, _ column: String, _ range: Range<Timestamp>, _ part: Part, _ isBefore: Bool, _ byWorkload: Bool
    ) -> String {
        let picked = "JOIN picked ON picked.id = row.attribution_id AND picked.source = row.source"
        return """
            SELECT row.attribution_id, row.source, \(part.rawValue) AS part,
                \(byWorkload ? "row.workload_id" : "NULL::int") AS workload_id, \(isBefore) AS is_before,
                \(CostColumns.sums("row")), max(\(byWorkload ? "1" : "row.workloads"))::bigint AS workloads
            FROM \(table) row
            \(selection.isEverything ? "" : picked)
            WHERE row.\(column) >= \(parameter(.time(range.lowerBound), "timestamptz"))
                AND row.\(column) < \(parameter(.time(range.upperBound), "timestamptz"))
            GROUP BY 1, 2, 3, 4
            """
    }

    /// An hour's attribution is the one that its day has for the workload; when the day has several, that of the entity that
    /// owned it last in the hour.
    private mutating func hours(_ range: Range<Timestamp>, _ part: Part, _ isBefore: Bool, _ byWorkload: Bool) -> String
    {
        let at = part == .day ? "date_trunc('day', row.hour, 'UTC')" : part.rawValue
        return """
            SELECT picked.id AS attribution_id, row.source, \(at) AS part, \(byWorkload ? "row.workload_id" : "NULL::int") AS workload_id,
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
