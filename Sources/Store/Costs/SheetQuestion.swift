internal import Base

/// Asks for the sheets of a range: of each month, or of the day, the one of what was recorded last in it, to be added, and the
/// one before the range, to be taken away.
struct SheetQuestion {
    private(set) var values: [SQLValue] = []
    private let selection: CostSelection
    private let kind: SheetKind

    init(_ selection: CostSelection, _ kind: SheetKind) {
        self.selection = selection
        self.kind = kind
    }

    private mutating func parameter(_ value: SQLValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }

    /// A row has the sign, whether there is a sheet, the cluster and the sheet; those of a cluster follow each other. The text
    /// is the same for every range, so that it stays prepared.
    ///
    /// - Parameter range: whole days, or hours of one day.
    mutating func statement(_ range: Range<Timestamp>, _ names: [String]) -> String {
        let units = units("row.cluster, row.source")
        let slices =
            kind == .days
            ? MonthSlice.of(range).map { ($0.month, $0.days) } : [(range.lowerBound.startOfDay, range)]
        let bounds = [slices.map { $0.0 }, slices.map { $0.1.lowerBound }, slices.map { $0.1.upperBound }].map {
            parameter(.texts($0.map(\.rfc3339)), "timestamptz[]")
        }
        let columns = (["workload_id", "attribution_id"] + names).map { "s.\($0)" }.joined(separator: ", ")
        return """
            WITH unit AS MATERIALIZED (SELECT DISTINCT \(units)), bound AS MATERIALIZED (
                SELECT u.cluster, u.source, b.sign, b.at
                FROM unit u CROSS JOIN unnest(\(bounds.joined(separator: ", "))) part (first, low, high)
                    CROSS JOIN LATERAL (\(last("part.low", "part.high"))) through (at)
                    CROSS JOIN LATERAL (VALUES (1::bigint, through.at), (-1, (\(last("part.first", "part.low"))))) b (sign, at)
                WHERE through.at IS NOT NULL AND b.at IS NOT NULL
            )
            SELECT b.sign, (s.\(kind.column) IS NOT NULL)::int::bigint, b.cluster, \(columns)
            FROM bound b LEFT JOIN \(kind.table) s ON s.cluster = b.cluster AND s.source = b.source AND s.\(kind.column) = b.at
            ORDER BY b.cluster, b.sign DESC
            """
    }

    /// Asks who paid on each of these days, and for how many workloads; the days of a cluster follow each other.
    mutating func payers(_ days: Range<Timestamp>) -> String {
        """
        WITH unit AS MATERIALIZED (SELECT DISTINCT \(units("row.cluster, row.source")))
        SELECT s.payer_id, s.payer_workloads
        FROM unit u JOIN cost_workload_sheet s ON s.cluster = u.cluster AND s.source = u.source
            AND s.day >= \(parameter(.time(days.lowerBound), "timestamptz"))
            AND s.day < \(parameter(.time(days.upperBound), "timestamptz"))
        ORDER BY s.cluster, s.source, s.day
        """
    }

    /// Asks whether no hour of a range lacks in its sheets.
    static func areHoursThere(_ selection: CostSelection, _ range: Range<Timestamp>) -> (
        text: String, values: [SQLValue]
    ) {
        var question = SheetQuestion(selection, .hours)
        let units = question.units("")
        let from = question.parameter(.time(range.lowerBound.startOfDay), "timestamptz")
        let to = question.parameter(.time(range.upperBound), "timestamptz")
        // Of those that are kept no more there are none.
        let horizon = "coalesce((SELECT max(hourly_from) FROM cost_horizon), '-infinity')"
        let text =
            "SELECT NOT EXISTS (SELECT \(units) AND NOT row.hours_summed AND row.day >= \(from) AND row.day < \(to) AND row.day >= \(horizon))"
        return (text, question.values)
    }

    /// The rest of a query for rows of `cost_cluster_daily` whose source is the one that counts.
    private mutating func units(_ columns: String) -> String {
        let source = selection.source.map { parameter(.int($0.rawValue), "smallint") } ?? CostStatement.primary
        let cluster = selection.cluster.map { " AND row.cluster = \(parameter(.text($0), "text"))" } ?? ""
        return """
            \(columns) FROM cost_cluster_daily row LEFT JOIN cost_primary p ON p.cluster = row.cluster
                WHERE row.source = \(source)\(cluster)
            """
    }

    /// Days count when they were rolled up, hours when they are in a sheet.
    private func last(_ low: String, _ high: String) -> String {
        """
        SELECT max(row.\(kind.column)) FROM \(kind == .days ? "cost_cluster_daily" : kind.table) row
        WHERE row.cluster = u.cluster AND row.source = u.source AND row.\(kind.column) >= \(low) AND row.\(kind.column) < \(high)
        """
    }
}
