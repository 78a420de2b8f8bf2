import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Registered locations", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogLocationsTests {
    private static func ref(_ name: String) -> LocationRef {
        LocationRef(type: "url", target: "https://example.com/\(name).yaml")
    }

    private static func register(_ name: String, _ scene: Scene) async throws -> RegisteredLocation {
        guard case .registered(let location) = try await scene.catalog.register(ref(name), by: "external:ci") else {
            throw Unexpected()
        }
        return location
    }

    private struct Unexpected: Error {}

    @Test("a location is registered once, with who did it, and found by id and by place")
    func once() async throws {
        try await Scene.with { scene in
            let location = try await Self.register("a", scene)
            #expect(try await scene.catalog.register(Self.ref("a"), by: "other") == .existing(location))
            #expect(try await scene.catalog.registeredLocation(id: location.id.uppercased()) == location)
            #expect(try await scene.catalog.registeredLocation(Self.ref("a")) == location)
            #expect(try await scene.catalog.registeredLocation(Self.ref("A")) == nil)
            #expect(
                try await scene.rows("SELECT registered_by, entity_ref FROM registered_location") == [
                    ["registered_by": "external:ci", "entity_ref": .string(Self.ref("a").entityRef.canonical)]
                ])
            for id in ["", "none", "00000000-0000-0000-0000-000000000000"] {
                #expect(try await scene.catalog.registeredLocation(id: id) == nil)
                #expect(try await scene.catalog.unregister(location: id) == false)
                #expect(try await scene.catalog.replace(location: id, by: Self.ref("b"), subject: "x") == nil)
            }
        }
    }

    @Test("a location keeps its id when it gets another place, and no two have the same")
    func replace() async throws {
        try await Scene.with { scene in
            let first = try await Self.register("a", scene)
            let second = try await Self.register("b", scene)
            let catalog = scene.catalog
            #expect(
                try await catalog.replace(location: first.id, by: Self.ref("b"), subject: "x") == .existing(second))
            let moved = RegisteredLocation(id: first.id, ref: Self.ref("c"))
            #expect(
                try await catalog.replace(location: first.id, by: Self.ref("c"), subject: "x") == .registered(moved))
            #expect(
                try await catalog.replace(location: first.id, by: Self.ref("c"), subject: "x") == .registered(moved))
            #expect(Set(try await catalog.registeredLocations()) == [moved, second])
            #expect(try await catalog.unregister(location: first.id))
            #expect(try await catalog.registeredLocations() == [second])
        }
    }

    @Test("pages visit every location once, and predicates look at id, type, target and entityRef")
    func pages() async throws {
        try await Scene.with { scene in
            var all: [RegisteredLocation] = []
            for index in 0..<7 { all.append(try await Self.register("n\(index)", scene)) }
            var (seen, after) = ([RegisteredLocation](), String?.none)
            repeat {
                let page = try await scene.catalog.registeredLocations(matching: nil, after: after, limit: 3)
                #expect(page.totalItems == 7 && page.items.count <= 3)
                seen += page.items
                after = page.hasMore ? page.items.last?.id : nil
            } while after != nil
            #expect(seen == all.sorted { $0.id < $1.id })
            for (predicate, count) in [
                (["type": "URL"], 7), (["target": "https://EXAMPLE.com/n3.yaml"], 1),
                (["target": ["$hasPrefix": "https://example"]], 7), (["id": .string(all[2].id)], 1),
                (["entityRef": .string(all[2].ref.entityRef.canonical)], 1), (["other": ["$exists": true]], 0),
                (["$not": ["type": "file"]], 7),
            ] as [(JSONValue, Int)] {
                let filter = try EntityPredicate.filter(predicate)
                let page = try await scene.catalog.registeredLocations(matching: filter, after: nil, limit: 10)
                #expect((page.items.count, page.totalItems) == (count, count), "\(predicate)")
            }
        }
    }

    @Test("who registers, changes or removes a location is heard by the leader, wherever that is")
    func announced() async throws {
        try await Scene.with { scene in
            let feed = scene.store.requestFeed(logger: Logger("test"))
            let subscription = feed.subscribe()
            #expect(await subscription.next() == .anything)
            let run = Task { await feed.run() }
            defer { run.cancel() }
            #expect(await subscription.next() == .anything)
            let (a, b) = (Self.ref("a").registrationKey, Self.ref("b").registrationKey)
            let location = try await Self.register("a", scene)
            #expect(await subscription.next() == .entities([a]))
            _ = try await scene.catalog.replace(location: location.id, by: Self.ref("b"), subject: "x")
            #expect(await subscription.next() == .entities([a, b]))
            _ = try await scene.catalog.unregister(location: location.id)
            #expect(await subscription.next() == .entities([b]))
            try await scene.catalog.requestRefresh(of: ["a.yaml"], by: "x")
            #expect(await subscription.next() == .entities(["request"]))
        }
    }
}

