package import Base

/// Where a budget stands in a month.
package struct BudgetStatus: Sendable, Hashable {
    /// What may be spent.
    package let budget: Budget
    /// What was spent of it up to `through`.
    package let spent: Money
    /// For the whole month; nil as long as nothing of the month is recorded.
    package let forecast: MonthForecast?

    /// Looks at the records of a month to date.
    package init(_ budget: Budget, monthToDate actual: ActualCost) {
        self.budget = budget
        spent = actual.amount
        forecast = MonthForecast(monthToDate: actual)
    }

    /// Spent over budget; 1 is all of it.
    package var share: Double { spent.dollars / budget.amount.dollars }
    /// What is left; negative when more was spent.
    package var remaining: Money { budget.amount - spent }
    /// Levels that are reached.
    package var reached: [Double] { budget.levelsReached(by: spent) }

    /// Levels that are not reached yet and will be by the end of the month, if it goes on like this.
    package var expected: [Double] {
        guard let forecast else { return [] }
        return budget.levelsReached(by: forecast.amount).filter { !reached.contains($0) }
    }

    /// When the budget will be used up at the rate of this month; nil when it already is, or when it will last.
    package var exhaustion: Timestamp? {
        guard let forecast, spent < budget.amount, forecast.amount > budget.amount else { return nil }
        let seconds = RoundedDivision.scale(
            Int128(budget.amount.nanoDollars), by: forecast.month.window.seconds,
            over: Int128(forecast.amount.nanoDollars))
        return forecast.month.start.adding(seconds: seconds)
    }
}
