import Base
import Matching
import Store
import TestSupport
import Testing

@testable import Actions

@Suite("How an entity's workloads fare", .serialized, .enabled(if: TestDatabase.isAvailable))
struct WorkloadHealthTests {
    private static let id = "callboard:get-entity-workloads"

    private static func ailing() -> WorkloadRecord {
        var record = Scene.deployment("shop", cores: 2, gibibytes: 4, links: [Scene.link("component:default/shop")])
        var facts = WorkloadFacts()
        (facts.availableReplicas, facts.updatedReplicas, facts.isRollingOut) = (1, 2, true)
        facts.pods = PodCounts(running: 1, failed: 1)
        (facts.limitCPUMillicores, facts.limitMemoryBytes) = (500, 1 << 30)
        facts.oomKills = 1
        facts.lastTermination = WorkloadTermination(
            pod: "shop-1", container: "main", reason: "OOMKilled", exitCode: 137, at: time("2036-03-10T12:00:00Z"))
        facts.waitingReasons = ReasonCounts(["CrashLoopBackOff"])
        facts.add(images: ["shop:1"])
        facts.problems = ProblemList([
            WorkloadProblem(
                .containersRestarting, message: "container=main restarted 4 times", occurrenceCount: 4,
                source: .init(apiGroup: "", kind: "Pod", name: "shop-1", namespace: "prod"), container: "main",
                cause: .error),
            WorkloadProblem(
                .conditionMessagePresent, message: "too few",
                source: .init(apiGroup: "apps", kind: "Deployment", name: "shop", namespace: "prod")),
        ])
        record.workload.facts = facts
        return record
    }

    @Test("its problems are listed with what to look at, the worst first, and counted in the totals")
    func problems() async throws {
        try await Scene.with { scene async throws in
            try await scene.run([Self.ailing()])
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop"])
            #expect(answer["totals"]?["problems"] == 2)
            #expect(answer["totals"]?["workloadsWithProblems"] == 1)
            let shop = try #require(answer["workloads"]?.arrayValue?.first { $0["name"] == "shop" })
            #expect(
                shop["problems"]?[0] == [
                    "type": "condition-message-present", "severity": 6, "message": "too few", "occurrenceCount": 1,
                    "sourceRef": ["apiGroup": "apps", "kind": "Deployment", "name": "shop", "namespace": "prod"],
                    "proposedFix": nil,
                ])
            let restarting = try #require(shop["problems"]?[1])
            #expect((restarting["severity"], restarting["occurrenceCount"]) == (4, 4))
            #expect(restarting["proposedFix"]?["type"] == "logs")
            #expect(restarting["proposedFix"]?["container"] == "main")
            #expect(restarting["proposedFix"]?["errorType"] == "Error")
        }
    }

    @Test("phases, limits, rollouts, OOM kills, reasons and images are told")
    func health() async throws {
        try await Scene.with { scene async throws in
            try await scene.run([Self.ailing()])
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop"])
            let shop = try #require(answer["workloads"]?.arrayValue?.first { $0["name"] == "shop" })
            #expect(shop["replicas"] == ["desired": 2, "ready": 1, "available": 1, "updated": 2])
            #expect(shop["limits"] == ["cpuCores": 0.5, "memoryGiB": 1.0])
            let health = try #require(shop["health"])
            #expect(health["rollingOut"] == true && health["suspended"] == false)
            #expect(
                health["podPhases"] == ["pending": 0, "running": 1, "succeeded": 0, "failed": 1, "unknown": 0])
            #expect(health["waitingReasons"] == ["CrashLoopBackOff": 1])
            #expect(health["lastTermination"]?["reason"] == "OOMKilled")
            #expect((health["oomKills"], health["problemCount"]) == (1, 2))
            #expect(health["images"] == ["shop:1"])
        }
    }

    @Test("a cluster's warning is told beside its error")
    func warning() async throws {
        try await Scene.with { scene async throws in
            try await scene.store.workloads.note(
                cluster: "main", error: nil, warning: "rollouts.argoproj.io: forbidden")
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop"])
            #expect(answer["clusters"]?[0]?["warning"] == "rollouts.argoproj.io: forbidden")
            #expect(answer["clusters"]?[0]?["error"] == .null)
        }
    }
}
