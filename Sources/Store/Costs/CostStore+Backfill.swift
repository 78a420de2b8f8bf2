package import Base
internal import Costs
package import Matching

/// How far the hours before the first metered one are estimated: a row of `cost_backfill`.
package struct CostBackfillState: Sendable, Hashable {
    /// The first metered hour.
    package let meteredFrom: Timestamp
    /// The hours from here to there are done.
    package var filledFrom: Timestamp

    package init(meteredFrom: Timestamp, filledFrom: Timestamp) {
        (self.meteredFrom, self.filledFrom) = (meteredFrom, filledFrom)
    }
}

extension CostStore {
    /// How far a cluster's past is filled in; nil as long as nothing of the cluster was metered.
    ///
    /// - Throws: `StoreError`.
    package func backfillState(cluster: String) async throws -> CostBackfillState? {
        let state = try await pool.read { session in
            try session.run(
                """
                SELECT \(microseconds("metered_from")), \(microseconds("filled_from")) FROM cost_backfill
                WHERE cluster = $1
                """, [.text(cluster)]
            ).first { row -> CostBackfillState? in
                guard let metered = row.time(0), let filled = row.time(1) else { return nil }
                return CostBackfillState(meteredFrom: metered, filledFrom: filled)
            } ?? nil
        }
        if let state { return state }
        return try await firstMeteredHour(of: cluster).map { CostBackfillState(meteredFrom: $0, filledFrom: $0) }
    }

    /// From the sums by day, since hours are many; of a day whose hours were dropped its beginning.
    private func firstMeteredHour(of cluster: String) async throws -> Timestamp? {
        try await pool.read { session in
            try session.run(
                """
                WITH first AS (
                    SELECT min(day) AS day FROM (
                        SELECT day FROM cost_cluster_daily WHERE cluster = $1 AND source = $2::smallint
                        UNION ALL
                        SELECT day FROM cost_day_touched WHERE cluster = $1 AND source = $2::smallint) d)
                SELECT \(microseconds("coalesce(min(c.hour), f.day)")) FROM first f
                LEFT JOIN (cost_hourly c JOIN workload w ON w.id = c.workload_id AND w.cluster = $1)
                    ON c.hour >= f.day AND c.hour < f.day + interval '1 day' AND c.source = $2::smallint
                WHERE f.day IS NOT NULL GROUP BY f.day
                """, [.text(cluster), .int(Self.estimate)]
            ).first { $0.time(0) } ?? nil
        }
    }

    /// From when on hours are kept; earlier ones need not be estimated.
    ///
    /// - Throws: `StoreError`.
    package func keptFrom() async throws -> Timestamp { try await pool.read { try Self.horizon($0) } }

    /// Writes estimated hours and how far that went, or nothing of it. What was metered is left alone.
    ///
    /// - Parameter hours: before `state.meteredFrom`; others are passed over.
    /// - Throws: `StoreError`; then nothing was written.
    package func write(backfilled hours: [HourlyCost], _ state: CostBackfillState, cluster: String) async throws {
        let past = hours.filter { $0.usage.end <= state.meteredFrom }
        try await leader.run { session in
            if !past.isEmpty { try Self.put(past, source: .estimate, replacing: .backfilled, session) }
            try session.run(
                """
                INSERT INTO cost_backfill AS old (cluster, metered_from, filled_from)
                VALUES ($1, $2::timestamptz, $3::timestamptz)
                ON CONFLICT (cluster) DO UPDATE SET filled_from = least(old.filled_from, excluded.filled_from)
                """, [.text(cluster), .time(state.meteredFrom), .time(state.filledFrom)])
        }
    }

    /// Marks days before the first metered one to be rolled up again whose money went to nobody although an entity claims the
    /// workload since: entities of slow sources come after the first days were filled in. Who claims one more than a day after
    /// metering began leaves those days as they are, and so does who comes when their hours are not kept any more.
    ///
    /// - Throws: `StoreError`.
    package func touchClaimedPast(now: Timestamp) async throws {
        try await leader.run { session in
            _ = try session.run(
                """
                INSERT INTO cost_day_touched (day, cluster, source)
                SELECT DISTINCT d.day, b.cluster, d.source
                FROM cost_backfill b JOIN cost_attribution a ON a.cluster = b.cluster AND a.category = 'orphan'
                JOIN cost_daily d ON d.attribution_id = a.id AND d.source = $2::smallint
                    AND d.day >= date_trunc('day', b.filled_from, 'UTC') AND d.day < date_trunc('day', b.metered_from, 'UTC')
                WHERE b.metered_from > $1::timestamptz - interval '2 days'
                    AND d.day >= coalesce((SELECT max(hourly_from) FROM cost_horizon), '-infinity')
                    AND EXISTS (SELECT FROM entity_workload e WHERE e.workload_id = d.workload_id AND e.is_owner
                        AND lower(e.valid) < b.metered_from + interval '1 day')
                ON CONFLICT DO NOTHING
                """, [.time(now), .int(Self.estimate)])
        }
    }

    /// The workloads of a cluster that there are or were, by their keys.
    ///
    /// - Throws: `StoreError`.
    package func knownWorkloads(cluster: String) async throws -> [WorkloadKey: Int] {
        try await pool.read { session in
            let pairs = try session.run(
                """
                SELECT cluster, kind, namespace, name, id FROM workload
                WHERE cluster = $1 AND NOT starts_with(kind, '__')
                """, [.text(cluster)]
            ).map { row in (try WorkloadStore.key(row, from: 0), Int(row.int(4) ?? 0)) }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }
}
