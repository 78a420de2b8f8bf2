/// What costs would be if everything stayed as it is: money per time, and none that was spent. Add it to another run
/// rate, never to an `ActualCost`.
package struct RunRate: Sendable, Hashable, Comparable {
    /// For a month of 730 hours, which keeps more digits than an hour does.
    package let monthly: Money

    /// A rate by month.
    package init(monthly: Money) {
        self.monthly = monthly
    }

    /// `amount × 730 h / time`, rounded once. Nil when no time has passed.
    package init?(_ amount: Money, inSeconds seconds: Int64) {
        guard let monthly = amount.scaled(by: PriceList.hoursPerMonth * PriceList.secondsPerHour, over: seconds) else {
            return nil
        }
        self.monthly = monthly
    }

    /// For an hour, rounded.
    package var hourly: Money { monthly.scaled(by: 1, over: PriceList.hoursPerMonth) ?? .zero }

    /// By amount.
    package static func < (left: RunRate, right: RunRate) -> Bool { left.monthly < right.monthly }

    /// Both together, bounded.
    package static func + (left: RunRate, right: RunRate) -> RunRate {
        RunRate(monthly: left.monthly + right.monthly)
    }

    /// What one is above the other, bounded.
    package static func - (left: RunRate, right: RunRate) -> RunRate {
        RunRate(monthly: left.monthly - right.monthly)
    }
}
