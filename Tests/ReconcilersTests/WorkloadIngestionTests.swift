import Base
import Catalog
import CatalogSources
import KubeClient
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite(
    "Entities of annotated workloads, against a real API server and a real database", .serialized,
    .enabled(if: TestDatabase.isAvailable && TestCluster.isAvailable))
struct WorkloadIngestionTests {
    private static let selector = "backstage.io/kubernetes-label-selector"

    @Test("every standard kind becomes a Component under its own kind with its pods' selector (I1, I2)")
    func kinds() async throws {
        let kinds = [
            "deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet",
            "cronjobs": "CronJob",
        ]
        try await IngestionScene.with { scene in
            for plural in kinds.keys { try await scene.create(plural, "of-\(plural)") }
            for (plural, kind) in kinds {
                let ref = "component:default/of-\(plural)"
                #expect(await eventually { try await scene.document(ref) != nil }, "\(plural)")
                let annotations = try await scene.document(ref)?["metadata"]?["annotations"]
                #expect(annotations?["\(scene.prefix)/kubernetes-resource-kind"]?.stringValue == kind)
                #expect(annotations?[Self.selector]?.stringValue == "app=of-\(plural)")
                #expect(annotations?["backstage.io/kubernetes-namespace"]?.stringValue == scene.cluster.namespace)
            }
            // One System for all, with nobody's selector (I8).
            let system = try #require(await scene.system())
            #expect(system["metadata"]?["annotations"]?[Self.selector] == nil)
            for plural in kinds.keys.filter({ $0 != "cronjobs" }) {
                try await scene.delete(plural, "of-\(plural)")
            }
            #expect(await eventually { try await scene.document("component:default/of-deployments") == nil })
            #expect(await scene.system() != nil)
            try await scene.delete("cronjobs", "of-cronjobs")
            #expect(await eventually { await scene.system() == nil })
            #expect(try await scene.problems().isEmpty)
        }
    }

    @Test("kinds of the core and of extensions are made entities of as configured")
    func customKinds() async throws {
        let types = [IngestedType(version: "v1", plural: "services", defaultType: "endpoint", isResource: true)]
        try await IngestionScene.with(types: types) { scene in
            _ = try await scene.cluster.client.create(
                "/api/v1/namespaces/\(scene.cluster.namespace)/services",
                ["metadata": scene.metadata("web", [:]), "spec": ["ports": [["port": 80]], "selector": ["a": "b"]]])
            #expect(await eventually { try await scene.document("resource:default/web") != nil })
            let web = try await scene.document("resource:default/web")
            #expect(web?["spec"]?["type"] == "endpoint")
            #expect(web?["metadata"]?["annotations"]?["\(scene.prefix)/kubernetes-resource-kind"] == "Service")
        }
    }

    @Test("objects of a kind that was added to the server become entities, with the kind's name as the server has it")
    func addedKind() async throws {
        let group = "g\(Hex.encode(randomBytes(5))).example.dev"
        let widgets = CustomWorkload(
            groupVersion: GroupVersion(group: group, version: "v1alpha1"), plural: "widgets", kind: "Widget")
        let types = [IngestedType(group: group, version: "v1alpha1", plural: "widgets", defaultType: "gadget")]
        // Before the catalog, which asks for a kind that is not there a minute later.
        try await TestCluster.with { cluster in
            try await cluster.withDefinition(of: widgets) {
                try await IngestionScene.with(types: types) { try await Self.followsWidgets($0, widgets) }
            }
        }
    }

    private static func followsWidgets(_ scene: IngestionScene, _ widgets: CustomWorkload) async throws {
        let group = widgets.groupVersion.group
        _ = try await scene.cluster.client.create(
            Endpoint(widgets.groupVersion, widgets.plural).path(namespace: scene.cluster.namespace),
            [
                "apiVersion": .string("\(group)/v1alpha1"), "kind": "Widget",
                "metadata": scene.metadata("blue", ["owner": "a"]),
                "spec": ["selector": ["matchLabels": ["app": "blue"]]],
            ])
        let ref = "component:default/blue"
        #expect(await eventually { try await scene.document(ref) != nil })
        let blue = try await scene.document(ref)
        #expect(blue?["spec"]?["type"] == "gadget" && blue?["spec"]?["owner"] == "default/a")
        let annotations = blue?["metadata"]?["annotations"]
        #expect(annotations?["\(scene.prefix)/kubernetes-resource-kind"] == "Widget")
        #expect(annotations?[selector] == "app=blue")
        let path = "kubernetes:test/widgets.\(group)/\(scene.cluster.namespace)/blue"
        #expect(try await scene.definer(ref) == path)
    }

