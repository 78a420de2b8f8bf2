internal import Catalog

/// The entities that a request is about: their kinds, and what else they must pass.
struct EntitySelection {
    /// Nil: every kind. A condition on the kind alone decides where to look, not what to test.
    let kinds: [String]?
    let tests: [IndexTest]
    /// How many entities of these kinds there are.
    let population: Int
    /// How many have to be looked at at most to find those that match.
    let cost: Int

    /// - Parameters:
    ///   - order: entities without a value of it are left out; nil: none are.
    ///   - fields: where the text is looked for.
    init(filter: EntityFilter?, order: String? = nil, text: String? = nil, fields: [String] = [], _ lookup: IndexLookup)
    {
        let (kinds, rest) = Self.split(filter)
        var tests = rest.map { lookup.test($0, in: kinds) }
        if let text { tests.append(lookup.text(fields.map { ($0, .part(text)) }, in: kinds)) }
        if let order, !tests.contains(where: { $0.implies(valueOf: lookup.keys(order, in: kinds)) }) {
            tests.append(lookup.value(order, in: kinds))
        }
        let test = IndexTest.allOf(tests)
        self.kinds = kinds
        self.tests = test.conjuncts
        population = lookup.entities(of: kinds)
        cost = test.cost(of: population)
    }

    /// The kinds that a filter asks for as a whole, and the parts of it that remain.
    private static func split(_ filter: EntityFilter?) -> (kinds: [String]?, rest: [EntityFilter]) {
        var kinds: [String]?
        var rest: [EntityFilter] = []
        for part in filter.map({ $0.parts }) ?? [] {
            if let asked = part.kinds {
                kinds = kinds.map { $0.filter(asked.contains) } ?? asked
            } else {
                rest.append(part)
            }
        }
        return (kinds, rest)
    }

    /// How many there are, when the counts of the index tell it.
    var count: Int? { count(tests) }

    /// The same with other tests.
    func count(_ tests: [IndexTest]) -> Int? {
        if tests.isEmpty || population == 0 { return population }
        return tests.count == 1 ? tests[0].count(of: population) : nil
    }

    /// The tests that look for something, and what the others leave out, which looks for something too; nil when none leaves
    /// anything out.
    static func exclusion(of tests: [IndexTest]) -> (kept: [IndexTest], leftOut: IndexTest)? {
        let negative = tests.filter { !$0.isPositive }
        guard !negative.isEmpty else { return nil }
        return (tests.filter(\.isPositive), .notOf(.allOf(negative)))
    }

    /// Rows of `entity_index i` that pass every test: the FROM and WHERE of a statement.
    func matching(_ statement: inout IndexStatement) -> String { matching(tests, &statement) }

    /// The same with other tests.
    func matching(_ tests: [IndexTest], _ statement: inout IndexStatement) -> String {
        let conditions = statement.conditions(tests)
        // The terms and keys that are asked for are those of these kinds.
        guard let kinds, !IndexTest.allOf(tests).isPositive else { return "entity_index i WHERE \(conditions)" }
        let list = statement.parameter(.texts(kinds), as: "text[]")
        return "unnest(\(list)) l (kind) JOIN entity_index i ON \(Self.isOfKind("i.ref", "l.kind")) WHERE \(conditions)"
    }

    /// Refs begin with their kind and a colon, which is followed by the semicolon in the order of characters.
    static func isOfKind(_ ref: String, _ kind: String) -> String {
        "\(ref) > \(kind) || ':' COLLATE \"C\" AND \(ref) < \(kind) || ';' COLLATE \"C\""
    }
}

extension EntityFilter {
    /// The conditions that must all hold.
    fileprivate var parts: [EntityFilter] {
        if case .allOf(let filters) = self { filters.flatMap(\.parts) } else { [self] }
    }

    /// The kinds that it asks for and nothing else, in lower case and each once; nil when it asks for other things.
    fileprivate var kinds: [String]? {
        switch self {
        case .match(let key, let values?) where key.lowercased() == "kind": Set(values.map { $0.lowercased() }).sorted()
        case .anyOf(let filters) where !filters.isEmpty:
            filters.mapOrNil(\.kinds).map { Set($0.joined()).sorted() }
        default: nil
        }
    }
}
