import Base
import Matching
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Backstage's rules of error detection")
struct ProblemDetectionTests {
    private static let now = HandmadeCluster.now

    private static func problems(
        _ containers: ContainerTrouble..., phase: PodPhase = .running, reason: String = ""
    ) -> [WorkloadProblem] {
        pod("web-1", phase: phase, troubles: PodTroubles(reason: reason, containers: containers)).problems(at: now)
    }

    private static let source = WorkloadProblem.Source(apiGroup: "", kind: "Pod", name: "web-1", namespace: "shop")

    @Test("a container that waits with a message is a problem with that message")
    func waiting() {
        let problems = Self.problems(
            ContainerTrouble(
                name: "a", waitingReason: "ImagePullBackOff", waitingMessage: "Back-off pulling image \"web:9\""))
        #expect(
            problems == [
                WorkloadProblem(
                    .containerWaiting, message: "Back-off pulling image \"web:9\"", source: Self.source, container: "a",
                    cause: .imagePullBackOff)
            ])
        #expect(problems.first?.kind.severity == 4)
    }

    @Test("a container that waits without a message is none")
    func waitingSilently() {
        #expect(Self.problems(ContainerTrouble(name: "a", waitingReason: "CrashLoopBackOff")).isEmpty)
    }

    @Test("a restarted container counts as often as it was restarted")
    func restarting() {
        let end = ContainerTermination(reason: "OOMKilled", exitCode: 137, finishedAt: nil)
        #expect(
            Self.problems(ContainerTrouble(name: "a", restartCount: 7, termination: end)) == [
                WorkloadProblem(
                    .containersRestarting, message: "container=a restarted 7 times", occurrenceCount: 7,
                    source: Self.source, container: "a", cause: .oomKilled)
            ])
    }

    @Test("the fix is that of the container, not that of the pod's first one")
    func fixes() {
        let problems = Self.problems(
            ContainerTrouble(name: "a", waitingReason: "ImagePullBackOff", waitingMessage: "no image"),
            ContainerTrouble(
                name: "b", restartCount: 3, waitingReason: "CrashLoopBackOff", waitingMessage: "back-off",
                termination: ContainerTermination(reason: "Error", exitCode: 1, finishedAt: nil)),
            ContainerTrouble(
                name: "c", restartCount: 2, waitingReason: "CrashLoopBackOff", waitingMessage: "back-off",
                termination: ContainerTermination(reason: "OOMKilled", exitCode: 137, finishedAt: nil)))
        #expect(problems.map(\.container) == ["a", "b", "b", "c", "c"])
        #expect(problems.map(\.cause) == [.imagePullBackOff, .crashLoopBackOff, .error, .oomKilled, .oomKilled])
        #expect(problems[1].proposedFix == .logs(container: "b"))
    }

    @Test("a container that is not ready is a problem from the moment at which its probe should have succeeded")
    func readiness() throws {
        let late = ContainerTrouble(name: "a", readyDue: Self.now)
        let early = ContainerTrouble(name: "b", readyDue: Self.now.adding(seconds: 30))
        let problem = try #require(Self.problems(late, early).first)
        #expect(Self.problems(late, early).count == 1)
        #expect(problem.kind == .readinessProbeTakingTooLong && problem.container == "a")
        #expect(problem.proposedFix == .events(pod: "web-1"))
        #expect(problem.message.contains(Self.now.rfc3339))
        let pod = pod("web-1", troubles: PodTroubles(containers: [late, early]))
        #expect(pod.nextProblem(after: Self.now) == Self.now.adding(seconds: 30))
        #expect(pod.nextProblem(after: Self.now.adding(seconds: 30)) == nil)
    }

    @Test("a pod that has done its work has no problems left, one that failed has")
    func phases() {
        let trouble = ContainerTrouble(name: "a", restartCount: 1, readyDue: Self.now.adding(seconds: 1))
        #expect(Self.problems(trouble, phase: .succeeded).isEmpty)
        #expect(Self.problems(trouble, phase: .failed).count == 1)
        let done = pod("p", phase: .succeeded, troubles: PodTroubles(containers: [trouble]))
        #expect(done.nextProblem(after: Self.now) == nil)
    }

    @Test("a false condition of a Deployment is a problem of that Deployment")
    func conditions() {
        let condition = FailedCondition(type: "Available", reason: "MinimumReplicasUnavailable", message: "too few")
        let problems = object(.deployment, "web", uid: "d", conditions: [condition]).problems
        #expect(
            problems == [
                WorkloadProblem(
                    .conditionMessagePresent, message: "too few",
                    source: .init(apiGroup: "apps", kind: "Deployment", name: "web", namespace: "shop"))
            ])
        #expect(problems.first?.kind.severity == 6 && problems.first?.proposedFix == nil)
    }

    @Test(
        "an autoscaler that can scale no further is a problem",
        arguments: [(8, 8, true), (7, 8, false), (0, 0, false)] as [(Int32, Int32, Bool)])
    func autoscalers(current: Int32, maximum: Int32, isProblem: Bool) {
        let problems = autoscaler("web", current: current, maximum: maximum).problems
        #expect(problems.count == (isProblem ? 1 : 0))
        #expect(problems.allSatisfy { $0.kind.severity == 8 })
        #expect(
            problems.allSatisfy {
                $0.message == "Current number of replicas (8) is equal to the configured max number of replicas (8)"
            })
    }
}

func autoscaler(
    _ target: String, kind: String = "Deployment", group: String = "apps", current: Int32 = 8, maximum: Int32 = 8
) -> HorizontalPodAutoscaler {
    HorizontalPodAutoscaler(
        meta: ObjectMeta(namespace: "shop", name: "hpa-of-\(target)"), targetGroup: group, targetKind: kind,
        targetName: target, maximumReplicas: maximum, currentReplicas: current)
}
