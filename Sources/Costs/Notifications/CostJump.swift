/// A day that cost much more than the mean of the seven before it.
package struct CostJump: Sendable, Hashable {
    /// When a day is one.
    package struct Rule: Sendable, Hashable {
        /// By how much it must be above the mean, in percent of the mean.
        package var percent = 15.0
        /// Day and mean must both be above this: small sums jump all the time.
        package var minimumDaily = Money(nanoDollars: 10 * Decimal.unit)

        package init() {}
    }

    /// How many days the mean is of.
    package static let days: Int64 = 7

    /// What the day cost.
    package let day: Money
    /// What the days before it cost on average.
    package let mean: Money

    /// Nil: the day is none.
    ///
    /// - Parameter before: what the seven days before it cost together.
    package init?(day: Money, before: Money, rule: Rule) {
        guard let mean = before.scaled(by: 1, over: Self.days), mean > rule.minimumDaily, day > rule.minimumDaily,
            let percent = Money(dollars: rule.percent),
            let limit = mean.scaled(by: percent.nanoDollars, over: Self.all),
            day - mean > limit
        else { return nil }
        self.day = day
        self.mean = mean
    }

    /// A hundred percent, in billionths of one.
    private static let all = 100 * Decimal.unit

    /// By how much the day is above the mean.
    package var difference: Money { day - mean }
    /// The same as a share of the mean.
    package var ratio: Double { difference.dollars / mean.dollars }
}
