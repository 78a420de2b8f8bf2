import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Sources that yield", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogYieldingTests {
    private static let shop = "component:default/shop"

    /// A scene with a second source, which yields.
    private static func with(_ body: @Sendable (Scene, Int) async throws -> Void) async throws {
        try await Scene.with { scene in
            try await body(scene, try await scene.catalog.register(type: "generated", target: "x", yields: true))
        }
    }

    private static func definer(_ scene: Scene) async throws -> JSONValue? {
        try await scene.document(shop)?["spec"]?["by"]
    }

    @Test("what people wrote wins, whichever was first and however they are put together", arguments: 0..<5)
    func wins(order: Int) async throws {
        try await Self.with { scene, generated in
            let written = scene.content("a", component("shop", "  by: a"))
            let made = scene.content("g", component("shop", "  by: g"), source: generated)
            switch order {
            case 0:
                try await scene.apply(contents: [written])
                #expect(try await scene.apply(contents: [made]).contestants.isEmpty)
            case 1:
                try await scene.apply(contents: [made])
                let uid = try await scene.document(Self.shop)?["metadata"]?["uid"]
                // Who lost is to be read again, so that it says so.
                #expect(try await scene.apply(contents: [written]).contestants == ["g": generated])
                #expect(try await scene.document(Self.shop)?["metadata"]?["uid"] == uid)
                try await scene.apply(contents: [made])
            case 2: try await scene.apply(contents: [made, written])
            case 3: try await scene.apply(contents: [written, made])
            default:
                try await scene.apply(contents: [made])
                #expect(try await scene.apply(contents: [made, written]).contestants.isEmpty)
            }
            #expect(try await Self.definer(scene) == "a")
            #expect(try await scene.problems() == ["g conflict \(Self.shop)"])
            // It gave way as it should, which is nothing that the author must know.
            #expect(try await scene.document(Self.shop)?["status"] == nil)
        }
    }

    @Test("what was generated comes back when what was written goes", arguments: [false, true])
    func returns(isOrphanKept: Bool) async throws {
        try await Self.with { scene, generated in
            let made = scene.content("g", component("shop", "  by: g"), source: generated)
            try await scene.apply(contents: [made, scene.content("a", component("shop", "  by: a"))])
            let changes = try await scene.catalog.apply(
                [scene.content("a", nil)], orphans: isOrphanKept ? .keep : .delete
            ) { _ in [] }
            #expect(changes.contestants == ["g": generated])
            try await scene.apply(contents: [made])
            #expect(try await Self.definer(scene) == "g")
            #expect(try await scene.problems().isEmpty)
        }
    }

    @Test("between two that yield the first stays, and the other is told at both")
    func both() async throws {
        try await Self.with { scene, generated in
            let other = try await scene.catalog.register(type: "generated", target: "y", yields: true)
            try await scene.apply(contents: [scene.content("g", component("shop", "  by: g"), source: generated)])
            try await scene.apply(contents: [scene.content("h", component("shop", "  by: h"), source: other)])
            #expect(try await Self.definer(scene) == "g")
            #expect(try await scene.problems() == ["h conflict \(Self.shop)"])
            #expect(try await scene.document(Self.shop)?["status"]?["items"]?[0]?["level"] == "warning")
        }
    }

    @Test("a source that begins to yield gives way from then on")
    func becomes() async throws {
        try await Self.with { scene, generated in
            try await scene.apply(contents: [scene.content("g", component("shop", "  by: g"), source: generated)])
            _ = try await scene.catalog.register(type: "generated", target: "x", yields: false)
            try await scene.apply("a", component("shop", "  by: a"))
            #expect(try await Self.definer(scene) == "g")
            _ = try await scene.catalog.register(type: "generated", target: "x", yields: true)
            try await scene.apply("a", component("shop", "  by: a"))
            #expect(try await Self.definer(scene) == "a")
        }
    }

    @Test("an entity that could not be made stays, and no other with it")
    func unmade() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop") + "\n---\n" + component("cart"))
            let problem = ParsedDocument.unmade(
                EntityRef(kind: "component", namespace: "default", name: "shop"), at: "a", because: "no host")
            let content = scene.content("a", component("bus"))
            guard case .documents(let documents) = content.outcome else { return }
            try await scene.apply(contents: [content.holding(documents + [problem])])
            #expect(try await scene.refs() == ["component:default/bus", Self.shop])
            #expect(try await scene.problems() == ["a annotation \(Self.shop)"])
            // A problem that names no entity keeps none.
            let other = ParsedDocument.unmade(nil, at: "a", because: "bad links")
            try await scene.apply(contents: [content.holding(documents + [other])])
            #expect(try await scene.refs() == ["component:default/bus"])
        }
    }
}
