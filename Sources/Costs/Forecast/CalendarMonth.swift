package import Base

/// A calendar month in UTC, the period of budgets and forecasts.
package struct CalendarMonth: Sendable, Hashable {
    /// The first moment.
    package let start: Timestamp

    /// The month that holds this moment.
    package init(containing moment: Timestamp) {
        // Every moment that a Timestamp can print has a readable first of its month.
        start = Timestamp(rfc3339: moment.rfc3339.prefix(8) + "01T00:00:00Z") ?? moment.startOfDay
    }

    /// The first moment of the next month.
    package var end: Timestamp { Self(containing: start.adding(seconds: 31 * 86_400)).start }
    /// The month before.
    package var previous: CalendarMonth { Self(containing: start.adding(seconds: -1)) }
    /// The whole month.
    package var window: Range<Timestamp> { start..<end }

    /// From the month's start to this moment, within the month.
    package func toDate(_ moment: Timestamp) -> Range<Timestamp> { start..<min(max(moment, start), end) }

    /// The part of the month before that is as long as this month is old, for "this month against last at the same
    /// day"; the whole of it when it is shorter than that.
    package func sameSpanOfPrevious(to moment: Timestamp) -> Range<Timestamp> {
        let elapsed = toDate(moment).seconds
        return previous.toDate(previous.start.adding(seconds: elapsed))
    }
}
