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
        case .value(let keys):
            "EXISTS (SELECT FROM unnest(i.terms, i.keys) u (t, k) WHERE u.t <> 0 AND u.k = ANY(\(ids(keys))))"
                + " AND \(condition(.key(keys)))"
        case .term(let terms): "i.terms && \(parameter(.ints(terms.map(\.id)), as: "bigint[]"))"
        case .text(let keys, let match):
            """
            EXISTS (SELECT FROM unnest(i.terms, i.keys) u (t, k) JOIN entity_term v ON v.id = u.t
                WHERE u.k = ANY(\(ids(keys))) AND \(self.match(match, "v.value")))
                AND \(condition(.key(keys)))
            """
        case .all(let tests): joined(tests, " AND ")
        case .any(let tests): joined(tests, " OR ")
        case .not(let test): "NOT (\(condition(test)))"
        }
    }

    /// Several tests that must all hold, for finding all entities that pass them: a text is looked for in each value once, and
    /// not in each entity.
    mutating func sets(_ tests: [IndexTest]) -> String {
        var parts: [String] = []
        for test in tests {
            if case .text(let keys, let match) = test {
                let holds = "v.key_id = ANY(\(ids(keys))) AND \(self.match(match, "v.value"))"
                parts.append(
                    "i.ref IN (SELECT p.ref FROM entity_term v JOIN entity_posting p ON p.term = v.id WHERE \(holds))")
            } else {
                parts.append("(\(condition(test)))")
            }
        }
        return parts.isEmpty ? "true" : parts.joined(separator: " AND ")
    }

    /// Several tests that must all hold, for one entity after the other.
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
