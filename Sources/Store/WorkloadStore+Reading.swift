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
    package let facts: WorkloadFacts
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
    /// What keeps the caches of kinds that need not be there from it; nil when nothing does.
    package let warning: String?
}

/// A cluster with what is stored of it and who follows it.
package struct ClusterState: Sendable {
    package let view: ClusterView
    /// Those that are stored as running.
    package let workloads: Int64
    /// The process that leads its shard, or was the last to lead it; nil when none ever did.
    package let leader: String?
    package let leaderSince: Timestamp?
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
                SELECT e.rule, e.matched_on, e.is_owner,
                    (SELECT o.entity_ref FROM entity_workload o
                     WHERE o.workload_id = w.id AND o.is_owner AND upper_inf(o.valid)),
                    \(microseconds("lower(e.valid)")), \(Self.columns)
                FROM entity_workload e JOIN workload w ON w.id = e.workload_id
                WHERE e.entity_ref = $1 AND upper_inf(e.valid)
                ORDER BY w.cpu_hourly_cost::numeric + w.memory_hourly_cost DESC, w.cluster, w.namespace, w.kind, w.name
                """, [.text(entityRef)]
            ).map { row in
                LinkView(
                    workload: try Self.view(row, from: 5), rule: try row.required(0), matchedOn: try row.required(1),
                    isOwner: row.bool(2), ownerRef: row.text(3), since: row.time(4) ?? Timestamp(microseconds: 0))
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
            ).map { try Self.view($0, from: 0) }
            return OrphanPage(total: totals?.0 ?? 0, hourlyCost: totals?.1 ?? 0, items: items)
        }
    }

    /// How each cluster's caches stand.
    ///
    /// - Throws: `StoreError`.
    package func clusters() async throws -> [ClusterView] {
        try await pool.read { session in
            try session.run("SELECT name, \(microseconds("synced_at")), error, warning FROM cluster ORDER BY name").map
            {
                try Self.clusterView($0)
            }
        }
    }

    /// Reads name, time, error and warning from the first four columns.
    private static func clusterView(_ row: SQLRow) throws -> ClusterView {
        ClusterView(name: try row.required(0), syncedAt: row.time(1), error: row.text(2), warning: row.text(3))
    }

    /// Each cluster with what runs there and who follows it.
    ///
    /// - Throws: `StoreError`.
    package func clusterStates() async throws -> [ClusterState] {
        try await pool.read { session in
            try session.run(
                """
                SELECT c.name, \(microseconds("c.synced_at")), c.error, c.warning,
                    (SELECT count(*) FROM workload w WHERE w.cluster = c.name AND w.deleted_at IS NULL),
                    l.holder, \(microseconds("l.began_at"))
                FROM cluster c LEFT JOIN leader_epoch l ON l.shard = 'cluster/' || c.name ORDER BY c.name
                """
            ).map { row in
                ClusterState(
                    view: try Self.clusterView(row), workloads: row.int(4) ?? 0, leader: row.text(5),
                    leaderSince: row.time(6))
            }
        }
    }

    /// The columns that `view` reads.
    private static let columns =
        """
        w.cluster, w.kind, w.namespace, w.name, w.uid, w.labels, w.replicas_desired, w.replicas_ready, w.pods, \
        w.restarts, w.cpu_request_millicores, w.memory_request_bytes, w.cpu_hourly_cost, w.memory_hourly_cost, \
        \(microseconds("w.created_at")), \(microseconds("w.changed_at")), \(WorkloadFacts.selection)
        """

    private static func view(_ row: SQLRow, from column: Int32) throws -> WorkloadView {
        WorkloadView(
            key: try key(row, from: column), uid: try row.required(column + 4),
            labels: row.json(column + 5) ?? .object([:]), replicasDesired: row.int(column + 6),
            replicasReady: row.int(column + 7) ?? 0, pods: row.int(column + 8) ?? 0,
            restarts: row.int(column + 9) ?? 0, cpuRequestMillicores: row.int(column + 10) ?? 0,
            memoryRequestBytes: row.int(column + 11) ?? 0, cpuHourlyCost: row.int(column + 12) ?? 0,
            memoryHourlyCost: row.int(column + 13) ?? 0, createdAt: row.time(column + 14),
            changedAt: row.time(column + 15) ?? Timestamp(microseconds: 0),
            facts: WorkloadFacts(row, from: column + 16))
    }
}
