/// The one way in which observations are written: in a transaction that first makes sure that its leader still leads.
///
/// The check takes a share lock on the shard's row of `leader_epoch`. Leaders' transactions of one epoch do not hinder
/// each other; the statement that begins the next epoch waits for those under way, and who comes later reads the new
/// epoch. So the writes of two epochs never mix, however late a deposed leader learns of it.
struct LeaderTransactions: Sendable {
    let pool: PostgresPool
    /// Nil: whoever has the store may write, which suits a process that is known to be alone.
    var fence: Fence?
    /// Called each time that a transaction was refused because another leader took over.
    var onDeposed: @Sendable () -> Void = {}

    /// Runs the body as one transaction.
    ///
    /// - Throws: `StoreError` with code `deposed` when this is no longer the leader, or what the body throws; then nothing
    ///   was written.
    func run<Value: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Value) async throws -> Value {
        do {
            return try await pool.run { [fence] session in
                try session.transaction {
                    if let fence { try Self.check(fence, session) }
                    return try body(session)
                }
            }
        } catch let error as StoreError where error.code == .deposed {
            onDeposed()
            throw error
        }
    }

    private static func check(_ fence: Fence, _ session: PostgresSession) throws {
        let stored = try session.run(statement, [.text(fence.shard), .int(fence.epoch)]).first { row in
            Fence(shard: fence.shard, epoch: row.int(0) ?? 0, holder: try row.required(1))
        }
        guard stored != fence else { return }
        let present = stored.map { "epoch \($0.epoch) of \($0.holder)" } ?? "none"
        throw StoreError(code: .deposed, detail: "\(fence) has ended; the present one is \(present)")
    }

    /// The settings hold for the rest of the transaction. A process that is frozen in the midst of it keeps the row locked
    /// for a statement and a pause at most, 8 s + 5 s: less than the 15 s after which its lease is over, so that the next
    /// leader need not wait. One that is frozen while it reads an answer would keep it for ever, because the statement's
    /// deadline does not interrupt the server's sending; the timeout of its TCP connection does. `callboard.fence` leaves no
    /// trace by itself; a trigger can read it to record who writes.
    private static let statement =
        """
        SELECT epoch, holder, set_config('callboard.fence', $1 || ' ' || $2, true),
            set_config('statement_timeout', '8000', true), set_config('lock_timeout', '8000', true),
            set_config('idle_in_transaction_session_timeout', '5000', true),
            set_config('tcp_user_timeout', '5000', true)
        FROM leader_epoch WHERE shard = $1 FOR SHARE
        """
}
