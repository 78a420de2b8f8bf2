import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Orphans", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogOrphanTests {
    private static let shop = "component:default/shop"

    private static func keep(_ scene: Scene, _ location: String, _ yaml: String?) async throws -> CatalogChanges {
        try await scene.catalog.apply([scene.content(location, yaml)], orphans: .keep) { _ in [] }
    }

    private static func mark(_ scene: Scene) async throws -> String? {
        try await scene.document(shop)?["metadata"]?["annotations"]?["backstage.io/orphan"]?.stringValue
    }

    private static func uid(_ scene: Scene) async throws -> String? {
        try await scene.document(shop)?["metadata"]?["uid"]?.stringValue
    }

    @Test("an entity that its file gives no more goes, unless orphans are kept: then it stays and is marked")
    func kept() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let uid = try await Self.uid(scene)
            let changes = try await Self.keep(scene, "a", nil)
            #expect(changes.changed == [Self.shop] && changes.entities.isEmpty)
            #expect(try await Self.mark(scene) == "true")
            #expect(try await Self.uid(scene) == uid)
            #expect(try await scene.relations(Self.shop) == ["ownedBy group:default/team"])
            #expect(try await scene.catalog.counts().orphans == 1)
            #expect(try await scene.catalog.sources().first?.entities == 0)
        }
    }

    @Test("an orphan is anybody's: who defines it has it, with its uid and without the mark", arguments: ["a", "b"])
    func adopted(location: String) async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let uid = try await Self.uid(scene)
            _ = try await Self.keep(scene, "a", "# nothing")
            #expect(try await Self.mark(scene) == "true")
            _ = try await Self.keep(scene, location, component("shop"))
            #expect(try await Self.mark(scene) == nil)
            #expect(try await Self.uid(scene) == uid)
            #expect(try await scene.problems().isEmpty)
        }
    }

    @Test("the definition that lost takes an orphan over")
    func contestant() async throws {
        try await Scene.with { scene in
            for location in ["a", "b"] { try await scene.apply(location, component("shop", "  by: \(location)")) }
            let changes = try await Self.keep(scene, "a", nil)
            #expect(changes.contestants == ["b": scene.source])
            _ = try await Self.keep(scene, "b", component("shop", "  by: b"))
            #expect(try await scene.document(Self.shop)?["spec"]?["by"] == "b")
            #expect(try await Self.mark(scene) == nil)
        }
    }

    @Test("a sweep removes orphans with their relations, and nothing else")
    func swept() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop", "  dependsOn: ['component:cart']"))
            try await scene.apply("b", component("cart"))
            _ = try await Self.keep(scene, "a", nil)
            #expect(try await scene.relations("component:default/cart").contains("dependencyOf \(Self.shop)"))
            let changes = try await scene.catalog.sweepOrphans()
            #expect(Array(changes.entities.keys) == [Self.shop] && changes.entities.values.allSatisfy { $0 == nil })
            #expect(try await scene.refs() == ["component:default/cart"])
            #expect(try await scene.relations("component:default/cart") == ["ownedBy group:default/team"])
            #expect(try await scene.catalog.sweepOrphans() == CatalogChanges())
        }
    }

    @Test("who holds a contested entity is told so in its status, as long as it is contested")
    func conflictStatus() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            try await scene.apply("b", component("shop"))
            let items = try await scene.document(Self.shop)?["status"]?["items"]?.arrayValue ?? []
            #expect(items.map { $0["level"] } == ["warning"])
            #expect(items.first?["message"]?.stringValue?.contains("is defined at b too") == true)
            #expect(try await scene.catalog.counts().problems == ["conflict": 1])
            try await scene.apply("b", nil)
            #expect(try await scene.document(Self.shop)?["status"] == nil)
        }
    }

    @Test("a document whose kind is refused keeps nothing, also when it was accepted before")
    func refused() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            var rules = CatalogRules()
            rules.rules = []
            let place = Provenance(location: "a", source: "file:/catalog")
            let documents = CatalogFile.documents(Array(component("shop").utf8), name: "a")
                .map { $0.checked(by: rules, at: [place]) }
            let content = LocationContent(location: "a", sourceID: scene.source, outcome: .documents(documents))
            try await scene.apply(contents: [content])
            #expect(try await scene.refs().isEmpty)
            #expect(try await scene.problems() == ["a not_allowed \(Self.shop)"])
        }
    }
}
