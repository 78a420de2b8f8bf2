import Base
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Stored facts of workloads", .enabled(if: TestDatabase.isAvailable), .serialized)
struct WorkloadFactsStoreTests {
    private static let key = WorkloadKey(cluster: "c", kind: "Rollout", namespace: "ns", name: "web")
    private static let entity = "component:default/web"

    private static func record(_ facts: WorkloadFacts) -> WorkloadRecord {
        WorkloadRecord(
            workload: Workload(key: key, uid: "u", facts: facts), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil,
            links: [Link(entityRef: entity, rule: .kubernetesID, matchedOn: .workload, isOwner: true)])
    }

    private static var facts: WorkloadFacts {
        var facts = WorkloadFacts()
        (facts.availableReplicas, facts.updatedReplicas) = (3, nil)
        (facts.isRollingOut, facts.isSuspended) = (true, true)
        facts.pods = PodCounts(pending: 1, running: 2, succeeded: 3, failed: 4, unknown: 5)
        (facts.limitCPUMillicores, facts.limitMemoryBytes) = (1_500, .max)
        (facts.containersWithoutRequests, facts.containersWithoutMemoryLimit) = (6, 7)
        (facts.oomKills, facts.lastOOMKillAt) = (8, Timestamp(seconds: 1_700_000_000))
        facts.lastTermination = WorkloadTermination(
            pod: "p", container: "c", reason: "OOMKilled", exitCode: 137, at: Timestamp(seconds: 1_700_000_001))
        facts.waitingReasons = ReasonCounts(["CrashLoopBackOff", "CrashLoopBackOff"])
        facts.failureReasons = ReasonCounts(["Evicted"])
        facts.add(images: ["a:1", "b:2"])
        let source = WorkloadProblem.Source(apiGroup: "", kind: "Pod", name: "p", namespace: "ns")
        facts.problems = ProblemList(
            (1...30).map {
                WorkloadProblem(
                    .containersRestarting, message: "it's \"\($0)\"", occurrenceCount: $0, source: source,
                    container: "c", cause: .error)
            } + [
                WorkloadProblem(
                    .hpaMaxCurrentReplicas, message: "m",
                    source: .init(apiGroup: "autoscaling", kind: "HorizontalPodAutoscaler", name: "h", namespace: "ns"))
            ])
        return facts
    }

    private static func stored(_ store: Store) async throws -> WorkloadFacts? {
        try await store.workloads.workloads(of: entity).first?.workload.facts
    }

    @Test("what is known comes back as it was written")
    func roundTrip() async throws {
        try await TestDatabase.withStore { store in
            _ = try await store.workloads.write(present: [Self.record(Self.facts)], gone: [])
            #expect(try await Self.stored(store) == Self.facts)
            _ = try await store.workloads.write(present: [Self.record(WorkloadFacts())], gone: [])
            #expect(try await Self.stored(store) == WorkloadFacts())
        }
    }

    @Test("the same facts again write nothing, any other fact does")
    func changeOnly() async throws {
        try await TestDatabase.withStore { store in
            func version() async throws -> String? {
                try await store.workloads.pool.run { session in
                    try session.run("SELECT xmin::text FROM workload").first { $0.text(0) } ?? nil
                }
            }
            _ = try await store.workloads.write(present: [Self.record(Self.facts)], gone: [])
            let first = try await version()
            _ = try await store.workloads.write(present: [Self.record(Self.facts)], gone: [])
            #expect(try await version() == first)
            var other = Self.facts
            other.problems = ProblemList()
            _ = try await store.workloads.write(present: [Self.record(other)], gone: [])
            #expect(try await version() != first)
        }
    }

    @Test("a workload that is gone has no pods, no problems and nothing that waits; how it ended stays")
    func gone() async throws {
        try await TestDatabase.withStore { store in
            _ = try await store.workloads.write(present: [Self.record(Self.facts)], gone: [])
            _ = try await store.workloads.write(present: [], gone: [Self.key])
            let row = try await store.workloads.pool.run { session in
                try session.run(
                    """
                    SELECT pods_running, problem_count, jsonb_array_length(problems), waiting_reasons::text, oom_kills,
                        last_termination ->> 'reason', is_rolling_out FROM workload
                    """
                ).first { row in (0..<7).map { row.text(Int32($0)) } }
            }
            #expect(row == ["0", "0", "0", "{}", "8", "OOMKilled", "f"])
        }
    }

    @Test("texts that PostgreSQL cannot hold do not keep a workload from being stored")
    func nul() async throws {
        try await TestDatabase.withStore { store in
            var facts = WorkloadFacts()
            facts.add(images: ["web\u{0}:1"])
            facts.waitingReasons = ReasonCounts(["a\u{0}b"])
            _ = try await store.workloads.write(present: [Self.record(facts)], gone: [])
            let stored = try #require(try await Self.stored(store))
            #expect(stored.images == ["web\u{FFFD}:1"] && stored.waitingReasons.counts == ["a\u{FFFD}b": 1])
        }
    }

    @Test("a cluster keeps its warning and the versions that its caches have come to")
    func clusters() async throws {
        try await TestDatabase.withStore { store in
            #expect(try await store.workloads.syncedVersions(cluster: "c").isEmpty)
            func write(_ pods: Int, _ versions: [String: String]) async throws {
                var record = Self.record(WorkloadFacts())
                record.workload.podCount = pods
                _ = try await store.workloads.write(
                    present: [record], gone: [], seen: CacheVersions(cluster: "c", versions: versions))
            }
            try await write(1, ["pods": "17", "nodes": "5"])
            try await write(2, ["pods": "20"])
            // What changed nothing taught nothing.
            try await write(2, ["pods": "21"])
            try await store.workloads.note(cluster: "c", error: nil, warning: "rollouts.argoproj.io: forbidden")
            #expect(try await store.workloads.syncedVersions(cluster: "c") == ["pods": "20", "nodes": "5"])
            let cluster = try #require(try await store.workloads.clusters().first)
            #expect(cluster.warning == "rollouts.argoproj.io: forbidden" && cluster.error == nil)
            try await store.workloads.note(cluster: "c", error: nil)
            #expect(try await store.workloads.clusters().first?.warning == nil)
        }
    }
}
