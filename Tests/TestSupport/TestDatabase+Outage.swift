internal import Base
package import Store

extension TestDatabase {
    /// Cuts every connection to the database and lets no new one in until `reopen()`.
    package func shut() async throws {
        try await administer(
            """
            ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS false;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)';
            """)
    }

    package func reopen() async throws { try await administer("ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS true") }

    private var name: Substring { uri.split(separator: "?")[0].split(separator: "/").last ?? "" }

    private func administer(_ script: String) async throws {
        let pool = PostgresPool(
            PostgresPool.Configuration(uri: environmentVariable("CALLBOARD_TEST_DATABASE_URL") ?? ""))
        try await pool.run { try $0.runScript(script) }
        await pool.close()
    }

    /// A store whose schema is up to date but for one column that is missing, as if the program and its database disagreed.
    package func storeThatMisses(_ table: String, _ column: String) async throws -> Store {
        let store = Store(PostgresPool.Configuration(uri: uri))
        _ = try await store.migrate()
        let pool = PostgresPool(PostgresPool.Configuration(uri: uri))
        try await pool.run { try $0.runScript("ALTER TABLE callboard.\(table) RENAME COLUMN \(column) TO renamed") }
        await pool.close()
        return store
    }
}
