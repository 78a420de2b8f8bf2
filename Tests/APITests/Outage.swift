import Base
import Store
import TestSupport

extension TestDatabase {
    /// Cuts every connection to the database and lets no new one in until `reopen()`.
    func shut() async throws {
        try await administer(
            """
            ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS false;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)';
            """)
    }

    func reopen() async throws { try await administer("ALTER DATABASE \(name) WITH ALLOW_CONNECTIONS true") }

    private var name: Substring { uri.split(separator: "?")[0].split(separator: "/").last ?? "" }

    private func administer(_ script: String) async throws {
        let pool = PostgresPool(
            PostgresPool.Configuration(uri: environmentVariable("CALLBOARD_TEST_DATABASE_URL") ?? ""))
        try await pool.run { try $0.runScript(script) }
        await pool.close()
    }
}
