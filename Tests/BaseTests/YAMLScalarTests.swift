import Base
import Testing

@Suite("YAML scalars")
struct YAMLScalarTests {
    @Test(
        "plain scalars are what YAML 1.2's core schema says",
        arguments: [
            // YAML 1.2.2 §10.3.2
            ("", nil), ("~", nil), ("null", nil), ("Null", nil), ("NULL", nil), ("nULL", "nULL"),
            ("true", true), ("True", true), ("TRUE", true), ("false", false), ("False", false), ("FALSE", false),
            ("tRUE", "tRUE"),
            // Booleans of YAML 1.1 are words.
            ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("N", "N"), ("Yes", "Yes"),
            ("0", 0), ("-0", 0), ("12", 12), ("+12", 12), ("-12", -12), ("012", 12), ("0o14", 12), ("0x1F", 31),
            ("0xfF", 255), ("0o19", "0o19"), ("0o", "0o"), ("0x", "0x"), ("-0o14", "-0o14"), ("-0x1F", "-0x1F"),
            ("0b11", "0b11"), ("1_000", "1_000"), ("12:30:45", "12:30:45"), ("1,000", "1,000"),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("18446744073709551615", .uint(.max)), ("18446744073709551616", 18_446_744_073_709_551_616.0),
            ("0xFFFFFFFFFFFFFFFF", .uint(.max)),
            ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5", -0.5), ("+1.5", 1.5), ("1e3", 1000.0), ("1E+3", 1000.0),
            ("1.5e-3", 0.0015), ("1e", "1e"), ("e3", "e3"), (".", "."), ("-.", "-."), ("+", "+"), (".e3", ".e3"),
            ("1.2.3", "1.2.3"), ("1e3.5", "1e3.5"), ("1 2", "1 2"), ("v1", "v1"),
            // JSON has no form for these.
            (".inf", ".inf"), ("-.inf", "-.inf"), (".nan", ".nan"), ("inf", "inf"), ("nan", "nan"),
            // Dates of YAML 1.1 are text.
            ("2026-01-02", "2026-01-02"), ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"), ("<<", "<<"), ("=", "="),
        ] as [(String, JSONValue)])
    func plain(text: String, expected: JSONValue) throws {
        let document = try #require(YAML.documents(Array("k: \(text)\n".utf8)).first)
        let value = try document.get().json["k"]
        #expect(value == expected)
        #expect(value?.typeName == expected.typeName)
    }

    @Test(
        "quotes and tags decide before the schema does",
        arguments: [
            ("'12'", "12"), ("\"true\"", "true"), ("''", ""), ("\"~\"", "~"), ("!!str 12", "12"), ("!!str", ""),
            ("! 12", "12"), ("!!int \"12\"", 12), ("!!float '1.5'", 1.5), ("!!bool 'true'", true), ("!!null ''", nil),
            (#""\x41\u00e9\U0001F600\0\e\/""#, "Aé😀\u{0}\u{1B}/"), ("'it''s'", "it's"),
        ] as [(String, JSONValue)])
    func quoted(text: String, expected: JSONValue) throws {
        let document = try #require(YAML.documents(Array("k: \(text)\n".utf8)).first)
        #expect(try document.get().json["k"] == expected)
    }

    @Test(
        "a tag that means a program's own type is refused",
        arguments: ["!!binary aGk=", "!ruby/object x", "!!timestamp 2026"])
    func foreignTags(text: String) throws {
        let document = try #require(YAML.documents(Array("k: \(text)\n".utf8)).first)
        let error = #expect(throws: YAMLError.self) { try document.get() }
        #expect(error?.message.contains("is not supported") == true)
        #expect(error?.position == SourcePosition(line: 1, column: 4))
    }

    @Test("block scalars keep or fold their lines")
    func blocks() throws {
        let text = "literal: |\n  a\n   b\n\n  c\nfolded: >-\n  a\n  b\n\n  c\nkept: |+\n  a\n\n"
        let json = try #require(YAML.documents(Array(text.utf8)).first).get().json
        #expect(json == ["literal": "a\n b\n\nc\n", "folded": "a b\nc", "kept": "a\n\n"])
    }
}
