/// Which level of a budget is to be told. Each is told at most once in a month, and none after a higher one: a sum that falls
/// because hours were corrected and rises again says nothing new.
package enum BudgetCrossing {
    /// The level to tell; nil: none.
    ///
    /// - Parameters:
    ///   - reached: all levels that are reached now.
    ///   - told: levels that were told, or passed over, in this month.
    package static func level(reached: [Double], told: [Double]) -> Double? {
        guard let highest = reached.max(), highest > told.max() ?? 0 else { return nil }
        return highest
    }
}
