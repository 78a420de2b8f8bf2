/// Reads decimal numbers into billionths without passing through floating point.
enum Decimal {
    /// Decimals kept.
    static let places = 9
    /// Billionths in one.
    static let unit: Int64 = 1_000_000_000

    /// `[+-] digits [. digits] [e [+-] digits]` in billionths, rounded half to even; nil when it is something else or
    /// does not fit.
    static func billionths(_ text: String) -> Int64? { fixed(text, places: places) }

    /// The same in units of `10^-places`.
    static func fixed(_ text: String, places: Int) -> Int64? {
        var rest = Array(text.utf8)[...]
        let isNegative = sign(&rest)
        let whole = digits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let exponent = exponent(&rest), rest.isEmpty else { return nil }
        let magnitude = scaled(Array((whole + fraction).drop { $0 == zero }), by: exponent + places - fraction.count)
        return magnitude.flatMap { Int64(exactly: isNegative ? -$0 : $0) }
    }

    /// The digits as an integer times a power of ten.
    private static func scaled(_ digits: [UInt8], by power: Int) -> Int128? {
        if digits.isEmpty { return 0 }
        let length = digits.count + power  // digits before the point
        guard length <= 20 else { return nil }  // Int64 has 19
        guard length >= 0 else { return 0 }
        if power >= 0 { return integer(digits + Array(repeating: zero, count: power)) }
        let kept = integer(digits[..<length])
        let dropped = digits[length...]
        let half = UInt8(ascii: "5")
        let isTie = dropped.first == half && dropped.dropFirst().allSatisfy { $0 == zero }
        let isUp = isTie ? !kept.isMultiple(of: 2) : (dropped.first ?? zero) >= half
        return isUp ? kept + 1 : kept
    }

    private static func integer(_ digits: some Sequence<UInt8>) -> Int128 {
        digits.reduce(0) { $0 * 10 + Int128($1 - zero) }
    }

    private static func sign(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        return isNegative
    }

    private static func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (zero...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    /// Zero when there is none; nil when it is not a number or beyond any double's.
    private static func exponent(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return 0 }
        rest.removeFirst()
        let isNegative = sign(&rest)
        guard let value = Int(String(decoding: digits(&rest), as: UTF8.self)), value <= 400 else { return nil }
        return isNegative ? -value : value
    }

    private static let zero = UInt8(ascii: "0")
}
