package import Base

/// The database: one store for each aggregate over one pool.
package struct Store: Sendable {
    package let catalog: CatalogStore
    package let workloads: WorkloadStore
    package let costs: CostStore
    package let sizing: SizingStore
    package let notifications: NotificationStore
    package let leadership: LeadershipStore
    package let etags: EtagStore
    package let oauth: OAuthStore
    package let sessions: SessionStore
    package let audit: AuditStore
    private let pool: PostgresPool

    package init(_ configuration: PostgresPool.Configuration) {
        self.init(pool: PostgresPool(configuration)) { LeaderTransactions(pool: $0) }
    }

    private init(pool: PostgresPool, _ writing: (PostgresPool) -> LeaderTransactions) {
        self.pool = pool
        let leader = writing(pool)
        catalog = CatalogStore(pool: pool, leader: leader)
        workloads = WorkloadStore(pool: pool, leader: leader)
        costs = CostStore(pool: pool, leader: leader)
        sizing = SizingStore(pool: pool, leader: leader)
        notifications = NotificationStore(pool: pool, leader: leader)
        leadership = LeadershipStore(pool: pool)
        etags = EtagStore(pool: pool, leader: leader)
        oauth = OAuthStore(pool: pool)
        sessions = SessionStore(pool: pool)
        audit = AuditStore(pool: pool, leader: leader)
    }

    /// The same database for a leader: observations are written only as long as its epoch lasts.
    ///
    /// - Parameter onDeposed: called each time that a write was refused because the next epoch has begun.
    package func fenced(by fence: Fence, onDeposed: @escaping @Sendable () -> Void = {}) -> Store {
        Store(pool: pool) { LeaderTransactions(pool: $0, fence: fence, onDeposed: onDeposed) }
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

    /// Tells which entities change, over a connection of its own.
    package func catalogFeed(logger: Logger) -> CatalogFeed {
        CatalogFeed(pool.configuration, channel: CatalogFeed.entities, logger: logger)
    }

    /// Tells the leader of the catalog that something is asked of it, over a connection of its own.
    package func requestFeed(logger: Logger) -> CatalogFeed {
        CatalogFeed(pool.configuration, channel: CatalogFeed.requests, logger: logger)
    }

    /// Tells what other replicas did for sessions, over a connection of its own.
    package func sessionFeed(logger: Logger) -> SessionFeed {
        SessionFeed(pool.configuration, store: sessions, logger: logger)
    }

    /// Ends the connections.
    package func close() async { await pool.close() }
}
