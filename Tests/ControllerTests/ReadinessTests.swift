import API
import Testing

@testable import Controller
@testable import Reconcilers

@Suite("Readiness")
struct ReadinessTests {
    private static func state(
        _ shard: Shard, isSynced: Bool = true, error: String? = nil, isCaughtUp: Bool = true
    ) -> ReconcilerSet.State {
        ReconcilerSet.State(shard: shard, isSynced: isSynced, error: error, isCaughtUp: isCaughtUp)
    }

    private static let a = Shard.cluster("a")
    private static let b = Shard.cluster("b")

    /// The names of the checks that fail.
    private static func failing(_ states: [ReconcilerSet.State], isSoleLeader: Bool = false) -> [String] {
        Readiness.checks(states, isSoleLeader: isSoleLeader).filter { $0.problem != nil }.map(\.name)
    }

    @Test("a replica that leads nothing is ready, a process that is to lead everything is not until it does")
    func nothingLed() {
        #expect(Self.failing([]) == [])
        #expect(Self.failing([], isSoleLeader: true) == ["kubernetes-caches", "catalog"])
        #expect(Self.failing([Self.state(.catalog), Self.state(Self.a)], isSoleLeader: true) == [])
    }

    @Test("the only cluster must be complete and written, whatever keeps it from that")
    func oneCluster() {
        #expect(
            Self.failing([Self.state(Self.a, isSynced: false, error: "forbidden", isCaughtUp: false)])
                == ["kubernetes-caches", "workloads"])
        #expect(Self.failing([Self.state(Self.a, isCaughtUp: false)]) == ["workloads"])
        #expect(Self.failing([Self.state(.catalog, isCaughtUp: false)]) == ["catalog"])
    }

    @Test("of several clusters one that says why it cannot be read keeps nobody waiting; one that is silent does")
    func severalClusters() {
        let broken = Self.state(Self.b, isSynced: false, error: "connection refused", isCaughtUp: false)
        #expect(Self.failing([Self.state(Self.a), broken]) == [])
        let silent = Self.state(Self.b, isSynced: false, isCaughtUp: false)
        #expect(Self.failing([Self.state(Self.a), silent]) == ["kubernetes-caches"])
        #expect(Self.failing([Self.state(Self.a, isCaughtUp: false), broken]) == ["workloads"])
    }
}
