import Base
import Catalog
import TestSupport
import Testing

@Suite("entity filters")
struct EntityFilterTests {
    private func normalForm(_ parameters: String...) throws -> String {
        try EntityFilter.parsing(parameters)?.json.text() ?? "none"
    }

    @Test("the parameter becomes its normal form")
    func normalForms() throws {
        #expect(try normalForm("kind=Component") == #"{"key":"kind","values":["Component"]}"#)
        #expect(try normalForm("kind") == #"{"key":"kind"}"#)
        #expect(try normalForm("kind=") == #"{"key":"kind","values":[""]}"#)
        #expect(try normalForm(" a = b = c , , d ") == #"{"allOf":[{"key":"a","values":["b = c"]},{"key":"d"}]}"#)
        #expect(try normalForm("a=1,b,a=2") == #"{"allOf":[{"key":"a","values":["1","2"]},{"key":"b"}]}"#)
        #expect(try normalForm("a,a=1") == #"{"key":"a","values":["1"]}"#)
        #expect(try normalForm("a=1,a") == #"{"key":"a","values":["1"]}"#)
        #expect(
            try normalForm("a=1,b", "c")
                == #"{"anyOf":[{"allOf":[{"key":"a","values":["1"]},{"key":"b"}]},{"key":"c"}]}"#)
    }

    @Test("blank parameters filter nothing")
    func blank() throws {
        #expect(try normalForm() == "none")
        #expect(try normalForm("", " , ,") == "none")
        #expect(try normalForm("", "a") == #"{"key":"a"}"#)
    }

    @Test("a statement without key is refused", arguments: ["=x", " = ", "a=1,=", "a\0"])
    func invalid(text: String) {
        let statement = text.split(separator: ",").last.map { $0.trimmingSpaces } ?? ""
        let expected = CatalogInputError(
            .filter,
            "Invalid filter, '\(statement)' is not a valid statement (expected a string on the form a=b or a= or a)")
        #expect(throws: expected) { try EntityFilter.parsing([text]) }
    }

    private static let tokens = Set(
        SearchTokens.tokens(
            of: SearchTokens.rows(of: [
                "kind": "Component",
                "metadata": [
                    "name": "Shop", "namespace": "default", "uid": "u", "tags": ["java", "go"],
                    "annotations": ["backstage.io/orphan": "true"],
                ],
                "spec": ["owner": "Team-A", "note": "", "nothing": nil],
                "relations": [["type": "ownedBy", "targetRef": "group:default/a"]],
            ])))

    @Test(
        "filters find what they should",
        arguments: [
            ("kind=component", true), ("KIND=COMPONENT", true), ("kind=api", false), ("kind=api,kind=component", true),
            ("kind=component,spec.owner=team-b", false), ("spec.owner", true), ("spec.nowhere", false),
            ("spec.note=", true), ("spec.owner=", false), ("spec.nothing", true), ("spec.nothing=", false),
            ("metadata.tags=java", true), ("metadata.tags.java=true,metadata.tags.go=true", true),
            ("metadata.tags.java=true,metadata.tags.rust=true", false), ("relations.ownedBy=group:default/A", true),
            ("metadata.annotations.backstage.io/orphan=true", true), ("metadata.namespace=default", true),
        ])
    func matching(text: String, expected: Bool) throws {
        let filter = try #require(try EntityFilter.parsing([text]))
        #expect(filter.matches(Self.tokens) == expected)
    }

    @Test("an empty list of values matches nothing, and not turns it around")
    func emptyValues() {
        let nothing = EntityFilter.match(key: "kind", values: [])
        #expect(!nothing.matches(Self.tokens))
        #expect(EntityFilter.not(nothing).matches(Self.tokens))
        #expect(EntityFilter.allOf([]).matches(Self.tokens))
        #expect(!EntityFilter.anyOf([]).matches(Self.tokens))
    }

    @Test("the JSON form is read back as the same filter")
    func roundTrip() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<2_000 {
            let filter = random.filter(depth: 4)
            #expect(EntityFilter(json: filter.json) == filter)
        }
    }

    @Test(
        "JSON that is no filter is refused",
        arguments: [
            nil, [], "kind", [:], ["key": 1], ["key": "a", "values": "b"], ["key": "a", "values": [1]],
            ["key": "a", "values": nil], ["allOf": [:]], ["anyOf": [[:]]], ["not": nil],
            ["key": "a", "not": ["key": "b"]],
            ["values": ["a"]], ["allOf": [], "anyOf": []],
            ["key": "a", "prefix": 1], ["key": "a", "prefix": "b", "values": []],
        ] as [JSONValue])
    func notAFilter(json: JSONValue) {
        #expect(EntityFilter(json: json) == nil)
    }

    @Test("token evaluation agrees with looking through the rows")
    func agrees() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<1_000 {
            let rows = SearchTokens.rows(of: random.document())
            let tokens = Set(SearchTokens.tokens(of: rows))
            let filter = random.filter(depth: 3)
            #expect(filter.matches(tokens) == naive(filter, rows), "\(filter) on \(rows)")
        }
    }

    private func naive(_ filter: EntityFilter, _ rows: [SearchRow]) -> Bool {
        switch filter {
        case .match(let key, let values):
            rows.contains { row in
                row.key == key.lowercased() && (values.map { $0.contains { $0.lowercased() == row.value } } ?? true)
            }
        case .prefix(let key, let prefix):
            rows.contains { $0.key == key.lowercased() && $0.value?.hasPrefix(prefix.lowercased()) ?? false }
        case .allOf(let filters): filters.allSatisfy { naive($0, rows) }
        case .anyOf(let filters): filters.contains { naive($0, rows) }
        case .not(let filter): !naive(filter, rows)
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

extension SeededRandom {
    fileprivate mutating func filter(depth: Int) -> EntityFilter {
        switch Int.random(in: 0...(depth > 0 ? 6 : 3), using: &self) {
        case 0: return .match(key: key(), values: nil)
        case 1, 2: return .match(key: key(), values: (0..<Int.random(in: 0...2, using: &self)).map { _ in value() })
        case 3: return .prefix(key: key(), value())
        case 4: return .allOf((0..<Int.random(in: 0...3, using: &self)).map { _ in filter(depth: depth - 1) })
        case 5: return .anyOf((0..<Int.random(in: 0...3, using: &self)).map { _ in filter(depth: depth - 1) })
        default: return .not(filter(depth: depth - 1))
        }
    }

    fileprivate mutating func document() -> JSONObject {
        var document = JSONObject()
        for _ in 0..<Int.random(in: 0...4, using: &self) {
            let values = (0..<Int.random(in: 0...3, using: &self)).map { _ in JSONValue.string(value()) }
            document[text(of: "aB=%", lengths: 1...1)] =
                Bool.random(using: &self) ? .array(values) : values.first ?? .null
        }
        return document
    }

    private mutating func key() -> String { text(of: "aB=%.x", lengths: 1...3) }
    private mutating func value() -> String { text(of: "xY=", lengths: 0...1) }
}
