import Base
import Catalog
import CatalogSources
import KubeClient
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite(
    "What clusters gave that are away, against a real API server and a real database", .serialized,
    .enabled(if: TestDatabase.isAvailable && TestCluster.isAvailable))
struct WorkloadIngestionAbsenceTests {
    @Test("a cluster that is configured no more for a moment loses nothing, and is followed again")
    func moment() async throws {
        try await IngestionScene.with { scene in
            try await scene.create("deployments", "web")
            let ref = "component:default/web"
            #expect(await eventually { try await scene.document(ref) != nil })
            #expect(await eventually { await scene.system() != nil })
            // So long that what was never configured would be forgotten.
            scene.clock.advance(by: .seconds(100))
            let uid = try await scene.document(ref)?["metadata"]?["uid"]
            let systemUID = await scene.system()?["metadata"]?["uid"]
            for _ in 0..<2 {
                scene.reach(nil)
                #expect(await scene.looked())
                scene.clock.advance(by: .seconds(59))
                #expect(await scene.looked())
                // The time that it lacks begins anew each time.
                scene.reach(scene.cluster.client)
                #expect(await scene.looked())
            }
            #expect(try await scene.document(ref)?["metadata"]?["uid"] == uid)
            #expect(await scene.system()?["metadata"]?["uid"] == systemUID)
            try await scene.create("deployments", "later")
            #expect(await eventually { try await scene.document("component:default/later") != nil })
            #expect(try await scene.document(ref)?["metadata"]?["uid"] == uid)
        }
    }

    @Test("a System stays as it is while a cluster is out of reach, whose Namespace may say something else")
    func partOfClusters() async throws {
        try await IngestionScene.with { scene in
            try await scene.create("deployments", "web")
            @Sendable func owner() async -> JSONValue? { await scene.system()?["spec"]?["owner"] }
            #expect(await eventually { await scene.system() != nil })
            let before = await owner()
            try await IngestionScene.withClosed { closed in
                scene.reach(scene.cluster.client, other: closed)
                #expect(await eventually { try await scene.source("other")?.error != nil })
                _ = try await scene.cluster.client.patch(
                    "/api/v1/namespaces/\(scene.cluster.namespace)", .merge,
                    ["metadata": ["annotations": ["\(scene.prefix)/owner": "team"]]])
                #expect(await eventually { try await scene.message()?.contains("stays as it is") == true })
                #expect(await owner() == before)
                scene.reach(scene.cluster.client)
                #expect(await scene.afterGrace { await owner() == "default/team" })
                #expect(await eventually { try await scene.message() == nil })
            }
        }
    }

    @Test(
        "a System stays while a type is absent that gave something; one that never did does not hold it",
        arguments: [true, false])
    func absentType(gaveSomething: Bool) async throws {
        let type = IngestedType(group: "nowhere.example", version: "v1", plural: "things")
        try await IngestionScene.with(types: [type]) { scene in
            try await scene.create("deployments", "web")
            #expect(await eventually { await scene.system() != nil })
            if gaveSomething { try await scene.note("kubernetes:test/\(type.key)/shop/thing") }
            try await scene.delete("deployments", "web")
            #expect(await eventually { try await scene.document("component:default/web") == nil })
            if gaveSomething {
                #expect(await eventually { try await scene.message()?.contains("is not known") == true })
                #expect(await scene.system() != nil)
            } else {
                #expect(await eventually { await scene.system() == nil })
            }
        }
    }
}

extension IngestionScene {
    /// What is wrong with the Systems.
    fileprivate func message() async throws -> String? { try await source("*")?.problems.first?.message }

    /// Makes a location one that the cluster gave.
    fileprivate func note(_ location: String) async throws {
        let id = try #require(await source("test")).id
        let content = LocationContent(location: location, sourceID: id, outcome: .documents([]))
        _ = try await store.catalog.apply([content], orphans: .keep, precedence: [id], status: { _ in [] })
    }
}
