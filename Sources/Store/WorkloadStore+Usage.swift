package import Base

/// Where a cluster's usage comes from and how that fares.
package struct UsageState: Sendable, Hashable {
    /// `metrics.k8s.io` or `prometheus`.
    package let source: String
    /// When it last came; nil: never.
    package let at: Timestamp?
    /// Pods of which it told.
    package let pods: Int64
    /// What keeps it away; nil when nothing does.
    package let error: String?

    package init(source: String, at: Timestamp?, pods: Int64, error: String?) {
        self.source = source
        self.at = at
        self.pods = pods
        self.error = error
    }
}

extension WorkloadStore {
    /// Notes how a cluster's source of usage fared.
    ///
    /// - Returns: false when the cluster has no row. It gets none here, since that of `note(cluster:)` tells by its absence.
    /// - Throws: `StoreError`.
    @discardableResult
    package func note(usage: UsageState, cluster: String) async throws -> Bool {
        try await leader.run { session in
            try session.run(
                """
                UPDATE cluster SET usage_source = $2, usage_at = coalesce($3::timestamptz, usage_at), usage_pods = $4,
                    usage_error = $5
                WHERE name = $1
                """,
                [.text(cluster), .text(usage.source), .time(usage.at), .int(usage.pods), .text(usage.error)]
            ).affected > 0
        }
    }

    /// How the clusters' sources of usage fare, by cluster; clusters of which none was asked yet are left out.
    ///
    /// - Throws: `StoreError`.
    package func usageStates() async throws -> [String: UsageState] {
        try await pool.read { session in
            let rows = try session.run(
                """
                SELECT name, usage_source, \(microseconds("usage_at")), coalesce(usage_pods, 0), usage_error
                FROM cluster WHERE usage_source IS NOT NULL
                """)
            let pairs = try rows.map { row in
                (
                    try row.required(0),
                    UsageState(
                        source: try row.required(1), at: row.time(2), pods: row.int(3) ?? 0, error: row.text(4))
                )
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }
}
