/// Reads the terms of a label selector with one token of lookahead. Accepts what apimachinery's `Parser` accepts,
/// except that a NUL byte is refused.
struct LabelSelectorParser {
    private typealias Token = LabelSelectorLexer.Token

    private var lexer: LabelSelectorLexer
    private var current: LabelSelectorLexer.Located

    init(_ text: String) throws(LabelSelectorError) {
        lexer = LabelSelectorLexer(text)
        current = try lexer.next()
    }

    mutating func parse() throws(LabelSelectorError) -> [LabelRequirement] {
        var requirements: [LabelRequirement] = []
        guard current.token != .end else { return requirements }
        while true {
            requirements.append(try requirement())
            if current.token == .end { return requirements }
            try expect(.comma, "',' or end of selector")
        }
    }

    private mutating func requirement() throws(LabelSelectorError) -> LabelRequirement {
        if current.token == .not {
            try advance()
            return LabelRequirement(try key(), .doesNotExist)
        }
        let key = try key()
        switch current.token {
        case .end, .comma: return LabelRequirement(key, .exists)
        case .equals: return LabelRequirement(key, .equals(try operand()))
        case .doubleEquals: return LabelRequirement(key, .doubleEquals(try operand()))
        case .notEquals: return LabelRequirement(key, .notEquals(try operand()))
        case .greaterThan: return LabelRequirement(key, .greaterThan(try bound()))
        case .lessThan: return LabelRequirement(key, .lessThan(try bound()))
        case .word("in"): return LabelRequirement(key, .isIn(try list()))
        case .word("notin"): return LabelRequirement(key, .isNotIn(try list()))
        default: throw unexpected("'=', '==', '!=', 'in', 'notin', '<', '>', ',' or end of selector")
        }
    }

    private mutating func key() throws(LabelSelectorError) -> String {
        guard case .word(let word) = current.token else { throw unexpected("a label key or '!' and a label key") }
        if let expectation = LabelSyntax.expectation(forKey: word) { throw unexpected(expectation, .invalidKey) }
        try advance()
        return word
    }

    /// The operator and one value. Nothing after the operator is the empty value.
    private mutating func operand() throws(LabelSelectorError) -> String {
        try advance()
        if current.token == .end || current.token == .comma { return "" }
        return try value(orElse: "a label value, ',' or end of selector")
    }

    /// The operator and one integer.
    private mutating func bound() throws(LabelSelectorError) -> Int64 {
        try advance()
        let place = current
        guard case .word = place.token else { throw unexpected("an integer", .notANumber) }
        guard let number = Int64(try value(orElse: "an integer")) else {
            throw LabelSelectorError(
                code: .notANumber, column: place.column, found: place.token.name,
                expected: "an integer of at most 64 bits")
        }
        return number
    }

    /// The operator and a list in parentheses. A missing item is the empty value, except that, as in apimachinery,
    /// an item must follow two commas in a row: `(a,,b)` is fine, `(a,,)` is not.
    private mutating func list() throws(LabelSelectorError) -> Set<String> {
        try advance()
        try expect(.open, "'('")
        var values: Set<String> = []
        if current.token == .close { values.insert("") }
        while current.token != .close {
            if current.token == .comma {
                if values.isEmpty { values.insert("") }
                try advance()
                if current.token == .close || current.token == .comma { values.insert("") }
                guard current.token == .comma else { continue }
                try advance()
                if current.token == .close { throw unexpected("',' or a label value") }
            } else {
                values.insert(try value(orElse: "',', ')' or a label value"))
                guard current.token == .comma || current.token == .close else { throw unexpected("',' or ')'") }
            }
        }
        try advance()
        return values
    }

    private mutating func value(orElse expectation: String) throws(LabelSelectorError) -> String {
        guard case .word(let word) = current.token else { throw unexpected(expectation) }
        if let expectation = LabelSyntax.expectation(forValue: word) { throw unexpected(expectation, .invalidValue) }
        try advance()
        return word
    }

    private mutating func expect(_ token: Token, _ expectation: String) throws(LabelSelectorError) {
        guard current.token == token else { throw unexpected(expectation) }
        try advance()
    }

    private mutating func advance() throws(LabelSelectorError) {
        current = try lexer.next()
    }

    private func unexpected(
        _ expected: String, _ code: LabelSelectorError.Code = .syntax
    ) -> LabelSelectorError {
        LabelSelectorError(code: code, column: current.column, found: current.token.name, expected: expected)
    }
}