    @Test("the definition of an API leads to its host, and stays as it last was while it cannot be read")
    func definition() async throws {
        let url = "https://api.example/openapi.json"
        try await IngestionScene.with({ $0.apiHosts = AllowedHosts(["api.example"]) ?? AllowedHosts() }) { scene in
            scene.urls.set(url, #"{"openapi": "3.0.0", "servers": [{"url": "/v1"}]}"#)
            try await scene.create("deployments", "web", ["provides-api-from-url": url])
            @Sendable func definition() async throws -> String? {
                try await scene.document("api:default/web")?["spec"]?["definition"]?.stringValue
            }
            #expect(await eventually { try await definition()?.contains("https://api.example/v1") == true })
            let first = try await definition()
            scene.urls.fail("down")
            #expect(await eventually { try await scene.problems() == ["placeholder api:default/web"] })
            #expect(try await definition() == first)
            scene.urls.set(url, "openapi: 3.0.0\nservers: [{url: /v2}]\n")
            scene.urls.fail(nil)
            #expect(await eventually { try await definition()?.contains("https://api.example/v2") == true })
            #expect(await eventually { try await scene.problems().isEmpty })
        }
    }

    @Test("an annotation that comes, changes or goes is followed; a scaled workload is the same entity")
    func changes() async throws {
        try await IngestionScene.with { scene in
            try await scene.create("deployments", "web", ["owner": "a"])
            let ref = "component:default/web"
            @Sendable func owner() async throws -> String? {
                try await scene.document(ref)?["spec"]?["owner"]?.stringValue
            }
            #expect(await eventually { try await owner() == "default/a" })
            let etag = try await scene.document(ref)?["metadata"]?["etag"]
            _ = try await scene.cluster.client.patch(
                try await scene.path("deployments") + "/web", .merge, ["spec": ["replicas": 3]])
            try await scene.create("deployments", "later")
            #expect(await eventually { try await scene.document("component:default/later") != nil })
            #expect(try await scene.document(ref)?["metadata"]?["etag"] == etag)
            try await scene.annotate("deployments", "web", "owner", "b")
            #expect(await eventually { try await owner() == "default/b" })
            try await scene.annotate("deployments", "web", "add-to-catalog", "false")
            #expect(await eventually { try await scene.document(ref) == nil })
        }
    }

    @Test("the owner comes from the Namespace, and follows it")
    func namespaceOwner() async throws {
        try await IngestionScene.with({ $0.inheritsOwner = true }) { scene in
            try await scene.create("deployments", "web")
            let ref = "component:default/web"
            @Sendable func owner() async throws -> String? {
                try await scene.document(ref)?["spec"]?["owner"]?.stringValue
            }
            #expect(await eventually { try await owner() == "default/kubernetes-auto-ingested" })
            _ = try await scene.cluster.client.patch(
                "/api/v1/namespaces/\(scene.cluster.namespace)", .merge,
                ["metadata": ["annotations": ["\(scene.prefix)/owner": "team"]]])
            #expect(await eventually { try await owner() == "default/team" })
            #expect(await eventually { await scene.system()?["spec"]?["owner"] == "default/team" })
        }
    }

    @Test("an authored entity wins at any time, and the generated one returns")
    func authored() async throws {
        let authored = ScriptedSource("authored")
        try await IngestionScene.with(authored: authored) { scene in
            try await scene.create("deployments", "web")
            let ref = "component:default/web"
            let generated = "kubernetes:test/deployments.apps/\(scene.cluster.namespace)/web"
            #expect(await eventually { try await scene.definer(ref) == generated })
            authored.set("file:a", component("web"))
            #expect(await eventually { try await scene.definer(ref) == "file:a" })
            #expect(await eventually { try await scene.problems() == ["conflict \(ref)"] })
            authored.set("file:a", nil)
            #expect(await eventually { try await scene.definer(ref) == generated })
            #expect(await eventually { try await scene.problems().isEmpty })
        }
    }

    @Test(
        "what is wrong with an annotation is told, and the rest is used; a definition that cannot be read is told too")
    func badAnnotations() async throws {
        try await IngestionScene.with { scene in
            try await scene.create(
                "deployments", "web", ["links": "x", "provides-api-from-url": "https://nowhere.example/api.yaml"])
            #expect(await eventually { try await scene.document("component:default/web") != nil })
            #expect(
                await eventually {
                    try await scene.problems() == ["annotation -", "placeholder api:default/web"]
                })
        }
    }

