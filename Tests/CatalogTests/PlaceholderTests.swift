import Base
import Testing

@testable import Catalog

@Suite("Placeholders")
struct PlaceholderTests {
    private static func file(_ definition: String) -> CatalogFile {
        let text = """
            apiVersion: backstage.io/v1alpha1
            kind: API
            metadata: {name: x}
            spec:
              type: openapi
              lifecycle: production
              owner: team
              definition: \(definition)
            """
        return CatalogFile(Array(text.utf8), name: "f.yaml")
    }

    @Test(
        "an object with one key that is known is a placeholder, any other stays as it is",
        arguments: [
            ("{$text: ./a}", ["./a"]), ("{$json: ./a}", ["./a"]), ("{$yaml: ./a}", ["./a"]),
            ("{$servedText: ./a}", ["./a"]),
            ("{$text: ./a, b: 1}", []), ("{$ref: ./a}", []), ("{$openapi: ./a}", []), ("{text: ./a}", []), ("text", []),
            ("{a: [{b: {$text: x}}, {$json: y}]}", ["x", "y"]),
        ])
    func found(definition: String, targets: [String]) {
        #expect(Self.file(definition).placeholders.map(\.target) == targets)
    }

    @Test("what they stand for takes their place before the document is checked")
    func filled() throws {
        let file = Self.file("{$text: ./a}")
        let placeholder = try #require(file.placeholders.first)
        let document = file.documents(filling: [placeholder: .success("openapi: 3\n")])[0]
        #expect(document.entity?.spec["definition"] == "openapi: 3\n")
        #expect(document.entity?.ref.canonical == "api:default/x")
    }

    @Test("without a value they stay, and the document is checked as it is")
    func unfilled() {
        #expect(Self.file("{$text: ./a}").documents()[0].problems.map(\.label) == ["kind"])
    }

    @Test("one that cannot be filled in is a problem at its place, and the document says which entity it was")
    func failed() throws {
        let file = Self.file("\n    $text: ./a")
        let placeholder = try #require(file.placeholders.first)
        let document = file.documents(filling: [placeholder: .failure("cannot be read")])[0]
        #expect(document.ref?.canonical == "api:default/x")
        #expect(document.problems.map(\.description) == ["f.yaml:9:5: $text ./a cannot be read"])
        #expect(document.problems.map(\.label) == ["placeholder"])
    }

    @Test("a mistake in what was filled in points to the placeholder")
    func mistake() throws {
        let file = Self.file("\n    $json: ./a")
        let placeholder = try #require(file.placeholders.first)
        let document = file.documents(filling: [placeholder: .success(["a": 1])])[0]
        #expect(document.problems.first?.location.position == SourcePosition(line: 8, column: 3))
    }

    @Test(
        "bytes are read as the placeholder says",
        arguments: [
            ("$text", "a: 1\n", "\"a: 1\\n\""), ("$json", "{\"a\": [1]}", "{\"a\":[1]}"),
            ("$yaml", "a: [1]", "{\"a\":[1]}"), ("$servedText", "openapi: 3.0.0\n", "\"openapi: 3.0.0\\n\""),
            ("$json", "{", nil), ("$yaml", "a: [", nil), ("$yaml", "a\n---\nb", nil), ("$yaml", "", nil),
        ] as [(String, String, String?)])
    func values(kind: String, text: String, expected: String?) throws {
        let placeholder = try #require(Self.file("{\(kind): x}").placeholders.first)
        #expect((try? placeholder.value(of: Array(text.utf8)).get().text()) == expected)
    }

    @Test("a text that is not UTF-8 is refused")
    func encoding() throws {
        let placeholder = try #require(Self.file("{$text: x}").placeholders.first)
        #expect(placeholder.value(of: [0xFF]) == .failure("is not UTF-8"))
    }
}
