internal import Base

/// The table `leader_epoch`.
package struct LeadershipStore: Sendable {
    let pool: PostgresPool

    /// Begins the next epoch of a shard. Transactions of the epoch before are waited for; every later one fails.
    ///
    /// A frozen leader cannot hold this up for longer than `LeaderTransactions` lets a transaction stand still.
    ///
    /// - Parameters:
    ///   - shard: what is led.
    ///   - holder: the process, named so that no other one ever has the name.
    /// - Throws: `StoreError`. When it is not known whether the epoch began, begin another one.
    package func begin(shard: String, holder: String) async throws -> Fence {
        try await pool.run { session in
            let epoch = try session.run(Self.begin, [.text(shard), .text(holder)]).first { $0.int(0) } ?? nil
            guard let epoch else { throw StoreError(code: .unexpectedResult, detail: "no epoch of \(shard) came back") }
            return Fence(shard: shard, epoch: epoch, holder: holder)
        }
    }

    /// The times are those of the statement's end, not of its start: after all writes of the epoch before.
    private static let begin =
        """
        INSERT INTO leader_epoch AS old (shard, epoch, holder, began_at) VALUES ($1, 1, $2, clock_timestamp())
        ON CONFLICT (shard) DO UPDATE SET
            epoch = old.epoch + 1, holder = excluded.holder, began_at = clock_timestamp()
        RETURNING epoch
        """
}
