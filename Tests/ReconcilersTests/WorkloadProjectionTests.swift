import Base
import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Projection of cluster objects to workloads")
struct WorkloadProjectionTests {
    private static let webSet = controller("ReplicaSet", "web-1", "r1")

    private static func web(_ pods: [Pod], more: [WorkloadObject] = []) -> Workload? {
        let objects = [
            object(
                .deployment, "web", uid: "d1", replicas: ReplicaCounts(desired: 3, ready: 2), labels: ["team": "a"],
                template: ["app": "web"]),
            object(.replicaSet, "web-1", uid: "r1", of: controller("Deployment", "web", "d1")),
        ]
        return HandmadeCluster(objects + more, pods: pods).project(key("Deployment", "web"))?.workload
    }

    @Test("a Deployment has the pods of all its ReplicaSets, its labels, its template's labels and its counts")
    func deployment() throws {
        let older = object(.replicaSet, "web-0", uid: "r0", of: controller("Deployment", "web", "d1"))
        let workload = try #require(
            Self.web(
                [
                    pod("a", of: Self.webSet, restarts: 2), pod("b", of: Self.webSet, restarts: 3),
                    pod("c", of: controller("ReplicaSet", "web-0", "r0")),
                    pod("stranger", of: controller("ReplicaSet", "api-1", "r7")), pod("bare"),
                ], more: [older]))
        #expect(workload.uid == "d1")
        #expect(workload.labels == ["team": "a"])
        #expect(workload.templateLabels == ["app": "web"])
        #expect(workload.desiredReplicas == 3)
        #expect(workload.readyReplicas == 2)
        #expect(workload.podCount == 3)
        #expect(workload.restarts == 5)
        #expect(workload.requestedCPUMillicores == 750)
        #expect(workload.requestedMemoryBytes == 3_000)
    }

    @Test(
        "finished pods hold nothing; pods without a node count but hold nothing yet",
        arguments: [
            (PodPhase.succeeded, "node-1", 0, 0), (.failed, "node-1", 0, 0), (.failed, "", 0, 0),
            (.pending, "", 1, 0), (.pending, "node-1", 1, 250), (.running, "node-1", 1, 250),
            (.unknown, "node-1", 1, 250),
        ] as [(PodPhase, String, Int, Int64)])
    func holding(phase: PodPhase, node: String, pods: Int, cpu: Int64) throws {
        let workload = try #require(Self.web([pod("a", of: Self.webSet, node: node, phase: phase, restarts: 4)]))
        #expect(workload.podCount == pods)
        #expect(workload.restarts == pods * 4)
        #expect(workload.requestedCPUMillicores == cpu)
        #expect(workload.requestedMemoryBytes == cpu * 4)
    }

    @Test("requests that no machine could hold do not overflow")
    func saturation() throws {
        let absurd = ComputeResources(cpuMillicores: .max, memoryBytes: .max)
        let workload = try #require(
            Self.web([
                pod("a", of: Self.webSet, requests: absurd), pod("b", of: Self.webSet, requests: absurd),
            ]))
        #expect(workload.requestedCPUMillicores == .max)
        #expect(workload.requestedMemoryBytes == .max)
    }

    @Test("a successor of the same name has none of its predecessor's pods")
    func successor() throws {
        let cluster = HandmadeCluster(
            [
                object(.deployment, "web", uid: "d2"),
                object(.replicaSet, "web-1", uid: "r1", of: controller("Deployment", "web", "d1")),
                object(.statefulSet, "db", uid: "s2"),
            ],
            pods: [pod("a", of: Self.webSet), pod("db-0", of: controller("StatefulSet", "db", "s1"))])
        #expect(cluster.project(key("Deployment", "web"))?.workload.podCount == 0)
        #expect(cluster.project(key("StatefulSet", "db"))?.workload.podCount == 0)
    }

    @Test("a CronJob has the pods of its Jobs and no number of replicas")
    func cronJob() throws {
        let cluster = HandmadeCluster(
            [
                object(.cronJob, "backup", uid: "c1"),
                object(.job, "backup-1", uid: "j1", of: controller("CronJob", "backup", "c1")),
                object(.job, "other", uid: "j2"),
            ],
            pods: [
                pod("a", of: controller("Job", "backup-1", "j1")), pod("b", of: controller("Job", "other", "j2")),
                pod("c", of: controller("Job", "backup-1", "j1"), phase: .succeeded),
            ])
        let workload = try #require(cluster.project(key("CronJob", "backup"))).workload
        #expect(workload.podCount == 1)
        #expect(workload.desiredReplicas == nil)
        #expect(cluster.project(key("Job", "other"))?.workload.podCount == 1)
    }

    @Test("a pod that nothing known controls is a workload without a template")
    func barePod() throws {
        let cluster = HandmadeCluster(pods: [
            pod("debug"), pod("spark-1", of: controller("SparkApplication", "etl", "x")), pod("done", phase: .failed),
        ])
        let observed = try #require(cluster.project(key("Pod", "debug")))
        #expect(observed.createdAt == Timestamp(seconds: 2_000))
        #expect(observed.workload.labels == ["app": "shop"])
        #expect(observed.workload.templateLabels == nil)
        #expect(observed.workload.desiredReplicas == nil)
        #expect(observed.workload.readyReplicas == 1)
        #expect(observed.workload.requestedCPUMillicores == 250)
        #expect(cluster.project(key("Pod", "spark-1"))?.workload.podCount == 1)
        let finished = try #require(cluster.project(key("Pod", "done"))).workload
        #expect((finished.podCount, finished.readyReplicas, finished.requestedCPUMillicores) == (0, 0, 0))
    }

    @Test(
        "what is a part of another workload, of a kind unknown, or not there, is no workload",
        arguments: [
            ("ReplicaSet", "web-1"), ("Job", "backup-1"), ("Pod", "a"), ("Pod", "pending-owner"),
            ("Deployment", "unseen"), ("Rollout", "web"), ("Pod", "unseen"),
        ])
    func none(kind: String, name: String) {
        let cluster = HandmadeCluster(
            [
                object(.deployment, "web", uid: "d1"),
                object(.replicaSet, "web-1", uid: "r1", of: controller("Deployment", "web", "d1")),
                object(.cronJob, "backup", uid: "c1"),
                object(.job, "backup-1", uid: "j1", of: controller("CronJob", "backup", "c1")),
            ],
            pods: [pod("a", of: Self.webSet), pod("pending-owner", of: controller("ReplicaSet", "new", "r9"))])
        #expect(cluster.project(key(kind, name)) == nil)
    }

    @Test("a ReplicaSet that its Deployment has let go stands for itself, with its pods")
    func orphaned() throws {
        let cluster = HandmadeCluster(
            [object(.replicaSet, "web-1", uid: "r1", replicas: ReplicaCounts(desired: 1, ready: 1))],
            pods: [pod("a", of: Self.webSet)])
        let workload = try #require(cluster.project(key("ReplicaSet", "web-1"))).workload
        #expect(workload.podCount == 1)
        #expect(workload.desiredReplicas == 1)
    }
}

extension ObservedWorkload: Equatable {
    static func == (left: ObservedWorkload, right: ObservedWorkload) -> Bool {
        left.workload == right.workload && left.createdAt == right.createdAt
    }
}
