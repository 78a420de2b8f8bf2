internal import Base
internal import Costs

/// Builds a statement that adds up costs. First it picks the rows of `cost_attribution` (few thousands) with the source that
/// counts for each; then it lists what sums, days and hours say of them, once for each window; whoever asks adds those up.
struct CostStatement {
    /// What rows are split by before they are grouped by what attributions say.
    enum Part {
        case none, day, hour, workload
    }

    private(set) var values: [SQLValue] = []
    let selection: CostSelection
    let part: Part
    /// What is summed, of `CostColumns.summed`.
    let columns: [String]
    /// What of `cost_attribution a` to group by, as an expression.
    private let key: String
    private let now: Timestamp
    private var queries: [String] = []
    var bounds = ToDateBounds()

    init(
        _ selection: CostSelection, key: String = "NULL::text", part: Part = .none,
        columns: [String] = CostColumns.summed, now: Timestamp = .now()
    ) {
        self.selection = selection
        self.key = key
        self.part = part
        self.columns = columns
        self.now = now
    }

    /// Whether no window has a part that could have cost something.
    var isEmpty: Bool { queries.isEmpty }

    mutating func parameter(_ value: SQLValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }

    mutating func number(_ value: Int) -> String { parameter(.int(Int64(value)), "bigint") }

    /// Adds the rows of a window.
    ///
    /// - Parameters:
    ///   - isBefore: what their column `is_before` is to say.
    ///   - session: is asked for the sums of hours that are known, so that these need not be read one by one.
    mutating func add(_ window: CostWindow, isBefore: Bool = false, _ session: PostgresSession) throws {
        // Only hours can say what an hour cost.
        let parts =
            part == .hour
            ? CostWindow.Parts(hours: [window.from..<Swift.max(window.from, window.to)]) : window.parts(now: now)
        if let days = parts.days {
            switch part {
            case .none: queries.append(toDate(days, isBefore))
            case .workload: queries.append(workloadDays(days, isBefore))
            case .day, .hour: queries.append(self.days(days, isBefore))
            }
        }
        for range in parts.hours { queries.append(try known(range, isBefore, session) ?? hours(range, isBefore)) }
    }

    /// Hours as sheets have them; nil when those lack, or would take longer.
    private mutating func known(_ range: Range<Timestamp>, _ isBefore: Bool, _ session: PostgresSession) throws
        -> String?
    {
        if part == .hour, columns == CostColumns.cost, selection.isOfClusters,
            try CostStore.areHoursThere(session, selection, range)
        {
            return clusters("cost_cluster_hourly", .hours, range, isBefore)
        }
        guard part == .day, selection.isBroad,
            var sheet = try CostStore.hourSheet(session, selection, range, columns + ["days", "used_days"])
        else { return nil }
        sheet.keepRecorded()
        var sums = AttributedSums(sheet.names)
        sums.add(sheet)
        let rows = sums.query { parameter($0, $1) }
        return """
            SELECT row.attribution_id, picked.key, \(parameter(.time(range.lowerBound.startOfDay), "timestamptz")) AS part,
                NULL::int AS workload_id, \(isBefore) AS is_before, 1 AS sign, \(CostColumns.list("row", columns)),
                row.days, row.used_days, row.workloads
            FROM \(rows) JOIN picked ON picked.id = row.attribution_id
            """
    }

    /// Of what is compared with, the costs alone are asked.
    private func isAsked(_ column: String, _ isBefore: Bool) -> Bool { !isBefore || CostColumns.cost.contains(column) }

    /// The columns of `row` for `raw`, as far as they are asked.
    func listed(_ isBefore: Bool) -> String {
        columns.map { isAsked($0, isBefore) ? "row.\($0)" : "NULL::bigint AS \($0)" }.joined(separator: ", ")
    }

    /// Adds the rows of hours alone.
    mutating func addHours(_ range: Range<Timestamp>) { queries.append(hours(range, false)) }

