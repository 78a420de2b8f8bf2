/// Finds where a JSON value ends, over chunks of any size. It looks at brackets and strings only; whether what lies
/// between is JSON is for the parser to say.
package struct JSONExtent {
    private enum Inside { case nothing, container, string, scalar }

    private var inside = Inside.nothing
    private var depth = 0
    private var isEscaped = false

    /// Before the first byte of a value.
    package init() {}

    /// Reads on from `position`.
    ///
    /// - Returns: where the value ends or the chunk does, and whether it was the value. A number or a word ends before
    ///   the byte that cannot belong to it.
    package mutating func advance(in chunk: UnsafeRawBufferPointer, from position: Int) -> (end: Int, isComplete: Bool)
    {
        var position = position
        while position < chunk.count {
            let byte = chunk[position]
            switch inside {
            case .string:
                position = endOfString(in: chunk, from: position)
                guard inside != .string else { return (position, false) }
                if depth == 0 { return (position, true) }
                continue
            case .scalar:
                if Self.endsScalar(byte) { return (position, true) }
            case .nothing, .container:
                if begin(byte) { return (position + 1, true) }
            }
            position += 1
        }
        return (position, false)
    }

    /// True when the byte ends the value.
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""): inside = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["): (inside, depth) = (.container, depth + 1)
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            return depth <= 0
        default: if depth == 0 { inside = .scalar }
        }
        return false
    }

    /// Where the string ends or the chunk does. In UTF-8 no byte of a longer character looks like a quote or a backslash.
    private mutating func endOfString(in chunk: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position < chunk.count {
            let byte = chunk[position]
            position += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                inside = depth == 0 ? .nothing : .container
                break
            }
        }
        return position
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || isJSONSpace(byte)
    }
}

/// RFC 8259 §2.
package func isJSONSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
