import Base
import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Workloads of declared kinds")
struct DeclaredOwnershipTests {
    private static let rollouts = CustomWorkload(
        groupVersion: GroupVersion(group: "argoproj.io", version: "v1alpha1"), plural: "rollouts", kind: "Rollout")
    private static let fleets = CustomWorkload(
        groupVersion: GroupVersion(group: "example.dev", version: "v1"), plural: "fleets", kind: "Fleet",
        isNamespaced: false)
    private static let rollout = rollouts.workloadKind

    private static func owner(_ kind: String, _ name: String, _ uid: ObjectUID) -> ControllerReference {
        controller(kind, name, uid, group: kind == "Rollout" ? "argoproj.io" : "example.dev")
    }

    private static func cluster(_ objects: [WorkloadObject], pods: [Pod] = []) -> HandmadeCluster {
        HandmadeCluster(objects, pods: pods, workloads: [rollouts, fleets])
    }

    @Test("pods of a Rollout belong to it through its ReplicaSets, and so does its autoscaler")
    func rollout() throws {
        let cluster = Self.cluster(
            [
                object(
                    Self.rollout, "web", uid: "x1", replicas: ReplicaCounts(desired: 2, ready: 1),
                    template: ["app": "web"]),
                object(.replicaSet, "web-1", uid: "r1", of: Self.owner("Rollout", "web", "x1")),
                object(.replicaSet, "web-2", uid: "r2", of: Self.owner("Rollout", "web", "x1")),
                object(.replicaSet, "alien", uid: "r3", of: controller("Rollout", "web", "x9", group: "other.io")),
            ],
            pods: [
                pod("a", of: controller("ReplicaSet", "web-1", "r1")),
                pod("b", of: controller("ReplicaSet", "web-2", "r2")),
                pod("c", of: controller("ReplicaSet", "alien", "r3")),
            ])
        let workload = try #require(cluster.project(key("Rollout", "web"))).workload
        #expect(workload.podCount == 2 && workload.requestedCPUMillicores == 500)
        #expect((workload.desiredReplicas, workload.readyReplicas) == (2, 1))
        #expect(workload.templateLabels == ["app": "web"])
        #expect(cluster.project(key("ReplicaSet", "web-1")) == nil)
        #expect(cluster.project(key("ReplicaSet", "alien"))?.workload.podCount == 1)
        #expect(cluster.ownership.all() == [key("Rollout", "web"), key("ReplicaSet", "alien")])
        let scaled = cluster.ownership.workload(of: autoscaler("web", kind: "Rollout", group: "argoproj.io"))
        #expect(scaled == key("Rollout", "web"))
        #expect(cluster.ownership.workload(of: autoscaler("web", kind: "Rollout", group: "other.io")) == nil)
    }

    @Test("what a declared kind controls at any depth is a part of it, also across namespaces when it has none")
    func chain() throws {
        let cluster = Self.cluster(
            [
                object(Self.fleets.workloadKind, "all", uid: "f1", namespace: ""),
                object(.deployment, "web", uid: "d1", of: Self.owner("Fleet", "all", "f1")),
                object(.replicaSet, "web-1", uid: "r1", of: controller("Deployment", "web", "d1")),
                object(.cronJob, "nightly", uid: "c1", of: Self.owner("Fleet", "all", "f1")),
                object(.job, "nightly-1", uid: "j1", of: controller("CronJob", "nightly", "c1")),
            ],
            pods: [
                pod("a", of: controller("ReplicaSet", "web-1", "r1")),
                pod("b", of: controller("Job", "nightly-1", "j1")),
                pod("c", of: Self.owner("Fleet", "all", "f1")),
            ])
        let fleet = WorkloadKey(cluster: "test", kind: "Fleet", namespace: "", name: "all")
        #expect(cluster.ownership.all() == [fleet])
        #expect(cluster.project(fleet)?.workload.podCount == 3)
    }

