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
