import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Which workload an object belongs to")
struct OwnershipTests {
    private static let cluster = HandmadeCluster([
        object(.deployment, "web", uid: "d1"),
        object(.replicaSet, "web-5d4", uid: "r1", of: controller("Deployment", "web", "d1")),
        object(.replicaSet, "lone", uid: "r2"),
        object(.replicaSet, "canary-77", uid: "r3", of: controller("Rollout", "canary", "x1")),
        object(.cronJob, "backup", uid: "c1"),
        object(.job, "backup-100", uid: "j1", of: controller("CronJob", "backup", "c1")),
        object(.job, "import", uid: "j2"),
        object(.job, "step", uid: "j3", of: controller("Workflow", "etl", "x2")),
        object(.statefulSet, "db", uid: "s1"),
        object(.daemonSet, "agent", uid: "a1", of: controller("AgentOperator", "agents", "x3")),
    ])

    @Test(
        "a pod belongs to the workload at the end of its controller references",
        arguments: [
            (controller("ReplicaSet", "web-5d4", "r1"), "Deployment", "web"),
            (controller("ReplicaSet", "lone", "r2"), "ReplicaSet", "lone"),
            (controller("ReplicaSet", "canary-77", "r3"), "ReplicaSet", "canary-77"),
            (controller("Job", "backup-100", "j1"), "CronJob", "backup"),
            (controller("Job", "import", "j2"), "Job", "import"),
            (controller("Job", "step", "j3"), "Job", "step"),
            (controller("StatefulSet", "db", "s1"), "StatefulSet", "db"),
            (controller("DaemonSet", "agent", "a1"), "DaemonSet", "agent"),
            (nil, "Pod", "p"),
            (controller("Node", "node-1", "n1"), "Pod", "p"),
            (controller("SparkApplication", "etl", "x4"), "Pod", "p"),
            // Kinds of other groups that are called like ours: OpenKruise, Volcano.
            (controller("StatefulSet", "db", "x5", group: "apps.kruise.io"), "Pod", "p"),
            (controller("Job", "import", "x6", group: "batch.volcano.sh"), "Pod", "p"),
        ] as [(ControllerReference?, String, String)])
    func pods(owner: ControllerReference?, kind: String, name: String) {
        #expect(Self.cluster.ownership.workload(of: pod("p", of: owner)) == key(kind, name))
    }

    @Test(
        "a pod whose ReplicaSet or Job is not in the cache, or is a successor of that name, belongs to none yet",
        arguments: [
            controller("ReplicaSet", "unseen", "r9"), controller("ReplicaSet", "web-5d4", "another-uid"),
            controller("Job", "unseen", "j9"), controller("Job", "backup-100", "another-uid"),
        ])
    func unknown(owner: ControllerReference) {
        #expect(Self.cluster.ownership.workload(of: pod("p", of: owner)) == nil)
    }

    @Test(
        "an object that a known kind controls is a part of that workload, any other stands for itself",
        arguments: [
            (object(.deployment, "web", uid: "d1"), "Deployment", "web"),
            (object(.replicaSet, "web-1", uid: "r", of: controller("Deployment", "web", "d1")), "Deployment", "web"),
            (object(.replicaSet, "x", uid: "r", of: controller("CronJob", "odd", "c")), "ReplicaSet", "x"),
            (object(.replicaSet, "x", uid: "r", of: controller("Rollout", "canary", "o")), "ReplicaSet", "x"),
            (object(.job, "backup-1", uid: "j", of: controller("CronJob", "backup", "c1")), "CronJob", "backup"),
            (object(.job, "x", uid: "j", of: controller("Deployment", "odd", "d")), "Job", "x"),
            (object(.statefulSet, "db", uid: "s", of: controller("Postgres", "db", "o")), "StatefulSet", "db"),
            (object(.deployment, "x", uid: "d", of: controller("Deployment", "odd", "d")), "Deployment", "x"),
        ])
    func objects(object: WorkloadObject, kind: String, name: String) {
        #expect(Self.cluster.ownership.workload(of: object) == key(kind, name))
    }

    @Test("all workloads are those that some object is or belongs to")
    func all() {
        let cluster = HandmadeCluster(
            [
                object(.replicaSet, "web-5d4", uid: "r1", of: controller("Deployment", "web", "d1")),
                object(.job, "import", uid: "j2"),
            ],
            pods: [
                pod("a", of: controller("ReplicaSet", "web-5d4", "r1")), pod("bare"),
                pod("early", of: controller("ReplicaSet", "unseen", "r9")),
            ])
        #expect(
            cluster.ownership.all() == [key("Deployment", "web"), key("Job", "import"), key("Pod", "bare")])
    }
}
