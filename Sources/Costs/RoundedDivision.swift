/// Exact integer arithmetic under prices: 128-bit intermediates, one rounding at the end, and bounds in place of traps.
enum RoundedDivision {
    /// `value / divisor` to the nearest integer, a tie to the even one. `divisor` must be positive.
    static func halfEven(_ value: Int128, by divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        let magnitude = remainder.magnitude
        let rest = divisor.magnitude - magnitude
        guard magnitude > rest || (magnitude == rest && !quotient.isMultiple(of: 2)) else { return quotient }
        return value < 0 ? quotient - 1 : quotient + 1
    }

    /// `value * factor / divisor`, rounded half to even; out of 64 bits it is the nearest bound.
    static func scale(_ value: Int128, by factor: Int64, over divisor: Int128) -> Int64 {
        let (product, overflow) = value.multipliedReportingOverflow(by: Int128(factor))
        if overflow { return (value < 0) == (factor < 0) ? .max : .min }
        return Int64(clamping: halfEven(product, by: divisor))
    }
}

extension Int64 {
    /// The sum; out of range it is the nearest bound.
    func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference; out of range it is the nearest bound.
    func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self < other ? .min : .max) : difference
    }

    /// The product; out of range it is the nearest bound.
    func multipliedSaturating(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
