import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Stored relations", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogRelationTests {
    private static let system = """
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata: {name: sys}
        spec: {owner: user:default/sam}
        """
    private static let shop = "component:default/shop"
    private static let target = "system:default/sys"

    @Test("both ends show a relation, whichever came first", arguments: [false, true])
    func bothEnds(isTargetFirst: Bool) async throws {
        try await Scene.with { scene in
            let texts: [(String, String?)] = [("a", component("shop", "  system: sys")), ("b", Self.system)]
            for text in isTargetFirst ? texts.reversed() : texts { try await scene.apply([text]) }
            #expect(try await scene.relations(Self.shop) == ["ownedBy group:default/team", "partOf \(Self.target)"])
            #expect(try await scene.relations(Self.target) == ["hasPart \(Self.shop)", "ownedBy user:default/sam"])
        }
    }

    @Test("the far end is told of a relation that comes, changes or goes, with a new etag")
    func farEnd() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a", component("shop")), ("b", Self.system), ("c", Self.system.replacing("name: sys", "name: other")),
            ])
            let before = try await scene.document(Self.target)
            var changes = try await scene.apply("a", component("shop", "  system: sys"))
            #expect(changes.changed == [Self.shop, Self.target])
            #expect(changes.entities.keys.sorted() == [Self.shop])
            #expect(try await scene.document(Self.target)?["metadata"]?["etag"] != before?["metadata"]?["etag"])
            changes = try await scene.apply("a", component("shop", "  system: other"))
            #expect(changes.changed == [Self.shop, Self.target, "system:default/other"])
            #expect(try await scene.document(Self.target) == before)
            #expect(try await scene.relations("system:default/other").contains("hasPart \(Self.shop)"))
            changes = try await scene.apply("a", nil)
            #expect(changes.changed == [Self.shop, "system:default/other"])
            #expect(try await scene.relations("system:default/other") == ["ownedBy user:default/sam"])
        }
    }

    @Test("a change that leaves the relations alone does not touch the far end")
    func farEndUntouched() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop", "  system: sys")), ("b", Self.system)])
            let before = try await scene.rows("SELECT xmin::text FROM entity WHERE ref = '\(Self.target)'")
            #expect(try await scene.apply("a", component("shop", "  system: sys\n  extra: 1")).changed == [Self.shop])
            #expect(try await scene.rows("SELECT xmin::text FROM entity WHERE ref = '\(Self.target)'") == before)
        }
    }

    @Test("a relation whose target is gone stays at its source, and is whole again when the target comes back")
    func dangling() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop", "  system: sys")), ("b", Self.system)])
            #expect(try await scene.apply("b", nil).changed == [Self.target])
            #expect(try await scene.relations(Self.shop).contains("partOf \(Self.target)"))
            try await scene.apply("b", Self.system)
            #expect(try await scene.relations(Self.target).contains("hasPart \(Self.shop)"))
        }
    }

    @Test("a relation that both ends declare is shown once, and stays while one of them declares it")
    func declaredTwice() async throws {
        try await Scene.with { scene in
            let cart = component("cart", "  dependencyOf: [component:shop]")
            try await scene.apply([("a", component("shop", "  dependsOn: [component:cart]")), ("b", cart)])
            #expect(
                try await scene.relations(Self.shop).filter { $0.hasPrefix("dependsOn") } == [
                    "dependsOn component:default/cart"
                ])
            try await scene.apply("a", component("shop"))
            #expect(try await scene.relations(Self.shop).contains("dependsOn component:default/cart"))
            try await scene.apply("b", component("cart"))
            #expect(try await scene.relations(Self.shop) == ["ownedBy group:default/team"])
        }
    }

    @Test("an entity may relate to itself")
    func itself() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop", "  dependsOn: [component:shop]"))
            #expect(try await scene.relations(Self.shop).contains("dependsOn \(Self.shop)"))
            #expect(try await scene.relations(Self.shop).contains("dependencyOf \(Self.shop)"))
            try await scene.apply("a", nil)
            #expect(try await scene.rows("SELECT * FROM entity_relation").isEmpty)
        }
    }

    @Test("after a hundred random changes every served document is what its definitions say")
    func random() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 10)
            var current: [String: String] = [:]
            for _ in 0..<100 {
                var batch: [(String, String?)] = []
                for name in Set(
                    (0..<Int.random(in: 1...3, using: &random)).map { _ in "n\(Int.random(in: 0..<6, using: &random))" }
                ) {
                    let targets = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        "component:n\(Int.random(in: 0..<6, using: &random))"
                    }
                    let text = component(name, "  dependsOn: [\(targets.joined(separator: ", "))]")
                    current[name] = Int.random(in: 0...4, using: &random) == 0 ? nil : text
                    batch.append((name, current[name]))
                }
                try await scene.apply(batch)
            }
            #expect(!current.isEmpty)
            #expect(try await scene.refs() == current.keys.sorted().map { "component:default/\($0)" })
            let entities = current.values.flatMap {
                CatalogFile.documents(Array($0.utf8), name: "x").compactMap(\.entity)
            }
            let emitted = Set(entities.flatMap { Relations(of: $0).emitted })
            for entity in entities {
                let expected = emitted.filter { $0.source == entity.ref }.sorted().map {
                    "\($0.type) \($0.target.canonical)"
                }
                #expect(try await scene.relations(entity.ref.canonical) == expected)
            }
        }
    }
}
