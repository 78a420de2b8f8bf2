import Base
import Store

/// A database with the schema of now, made once in a run, that the tests' own are copies of: a copy takes a third of the time that
/// the migrations take.
actor MigratedTemplate {
    static let shared = MigratedTemplate()

    private var making: Task<String, any Error>?

    /// Its name. It stays when the run ends; the server of `make test` does not.
    func name() async throws -> String {
        let making = making ?? Task { try await Self.make() }
        self.making = making
        return try await making.value
    }

    /// Under a name of its own: another run may be at work on the same server.
    private static func make() async throws -> String {
        let name = "template_" + Hex.encode(randomBytes(8))
        let administration = PostgresPool(PostgresPool.Configuration(uri: TestDatabase.server))
        try await administration.run { try $0.runScript("CREATE DATABASE \(name)") }
        await administration.close()
        let uri = TestDatabase.replacingDatabase(of: TestDatabase.server, by: name)
        let store = Store(PostgresPool.Configuration(uri: uri))
        _ = try await store.migrate()
        await store.close()
        return name
    }
}
