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
    /// Of all workloads that cost more or less in the later window, and how many these are.
    package let parts: CostChangeParts
    package let count: Int
    /// Those that changed most, rises and falls alike; then by name. Of more than fit that changed as much, those that were
    /// seen first.
    package let workloads: [WorkloadChange]
}

extension CostStore {
    /// What the workloads of a selection cost in two windows, and those that changed most one by one.
    ///
    /// - Parameter limit: so many of them at most.
    /// - Throws: `StoreError`.
    package func changes(
        _ selection: CostSelection, from earlier: CostWindow, to window: CostWindow, limit: Int
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
                NULL::int\(String(repeating: ", NULL::bigint", count: 14))
            FROM change c UNION ALL
            SELECT NULL, NULL, c.workload_id, \(Self.bounded("previous")), \(Self.bounded("current"))
            FROM change c WHERE c.previous_total <> c.current_total
            """
        let values = statement.values
        return try await pool.read { session in
            try session.snapshot {
                let all =
                    try Self.records(session, selection, earlier, window, now)
                    ?? Self.records(session.runOnce(text, values))
                return try Self.changes(session, all, limit)
            }
        }
    }

    /// Both sides of the workloads that changed, and the totals of all.
    private struct Records {
        var previous = Money.zero
        var current = Money.zero
        var changed: [(id: Int32, previous: CostRecord?, current: CostRecord?)] = []
    }

    private static func records(_ rows: SQLRows) -> Records {
        var records = Records()
        _ = rows.map { row in
            if let previous = row.int(0) {
                records.previous = Money(nanoDollars: previous)
                records.current = Money(nanoDollars: row.int(1) ?? 0)
            } else {
                records.changed.append(
                    (Int32(truncatingIfNeeded: row.int(2) ?? 0), record(row, from: 3), record(row, from: 10)))
            }
        }
        return records
    }

    /// From the sheets; nil when they do not have it.
    private static func records(
        _ session: PostgresSession, _ selection: CostSelection, _ earlier: CostWindow, _ window: CostWindow,
        _ now: Timestamp
    ) throws -> Records? {
        let names = WorkloadSheet.recordColumns
        guard let sheets = try sheets(session, selection, [earlier, window], names, now: now) else { return nil }
        let (before, after) = (sheets[0], sheets[1])
        var records = Records()
        let pairs = WorkloadSheet.paired(before, after)
        records.changed.reserveCapacity(pairs.count)
        for pair in pairs {
            let (previous, current) = (pair.left.map { before.record($0) }, pair.right.map { after.record($0) })
            let (cost, costs) = (previous?.total ?? .zero, current?.total ?? .zero)
            records.previous += cost
            records.current += costs
            if cost != costs { records.changed.append((pair.id, previous, current)) }
        }
        return records
    }

    private static func changes(_ session: PostgresSession, _ records: Records, _ limit: Int) throws -> CostChanges {
        let remainders = Set(
            try session.run("SELECT id FROM workload WHERE starts_with(kind, '__')").map { row in
                Int32(truncatingIfNeeded: row.int(0) ?? 0)
            })
        var parts = CostChangeParts()
        var order: [(size: UInt64, id: Int32, place: Int)] = []
        order.reserveCapacity(records.changed.count)
        for (place, change) in records.changed.enumerated() {
            parts += CostChangeParts(
                from: change.previous, to: change.current, isRemainder: remainders.contains(change.id))
            let difference = (change.current?.total ?? .zero) - (change.previous?.total ?? .zero)
            order.append((difference.nanoDollars.magnitude, change.id, place))
        }
        order.sort { $0.size == $1.size ? $0.id < $1.id : $0.size > $1.size }
        let names = try keys(session, of: order.prefix(limit).map { $0.id })
        var most: [(size: UInt64, change: WorkloadChange)] = []
        for entry in order.prefix(limit) {
            guard let key = names[entry.id] else { continue }
            let change = records.changed[entry.place]
            most.append((entry.size, WorkloadChange(workload: key, previous: change.previous, current: change.current)))
        }
        most.sort { $0.size == $1.size ? $0.change.workload < $1.change.workload : $0.size > $1.size }
        return CostChanges(
            previous: records.previous, current: records.current, parts: parts, count: order.count,
            workloads: most.map { $0.change })
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

extension WorkloadSheet {
    fileprivate static let recordColumns =
        CostColumns.cost + ["cpu_millicore_seconds", "memory_byte_seconds", "pod_seconds", "days"]

    /// Rows of these columns added up.
    fileprivate func record(_ rows: Range<Int>) -> CostRecord {
        let costs = CostColumns.cost.count
        return CostRecord(
            cpu: Money(nanoDollars: sum(0, rows)), memory: Money(nanoDollars: sum(1, rows)),
            other: Money(nanoDollars: sum(2..<costs, rows)),
            use: CapacityTime(millicoreSeconds: sum(costs, rows), byteSeconds: sum(costs + 1, rows)),
            podSeconds: sum(costs + 2, rows))
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
