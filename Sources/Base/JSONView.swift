/// A value inside a text that a `JSONParser` has read: valid only during the call that lends it.
///
/// It walks simdjson's tape, whose format its doc/tape.md gives; the parser has validated it.
package struct JSONView {
    let tape: UnsafePointer<UInt64>
    let strings: UnsafeRawPointer
    /// Of the value's first word.
    let position: Int

    private var type: UInt8 { UInt8(tape[position] >> 56) }

    /// True for JSON null only.
    package var isNull: Bool { type == UInt8(ascii: "n") }

    package var isArray: Bool { type == UInt8(ascii: "[") }
    package var isObject: Bool { type == UInt8(ascii: "{") }

    /// The member of an object, the last of that name; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONView? {
        var found: JSONView?
        let length = key.utf8.count
        forEachMember { name, value in
            if name.count == length, name.elementsEqual(key.utf8) { found = value }
        }
        return found
    }

    /// The text of a string; nil for any other kind.
    package var stringValue: String? { stringBytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The UTF-8 of a string, in place; nil for any other kind.
    package var stringBytes: UnsafeRawBufferPointer? { type == UInt8(ascii: "\"") ? text(at: position) : nil }

    /// Calls `body` with each member of an object in its order; nothing for any other kind.
    package func forEachMember(_ body: (_ key: UnsafeRawBufferPointer, _ value: JSONView) throws -> Void) rethrows {
        guard type == UInt8(ascii: "{") else { return }
        var next = position + 1
        while UInt8(tape[next] >> 56) != UInt8(ascii: "}") {
            let value = JSONView(tape: tape, strings: strings, position: next + 1)
            try body(text(at: next), value)
            next = value.end
        }
    }

    /// Calls `body` with each element of an array; nothing for any other kind.
    package func forEachElement(_ body: (JSONView) throws -> Void) rethrows {
        guard type == UInt8(ascii: "[") else { return }
        var next = position + 1
        while UInt8(tape[next] >> 56) != UInt8(ascii: "]") {
            let value = JSONView(tape: tape, strings: strings, position: next)
            try body(value)
            next = value.end
        }
    }

    /// The position after this value. A container's first word says where it ends, so skipping one costs nothing.
    private var end: Int {
        switch type {
        case UInt8(ascii: "{"), UInt8(ascii: "["): Int(UInt32(truncatingIfNeeded: tape[position]))
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): position + 2
        default: position + 1
        }
    }

    private func text(at position: Int) -> UnsafeRawBufferPointer {
        let offset = Int(tape[position] & 0x00FF_FFFF_FFFF_FFFF)
        let length = Int(strings.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        return UnsafeRawBufferPointer(start: strings + offset + 4, count: length)
    }
}

extension JSONView {
    /// The value with everything in it, or with what a selection keeps of it.
    package func value(_ selection: JSONSelection = .all) -> JSONValue {
        switch type {
        case UInt8(ascii: "t"): return .bool(true)
        case UInt8(ascii: "f"): return .bool(false)
        case UInt8(ascii: "l"): return .int(Int64(bitPattern: tape[position + 1]))
        case UInt8(ascii: "u"): return .uint(tape[position + 1])
        case UInt8(ascii: "d"): return .double(Double(bitPattern: tape[position + 1]))
        case UInt8(ascii: "\""): return .string(String(decoding: text(at: position), as: UTF8.self))
        case UInt8(ascii: "["): return .array(array(selection))
        case UInt8(ascii: "{"): return .object(object(selection))
        default: return .null
        }
    }

    private func array(_ selection: JSONSelection) -> [JSONValue] {
        var elements: [JSONValue] = []
        // The tape counts at most 0xFFFFFF elements and then saturates.
        elements.reserveCapacity(Int((tape[position] >> 32) & 0xFF_FFFF))
        forEachElement { elements.append($0.value(selection)) }
        return elements
    }

    private func object(_ selection: JSONSelection) -> JSONObject {
        var object = JSONObject()
        forEachMember { key, value in
            let name = String(decoding: key, as: UTF8.self)
            guard let part = selection.part(name) else { return }
            object[name] = value.value(part)
        }
        return object
    }
}