    @Test("two workloads of one name are one entity, and the other is told (I11)")
    func collision() async throws {
        try await IngestionScene.with { scene in
            try await scene.create("deployments", "web")
            try await scene.create("statefulsets", "web")
            let ref = "component:default/web"
            #expect(await eventually { try await scene.problems() == ["conflict \(ref)"] })
            let first = try #require(await eventuallySome { try await scene.definer(ref) })
            let plural = first.contains("deployments") ? "deployments" : "statefulsets"
            try await scene.delete(plural, "web")
            #expect(await eventually { try await scene.definer(ref).map { $0 != first } == true })
            #expect(await eventually { try await scene.problems().isEmpty })
        }
    }

    @Test(
        "a cluster that is out of reach, at the start or later, empties nothing; one that is configured no more does (I4)"
    )
    func outage() async throws {
        try await IngestionScene.with { scene in
            try await scene.create("deployments", "web")
            let ref = "component:default/web"
            #expect(await eventually { try await scene.document(ref) != nil })
            let uid = try await scene.document(ref)?["metadata"]?["uid"]
            try await IngestionScene.withClosed { closed in
                scene.reach(closed)
                #expect(await eventually { try await scene.source("test")?.error != nil })
            }
            #expect(try await scene.document(ref)?["metadata"]?["uid"] == uid)
            #expect(await scene.system() != nil)
            scene.reach(scene.cluster.client)
            #expect(await eventually { try await scene.source("test")?.error == nil })
            #expect(try await scene.document(ref)?["metadata"]?["uid"] == uid)
            scene.reach(nil)
            #expect(await scene.afterGrace { try await scene.document(ref) == nil })
            #expect(await eventually { await scene.system() == nil })
            scene.reach(scene.cluster.client)
            #expect(await eventually { try await scene.document(ref) != nil })
        }
    }

    @Test("after any history the catalog is the mapping of what is there", arguments: [1, 2, 3])
    func random(seed: UInt64) async throws {
        try await IngestionScene.with { scene in
            var random = SeededRandom(seed: seed)
            var present: [String: String] = [:]
            let plurals = ["deployments", "statefulsets", "cronjobs"]
            for _ in 0..<40 {
                let plural = plurals.randomElement(using: &random) ?? ""
                let name = "\(plural)-\(Int.random(in: 0..<4, using: &random))"
                let owner = "team-\(Int.random(in: 0..<3, using: &random))"
                if present[name] == nil {
                    // One of its name may still be on its way out.
                    let isMade = await eventually {
                        try await scene.create(plural, name, ["owner": owner])
                        return true
                    }
                    #expect(isMade)
                    present[name] = owner
                } else if Bool.random(using: &random) {
                    try await scene.annotate(plural, name, "owner", owner)
                    present[name] = owner
                } else {
                    try await scene.delete(plural, name)
                    present[name] = nil
                }
            }
            let expected = present.map { "component:default/\($0.key) default/\($0.value)" }.sorted()
            let isEqual = await eventually { try await scene.owners(plurals) == expected }
            let found = try await scene.owners(plurals)
            #expect(isEqual, "\(found) instead of \(expected)")
            #expect(await eventually { await (scene.system() != nil) == !expected.isEmpty })
            #expect(try await scene.problems().isEmpty)
        }
    }
}

extension IngestionScene {
    /// The System of the test's namespace.
    func system() async -> JSONValue? {
        (try? await document("system:default/\(cluster.namespace)")) ?? nil
    }

    func source(_ target: String) async throws -> SourceView? {
        try await store.catalog.sources().first { $0.type == WorkloadSource.type && $0.target == target }
    }

    /// `ref owner` of the entities of the random test.
    fileprivate func owners(_ plurals: [String]) async throws -> [String] {
        var found: [String] = []
        for name in plurals.flatMap({ plural in (0..<4).map { "\(plural)-\($0)" } }) {
            let ref = "component:default/\(name)"
            if let owner = try await document(ref)?["spec"]?["owner"]?.stringValue { found.append("\(ref) \(owner)") }
        }
        return found.sorted()
    }
}

/// What comes within a minute; nil when nothing does.
private func eventuallySome<Value: Sendable>(_ body: @Sendable () async throws -> Value?) async -> Value? {
    guard await eventually({ try await body() != nil }) else { return nil }
    return (try? await body()) ?? nil
}
