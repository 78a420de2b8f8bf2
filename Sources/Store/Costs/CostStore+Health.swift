package import Base
internal import Costs

/// How well the costs are known.
extension CostStore {
    /// How each source fared with each cluster, by source and cluster.
    ///
    /// - Throws: `StoreError`.
    package func freshness() async throws -> [CostFreshness] {
        try await pool.read { session in
            try session.run(Statement.freshness).map { row in
                CostFreshness(
                    source: row.int(0).flatMap(CostSource.init(rawValue:)) ?? .estimate, cluster: try row.required(1),
                    through: row.time(2), askedAt: row.time(3), error: row.text(4), unmatched: row.int(5) ?? 0,
                    malformed: row.int(6) ?? 0, isPrimary: row.bool(7))
            }
        }
    }

    /// Up to when the costs of all clusters are complete by their primary sources; nil before the first were written.
    ///
    /// - Throws: `StoreError`.
    package func dataThrough() async throws -> Timestamp? {
        try await pool.read { session in try session.run(Statement.dataThrough).first { $0.time(0) } ?? nil }
    }

    /// The hours of a window that a source says nothing about for a cluster although it does about earlier and later ones,
    /// as ranges in order. To be asked of some days at most, for which hours are kept.
    ///
    /// - Throws: `StoreError`.
    package func gaps(_ window: CostWindow) async throws -> [CostGap] {
        try await pool.read { session in
            try session.run(Statement.gaps, [.time(window.from), .time(window.to)]).map { row in
                CostGap(
                    source: row.int(0).flatMap(CostSource.init(rawValue:)) ?? .estimate, cluster: try row.required(1),
                    from: row.time(2) ?? window.from, to: row.time(3) ?? window.to)
            }
        }
    }

    private enum Statement {
        static let freshness =
            """
            SELECT m.source, m.cluster, \(microseconds("m.through")), \(microseconds("m.asked_at")), m.error, m.unmatched,
                m.malformed, m.source = \(CostStatement.primary)
            FROM ingest_watermark m LEFT JOIN cost_primary p ON p.cluster = m.cluster ORDER BY m.source, m.cluster
            """

        static let dataThrough =
            """
            SELECT \(microseconds("min(m.through)")) FROM ingest_watermark m
            LEFT JOIN cost_primary p ON p.cluster = m.cluster WHERE m.source = \(CostStatement.primary)
            """

        /// An hour that lacks begins a gap when the one before it does not; what they have in common is the hour less their
        /// place among those that lack. A day of which one workload has all hours has no gap, and each other hour is left
        /// at the first row of the cluster, so that few of the many rows are read (OFFSET 0 keeps these from becoming joins).
        static let gaps =
            """
            WITH suspect AS MATERIALIZED (
                SELECT m.source, m.cluster, m.through, d.day
                FROM ingest_watermark m, generate_series(date_trunc('day', $1::timestamptz, 'UTC'),
                    $2::timestamptz - interval '1 microsecond', '24 hours') d (day)
                WHERE d.day < m.through AND NOT EXISTS (
                    SELECT FROM cost_daily c JOIN cost_attribution a ON a.id = c.attribution_id
                    WHERE c.day = d.day AND c.source = m.source AND c.hours = 24 AND a.cluster = m.cluster OFFSET 0)
            ), missing AS (
                SELECT m.source, m.cluster, h.hour
                FROM suspect m, generate_series(m.day, m.day + interval '23 hours', '1 hour') h (hour)
                WHERE h.hour >= $1::timestamptz AND h.hour < $2::timestamptz AND h.hour + interval '1 hour' <= m.through
                    AND NOT EXISTS (SELECT FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
                        WHERE c.hour = h.hour AND c.source = m.source AND w.cluster = m.cluster OFFSET 0)
            ), placed AS (
                SELECT *, hour - interval '1 hour' * row_number() OVER (PARTITION BY source, cluster ORDER BY hour) AS island
                FROM missing
            )
            SELECT g.source, g.cluster, \(microseconds("g.first")), \(microseconds("g.last + interval '1 hour'"))
            FROM (SELECT source, cluster, min(hour) AS first, max(hour) AS last FROM placed
                GROUP BY source, cluster, island) g
            WHERE EXISTS (SELECT FROM cost_cluster_daily r
                    WHERE r.source = g.source AND r.cluster = g.cluster AND r.day < date_trunc('day', g.first, 'UTC'))
                OR EXISTS (SELECT FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
                    WHERE c.source = g.source AND w.cluster = g.cluster AND c.hour < g.first
                        AND c.hour >= date_trunc('day', g.first, 'UTC') OFFSET 0)
            ORDER BY g.source, g.cluster, g.first
            """
    }
}
