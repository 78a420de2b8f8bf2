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

extension CostStore {
    /// What each workload of a selection cost in two windows; those of equal cost too.
    ///
    /// - Throws: `StoreError`.
    package func changes(
        _ selection: CostSelection, from earlier: CostWindow, to window: CostWindow
    ) async throws -> [WorkloadChange] {
        var statement = CostStatement(selection)
        let picked = statement.picked(key: "NULL")
        let now = Timestamp.now()
        let records = statement.records(earlier, isBefore: true, now) + statement.records(window, isBefore: false, now)
        guard !records.isEmpty else { return [] }
        let text = """
            WITH \(picked), record AS (\(records.joined(separator: " UNION ALL ")))
            SELECT w.cluster, w.kind, w.namespace, w.name, \(Self.recordColumns("r.is_before")),
                \(Self.recordColumns("NOT r.is_before"))
            FROM record r JOIN workload w ON w.id = r.workload_id GROUP BY w.id
            """
        let values = statement.values
        return try await pool.read { session in
            try session.runOnce(text, values).map { row in
                WorkloadChange(
                    workload: try WorkloadStore.key(row, from: 0), previous: Self.record(row, from: 4),
                    current: Self.record(row, from: 11))
            }
        }
    }

    private static func recordColumns(_ condition: String) -> String {
        let filter = " FILTER (WHERE \(condition))"
        let sums = ["cpu", "memory", "other", "millicore_seconds", "byte_seconds", "pod_seconds"]
        return (["count(*)\(filter)"] + sums.map { boundedSum("r.\($0)", filter) }).joined(separator: ", ")
    }

    private static func record(_ row: SQLRow, from first: Int32) -> CostRecord? {
        guard let count = row.int(first), count > 0 else { return nil }
        func value(_ column: Int32) -> Int64 { row.int(first + column) ?? 0 }
        return CostRecord(
            cpu: Money(nanoDollars: value(1)), memory: Money(nanoDollars: value(2)),
            other: Money(nanoDollars: value(3)),
            use: CapacityTime(millicoreSeconds: value(4), byteSeconds: value(5)), podSeconds: value(6))
    }
}

extension CostStatement {
    /// Queries for what each workload cost in a window and was charged for, from its days and from hours beside them.
    fileprivate mutating func records(_ window: CostWindow, isBefore: Bool, _ now: Timestamp) -> [String] {
        let parts = window.parts(now: now)
        let days = parts.days.map { dayRecords($0, isBefore) }
        return (days.map { [$0] } ?? []) + parts.hours.map { hourRecords($0, isBefore) }
    }

    private static func sums(_ isBefore: Bool) -> String {
        let other = CostColumns.cost.dropFirst(2).map { "coalesce(row.\($0), 0)::numeric" }.joined(separator: " + ")
        return """
            SELECT row.workload_id, \(isBefore) AS is_before, sum(row.cpu_cost) AS cpu, sum(row.memory_cost) AS memory,
                sum(\(other)) AS other, sum(row.cpu_millicore_seconds) AS millicore_seconds,
                sum(row.memory_byte_seconds) AS byte_seconds, sum(row.pod_seconds) AS pod_seconds
            """
    }

    private mutating func dayRecords(_ range: Range<Timestamp>, _ isBefore: Bool) -> String {
        """
        \(Self.sums(isBefore)) FROM cost_daily row
        JOIN picked ON picked.id = row.attribution_id AND picked.source = row.source
        WHERE row.day >= \(parameter(.time(range.lowerBound), "timestamptz"))
            AND row.day < \(parameter(.time(range.upperBound), "timestamptz"))
        GROUP BY row.workload_id
        """
    }

    /// An hour belongs to an attribution of its day as it does where groups are added up.
    private mutating func hourRecords(_ range: Range<Timestamp>, _ isBefore: Bool) -> String {
        """
        \(Self.sums(isBefore)) FROM cost_hourly row
        JOIN cost_daily d ON d.workload_id = row.workload_id AND d.source = row.source
            AND d.day = date_trunc('day', row.hour, 'UTC')
        JOIN picked ON picked.id = d.attribution_id AND picked.source = d.source
        WHERE row.hour >= \(parameter(.time(range.lowerBound), "timestamptz"))
            AND row.hour < \(parameter(.time(range.upperBound), "timestamptz"))
            AND d.day >= \(parameter(.time(range.lowerBound.startOfDay), "timestamptz"))
            AND d.day < \(parameter(.time(range.upperBound), "timestamptz"))
            AND (d.is_sole OR picked.entity_ref IS NOT DISTINCT FROM \(Self.owner(of: "row")))
        GROUP BY row.workload_id
        """
    }
}
