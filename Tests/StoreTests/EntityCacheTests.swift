import Base
import TestSupport
import Testing

@testable import Store

@Suite("Entities kept for the next reader")
struct EntityCacheTests {
    private static let start = ContinuousClock.now

    private static func entity(_ ref: String, version: Int = 0, bytes: Int = 100) -> StoredEntity {
        StoredEntity(ref: ref, document: Array(repeating: 0, count: bytes), etag: "\(version)")
    }

    private static func trusted(maximumBytes: Int = 1 << 20) -> EntityCache {
        let cache = EntityCache(maximumBytes: maximumBytes)
        cache.trust(asOf: start)
        return cache
    }

    @Test("are given as long as the feed said lately that it hears, and again when it says so in time")
    func trust() {
        let cache = EntityCache()
        cache.keep(Self.entity("a"), readSince: cache.moment)
        #expect(cache.entity("a", at: Self.start) == nil)
        cache.trust(asOf: Self.start)
        #expect(cache.entity("a", at: Self.start) == nil)
        cache.keep(Self.entity("a"), readSince: cache.moment)
        let end = Self.start + EntityCache.patience
        #expect(cache.entity("a", at: end - .nanoseconds(1))?.ref == "a")
        #expect(cache.entity("a", at: end) == nil)
        cache.trust(asOf: end)
        #expect(cache.entity("a", at: end)?.ref == "a")
        cache.distrust()
        cache.trust(asOf: end)
        #expect(cache.entity("a", at: end) == nil)
    }

    @Test("are forgotten when their change, or that of anything, is told; others stay")
    func forgetting() {
        let cache = Self.trusted()
        for ref in ["a", "b"] { cache.keep(Self.entity(ref), readSince: cache.moment) }
        cache.forget(.entities(["a", "other"]))
        #expect(cache.entity("a", at: Self.start) == nil && cache.entity("b", at: Self.start) != nil)
        cache.forget(.anything)
        #expect(cache.entity("b", at: Self.start) == nil)
        #expect(cache.bytes == 0)
    }

    @Test("what was read before a change is not kept after it")
    func late() {
        let cache = Self.trusted()
        let moment = cache.moment
        cache.forget(.entities(["a"]))
        cache.keep(Self.entity("a"), readSince: moment)
        #expect(cache.entity("a", at: Self.start) == nil)
        cache.keep(Self.entity("a"), readSince: cache.moment)
        #expect(cache.entity("a", at: Self.start) != nil)
    }

    @Test("refs that differ in their bytes alone are different")
    func exactRefs() {
        let cache = Self.trusted()
        cache.keep(Self.entity("component:default/\u{E9}"), readSince: cache.moment)
        #expect(cache.entity("component:default/e\u{301}", at: Self.start) == nil)
        #expect(cache.entity("component:default/\u{E9}", at: Self.start) != nil)
    }

    @Test("in random histories, never more bytes than allowed, and never an older version than the last that was told")
    func history() {
        for seed in 0..<20 {
            var random = SeededRandom(seed: UInt64(seed))
            let cache = Self.trusted(maximumBytes: 20_000)
            var versions: [String: Int] = [:]
            var found = 0
            for step in 0..<2_000 {
                let ref = "r\(Int.random(in: 0..<60, using: &random))"
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    versions[ref] = step
                    cache.forget(.entities([ref]))
                case 1 where step.isMultiple(of: 20): cache.forget(.anything)
                case 2, 3, 4:
                    let bytes = Int.random(in: 0..<(step.isMultiple(of: 50) ? 30_000 : 1_000), using: &random)
                    let entity = Self.entity(ref, version: versions[ref] ?? 0, bytes: bytes)
                    cache.keep(entity, readSince: cache.moment)
                default:
                    guard let entity = cache.entity(ref, at: Self.start) else { continue }
                    found += 1
                    #expect(entity.etag == "\(versions[ref] ?? 0)" && entity.ref == ref)
                }
                #expect((0...20_000).contains(cache.bytes))
            }
            #expect(found > 50)
        }
    }

    @Test("what is asked for again and again stays when others push in")
    func recency() {
        let cache = Self.trusted(maximumBytes: 20_000)
        cache.keep(Self.entity("often"), readSince: cache.moment)
        for number in 0..<1_000 {
            cache.keep(Self.entity("once-\(number)"), readSince: cache.moment)
            #expect(cache.entity("often", at: Self.start) != nil)
        }
        #expect(cache.entity("once-0", at: Self.start) == nil)
    }
}