    /// The CTEs, `raw` the last. A row of it has `attribution_id`, `key`, `part`, `workload_id`, `is_before`, the columns, each
    /// to be taken `sign` times, and `days` and `used_days`: in how many days something, and the use of CPU, is recorded; 0
    /// in all rows of a group, so taken: it had nothing in the window. `workloads` is NULL where `sign` is negative; of what is
    /// compared with only the costs may be there.
    mutating func rows() -> String {
        // Few rows, and expressions that are dear to evaluate for each sum.
        let isKept = part == .none
        return """
            \(picked()), raw AS \(isKept ? "MATERIALIZED" : "NOT MATERIALIZED") (\(queries.joined(separator: " UNION ALL ")))
            """
    }

    /// The CTE `picked`: the attributions that may pay, `key`, and the source that counts; with the columns of the bounds.
    mutating func picked() -> String {
        guard !bounds.isEmpty else { return "picked AS MATERIALIZED (\(attributions()))" }
        let bounds = bounds
        let columns = bounds.columns.map { ", \($0)" }.joined()
        return """
            chosen AS MATERIALIZED (\(attributions())),
            bound AS MATERIALIZED (
                SELECT c.cluster, c.source\(columns) FROM (SELECT DISTINCT cluster, source FROM chosen) c
                \(bounds.joins(&self))),
            picked AS MATERIALIZED (SELECT chosen.*\(columns) FROM chosen LEFT JOIN bound USING (cluster, source))
            """
    }

    /// Asks for the attributions that may pay, each with `key`.
    mutating func keys() -> String { "SELECT id, key FROM (\(attributions())) a" }

