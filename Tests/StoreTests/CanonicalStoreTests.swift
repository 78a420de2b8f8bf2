import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Applying canonical files", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CanonicalStoreTests {
    static let settings: CanonicalSettings = {
        var settings = CanonicalSettings(name: "main")
        settings.owner = "group:default/platform"
        return settings
    }()

    static func file(_ names: some Sequence<String>, _ more: String = "") -> String {
        "version: 1\n\(more)\nrepositories:" + names.map { "\n  \($0): {}" }.joined()
    }

    static func reading(_ text: String, _ settings: CanonicalSettings = settings) -> CanonicalReading {
        CanonicalReading(Array(text.utf8), settings: settings)
    }

    static func content(
        _ scene: Scene, _ text: String, _ settings: CanonicalSettings = settings
    ) -> LocationContent {
        let reading = reading(text, settings)
        return LocationContent(
            location: settings.location, sourceID: scene.source,
            outcome: .documents(reading.entities.map(\.document)),
            canonical: CanonicalContent(settings: settings, reading: reading))
    }

    @discardableResult
    static func apply(
        _ scene: Scene, _ text: String, _ settings: CanonicalSettings = settings
    ) async throws -> CanonicalRun? {
        try await scene.apply(contents: [content(scene, text, settings)]).canonicalRuns.first
    }

    static func state(_ scene: Scene) async throws -> CanonicalState? {
        try await scene.catalog.canonicalStates()[settings.location]
    }

    @Test("the plan is what happens, and the run is recorded")
    func applied() async throws {
        try await Scene.with { scene in
            try await Self.apply(scene, Self.file(["a", "b", "c"]))
            let text = "version: 1\nrepositories: {a: {title: New}, b: {}, d: {}}"
            let plan = try #require(
                try await scene.catalog.canonicalPlan(Self.settings, reading: Self.reading(text)))
            let before = try await scene.versions()
            let run = try #require(try await Self.apply(scene, text))
            #expect([run.added, run.changed, run.removed, run.unchanged] == [1, 1, 1, 1])
            #expect([plan.adds.count, plan.updates.count, plan.removals.count, plan.unchanged.count] == [1, 1, 1, 1])
            #expect(try await scene.refs() == ["component:default/a", "component:default/b", "component:default/d"])
            #expect(try await scene.document("component:default/a")?["metadata"]?["title"] == "New")
            let annotations = try await scene.document("component:default/a")?["metadata"]?["annotations"]
            #expect(annotations?["backstage.io/managed-by-location"] == "canonical:main")
            // What is unchanged is not written.
            let after = try await scene.versions()
            #expect(before.filter { after.contains($0) }.map { $0["ref"] } == ["component:default/b"])
            let state = try #require(try await Self.state(scene))
            #expect(state.state == "synced" && state.reason == nil && state.appliedAt != nil)
            #expect(state.lastRun["added"] == 1 && state.lastRun["by"] == "controller")
            let again = try #require(try await scene.catalog.canonicalPlan(Self.settings))
            #expect(again.unchanged.count == 3 && again.adds.isEmpty && again.updates.isEmpty && again.removals.isEmpty)
        }
    }

    @Test("a bad file leaves the last good result untouched, and says where it is wrong")
    func invalid() async throws {
        try await Scene.with { scene in
            try await Self.apply(scene, Self.file(["a", "b"]))
            let before = try await scene.versions()
            let run = try #require(try await Self.apply(scene, "version: 1\nrepositories: [x]"))
            #expect(run.error == "canonical:main:2:1: repositories: expected an object")
            #expect(try await scene.versions() == before)
            #expect(try await scene.problems() == ["canonical:main canonical -"])
            let state = try #require(try await Self.state(scene))
            #expect(state.state == "invalid" && state.reason == run.error)
            // What is planned is the last content that was right.
            #expect(state.contentHash == Self.reading(Self.file(["a", "b"])).contentHash)
            try await Self.apply(scene, Self.file(["a", "b"]))
            #expect(try await scene.problems() == [])
            #expect(try await Self.state(scene)?.state == "synced")
        }
    }

    @Test("a file that cannot be read is stale with the reason, since when, and keeps what it gave")
    func stale() async throws {
        try await Scene.with { scene in
            try await Self.apply(scene, Self.file(["a"]))
            let unread = LocationContent(
                location: Self.settings.location, sourceID: scene.source, outcome: .unreadable("gone away"),
                canonical: CanonicalContent(settings: Self.settings, reading: nil))
            try await scene.apply(contents: [unread])
            let first = try #require(try await Self.state(scene))
            try await scene.apply(contents: [unread])
            let second = try #require(try await Self.state(scene))
            #expect(second.state == "stale" && second.reason == "gone away" && second.since == first.since)
            #expect(try await scene.refs() == ["component:default/a"])
        }
    }

    @Test("a run that would remove too much changes nothing until that very content is forced")
    func forcing() async throws {
        try await Scene.with { scene in
            let (many, few) = (Self.file((0..<10).map { "r\($0)" }), Self.file(["r0"]))
            try await Self.apply(scene, many)
            let before = try await scene.versions()
            let refused = try #require(try await Self.apply(scene, few))
            #expect(refused.error?.contains("would remove 9 of 10 entities") == true && refused.removed == 0)
            #expect(try await scene.versions() == before)
            #expect(try await scene.problems() == ["canonical:main deletion_limit -"])
            #expect(try await Self.state(scene)?.state == "stale")
            let hash = try #require(try await Self.state(scene)?.contentHash)
            try await scene.catalog.requestForce(of: "canonical:main", contentHash: hash, by: "external:ci")
            #expect(try await scene.catalog.takeRequests()?.map(\.location) == ["canonical:main"])
            // Another content that came in between was not meant.
            #expect(try await Self.apply(scene, Self.file(["r1"]))?.error != nil)
            let forced = try #require(try await Self.apply(scene, few))
            #expect(forced.removed == 9 && forced.by == "external:ci" && forced.error == nil)
            #expect(try await scene.refs() == ["component:default/r0"])
            // It counts once.
            try await Self.apply(scene, many)
            #expect(try await Self.apply(scene, few)?.error != nil)
        }
    }

    @Test("an entity of another location stays as it is, shown as a conflict, and comes over when that lets go")
    func deferral() async throws {
        try await Scene.with { scene in
            try await scene.apply("shop.yaml", component("a"))
            let run = try #require(try await Self.apply(scene, Self.file(["a", "b"])))
            #expect(run.conflicting == 1 && run.added == 1)
            #expect(try await scene.problems() == ["canonical:main conflict component:default/a"])
            let annotations = try await scene.document("component:default/a")?["metadata"]?["annotations"]
            #expect(annotations?["backstage.io/managed-by-location"] == "shop.yaml")
            let changes = try await scene.apply("shop.yaml", nil)
            #expect(changes.contestants.keys.sorted() == ["canonical:main"])
            #expect(try await Self.apply(scene, Self.file(["a", "b"]))?.conflicting == 0)
            #expect(try await scene.problems() == [])
        }
    }

    @Test("with fail, a conflict keeps the whole file out, and its end is told")
    func failing() async throws {
        try await Scene.with { scene in
            var settings = Self.settings
            settings.onConflict = .fail
            try await scene.apply("shop.yaml", component("a"))
            #expect(try await Self.apply(scene, Self.file(["a", "b"]), settings)?.error != nil)
            #expect(try await scene.refs() == ["component:default/a"])
            #expect(try await scene.problems() == ["canonical:main conflict component:default/a"])
            let status = try await scene.document("component:default/a")?["status"]?["items"]?[0]?["message"]
            #expect(status?.stringValue?.contains("canonical:main") == true)
            #expect(try await scene.apply("shop.yaml", nil).contestants.keys.sorted() == ["canonical:main"])
            #expect(try await Self.apply(scene, Self.file(["a", "b"]), settings)?.added == 2)
        }
    }

    @Test("the default system is there only as long as nobody defines it")
    func defaultSystem() async throws {
        try await Scene.with { scene in
            var settings = Self.settings
            (settings.system, settings.onConflict) = ("infra", .fail)
            let system = """
                apiVersion: backstage.io/v1alpha1
                kind: System
                metadata: {name: infra}
                spec: {owner: somebody}
                """
            try await Self.apply(scene, Self.file(["a"]), settings)
            #expect(try await scene.refs() == ["component:default/a", "system:default/infra"])
            #expect(try await scene.relations("component:default/a").contains("partOf system:default/infra"))
            // Who defines it now has to wait until the default makes way, which it does the next time.
            try await scene.apply("infra.yaml", system)
            #expect(try await scene.problems() == ["infra.yaml conflict system:default/infra"])
            #expect(try await Self.apply(scene, Self.file(["a", "b"]), settings)?.removed == 1)
            try await scene.apply("infra.yaml", system)
            #expect(try await Self.apply(scene, Self.file(["a"]), settings)?.conflicting == 0)
            #expect(try await scene.problems() == [])
            let annotations = try await scene.document("system:default/infra")?["metadata"]?["annotations"]
            #expect(annotations?["backstage.io/managed-by-location"] == "infra.yaml")
        }
    }

    @Test("thousands of entities go and come in one transaction")
    func large() async throws {
        try await Scene.with { scene in
            let names = (0..<3_000).map { "r\($0)" }
            let run = try #require(try await Self.apply(scene, Self.file(names)))
            #expect(run.added == 3_000)
            let transactions = try await scene.rows("SELECT DISTINCT xmin::text FROM entity")
            #expect(transactions.count == 1)
        }
    }

    @Test("no secret of a file reaches the database")
    func secrets() async throws {
        try await Scene.with { scene in
            let secret = "S3cret!hunter2"
            let more = """
                environment: {a: {keys: {API_KEY: '\(secret)'}}, b: {keys: ['X=\(secret)']}}
                mcp: {servers: {s: {command: '\(secret)', args: ['\(secret)'], env: {K: '\(secret)'}}}}
                global: {hooks: {Stop: ['K=\(secret) run.py']}}
                claudeflow: {mode: '\(secret)'}
                infrastructure: {password: '\(secret)'}
                surprise: '\(secret)'
                """
            #expect(try await Self.apply(scene, Self.file(["a"], more))?.error == nil)
            #expect(try await Self.apply(scene, Self.file(["a"], more + "\npassword: *\(secret)"))?.error != nil)
            #expect(try await Self.apply(scene, Self.file(["a"], "environment: {a: ['\(secret)']}"))?.error != nil)
            for table in ["entity", "canonical_state", "catalog_problem", "catalog_location", "entity_term"] {
                let rows = try await scene.rows("SELECT row_to_json(t)::text AS text FROM \(table) t")
                #expect(!rows.isEmpty)
                #expect(!rows.contains { $0.text().contains("hunter2") }, "\(table)")
            }
        }
    }
}
