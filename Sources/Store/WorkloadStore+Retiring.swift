internal import Base

extension WorkloadStore {
    /// How long nobody may have noted a cluster's state before it may be retired. Whoever follows a cluster notes it every
    /// 10 s; a replica with another configuration may know of a cluster that this one does not.
    private static let unfollowed = "(followed_at IS NULL OR followed_at < now() - interval '60 seconds')"
    /// Workloads that end in one transaction, so that a large cluster does not run into the statement's deadline.
    private static let chunk: Int64 = 5_000

    /// Ends what is stored of clusters that are configured no more and that nobody follows: their workloads are gone, their
    /// links end, and they no longer hold back what is known to be complete. Their costs stay.
    ///
    /// - Returns: the names of the clusters that ended.
    /// - Throws: `StoreError`; then some of it may have been done, and can be gone on with.
    package func retireClusters(except configured: [String]) async throws -> [String] {
        let names = try await pool.read { session in
            try session.run(
                "SELECT name FROM cluster WHERE name <> ALL($1::text[]) AND \(Self.unfollowed) ORDER BY name",
                [.texts(configured)]
            ).map { try $0.required(0) }
        }
        var retired: [String] = []
        for name in names where try await retire(name) { retired.append(name) }
        // Also of clusters whose leader learned later than others that they are configured no more.
        try await leader.run { session in
            _ = try session.run(
                """
                DELETE FROM ingest_watermark m WHERE cluster <> ALL($1::text[])
                    AND NOT EXISTS (SELECT FROM cluster c WHERE c.name = m.cluster)
                """, [.texts(configured)])
        }
        return retired
    }

    /// - Returns: false when somebody follows the cluster again.
    private func retire(_ cluster: String) async throws -> Bool {
        while true {
            let outcome: RetiringStep = try await leader.run { session in
                let isUnfollowed =
                    try session.run(
                        "SELECT FROM cluster WHERE name = $1 AND \(Self.unfollowed) FOR UPDATE", [.text(cluster)]
                    ).count > 0
                guard isUnfollowed else { return .isFollowed }
                let ids = try session.run(
                    "SELECT id FROM workload WHERE cluster = $1 AND deleted_at IS NULL LIMIT $2::int",
                    [.text(cluster), .int(Self.chunk)]
                ).map { try $0.required(0) }
                guard ids.isEmpty else {
                    try session.run(Statement.endAllLinks, [.texts(ids)])
                    try session.run(Statement.endWorkloads, [.texts(ids)])
                    return .more
                }
                try session.run("DELETE FROM price_book WHERE cluster = $1", [.text(cluster)])
                try CostStore.forgetExportedPrices(cluster, session)
                try session.run("DELETE FROM cluster WHERE name = $1", [.text(cluster)])
                return .done
            }
            switch outcome {
            case .more: continue
            case .done: return true
            case .isFollowed: return false
            }
        }
    }

    private enum RetiringStep { case more, done, isFollowed }
}
