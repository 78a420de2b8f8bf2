internal import Catalog

/// What the index has of the keys and values that a request names, with their counts.
struct IndexLookup {
    private var keys: [ExactText: [IndexedKey]] = [:]
    private var terms: [Equality: [IndexedTerm]] = [:]
    private var texts: [TextQuestion: IndexTest] = [:]

    /// A text in fewer terms than this is looked for as these; in more it is looked for in each entity.
    private static let maximumTerms = 1_000

    /// A text that is to be found in the values of a key.
    private struct TextQuestion: Hashable {
        let key: ExactText
        let match: TextMatch

        init(_ key: String, _ match: TextMatch) {
            self.key = ExactText(key.lowercased())
            self.match = match
        }
    }

    private struct Equality: Hashable {
        let key: ExactText
        let value: ExactText

        init(_ key: String, _ value: String) {
            self.key = ExactText(key.lowercased())
            self.value = ExactText(value.lowercased())
        }
    }

    /// - Parameters:
    ///   - keys: those that are asked for besides the filter's.
    ///   - text: looked for in a value of one of these keys.
    init(
        filter: EntityFilter?, keys others: [String] = [], text: (match: TextMatch, keys: [String])? = nil,
        _ session: PostgresSession
    ) throws {
        var named = Set((["kind"] + others + (text?.keys ?? [])).map { ExactText($0.lowercased()) })
        var equalities: Set<Equality> = []
        var questions = Set((text?.keys ?? []).map { TextQuestion($0, text?.match ?? .part("")) })
        filter?.collect { key, values, prefix in
            named.insert(ExactText(key.lowercased()))
            for value in values { equalities.insert(Equality(key, value)) }
            if let prefix { questions.insert(TextQuestion(key, .prefix(prefix.lowercased()))) }
        }
        try loadKeys(named, session)
        if !equalities.isEmpty { try loadTerms(Array(equalities), session) }
        for question in questions { texts[question] = try test(question, session) }
    }

    private mutating func loadKeys(_ named: Set<ExactText>, _ session: PostgresSession) throws {
        let rows = try session.run(
            """
            SELECT id, kind, key, present, valued, postings FROM entity_key WHERE key = ANY($1::text[]) ORDER BY id
            """, [.texts(named.map(\.text))])
        for key in try rows.map({ row in
            IndexedKey(
                id: row.int(0) ?? 0, kind: try row.required(1), key: try row.required(2),
                present: Int(row.int(3) ?? 0), valued: Int(row.int(4) ?? 0), postings: Int(row.int(5) ?? 0))
        }) {
            keys[ExactText(key.key), default: []].append(key)
        }
    }

    private mutating func loadTerms(_ equalities: [Equality], _ session: PostgresSession) throws {
        let byID = Dictionary(uniqueKeysWithValues: keys.values.joined().map { ($0.id, $0) })
        var places: [Int] = []
        var ids: [Int64] = []
        for (place, equality) in equalities.enumerated() {
            for key in keys[equality.key] ?? [] {
                places.append(place)
                ids.append(key.id)
            }
        }
        let rows = try session.run(
            """
            SELECT w.place, t.id, t.key_id, t.value, t.entities
            FROM unnest($1::int[], $2::int[], $3::text[]) w (place, key_id, value) JOIN entity_term t USING (key_id, value)
            """,
            [.ints(places.map(Int64.init)), .ints(ids), .texts(places.map { equalities[$0].value.text })])
        for (place, term) in try rows.map({ (Int($0.int(0) ?? 0), try Self.term($0, byID)) }) {
            terms[equalities[place], default: []].append(term)
        }
    }

    /// A row of any column, id, key, value and count.
    private static func term(_ row: SQLRow, _ keys: [Int64: IndexedKey]) throws -> IndexedTerm {
        guard let key = keys[row.int(2) ?? 0] else {
            throw StoreError(code: .unexpectedResult, detail: "a term of an unknown key")
        }
        return IndexedTerm(id: row.int(1) ?? 0, key: key, value: try row.required(3), entities: Int(row.int(4) ?? 0))
    }

