import Base
import TestSupport
import Testing

@testable import Store

@Suite("Migrations", .enabled(if: TestDatabase.isAvailable), .serialized)
struct MigrationTests {
    private static func migrate(_ database: TestDatabase, _ migrations: [Migrator.Migration]) async throws -> [Int] {
        let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
        let result = await Result { () async throws in
            try await pool.run { try Migrator.migrate($0, migrations: migrations) }
        }
        await pool.close()
        return try result.get()
    }

    private static func script(_ version: Int, _ text: String) -> Migrator.Migration {
        Migrator.Migration(version: version, name: "m\(version)", script: Array(text.utf8))
    }

    private static func tables(_ database: TestDatabase) async throws -> [String] {
        let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
        let names = try await pool.run { session in
            try session.run("SELECT tablename FROM pg_tables WHERE schemaname = 'callboard' ORDER BY 1").map {
                try $0.required(0)
            }
        }
        await pool.close()
        return names
    }

    @Test("an empty database gets every migration, and another start none")
    func freshAndAgain() async throws {
        try await TestDatabase.with { database async throws in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            #expect(try await store.migrate() == Migrator.migrations.map(\.version))
            #expect(try await store.migrate() == [])
            try await store.ping()
            await store.close()
            #expect(try await Self.tables(database).contains("entity"))
        }
    }

    @Test("programs that start together apply each migration once")
    func together() async throws {
        try await TestDatabase.with { database async throws in
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 { group.addTask { try await Self.migrate(database, Migrator.migrations) } }
                return try await group.reduce(into: [Int]()) { $0 += $1 }
            }
            #expect(applied == Migrator.migrations.map(\.version))
        }
    }

    @Test("only what is missing is applied, in order, and data stay")
    func upgrade() async throws {
        try await TestDatabase.with { database async throws in
            let first = Self.script(1, "CREATE TABLE one (n int); INSERT INTO one VALUES (7);")
            let second = Self.script(2, "CREATE TABLE two AS SELECT n FROM one;")
            #expect(try await Self.migrate(database, [first]) == [1])
            #expect(
                try await Self.migrate(database, [first, second, Self.script(3, "ALTER TABLE two ADD m int;")]) == [
                    2, 3,
                ])
            #expect(try await Self.tables(database) == ["one", "schema_migration", "two"])
        }
    }

    @Test("scripts have more memory than PostgreSQL's default, and those who come later do not")
    func memory() async throws {
        try await TestDatabase.with { database async throws in
            let script = Self.script(1, "CREATE TABLE one AS SELECT current_setting('work_mem') AS memory;")
            let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            let (during, after) = try await pool.run { session in
                _ = try Migrator.migrate(session, migrations: [script])
                func text(_ statement: String) throws -> String? {
                    try session.run(statement).first { $0.text(0) } ?? nil
                }
                return (try text("SELECT memory FROM one"), try text("SELECT current_setting('work_mem')"))
            }
            await pool.close()
            #expect(during == Migrator.workMemory && after != during)
        }
    }

    @Test("a script that fails leaves nothing of itself, and what came before it stays")
    func failingScript() async throws {
        try await TestDatabase.with { database async throws in
            let first = Self.script(1, "CREATE TABLE one (n int);")
            let broken = Self.script(2, "CREATE TABLE two (n int); SELECT 1 / 0;")
            let error = await #expect(throws: StoreError.self) { try await Self.migrate(database, [first, broken]) }
            #expect(error?.code == .statement && error?.sqlState == "22012")
            #expect(try await Self.tables(database) == ["one", "schema_migration"])
            #expect(try await Self.migrate(database, [first, Self.script(2, "CREATE TABLE two (n int);")]) == [2])
        }
    }

    @Test("a database made by a newer program is refused and left alone")
    func newer() async throws {
        try await TestDatabase.with { database async throws in
            let first = Self.script(1, "CREATE TABLE one (n int);")
            _ = try await Self.migrate(database, [first, Self.script(2, "CREATE TABLE two (n int);")])
            let error = await #expect(throws: StoreError.self) { try await Self.migrate(database, [first]) }
            #expect(error?.code == .schema)
            #expect(error?.description.contains("is at version 2, this program knows 1") == true)
        }
    }

    @Test("a script that was applied in another form is refused, before anything else is applied")
    func altered() async throws {
        try await TestDatabase.with { database async throws in
            _ = try await Self.migrate(database, [Self.script(1, "CREATE TABLE one (n int);")])
            let altered = [Self.script(1, "CREATE TABLE one (n bigint);"), Self.script(2, "CREATE TABLE two (n int);")]
            let error = await #expect(throws: StoreError.self) { try await Self.migrate(database, altered) }
            #expect(error?.code == .schema && error?.description.contains("migration 1 (m1)") == true)
            #expect(try await Self.tables(database) == ["one", "schema_migration"])
        }
    }
}

extension Result where Failure == any Error {
    /// What came of the body.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
