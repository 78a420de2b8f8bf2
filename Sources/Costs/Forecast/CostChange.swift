/// A window's cost against another's.
package struct CostChange: Sendable, Hashable {
    /// The window that is looked at.
    package let current: ActualCost
    /// What it is compared with, such as the window before.
    package let previous: ActualCost

    /// Takes both.
    package init(from previous: ActualCost, to current: ActualCost) {
        self.previous = previous
        self.current = current
    }

    /// By how much the cost rose; negative when it fell.
    package var difference: Money { current.amount - previous.amount }

    /// The difference as a share of the cost before; nil when there was none, so that nothing rises by infinity.
    package var ratio: Double? {
        previous.amount > .zero ? difference.dollars / previous.amount.dollars : nil
    }

    /// True when both are records of the same length of time. Else only the rates can be compared.
    package var isLikeForLike: Bool { current.recorded.seconds == previous.recorded.seconds }

    /// How the rate changed, which also compares windows of different lengths; nil when one has no records or nothing
    /// was spent before.
    package var rateRatio: Double? {
        guard let now = current.rate, let before = previous.rate, before.monthly > .zero else { return nil }
        return (now - before).monthly.dollars / before.monthly.dollars
    }
}
