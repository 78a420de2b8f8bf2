package import Base

/// Money that was spent: recorded hour by hour in a window. Not to be confused with a `RunRate`, and never added to one.
package struct ActualCost: Sendable, Hashable {
    /// What was recorded.
    package let amount: Money
    /// What was asked for.
    package let window: Range<Timestamp>
    /// Up to where there are records; within the window.
    package let through: Timestamp

    /// Takes a recorded sum. `through` is brought into the window.
    package init(_ amount: Money, in window: Range<Timestamp>, through: Timestamp? = nil) {
        self.amount = amount
        self.window = window
        self.through = min(max(through ?? window.upperBound, window.lowerBound), window.upperBound)
    }

    /// The part of the window of which there are records.
    package var recorded: Range<Timestamp> { window.lowerBound..<through }

    /// The rate at which it was spent: `amount / recorded time`. Nil when nothing has been recorded.
    package var rate: RunRate? { RunRate(amount, inSeconds: recorded.seconds) }
}
