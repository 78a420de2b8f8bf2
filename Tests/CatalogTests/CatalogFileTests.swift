import Base
import Catalog
import TestSupport
import Testing

@Suite("catalog files")
struct CatalogFileTests {
    private func parse(_ text: String) -> [ParsedDocument] {
        CatalogFile.documents(Array(text.utf8), name: "a.yaml")
    }

    private static let good = """
        apiVersion: backstage.io/v1alpha1
        kind: System
        metadata:
          name: NAME
        spec:
          owner: team-a

        """

    @Test("every document of a file is read, empty ones are left out")
    func documents() {
        let text = "# comment\n---\n" + Self.good + "---\n---\n" + Self.good.replacingName("b") + "---\n# end\n"
        let parsed = parse(text)
        #expect(parsed.map(\.ref?.canonical) == ["system:default/name", "system:default/b"])
        #expect(parsed.allSatisfy { $0.entity != nil && $0.problems.isEmpty })
        #expect(parsed.map(\.location.description) == ["a.yaml:3:1", "a.yaml:11:1"])
    }

    @Test("a document that is no YAML is one problem with its place, and the others are read")
    func syntax() {
        let parsed = parse(Self.good + "---\na: [1\nb: 2\n---\n" + Self.good.replacingName("b"))
        #expect(parsed.map(\.ref?.name) == ["name", nil, "b"])
        let problem = parsed[1].problems[0]
        #expect(problem.label == "syntax")
        #expect(problem.description.hasPrefix("a.yaml:9:"))
        #expect(problem.message.hasPrefix("YAML error: "))
    }

    @Test("problems point to the line and column of the field, and the ref is known")
    func places() {
        let text = """
            apiVersion: backstage.io/v1alpha1
            kind: Component
            metadata:
              name: shop
              tags: [java, AI/ML]
            spec:
              type: service
              lifecycle: ''
              dependsOn:
                - resource:db
                - no-kind
            more: 1
            """
        let parsed = parse(text)
        #expect(parsed.count == 1)
        #expect(parsed[0].ref?.canonical == "component:default/shop")
        #expect(
            parsed[0].problems.map { "\($0.location) \($0.label)" } == [
                "a.yaml:12:1 unknown_field", "a.yaml:5:16 format", "a.yaml:6:1 kind", "a.yaml:8:3 kind",
                "a.yaml:11:7 reference",
            ])
        #expect(
            parsed[0].problems[2].description
                == "a.yaml:6:1: /spec must have required property 'owner' - missingProperty: owner")
    }

    @Test("a document whose root is no mapping is refused")
    func roots() {
        #expect(
            parse("- a\n- b\n")[0].problems.map(\.description) == ["a.yaml:1:1: Expected object at root, got array"])
        #expect(parse("text\n")[0].problems.map(\.message) == ["Expected object at root, got string"])
    }

    @Test("the second definition of an entity in a file is refused and the first is used")
    func duplicates() {
        let parsed = parse(
            Self.good + "---\n" + Self.good.replacingName("Name") + "---\n" + Self.good.replacingName("b"))
        #expect(parsed.map { $0.entity == nil } == [false, true, false])
        #expect(parsed[1].ref?.canonical == "system:default/name")
        #expect(
            parsed[1].problems.map(\.description) == [
                "a.yaml:8:1: system:default/name is defined again; the definition at a.yaml:1:1 is used"
            ])
        #expect(parsed[1].problems[0].label == "duplicate")
    }

    @Test("words that older YAML took for booleans stay text")
    func coreSchema() throws {
        let entity = try #require(parse(Self.good + "  type: yes\n")[0].entity)
        #expect(entity.spec["type"] == "yes")
    }

    @Test("JSON files are read too")
    func json() {
        #expect(parse(component().text())[0].entity?.ref.canonical == "component:default/shop")
    }

    @Test("an empty file has no documents", arguments: ["", "\n", "# nothing\n", "---\n", "\u{FEFF}"])
    func empty(text: String) {
        #expect(parse(text).isEmpty)
    }

    @Test("any bytes give documents or problems, and every problem can be stored")
    func fuzz() {
        var random = SeededRandom(seed: 9)
        let seed = Array((Self.good + "---\n" + Self.good).utf8)
        for round in 0..<3_000 {
            var bytes = round.isMultiple(of: 3) ? [] : seed
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let position = Int.random(in: 0...bytes.count, using: &random)
                switch random.next() % 3 {
                case 0: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: position)
                case 1: bytes.insert(contentsOf: Self.snippets.randomElement(using: &random) ?? [], at: position)
                default: if position < bytes.count { bytes.remove(at: position) }
                }
            }
            for document in CatalogFile.documents(bytes, name: "f") {
                #expect((document.entity == nil) != document.problems.isEmpty)
                #expect(document.problems.allSatisfy { !$0.message.utf8.contains(0) && $0.location.position != nil })
                #expect(document.ref?.canonical.utf8.contains(0) != true)
                guard let entity = document.entity else { continue }
                #expect(Entity(validated: entity.definition) == entity)
            }
        }
    }

    private static let snippets: [[UInt8]] = [
        "---\n", "...\n", "&a [*a]", "*b", "\"\\0\"", "\"\\x00\": 1\n", "? ", "!!int x", ".nan", "{", "]", "\t", "'",
        "\u{85}",
        "kind: 1\n", "relations: [{type: a}]\n", "%YAML 9.9\n", "|\n", "\r\n", "\u{2028}", "\u{FEFF}",
    ].map { Array($0.utf8) }
}

extension String {
    fileprivate func replacingName(_ name: String) -> String {
        split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name)
    }
}
