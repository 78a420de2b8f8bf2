/// A price too fine for nano-dollars, in billionths of a thousandth of the currency's unit (pico-dollars): a GiB-hour of
/// storage costs 0.00005479452, of which nano-dollars would keep five digits. Reaches to ±9.2 million units.
package struct UnitPrice: Sendable, Hashable, Comparable {
    /// 10⁻¹² of the currency's unit.
    package let picoDollars: Int64

    /// Takes the price as it is stored.
    package init(picoDollars: Int64) {
        self.picoDollars = picoDollars
    }

    /// Reads a decimal such as `0.00005479452`, rounded half to even to twelve decimals. Nil when the text is no number
    /// or out of range.
    package init?(decimal text: String) {
        guard let picoDollars = Decimal.fixed(text, places: 12) else { return nil }
        self.init(picoDollars: picoDollars)
    }

    /// By price; that the currencies are one is the caller's care.
    package static func < (left: UnitPrice, right: UnitPrice) -> Bool { left.picoDollars < right.picoDollars }

    /// What `amount` costs when `unit` of it costs this price; rounded once, half to even. `unit` must be positive.
    func cost(of amount: Int128, unit: Int128) -> Money {
        Money(nanoDollars: RoundedDivision.scale(amount, by: picoDollars, over: unit * 1_000))
    }
}
