internal import Base

/// The database: one store for each aggregate over one pool.
package struct Store: Sendable {
    package let catalog: CatalogStore
    package let workloads: WorkloadStore
    package let costs: CostStore
    private let pool: PostgresPool

    package init(_ configuration: PostgresPool.Configuration) {
        pool = PostgresPool(configuration)
        catalog = CatalogStore(pool: pool)
        workloads = WorkloadStore(pool: pool)
        costs = CostStore(pool: pool)
    }

    /// Applies the migrations that are missing and tells which.
    ///
    /// - Throws: `StoreError`.
    package func migrate() async throws -> [Int] {
        try await pool.run { try Migrator.migrate($0) }
    }

    /// Asks the database for an answer, for readiness.
    ///
    /// - Throws: `StoreError`.
    package func ping() async throws {
        try await pool.read { _ = try $0.run("SELECT 1") }
    }

    /// Ends the connections.
    package func close() async { await pool.close() }
}
