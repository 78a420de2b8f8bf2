import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Applying catalog locations", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogApplyTests {
    private static let shop = "component:default/shop"

    @Test("a new definition is served with uid, etag, its place and its relations, in the author's order of keys")
    func new() async throws {
        try await Scene.with { scene in
            let changes = try await scene.apply("file:/catalog/a.yaml", component("Shop"))
            #expect(changes.changed == [Self.shop])
            #expect(changes.entities.keys.sorted() == [Self.shop])
            #expect(changes.entities[Self.shop].flatMap { $0 }?.name == "Shop")
            let document = try #require(try await scene.document(Self.shop))
            #expect(document.objectValue?.keys == ["apiVersion", "kind", "metadata", "spec", "relations"])
            #expect(document["metadata"]?["name"] == "Shop" && document["metadata"]?["namespace"] == "default")
            #expect(document["metadata"]?["annotations"]?["backstage.io/managed-by-location"] == "file:/catalog/a.yaml")
            #expect(document["relations"] == [["type": "ownedBy", "targetRef": "group:default/team"]])
            let stored = try #require(try await scene.catalog.entity(ref: Self.shop))
            #expect(document["metadata"]?["etag"]?.stringValue == stored.etag)
            let uid = try #require(document["metadata"]?["uid"]?.stringValue)
            #expect(try await scene.catalog.entity(uid: uid)?.ref == Self.shop)
            #expect(try await scene.catalog.entity(uid: uid.uppercased())?.ref == Self.shop)
        }
    }

    @Test("the same again writes no entity and reports no change")
    func unchanged() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop")), ("b", component("cart"))])
            let before = try await scene.versions()
            let relations = try await scene.rows("SELECT xmin::text, r.* FROM entity_relation r ORDER BY 2, 3, 4")
            let changes = try await scene.apply([
                ("a", "# a comment\n---\n" + component("shop")), ("b", component("cart")),
            ])
            #expect(changes == CatalogChanges())
            #expect(try await scene.versions() == before)
            #expect(try await scene.rows("SELECT xmin::text, r.* FROM entity_relation r ORDER BY 2, 3, 4") == relations)
        }
    }

    @Test("a change keeps the uid, changes the etag, and only writes what changed")
    func changed() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop")), ("b", component("cart"))])
            let first = try #require(try await scene.document(Self.shop))
            let cart = try await scene.versions().first
            let changes = try await scene.apply([("a", component("shop", "  extra: 1")), ("b", component("cart"))])
            #expect(changes.changed == [Self.shop] && changes.entities.keys.sorted() == [Self.shop])
            let second = try #require(try await scene.document(Self.shop))
            #expect(second["spec"]?["extra"] == 1)
            #expect(second["metadata"]?["uid"] == first["metadata"]?["uid"])
            #expect(second["metadata"]?["etag"] != first["metadata"]?["etag"])
            #expect(try await scene.versions().first == cart)
            try await scene.apply("a", component("shop"))
            #expect(try await scene.document(Self.shop) == first)
        }
    }

    @Test("an entity that went and came back has a new uid")
    func recreated() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let first = try await scene.document(Self.shop)?["metadata"]?["uid"]
            let changes = try await scene.apply("a", nil)
            #expect(changes.entities == [Self.shop: nil] && changes.changed == [Self.shop])
            #expect(try await scene.document(Self.shop) == nil)
            #expect(try await scene.rows("SELECT * FROM entity_relation").isEmpty)
            #expect(try await scene.rows("SELECT * FROM catalog_location").isEmpty)
            try await scene.apply("a", component("shop"))
            #expect(try await scene.document(Self.shop)?["metadata"]?["uid"] != first)
        }
    }

    @Test("a document taken out of its file removes its entity alone")
    func documentRemoved() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop") + "\n---\n" + component("cart"))
            try await scene.apply("a", component("cart"))
            #expect(try await scene.refs() == ["component:default/cart"])
            try await scene.apply("a", "")
            #expect(try await scene.refs().isEmpty)
            #expect(try await scene.catalog.locations(of: scene.source) == ["a"])
        }
    }

    @Test("a location that cannot be read keeps what it gave, with the reason at its source")
    func unreadable() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop") + "\n---\nkind: [broken\n")
            let before = try await scene.versions()
            let unreadable = LocationContent(
                location: "a", sourceID: scene.source, outcome: .unreadable("permission denied"))
            let changes = try await scene.apply(contents: [unreadable])
            #expect(changes == CatalogChanges())
            #expect(try await scene.versions() == before)
            #expect(try await scene.problems() == ["a syntax -", "a unreadable -"])
            try await scene.apply("a", component("shop"))
            #expect(try await scene.problems().isEmpty)
        }
    }

    @Test("an entity that moves to another file in the same batch keeps its uid", arguments: [("a", "b"), ("b", "a")])
    func moved(from: String, to: String) async throws {
        for leaves in [nil, component("other")] {
            try await Scene.with { scene in
                try await scene.apply(from, component("shop"))
                let uid = try await scene.document(Self.shop)?["metadata"]?["uid"]
                let changes = try await scene.apply([(from, leaves), (to, component("shop"))])
                #expect(changes.entities[Self.shop].flatMap { $0 } != nil)
                let document = try #require(try await scene.document(Self.shop))
                #expect(document["metadata"]?["uid"] == uid)
                #expect(document["metadata"]?["annotations"]?["backstage.io/managed-by-location"] == .string(to))
                #expect(try await scene.problems().isEmpty)
            }
        }
    }

    @Test("two files that swap their entities swap them, uids kept")
    func swapped() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop")), ("b", component("cart"))])
            let before = try await scene.rows("SELECT id, ref FROM entity ORDER BY ref")
            try await scene.apply([("a", component("cart")), ("b", component("shop"))])
            #expect(try await scene.rows("SELECT id, ref FROM entity ORDER BY ref") == before)
            #expect(
                try await scene.rows("SELECT location FROM entity ORDER BY ref") == [
                    ["location": "a"], ["location": "b"],
                ])
        }
    }

    @Test("a location that two sources reach is applied once, and what could be read counts")
    func twice() async throws {
        try await Scene.with { scene in
            let other = try await scene.catalog.register(type: "file", target: "/catalog/sub")
            let gone = scene.content("a", nil)
            let present = scene.content("a", component("shop"), source: other)
            try await scene.apply(contents: [gone, present, present])
            #expect(try await scene.refs() == [Self.shop])
        }
    }

    @Test("a failing statement leaves everything as it was")
    func atomic() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let before = try await scene.versions()
            try await scene.execute("ALTER TABLE entity ADD CHECK (ref <> 'component:default/forbidden')")
            await #expect(throws: StoreError.self) {
                try await scene.apply([("a", component("shop", "  extra: 1")), ("b", component("forbidden"))])
            }
            #expect(try await scene.versions() == before)
            #expect(try await scene.catalog.locations(of: scene.source) == ["a"])
        }
    }

    @Test("remarks of the caller are served, follow their entity's document, and go when they are no more")
    func remarks() async throws {
        try await Scene.with { scene in
            let item = StatusItem(type: "test", level: .warning, message: "odd \"quote\" é", errorName: "InputError")
            try await scene.apply([("a", component("shop"))], status: { _ in [item] })
            let document = try #require(try await scene.document(Self.shop))
            #expect(document["status"]?["items"] == [item.json])
            let before = try await scene.versions()
            #expect(try await scene.apply([("a", component("shop"))], status: { _ in [item] }) == CatalogChanges())
            #expect(try await scene.versions() == before)
            #expect(try await scene.apply("a", component("shop")).changed == [Self.shop])
            #expect(try await scene.document(Self.shop)?["status"] == nil)
        }
    }

    @Test("an entity's annotations about workloads are kept for the matcher")
    func selectors() async throws {
        try await Scene.with { scene in
            let annotated = component("shop").replacing(
                "  name: shop",
                """
                  name: shop
                  annotations:
                    backstage.io/kubernetes-label-selector: 'app=shop, tier in (a,"b")'
                    backstage.io/kubernetes-id: shop-id
                    backstage.io/kubernetes-namespace: one, two
                """)
            try await scene.apply([("a", annotated), ("b", component("cart"))])
            let selectors = try await scene.catalog.selectors()
            #expect(selectors.map(\.ref) == [Self.shop])
            let selector = try #require(try await scene.catalog.selectors(of: [Self.shop]).first)
            #expect(selector.labelSelector == "app=shop, tier in (a,\"b\")" && selector.kubernetesID == "shop-id")
            #expect(selector.namespaces == ["one", "two"] && selector.clusters.isEmpty)
            #expect(try await scene.catalog.selectors(of: ["component:default/cart"]).isEmpty)
            try await scene.apply("a", component("shop"))
            #expect(try await scene.catalog.selectors().isEmpty)
        }
    }

    @Test("a lookup takes nothing but an exact ref or uid")
    func lookups() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a", component("shop")), ("b", component("shop-admin")), ("c", component("workshop")),
            ])
            for uid in [
                "", "x", Self.shop, "00000000-0000-0000-0000-000000000000", "----00000000000000000000000000000000",
                "0000000000000000000000000000000000000", "{00000000-0000-0000-0000-00000000000",
                "é0000000-0000-0000-0000-00000000000",
            ] {
                #expect(try await scene.catalog.entity(uid: uid)?.ref == nil, "\(uid)")
            }
            #expect(try await scene.catalog.entity(ref: "component:default/SHOP")?.ref == nil)
            #expect(try await scene.catalog.entity(ref: "component:default/sho_")?.ref == nil)
            let candidates = try await scene.catalog.candidates(name: "SHOP", limit: 10)
            #expect(candidates == [Self.shop, "component:default/shop-admin", "component:default/workshop"])
            #expect(try await scene.catalog.candidates(name: "%", limit: 10).isEmpty)
            #expect(try await scene.catalog.candidates(name: "shop", limit: 1) == [Self.shop])
        }
    }
}
