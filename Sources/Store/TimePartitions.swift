internal import Base

/// The partitions of a table by time: made when rows of a time come, dropped as a whole when they need not be kept.
enum TimePartitions {
    struct Partition: Sendable {
        let table: String
        let name: String
        let from: Timestamp
        /// The end of what it holds, not included.
        let to: Timestamp
    }

    /// Makes the partition of a UTC day, when it is not there.
    ///
    /// - Throws: `StoreError`.
    static func make(_ session: PostgresSession, _ table: String, day: Timestamp) throws {
        try make(session, table, nameLength: 8, from: day, to: day.adding(seconds: 86_400))
    }

    /// Makes the partition of a time, when it is not there.
    ///
    /// - Parameter nameLength: how many digits of the beginning (`20260102`) its name ends with.
    /// - Throws: `StoreError`.
    static func make(
        _ session: PostgresSession, _ table: String, nameLength: Int, from: Timestamp, to: Timestamp
    ) throws {
        let digits = from.rfc3339.prefix(10).split(separator: "-").joined()
        let name = "\(table)_\(digits.prefix(nameLength))"
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

    /// The partitions of a table that hold nothing from a moment on, the oldest first.
    ///
    /// - Throws: `StoreError`.
    static func expired(_ session: PostgresSession, _ table: String, before moment: Timestamp) throws -> [Partition] {
        try session.run(expired, [.text(table), .time(moment)]).map { row in
            Partition(
                table: table, name: try row.required(0), from: row.time(2) ?? Timestamp(seconds: 0),
                to: row.time(1) ?? moment)
        }
    }

    /// A range's expression is `FOR VALUES FROM ('…') TO ('…')`.
    private static let expired =
        """
        SELECT name, \(microseconds("ends")), \(microseconds("begins")) FROM (
            SELECT c.relname AS name,
                (regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('([^']+)'\\)$$))[1]::timestamptz AS begins,
                (regexp_match(pg_get_expr(c.relpartbound, c.oid), $$TO \\('([^']+)'\\)$$))[1]::timestamptz AS ends
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass($1)) p
        WHERE ends <= $2::timestamptz ORDER BY ends
        """
}
