extension Money {
    /// As people read it: `1234.50 USD`; sums below a cent with all their decimals.
    package func shown(in currency: String) -> String {
        let cents = scaled(by: 100, over: Decimal.unit)?.nanoDollars ?? 0
        guard cents != 0 || self == .zero else { return "\(self) \(currency)" }
        let (whole, rest) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(cents < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest) \(currency)"
    }
}