@Suite("What is asked of the leader of the catalog", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogRequestsTests {
    private static func uid(_ ref: String, _ scene: Scene) async throws -> String {
        try #require(try await scene.document(ref)?["metadata"]?["uid"]?.stringValue)
    }

    @Test("a refresh asked twice is done once, and then forgotten")
    func refresh() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a.yaml", component("a")), ("b.yaml", component("b"))])
            #expect(try await scene.catalog.takeRequests() == nil)
            for _ in 0..<2 { try await scene.catalog.requestRefresh(of: ["a.yaml", "none.yaml"], by: "x") }
            #expect(
                try await scene.catalog.takeRequests() == [
                    LocationToRead(location: "a.yaml", sourceID: scene.source)
                ])
            #expect(try await scene.catalog.takeRequests() == nil)
        }
    }

    @Test("an entity that is to go goes with its relations; its place and those that contest it are read again")
    func removal() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a.yaml", component("a", owner: "group:default/g")), ("b.yaml", component("a")),
                (
                    "g.yaml",
                    "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: t, children: []}"
                ),
            ])
            #expect(try await scene.relations("group:default/g") == ["ownerOf component:default/a"])
            let uid = try await Self.uid("component:default/a", scene)
            for uid in ["none", "00000000-0000-0000-0000-000000000000", uid.uppercased()] {
                try await scene.catalog.requestRemoval(uid: uid, by: "x")
            }
            let locations = try #require(try await scene.catalog.takeRequests())
            #expect(locations.map(\.location) == ["a.yaml", "b.yaml"])
            #expect(try await scene.refs() == ["group:default/g"])
            #expect(try await scene.relations("group:default/g") == [])
            try await scene.apply("a.yaml", component("a"))
            #expect(try await Self.uid("component:default/a", scene) != uid)
        }
    }

    @Test("who leads no more does nothing of it, and it is still there for the next")
    func fenced() async throws {
        try await Scene.with { scene in
            try await scene.apply("a.yaml", component("a"))
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "one")
            _ = try await scene.store.leadership.begin(shard: "catalog", holder: "two")
            try await scene.catalog.requestRemoval(uid: Self.uid("component:default/a", scene), by: "x")
            await #expect(throws: StoreError.self) {
                try await scene.store.fenced(by: fence).catalog.takeRequests()
            }
            #expect(try await scene.refs() == ["component:default/a"])
            #expect(try await scene.catalog.takeRequests()?.count == 1)
        }
    }
}

@Suite("Where entities come from", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogAncestryTests {
    private static func location(_ name: String, _ spec: String) -> String {
        "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: \(name)}\nspec: {\(spec)}\n"
    }

    @Test("the Locations that lead to an entity follow it, the nearest first, in a circle too")
    func chain() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("file:/c/root.yaml", Self.location("root", "targets: [./near.yaml, /c/other.yaml]")),
                ("file:/c/near.yaml", Self.location("near", "target: a/a.yaml, targets: [root.yaml]")),
                ("file:/c/other.yaml", Self.location("far", "type: url, target: 'https://h/a/a.yaml'")),
                ("file:/c/a/a.yaml", component("a")),
            ])
            let items = try #require(try await scene.catalog.ancestry(of: "component:default/a"))
            #expect(
                items.map(\.entity.ref) == ["component:default/a", "location:default/near", "location:default/root"])
            #expect(
                items.map(\.parents) == [
                    ["location:default/near"], ["location:default/root"], ["location:default/near"],
                ])
            #expect(items.map(\.location) == ["file:/c/a/a.yaml", "file:/c/near.yaml", "file:/c/root.yaml"])
            #expect(try await scene.catalog.ancestry(of: "component:default/none") == nil)
        }
    }

    @Test("what a registered location names has its generated Location as parent, which has none")
    func registered() async throws {
        try await Scene.with { scene in
            let ref = LocationRef(type: "url", target: "https://h/a.yaml")
            try await scene.apply([
                (ref.registrationKey, JSONValue.object(ref.entity).text()), (ref.description, component("a")),
            ])
            let items = try #require(try await scene.catalog.ancestry(of: "component:default/a"))
            #expect(items.map(\.parents) == [[ref.entityRef.canonical], []])
        }
    }

    @Test("entities of many refs come by ref, without those that the filter leaves out")
    func byRefs() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a.yaml", component("a")), ("b.yaml", component("b"))])
            let refs: Set = ["component:default/a", "component:default/b", "component:default/none"]
            #expect(
                try await scene.catalog.entities(refs: refs, filter: nil).keys.sorted() == [
                    "component:default/a", "component:default/b",
                ])
            let filter = EntityFilter.anyOf([
                .match(key: "metadata.name", values: ["b"]), .match(key: "kind", values: ["api"]),
            ])
            #expect(
                try await scene.catalog.entities(refs: refs, filter: filter).keys.sorted() == ["component:default/b"])
        }
    }
}
