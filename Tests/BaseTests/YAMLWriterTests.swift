import Base
import TestSupport
import Testing

@Suite("Writing YAML")
struct YAMLWriterTests {
    @Test("objects and lists are written in block style, in their order")
    func block() {
        let value: JSONValue = [
            "kind": "Component", "metadata": ["name": "shop", "tags": ["a", "b: c"], "annotations": [:]],
            "list": [["x": 1, "y": [true, nil]], ["z"], []], "text": "yes",
        ]
        #expect(
            value.yaml == """
                kind: Component
                metadata:
                  name: shop
                  tags:
                    - a
                    - "b: c"
                  annotations: {}
                list:
                  - x: 1
                    "y":
                      - true
                      - null
                  - - z
                  - []
                text: "yes"

                """)
    }

    @Test("what is written reads back as the same value", arguments: 0..<300)
    func roundTrip(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let value = Self.value(depth: 0, &random)
        let documents = YAML.documents(Array(value.yaml.utf8))
        let read = try documents.map { try $0.get().json }
        #expect(read == [value], "\(value.yaml)")
    }

    private static let texts = [
        "a", "true", "null", "~", "1", "1e3", "- a", "a: b", "a #b", " a", "a ", "", "ä", "\"", "\\", "a\nb", "yes",
        "*a",
        "&a", "!a", "@a", "%a", "---", "0x1f", "key", "a/b.c-d_e", "'", "{a", "[a", "a,b", "|", ">", "?", "a\tb",
        "\u{7f}x",
    ]

    private static func value(depth: Int, _ random: inout SeededRandom) -> JSONValue {
        func text() -> String { texts.randomElement(using: &random) ?? "a" }
        switch Int.random(in: 0..<(depth < 4 ? 8 : 5), using: &random) {
        case 0: return .bool(.random(using: &random))
        case 1: return .int(.random(in: -9...9, using: &random))
        case 2, 3: return .string(text())
        case 4: return depth == 0 ? .string(text()) : .null
        case 5:
            return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, &random) })
        default:
            let keys = (0..<Int.random(in: 0...3, using: &random)).map { _ in text() }
            return .object(JSONObject(keys.map { ($0, value(depth: depth + 1, &random)) }))
        }
    }
}
