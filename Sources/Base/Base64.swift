/// Base64 after RFC 4648.
package enum Base64 {
    /// Which two characters stand for 62 and 63.
    package enum Alphabet: Sendable {
        /// `+` and `/`, padded with `=`.
        case standard
        /// `-` and `_`; padding may be left out.
        case urlSafe
    }

    /// Encodes; with padding in the standard alphabet alone.
    package static func encode(_ bytes: [UInt8], alphabet: Alphabet = .standard) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = bytes[start..<min(start + 3, bytes.count)]
            var bits = chunk.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(3 - chunk.count) * 8
            for position in 0..<4 {
                let sextet = UInt8((bits >> UInt32(18 - 6 * position)) & 0x3F)
                if position <= chunk.count {
                    text.append(character(sextet, alphabet))
                } else if alphabet == .standard {
                    text.append(UInt8(ascii: "="))
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes, or gives nil. Strict means: nothing but the alphabet, right padding (optional for `urlSafe`), and no
    /// set bits beyond the last byte. Otherwise white space is skipped, and padding may be missing.
    package static func decode(_ text: String, alphabet: Alphabet = .standard, strict: Bool = true) -> [UInt8]? {
        var symbols = Array(text.utf8)
        if !strict { symbols.removeAll { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) } }
        let digits = symbols.prefix { $0 != UInt8(ascii: "=") }
        let padding = symbols.count - digits.count
        guard symbols.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }), padding <= 2 else { return nil }
        let paddingIsRight = symbols.count.isMultiple(of: 4) || (padding == 0 && (alphabet == .urlSafe || !strict))
        guard paddingIsRight, digits.count % 4 != 1 else { return nil }
        return bytes(of: digits, alphabet: alphabet, strict: strict)
    }

    private static func bytes(of digits: ArraySlice<UInt8>, alphabet: Alphabet, strict: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for digit in digits {
            guard let sextet = value(digit, alphabet) else { return nil }
            bits = bits << 6 | UInt32(sextet)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
                bits &= (1 << count) - 1
            }
        }
        return strict && bits != 0 ? nil : bytes
    }

    private static func character(_ sextet: UInt8, _ alphabet: Alphabet) -> UInt8 {
        switch sextet {
        case 0..<26: UInt8(ascii: "A") + sextet
        case 26..<52: UInt8(ascii: "a") + sextet - 26
        case 52..<62: UInt8(ascii: "0") + sextet - 52
        case 62: alphabet == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: alphabet == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }

    private static func value(_ character: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch (character, alphabet) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): character - UInt8(ascii: "A")
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): character - UInt8(ascii: "a") + 26
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): character - UInt8(ascii: "0") + 52
        case (UInt8(ascii: "+"), .standard), (UInt8(ascii: "-"), .urlSafe): 62
        case (UInt8(ascii: "/"), .standard), (UInt8(ascii: "_"), .urlSafe): 63
        default: nil
        }
    }
}
