package import Base

/// How long costs are kept, in days. What each entity cost a day is kept for ever.
package struct CostRetention: Sendable, Hashable {
    /// Hours by workload.
    package var hourly: Int64 = 35
    /// Days by workload.
    package var daily: Int64 = 400

    package init() {}
}

extension CostStore {
    /// Makes the partitions of the present day and the two after it, so that no writer waits for that at midnight.
    ///
    /// - Throws: `StoreError`.
    package func makePartitions(now: Timestamp) async throws {
        let today = now.startOfDay
        try await leader.run { session in
            for day in 0...2 { try CostPartitions.make(session, day: today.adding(seconds: Int64(day) * 86_400)) }
        }
    }

    /// Drops the partitions of hours and days that need not be kept any longer. One with a day whose hours are not rolled up
    /// stays, and holds up no other.
    ///
    /// - Returns: the names of the dropped tables.
    /// - Throws: `StoreError`; then the partitions that were dropped before stay dropped.
    package func dropExpired(_ retention: CostRetention, now: Timestamp) async throws -> [String] {
        let today = now.startOfDay
        let hours = today.adding(seconds: -retention.hourly * 86_400)
        let days = today.adding(seconds: -max(retention.daily, retention.hourly) * 86_400)
        let expired = try await pool.read { session in
            try TimePartitions.expired(session, "cost_hourly", before: hours)
                + TimePartitions.expired(session, "cost_daily", before: days)
        }
        var dropped: [String] = []
        // A transaction each: it keeps all writers waiting.
        for partition in expired {
            if try await leader.run({ try Self.drop(partition, $0) }) { dropped.append(partition.name) }
        }
        return dropped
    }

    /// Removes the rows of workloads that are gone, and of money that no workload is charged for, when neither days nor hours
    /// of theirs are kept and nobody has owned them for as long as days are.
    ///
    /// - Parameter limit: so many at most.
    /// - Returns: how many went.
    /// - Throws: `StoreError`; then all are still there.
    package func removeForgotten(_ retention: CostRetention, now: Timestamp, limit: Int64 = 1_000) async throws -> Int {
        let horizon = now.startOfDay.adding(seconds: -max(retention.daily, retention.hourly) * 86_400)
        return try await leader.run { session in
            let ids = try session.run(Self.forgotten, [.time(horizon), .int(limit)]).map { $0.int(0) ?? 0 }
            guard !ids.isEmpty else { return 0 }
            for table in ["entity_workload", "recommendation", "container_histogram"] {
                try session.run("DELETE FROM \(table) WHERE workload_id = ANY ($1::int[])", [.ints(ids)])
            }
            return try session.run("DELETE FROM workload WHERE id = ANY ($1::int[])", [.ints(ids)]).affected
        }
    }

    /// Locked, so that none of them comes back meanwhile.
    private static let forgotten =
        """
        SELECT w.id FROM workload w WHERE w.deleted_at < $1::timestamptz
            AND NOT EXISTS (SELECT FROM cost_daily d WHERE d.workload_id = w.id)
            AND NOT EXISTS (SELECT FROM cost_hourly c WHERE c.workload_id = w.id)
            AND NOT EXISTS (SELECT FROM entity_workload e
                WHERE e.workload_id = w.id AND (upper_inf(e.valid) OR upper(e.valid) >= $1::timestamptz))
        ORDER BY w.id LIMIT $2::bigint FOR UPDATE SKIP LOCKED
        """

    /// False when something in it is not rolled up.
    private static func drop(_ partition: TimePartitions.Partition, _ session: PostgresSession) throws -> Bool {
        // Whoever writes now has come to an end then, and his mark is seen.
        try session.runScript("LOCK TABLE ONLY \(partition.table) IN ACCESS EXCLUSIVE MODE")
        let isTouched = try session.run(
            "SELECT EXISTS (SELECT FROM cost_day_touched WHERE day >= $1::timestamptz AND day < $2::timestamptz)",
            [.time(partition.from), .time(partition.to)]
        ).first { $0.bool(0) }
        if isTouched != false { return false }
        try session.runScript("DROP TABLE \(partition.name)")
        let kind = partition.table == "cost_daily" ? SheetKind.days : .hours
        try dropSheets(session, kind, partition.from..<partition.to)
        if kind == .hours { try raiseHorizon(session, to: partition.to) }
        return true
    }

    private static func raiseHorizon(_ session: PostgresSession, to horizon: Timestamp) throws {
        let raised = try session.run(
            "UPDATE cost_horizon SET hourly_from = greatest(hourly_from, $1::timestamptz)", [.time(horizon)])
        if raised.affected == 0 {
            try session.run("INSERT INTO cost_horizon (hourly_from) VALUES ($1::timestamptz)", [.time(horizon)])
        }
    }
}
