/// A `metadata.uid`: sixteen bytes for a UUID in its usual form, which API servers always give; any other text is kept
/// as it is.
package struct ObjectUID: Sendable, Hashable {
    private enum Form: Hashable {
        case uuid(UInt64, UInt64)
        case other(String)
    }

    private let form: Form

    package init(_ text: String) {
        var text = text
        self = text.withUTF8 { ObjectUID(UnsafeRawBufferPointer($0)) }
    }

    init(_ text: UnsafeRawBufferPointer) {
        if let (high, low) = Self.uuid(text) {
            form = .uuid(high, low)
        } else {
            form = .other(String(decoding: text, as: UTF8.self))
        }
    }

    /// Where RFC 9562 puts the hyphens.
    private static let hyphens = [8, 13, 18, 23]

    /// Only lower-case hexadecimal counts, so that the text comes back unchanged.
    private static func uuid(_ text: UnsafeRawBufferPointer) -> (UInt64, UInt64)? {
        guard text.count == 36, hyphens.allSatisfy({ text[$0] == UInt8(ascii: "-") }) else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (index, byte) in text.enumerated() where !(index == 8 || index == 13 || index == 18 || index == 23) {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        return (high, low)
    }
}

extension ObjectUID: CustomStringConvertible, ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }

    /// The text as the server wrote it.
    package var description: String {
        switch form {
        case .other(let text): text
        case .uuid(let high, let low): Self.text(high, low)
        }
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        func digit(_ index: Int) -> UInt8 {
            let half = index < 16 ? high : low
            let value = UInt8(half >> UInt64((15 - index % 16) * 4) & 0xF)
            return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for index in 0..<32 {
            if hyphens.contains(bytes.count) { bytes.append(UInt8(ascii: "-")) }
            bytes.append(digit(index))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
