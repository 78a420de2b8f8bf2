internal import Base
package import Store

/// A database of its own for a test, made empty and dropped at the end, on the server that `CALLBOARD_TEST_DATABASE_URL`
/// names (`make test` starts one). Its role may create databases.
package struct TestDatabase: Sendable {
    /// Whether there is a server; suites that need one are enabled by it.
    package static var isAvailable: Bool { environmentVariable("CALLBOARD_TEST_DATABASE_URL") != nil }

    /// The URI of the new database.
    package let uri: String

    /// Makes a database, runs the body, and drops the database whatever came of it.
    ///
    /// - Parameter template: the database that it is a copy of; nil: it is empty.
    package static func with<Value: Sendable>(
        template: String? = nil, _ body: @Sendable (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let name = "test_" + Hex.encode(randomBytes(8))
        let administration = PostgresPool(PostgresPool.Configuration(uri: server))
        let origin = template.map { " TEMPLATE \($0) STRATEGY file_copy" } ?? ""
        try await administration.run { try $0.runScript("CREATE DATABASE \(name)\(origin)") }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(TestDatabase(uri: replacingDatabase(of: server, by: name))))
        } catch {
            result = .failure(error)
        }
        try await administration.run { try $0.runScript("DROP DATABASE \(name) WITH (FORCE)") }
        await administration.close()
        return try result.get()
    }

    /// The same with a store whose schema is up to date.
    package static func withStore<Value: Sendable>(
        _ body: @Sendable (Store) async throws -> Value
    ) async throws -> Value {
        try await with(template: try await MigratedTemplate.shared.name()) { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            do {
                let value = try await body(store)
                await store.close()
                return value
            } catch {
                await store.close()
                throw error
            }
        }
    }

    /// The URI of the server's own database.
    static var server: String { environmentVariable("CALLBOARD_TEST_DATABASE_URL") ?? "" }

    /// `postgresql://user:password@host:port/name?parameters` with another name.
    static func replacingDatabase(of uri: String, by name: String) -> String {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let path = parts[0].split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return "\(path)/\(name)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }
}
