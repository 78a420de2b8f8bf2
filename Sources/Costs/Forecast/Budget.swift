/// What may be spent in a calendar month, and when to warn.
package struct Budget: Sendable, Hashable {
    /// For the month; positive.
    package let amount: Money
    /// Shares of the amount at which to warn, ascending, each once; 1 is all of it.
    package let levels: [Double]

    /// The levels when none are said.
    package static let defaultLevels = [0.5, 0.8, 1.0]

    /// Takes a budget.
    /// - Throws: `BudgetError` when the amount is not positive, or a level is not above 0 and at most 10.
    package init(amount: Money, levels: [Double] = defaultLevels) throws(BudgetError) {
        guard amount > .zero else { throw BudgetError(field: "amount", expected: "more than 0", found: "\(amount)") }
        for level in levels where !(level > 0 && level <= 10) {
            throw BudgetError(
                field: "levels", expected: "shares of the amount, above 0 and at most 10", found: "\(level)")
        }
        self.amount = amount
        self.levels = Set(levels).sorted()
    }

    /// Levels that are reached when so much is spent.
    package func levelsReached(by spent: Money) -> [Double] { levels.filter { spent >= threshold(of: $0) } }

    /// The amount at which a level is reached; exact for levels of up to nine decimals.
    private func threshold(of level: Double) -> Money {
        let billionths = Money(dollars: level)?.nanoDollars ?? Decimal.unit
        return amount.scaled(by: billionths, over: Decimal.unit) ?? amount
    }
}

/// A budget that cannot be one.
package struct BudgetError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Of the budget.
    package let field: String
    /// What it may be.
    package let expected: String
    /// What it was.
    package let found: String

    /// Names all three.
    package var description: String { "\(field): expected \(expected), found \(found)" }
}
