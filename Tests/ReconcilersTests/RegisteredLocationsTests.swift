import Base
import Catalog
import CatalogSources
import Store
import TestSupport
import Testing

@testable import Reconcilers

/// Runs a reconciler over registered locations and these sources, as the leader of the catalog does.
private func leading(
    _ store: Store, _ sources: [any CatalogSource] = [], _ body: () async throws -> Void
) async throws {
    let logger = Logger("test", sink: { _ in })
    let requests = store.requestFeed(logger: logger)
    let registered = RegisteredLocations(catalog: store.catalog, requests: requests)
    let reconciler = CatalogReconciler(
        sources: sources + [registered], processing: .forTests(), store: store, metrics: MetricsRegistry(),
        logger: logger)
    let follower = CatalogRequestFollower(catalog: store.catalog, requests: requests, logger: logger)
    let run = Task {
        async let feeding: Void = requests.run()
        async let following: Void = follower.run(reconciler)
        await reconciler.run()
        _ = await (feeding, following)
    }
    let result: Result<Void, any Error>
    do {
        #expect(await eventually { await reconciler.isCaughtUp })
        result = .success(try await body())
    } catch {
        result = .failure(error)
    }
    run.cancel()
    await run.value
    try result.get()
}

@Suite("Registered locations and requests", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RegisteredLocationsTests {
    private static let (one, two) = (
        LocationRef(type: "url", target: "https://h/one.yaml"), LocationRef(type: "url", target: "https://h/two.yaml")
    )

    private static func isThere(_ ref: LocationRef, _ store: Store) async throws -> Bool {
        try await store.catalog.entity(ref: ref.entityRef.canonical) != nil
    }

    @Test("a registration becomes a Location entity that points to its target, moves and goes with it")
    func follows() async throws {
        try await TestDatabase.withStore { store in
            _ = try await store.catalog.register(Self.one, by: "x")
            let id = try #require(try await store.catalog.registeredLocations().first?.id)
            try await leading(store) { () async throws in
                let entity = try await store.catalog.entity(ref: Self.one.entityRef.canonical)
                let document = try JSONValue(parsing: try #require(entity).document)
                #expect(document["spec"] == ["type": "url", "target": "https://h/one.yaml"])
                let annotations = document["metadata"]?["annotations"]
                #expect(annotations?["backstage.io/managed-by-location"] == "url:https://h/one.yaml")
                _ = try await store.catalog.replace(location: id, by: Self.two, subject: "x")
                #expect(await eventually { try await Self.isThere(Self.two, store) })
                #expect(await eventually { try await !Self.isThere(Self.one, store) })
                _ = try await store.catalog.unregister(location: id)
                #expect(await eventually { try await !Self.isThere(Self.two, store) })
            }
        }
    }

    @Test("what was registered and removed while nobody led is caught up with")
    func absence() async throws {
        try await TestDatabase.withStore { store in
            _ = try await store.catalog.register(Self.one, by: "x")
            try await leading(store) { () async throws in #expect(try await Self.isThere(Self.one, store)) }
            let id = try #require(try await store.catalog.registeredLocations().first?.id)
            _ = try await store.catalog.unregister(location: id)
            _ = try await store.catalog.register(Self.two, by: "x")
            try await leading(store) { () async throws in
                #expect(try await !Self.isThere(Self.one, store))
                #expect(try await Self.isThere(Self.two, store))
            }
        }
    }

    @Test("a refresh has a place read that said nothing of its change")
    func refresh() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a", title: "One")])
            try await leading(store, [files]) { () async throws in
                files.setSilently("a.yaml", component("a", title: "Two"))
                try await store.catalog.requestRefresh(of: ["a.yaml"], by: "x")
                #expect(await eventually { try await store.title("a") == "Two" })
            }
        }
    }

    @Test("an entity that is removed and still defined comes back with another uid; one that is not stays away")
    func removal() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a"), "b.yaml": component("b")])
            try await leading(store, [files]) { () async throws in
                let (a, b) = (try #require(try await store.uid("a")), try #require(try await store.uid("b")))
                files.setSilently("b.yaml", nil)
                for uid in [a, b] { try await store.catalog.requestRemoval(uid: uid, by: "x") }
                #expect(await eventually { try await store.uid("b") == nil })
                #expect(
                    await eventually {
                        let now = try await store.uid("a")
                        return now != nil && now != a
                    })
            }
        }
    }
}

extension Store {
    /// The uid of a Component in the namespace `default`; nil when there is no such entity.
    fileprivate func uid(_ name: String) async throws -> String? {
        try await document(name)?["metadata"]?["uid"]?.stringValue
    }
}
