import Base
import Costs
import Matching
import Store
import TestSupport
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite(
    "Declared kinds against a real API server and a real database",
    .serialized, .enabled(if: TestDatabase.isAvailable && TestCluster.isAvailable))
struct CustomWorkloadReconcilerTests {
    private static let entity = "component:default/web"

    /// A kind of its own for each test, so that tests that run beside each other do not meet.
    private static func declaration(of cluster: TestCluster) -> CustomWorkload {
        CustomWorkload(
            groupVersion: GroupVersion(group: "\(cluster.namespace).example.dev", version: "v1alpha1"),
            plural: "rollouts", kind: "Rollout")
    }

    private static func reconciler(_ cluster: TestCluster, _ store: Store) throws -> WorkloadReconciler {
        WorkloadReconciler(
            following: ClusterFollower(
                cluster: "test", client: cluster.client, workloads: [declaration(of: cluster)],
                logger: Logger("test", sink: { _ in })),
            store: store,
            prices: EstimatePrices(
                nodes: NodePriceBook(
                    onDemand: PriceList(
                        currency: "USD", perCoreHour: Money(nanoDollars: 1_000_000_000),
                        perGiBHour: Money(nanoDollars: 500_000_000)))),
            costInterval: .seconds(1), metrics: MetricsRegistry(), logger: Logger("test", sink: { _ in }))
    }

    private static func following(
        _ cluster: TestCluster, _ store: Store, _ body: (WorkloadReconciler) async throws -> Void
    ) async throws {
        let reconciler = try reconciler(cluster, store)
        let run = Task { await reconciler.runWithCaches() }
        let claim = try #require(
            EntitySelector(
                entityRef: entity, selector: LabelSelector(parsing: "app=web"), rule: .labelSelector,
                namespaces: [cluster.namespace]))
        await reconciler.claimsChanged([entity: claim])
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(reconciler))
        } catch {
            result = .failure(error)
        }
        run.cancel()
        await run.value
        try result.get()
    }

    @Test("a Rollout is a workload with the pods of its ReplicaSets; its ReplicaSets are none")
    func rollout() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let rollouts = Self.declaration(of: cluster)
                try await cluster.withDefinition(of: rollouts) {
                    let uid = try await cluster.create(rollouts, "web")
                    try await cluster.createReplicaSet("web-1", of: rollouts, "web", uid: uid, replicas: 2)
                    try await Self.following(cluster, store) { reconciler async throws in
                        #expect(
                            await eventually(within: .seconds(60)) {
                                try await store.link(of: Self.entity, to: "web")?.workload.cpuRequestMillicores == 500
                            })
                        let link = try #require(try await store.link(of: Self.entity, to: "web"))
                        #expect(link.workload.key.kind == "Rollout" && link.workload.pods == 2)
                        #expect(link.workload.replicasDesired == 2)
                        #expect(try await store.link(of: Self.entity, to: "web-1") == nil)
                        #expect(await eventually { await reconciler.isCaughtUp })
                        #expect(reconciler.follower.caches.warning == nil)
                        try await cluster.delete(rollouts, "web")
                        #expect(
                            await eventually(within: .seconds(60)) {
                                try await store.link(of: Self.entity, to: "web") == nil
                            })
                    }
                }
            }
        }
    }

    @Test("a kind that the server does not have keeps nothing back, and what is stored of it stays")
    func notThere() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let key = WorkloadKey(cluster: "test", kind: "Rollout", namespace: cluster.namespace, name: "web")
                let link = Link(entityRef: Self.entity, rule: .labelSelector, matchedOn: .workload, isOwner: true)
                _ = try await store.workloads.write(
                    present: [
                        WorkloadRecord(
                            workload: Workload(key: key, uid: "u"), cpuHourlyCost: 0, memoryHourlyCost: 0,
                            createdAt: nil, links: [link])
                    ], gone: [])
                try await cluster.createDeployment("other")
                try await Self.following(cluster, store) { reconciler async throws in
                    #expect(await eventually(within: .seconds(60)) { await reconciler.isCaughtUp })
                    #expect(reconciler.follower.caches.isSynced && reconciler.follower.caches.error == nil)
                    let warning = try #require(reconciler.follower.caches.warning)
                    #expect(warning.hasPrefix("rollouts.\(cluster.namespace).example.dev: "))
                    #expect(try await store.link(of: Self.entity, to: "web") != nil)
                    #expect(
                        try await store.workloads.present(cluster: "test").keys.contains {
                            $0.kind == "Deployment" && $0.name == "other" && $0.namespace == cluster.namespace
                        })
                }
            }
        }
    }
}

extension TestCluster {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    /// Installs the kind, waits until the server has it, runs the body, and removes the kind again.
    func withDefinition(of workload: CustomWorkload, _ body: () async throws -> Void) async throws {
        let group = workload.groupVersion.group
        _ = try await client.create(
            Self.definitions,
            [
                "metadata": ["name": .string("\(workload.plural).\(group)")],
                "spec": [
                    "group": .string(group), "scope": "Namespaced",
                    "names": [
                        "plural": .string(workload.plural), "kind": .string(workload.kind),
                        "singular": .string(workload.kind.lowercased()),
                    ],
                    "versions": [
                        [
                            "name": .string(workload.groupVersion.version), "served": true, "storage": true,
                            "schema": [
                                "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                            ],
                        ]
                    ],
                ],
            ])
        let path = Endpoint(workload.groupVersion, workload.plural).path(namespace: namespace)
        #expect(
            await eventually {
                do {
                    _ = try await client.get(path)
                    return true
                } catch let error as KubernetesError where error.code == .notFound {
                    return false
                }
            })
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await client.delete("\(Self.definitions)/\(workload.plural).\(group)")
        try result.get()
    }

    /// - Returns: the uid.
    func create(_ workload: CustomWorkload, _ name: String) async throws -> String {
        let made = try await client.create(
            Endpoint(workload.groupVersion, workload.plural).path(namespace: namespace),
            [
                "apiVersion": .string(workload.groupVersion.description), "kind": .string(workload.kind),
                "metadata": ["name": .string(name)],
                "spec": ["replicas": 2, "template": ["metadata": ["labels": ["app": .string(name)]]]],
                "status": ["readyReplicas": 1, "observedGeneration": "1"],
            ])
        return made["metadata"]?["uid"]?.stringValue ?? ""
    }

    func delete(_ workload: CustomWorkload, _ name: String) async throws {
        try await client.delete(Endpoint(workload.groupVersion, workload.plural).path(namespace: namespace, name: name))
    }

    /// A ReplicaSet that a custom resource controls, as its controller would make it.
    func createReplicaSet(
        _ name: String, of workload: CustomWorkload, _ owner: String, uid: String, replicas: Int64
    ) async throws {
        _ = try await client.create(
            "/apis/apps/v1/namespaces/\(namespace)/replicasets",
            [
                "metadata": [
                    "name": .string(name),
                    "ownerReferences": [
                        [
                            "apiVersion": .string(workload.groupVersion.description), "kind": .string(workload.kind),
                            "name": .string(owner), "uid": .string(uid), "controller": true,
                        ]
                    ],
                ],
                "spec": [
                    "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(owner)]],
                    "template": ["metadata": ["labels": ["app": .string(owner)]], "spec": Self.podSpec],
                ],
            ])
    }
}
