import Base
import Catalog
import Testing

@testable import Store

// Canonical files beside sources that yield, and the default system beside those that define it.
extension CanonicalStoreTests {
    private static let infra = "system:default/infra"
    private static let system = """
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: infra}
        spec: {owner: somebody}
        """

    private static func settings(_ onConflict: CanonicalSettings.ConflictRule) -> CanonicalSettings {
        var settings = Self.settings
        (settings.system, settings.onConflict) = ("infra", onConflict)
        return settings
    }

    /// Applies the content of the locations, then that of whoever may win something by it, as the leader does.
    private static func settle(_ scene: Scene, _ now: [String: LocationContent], from locations: String...) async throws
    {
        var next = locations
        for _ in 0..<10 {
            guard !next.isEmpty else { return }
            let location = next.removeFirst()
            let content = now[location] ?? scene.content(location, nil)
            let contestants = try await scene.apply(contents: [content]).contestants.keys.sorted()
            next += contestants.filter { !next.contains($0) }
        }
        Issue.record("It does not come to rest: \(next)")
    }

    private static func holder(_ scene: Scene, _ ref: String) async throws -> String? {
        try await scene.document(ref)?["metadata"]?["annotations"]?["backstage.io/managed-by-location"]?.stringValue
    }

    @Test(
        "what a yielding source has is taken, by plan and in fact", arguments: CanonicalSettings.ConflictRule.allCases)
    func taking(_ onConflict: CanonicalSettings.ConflictRule) async throws {
        try await Scene.with { scene in
            let (settings, text) = (Self.settings(onConflict), Self.file(["a", "b"]))
            let generated = try await scene.catalog.register(type: "generated", target: "x", yields: true)
            let made = scene.content("g", component("a") + "\n---\n" + Self.system, source: generated)
            try await scene.apply(contents: [made])
            let plan = try await scene.catalog.canonicalPlan(settings, reading: Self.reading(text, settings))
            #expect(plan?.refusal == nil && plan?.conflicts.isEmpty == true && plan?.deferred.isEmpty == true)
            #expect(plan?.updates.map(\.ref.canonical) == ["component:default/a", Self.infra])
            let changes = try await scene.apply(contents: [Self.content(scene, text, settings)])
            let run = try #require(changes.canonicalRuns.first)
            #expect([run.added, run.changed, run.conflicting] == [1, 2, 0] && run.error == nil)
            #expect(try await Self.holder(scene, "component:default/a") == "canonical:main")
            #expect(try await Self.holder(scene, Self.infra) == "canonical:main")
            #expect(try await scene.problems() == [])
            #expect(changes.contestants == ["g": generated])
        }
    }

    @Test("the default system stays although a yielding source would have it")
    func defaultStays() async throws {
        try await Scene.with { scene in
            let (settings, text) = (Self.settings(.defer), Self.file(["a"]))
            try await Self.apply(scene, text, settings)
            let generated = try await scene.catalog.register(type: "generated", target: "x", yields: true)
            let made = scene.content("g", Self.system, source: generated)
            #expect(try await scene.apply(contents: [made]).contestants.isEmpty)
            #expect(try await scene.problems() == ["g conflict \(Self.infra)"])
            let before = try await scene.versions()
            let run = try #require(try await Self.apply(scene, text, settings))
            #expect(!run.isChange && run.unchanged == 2)
            #expect(try await scene.versions() == before)
        }
    }

    @Test("the default system comes back when who defined it goes", arguments: [OrphanStrategy.delete, .keep])
    func defaultReturns(_ orphans: OrphanStrategy) async throws {
        try await Scene.with { scene in
            let (settings, text) = (Self.settings(.defer), Self.file(["a"]))
            try await scene.apply("infra.yaml", Self.system)
            try await Self.apply(scene, text, settings)
            #expect(try await Self.holder(scene, Self.infra) == "infra.yaml")
            let changes = try await scene.catalog.apply([scene.content("infra.yaml", nil)], orphans: orphans) { _ in []
            }
            #expect(changes.contestants == ["canonical:main": scene.source])
            try await Self.apply(scene, text, settings)
            #expect(try await Self.holder(scene, Self.infra) == "canonical:main")
            #expect(try await scene.document("component:default/a")?["spec"]?["system"] != nil)
        }
    }

    @Test("who defines the default system gets it, and who comes after them, until it is the default again")
    func defaultChanges() async throws {
        try await Scene.with { scene in
            var now = ["canonical:main": Self.content(scene, Self.file(["a"]), Self.settings(.fail))]
            try await Self.settle(scene, now, from: "canonical:main")
            #expect(try await Self.holder(scene, Self.infra) == "canonical:main")
            for location in ["a.yaml", "b.yaml"] {
                now[location] = scene.content(location, Self.system)
                try await Self.settle(scene, now, from: location)
                #expect(try await Self.holder(scene, Self.infra) == "a.yaml")
            }
            now["a.yaml"] = nil
            try await Self.settle(scene, now, from: "a.yaml")
            #expect(try await Self.holder(scene, Self.infra) == "b.yaml")
            now["b.yaml"] = nil
            try await Self.settle(scene, now, from: "b.yaml")
            #expect(try await Self.holder(scene, Self.infra) == "canonical:main")
            #expect(try await scene.problems() == [])
        }
    }

    @Test("who goes before the default system made way for them leaves it there")
    func defaultInVain() async throws {
        try await Scene.with { scene in
            let now = ["canonical:main": Self.content(scene, Self.file(["a"]), Self.settings(.fail))]
            try await Self.settle(scene, now, from: "canonical:main")
            try await scene.apply("a.yaml", Self.system)
            try await Self.settle(scene, now, from: "canonical:main")
            #expect(try await Self.holder(scene, Self.infra) == "canonical:main")
            #expect(try await scene.problems() == [])
        }
    }

    @Test("a run that changes nothing leaves the last one that did; one that ends in another way does not")
    func lastRun() async throws {
        try await Scene.with { scene in
            try await Self.apply(scene, Self.file(["a", "b"]))
            let first = try #require(try await Self.state(scene)).lastRun
            #expect(first["added"] == 2)
            #expect(try await Self.apply(scene, Self.file(["a", "b"]))?.isChange == false)
            #expect(try await Self.state(scene)?.lastRun == first)
            try await Self.apply(scene, "version: 9")
            let second = try #require(try await Self.state(scene)).lastRun
            #expect(second["error"] != .null && second["added"] == 0)
            try await Self.apply(scene, "version: 9")
            #expect(try await Self.state(scene)?.lastRun == second)
            try await Self.apply(scene, Self.file(["a", "b"]))
            #expect(try await Self.state(scene)?.lastRun["error"] == .null)
        }
    }
}
