internal import Base
internal import Costs

/// The days at which sums from the first of a month on are read: what a part of a month cost is what they say of its last day
/// less what they say of the day before its first.
struct ToDateBounds {
    /// Names of the columns of the CTEs `bound` and `picked`.
    private(set) var columns: [String] = []
    private var slices: [MonthSlice] = []
    /// What the columns of a window are called.
    struct Names {
        var through: [String] = []
        /// Of the first month, when the window has not all of it; for such a month `through` is the first one.
        var before: String?
    }

    var isEmpty: Bool { columns.isEmpty }

    mutating func add(_ days: Range<Timestamp>) -> Names {
        var names = Names()
        for slice in MonthSlice.of(days) {
            slices.append(slice)
            names.through.append("through_\(slices.count)")
            if !slice.isFromFirst { names.before = "before_\(slices.count)" }
            columns.append("through_\(slices.count)")
            if !slice.isFromFirst { columns.append("before_\(slices.count)") }
        }
        return names
    }

    /// Joins to rows `c` with a cluster and a source the last recorded days of each part of a month and before it; a month's
    /// part without a recorded day has neither.
    func joins(_ statement: inout CostStatement) -> String {
        var joins: [String] = []
        for (index, slice) in slices.enumerated() {
            let name = "through_\(index + 1)"
            joins.append(Self.join(name, slice.days, &statement))
            guard !slice.isFromFirst else { continue }
            let rest = slice.month..<slice.days.lowerBound
            joins.append(Self.join("before_\(index + 1)", rest, &statement, " AND \(name) IS NOT NULL"))
        }
        return joins.joined(separator: "\n")
    }

    private static func join(
        _ name: String, _ range: Range<Timestamp>, _ statement: inout CostStatement, _ condition: String = ""
    ) -> String {
        """
        LEFT JOIN LATERAL (SELECT max(row.day) AS \(name) FROM cost_cluster_daily row
            WHERE row.cluster = c.cluster AND row.source = c.source AND \(statement.within(range, "day"))) \(name)_of
            ON true\(condition)
        """
    }
}

/// The days that a range of whole UTC days has of one month.
struct MonthSlice: Equatable {
    /// The month's first day.
    let month: Timestamp
    let days: Range<Timestamp>

    var isFromFirst: Bool { days.lowerBound == month }

    static func of(_ days: Range<Timestamp>) -> [MonthSlice] {
        var slices: [MonthSlice] = []
        var from = days.lowerBound
        while from < days.upperBound {
            let month = CalendarMonth(containing: from)
            let to = min(month.end, days.upperBound)
            slices.append(MonthSlice(month: month.start, days: from..<to))
            from = to
        }
        return slices
    }
}

extension CostStatement {
    /// Two rows of each attribution for a part of a month, one for a month or its beginning.
    mutating func toDate(_ days: Range<Timestamp>, _ isBefore: Bool) -> String {
        let names = bounds.add(days)
        let all = names.through + (names.before.map { [$0] } ?? [])
        let picked = all.map { "picked.\($0)" }.joined(separator: ", ")
        let before = names.before.map { "row.day = picked.\($0)" } ?? "false"
        return """
            SELECT row.attribution_id, picked.key, NULL::timestamptz AS part, NULL::int AS workload_id, \(isBefore) AS is_before,
                CASE WHEN \(before) THEN -1 ELSE 1 END AS sign, \(listed(isBefore)), row.days::bigint AS days,
                row.used_days::bigint AS used_days, \(isBefore ? "NULL::bigint" : workloads(names, from: days.lowerBound)) AS workloads
            FROM cost_entity_to_date row \(Self.joinPicked)
            WHERE row.day = ANY (ARRAY(SELECT unnest(ARRAY[\(all.joined(separator: ", "))]) FROM bound))
                AND row.day IN (\(picked))
            """
    }

    /// As many as on the day with the most: of peaks the first one that is not from before the window.
    private mutating func workloads(_ names: ToDateBounds.Names, from first: Timestamp) -> String {
        guard let before = names.before, let through = names.through.first else { return Self.peak("(row.peaks)[1]") }
        let day = "extract(day FROM \(parameter(.time(first), "timestamptz")) AT TIME ZONE 'UTC')::bigint"
        return """
            CASE row.day WHEN picked.\(before) THEN NULL
                WHEN picked.\(through) THEN (SELECT \(Self.peak("p")) FROM unnest(row.peaks) p WHERE p >> 32 >= \(day) LIMIT 1)
                ELSE \(Self.peak("(row.peaks)[1]")) END
            """
    }

    /// How many workloads an element of `peaks` says.
    private static func peak(_ element: String) -> String { "\(element) & 4294967295" }
}
