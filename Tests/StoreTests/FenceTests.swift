import Base
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite("Fencing of leaders", .enabled(if: TestDatabase.isAvailable), .serialized)
struct FenceTests {
    @Test("each leader of a shard has an epoch of its own, above all before it")
    func epochs() async throws {
        try await LeaderScene.with { scene async throws in
            let leadership = scene.store.leadership
            let fences = try await withThrowingTaskGroup(of: Fence.self) { group in
                for number in 0..<20 {
                    group.addTask { try await leadership.begin(shard: "catalog", holder: "p\(number)") }
                }
                return try await group.reduce(into: [Fence]()) { $0.append($1) }
            }
            #expect(fences.map(\.epoch).sorted() == Array(1...20))
            #expect(try await leadership.begin(shard: "cluster/a", holder: "p").epoch == 1)
            let last = try #require(fences.max { $0.epoch < $1.epoch })
            let stored = try await scene.values("SELECT holder FROM leader_epoch WHERE shard = 'catalog'")
            #expect(stored == [last.holder])
        }
    }

    @Test("a deposed leader can write nothing at all, and learns that it is deposed")
    func deposed() async throws {
        try await LeaderScene.with { scene async throws in
            let calls = Mutex(0)
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "old")
            _ = try await scene.store.leadership.begin(shard: "catalog", holder: "new")
            let deposed = scene.store.fenced(by: fence) { calls.withLock { $0 += 1 } }
            let before = try await scene.everything()
            for write in scene.writes {
                let error = await #expect(throws: StoreError.self, "\(write.name)") { try await write.run(deposed) }
                #expect(error?.code == .deposed, "\(write.name)")
                #expect(error?.description.contains("epoch 1 of catalog has ended") == true)
            }
            #expect(try await scene.everything() == before)
            #expect(calls.withLock { $0 } == scene.writes.count)
        }
    }

    @Test("the leader writes everything, and every write is made under its epoch")
    func leading() async throws {
        try await LeaderScene.with { scene async throws in
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "p")
            let leader = scene.store.fenced(by: fence)
            for write in scene.writes {
                let before = try await scene.everything()
                try await write.run(leader)
                #expect(try await scene.everything() != before, "\(write.name) changes nothing, so it proves nothing")
            }
            #expect(try await scene.values("SELECT id FROM leader_disorder").isEmpty)
            let tables = Set(try await scene.values("SELECT relation FROM leader_write"))
            #expect(
                tables == [
                    "catalog_source", "catalog_location", "catalog_problem", "entity", "entity_relation",
                    "entity_index", "entity_key", "entity_posting", "entity_term", "catalog_request", "cluster",
                    "workload", "entity_workload", "etagged_copy", "canonical_state", "source_run", "location_claim",
                    "cost_hourly", "cost_day_touched", "cost_attribution", "cost_daily", "cost_entity_daily",
                    "cost_entity_to_date", "cost_cluster_daily", "cost_workload_sheet", "cost_hour_sheet",
                    "cost_cluster_hourly", "cost_backfill", "cost_primary", "cost_horizon", "budget",
                    "ingest_watermark", "notification", "notification_told", "price_book", "recommendation",
                    "container_histogram", "sizing_round", "exported_node_price", "node_price_source",
                    "leader_epoch",
                ])
        }
    }

    @Test("an epoch that a restored backup counts a second time is not the old one")
    func restored() async throws {
        try await LeaderScene.with { scene async throws in
            let old = try await scene.store.leadership.begin(shard: "catalog", holder: "old")
            try await scene.store.workloads.pool.run { try $0.runScript("DELETE FROM leader_epoch") }
            let gone = await #expect(throws: StoreError.self) {
                try await scene.store.fenced(by: old).workloads.note(cluster: "c", error: nil)
            }
            #expect(gone?.code == .deposed)
            let new = try await scene.store.leadership.begin(shard: "catalog", holder: "new")
            #expect(new.epoch == old.epoch)
            let error = await #expect(throws: StoreError.self) {
                try await scene.store.fenced(by: old).workloads.note(cluster: "c", error: nil)
            }
            #expect(error?.code == .deposed)
            try await scene.store.fenced(by: new).workloads.note(cluster: "c", error: nil)
        }
    }

    @Test("a leader that is frozen within a transaction holds up the next one for less than its lease lasts")
    func frozen() async throws {
        try await LeaderScene.with { scene async throws in
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "old")
            let entered = Gate()
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            let (waiting, release) = (ends[0], ends[1])
            defer { close(waiting) }
            let frozen = Task {
                try await LeaderTransactions(pool: scene.store.workloads.pool, fence: fence).run { session in
                    try session.run("INSERT INTO cluster (name) VALUES ('half written')")
                    entered.open()
                    // As a process that is stopped: its session is left alone in the midst of a transaction.
                    var end = pollfd(fd: waiting, events: Int16(POLLIN), revents: 0)
                    #expect(poll(&end, 1, 60_000) == 1)
                    try session.run("INSERT INTO cluster (name) VALUES ('too late')")
                }
            }
            #expect(await entered.wait())
            let start = ContinuousClock.now
            let next = try await scene.store.leadership.begin(shard: "catalog", holder: "new")
            let duration = ContinuousClock.now - start
            #expect(next.epoch == 2)
            #expect(duration < .seconds(8), "5 s of idleness, and what a busy machine adds; it took \(duration)")
            close(release)
            await #expect(throws: StoreError.self) { try await frozen.value }
            #expect(try await !scene.values("SELECT name FROM cluster").contains { $0.contains(" ") })
        }
    }

    @Test("a leader's transaction cannot stand still for long, wherever it stops; other transactions are as before")
    func limits() async throws {
        try await LeaderScene.with { scene async throws in
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "p")
            let pool = scene.store.workloads.pool
            let settings = """
                SELECT string_agg(current_setting(name), ' ' ORDER BY name) FROM unnest(ARRAY['statement_timeout',
                    'lock_timeout', 'idle_in_transaction_session_timeout', 'tcp_user_timeout']) AS name
                """
            let before = try await scene.values(settings)
            let within = try await LeaderTransactions(pool: pool, fence: fence).run { session in
                try session.run(settings).map { $0.text(0) ?? "" }
            }
            // Idle, lock, statement; the last is that of the connection, which has none when it is a Unix socket.
            #expect(["5s 8s 8s 5000", "5s 8s 8s 0"].contains(within.first))
            #expect(try await scene.values(settings) == before && before != within)
        }
    }

    @Test("the writes of leaders that follow each other never mix")
    func order() async throws {
        try await LeaderScene.with { scene async throws in
            let refused = try await withThrowingTaskGroup(of: Int.self) { group in
                for process in 0..<3 { group.addTask { try await Self.leadAgainAndAgain(scene, process) } }
                return try await group.reduce(0, +)
            }
            #expect(refused > 0)
            #expect(try await scene.values("SELECT count(*) > 24 FROM leader_write") == ["t"])
            #expect(try await scene.values("SELECT id FROM leader_disorder").isEmpty)
        }
    }

    /// - Returns: how many writes were refused.
    private static func leadAgainAndAgain(_ scene: LeaderScene, _ process: Int) async throws -> Int {
        var random = SeededRandom(seed: UInt64(process))
        var refused = 0
        for _ in 0..<8 {
            let fence = try await scene.store.leadership.begin(shard: "catalog", holder: "p\(process)")
            let leader = scene.store.fenced(by: fence)
            for round in 0..<Int.random(in: 1...12, using: &random) {
                // A leader goes on until the database refuses it, not until it knows of the other.
                do {
                    try await leader.workloads.note(cluster: "c", error: "\(fence) \(round)")
                } catch let error as StoreError where error.code == .deposed {
                    refused += 1
                }
            }
        }
        return refused
    }

    @Test("the record of writes shows a write of an older epoch, and one without any")
    func proof() async throws {
        try await LeaderScene.with { scene async throws in
            _ = try await scene.store.leadership.begin(shard: "catalog", holder: "a")
            try await scene.store.workloads.note(cluster: "c", error: "no fence")
            try await scene.store.workloads.pool.run { session in
                try session.runScript(
                    """
                    BEGIN; SET LOCAL callboard.fence = 'catalog 0'; INSERT INTO cluster (name) VALUES ('x'); COMMIT
                    """)
            }
            let found = try await scene.values("SELECT coalesce(epoch::text, 'none') FROM leader_disorder")
            #expect(Set(found) == ["none", "0"])
        }
    }

    @Test("no store of observations writes past its leader")
    func everyWriteIsFenced() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Sources/Store/"
        for file in [
            "CatalogStore", "CatalogStore+Applying", "CatalogStore+Sources", "WorkloadStore",
            "Costs/CostStore", "Costs/CostStore+Primary", "Costs/CostStore+Retention", "Costs/CostStore+RollUp",
        ] {
            let text = String(decoding: try readFile(folder + file + ".swift"), as: UTF8.self)
            #expect(!text.contains("pool.run"), "\(file) writes without asking whether it leads")
        }
    }
}