@Suite("A store that a feed keeps current", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CurrentStoreTests {
    /// Runs the feed of another store, as the program does, while the body works.
    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene in
            let feed = scene.store.catalogFeed(logger: Logger("test"))
            feed.keepCurrent(scene.catalog)
            let run = Task { await feed.run() }
            try await scene.apply("a", component("a"))
            #expect(await eventually { await isKept("component:default/a", scene) })
            try await body(scene)
            run.cancel()
            await run.value
        }
    }

    private static func isKept(_ ref: String, _ scene: Scene) async -> Bool {
        _ = try? await scene.catalog.entity(ref: ref)
        return scene.catalog.cache.entity(ref) != nil
    }

    private static func number(_ scene: Scene) async throws -> Int64? {
        try await scene.document("component:default/a")?["spec"]?["number"]?.intValue
    }

    @Test("gives what it read before without asking the database, for longer than the feed's patience")
    func keeps() async throws {
        try await Self.with { scene async throws in
            try await scene.execute("ALTER TABLE callboard.entity RENAME TO hidden")
            let end = ContinuousClock.now + EntityCache.patience + .milliseconds(500)
            #expect(await eventually { scene.catalog.cache.entity("component:default/a", at: end) != nil })
            #expect(try await scene.document("component:default/a") != nil)
            await #expect(throws: StoreError.self) { try await scene.document("component:default/b") }
            try await scene.execute("ALTER TABLE callboard.hidden RENAME TO entity")
        }
    }

    @Test("gives a change that another process wrote as soon as it is told, and an entity that went no more")
    func changes() async throws {
        try await Self.with { scene async throws in
            let other = Scene(store: Store(scene.catalog.pool.configuration), source: scene.source)
            for number in 1...20 {
                try await other.apply("a", component("a", "  number: \(number)"))
                #expect(await eventually { (try? await Self.number(scene)) == Int64(number) })
                #expect(await eventually { await Self.isKept("component:default/a", scene) })
                #expect(try await Self.number(scene) == Int64(number))
            }
            try await other.apply("a", nil)
            #expect(await eventually { (try? await scene.document("component:default/a")) == .some(.none) })
            await other.store.close()
        }
    }

    @Test("after readers and writers at the same time it gives what is there")
    func together() async throws {
        try await Self.with { scene async throws in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<300 { _ = try? await scene.catalog.entity(ref: "component:default/a") }
                    }
                }
                group.addTask {
                    for number in 1...30 { _ = try? await scene.apply("a", component("a", "  number: \(number)")) }
                }
            }
            #expect(await eventually { (try? await Self.number(scene)) == 30 })
            #expect(await eventually { await Self.isKept("component:default/a", scene) })
            #expect(try await Self.number(scene) == 30)
        }
    }

    @Test("asks the database again when the feed has lost its connection, and keeps again when it is back")
    func outage() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            let scene = Scene(store: store, source: try await store.catalog.register(type: "file", target: "/catalog"))
            let feed = store.catalogFeed(logger: Logger("test"))
            feed.keepCurrent(store.catalog)
            let run = Task { await feed.run() }
            try await scene.apply("a", component("a"))
            #expect(await eventually { await Self.isKept("component:default/a", scene) })
            try await database.shut()
            #expect(await eventually { scene.catalog.cache.entity("component:default/a") == nil })
            await #expect(throws: StoreError.self) { try await store.catalog.entity(ref: "component:default/a") }
            try await database.reopen()
            #expect(await eventually { await Self.isKept("component:default/a", scene) })
            run.cancel()
            await run.value
            await store.close()
        }
    }
}
