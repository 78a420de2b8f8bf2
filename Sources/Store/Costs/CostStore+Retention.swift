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
        if partition.table == "cost_hourly" { try raiseHorizon(session, to: partition.to) }
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
