/// Cuts the text of a label selector into tokens, as apimachinery's `Lexer` does: special characters are taken
/// longest first, anything else up to white space or a special character is a word, and there is no quoting.
struct LabelSelectorLexer {
    enum Token: Hashable {
        case word(String)
        case equals, doubleEquals, notEquals, not, lessThan, greaterThan, open, close, comma
        case end
    }

    struct Located: Hashable {
        let token: Token
        /// 1-based, in UTF-8 bytes.
        let column: Int
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func next() throws(LabelSelectorError) -> Located {
        while position < bytes.count, Self.isWhiteSpace(bytes[position]) { position += 1 }
        let column = position + 1
        guard position < bytes.count else { return Located(token: .end, column: column) }
        if let special = special() { return Located(token: special, column: column) }
        return Located(token: .word(try word()), column: column)
    }

    private mutating func special() -> Token? {
        guard let token = Self.special(bytes[position]) else { return nil }
        position += 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { return token }
        switch token {
        case .equals: position += 1; return .doubleEquals
        case .not: position += 1; return .notEquals
        default: return token
        }
    }

    private mutating func word() throws(LabelSelectorError) -> String {
        let start = position
        while position < bytes.count, !Self.isWhiteSpace(bytes[position]), Self.special(bytes[position]) == nil {
            guard bytes[position] != 0 else {
                // apimachinery drops the byte and ends the word there; a selector with it is never meant.
                throw LabelSelectorError(
                    code: .nulByte, column: position + 1, found: "a NUL byte", expected: "text without NUL bytes")
            }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    private static func special(_ byte: UInt8) -> Token? {
        switch byte {
        case UInt8(ascii: "="): .equals
        case UInt8(ascii: "!"): .not
        case UInt8(ascii: "<"): .lessThan
        case UInt8(ascii: ">"): .greaterThan
        case UInt8(ascii: "("): .open
        case UInt8(ascii: ")"): .close
        case UInt8(ascii: ","): .comma
        default: nil
        }
    }
}

extension LabelSelectorLexer.Token {
    /// How an error names the token.
    var name: String {
        switch self {
        case .word(let word): "'\(word)'"
        case .equals: "'='"
        case .doubleEquals: "'=='"
        case .notEquals: "'!='"
        case .not: "'!'"
        case .lessThan: "'<'"
        case .greaterThan: "'>'"
        case .open: "'('"
        case .close: "')'"
        case .comma: "','"
        case .end: "end of selector"
        }
    }
}
