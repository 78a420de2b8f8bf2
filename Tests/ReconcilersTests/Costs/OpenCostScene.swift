import Base
import CostSources
import Costs
import HTTPClient
import Matching
import Store
import TestSupport

@testable import Reconcilers

/// A stand-in for OpenCost, the loop that asks it, and a database with workloads of the clusters main and us.
struct OpenCostScene: Sendable {
    let store: Store
    let server: OpenCostServer
    let time: ManualTime
    let loop: CostFeedLoop
    let pool: PostgresPool

    static let noon = Timestamp(rfc3339: "2036-03-10T12:00:00Z") ?? .now()

    /// Stored: shop, cart and backup (a CronJob) of main; api of us; gone of main, which was deleted.
    static func with(
        clusters: [String: String] = [:], maximumBytes: Int = 1 << 20,
        _ body: @Sendable (OpenCostScene) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let present = [
                record("shop"), record("cart"), record("backup", kind: "CronJob"), record("lone", kind: "Pod"),
                record("api", in: "us"), record("gone"),
            ]
            _ = try await store.workloads.write(present: present, gone: [])
            _ = try await store.workloads.write(present: [], gone: [record("gone").workload.key])
            let deletion = noon.adding(seconds: -1_800).rfc3339
            _ = try await pool.run { session in
                try session.run("UPDATE workload SET deleted_at = '\(deletion)' WHERE name = 'gone'").affected
            }
            for cluster in ["main", "us"] { try await store.costs.complete(cluster: cluster, through: noon) }
            let server = try OpenCostServer()
            let time = ManualTime(noon.adding(seconds: 660))
            let scene = OpenCostScene(
                store: store, server: server, time: time,
                loop: Self.makeLoop(server.url, store, time, clusters: clusters, maximumBytes: maximumBytes),
                pool: pool)
            try await body(scene)
            await pool.close()
            await store.close()
        }
    }

    static func makeLoop(
        _ url: String, _ store: Store, _ time: ManualTime, clusters: [String: String] = [:],
        maximumBytes: Int = 1 << 20
    ) -> CostFeedLoop {
        let client = OpenCostClient(
            OpenCostEndpoint(baseURL: url, clusters: clusters), http: HTTPClient(name: "test"), version: "1",
            maximumBytes: maximumBytes, pause: { _ in })
        let quiet = Logger("test", sink: { _ in })
        return CostFeedLoop(
            OpenCostFeed([client], logger: quiet, jitter: { 0 }), costs: store.costs, interval: .seconds(3_600),
            metrics: MetricsRegistry(), logger: quiet, now: { time.now })
    }

    private static func record(_ name: String, in cluster: String = "main", kind: String = "Deployment")
        -> WorkloadRecord
    {
        let workload = Workload(key: WorkloadKey(cluster: cluster, kind: kind, namespace: "prod", name: name))
        return WorkloadRecord(workload: workload, cpuHourlyCost: 300, memoryHourlyCost: 100, createdAt: nil, links: [])
    }

    /// Rounds until all that is behind has been asked for.
    func catchUp() async {
        for _ in 0..<10 where await loop.round() {
            if await loop.nextWait != .zero { return }
        }
    }

    /// `cluster/kind/namespace/name hour cost` of the stored hours of OpenCost from an hour on.
    func hours(since: Timestamp = noon.adding(seconds: -3_600)) async throws -> [String] {
        try await values(
            """
            SELECT concat_ws('/', w.cluster, w.kind, w.namespace, w.name) || ' '
                || to_char(c.hour AT TIME ZONE 'UTC', 'HH24') || ' ' || (c.cpu_cost + c.memory_cost)
            FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
            WHERE c.source = 3 AND c.hour >= '\(since.rfc3339)'
            ORDER BY w.cluster, w.kind COLLATE "C", w.name COLLATE "C", c.hour
            """)
    }

    func values(_ statement: String) async throws -> [String] {
        try await pool.run { session in try session.run(statement).map { $0.text(0) ?? "NULL" } }
    }

    func state(_ cluster: String = "main") async throws -> IngestState? {
        try await store.costs.ingestStates(of: .opencost).first { $0.cluster == cluster }
    }
}
