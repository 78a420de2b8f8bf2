import Base
import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("What is known of a workload")
struct WorkloadFactsProjectionTests {
    private static let owner = controller("StatefulSet", "db", "s1")

    private static func db(_ pods: [Pod], autoscalers: [HorizontalPodAutoscaler] = []) throws -> ObservedWorkload {
        let set = object(
            .statefulSet, "db", uid: "s1", replicas: ReplicaCounts(desired: 3, ready: 2, available: 1, updated: 2))
        return try #require(
            HandmadeCluster([set], pods: pods, autoscalers: autoscalers).project(key("StatefulSet", "db")))
    }

    @Test("pods are counted by phase, the finished ones too")
    func phases() throws {
        let phases: [PodPhase] = [.running, .running, .pending, .succeeded, .failed, .failed, .failed, .unknown]
        let pods = phases.enumerated().map { pod("p\($0)", of: Self.owner, phase: $1) }
        let workload = try Self.db(pods).workload
        #expect(workload.facts.pods == PodCounts(pending: 1, running: 2, succeeded: 1, failed: 3, unknown: 1))
        #expect(workload.podCount == 4)
        #expect((workload.facts.availableReplicas, workload.facts.updatedReplicas) == (1, 2))
    }

    @Test("limits are those of placed pods; what containers lack is counted over all that are not finished")
    func limits() throws {
        let containers = PodContainers(
            limits: ComputeResources(cpuMillicores: 500, memoryBytes: 2_000), withoutRequests: 1, withoutMemoryLimit: 2,
            images: ["db:1"])
        let facts = try Self.db([
            pod("a", of: Self.owner, containers: containers), pod("b", of: Self.owner, containers: containers),
            pod("waits", of: Self.owner, node: "", phase: .pending, containers: containers),
            pod(
                "done", of: Self.owner, phase: .failed, containers: PodContainers(withoutRequests: 5, images: ["old:1"])
            ),
        ]).workload.facts
        #expect((facts.limitCPUMillicores, facts.limitMemoryBytes) == (1_000, 4_000))
        #expect((facts.containersWithoutRequests, facts.containersWithoutMemoryLimit) == (3, 6))
        #expect(facts.images == ["db:1"])
    }

    @Test("containers that were killed for want of memory, and the latest end of any, are known")
    func terminations() throws {
        func ended(_ name: String, _ reason: String, at seconds: Int64, phase: PodPhase = .running) -> Pod {
            let end = ContainerTermination(reason: reason, exitCode: 137, finishedAt: Timestamp(seconds: seconds))
            return pod(
                name, of: Self.owner, phase: phase,
                troubles: PodTroubles(containers: [ContainerTrouble(name: "c", restartCount: 1, termination: end)]))
        }
        let facts = try Self.db([
            ended("a", "OOMKilled", at: 100), ended("b", "Error", at: 300),
            ended("c", "OOMKilled", at: 200, phase: .failed),
        ]).workload.facts
        #expect(facts.oomKills == 2 && facts.lastOOMKillAt == Timestamp(seconds: 200))
        #expect(
            facts.lastTermination
                == WorkloadTermination(
                    pod: "b", container: "c", reason: "Error", exitCode: 137, at: Timestamp(seconds: 300)))
    }

    @Test("why containers wait, pods have no node and pods failed is counted")
    func reasons() throws {
        func troubled(_ name: String, _ phase: PodPhase, reason: String = "", waiting: String...) -> Pod {
            pod(
                name, of: Self.owner, phase: phase,
                troubles: PodTroubles(
                    reason: reason, containers: waiting.map { ContainerTrouble(name: "c", waitingReason: $0) }))
        }
        let facts = try Self.db([
            troubled("a", .running, waiting: "CrashLoopBackOff", "CrashLoopBackOff"),
            troubled("b", .pending, waiting: "ImagePullBackOff"), troubled("c", .pending, reason: "Unschedulable"),
            troubled("d", .failed, reason: "Evicted"),
        ]).workload.facts
        #expect(
            facts.waitingReasons.counts == ["CrashLoopBackOff": 2, "ImagePullBackOff": 1, "Unschedulable": 1])
        #expect(facts.failureReasons.counts == ["Evicted": 1])
    }

    @Test("the problems of its pods, its conditions and its autoscaler are its own")
    func problems() throws {
        let restarted = PodTroubles(containers: [ContainerTrouble(name: "c", restartCount: 2)])
        let observed = try Self.db(
            [pod("a", of: Self.owner, troubles: restarted), pod("stranger", troubles: restarted)],
            autoscalers: [
                autoscaler("db", kind: "StatefulSet"), autoscaler("other", kind: "StatefulSet"),
                autoscaler("db", kind: "StatefulSet", group: "apps.kruise.io"),
            ].enumerated().map { index, one in
                var one = one
                one.meta.key = ObjectKey(namespace: "shop", name: "hpa-\(index)")
                return one
            })
        #expect(observed.workload.facts.problems.worst.map(\.kind) == [.hpaMaxCurrentReplicas, .containersRestarting])
        #expect(observed.workload.facts.problems.count == 2)
    }

    @Test("the first container that may be not ready for too long says when the workload is another")
    func nextChange() throws {
        func starting(_ name: String, in seconds: Int64) -> Pod {
            let due = HandmadeCluster.now.adding(seconds: seconds)
            return pod(
                name, of: Self.owner,
                troubles: PodTroubles(containers: [ContainerTrouble(name: "c", readyDue: due)]))
        }
        let observed = try Self.db([starting("a", in: 60), starting("b", in: 20), starting("c", in: -5)])
        #expect(observed.nextChange == HandmadeCluster.now.adding(seconds: 20))
        #expect(observed.workload.facts.problems.count == 1)
        #expect(try Self.db([starting("c", in: -5)]).nextChange == nil)
    }
}