    @Test("objects that own each other in a circle end nothing")
    func circle() {
        let cluster = Self.cluster([
            object(Self.rollout, "a", uid: "x1", of: Self.owner("Rollout", "b", "x2")),
            object(Self.rollout, "b", uid: "x2", of: Self.owner("Rollout", "a", "x1")),
        ])
        #expect(cluster.ownership.all().count <= 2)
        _ = cluster.project(key("Rollout", "a"))
    }

    @Test("a Rollout may use the template of a Deployment, which stays a workload of its own")
    func template() throws {
        let cluster = Self.cluster([
            object(.deployment, "web", uid: "d1", template: ["app": "web"]),
            object(Self.rollout, "web-rollout", uid: "x1", templateSource: "web"),
            object(Self.rollout, "lost", uid: "x2", template: ["app": "lost"], templateSource: "unseen"),
        ])
        #expect(cluster.project(key("Rollout", "web-rollout"))?.workload.templateLabels == ["app": "web"])
        #expect(cluster.project(key("Rollout", "lost"))?.workload.templateLabels == ["app": "lost"])
        #expect(cluster.project(key("Deployment", "web")) != nil)
        let deployment = object(.deployment, "web", uid: "d1")
        #expect(cluster.ownership.users(ofTemplate: deployment) == [key("Rollout", "web-rollout")])
        #expect(cluster.ownership.users(ofTemplate: object(.statefulSet, "web", uid: "s")).isEmpty)
    }

    @Test("when the server does not have the kind, what it is said to own stands for itself")
    func absent() {
        let cluster = Self.cluster(
            [
                object(Self.rollout, "web", uid: "x1"),
                object(.replicaSet, "web-1", uid: "r1", of: Self.owner("Rollout", "web", "x1")),
            ],
            pods: [pod("a", of: controller("ReplicaSet", "web-1", "r1"))])
        var status = InformerStatus()
        status.isServed = false
        for seconds in [0, 120] {
            _ = cluster.declared.observe({ $0 == Self.rollout ? status : nil }, at: .seconds(seconds))
        }
        #expect(cluster.project(key("Rollout", "web")) == nil)
        #expect(cluster.project(key("ReplicaSet", "web-1"))?.workload.podCount == 1)
        #expect(cluster.ownership.all() == [key("ReplicaSet", "web-1")])
    }
}

@Suite("What may be concluded about a declared kind")
struct KindKnowledgeTests {
    private func state(_ steps: [(lists: Int, isServed: Bool, seconds: Int)]) -> KindKnowledge.State {
        var knowledge = KindKnowledge()
        for step in steps { knowledge.observe(lists: step.lists, isServed: step.isServed, at: .seconds(step.seconds)) }
        return knowledge.state
    }

    @Test("nothing before it was listed; a kind that is forbidden stays unknown however long")
    func unknown() {
        #expect(state([]) == .unknown)
        #expect(state([(0, true, 0), (0, true, 100_000)]) == .unknown)
    }

    @Test("what was listed is known, and stays so while the server does not answer")
    func known() { #expect(state([(1, true, 0), (1, true, 100_000)]) == .known) }

    @Test("that the server does not have it counts only when it has said so for two minutes")
    func absent() {
        #expect(state([(0, false, 10), (0, false, 129)]) == .unknown)
        #expect(state([(0, false, 10), (0, false, 130)]) == .absent)
        #expect(state([(3, true, 0), (3, false, 10), (3, false, 129)]) == .unknown)
        #expect(state([(3, true, 0), (3, false, 10), (3, false, 130)]) == .absent)
    }

    @Test("an answer in between begins the time anew")
    func interrupted() {
        #expect(state([(1, false, 0), (2, true, 100), (2, false, 110), (2, false, 200)]) == .unknown)
    }

    @Test("when it comes it is known")
    func returned() { #expect(state([(0, false, 0), (0, false, 200), (1, true, 300)]) == .known) }
}
