/// What is asked of an entity, in terms of the index: a filter whose keys and values have been looked up. Pure.
indirect enum IndexTest: Sendable, Equatable {
    case always
    case never
    /// Has one of the keys.
    case key([IndexedKey])
    /// Has a value, other than null, of one of the keys.
    case value([IndexedKey])
    /// Has one of the terms.
    case term([IndexedTerm])
    /// Has a value of one of the keys that holds the text.
    case text([IndexedKey], TextMatch)
    case all([IndexTest])
    case any([IndexTest])
    case not(IndexTest)
}

/// How a value in lower case holds a text in lower case.
enum TextMatch: Sendable, Hashable {
    case prefix(String)
    case part(String)
}

/// A key among the entities of one kind, with its counts.
struct IndexedKey: Sendable, Equatable {
    let id: Int64
    let kind: String
    let key: String
    let present: Int
    let valued: Int
    let postings: Int
}

/// A value of a key, with how many entities have it.
struct IndexedTerm: Sendable, Equatable {
    let id: Int64
    let key: IndexedKey
    let value: String
    let entities: Int
}

extension Collection<IndexedKey> {
    /// Whether an entity has at most one value of all these keys.
    var areSingle: Bool { Set(map(\.key)).count == 1 && allSatisfy { $0.postings == $0.valued } }
}

extension IndexTest {
    /// All of the tests, in the simplest form.
    static func allOf(_ tests: [IndexTest]) -> IndexTest {
        var parts: [IndexTest] = []
        for test in tests {
            switch test {
            case .always: break
            case .never: return .never
            case .all(let inner): parts += inner
            default: parts.append(test)
            }
        }
        return parts.isEmpty ? .always : parts.count == 1 ? parts[0] : .all(parts)
    }

    /// One of the tests, in the simplest form; terms are gathered.
    static func anyOf(_ tests: [IndexTest]) -> IndexTest {
        var terms: [IndexedTerm] = []
        var others: [IndexTest] = []
        for test in tests {
            switch test {
            case .always: return .always
            case .never: break
            case .term(let more): for term in more where !terms.contains(term) { terms.append(term) }
            default: others.append(test)
            }
        }
        let parts = (terms.isEmpty ? [] : [.term(terms)]) + others
        return parts.isEmpty ? .never : parts.count == 1 ? parts[0] : .any(parts)
    }

    /// The opposite, in the simplest form: only single conditions are negated, so that the opposite of what is not positive is.
    static func notOf(_ test: IndexTest) -> IndexTest {
        switch test {
        case .always: .never
        case .never: .always
        case .not(let inner): inner
        case .all(let tests): anyOf(tests.map(notOf))
        case .any(let tests): allOf(tests.map(notOf))
        case .key, .value, .term, .text: .not(test)
        }
    }

    /// The parts that must all hold.
    var conjuncts: [IndexTest] {
        switch self {
        case .always: []
        case .all(let tests): tests
        default: [self]
        }
    }

    /// How many entities of a population pass, when the counts alone tell.
    func count(of population: Int) -> Int? {
        switch self {
        case .always: return population
        case .never: return 0
        case .not(let test): return test.count(of: population).map { population - $0 }
        case .key(let keys): return Set(keys.map(\.key)).count == 1 ? keys.reduce(0) { $0 + $1.present } : nil
        case .value(let keys): return Set(keys.map(\.key)).count == 1 ? keys.reduce(0) { $0 + $1.valued } : nil
        case .term(let terms):
            // An entity has a value once; several values of a key only when the key takes several.
            let isOneValue = terms.allSatisfy { $0.value.utf8.elementsEqual(terms[0].value.utf8) }
            let isSingle = terms.allSatisfy { $0.key.postings == $0.key.valued }
            guard Set(terms.map(\.key.key)).count == 1, isOneValue || isSingle else { return nil }
            return terms.reduce(0) { $0 + $1.entities }
        default: return nil
        }
    }
}

extension IndexTest {
    /// How many entities have to be looked at at most, of a population, to find all that pass.
    func cost(of population: Int) -> Int {
        switch self {
        case .always, .not: population
        case .never: 0
        case .key(let keys), .value(let keys): keys.reduce(0) { $0 + $1.present }
        case .term(let terms): min(population, terms.reduce(0) { $0 + $1.entities })
        case .text(let keys, _): keys.reduce(0) { $0 + $1.valued }
        case .all(let tests): tests.reduce(population) { min($0, $1.cost(of: population)) }
        case .any(let tests): min(population, tests.reduce(0) { $0 + $1.cost(of: population) })
        }
    }

    /// Whether only entities with a value of one of the keys pass.
    func implies(valueOf keys: [IndexedKey]) -> Bool {
        switch self {
        case .value(let own), .text(let own, _): own.allSatisfy(keys.contains)
        case .term(let terms): terms.allSatisfy { keys.contains($0.key) }
        case .all(let tests): tests.contains { $0.implies(valueOf: keys) }
        case .any(let tests): tests.allSatisfy { $0.implies(valueOf: keys) }
        case .never: true
        case .always, .key, .not: false
        }
    }

    /// Whether only entities that have one of its keys or terms can pass, so that none of another kind does.
    var isPositive: Bool {
        switch self {
        case .always, .not: false
        case .never, .key, .value, .term, .text: true
        case .all(let tests): tests.contains(where: \.isPositive)
        case .any(let tests): tests.allSatisfy(\.isPositive)
        }
    }
}
