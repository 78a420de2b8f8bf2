internal import Base
internal import Costs

/// Writes what `WorkloadSheet` says of each recorded day and hour.
extension CostStore {
    /// Of a month's days or of a day's hours, by one source and for one cluster.
    private struct Chapter {
        let kind: SheetKind
        let cluster: String
        let source: Int64
        /// The month, or the day.
        let first: Timestamp

        var values: [SQLValue] { [.text(cluster), .int(source), .time(first)] }

        var end: Timestamp {
            kind == .days ? CalendarMonth(containing: first).end : first.adding(seconds: 86_400)
        }
    }

    /// Makes the sheets that lack, the latest month and day first: those of what was rolled up, and those of all days and hours
    /// after the program learnt to make them. Some days or hours are a transaction, so that none takes long.
    ///
    /// - Parameter limit: so many months, and days of hours, at most.
    /// - Returns: how many sheets were made.
    /// - Throws: `StoreError`, the first one; then those are made that can be. A month with a sheet that cannot be read, or a
    ///   day, is begun anew the next time.
    @discardableResult
    package func makeSheets(limit: Int = 1_000) async throws -> Int {
        let chapters = try await pool.read { session in
            try SheetKind.allCases.flatMap { kind in
                try session.run(SheetStatement.lacking(kind), [.int(Int64(limit))]).map { row in
                    Chapter(
                        kind: kind, cluster: try row.required(0), source: row.int(1) ?? 0,
                        first: row.time(2) ?? Timestamp(seconds: 0))
                }
            }
        }
        return try await make(chapters)
    }

    /// Makes those that a roll-up dropped.
    ///
    /// - Throws: `StoreError`, as the others do.
    package func makeSheets(of touched: TouchedDay) async throws {
        let month = CalendarMonth(containing: touched.day).start
        _ = try await make(
            [(.days, month), (.hours, touched.day)].map { kind, first in
                Chapter(kind: kind, cluster: touched.cluster, source: touched.source.rawValue, first: first)
            })
    }

    private func make(_ chapters: [Chapter]) async throws -> Int {
        var made = 0
        var failure: (any Error)?
        for chapter in chapters where !Task.isCancelled {
            do { made += try await make(chapter) } catch let error as StoreError {
                // One that fails does not hold up the others, unless all would.
                guard error.code != .deposed, error.code != .unavailable else { throw error }
                failure = failure ?? error
                guard error.code == .unexpectedResult else { continue }
                try await leader.run { session in
                    _ = try session.run(
                        SheetStatement.drop(chapter.kind), chapter.values + [.time(chapter.end)])
                }
            }
        }
        if let failure { throw failure }
        return made
    }

    private func make(_ chapter: Chapter) async throws -> Int {
        var (made, from) = (0, chapter.first)
        while from < chapter.end, !Task.isCancelled {
            let start = from
            let (count, next) = try await leader.run { session in
                chapter.kind == .days
                    ? try Self.makeDays(chapter, session) : try Self.makeHours(chapter, from: start, session)
            }
            (made, from) = (made + count, next)
        }
        return made
    }

    /// Days, or hours.
    private static let atOnce = 5

    /// Each day's sheet is the one before and the day's rows. From the first that lacks on they are made anew.
    ///
    /// - Returns: how many were made, and from when on more may lack.
    private static func makeDays(_ chapter: Chapter, _ session: PostgresSession) throws -> (made: Int, next: Timestamp)
    {
        let days = try session.run(SheetStatement.days, chapter.values).map { row in
            (day: row.time(0) ?? chapter.first, isThere: row.bool(1))
        }
        guard let first = days.firstIndex(where: { !$0.isThere }) else { return (0, chapter.end) }
        var sheet =
            first > 0 ? try read(SheetStatement.read(.days), chapter, days[first - 1].day, session) : WorkloadSheet()
        let some = days[first...].prefix(atOnce)
        for (day, _) in some {
            let rows = try read(SheetStatement.ofDay, chapter, day, session)
            sheet.add(rows)
            try write(sheet, chapter, day, session)
            try session.run(SheetStatement.notePayers, chapter.values.prefix(2) + [.time(day)] + payers(rows))
        }
        return (some.count, some.endIndex < days.endIndex ? days[some.endIndex].day : chapter.end)
    }

    /// Who paid, and for how many workloads each.
    private static func payers(_ rows: WorkloadSheet) -> [SQLValue] {
        let counts = rows.keys.reduce(into: [Int32: Int128]()) { $0[$1.attribution, default: 0] += 1 }
        let payers = counts.sorted { $0.key < $1.key }
        return [payers.map { Int128($0.key) }, payers.map(\.value)].map { .bytes(WorkloadSheet.encoded($0, width: 4)) }
    }