    private func test(_ question: TextQuestion, _ session: PostgresSession) throws -> IndexTest {
        let keys = self.keys(question.key.text).filter { $0.valued > 0 }
        guard !keys.isEmpty else { return .never }
        let byID = Dictionary(uniqueKeysWithValues: keys.map { ($0.id, $0) })
        let text = if case .prefix(let text) = question.match { text } else { "" }
        let holds = IndexStatement.match(question.match, "value") { _ in "$3::text" }
        let part = if case .part(let text) = question.match { text } else { text }
        // Not prepared: only where PostgreSQL knows the text it finds a prefix by the index.
        let rows = try session.runOnce(
            """
            SELECT NULL, id, key_id, value, entities FROM entity_term
            WHERE key_id = ANY($1::int[]) AND value >= $2::text AND \(holds) LIMIT $4::int
            """, [.ints(keys.map(\.id)), .text(text), .text(part), .int(Int64(Self.maximumTerms + 1))])
        if rows.count > Self.maximumTerms { return .text(keys, question.match) }
        return .anyOf(try rows.map { .term([try Self.term($0, byID)]) })
    }
}

extension IndexLookup {
    /// The key in each kind that has it.
    ///
    /// - Parameter kinds: only these; nil: all.
    func keys(_ key: String, in kinds: [String]? = nil) -> [IndexedKey] {
        let found = keys[ExactText(key.lowercased())] ?? []
        return kinds.map { kinds in found.filter { kinds.contains($0.kind) } } ?? found
    }

    /// How many entities there are of these kinds.
    func entities(of kinds: [String]?) -> Int { keys("kind", in: kinds).reduce(0) { $0 + $1.present } }

    /// A filter as a test of entities of these kinds.
    func test(_ filter: EntityFilter, in kinds: [String]?) -> IndexTest {
        switch filter {
        case .match(let key, nil): existence(key, in: kinds)
        case .match(let key, let values?):
            .anyOf(
                values.map { value in
                    terms[Equality(key, value)].map { IndexTest.term($0).narrowed(to: kinds) } ?? .never
                })
        case .prefix(let key, let prefix): text([(key, .prefix(prefix.lowercased()))], in: kinds)
        case .allOf(let filters): .allOf(filters.map { test($0, in: kinds) })
        case .anyOf(let filters): .anyOf(filters.map { test($0, in: kinds) })
        case .not(let filter): .notOf(test(filter, in: kinds))
        }
    }

    /// Whether one of the texts is in a value of its key.
    func text(_ questions: [(key: String, match: TextMatch)], in kinds: [String]?) -> IndexTest {
        .anyOf(questions.map { (texts[TextQuestion($0.key, $0.match)] ?? .never).narrowed(to: kinds) })
    }

    /// Whether an entity has the key, be it without a value.
    func existence(_ name: String, in kinds: [String]?) -> IndexTest {
        let keys = self.keys(name, in: kinds)
        if keys.isEmpty { return .never }
        return keys.reduce(0) { $0 + $1.present } == entities(of: kinds) ? .always : .key(keys)
    }

    /// Whether an entity has a value of the key, as sorting by it needs.
    func value(_ name: String, in kinds: [String]?) -> IndexTest {
        let keys = self.keys(name, in: kinds).filter { $0.valued > 0 }
        if keys.isEmpty { return .never }
        if keys.reduce(0, { $0 + $1.valued }) == entities(of: kinds) { return .always }
        return keys.allSatisfy { $0.present == $0.valued } ? .key(keys) : .value(keys)
    }
}

extension IndexTest {
    /// A test for terms or a text, of these kinds alone.
    fileprivate func narrowed(to kinds: [String]?) -> IndexTest {
        guard let kinds else { return self }
        switch self {
        case .term(let terms):
            let fitting = terms.filter { kinds.contains($0.key.kind) }
            return fitting.isEmpty ? .never : .term(fitting)
        case .text(let keys, let match):
            let fitting = keys.filter { kinds.contains($0.kind) }
            return fitting.isEmpty ? .never : .text(fitting, match)
        default: return self
        }
    }
}

extension EntityFilter {
    /// Gives each key with the values that it is to equal, and the prefix that one is to have.
    fileprivate func collect(_ body: (String, [String], String?) -> Void) {
        switch self {
        case .match(let key, let values): body(key, values ?? [], nil)
        case .prefix(let key, let prefix): body(key, [], prefix)
        case .allOf(let filters), .anyOf(let filters): for filter in filters { filter.collect(body) }
        case .not(let filter): filter.collect(body)
        }
    }
}
