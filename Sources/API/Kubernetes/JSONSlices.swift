/// Finds the parts of a JSON document by their places, so that they can be passed on byte for byte. Knows nothing of
/// validity: the document must have been validated as a whole.
struct JSONSlices {
    let bytes: [UInt8]

    /// The value of a member of the object at a place, searched by its key as it stands there (an escaped key is not
    /// found); nil when there is none or the place holds no object.
    func member(_ key: String, of object: Range<Int>) -> Range<Int>? {
        guard bytes[object.lowerBound] == UInt8(ascii: "{") else { return nil }
        let quoted = "\"\(key)\"".utf8
        var position = afterBlanks(object.lowerBound + 1)
        while bytes[position] != UInt8(ascii: "}") {
            let name = position..<end(ofValueAt: position)
            // One colon and blanks on either side of it.
            let value = afterBlanks(afterBlanks(name.upperBound) + 1)
            let end = end(ofValueAt: value)
            if bytes[name].elementsEqual(quoted) { return value..<end }
            position = afterComma(end)
        }
        return nil
    }

    /// The elements of the array at a place; nil when it holds none.
    func elements(of array: Range<Int>) -> [Range<Int>]? {
        guard bytes[array.lowerBound] == UInt8(ascii: "[") else { return nil }
        var elements: [Range<Int>] = []
        var position = afterBlanks(array.lowerBound + 1)
        while bytes[position] != UInt8(ascii: "]") {
            let end = end(ofValueAt: position)
            elements.append(position..<end)
            position = afterComma(end)
        }
        return elements
    }

    /// Whether the object at a place has no members.
    func isEmpty(_ object: Range<Int>) -> Bool { bytes[afterBlanks(object.lowerBound + 1)] == UInt8(ascii: "}") }

    /// The document's own value.
    var root: Range<Int> {
        let start = afterBlanks(0)
        return start..<end(ofValueAt: start)
    }

    private func afterBlanks(_ position: Int) -> Int {
        var position = position
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
        return position
    }

    private func afterComma(_ position: Int) -> Int {
        let next = afterBlanks(position)
        return bytes[next] == UInt8(ascii: ",") ? afterBlanks(next + 1) : next
    }

    private func end(ofValueAt start: Int) -> Int {
        switch bytes[start] {
        case UInt8(ascii: "\""): end(ofStringAt: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): end(ofContainerAt: start)
        default: end(ofScalarAt: start)
        }
    }

    private func end(ofStringAt start: Int) -> Int {
        var position = start + 1
        while bytes[position] != UInt8(ascii: "\"") { position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1 }
        return position + 1
    }

    private func end(ofContainerAt start: Int) -> Int {
        var depth = 0
        var position = start
        repeat {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = end(ofStringAt: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
        } while depth > 0
        return position
    }

    private func end(ofScalarAt start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0...0x20: return position
            default: position += 1
            }
        }
        return position
    }
}
