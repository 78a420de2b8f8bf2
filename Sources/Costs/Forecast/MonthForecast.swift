package import Base

/// What a month will have cost when it is over, if the rest of it goes on like the part that is recorded:
/// `month to date × month / time to date`.
package struct MonthForecast: Sendable, Hashable {
    /// The whole month's expected cost.
    package let amount: Money
    /// What of it is spent.
    package let spent: Money
    /// The month.
    package let month: CalendarMonth
    /// Up to where costs were recorded when this was said.
    package let through: Timestamp

    /// Nil when the window does not begin with a month, reaches beyond it, or none of it is recorded.
    package init?(monthToDate actual: ActualCost) {
        let month = CalendarMonth(containing: actual.window.lowerBound)
        guard month.start == actual.window.lowerBound, actual.window.upperBound <= month.end,
            let amount = actual.amount.scaled(by: month.window.seconds, over: actual.recorded.seconds)
        else { return nil }
        self.amount = amount
        spent = actual.amount
        self.month = month
        through = actual.through
    }

    /// The share of the month that the forecast is made from, 0 to 1: a forecast of the first day says little.
    package var elapsedShare: Double {
        Double((month.start..<through).seconds) / Double(month.window.seconds)
    }
}