    private mutating func attributions() -> String {
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
            SELECT a.id, a.cluster, a.entity_ref, \(source) AS source, \(key) AS key
            FROM cost_attribution a LEFT JOIN cost_primary p ON p.cluster = a.cluster
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            """
    }

    /// The source that counts for a cluster, beside its row `p` of `cost_primary`.
    static let primary = "coalesce(p.source, \(CostSource.estimate.rawValue))::smallint"

    static let joinPicked = "JOIN picked ON picked.id = row.attribution_id AND picked.source = row.source"

    /// Conditions for the rows of a range.
    mutating func within(_ range: Range<Timestamp>, _ column: String) -> String {
        """
        row.\(column) >= \(parameter(.time(range.lowerBound), "timestamptz"))
            AND row.\(column) < \(parameter(.time(range.upperBound), "timestamptz"))
        """
    }

    /// The rows `row` of a table of days. What leaves out something is found attribution by attribution.
    mutating func from(_ table: String, _ range: Range<Timestamp>) -> String {
        guard !selection.isEverything else {
            return "FROM \(table) row \(Self.joinPicked) WHERE \(within(range, "day"))"
        }
        return """
            FROM picked CROSS JOIN LATERAL (SELECT row.* FROM \(table) row
                WHERE row.attribution_id = picked.id AND row.source = picked.source AND \(within(range, "day")) OFFSET 0) row
            """
    }

    /// Each day of each attribution; where the money of whole clusters will do, of each cluster.
    private mutating func days(_ range: Range<Timestamp>, _ isBefore: Bool) -> String {
        if selection.isOfClusters { return clusters("cost_cluster_daily", .days, range, isBefore) }
        return """
            SELECT row.attribution_id, picked.key, row.day AS part, NULL::int AS workload_id, \(isBefore) AS is_before,
                1 AS sign, \(CostColumns.list("row", columns)), 1::bigint AS days,
                (row.cpu_used_millicore_seconds IS NOT NULL)::int::bigint AS used_days, row.workloads::bigint AS workloads
            \(from("cost_entity_daily", range))
            """
    }

    /// What whole clusters cost, a day or an hour in a row.
    private mutating func clusters(
        _ table: String, _ kind: SheetKind, _ range: Range<Timestamp>, _ isBefore: Bool
    ) -> String {
        let source = selection.source.map { parameter(.int($0.rawValue), "smallint") } ?? Self.primary
        let cluster = selection.cluster.map { " AND row.cluster = \(parameter(.text($0), "text"))" } ?? ""
        let (used, workloads, condition) =
            kind == .days
            ? (
                "(row.cpu_used_millicore_seconds IS NOT NULL)::int", "coalesce(row.workloads, 0)",
                " AND row.attributions > 0"
            )
            : ("0", "0", "")
        return """
            SELECT NULL::int AS attribution_id, NULL::text AS key, row.\(kind.column) AS part, NULL::int AS workload_id,
                \(isBefore) AS is_before, 1 AS sign, \(CostColumns.list("row", columns)), 1::bigint AS days,
                \(used)::bigint AS used_days, \(workloads)::bigint AS workloads
            FROM \(table) row LEFT JOIN cost_primary p ON p.cluster = row.cluster
            WHERE row.source = \(source) AND \(within(range, kind.column))\(condition)\(cluster)
            """
    }

    /// Each workload's days, added up; of everything before the source is looked at, for then it is less.
    private mutating func workloadDays(_ range: Range<Timestamp>, _ isBefore: Bool) -> String {
        let rows =
            selection.isEverything
            ? "FROM cost_daily row WHERE \(within(range, "day"))" : from("cost_daily", range)
        return """
            SELECT row.attribution_id, NULL::text AS key, NULL::timestamptz AS part, row.workload_id, \(isBefore) AS is_before,
                1 AS sign, \(CostColumns.list("row", columns)), row.days, row.used_days, 1::bigint AS workloads
            FROM (SELECT row.attribution_id, row.source, row.workload_id, \(CostColumns.sums("row", columns)),
                    count(*) AS days, count(row.cpu_used_millicore_seconds) AS used_days
                \(rows) GROUP BY 1, 2, 3) row \(Self.joinPicked)
            """
    }

    /// An hour's attribution is the one that its day has for the workload; when the day has several, that of the entity that
    /// owned it last in the hour.
    private mutating func hours(_ range: Range<Timestamp>, _ isBefore: Bool) -> String {
        let at =
            switch part {
            case .none, .workload: "NULL::timestamptz"
            case .day: "date_trunc('day', row.hour, 'UTC')"
            case .hour: "row.hour"
            }
        return """
            SELECT picked.id AS attribution_id, picked.key, \(at) AS part,
                \(part == .workload ? "row.workload_id" : "NULL::int") AS workload_id, \(isBefore) AS is_before, 1 AS sign,
                \(CostColumns.sums("row", columns)), count(*) AS days, count(row.cpu_used_millicore_seconds) AS used_days,
                count(DISTINCT row.workload_id) AS workloads
            \(fromHours(range)) GROUP BY 1, 2, 3, 4
            """
    }

    /// The hours `row` of a range, each with the one that paid for it.
    mutating func fromHours(_ range: Range<Timestamp>) -> String {
        """
        FROM cost_hourly row
        JOIN cost_daily d ON d.workload_id = row.workload_id AND d.source = row.source
            AND d.day = date_trunc('day', row.hour, 'UTC')
        JOIN picked ON picked.id = d.attribution_id AND picked.source = d.source
        WHERE \(within(range, "hour"))
            AND d.day >= \(parameter(.time(range.lowerBound.startOfDay), "timestamptz"))
            AND d.day < \(parameter(.time(range.upperBound), "timestamptz"))
            AND (d.is_sole OR picked.entity_ref IS NOT DISTINCT FROM \(Self.owner(of: "row")))
        """
    }

    /// Who owned a workload last in an hour; NULL: nobody did in any moment of it. An hour from before Callboard was there
    /// belongs to whoever owned the workload first.
    static func owner(of hour: String) -> String {
        """
        CASE WHEN \(hour).price_quality = 'backfilled' THEN
            (SELECT e.entity_ref FROM entity_workload e
                WHERE e.workload_id = \(hour).workload_id AND e.is_owner ORDER BY lower(e.valid) LIMIT 1)
        ELSE
            (SELECT e.entity_ref FROM entity_workload e
                WHERE e.workload_id = \(hour).workload_id AND e.is_owner
                    AND e.valid && tstzrange(\(hour).hour, \(hour).hour + interval '1 hour')
                ORDER BY lower(e.valid) DESC LIMIT 1)
        END
        """
    }
}
