internal import Catalog

/// Tests as SQL over `entity_index i`.
struct IndexStatement {
    /// The parameters so far.
    private(set) var values: [SQLValue] = []

    /// Adds a parameter.
    ///
    /// - Returns: how the statement names it.
    mutating func parameter(_ value: SQLValue, as type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }

    mutating func ids(_ keys: [IndexedKey]) -> String { parameter(.ints(keys.map(\.id)), as: "int[]") }

    /// A test of one row of `entity_index i`.
    mutating func condition(_ test: IndexTest) -> String {
        switch test {
        case .always: "true"
        case .never: "false"
        case .key(let keys): "i.keys && \(ids(keys))"
        case .value(let keys): "coalesce(\(Self.firstTerm(of: keys)), 0) <> 0 AND \(condition(.key(keys)))"
        case .term(let terms): "i.terms && \(parameter(.ints(terms.map(\.id)), as: "bigint[]"))"
        case .text(let keys, let match): "\(holds(keys, match)) AND \(condition(.key(keys)))"
        case .all(let tests): joined(tests, " AND ")
        case .any(let tests): joined(tests, " OR ")
        case .not(let test): "NOT (\(condition(test)))"
        }
    }

    /// Whether a value of one of the keys holds the text.
    private mutating func holds(_ keys: [IndexedKey], _ match: TextMatch) -> String {
        if keys.areSingle {
            let holds = self.match(match, "v.value")
            return "EXISTS (SELECT FROM entity_term v WHERE v.id = \(Self.firstTerm(of: keys)) AND \(holds))"
        }
        return """
            EXISTS (SELECT FROM unnest(i.terms, i.keys) u (t, k) JOIN entity_term v ON v.id = u.t
                WHERE u.k = ANY(\(ids(keys))) AND \(self.match(match, "v.value")))
            """
    }

    /// The term of an entity's first value of a key, given for each kind: null without the key, 0 without a value. Many times
    /// faster than taking the arrays apart.
    static func firstTerm(of keys: [IndexedKey]) -> String {
        let places = keys.map { "array_position(i.keys, \($0.id))" }
        return "i.terms[\(places.count == 1 ? places[0] : "coalesce(\((places + ["0"]).joined(separator: ", ")))")]"
    }

    /// An entity's first value of a key, given for each kind: null without one.
    static func firstValue(of keys: [IndexedKey]) -> String {
        "(SELECT v.value FROM entity_term v WHERE v.id = \(firstTerm(of: keys)))"
    }

    /// Several tests that must all hold.
    mutating func conditions(_ tests: [IndexTest]) -> String { tests.isEmpty ? "true" : joined(tests, " AND ") }

    private mutating func joined(_ tests: [IndexTest], _ connective: String) -> String {
        var parts: [String] = []
        for test in tests { parts.append("(\(condition(test)))") }
        return parts.joined(separator: connective)
    }

    /// Whether a column holds a text.
    mutating func match(_ match: TextMatch, _ column: String) -> String {
        Self.match(match, column) { parameter(.text($0), as: "text") }
    }

    /// - Parameter parameter: makes the text a parameter of the statement.
    static func match(_ match: TextMatch, _ column: String, _ parameter: (String) -> String) -> String {
        switch match {
        case .prefix(let text): "starts_with(\(column), \(parameter(text)))"
        case .part(let text): "position(\(parameter(text)) IN \(column)) > 0"
        }
    }
}
