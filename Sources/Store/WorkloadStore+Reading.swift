package import Base
package import Matching

/// A stored workload as somebody looks at it.
package struct WorkloadView: Sendable {
    package let key: WorkloadKey
    package let uid: String
    package let labels: JSONValue
    package let replicasDesired: Int64?
    package let replicasReady: Int64
    package let pods: Int64
    package let restarts: Int64
    package let cpuRequestMillicores: Int64
    package let memoryRequestBytes: Int64
    /// Nano-dollars an hour.
    package let cpuHourlyCost: Int64
    /// Nano-dollars an hour.
    package let memoryHourlyCost: Int64
    package let createdAt: Timestamp?
    package let changedAt: Timestamp
}

/// How an entity holds a workload now.
package struct LinkView: Sendable {
    package let workload: WorkloadView
    package let rule: String
    package let matchedOn: String
    package let isOwner: Bool
    /// The entity that owns it; another one when `isOwner` is false.
    package let ownerRef: String?
    package let since: Timestamp
}

/// How a cluster's caches stand.
package struct ClusterView: Sendable {
    package let name: String
    /// When they were last seen to follow the API server.
    package let syncedAt: Timestamp?
    package let error: String?
}

/// Workloads that nobody owns: how many there are in all, and some of them, dearest first.
package struct OrphanPage: Sendable {
    package let total: Int
    /// Nano-dollars an hour of all of them.
    package let hourlyCost: Int64
    package let items: [WorkloadView]
}

extension WorkloadStore {
    /// The workloads that match an entity now, dearest first.
    ///
    /// - Throws: `StoreError`.
    package func workloads(of entityRef: String) async throws -> [LinkView] {
        try await pool.read { session in
            try session.run(
                """
                SELECT \(Self.columns), e.rule, e.matched_on, e.is_owner,
                    (SELECT o.entity_ref FROM entity_workload o
                     WHERE o.workload_id = w.id AND o.is_owner AND upper_inf(o.valid)),
                    \(microseconds("lower(e.valid)"))
                FROM entity_workload e JOIN workload w ON w.id = e.workload_id
                WHERE e.entity_ref = $1 AND upper_inf(e.valid)
                ORDER BY w.cpu_hourly_cost::numeric + w.memory_hourly_cost DESC, w.cluster, w.namespace, w.kind, w.name
                """, [.text(entityRef)]
            ).map { row in
                LinkView(
                    workload: try Self.view(row), rule: try row.required(16), matchedOn: try row.required(17),
                    isOwner: row.bool(18), ownerRef: row.text(19), since: row.time(20) ?? Timestamp(microseconds: 0))
            }
        }
    }

    /// Workloads without an owner, dearest first.
    ///
    /// - Parameters:
    ///   - namespace: only those of this namespace; nil for all.
    ///   - cluster: only those of this cluster; nil for all.
    ///   - offset: how many of the dearest to leave out.
    /// - Throws: `StoreError`.
    package func orphans(namespace: String?, cluster: String?, limit: Int, offset: Int) async throws -> OrphanPage {
        let orphan =
            """
            w.deleted_at IS NULL AND ($1::text IS NULL OR w.namespace = $1) AND ($2::text IS NULL OR w.cluster = $2)
                AND NOT EXISTS (SELECT FROM entity_workload e
                    WHERE e.workload_id = w.id AND e.is_owner AND upper_inf(e.valid))
            """
        let values: [SQLValue] = [.text(namespace), .text(cluster)]
        return try await pool.read { session in
            let totals = try session.run(
                """
                SELECT count(*), \(boundedSum("w.cpu_hourly_cost::numeric + w.memory_hourly_cost"))
                FROM workload w WHERE \(orphan)
                """, values
            ).first { (Int($0.int(0) ?? 0), $0.int(1) ?? 0) }
            let items = try session.run(
                """
                SELECT \(Self.columns) FROM workload w WHERE \(orphan)
                ORDER BY w.cpu_hourly_cost::numeric + w.memory_hourly_cost DESC, w.id LIMIT $3::int OFFSET $4::int
                """, values + [.int(Int64(limit)), .int(Int64(offset))]
            ).map(Self.view)
            return OrphanPage(total: totals?.0 ?? 0, hourlyCost: totals?.1 ?? 0, items: items)
        }
    }

    /// How each cluster's caches stand.
    ///
    /// - Throws: `StoreError`.
    package func clusters() async throws -> [ClusterView] {
        try await pool.read { session in
            try session.run("SELECT name, \(microseconds("synced_at")), error FROM cluster ORDER BY name").map { row in
                ClusterView(name: try row.required(0), syncedAt: row.time(1), error: row.text(2))
            }
        }
    }

    /// The sixteen columns that `view` reads.
    private static let columns =
        """
        w.cluster, w.kind, w.namespace, w.name, w.uid, w.labels, w.replicas_desired, w.replicas_ready, w.pods, \
        w.restarts, w.cpu_request_millicores, w.memory_request_bytes, w.cpu_hourly_cost, w.memory_hourly_cost, \
        \(microseconds("w.created_at")), \(microseconds("w.changed_at"))
        """

    private static func view(_ row: SQLRow) throws -> WorkloadView {
        WorkloadView(
            key: try key(row, from: 0), uid: try row.required(4), labels: row.json(5) ?? .object([:]),
            replicasDesired: row.int(6), replicasReady: row.int(7) ?? 0, pods: row.int(8) ?? 0,
            restarts: row.int(9) ?? 0, cpuRequestMillicores: row.int(10) ?? 0, memoryRequestBytes: row.int(11) ?? 0,
            cpuHourlyCost: row.int(12) ?? 0, memoryHourlyCost: row.int(13) ?? 0, createdAt: row.time(14),
            changedAt: row.time(15) ?? Timestamp(microseconds: 0))
    }
}
