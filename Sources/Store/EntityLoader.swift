/// Reads entities by ref. Requests that come while earlier ones are being read go together in one statement, so that many
/// at a time cost the database hardly more than one; a request's statement never begins before the request.
actor EntityLoader {
    private typealias Waiter = CheckedContinuation<StoredEntity?, any Error>

    private let pool: PostgresPool
    private var waiting: [String: [Waiter]] = [:]
    private var waiterCount = 0
    private var readers = 0
    /// Two, so that one statement runs while the answer of the other is being handed out.
    private static let maximumReaders = 2
    /// As many as may wait for a connection of the pool, several times over.
    private static let maximumWaiters = 10_000

    init(pool: PostgresPool) { self.pool = pool }

    /// - Returns: nil when there is no entity of that ref.
    /// - Throws: `StoreError`; with code `busy` when too many wait already.
    func entity(ref: String) async throws -> StoredEntity? {
        guard waiterCount < Self.maximumWaiters else {
            throw StoreError(code: .busy, detail: "\(waiterCount) callers wait already")
        }
        return try await withCheckedThrowingContinuation { waiter in
            waiting[ref, default: []].append(waiter)
            waiterCount += 1
            guard readers < Self.maximumReaders else { return }
            readers += 1
            Task { await readAll() }
        }
    }

    private func readAll() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = [:]
            waiterCount = 0
            do {
                let found = try await read(Array(batch.keys))
                for (ref, waiters) in batch { for waiter in waiters { waiter.resume(returning: found[ref]) } }
            } catch {
                for waiter in batch.values.joined() { waiter.resume(throwing: error) }
            }
        }
        readers -= 1
    }

    private func read(_ refs: [String]) async throws -> [String: StoredEntity] {
        try await pool.read { session in
            let rows = try session.run(
                "SELECT ref, document, etag FROM entity WHERE ref = ANY($1::text[])", [.texts(refs)])
            return Dictionary(
                try rows.map { row in
                    let entity = try CatalogStore.stored(row)
                    return (entity.ref, entity)
                }
            ) { $1 }
        }
    }
}
