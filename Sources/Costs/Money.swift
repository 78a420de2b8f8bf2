/// An amount in billionths of the currency's unit (nano-dollars for USD), as PostgreSQL keeps it in a bigint: sums are
/// exact and do not depend on their order. Reaches to ±9.2 thousand million units; arithmetic that leaves this range
/// gives the nearest bound instead of ending the process, since a wrong price must not stop the controller.
package struct Money: Sendable, Hashable, Comparable {
    /// Billionths of the currency's unit; may be negative.
    package let nanoDollars: Int64

    /// Takes billionths as they are stored.
    package init(nanoDollars: Int64) {
        self.nanoDollars = nanoDollars
    }

    /// No money.
    package static let zero = Money(nanoDollars: 0)

    /// By amount; that the currencies are one is the caller's care.
    package static func < (left: Money, right: Money) -> Bool { left.nanoDollars < right.nanoDollars }

    /// The sum, bounded.
    package static func + (left: Money, right: Money) -> Money {
        Money(nanoDollars: left.nanoDollars.addingSaturating(right.nanoDollars))
    }

    /// The difference, bounded.
    package static func - (left: Money, right: Money) -> Money {
        Money(nanoDollars: left.nanoDollars.subtractingSaturating(right.nanoDollars))
    }

    /// Adds, bounded.
    package static func += (left: inout Money, right: Money) { left = left + right }
    /// Takes away, bounded.
    package static func -= (left: inout Money, right: Money) { left = left - right }

    /// `self * numerator / denominator`, rounded once, half to even, bounded; nil when the denominator is not positive.
    /// For run rates and shares: 13.5 days of a 30-day month scale by 30 over 13.5.
    package func scaled(by numerator: Int64, over denominator: Int64) -> Money? {
        guard denominator > 0 else { return nil }
        return Money(
            nanoDollars: RoundedDivision.scale(Int128(nanoDollars), by: numerator, over: Int128(denominator)))
    }

    /// The amount in units of the currency, for output formats that know only floating point.
    package var dollars: Double { Double(nanoDollars) / Double(Decimal.unit) }
}

extension Money: CustomStringConvertible {
    /// Always nine decimals: `0.031611000`.
    package var description: String {
        let (whole, fraction) = nanoDollars.magnitude.quotientAndRemainder(dividingBy: UInt64(Decimal.unit))
        let digits = String(fraction)
        let sign = nanoDollars < 0 ? "-" : ""
        return "\(sign)\(whole)." + String(repeating: "0", count: Decimal.places - digits.count) + digits
    }
}

extension Money {
    /// Reads a decimal amount such as `0.031611`, `-3` or `4.2e-3`. More than nine decimals are rounded half to even.
    /// Nil when the text is no such number or out of range.
    package init?(decimal text: String) {
        guard let nanoDollars = Decimal.billionths(text) else { return nil }
        self.init(nanoDollars: nanoDollars)
    }

    /// Takes the shortest decimal that stands for the number, which is the one that somebody wrote: 0.1 is exactly 0.1.
    /// Nil when it is not finite or out of range.
    package init?(dollars: Double) {
        self.init(decimal: "\(dollars)")
    }
}
