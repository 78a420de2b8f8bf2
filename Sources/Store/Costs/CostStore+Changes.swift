internal import Base
package import Costs
package import Matching

/// What was recorded of a workload in two windows.
package struct WorkloadChange: Sendable {
    package let workload: WorkloadKey
    /// In the earlier window; nil when nothing is recorded of it there.
    package let previous: CostRecord?
    /// The same of the later one.
    package let current: CostRecord?
}

/// How costs changed from one window to another.
package struct CostChanges: Sendable {
    /// Of all workloads.
    package let previous: Money
    package let current: Money
    /// The workloads that cost more or less in the later window.
    package let workloads: [WorkloadChange]
}

extension CostStore {
    /// What the workloads of a selection cost in two windows, one by one where they changed.
    ///
    /// - Throws: `StoreError`.
    package func changes(
        _ selection: CostSelection, from earlier: CostWindow, to window: CostWindow
    ) async throws -> CostChanges {
        var statement = CostStatement(selection)
        let now = Timestamp.now()
        let sides = [statement.records(earlier, now), statement.records(window, now)]
        let text = """
            WITH \(statement.picked()), previous AS (\(sides[0])), current AS (\(sides[1])), change AS MATERIALIZED (
                SELECT coalesce(p.workload_id, c.workload_id) AS workload_id, \(Self.columns("p", "previous")),
                    \(Self.columns("c", "current"))
                FROM previous p FULL JOIN current c ON c.workload_id = p.workload_id
            )
            SELECT \(boundedSum("c.previous_total")), \(boundedSum("c.current_total")),
                NULL::text, NULL::text, NULL::text, NULL::text\(String(repeating: ", NULL::bigint", count: 14))
            FROM change c UNION ALL
            SELECT NULL, NULL, w.cluster, w.kind, w.namespace, w.name, \(Self.bounded("previous")), \(Self.bounded("current"))
            FROM change c JOIN workload w ON w.id = c.workload_id WHERE c.previous_total <> c.current_total
            """
        let values = statement.values
        return try await pool.read { session in try Self.changes(session.runOnce(text, values)) }
    }

    private static func changes(_ rows: SQLRows) throws -> CostChanges {
        let workloads = try rows.map { row -> WorkloadChange? in
            guard row.int(0) == nil else { return nil }
            return WorkloadChange(
                workload: try WorkloadStore.key(row, from: 2), previous: record(row, from: 6),
                current: record(row, from: 13))
        }
        let totals = rows.map { row in (row.int(0), row.int(1)) }
        let (previous, current) = totals.first { $0.0 != nil } ?? (0, 0)
        return CostChanges(
            previous: Money(nanoDollars: previous ?? 0), current: Money(nanoDollars: current ?? 0),
            workloads: workloads.compactMap(\.self))
    }

    /// A side's columns, and the total.
    private static func columns(_ row: String, _ side: String) -> String {
        let columns = CostStatement.recorded.map { "\(row).\($0) AS \(side)_\($0)" }
        let total = CostStatement.recorded.prefix(3).map { "coalesce(\(row).\($0), 0)" }.joined(separator: " + ")
        return (columns + ["\(total) AS \(side)_total"]).joined(separator: ", ")
    }

    /// The first one tells whether there is a record.
    private static func bounded(_ side: String) -> String {
        let columns = CostStatement.recorded.map { column in
            "least(coalesce(c.\(side)_\(column), 0), 9000000000000000000)::bigint"
        }
        return (["(c.\(side)_cpu IS NOT NULL)::int::bigint"] + columns).joined(separator: ", ")
    }

    private static func record(_ row: SQLRow, from first: Int32) -> CostRecord? {
        guard row.int(first) == 1 else { return nil }
        func value(_ column: Int32) -> Int64 { row.int(first + column) ?? 0 }
        return CostRecord(
            cpu: Money(nanoDollars: value(1)), memory: Money(nanoDollars: value(2)),
            other: Money(nanoDollars: value(3)),
            use: CapacityTime(millicoreSeconds: value(4), byteSeconds: value(5)), podSeconds: value(6))
    }
}

extension CostStatement {
    /// The costs first.
    fileprivate static let recorded = ["cpu", "memory", "other", "millicore_seconds", "byte_seconds", "pod_seconds"]

    /// A query for what each workload cost in a window and was charged for, from its days and from hours beside them.
    fileprivate mutating func records(_ window: CostWindow, _ now: Timestamp) -> String {
        let parts = window.parts(now: now)
        let days = parts.days.map { dayRecords($0) }
        let queries = (days.map { [$0] } ?? []) + parts.hours.map { hourRecords($0) }
        switch queries.count {
        case 0:
            return
                "SELECT NULL::int AS workload_id, \(Self.recorded.map { "0 AS \($0)" }.joined(separator: ", ")) WHERE false"
        case 1: return queries[0]
        default:
            let sums = Self.recorded.map { "sum(row.\($0)) AS \($0)" }.joined(separator: ", ")
            let all = queries.joined(separator: " UNION ALL ")
            return "SELECT row.workload_id, \(sums) FROM (\(all)) row GROUP BY row.workload_id"
        }
    }

    private static let sums: String = {
        let others = CostColumns.cost.dropFirst(2)
        let other = others.map { "coalesce(row.\($0), 0)::numeric" }.joined(separator: " + ")
        return """
            SELECT row.workload_id, sum(row.cpu_cost) AS cpu, sum(row.memory_cost) AS memory,
                sum(CASE WHEN num_nonnulls(\(CostColumns.list("row", Array(others)))) > 0 THEN \(other) END) AS other,
                sum(row.cpu_millicore_seconds) AS millicore_seconds, sum(row.memory_byte_seconds) AS byte_seconds,
                sum(row.pod_seconds) AS pod_seconds
            """
    }()

    private mutating func dayRecords(_ range: Range<Timestamp>) -> String {
        "\(Self.sums) \(from("cost_daily", range)) GROUP BY row.workload_id"
    }

    /// An hour belongs to an attribution of its day as it does where groups are added up.
    private mutating func hourRecords(_ range: Range<Timestamp>) -> String {
        "\(Self.sums) \(fromHours(range)) GROUP BY row.workload_id"
    }
}
