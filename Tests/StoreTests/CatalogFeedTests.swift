import Base
import TestSupport
import Testing

@testable import Store

@Suite("Announcements of catalog changes", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogFeedTests {
    private static func yaml(_ name: String, title: String = "") -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: \(name), title: "T\(title)"}
        spec: {type: service, lifecycle: production, owner: team}
        """
    }

    /// Runs the feed of a store while the body runs with a subscription that has had its first notices.
    private static func listening(
        _ store: Store, _ body: (CatalogSubscription) async throws -> Void
    ) async throws {
        let feed = store.catalogFeed(logger: Logger("test"))
        let subscription = feed.subscribe()
        #expect(await subscription.next() == .anything)
        let run = Task { await feed.run() }
        defer { run.cancel() }
        // The feed says so itself when it has begun to listen.
        #expect(await subscription.next() == .anything)
        try await body(subscription)
    }

    @Test("who asks for what changes from now on hears of the first change, and of nothing before")
    func fromNow() async throws {
        try await TestDatabase.withStore { store in
            let feed = store.catalogFeed(logger: Logger("test") { _ in })
            let (now, all) = (feed.subscribe(fromNow: true), feed.subscribe())
            for subscription in [now, all] { subscription.add(.entities(["component:default/a"])) }
            #expect(await now.next() == .entities(["component:default/a"]))
            #expect(await all.next() == .anything)
        }
    }

    @Test("entities that are written and removed are announced, by another process too; what changes nothing is not")
    func entities() async throws {
        try await Scene.with { scene in
            try await Self.listening(scene.store) { subscription in
                try await scene.apply("a.yaml", Self.yaml("a"))
                #expect(await subscription.next() == .entities(["component:default/a"]))
                try await scene.apply("a.yaml", Self.yaml("a"))
                try await scene.apply("b.yaml", Self.yaml("b"))
                #expect(await subscription.next() == .entities(["component:default/b"]))
                try await scene.apply("a.yaml", nil)
                #expect(await subscription.next() == .entities(["component:default/a"]))
            }
        }
    }

    @Test("more entities than a notice can name are announced as anything")
    func many() async throws {
        try await Scene.with { scene in
            try await Self.listening(scene.store) { subscription in
                let texts = (0..<500).map { ("\($0).yaml", Optional(Self.yaml("name-\($0)"))) }
                try await scene.apply(texts.map { (location: $0.0, yaml: $0.1) })
                #expect(await subscription.next() == .anything)
            }
        }
    }

    @Test("what a transaction that fails would have announced is never heard")
    func rollback() async throws {
        try await Scene.with { scene in
            try await Self.listening(scene.store) { subscription in
                await #expect(throws: StoreError.self) {
                    try await scene.catalog.pool.run { session in
                        try session.transaction {
                            try CatalogFeed.announce(["component:default/never"], in: session)
                            try session.run("SELECT 1 / 0")
                        }
                    }
                }
                try await scene.apply("a.yaml", Self.yaml("a"))
                #expect(await subscription.next() == .entities(["component:default/a"]))
            }
        }
    }

    @Test("after an outage of the database anything may have changed")
    func outage() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            try await Self.listening(store) { subscription in
                try await database.shut()
                try await database.reopen()
                #expect(await subscription.next() == .anything)
            }
            await store.close()
        }
    }

    @Test("notices for a busy subscriber are put together; two subscribers hear the same")
    func coalescing() async throws {
        try await Scene.with { scene in
            let feed = scene.store.catalogFeed(logger: Logger("test"))
            let (busy, other) = (feed.subscribe(), feed.subscribe())
            #expect(await (busy.next(), other.next()) == (.anything, .anything))
            let run = Task { await feed.run() }
            defer { run.cancel() }
            #expect(await (busy.next(), other.next()) == (.anything, .anything))
            // Once one of them heard of d, both were told of what came before.
            for name in ["a", "b", "c", "d"] {
                try await scene.apply("\(name).yaml", Self.yaml(name))
                #expect(await other.next() == .entities(["component:default/\(name)"]))
            }
            let told = ["a", "b", "c"].map { "component:default/\($0)" }
            guard case .entities(let heard) = await busy.next() else {
                Issue.record("it was not told which entities changed")
                return
            }
            #expect(heard.subtracting(["component:default/d"]) == Set(told))
        }
    }

    @Test("a cancelled subscriber's wait ends without a notice")
    func cancellation() async throws {
        let subscription = CatalogSubscription(.anything) {}
        #expect(await subscription.next() == .anything)
        let waiting = Task { await subscription.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }
}
