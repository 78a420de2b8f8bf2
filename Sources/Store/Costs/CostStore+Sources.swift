package import Base
package import Costs

/// What a source says that the workloads of a cluster cost, on days of which another source speaks too.
package struct SourceWord: Sendable, Hashable {
    package let cluster: String
    package let source: String
    package let days: Int64
    package let cost: Money
}

/// How many nodes of a cluster are priced in a way.
package struct PriceUse: Sendable, Hashable {
    package let cluster: String
    /// As `PriceQuality` has it.
    package let quality: String
    package let nodes: Int64
}

extension CostStore {
    /// How the nodes are priced now, by cluster.
    ///
    /// - Parameter window: where hours of it were estimated afterwards, that is a quality too, of no node.
    /// - Throws: `StoreError`.
    package func priceUses(in window: Range<Timestamp>? = nil) async throws -> [PriceUse] {
        try await pool.read { session in
            try session.run(
                """
                SELECT cluster, price_quality, count(*) FROM price_book GROUP BY cluster, price_quality
                UNION ALL
                SELECT cluster, 'backfilled', 0 FROM cost_backfill
                WHERE filled_from < least(metered_from, $2::timestamptz) AND metered_from > $1::timestamptz
                ORDER BY cluster, price_quality
                """, [.time(window?.lowerBound), .time(window?.upperBound)]
            ).map { PriceUse(cluster: try $0.required(0), quality: try $0.required(1), nodes: $0.int(2) ?? 0) }
        }
    }

    /// What each source says of clusters of which several speak, in the days that they have in common.
    ///
    /// - Throws: `StoreError`.
    package func sourceWords(_ days: Range<Timestamp>) async throws -> [SourceWord] {
        try await pool.read { session in
            try session.run(
                """
                WITH disputed AS MATERIALIZED (
                    SELECT cluster, day FROM cost_cluster_daily
                    WHERE day >= $1::timestamptz AND day < $2::timestamptz GROUP BY cluster, day HAVING count(*) > 1
                ), word AS (
                    SELECT a.cluster, d.day, d.source, sum(\(Self.total)) AS cost,
                        count(*) OVER (PARTITION BY a.cluster, d.day) AS sources
                    FROM cost_entity_daily d JOIN cost_attribution a ON a.id = d.attribution_id
                        JOIN disputed ON disputed.cluster = a.cluster AND disputed.day = d.day
                    WHERE d.day = ANY (ARRAY(SELECT day FROM disputed)) AND a.category IN ('owned', 'orphan')
                    GROUP BY a.cluster, d.day, d.source)
                SELECT w.cluster, s.name, count(*), \(boundedSum("w.cost"))
                FROM word w JOIN cost_source s ON s.id = w.source WHERE w.sources > 1
                GROUP BY w.cluster, s.id, s.name ORDER BY w.cluster, s.id
                """, [.time(days.lowerBound), .time(days.upperBound)]
            ).map { row in
                SourceWord(
                    cluster: try row.required(0), source: try row.required(1), days: row.int(2) ?? 0,
                    cost: Money(nanoDollars: row.int(3) ?? 0))
            }
        }
    }

    private static let total =
        """
        d.cpu_cost::numeric + d.memory_cost + coalesce(d.gpu_cost, 0) + coalesce(d.storage_cost, 0)
            + coalesce(d.network_cost, 0) + coalesce(d.load_balancer_cost, 0) + coalesce(d.shared_cost, 0)
        """
}
