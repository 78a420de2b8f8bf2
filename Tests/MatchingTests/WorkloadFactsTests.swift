import Base
import Testing

@testable import Matching

@Suite("Facts of a workload")
struct WorkloadFactsTests {
    private static func problem(
        _ kind: WorkloadProblem.Kind, _ pod: String, count: Int = 1, container: String? = nil,
        cause: ProblemCause? = nil
    ) -> WorkloadProblem {
        WorkloadProblem(
            kind, message: "m", occurrenceCount: count,
            source: .init(apiGroup: "", kind: "Pod", name: pod, namespace: "n"), container: container, cause: cause)
    }

    @Test("the worst problems come first: by severity, then by how often, then by name")
    func worstFirst() {
        let problems = [
            Self.problem(.containersRestarting, "b", count: 2), Self.problem(.containersRestarting, "a", count: 2),
            Self.problem(.containersRestarting, "c", count: 9), Self.problem(.containerWaiting, "d"),
            Self.problem(.conditionMessagePresent, "e"), Self.problem(.hpaMaxCurrentReplicas, "f"),
        ]
        for _ in 0..<5 {
            #expect(ProblemList(problems.shuffled()).worst.map(\.source.name) == ["f", "e", "c", "a", "b", "d"])
        }
    }

    @Test("twenty problems are kept, and all are counted")
    func bounded() {
        let list = ProblemList((0..<1_000).map { Self.problem(.containersRestarting, "p", count: $0) })
        #expect(list.worst.count == 20 && list.count == 1_000)
        #expect(list.worst.first?.occurrenceCount == 999)
    }

    @Test("the most frequent reasons keep their names, the rest are counted together")
    func reasons() {
        #expect(ReasonCounts(["a", "", "b", "a"]).counts == ["a": 2, "b": 1])
        let many = (0..<30).flatMap { number in Array(repeating: "r\(number)", count: 30 - number) }
        let counts = ReasonCounts(many.shuffled()).counts
        #expect(counts.count == 10 && counts["r0"] == 30 && counts["r8"] == 22)
        #expect(counts["Other"] == (1...21).reduce(0, +))
        #expect(counts.values.reduce(0, +) == many.count)
    }

    @Test("images are kept once each, and not without end, whatever the order of the pods")
    func images() {
        var facts = WorkloadFacts()
        facts.add(images: ["b", "c"])
        facts.add(images: ["a", "b"])
        #expect(facts.images == ["a", "b", "c"])
        for number in (100..<200).shuffled() { facts.add(images: ["z\(number)"]) }
        #expect(facts.images == ["a", "b", "c"] + (100..<107).map { "z\($0)" })
    }

    @Test("the latest end of a container counts, whatever the order of the pods")
    func terminations() {
        func end(_ pod: String, at seconds: Int64?) -> WorkloadTermination {
            WorkloadTermination(
                pod: pod, container: "c", reason: "Error", exitCode: 1, at: seconds.map { Timestamp(seconds: $0) })
        }
        let ends = [end("a", at: 5), end("c", at: 9), end("b", at: 9), end("d", at: nil)]
        for _ in 0..<10 {
            var facts = WorkloadFacts()
            for end in ends.shuffled() { facts.add(termination: end) }
            #expect(facts.lastTermination == end("b", at: 9))
        }
    }

    @Test(
        "each cause proposes to look where its answer is",
        arguments: [
            (.crashLoopBackOff, .logs(container: "c")), (.error, .logs(container: "c")),
            (.readinessProbeFailed, .events(pod: "p")), (.unknown, .events(pod: "p")),
        ] as [(ProblemCause, ProposedFix)])
    func fixes(cause: ProblemCause, fix: ProposedFix) {
        #expect(Self.problem(.containerWaiting, "p", container: "c", cause: cause).proposedFix == fix)
    }

    @Test("the other causes are explained in the documentation, and all of them say what to do")
    func explanations() {
        for cause in ProblemCause.allCases {
            let fix = Self.problem(.containerWaiting, "p", container: "c", cause: cause).proposedFix
            #expect(["logs", "docs", "events"].contains(fix?.type))
            if case .docs(let link) = fix { #expect(link.hasPrefix("https://kubernetes.io/docs/")) }
            #expect(!cause.explanation.isEmpty && !cause.actions.isEmpty)
        }
        #expect(Self.problem(.conditionMessagePresent, "p").proposedFix == nil)
    }

    @Test(
        "reasons of Kubernetes name causes",
        arguments: [
            ("ErrImagePull", .imagePullBackOff), ("ImagePullBackOff", .imagePullBackOff), ("OOMKilled", .oomKilled),
            ("ContainerCannotRun", .unknown), ("", .unknown),
        ] as [(String, ProblemCause)])
    func causes(reason: String, cause: ProblemCause) {
        #expect(ProblemCause(reason: reason) == cause)
    }
}
