import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Two definitions of one entity", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogConflictTests {
    private static let shop = "component:default/shop"

    private static func origin(_ scene: Scene) async throws -> String? {
        try await scene.document(shop)?["metadata"]?["annotations"]?["backstage.io/managed-by-location"]?.stringValue
    }

    @Test("the one that was first stays, and the other is a problem of its location")
    func first() async throws {
        try await Scene.with { scene in
            try await scene.apply("b", component("shop", "  by: b"))
            let changes = try await scene.apply("a", "# head\n" + component("shop", "  by: a"))
            #expect(changes == CatalogChanges(changed: [Self.shop]))
            #expect(try await scene.document(Self.shop)?["spec"]?["by"] == "b")
            let before = try await scene.versions()
            #expect(try await scene.apply("a", "# head\n" + component("shop", "  by: a")) == CatalogChanges())
            #expect(try await scene.versions() == before)
            let problem = try #require(try await scene.catalog.sources().first?.problems.first)
            #expect(problem.location == "a" && problem.code == "conflict" && problem.entityRef == Self.shop)
            #expect(problem.line == 2 && problem.column == 1)
            #expect(problem.message.contains("already defined at b"))
        }
    }

    @Test(
        "within a batch the location that sorts first wins, whatever the order of the batch", arguments: [false, true])
    func batch(isReversed: Bool) async throws {
        try await Scene.with { scene in
            let texts: [(String, String?)] = ["c", "a", "b"].map { ($0, component("shop", "  by: \($0)")) }
            try await scene.apply(isReversed ? texts.reversed() : texts)
            #expect(try await scene.document(Self.shop)?["spec"]?["by"] == "a")
            #expect(try await scene.problems() == ["b conflict \(Self.shop)", "c conflict \(Self.shop)"])
        }
    }

    @Test("the same entity in another letter case is the same entity")
    func letterCase() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            try await scene.apply("b", component("SHOP"))
            #expect(try await scene.refs() == [Self.shop])
            #expect(try await scene.problems() == ["b conflict \(Self.shop)"])
        }
    }

    @Test("when the winner goes, those who lost are named, and win when they are read again")
    func contestants() async throws {
        try await Scene.with { scene in
            for location in ["a", "b", "c"] { try await scene.apply(location, component("shop", "  by: \(location)")) }
            let changes = try await scene.apply("a", nil)
            #expect(changes.contestants == ["b": scene.source, "c": scene.source])
            #expect(try await scene.document(Self.shop) == nil)
            let again = try await scene.apply([
                ("b", component("shop", "  by: b")), ("c", component("shop", "  by: c")),
            ])
            #expect(again.contestants.isEmpty)
            #expect(try await Self.origin(scene) == "b")
            #expect(try await scene.problems() == ["c conflict \(Self.shop)"])
        }
    }

    @Test("when the winner's document is taken out of its file, those who lost are named too")
    func documentRemoved() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop") + "\n---\n" + component("cart"))
            try await scene.apply("b", component("shop"))
            #expect(try await scene.apply("a", component("cart")).contestants == ["b": scene.source])
        }
    }

    @Test("a loser in the batch in which the winner goes wins at once")
    func sameBatch() async throws {
        try await Scene.with { scene in
            try await scene.apply("b", component("shop", "  by: b"))
            try await scene.apply("a", component("shop", "  by: a"))
            try await scene.apply("c", component("shop", "  by: c"))
            let changes = try await scene.apply([("b", nil), ("a", component("shop", "  by: a"))])
            #expect(try await Self.origin(scene) == "a")
            // c still says that b has it.
            #expect(changes.contestants == ["c": scene.source])
            #expect(try await scene.problems() == ["c conflict \(Self.shop)"])
        }
    }

    @Test("a winner whose document went bad keeps the entity, and the other still loses")
    func badWinner() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            try await scene.apply("b", component("shop"))
            let changes = try await scene.apply([
                ("a", "kind: Component\nmetadata: {name: shop}\n"), ("b", component("shop")),
            ])
            #expect(changes.contestants.isEmpty)
            #expect(try await Self.origin(scene) == "a")
            #expect(try await scene.problems().contains("b conflict \(Self.shop)"))
        }
    }

    @Test("an entity defined twice in one file is taken from the first document")
    func sameFile() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop", "  by: 1") + "\n---\n" + component("shop", "  by: 2"))
            #expect(try await scene.document(Self.shop)?["spec"]?["by"] == 1)
            #expect(try await scene.document(Self.shop)?["status"] == nil)
            #expect(try await scene.problems() == ["a duplicate \(Self.shop)"])
        }
    }
}
