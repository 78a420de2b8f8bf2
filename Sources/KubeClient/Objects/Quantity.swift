/// Reads `resource.Quantity`, the notation of Kubernetes for amounts: `500m`, `1.5Gi`, `2e3`.
///
/// The arithmetic is exact on integers. A result that is not whole is rounded up, away from zero, as Kubernetes does;
/// one that does not fit becomes the greatest or smallest Int64.
package enum Quantity {
    /// Whole units, such as bytes; nil when the text is no quantity.
    package static func units(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { scaled(UnsafeRawBufferPointer($0), by: 0) }
    }

    /// Thousandths, such as millicores; nil when the text is no quantity.
    package static func thousandths(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { scaled(UnsafeRawBufferPointer($0), by: 3) }
    }

    /// Billionths, such as nanocores, which is how metrics of CPU are given; nil when the text is no quantity.
    package static func billionths(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { scaled(UnsafeRawBufferPointer($0), by: 9) }
    }

    /// The quantity × 10^`decimals`.
    static func scaled(_ text: UnsafeRawBufferPointer, by decimals: Int) -> Int64? {
        guard let quantity = QuantityParser.parse(text) else { return nil }
        let magnitude = quantity.magnitude(times: decimals)
        guard quantity.isNegative else { return Int64(clamping: magnitude) }
        return magnitude > UInt128(Int64.max) ? .min : -Int64(magnitude)
    }
}

/// A quantity in parts: ± digits × 10^decimalExponent × 2^binaryExponent.
private struct ParsedQuantity {
    var isNegative = false
    var digits: UInt128 = 0
    var decimalExponent = 0
    var binaryExponent = 0
    /// Whether digits beyond those kept were not all zero.
    var hasRest = false

    /// The absolute value × 10^decimals, rounded up; `UInt128.max` when that is larger still.
    func magnitude(times decimals: Int) -> UInt128 {
        let (product, overflows) = digits.multipliedReportingOverflow(by: 1 << UInt128(binaryExponent))
        guard !overflows else { return .max }
        let exponent = decimalExponent + decimals
        guard exponent < 0 else {
            let scaled = Self.multiplied(product, tenToThe: exponent)
            return hasRest && scaled < .max ? scaled + 1 : scaled
        }
        guard let divisor = Self.power(of: -exponent) else { return product == 0 && !hasRest ? 0 : 1 }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 || hasRest ? quotient + 1 : quotient
    }

    private static func multiplied(_ value: UInt128, tenToThe exponent: Int) -> UInt128 {
        guard value > 0 else { return 0 }
        guard let factor = power(of: exponent) else { return .max }
        let (product, overflows) = value.multipliedReportingOverflow(by: factor)
        return overflows ? .max : product
    }

    /// 10^exponent; nil when it does not fit.
    private static func power(of exponent: Int) -> UInt128? {
        guard exponent <= 38 else { return nil }
        return (0..<exponent).reduce(UInt128(1)) { power, _ in power * 10 }
    }
}

/// The grammar of k8s.io/apimachinery/pkg/api/resource/quantity.go: a signed decimal number and a suffix or exponent.
private struct QuantityParser {
    /// Twenty digits × 2^60 still fit into 128 bits.
    private static let keptDigits: UInt128 = 10_000_000_000_000_000_000

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var quantity = ParsedQuantity()

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    static func parse(_ text: UnsafeRawBufferPointer) -> ParsedQuantity? {
        var parser = QuantityParser(text)
        return parser.parse()
    }

    private mutating func parse() -> ParsedQuantity? {
        quantity.isNegative = readSign()
        let whole = readDigits(afterPoint: false)
        var fraction = 0
        if skip(".") { fraction = readDigits(afterPoint: true) }
        guard whole + fraction > 0, readSuffix(), position == text.count else { return nil }
        return quantity
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func readSign() -> Bool { skip("-") ? true : (skip("+"), false).1 }

    private mutating func nextDigit() -> UInt8? {
        guard position < text.count, (0x30...0x39).contains(text[position]) else { return nil }
        position += 1
        return text[position - 1] - 0x30
    }

    /// How many digits there were.
    private mutating func readDigits(afterPoint: Bool) -> Int {
        let start = position
        while let digit = nextDigit() {
            if quantity.digits < Self.keptDigits {
                quantity.digits = quantity.digits * 10 + UInt128(digit)
                if afterPoint { quantity.decimalExponent -= 1 }
            } else {
                if digit > 0 { quantity.hasRest = true }
                if !afterPoint { quantity.decimalExponent += 1 }
            }
        }
        return position - start
    }

    /// False when the suffix is none of Kubernetes'.
    private mutating func readSuffix() -> Bool {
        guard position < text.count else { return true }
        let suffix = text[position]
        position += 1
        switch suffix {
        case UInt8(ascii: "n"): return scale(decimal: -9)
        case UInt8(ascii: "u"): return scale(decimal: -6)
        case UInt8(ascii: "m"): return scale(decimal: -3)
        case UInt8(ascii: "k"): return scale(decimal: 3)
        case UInt8(ascii: "K"): return skip("i") && scale(binary: 10)
        case UInt8(ascii: "M"): return skip("i") ? scale(binary: 20) : scale(decimal: 6)
        case UInt8(ascii: "G"): return skip("i") ? scale(binary: 30) : scale(decimal: 9)
        case UInt8(ascii: "T"): return skip("i") ? scale(binary: 40) : scale(decimal: 12)
        case UInt8(ascii: "P"): return skip("i") ? scale(binary: 50) : scale(decimal: 15)
        case UInt8(ascii: "E"):
            if skip("i") { return scale(binary: 60) }
            // A lone E is exa; with a number after it, it begins an exponent.
            return position == text.count ? scale(decimal: 18) : readExponent()
        case UInt8(ascii: "e"): return readExponent()
        default: return false
        }
    }

    private mutating func readExponent() -> Bool {
        let isNegative = readSign()
        var exponent = 0
        var count = 0
        while let digit = nextDigit() {
            // Larger exponents change nothing any more; the bound keeps the sum from overflowing.
            exponent = min(exponent * 10 + Int(digit), 100_000)
            count += 1
        }
        return count > 0 && scale(decimal: isNegative ? -exponent : exponent)
    }

    private mutating func scale(decimal exponent: Int) -> Bool {
        quantity.decimalExponent += exponent
        return true
    }

    private mutating func scale(binary exponent: Int) -> Bool {
        quantity.binaryExponent = exponent
        return true
    }
}
