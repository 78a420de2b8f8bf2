import Base
import TestSupport
import Testing

@testable import Store

@Suite("The pool of connections", .enabled(if: TestDatabase.isAvailable), .serialized)
struct PostgresPoolTests {
    /// Runs the body with a pool on a database of its own, and another for looking in from outside.
    private static func with(
        size: Int = 2, timeout: Duration = .seconds(5), waiters: Int = 100,
        _ body: @Sendable (_ pool: PostgresPool, _ other: PostgresPool) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            var configuration = PostgresPool.Configuration(uri: database.uri)
            configuration.size = size
            configuration.acquireTimeout = timeout
            configuration.maximumWaiters = waiters
            let pool = PostgresPool(configuration)
            let other = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            try await body(pool, other)
            await pool.close()
            await other.close()
        }
    }

    /// Takes a lock on `other`, starts a task that waits for it on a connection of `pool`, and gives the task once it waits.
    private static func occupy(_ pool: PostgresPool, _ other: PostgresPool, lock: Int64 = 1) async throws -> Task<
        Int, any Error
    > {
        try await other.run { _ = try $0.run("SELECT pg_advisory_lock($1::bigint)", [.int(lock)]) }
        let task = Task {
            try await pool.run { session in
                try session.run("SELECT pg_advisory_lock($1::bigint)", [.int(lock)])
                try session.run("SELECT pg_advisory_unlock($1::bigint)", [.int(lock)])
                return 7
            }
        }
        try await eventually {
            try await other.run { session in
                try session.run(
                    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1::int",
                    [.int(lock)]
                )
                .count == 1
            }
        }
        return task
    }

    private static func release(_ other: PostgresPool, lock: Int64 = 1) async throws {
        try await other.run { _ = try $0.run("SELECT pg_advisory_unlock($1::bigint)", [.int(lock)]) }
    }

    private static func processID(_ session: PostgresSession) throws -> Int64 {
        try session.run("SELECT pg_backend_pid()").first { $0.int(0) ?? 0 } ?? 0
    }

    /// Ends the server's side of every connection of this database but the one that asks.
    private static func killAll(_ other: PostgresPool) async throws {
        try await other.run { session in
            _ = try session.run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    + "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        }
    }

    @Test("who waits longer than the deadline is told that all are busy, and the pool works on")
    func busy() async throws {
        try await Self.with(size: 1, timeout: .milliseconds(100)) { pool, other async throws in
            let holder = try await Self.occupy(pool, other)
            let error = await #expect(throws: StoreError.self) { try await pool.run { _ = try $0.run("SELECT 1") } }
            #expect(error?.code == .busy)
            try await Self.release(other)
            #expect(try await holder.value == 7)
            #expect(try await pool.run { try $0.run("SELECT 1").count } == 1)
        }
    }

    @Test("who comes when too many wait already is refused at once, and those who wait are served")
    func tooManyWaiters() async throws {
        try await Self.with(size: 1, timeout: .seconds(60), waiters: 2) { pool, other async throws in
            let holder = try await Self.occupy(pool, other)
            let results = await withTaskGroup(of: StoreError.Code?.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        do {
                            try await pool.run { _ = try $0.run("SELECT 1") }
                            return nil
                        } catch { return (error as? StoreError)?.code }
                    }
                }
                // Only the refused one can end while the connection is held.
                var results = [await group.next() ?? nil]
                try? await Self.release(other)
                for await result in group { results.append(result) }
                return results
            }
            #expect(results == [.busy, nil, nil])
            _ = try await holder.value
        }
    }

    @Test("a hundred callers share two connections")
    func sharing() async throws {
        try await Self.with { pool, other async throws in
            let processes = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<100 { group.addTask { try await pool.run { try Self.processID($0) } } }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect((1...2).contains(processes.count))
        }
    }

    @Test("a statement that runs too long ends with a timeout, and its connection is of use again")
    func statementTimeout() async throws {
        try await Self.with(size: 1) { pool, _ async throws in
            let error = await #expect(throws: StoreError.self) {
                try await pool.run { session in
                    try session.run("SET statement_timeout = '50ms'")
                    _ = try session.run("SELECT pg_sleep(30)")
                }
            }
            #expect(error?.code == .timeout && error?.sqlState == "57014")
            #expect(try await pool.run { try $0.run("SELECT 1").count } == 1)
        }
    }

    @Test("a statement may take fifteen seconds and a lock ten, by default")
    func defaults() async throws {
        try await Self.with { pool, _ async throws in
            let settings = try await pool.run { session in
                try ["statement_timeout", "lock_timeout", "TimeZone", "search_path", "application_name"].map { name in
                    try session.run("SELECT current_setting($1)", [.text(name)]).first { $0.text(0) } ?? nil
                }
            }
            #expect(settings == ["15s", "10s", "UTC", "callboard, public", "callboard"])
        }
    }

    @Test("options of a connection URI are added to the settings and do not replace them")
    func ownOptions() async throws {
        try await TestDatabase.with { database in
            let separator = database.uri.contains("?") ? "&" : "?"
            let pool = PostgresPool(
                PostgresPool.Configuration(
                    uri: database.uri + separator + "options=-c%20work_mem%3D8MB&application_name=own"))
            let settings = try await pool.run { session in
                try ["work_mem", "application_name", "statement_timeout", "search_path"].map { name in
                    try session.run("SELECT current_setting($1)", [.text(name)]).first { $0.text(0) } ?? nil
                }
            }
            #expect(settings == ["8MB", "own", "15s", "callboard, public"])
            await pool.close()
        }
    }

    @Test("a database without our tables says that its schema is not there")
    func noSchema() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let error = await #expect(throws: StoreError.self) { try await store.catalog.sources() }
            #expect(error?.code == .schema)
            await store.close()
        }
    }

    @Test(
        "a connection URI that cannot be read says so without showing it",
        arguments: [
            ("postgresql://u:p@h/d", true), ("postgres://h", true), ("postgresql://", true), ("", false),
            ("host=h password=hidden", false),
            ("postgresql://u:hidden%zz@h/d", false), ("mysql://hidden@h/d", false),
            ("postgresql://h/d?hidden=1", false),
        ])
    func uris(uri: String, isGood: Bool) {
        let problem = PostgresPool.Configuration.problem(ofURI: uri)
        #expect((problem == nil) == isGood)
        #expect(problem?.contains("hid") != true)
    }

    @Test("a read on a connection that the server ended is done again")
    func killedRead() async throws {
        try await Self.with(size: 1) { pool, other async throws in
            let before = try await pool.run { try Self.processID($0) }
            try await Self.killAll(other)
            let after = try await pool.read { try Self.processID($0) }
            #expect(after != before && after > 0)
        }
    }

    @Test("after the server ended all connections, every one of many reads at once succeeds")
    func killedReads() async throws {
        try await Self.with(size: 5) { pool, other async throws in
            for round in 0..<10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await pool.read { _ = try $0.run("SELECT pg_sleep(0.001)") } }
                    }
                    try await group.waitForAll()
                }
                try await Self.killAll(other)
                let failures = await withTaskGroup(of: (any Error)?.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            do {
                                try await pool.read { _ = try $0.run("SELECT 1") }
                                return nil
                            } catch { return error }
                        }
                    }
                    return await group.reduce(into: [any Error]()) { if let error = $1 { $0.append(error) } }
                }
                #expect(failures.isEmpty, "round \(round): \(failures)")
            }
        }
    }

    @Test("a write whose connection ends says so, leaves nothing behind, and works the next time")
    func killedWrite() async throws {
        try await Self.with(size: 1) { pool, other async throws in
            try await other.run { try $0.runScript("CREATE TABLE t (n int)") }
            let error = await #expect(throws: StoreError.self) {
                try await pool.run { session in
                    try session.transaction {
                        try session.run("INSERT INTO t VALUES (1)")
                        try session.run("SELECT pg_terminate_backend(pg_backend_pid())")
                        try session.run("INSERT INTO t VALUES (2)")
                    }
                }
            }
            #expect(error?.code == .unavailable)
            try await pool.run { session in try session.transaction { _ = try session.run("INSERT INTO t VALUES (3)") }
            }
            let values = try await other.run { try $0.run("SELECT n FROM t").map { $0.int(0) } }
            #expect(values == [3])
        }
    }

    @Test("a transaction that throws is undone, whatever threw, and its connection is of use again")
    func rollback() async throws {
        struct Refusal: Error {}
        try await Self.with(size: 1) { pool, _ async throws in
            try await pool.run { try $0.runScript("CREATE TABLE t (n int PRIMARY KEY)") }
            await #expect(throws: Refusal.self) {
                try await pool.run { session in
                    try session.transaction {
                        try session.run("INSERT INTO t VALUES (1)")
                        throw Refusal()
                    }
                }
            }
            let error = await #expect(throws: StoreError.self) {
                try await pool.run { session in
                    try session.transaction {
                        try session.run("INSERT INTO t VALUES (2)")
                        try session.run("INSERT INTO t VALUES (2)")
                    }
                }
            }
            #expect(error?.code == .statement && error?.sqlState == "23505")
            #expect(try await pool.run { try $0.run("SELECT n FROM t").count } == 0)
        }
    }

    @Test("a pool that was closed opens new connections")
    func closed() async throws {
        try await Self.with(size: 1, timeout: .milliseconds(200)) { pool, _ async throws in
            let before = try await pool.run { try Self.processID($0) }
            await pool.close()
            #expect(try await pool.run { try Self.processID($0) } != before)
        }
    }

    @Test("a server that does not answer is unavailable, and the password is not in the message")
    func noServer() async {
        let pool = PostgresPool(PostgresPool.Configuration(uri: "postgresql://user:hidden-secret@127.0.0.1:1/none"))
        let error = await #expect(throws: StoreError.self) { try await pool.run { _ = try $0.run("SELECT 1") } }
        #expect(error?.code == .unavailable && error?.description.contains("hidden-secret") == false)
        await pool.close()
    }

    @Test("more different statements than are kept prepared all work")
    func manyStatements() async throws {
        try await Self.with(size: 1) { pool, _ async throws in
            let sum = try await pool.run { session in
                try (0..<600).reduce(Int64(0)) { sum, number in
                    sum + (try session.run("SELECT $1::bigint + \(number)", [.int(1)]).first { $0.int(0) ?? 0 } ?? 0)
                }
            }
            #expect(sum == 600 + 599 * 300)
        }
    }

    @Test("texts come back as they were sent, alone and in arrays")
    func texts() async throws {
        try await Self.with { pool, _ async throws in
            var random = SeededRandom(seed: 1)
            let scalars: [Unicode.Scalar] = [
                "\"", "\\", ",", "{", "}", " ", "'", "\n", "\t", "a", "é", "\u{301}", "😀", "$", ";", "\u{1}",
            ]
            var texts = [
                "", "NULL", "null", "{}", "{a,b}", "\\\"", "'; DROP TABLE entity; --", " a ", "\u{FEFF}", "a\r\nb",
            ]
            for _ in 0..<300 {
                let picked = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    scalars[Int.random(in: scalars.indices, using: &random)]
                }
                texts.append(String(String.UnicodeScalarView(picked)))
            }
            let sent = texts
            let (array, single) = try await pool.run { session in
                (
                    try session.run(
                        "SELECT t FROM unnest($1::text[]) WITH ORDINALITY u(t, i) ORDER BY i", [.texts(sent)]
                    ).map { $0.bytes(0) },
                    try sent.map { text in
                        try session.run("SELECT $1::text", [.text(text)]).first { $0.bytes(0) } ?? nil
                    }
                )
            }
            #expect(array == sent.map { Array($0.utf8) })
            #expect(single == sent.map { Array($0.utf8) })
        }
    }

    @Test("other values come back too, and nil is NULL")
    func values() async throws {
        try await Self.with { pool, _ async throws in
            let moment = try #require(Timestamp(rfc3339: "2026-01-02T03:04:05.000006Z"))
            let json: JSONValue = ["a": [1, 2.5, nil, "\"é\\\n"]]
            try await pool.run { session in
                let row = try session.run(
                    "SELECT $1::bigint, $2::boolean, $3::boolean, \(microseconds("$4::timestamptz")), $5::json, $6::text, $7::jsonb",
                    [.int(.min), .bool(true), .bool(false), .time(moment), .json(json), .null, .json(json)]
                ).map { $0 }[0]
                #expect(row.int(0) == .min && row.bool(1) && !row.bool(2) && row.time(3) == moment)
                #expect(row.json(4) == json && row.json(6) == json && row.text(5) == nil && row.int(5) == nil)
                #expect(throws: StoreError.self) { try row.required(5) }
            }
        }
    }

    @Test(
        "a parameter with U+0000 is refused and not cut short",
        arguments: [SQLValue.text("a\u{0}b"), .texts(["a", "b\u{0}"])])
    func nul(value: SQLValue) async throws {
        try await Self.with(size: 1) { pool, _ async throws in
            let error = await #expect(throws: StoreError.self) {
                try await pool.run { _ = try $0.run("SELECT $1::text", [value]) }
            }
            #expect(error?.code == .badParameter)
            #expect(try await pool.run { try $0.run("SELECT 1").count } == 1)
        }
    }
}

/// Waits until the condition holds.
func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come to hold within \(limit)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
