internal import Base
internal import Costs

/// Writes what `WorkloadSheet` says of each recorded day.
extension CostStore {
    /// Of a month, by one source and for one cluster.
    private struct Chapter {
        let cluster: String
        let source: Int64
        let month: Timestamp

        var values: [SQLValue] { [.text(cluster), .int(source), .time(month)] }
    }

    /// Makes the sheets that lack, month by month, the latest first: those of days that were rolled up, and those of all days
    /// after the program learnt to make them. Some days are a transaction, so that none takes long.
    ///
    /// - Parameter limit: so many months at most.
    /// - Returns: how many sheets were made.
    /// - Throws: `StoreError`, the first one; then those are made that can be. A month with a sheet that cannot be read is begun
    ///   anew the next time.
    @discardableResult
    package func makeSheets(limit: Int = 1_000) async throws -> Int {
        let chapters = try await pool.read { session in
            try session.run(SheetStatement.lacking, [.int(Int64(limit))]).map { row in
                Chapter(
                    cluster: try row.required(0), source: row.int(1) ?? 0, month: row.time(2) ?? Timestamp(seconds: 0))
            }
        }
        var made = 0
        var failure: (any Error)?
        for chapter in chapters where !Task.isCancelled {
            do { made += try await make(chapter) } catch let error as StoreError {
                // One that fails does not hold up the others, unless all would.
                guard error.code != .deposed, error.code != .unavailable else { throw error }
                failure = failure ?? error
                guard error.code == .unexpectedResult else { continue }
                let end = CalendarMonth(containing: chapter.month).end
                try await leader.run { _ = try $0.run(SheetStatement.drop, chapter.values + [.time(end)]) }
            }
        }
        if let failure { throw failure }
        return made
    }

    private func make(_ chapter: Chapter) async throws -> Int {
        var (made, more) = (0, Self.daysAtOnce)
        while more == Self.daysAtOnce, !Task.isCancelled {
            more = try await leader.run { try Self.make(chapter, $0) }
            made += more
        }
        return made
    }

    private static let daysAtOnce = 5

    /// Each day's sheet is the one before and the day's rows. From the first that lacks on they are made anew.
    private static func make(_ chapter: Chapter, _ session: PostgresSession) throws -> Int {
        let days = try session.run(SheetStatement.days, chapter.values).map { row in
            (day: row.time(0) ?? chapter.month, isThere: row.bool(1))
        }
        guard let first = days.firstIndex(where: { !$0.isThere }) else { return 0 }
        let unit = chapter.values.prefix(2)
        func read(_ statement: String, _ day: Timestamp) throws -> WorkloadSheet {
            try session.runBinary(statement, unit + [.time(day)]).first {
                try WorkloadSheet($0, from: 0, WorkloadSheet.allColumns)
            } ?? WorkloadSheet()
        }
        var sheet = first > 0 ? try read(SheetStatement.read, days[first - 1].day) : WorkloadSheet()
        let some = days[first...].prefix(daysAtOnce)
        for (day, _) in some {
            sheet.add(try read(SheetStatement.ofDay, day))
            try session.run(SheetStatement.write, unit + [.time(day)] + sheet.stored)
        }
        return some.count
    }

    /// Drops the sheets that a change of a day makes wrong: its own and the later ones of its month.
    func dropSheets(_ session: PostgresSession, from touched: TouchedDay) throws {
        try session.run(
            SheetStatement.drop,
            [
                .text(touched.cluster), .int(touched.source.rawValue), .time(touched.day),
                .time(CalendarMonth(containing: touched.day).end),
            ])
    }

    /// Drops those of days that are kept no more.
    static func dropSheets(_ session: PostgresSession, _ days: Range<Timestamp>) throws {
        try session.run(
            "DELETE FROM cost_workload_sheet WHERE day >= $1::timestamptz AND day < $2::timestamptz",
            [.time(days.lowerBound), .time(days.upperBound)])
    }
}

/// $1 and $2 are cluster and source unless said otherwise.
private enum SheetStatement {
    /// Months of which the days by workload are there. ($1: how many.)
    static let lacking =
        """
        SELECT cluster, source, \(microseconds("month")) FROM (
            SELECT DISTINCT c.cluster, c.source, date_trunc('month', c.day, 'UTC') AS month FROM cost_cluster_daily c
            WHERE NOT EXISTS (SELECT FROM cost_workload_sheet s
                WHERE s.cluster = c.cluster AND s.source = c.source AND s.day = c.day)) m
        WHERE to_regclass('cost_daily_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM')) IS NOT NULL
        ORDER BY month DESC, cluster, source LIMIT $1::bigint
        """

    /// ($3: the month.)
    static let days =
        """
        SELECT \(microseconds("c.day")), s.day IS NOT NULL
        FROM cost_cluster_daily c LEFT JOIN cost_workload_sheet s USING (cluster, source, day)
        WHERE c.cluster = $1 AND c.source = $2::smallint AND c.day >= $3::timestamptz
            AND c.day < ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
        ORDER BY c.day
        """

    private static let columns = (["workload_id", "attribution_id"] + WorkloadSheet.allColumns).joined(separator: ", ")

    /// ($3: the day.)
    static let read =
        """
        SELECT \(columns) FROM cost_workload_sheet
        WHERE cluster = $1 AND source = $2::smallint AND day = $3::timestamptz
        """

    /// The rows of a day in the form of a sheet. ($3: the day.)
    static let ofDay: String = {
        let columns = WorkloadSheet.allColumns.map { column in
            switch column {
            case "days": "string_agg(int8send(1), '')"
            case "used_days": "string_agg(int8send((cpu_used_millicore_seconds IS NOT NULL)::int::bigint), '')"
            default: "string_agg(int8send(coalesce(\(column), 0)), '')"
            }
        }
        return """
            SELECT coalesce(string_agg(int4send(workload_id), ''), ''), coalesce(string_agg(int4send(attribution_id), ''), ''),
                \(columns.joined(separator: ", "))
            FROM (SELECT d.* FROM cost_daily d JOIN cost_attribution a ON a.id = d.attribution_id
                WHERE d.day = $3::timestamptz AND d.source = $2::smallint AND a.cluster = $1
                ORDER BY d.workload_id, d.attribution_id) d
            """
    }()

    /// ($3: the day; then the columns.)
    static let write: String = {
        let places = (4..<(6 + WorkloadSheet.allColumns.count)).map { "$\($0)::bytea" }.joined(separator: ", ")
        let excluded = columns.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO cost_workload_sheet (cluster, source, day, \(columns))
            VALUES ($1, $2::smallint, $3::timestamptz, \(places))
            ON CONFLICT (cluster, source, day) DO UPDATE SET (\(columns)) = (\(excluded))
            """
    }()

    /// ($3 and $4: from which day to which.)
    static let drop = """
        DELETE FROM cost_workload_sheet
        WHERE cluster = $1 AND source = $2::smallint AND day >= $3::timestamptz AND day < $4::timestamptz
        """
}
