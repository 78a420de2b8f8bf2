internal import Base
internal import Costs

/// The partitions of the costs: a UTC day of `cost_hourly`, a UTC month of `cost_daily`.
enum CostPartitions {
    /// Makes the partitions that rows of a day need.
    ///
    /// - Throws: `StoreError`.
    static func make(_ session: PostgresSession, day: Timestamp) throws {
        try TimePartitions.make(session, "cost_hourly", day: day)
        let month = CalendarMonth(containing: day)
        try TimePartitions.make(session, "cost_daily", nameLength: 6, from: month.start, to: month.end)
    }
}
