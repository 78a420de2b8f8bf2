package import Base
package import Matching

/// What a source says of a workload that matches an entity.
package struct LinkedDetails: Sendable {
    package let key: WorkloadKey
    package let isOwner: Bool
    /// `details` of its recommendation; nil: the source does not know the workload.
    package let details: JSONValue?
}

extension CostStore {
    /// Writes what sources say of workloads; rows that say the same already are left alone, and members of `details` that
    /// are left out keep their stored values.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(_ recommendations: [Recommendation]) async throws {
        try await leader.run { session in try Recommendation.write(recommendations, .merge, session) }
    }

    /// Removes what a source said of workloads in these clusters that it does not know any more. EXCEPT and not NOT EXISTS,
    /// for the reason that `WorkloadStore` gives.
    ///
    /// - Parameter known: ids of those that it knows.
    /// - Throws: `StoreError`; then nothing was removed.
    package func forgetRecommendations(
        of source: CostSource, in clusters: [String], except known: [Int]
    ) async throws {
        guard !clusters.isEmpty else { return }
        try await leader.run { session in
            _ = try session.run(
                """
                DELETE FROM recommendation WHERE source = $1 AND container = '' AND workload_id IN (
                    SELECT r.workload_id FROM recommendation r JOIN workload w ON w.id = r.workload_id
                    WHERE r.source = $1 AND r.container = '' AND w.cluster = ANY($2::text[])
                    EXCEPT SELECT unnest($3::int[]))
                """, [.text(source.name), .texts(clusters), .ints(known.map(Int64.init))])
        }
    }

    /// What a source says of the workloads that match an entity now, by cluster, namespace, kind and name.
    ///
    /// - Throws: `StoreError`.
    package func details(from source: CostSource, linkedTo entityRef: String) async throws -> [LinkedDetails] {
        try await pool.read { session in
            try session.run(
                """
                SELECT w.cluster, w.kind, w.namespace, w.name, e.is_owner, r.details
                FROM entity_workload e JOIN workload w ON w.id = e.workload_id
                LEFT JOIN recommendation r ON r.workload_id = w.id AND r.source = $2 AND r.container = ''
                WHERE e.entity_ref = $1 AND upper_inf(e.valid)
                ORDER BY w.cluster, w.namespace, w.kind, w.name
                """, [.text(entityRef), .text(source.name)]
            ).map { row in
                LinkedDetails(key: try WorkloadStore.key(row, from: 0), isOwner: row.bool(4), details: row.json(5))
            }
        }
    }
}
