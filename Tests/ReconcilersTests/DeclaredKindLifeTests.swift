import Base
import Matching
import Synchronization
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("A declared kind that comes and goes", .serialized, .enabled(if: TestCluster.isAvailable))
struct DeclaredKindLifeTests {
    /// Whether the caches say that the workload is there, is gone, or nothing.
    private static func observation(_ caches: ClusterCaches, _ key: WorkloadKey) -> String {
        switch caches.observe(key, at: .now()) {
        case .present: "present"
        case .gone: "gone"
        case .unknown: "unknown"
        }
    }

    @Test("it is unknown, then absent, followed when it is installed, and gone when it is removed for good")
    func life() async throws {
        try await TestCluster.with { cluster in
            let rollouts = CustomWorkload(
                groupVersion: GroupVersion(group: "\(cluster.namespace).example.dev", version: "v1"),
                plural: "rollouts", kind: "Rollout")
            let key = WorkloadKey(cluster: "test", kind: "Rollout", namespace: cluster.namespace, name: "web")
            let reported = Mutex<Set<WorkloadKey>>([])
            @Sendable func wasReported() -> Bool { reported.withLock { $0.remove(key) != nil } }
            let caches = ClusterCaches(
                cluster: "test", client: cluster.client, workloads: [rollouts],
                logger: Logger("test", sink: { _ in }), clock: FastClock()
            ) { key, _ in reported.withLock { _ = $0.insert(key) } }
            // Nobody has asked yet, so nothing is known.
            #expect(Self.observation(caches, key) == "unknown")
            let run = Task { await caches.run() }
            defer { run.cancel() }
            #expect(await caches.waitUntilSynced(deadline: .now + .seconds(60)))

            // Who asked before hears of it when it is certain that there is no such kind.
            #expect(await eventually { wasReported() })
            #expect(Self.observation(caches, key) == "gone")

            try await cluster.withDefinition(of: rollouts) {
                _ = try await cluster.create(rollouts, "web")
                #expect(await eventually { wasReported() })
                #expect(await eventually { Self.observation(caches, key) == "present" })
                #expect(caches.warning == nil)
            }
            // Removing the definition removes the objects.
            #expect(await eventually(within: .seconds(60)) { Self.observation(caches, key) == "gone" })
            #expect(caches.isSynced && caches.error == nil)
        }
    }
}
