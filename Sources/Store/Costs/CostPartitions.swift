internal import Base
internal import Costs

/// The partitions of the costs: a UTC day of `cost_hourly`, a UTC month of `cost_daily`.
enum CostPartitions {
    /// Makes the partitions that rows of a day need.
    ///
    /// - Throws: `StoreError`.
    static func make(_ session: PostgresSession, day: Timestamp) throws {
        let name = day.rfc3339.prefix(10).split(separator: "-").joined()
        try make(session, "cost_hourly", suffix: name, from: day, to: day.adding(seconds: 86_400))
        let month = CalendarMonth(containing: day)
        try make(session, "cost_daily", suffix: String(name.prefix(6)), from: month.start, to: month.end)
    }

    private static func make(
        _ session: PostgresSession, _ table: String, suffix: String, from: Timestamp, to: Timestamp
    ) throws {
        let name = "\(table)_\(suffix)"
        let isThere = try session.run("SELECT to_regclass($1) IS NOT NULL", [.text(name)]).first { $0.bool(0) }
        if isThere == true { return }
        // IF NOT EXISTS by itself fails for the second of two that make it at the same moment.
        try session.runScript("LOCK TABLE ONLY \(table) IN ACCESS EXCLUSIVE MODE")
        try session.runScript(
            """
            CREATE TABLE IF NOT EXISTS \(name) PARTITION OF \(table)
            FOR VALUES FROM ('\(from.rfc3339)') TO ('\(to.rfc3339)')
            """)
    }
}
