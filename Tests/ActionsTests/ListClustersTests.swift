import Base
import Store
import TestSupport
import Testing

@testable import Actions

@Suite("callboard:list-clusters", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ListClustersTests {
    private static let id = "callboard:list-clusters"

    /// The store dates what it notes by the database's clock, so these ask at the real time of day.
    private static func states(_ scene: Scene, after seconds: Int64 = 0) async throws -> [String: JSONValue] {
        let registry = try ActionRegistry(
            store: scene.store, currency: "EUR", now: { Timestamp.now().adding(seconds: seconds) })
        let late = Scene(store: scene.store, registry: registry)
        let clusters = try #require(try await late.invoke(Self.id)["clusters"]?.arrayValue)
        return Dictionary(uniqueKeysWithValues: clusters.map { ($0["name"]?.stringValue ?? "", $0) })
    }

    @Test("a cluster is live while its leader says so, stale when it does not, pending before it was ever read")
    func states() async throws {
        try await Scene.with { scene async throws in
            try await scene.store.workloads.note(cluster: "far", error: "connection refused")
            var states = try await Self.states(scene)
            #expect(states["main"]?["state"] == "live")
            #expect(states["far"]?["state"] == "pending")
            #expect(states["far"]?["error"] == "connection refused")
            #expect(states["far"]?["syncedAt"] == .null)

            try await scene.store.workloads.note(cluster: "main", error: "pods: timeout")
            states = try await Self.states(scene)
            #expect(states["main"]?["state"] == "stale")
            #expect(states["main"]?["error"] == "pods: timeout")
            #expect(states["main"]?["syncedAt"] != .null)

            try await scene.store.workloads.note(cluster: "main", error: nil)
            #expect(try await Self.states(scene, after: 50)["main"]?["state"] == "live")
            #expect(try await Self.states(scene, after: 70)["main"]?["state"] == "stale")
        }
    }

    @Test("each cluster comes with what runs there and who follows it")
    func leaders() async throws {
        try await Scene.with { scene async throws in
            var main = try #require(try await Self.states(scene)["main"])
            #expect(main["leader"] == .null)
            let present = try await scene.store.workloads.present(cluster: "main").count
            #expect(main["workloads"] == .int(Int64(present)))

            _ = try await scene.store.leadership.begin(shard: "cluster/main", holder: "callboard-0_a1")
            main = try #require(try await Self.states(scene)["main"])
            #expect(main["leader"] == "callboard-0_a1")
            #expect(main["leaderSince"]?.stringValue?.hasSuffix("Z") == true)
        }
    }

    @Test("where its usage comes from stands beside it, with what is wrong with that")
    func usage() async throws {
        try await Scene.with { scene async throws in
            #expect(try await Self.states(scene)["main"]?["usage"] == .null)
            let absent = UsageState(source: "metrics.k8s.io", at: nil, pods: 0, error: "404 page not found")
            try await scene.store.workloads.note(usage: absent, cluster: "main")
            let moment = Timestamp(seconds: 1_772_366_400)
            #expect(
                try await Self.states(scene)["main"]?["usage"]
                    == ["source": "metrics.k8s.io", "asOf": .null, "pods": 0, "error": "404 page not found"])
            let good = UsageState(source: "prometheus", at: moment, pods: 7, error: nil)
            try await scene.store.workloads.note(usage: good, cluster: "main")
            #expect(
                try await Self.states(scene)["main"]?["usage"]
                    == ["source": "prometheus", "asOf": .string(moment.rfc3339), "pods": 7, "error": .null])
        }
    }

    @Test("who may not read workloads is not told of clusters")
    func permission() async throws {
        let scene = try Scene.withoutDatabase()
        let refusal = try await scene.refusal(Self.id, for: Caller(subject: "test", restrictions: []))
        #expect(refusal?.kind == .notAllowed)
    }
}
