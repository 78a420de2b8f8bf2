internal import Base

extension JSONParser {
    /// Parses what an API server may send, which is more than this parser reads: integers beyond 64 bits and more than
    /// `JSONValue.maximumDepth` nested containers. Whoever may write a custom resource with a part that keeps unknown
    /// fields may write such a thing, and must not blind us to all others of the kind. Those integers become floating
    /// point, as they are in the server and in a browser, and what lies too deep becomes null.
    ///
    /// - Throws: `JSONError`; whatever `body` throws.
    func readAnyObject<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (JSONView) throws -> Result
    ) throws -> Result {
        do {
            return try read(bytes, body)
        } catch let error as JSONError {
            var limits = JSONLimits(bytes)
            // Without a change it was something else.
            guard let within = limits.apply() else { throw error }
            return try within.withUnsafeBytes { try read($0, body) }
        }
    }
}

/// Brings a JSON text within what `JSONParser` reads. Looks at brackets, strings and the lengths of numbers only; whether
/// the text is JSON is for the parser to say.
private struct JSONLimits {
    /// The deepest container that the parser reads must be empty (simdjson 1–3, `walk_document`).
    private static let maximumDepth = JSONValue.maximumDepth - 1

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0
    private var output: [UInt8] = []
    /// Of the text, how much is in the output, or left out of it.
    private var copied = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The changed text; nil when there was nothing to change.
    mutating func apply() -> [UInt8]? {
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["): open()
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): readNumber()
            default: position += 1
            }
        }
        guard copied > 0 else { return nil }
        copy()
        return output
    }

    /// Puts what was passed unchanged into the output.
    private mutating func copy() {
        output += text[copied..<position]
        copied = position
    }

    private mutating func skipString() {
        position += 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, text.count)
    }

    private mutating func open() {
        guard depth >= Self.maximumDepth else {
            depth += 1
            position += 1
            return
        }
        copy()
        var extent = JSONExtent()
        position = extent.advance(in: text, from: position).end
        output += "null".utf8
        copied = position
    }

    private mutating func readNumber() {
        let start = position
        while position < text.count, Self.isInNumber(text[position]) { position += 1 }
        let number = String(decoding: text[start..<position], as: UTF8.self)
        // One with a point or an exponent is floating point already.
        let isInteger = number.utf8.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isInteger, Int64(number) == nil, UInt64(number) == nil else { return }
        copy()
        output += ".0".utf8
    }

    private static func isInNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
