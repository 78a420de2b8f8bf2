internal import Base

/// Catalog documents that somebody or something has spoiled: by bytes, as a broken disk does; by tokens, as a slip of the
/// hand does; by structure, as somebody does who misunderstood the format.
package enum SpoiledDocument {
    /// The text with one to four random changes. The same seed gives the same bytes.
    package static func make(of text: String, using random: inout SeededRandom) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: spoilBytes(&bytes, &random)
            case 1: bytes = spoiledLines(bytes, &random)
            default: bytes = spoiledStructure(bytes, &random) ?? bytes
            }
        }
        return bytes
    }

    private static func spoilBytes(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard let place = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 3: bytes.removeSubrange(place...)
        case 4: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
    }

    /// What YAML gives a meaning to, and what it or the database cannot take.
    private static let tokens = [
        "{", "}", "[", "]", "*a", "&a", "&a [*a]", "!!binary x", "!x", "<<: *a", "---", "...", "%YAML 9", "|", ">-",
        "? a",
        "\t", "\"", "'", "\"\\0\"", "\"\\ud800\"", "#", ": :", "- -", "null", "~", "true", "5", "1e999", "0x", ".nan",
        "''",
        "\u{FEFF}", "\u{2028}", "\u{0}", "ä", "javascript:alert(1)", "group:", ":/", "a/b/c", "Component", "$text: ./x",
    ]

    private static func spoiledLines(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let place = Int.random(in: 0..<lines.count, using: &random)
        let other = Int.random(in: 0..<lines.count, using: &random)
        let token = Array((tokens.randomElement(using: &random) ?? "").utf8)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[other], at: place)
        case 2: lines.swapAt(place, other)
        case 3: lines[place] = Array(repeating: 0x20, count: Int.random(in: 1...3, using: &random)) + lines[place]
        case 4: lines[place] = Array(lines[place].drop { $0 == 0x20 })
        case 5: lines.insert(token, at: place)
        default: lines[place] = Array(lines[place].prefix { $0 != UInt8(ascii: ":") }) + Array(": ".utf8) + token
        }
        return Array(lines.joined(separator: [0x0A]))
    }

    /// One value of the first document is another; nil when there is no document. The result is JSON, which is YAML.
    private static func spoiledStructure(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8]? {
        guard case .success(let node)? = YAML.documents(bytes).first else { return nil }
        return spoiled(node.json, &random).serialized()
    }

    private static func spoiled(_ value: JSONValue, _ random: inout SeededRandom) -> JSONValue {
        switch value {
        case .object(var object) where !object.isEmpty && Int.random(in: 0..<5, using: &random) > 0:
            let key = object.keys.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<8, using: &random) {
            case 0: object[key] = nil
            case 1: object[key.uppercased()] = object[key]
            case 2: object[tokens.randomElement(using: &random) ?? ""] = object[key]
            default: object[key] = object[key].map { spoiled($0, &random) }
            }
            return .object(object)
        case .array(var values) where !values.isEmpty && Int.random(in: 0..<5, using: &random) > 0:
            let index = Int.random(in: 0..<values.count, using: &random)
            values[index] = spoiled(values[index], &random)
            return .array(values)
        default: return replacement(of: value, &random)
        }
    }

    private static func replacement(of value: JSONValue, _ random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .null
        case 1: .int(5)
        case 2: .array([value])
        case 3: .object(["value": value])
        case 4: (0..<120).reduce(value) { inner, _ in .array([inner]) }
        case 5: .string(String(repeating: "x", count: 300))
        case 6: .string(tokens.randomElement(using: &random) ?? "")
        default: .array([])
        }
    }
}
