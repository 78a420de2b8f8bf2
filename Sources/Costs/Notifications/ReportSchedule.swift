package import Base

/// When a report is due, and of which days it is. All in UTC.
package struct ReportSchedule: Sendable, Hashable {
    package enum Weekday: String, Sendable, CaseIterable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    /// Nil: every day.
    package var weekday: Weekday?
    /// 0–23.
    package var hour: Int64 = 7

    private static let dayLength: Int64 = 86_400
    /// 1970-01-05 was a Monday.
    private static let firstMonday = Timestamp(seconds: 4 * dayLength)

    package init(weekday: Weekday? = .monday, hour: Int64 = 7) {
        self.weekday = weekday
        self.hour = hour
    }

    /// How many days a report is of.
    package var days: Int64 { weekday == nil ? 1 : 7 }

    /// The last moment, up to now, at which a report was due.
    package func lastDue(now: Timestamp) -> Timestamp {
        let period = days * Self.dayLength
        let place = weekday.flatMap(Weekday.allCases.firstIndex) ?? 0
        let first = Self.firstMonday.adding(seconds: Int64(place) * Self.dayLength + hour * 3_600)
        let elapsed = Int64((now.secondsSince(first) / Double(period)).rounded(.down))
        return first.adding(seconds: elapsed * period)
    }

    /// The closed days that a report that is due then is of.
    package func window(due: Timestamp) -> Range<Timestamp> { .closedDays(days, before: due) }
}
