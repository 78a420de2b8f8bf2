/// Resolves plain scalars by the core schema of YAML 1.2.2 (§10.3.2).
enum YAMLScalar {
    static func resolve(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default: number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, first < 0x3A else { return nil }
        if text.hasPrefix("0o") { return integer(text.dropFirst(2), radix: 8) }
        if text.hasPrefix("0x") { return integer(text.dropFirst(2), radix: 16) }
        let unsigned =
            text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
            ? text.dropFirst() : Substring(text)
        if unsigned.utf8.allSatisfy(isDigit), !unsigned.isEmpty {
            // An integer beyond 64 bits is kept as a number of less precision, as JavaScript's readers do.
            return Int64(text).map(JSONValue.int) ?? UInt64(text).map(JSONValue.uint)
                ?? Double(text).map(JSONValue.double)
        }
        guard isFloat(unsigned) else { return nil }
        return Double(text).map(JSONValue.double)
    }

    private static func integer(_ digits: Substring, radix: Int) -> JSONValue? {
        guard digits.utf8.allSatisfy({ isDigit($0) || (radix == 16 && isHexLetter($0)) }) else { return nil }
        return Int64(digits, radix: radix).map(JSONValue.int) ?? UInt64(digits, radix: radix).map(JSONValue.uint)
    }

    /// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`; `.inf` and `.nan` have no JSON form and stay text.
    private static func isFloat(_ text: Substring) -> Bool {
        var rest = text.utf8[...]
        func digits() -> Int {
            let count = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(count)
            return count
        }
        let whole = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() + whole > 0 else { return false }
        } else if whole == 0 {
            return false
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHexLetter(_ byte: UInt8) -> Bool {
        (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
