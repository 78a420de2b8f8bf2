import Base
import CatalogSources
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

@Suite("Sources that come and go", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RetiringTests {
    private static let count: Int64 = 120
    private static let lock = 42
    private static func name(_ number: Int64) -> String { "c\(1_000 + number)" }
    private static let files = Dictionary(
        uniqueKeysWithValues: (0..<count).map { ("file:\(name($0))", component(name($0))) })

    /// Has removing one of the later locations wait for an advisory lock.
    private static let barrier = """
        CREATE FUNCTION callboard.wait() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_advisory_xact_lock(\(lock)); RETURN OLD; END $$;
        CREATE TRIGGER wait BEFORE DELETE ON callboard.catalog_location FOR EACH ROW
            WHEN (OLD.location = 'file:c1060') EXECUTE FUNCTION callboard.wait();
        SELECT pg_advisory_lock(\(lock));
        """

    @Test("a source that comes back while it is removed has all it gave again, and stays")
    func comesBack() async throws {
        try await Self.withChanging { changing, store, pool, _ in
            changing.set([ScriptedSource("changing", Self.files)])
            #expect(await eventually { try await store.source("changing")?.entities == Self.count })
            try await pool.run { try $0.runScript(Self.barrier) }
            changing.set([])
            #expect(await eventually { try await Self.isWaiting(pool) })
            #expect(try await store.title(Self.name(0)) == nil)
            let back = ScriptedSource("changing", Self.files)
            changing.set([back])
            #expect(await changing.looked())
            try await pool.run { _ = try $0.run("SELECT pg_advisory_unlock(\(Self.lock))") }
            #expect(await eventually { try await store.source("changing")?.entities == Self.count })
            back.set("file:c1000", component("c1000", title: "Later"))
            #expect(await eventually { try await store.title("c1000") == "Later" })
        }
    }

    @Test("what a source could not have written when it ended holds up nothing")
    func endedUnwritten() async throws {
        try await Self.withChanging { changing, store, _, database in
            let source = ScriptedSource("changing", ["file:a": component("a")])
            changing.set([source])
            #expect(await eventually { try await store.title("a") != nil })
            try await database.shut()
            source.set("file:a", component("a", title: "Unwritten"))
            #expect(await eventually { source.reads(of: "file:a") > 2 })
            changing.set([])
            #expect(await changing.looked())
            try await database.reopen()
            #expect(await eventually { try await store.source("changing") == nil })
        }
    }

    private static func isWaiting(_ pool: PostgresPool) async throws -> Bool {
        try await pool.run { session in
            try session.run(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = \(lock)"
            ).count > 0
        }
    }

    /// - Parameter body: gets a pool of one connection beside the store's.
    private static func withChanging(
        _ body: @Sendable (ScriptedChanging, Store, PostgresPool, TestDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let changing = ScriptedChanging()
            let reconciler = CatalogReconciler(
                sources: [ScriptedSource("fixed")], changing: changing, processing: .forTests(), store: store,
                metrics: MetricsRegistry(), logger: Logger("test", sink: { _ in }))
            let run = Task { await reconciler.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(changing, store, pool, database))
            } catch {
                result = .failure(error)
            }
            run.cancel()
            await run.value
            await pool.close()
            await store.close()
            try result.get()
        }
    }
}

/// Sources that there are when a test says so; no others may come.
private final class ScriptedChanging: ChangingSources {
    private let state = Mutex<(sources: [ScriptedSource], looks: Int)>(([], 0))

    let type = "scripted"

    func set(_ sources: [ScriptedSource]) { state.withLock { $0.sources = sources } }

    func current() async -> [any CatalogSource & AnyObject] {
        state.withLock { state in
            state.looks += 1
            return state.sources
        }
    }

    func expected() async -> Set<String>? { state.withLock { Set($0.sources.map(\.id.target)) } }

    /// Waits until two more looks were followed.
    func looked() async -> Bool {
        let looks = state.withLock { $0.looks }
        return await eventually { state.withLock { $0.looks } >= looks + 3 }
    }
}