    /// The same of hours, and what the cluster cost in each.
    private static func makeHours(
        _ chapter: Chapter, from: Timestamp, _ session: PostgresSession
    ) throws -> (made: Int, next: Timestamp) {
        let last = try session.run(SheetStatement.lastHour, chapter.values + [.time(chapter.end)]).map { $0.time(0) }
        var sheet = WorkloadSheet()
        var hour = from
        if let last = last.first ?? nil {
            sheet = try read(SheetStatement.read(.hours), chapter, last, session)
            hour = max(hour, last.adding(seconds: 3_600))
        }
        let end = min(hour.adding(seconds: 3_600 * Int64(atOnce)), chapter.end)
        var made = 0
        while hour < end {
            let rows = try read(SheetStatement.ofHour, chapter, hour, session)
            if !rows.keys.isEmpty {
                sheet.add(rows)
                try write(sheet, chapter, hour, session)
                let costs = CostColumns.cost.indices.map { SQLValue.int(rows.sum($0, rows.keys.indices)) }
                try session.run(SheetStatement.recordHour, chapter.values.prefix(2) + [.time(hour)] + costs)
                made += 1
            }
            hour = hour.adding(seconds: 3_600)
        }
        if end == chapter.end { try session.run(SheetStatement.complete, chapter.values) }
        return (made, end)
    }

    private static func read(
        _ statement: String, _ chapter: Chapter, _ at: Timestamp, _ session: PostgresSession
    ) throws -> WorkloadSheet {
        try session.runBinary(statement, chapter.values.prefix(2) + [.time(at)]).first {
            try WorkloadSheet($0, from: 0, WorkloadSheet.allColumns)
        } ?? WorkloadSheet()
    }

    private static func write(
        _ sheet: WorkloadSheet, _ chapter: Chapter, _ at: Timestamp, _ session: PostgresSession
    ) throws {
        try session.run(SheetStatement.write(chapter.kind), chapter.values.prefix(2) + [.time(at)] + sheet.stored)
    }

    /// Drops the sheets that a day's roll-up makes wrong: its own and the later ones of its month, if it changed what is
    /// recorded of the day; those of its hours from one on.
    func dropSheets(
        _ session: PostgresSession, from touched: TouchedDay, isDayChanged: Bool, hour: Timestamp
    ) throws {
        let unit: [SQLValue] = [.text(touched.cluster), .int(touched.source.rawValue)]
        if isDayChanged {
            let end = CalendarMonth(containing: touched.day).end
            try session.run(SheetStatement.drop(.days), unit + [.time(touched.day), .time(end)])
        }
        let hours: [SQLValue] = unit + [.time(hour), .time(touched.day.adding(seconds: 86_400))]
        for table in SheetStatement.tablesOfHours { try session.run(SheetStatement.drop(table, "hour"), hours) }
        try session.run(SheetStatement.begin, unit + [.time(touched.day)])
    }

    /// Drops those of days or hours that are kept no more.
    static func dropSheets(_ session: PostgresSession, _ kind: SheetKind, _ range: Range<Timestamp>) throws {
        for table in kind == .days ? [kind.table] : SheetStatement.tablesOfHours {
            try session.run(
                "DELETE FROM \(table) WHERE \(kind.column) >= $1::timestamptz AND \(kind.column) < $2::timestamptz",
                [.time(range.lowerBound), .time(range.upperBound)])
        }
    }
}

/// $1 and $2 are cluster and source unless said otherwise.
private enum SheetStatement {
    static let tablesOfHours = [SheetKind.hours.table, "cost_cluster_hourly"]

    /// ($1: how many.)
    static func lacking(_ kind: SheetKind) -> String { kind == .days ? lackingDays : lackingHours }

    /// Months of which the days by workload are there.
    private static let lackingDays =
        """
        SELECT cluster, source, \(microseconds("month")) FROM (
            SELECT DISTINCT c.cluster, c.source, date_trunc('month', c.day, 'UTC') AS month FROM cost_cluster_daily c
            WHERE NOT EXISTS (SELECT FROM cost_workload_sheet s
                WHERE s.cluster = c.cluster AND s.source = c.source AND s.day = c.day AND s.payer_id IS NOT NULL)) m
        WHERE to_regclass('cost_daily_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM')) IS NOT NULL
        ORDER BY month DESC, cluster, source LIMIT $1::bigint
        """

    /// Days of which the hours are there.
    private static let lackingHours =
        """
        SELECT cluster, source, \(microseconds("day")) FROM cost_cluster_daily
        WHERE NOT hours_summed AND to_regclass('cost_hourly_' || to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NOT NULL
        ORDER BY day DESC, cluster, source LIMIT $1::bigint
        """

