package import Base
internal import Costs
internal import Matching

extension CostStore {
    /// What an entity's workloads cost in a window by their clusters' primary sources, dearest first. An hour's cost belongs
    /// to whoever owned the workload last in that hour. Includes what is not rolled up yet.
    ///
    /// - Throws: `StoreError`.
    package func workloadCosts(of entityRef: String, _ window: CostWindow) async throws -> [WorkloadCost] {
        let parts = window.parts(now: .now())
        let days = parts.days ?? window.from..<window.from
        let whole = CostWindow(from: window.from, to: parts.hours.last?.upperBound ?? days.upperBound)
        return try await pool.read { session in
            try session.run(
                Self.ofEntity,
                [
                    .text(entityRef), .time(whole.from), .time(Swift.max(whole.to, days.upperBound)),
                    .time(days.lowerBound), .time(days.upperBound),
                ]
            ).map(Self.workloadCost)
        }
    }

    private static func workloadCost(_ row: SQLRow) throws -> WorkloadCost {
        let sum = sum(row, from: 4)
        let rest = 4 + Int32(CostColumns.summed.count)
        return WorkloadCost(
            key: try WorkloadStore.key(row, from: 0), cost: sum.cost, use: sum.requested, used: sum.used,
            hours: row.int(rest) ?? 0, isPresent: row.bool(rest + 1))
    }

    /// Whole days come from their roll-up unless hours were written since; then, and in parts of days, from the hours.
    private static let ofEntity: String = {
        let columns = CostColumns.summed.map { "row.\($0)" }.joined(separator: ", ")
        let sums = CostColumns.summed.map { CostColumns.sum("r.", $0) }.joined(separator: ", ")
        return """
            WITH row AS (
                SELECT row.workload_id, \(columns), row.hours::bigint AS hours
                FROM cost_daily row JOIN cost_attribution a ON a.id = row.attribution_id
                    LEFT JOIN cost_primary p ON p.cluster = a.cluster
                WHERE a.entity_ref = $1 AND row.source = \(CostStatement.primary)
                    AND row.day >= $4::timestamptz AND row.day < $5::timestamptz
                    AND NOT EXISTS (SELECT FROM cost_day_touched t
                        WHERE t.day = row.day AND t.cluster = a.cluster AND t.source = row.source)
                UNION ALL
                SELECT row.workload_id, \(columns), 1
                FROM cost_hourly row JOIN workload w ON w.id = row.workload_id
                    LEFT JOIN cost_primary p ON p.cluster = w.cluster
                WHERE row.source = \(CostStatement.primary) AND row.hour >= $2::timestamptz AND row.hour < $3::timestamptz
                    AND row.workload_id IN (SELECT workload_id FROM entity_workload WHERE entity_ref = $1 AND is_owner)
                    AND (row.hour < $4::timestamptz OR row.hour >= $5::timestamptz
                        OR EXISTS (SELECT FROM cost_day_touched t WHERE t.day = date_trunc('day', row.hour, 'UTC')
                            AND t.cluster = w.cluster AND t.source = row.source))
                    AND $1 = \(CostStatement.owner(of: "row"))
            )
            SELECT w.cluster, w.kind, w.namespace, w.name, \(sums), sum(r.hours)::bigint, w.deleted_at IS NULL
            FROM row r JOIN workload w ON w.id = r.workload_id
            GROUP BY w.id ORDER BY sum(\(CostColumns.total("r"))) DESC, w.cluster, w.namespace, w.kind, w.name
            """
    }()
}
