import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Bad catalog documents", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogBadDocumentTests {
    private static let shop = "component:default/shop"
    private static let cart = "component:default/cart"

    private static func status(_ scene: Scene, _ ref: String) async throws -> [JSONValue] {
        try await scene.document(ref)?["status"]?["items"]?.arrayValue ?? []
    }

    @Test(
        "a document that went bad keeps its entity, with a status item and a problem that names file, line and column")
    func keeps() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let before = try #require(try await scene.document(Self.shop))
            let bad = component("shop").replacing("  type: service", "  type: 5")
            let changes = try await scene.apply("a", bad)
            #expect(changes.changed == [Self.shop] && changes.entities.isEmpty)
            let item = try #require(try await Self.status(scene, Self.shop).first)
            #expect(item["level"] == "error" && item["error"]?["name"] == "InputError")
            #expect(item["message"]?.stringValue?.hasPrefix("InputError: a:6:3: /spec/type") == true)
            let problem = try #require(try await scene.catalog.sources().first?.problems.first)
            #expect(problem.location == "a" && problem.code == "kind" && problem.line == 6 && problem.column == 3)
            #expect(problem.entityRef == Self.shop)
            let versions = try await scene.versions()
            #expect(try await scene.apply("a", bad) == CatalogChanges())
            #expect(try await scene.versions() == versions)
            try await scene.apply("a", component("shop"))
            #expect(try await scene.document(Self.shop) == before)
            #expect(try await scene.problems().isEmpty)
        }
    }

    @Test("a document that could have been any keeps all that are missing, and none that are there")
    func keepsAllMissing() async throws {
        try await Scene.with { scene in
            let both = component("shop") + "\n---\n" + component("cart") + "\n---\n" + component("third")
            try await scene.apply("a", both)
            try await scene.apply("a", component("third") + "\n---\nkind: [broken\n")
            #expect(try await scene.refs() == [Self.cart, Self.shop, "component:default/third"])
            #expect(try await Self.status(scene, Self.shop).count == 1)
            #expect(
                try await Self.status(scene, Self.cart).first?["message"]?.stringValue?.contains("YAML error") == true)
            #expect(try await Self.status(scene, "component:default/third").isEmpty)
            try await scene.apply("a", component("third"))
            #expect(try await scene.refs() == ["component:default/third"])
        }
    }

    @Test(
        "a mistake in the kind or the name does not remove the entity",
        arguments: [("kind: Component", "kind: Componnet"), ("  name: shop", "  name: sh op!")])
    func misnamed(text: String, mistake: String) async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let before = try #require(try await scene.document(Self.shop)?["metadata"]?["uid"])
            try await scene.apply("a", component("shop").replacing(text, mistake))
            #expect(try await scene.document(Self.shop)?["metadata"]?["uid"] == before)
            #expect(try await Self.status(scene, Self.shop).count == 1)
            try await scene.apply("a", component("shop"))
            #expect(try await Self.status(scene, Self.shop).isEmpty)
        }
    }

    @Test("a bad document that names its entity keeps that one alone")
    func keepsNamed() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop") + "\n---\n" + component("cart"))
            try await scene.apply("a", component("shop").replacing("  type: service", "  type: []"))
            #expect(try await scene.refs() == [Self.shop])
        }
    }

    @Test("a file that is wholly bad from the start gives problems and no entity")
    func badFromTheStart() async throws {
        try await Scene.with { scene in
            let changes = try await scene.apply(
                "a", "kind: Component\n---\n- a list\n---\n\ttab\n---\n" + component("Not A Name"))
            #expect(changes == CatalogChanges())
            #expect(try await scene.refs().isEmpty)
            let codes = Set(try await scene.problems().map { $0.split(separator: " ")[1] })
            #expect(codes == ["envelope", "syntax", "format"])
        }
    }

    @Test("a bad document about another location's entity leaves it alone")
    func foreign() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let before = try await scene.versions()
            try await scene.apply("b", component("shop").replacing("  type: service", "  type: 5"))
            #expect(try await scene.versions() == before)
            #expect(try await scene.problems() == ["b kind \(Self.shop)"])
        }
    }

    @Test("documents made to break the database do not, and the good ones beside them are written")
    func hostile() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 9)
            // Random, so that it cannot be compressed below what an index takes.
            let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
            let long = String((0..<20_000).map { _ in letters[Int.random(in: letters.indices, using: &random)] })
            let texts = [
                component(long), component("nul").replacing("name: nul", "name: \"a\\0b\""),
                component("nul2").replacing("type: service", "type: \"a\\0b\""),
                component("owner", owner: "group:default/\(long)"), component("owner2", owner: "\"\\0\""),
                component("deep", "  x: " + String(repeating: "[", count: 95) + String(repeating: "]", count: 95)),
                component("many", "  x: [" + (0..<3_000).map { "'v\($0)'" }.joined(separator: ",") + "]"),
                component("wide", (0..<3_000).map { "  k\($0): '\($0)'" }.joined(separator: "\n")),
                component("quotes", "  x: \"'\\\\\\\"{},\\u00e9\\U0001F600\""),
                component("key", "  \"\(long.prefix(900))\": 1"),
                component("infinite", "  x: 1e999"), component("kind").replacing("Component", "\"\\0\""),
                component("status") + "\nstatus: {items: 5}",
            ]
            for (index, text) in texts.enumerated() {
                try await scene.apply([("file\(index)", text), ("good", component("good\(index)"))])
                #expect(try await scene.refs().contains("component:default/good\(index)"))
            }
            let refs = try await scene.refs()
            for name in ["deep", "many", "wide", "quotes", "key"] {
                #expect(refs.contains("component:default/\(name)"), "\(name)")
            }
            for ref in refs { #expect(try await scene.document(ref) != nil) }
        }
    }
}
