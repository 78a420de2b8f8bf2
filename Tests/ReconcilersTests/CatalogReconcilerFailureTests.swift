import Base
import Reconcilers
import Store
import TestSupport
import Testing

/// Whatever fails, nothing that was good is lost, and all is made up for afterwards.
@Suite("Catalog reconciler in trouble", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogReconcilerFailureTests {
    private static let errors = #"controller_runtime_reconcile_total{controller="catalog",result="error"}"#

    @Test("a source that cannot be listed keeps everything, says why, and goes on when it can")
    func unlisted() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
            }
            files.setSilently("a.yaml", nil)
            files.setSilently("b.yaml", component("b"))
            files.failListing("permission denied")
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { try await store.source("files").flatMap(\.error) == "permission denied" })
                #expect(try await store.title("a") != nil)
                #expect(await eventually { await reconciler.isCaughtUp })
                files.failListing(nil)
                #expect(await eventually { try await store.title("b") != nil })
                #expect(await eventually { try await store.title("a") == nil })
                #expect(await eventually { try await store.source("files").flatMap(\.error) == nil })
            }
        }
    }

    @Test("a source that cannot be listed is asked again without an announcement")
    func unlistedRetry() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a")], listingFailure: "not yet")
            try await following([files], store) { _ async throws in
                #expect(await eventually { files.listings >= 3 })
            }
        }
    }

    @Test("an unreadable location keeps its entities, is a problem of its source, and recovers")
    func unreadable() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a", title: "One")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                files.block("a.yaml", "input/output error")
                #expect(await eventually { try await store.source("files")?.problems.isEmpty == false })
                let problem = try #require(try await store.source("files")?.problems.first)
                #expect((problem.code, problem.message) == ("unreadable", "input/output error"))
                #expect(try await store.title("a") == "One")
                files.set("a.yaml", component("a", title: "Two"))
                #expect(await eventually { try await store.title("a") == "Two" })
                #expect(try await store.source("files")?.problems.isEmpty == true)
            }
        }
    }

    @Test("a bad document keeps what it was, with the reason, and its neighbours are used")
    func badDocument() async throws {
        try await TestDatabase.withStore { store in
            let files = ScriptedSource("files", ["a.yaml": component("a", title: "Good")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                let bad = component("a", title: "Bad").replacing("  owner: team-a\n", with: "")
                files.set("a.yaml", bad + "---\n" + component("b"))
                #expect(await eventually { try await store.title("b") != nil })
                #expect(try await store.title("a") == "Good")
                let document = try #require(try await store.document("a"))
                #expect(document["status"]?["items"]?[0]?["level"] == "error")
                #expect(try await store.source("files")?.problems.first?.entityRef == "component:default/a")
            }
        }
    }

    @Test("while the database is away nothing is lost, and all is written when it is back")
    func databaseAway() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let files = ScriptedSource("files", ["a.yaml": component("a", title: "One"), "b.yaml": component("b")])
            let metrics = MetricsRegistry()
            let claims = ClaimLog()
            try await following([files], store, claims: claims, metrics: metrics) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(await eventually { claims.replacements > 0 })
                let told = claims.replacements
                try await database.shut()
                files.set("a.yaml", component("a", title: "Two"))
                files.set("b.yaml", nil)
                files.set("c.yaml", component("c"))
                #expect(await eventually { (metrics.value(Self.errors) ?? 0) > 0 })
                try await database.reopen()
                #expect(await eventually { try await store.title("c") != nil })
                #expect(await eventually { try await store.title("a") == "Two" })
                #expect(await eventually { try await store.title("b") == nil })
                // What was announced during the outage went by unheard, so all claims are told again.
                #expect(await eventually { claims.replacements > told })
            }
            await store.close()
        }
    }

    @Test("it is caught up only when what the sources gave is written")
    func caughtUp() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let files = ScriptedSource("files", ["a.yaml": component("a")], startsAtOnce: false)
            let metrics = MetricsRegistry()
            let claims = ClaimLog()
            try await following([files], store, claims: claims, metrics: metrics) { reconciler async throws in
                #expect(await eventually { !claims.batches.isEmpty })
                #expect(await eventually { try await store.source("files") != nil })
                try await database.shut()
                files.mayStart()
                // Many failures, so that a wait that doubles each time would have become long.
                #expect(await eventually { (metrics.value(Self.errors) ?? 0) >= 3 })
                #expect(await !reconciler.isCaughtUp)
                try await database.reopen()
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") != nil)
                #expect(await eventually { try await store.source("files").flatMap(\.error) == nil })
            }
            await store.close()
        }
    }

    @Test("a listing that the database kept from being done is done soon after it is back, not with a growing wait")
    func listingAfterOutage() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let files = ScriptedSource("files")
            let metrics = MetricsRegistry()
            try await following([files], store, metrics: metrics) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                try await database.shut()
                files.setSilently("a.yaml", component("a"))
                files.failListing(nil)
                // By doubling from 5 ms the next wait would be above 10 s and end after 20.
                let end = ContinuousClock.now + .seconds(11)
                #expect(await eventually { ContinuousClock.now > end })
                try await database.reopen()
                #expect(await eventually(within: .seconds(8)) { try await store.title("a") != nil })
            }
            await store.close()
        }
    }

    @Test("a database that does not answer at the start is waited for")
    func databaseLate() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            try await database.shut()
            let files = ScriptedSource("files", ["a.yaml": component("a")])
            try await following([files], store) { reconciler async throws in
                #expect(await !reconciler.isCaughtUp)
                try await database.reopen()
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") != nil)
            }
            await store.close()
        }
    }

    @Test("a location that the database refuses is a problem of its source and does not hold up the others")
    func poison() async throws {
        try await TestDatabase.with { database in
            let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            try await pool.run {
                try $0.runScript(
                    "ALTER TABLE callboard.entity ADD CONSTRAINT fate CHECK (ref <> 'component:default/b')")
            }
            let files = ScriptedSource(
                "files", ["a.yaml": component("a"), "b.yaml": component("b"), "c.yaml": component("c")])
            try await following([files], store) { reconciler async throws in
                #expect(await eventually { try await store.title("a") != nil })
                #expect(await eventually { try await store.title("c") != nil })
                #expect(
                    await eventually {
                        let problem = try await store.source("files")?.problems.first
                        return problem?.location == "b.yaml" && problem?.message.contains("fate") == true
                    })
                #expect(await eventually { await reconciler.isCaughtUp })
                try await pool.run { try $0.runScript("ALTER TABLE callboard.entity DROP CONSTRAINT fate") }
                #expect(await eventually { try await store.title("b") != nil })
                #expect(await eventually { try await store.source("files")?.problems.isEmpty == true })
            }
            await store.close()
            await pool.close()
        }
    }

    @Test("a location that two sources give at once is written once")
    func overlap() async throws {
        try await TestDatabase.withStore { store in
            let files = ["shared.yaml": component("a")]
            let sources = [ScriptedSource("whole", files), ScriptedSource("part", files)]
            try await following(sources, store) { reconciler async throws in
                #expect(await eventually { await reconciler.isCaughtUp })
                #expect(try await store.title("a") != nil)
            }
        }
    }
}