    /// ($3: the month.)
    static let days =
        """
        SELECT \(microseconds("c.day")), s.payer_id IS NOT NULL
        FROM cost_cluster_daily c LEFT JOIN cost_workload_sheet s USING (cluster, source, day)
        WHERE c.cluster = $1 AND c.source = $2::smallint AND c.day >= $3::timestamptz
            AND c.day < ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
        ORDER BY c.day
        """

    /// ($3: the day; $4: its end.)
    static let lastHour =
        """
        SELECT \(microseconds("max(hour)")) FROM cost_hour_sheet
        WHERE cluster = $1 AND source = $2::smallint AND hour >= $3::timestamptz AND hour < $4::timestamptz
        """

    private static let columns = (["workload_id", "attribution_id"] + WorkloadSheet.allColumns).joined(separator: ", ")

    /// ($3: the day or the hour.)
    static func read(_ kind: SheetKind) -> String {
        """
        SELECT \(columns) FROM \(kind.table)
        WHERE cluster = $1 AND source = $2::smallint AND \(kind.column) = $3::timestamptz
        """
    }

    /// The rows of a day in the form of a sheet. ($3: the day.)
    static let ofDay = sheet(
        of: """
            SELECT d.* FROM cost_daily d JOIN cost_attribution a ON a.id = d.attribution_id
            WHERE d.day = $3::timestamptz AND d.source = $2::smallint AND a.cluster = $1
            """)

    /// The same of an hour, each with the one that paid for it. ($3: the hour.)
    static let ofHour = sheet(
        of: """
            SELECT h.*, d.attribution_id
            FROM cost_hourly h JOIN workload w ON w.id = h.workload_id AND w.cluster = $1
            JOIN cost_daily d ON d.workload_id = h.workload_id AND d.source = h.source
                AND d.day = date_trunc('day', $3::timestamptz, 'UTC')
            JOIN cost_attribution a ON a.id = d.attribution_id
            WHERE h.hour = $3::timestamptz AND h.source = $2::smallint AND a.cluster = $1
                AND (d.is_sole OR a.entity_ref IS NOT DISTINCT FROM \(CostStatement.owner(of: "h")))
            """)

    private static func sheet(of rows: String) -> String {
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
            FROM (\(rows) ORDER BY workload_id, attribution_id) d
            """
    }

    /// ($3: the day or the hour; then the columns.)
    static func write(_ kind: SheetKind) -> String {
        let places = (4..<(6 + WorkloadSheet.allColumns.count)).map { "$\($0)::bytea" }.joined(separator: ", ")
        let excluded = columns.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")
        return """
            INSERT INTO \(kind.table) (cluster, source, \(kind.column), \(columns))
            VALUES ($1, $2::smallint, $3::timestamptz, \(places))
            ON CONFLICT (cluster, source, \(kind.column)) DO UPDATE SET (\(columns)) = (\(excluded))
            """
    }

    /// ($3: the day; $4 and $5: the columns.)
    static let notePayers = """
        UPDATE cost_workload_sheet SET (payer_id, payer_workloads) = ($4::bytea, $5::bytea)
        WHERE cluster = $1 AND source = $2::smallint AND day = $3::timestamptz
        """

    /// ($3: the hour; then the costs.)
    static let recordHour: String = {
        let costs = CostColumns.cost.joined(separator: ", ")
        let places = CostColumns.cost.indices.map { "$\($0 + 4)::bigint" }.joined(separator: ", ")
        return """
            INSERT INTO cost_cluster_hourly (cluster, source, hour, \(costs))
            VALUES ($1, $2::smallint, $3::timestamptz, \(places))
            ON CONFLICT (cluster, source, hour) DO UPDATE SET (\(costs)) = (\(CostColumns.list("excluded", CostColumns.cost)))
            """
    }()

    /// The sheets of a day's hours begin to lack, and are complete. ($3: the day.)
    static let begin = mark("false")
    static let complete = mark("true")

    private static func mark(_ isComplete: String) -> String {
        """
        UPDATE cost_cluster_daily SET hours_summed = \(isComplete)
        WHERE cluster = $1 AND source = $2::smallint AND day = $3::timestamptz AND hours_summed <> \(isComplete)
        """
    }

    static func drop(_ kind: SheetKind) -> String { drop(kind.table, kind.column) }

    /// ($3 and $4: from when to when.)
    static func drop(_ table: String, _ column: String) -> String {
        """
        DELETE FROM \(table) WHERE cluster = $1 AND source = $2::smallint
            AND \(column) >= $3::timestamptz AND \(column) < $4::timestamptz
        """
    }
}
