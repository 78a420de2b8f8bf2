internal import CSimdjson

/// A text is not JSON, is nested too deeply, or is not UTF-8.
package struct JSONError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, in the parser's words.
    package let message: String
    package var description: String { "not valid JSON: \(message)" }
}

extension JSONValue {
    /// Deepest nesting that is read. Twice what any Kubernetes or Backstage document was seen to need.
    package static let maximumDepth = 128

    /// Parses one JSON document: strict UTF-8, nothing after it, at most `maximumDepth` nested containers.
    ///
    /// - Throws: `JSONError`, also for an integer beyond 64 bits.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var message: UnsafePointer<CChar>?
        guard let document = callboard_json_parse(bytes, bytes.count, Self.maximumDepth, &message) else {
            throw JSONError(message: message.map { String(cString: $0) } ?? "unknown error")
        }
        defer { callboard_json_free(document) }
        var reader = TapeReader(
            tape: callboard_json_tape(document), strings: UnsafeRawPointer(callboard_json_strings(document)),
            position: 1)
        self = reader.value()
    }

    /// Parses one JSON document.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// Builds values from simdjson's tape (its doc/tape.md gives the format). The tape was validated by the parser.
private struct TapeReader {
    let tape: UnsafePointer<UInt64>
    let strings: UnsafeRawPointer
    var position: Int

    mutating func value() -> JSONValue {
        let word = tape[position]
        position += 1
        switch UInt8(word >> 56) {
        case UInt8(ascii: "t"): return .bool(true)
        case UInt8(ascii: "f"): return .bool(false)
        case UInt8(ascii: "l"): return .int(Int64(bitPattern: nextWord()))
        case UInt8(ascii: "u"): return .uint(nextWord())
        case UInt8(ascii: "d"): return .double(Double(bitPattern: nextWord()))
        case UInt8(ascii: "\""): return .string(string(word))
        case UInt8(ascii: "["): return .array(array(count: containerCount(word)))
        case UInt8(ascii: "{"): return .object(object())
        default: return .null
        }
    }

    private mutating func nextWord() -> UInt64 {
        defer { position += 1 }
        return tape[position]
    }

    /// The tape counts at most 0xFFFFFF elements and then saturates; it only serves to reserve space.
    private func containerCount(_ word: UInt64) -> Int { Int((word >> 32) & 0xFF_FFFF) }

    private func string(_ word: UInt64) -> String {
        let offset = Int(word & 0x00FF_FFFF_FFFF_FFFF)
        let length = Int(strings.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        let bytes = UnsafeRawBufferPointer(start: strings + offset + 4, count: length)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func array(count: Int) -> [JSONValue] {
        var elements: [JSONValue] = []
        elements.reserveCapacity(count)
        while UInt8(tape[position] >> 56) != UInt8(ascii: "]") { elements.append(value()) }
        position += 1
        return elements
    }

    private mutating func object() -> JSONObject {
        var object = JSONObject()
        while UInt8(tape[position] >> 56) != UInt8(ascii: "}") {
            let key = string(nextWord())
            object[key] = value()
        }
        position += 1
        return object
    }
}
