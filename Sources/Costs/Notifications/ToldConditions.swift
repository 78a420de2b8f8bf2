/// What holds now against what was told before: each condition is told once, until it was away.
package struct ToldConditions: Sendable, Hashable {
    /// Holds and was not told.
    package let new: Set<String>
    /// Was told and does not hold any more.
    package let gone: Set<String>

    package init(holding: Set<String>, told: Set<String>) {
        new = holding.subtracting(told)
        gone = told.subtracting(holding)
    }
}
