import Base
import Costs
import Store
import Testing

@testable import Reconcilers

@Suite("What is noted of asking a source of costs")
struct IngestOutcomeTests {
    private static let now = Timestamp(seconds: 1_772_366_400)
    private static let before = now.adding(seconds: -3_600)

    private static func outcome(_ poll: CostPoll, stored: [IngestState] = []) -> IngestOutcome {
        IngestOutcome(poll, of: .scaleops, stored: stored, clusters: ["eu", "us"], at: now)
    }

    @Test("a cluster that was told of in full is complete until now; a part that is missing leaves it where it was")
    func told() {
        var poll = CostPoll()
        poll.clusters["eu"] = CostPoll.Cluster()
        poll.clusters["eu"]?.unmatched = 2
        poll.clusters["us"] = CostPoll.Cluster()
        poll.clusters["us"]?.error = "no costs of 1 of 2 groups"
        let states = Self.outcome(poll).states
        #expect(
            states == [
                IngestState(cluster: "eu", through: Self.now, askedAt: Self.now, unmatched: 2),
                IngestState(cluster: "us", askedAt: Self.now, error: "no costs of 1 of 2 groups"),
            ])
    }

    @Test("a source that does not answer is told at every cluster, with what was known before")
    func failure() {
        var poll = CostPoll()
        poll.failures = ["refused", "slow"]
        let stored = [IngestState(cluster: "eu", through: Self.before, askedAt: Self.before, unmatched: 3)]
        let states = Self.outcome(poll, stored: stored).states
        #expect(
            states == [
                IngestState(
                    cluster: "eu", through: Self.before, askedAt: Self.now, error: "refused; slow", unmatched: 3),
                IngestState(cluster: "us", askedAt: Self.now, error: "refused; slow"),
            ])
    }

    @Test("a cluster that it tells of no more is told; one that it never told of is none of its business")
    func silence() {
        let stored = [
            IngestState(cluster: "eu", through: Self.before, askedAt: Self.before),
            IngestState(cluster: "us", askedAt: Self.before, error: "refused"),
        ]
        let outcome = Self.outcome(CostPoll(), stored: stored)
        #expect(outcome.states.map(\.error) == ["scaleops says nothing of this cluster any more"])
        #expect(outcome.states.map(\.cluster) == ["eu"] && outcome.forgotten == ["us"])
        #expect(Self.outcome(CostPoll()).states.isEmpty && Self.outcome(CostPoll()).forgotten.isEmpty)
    }
}
