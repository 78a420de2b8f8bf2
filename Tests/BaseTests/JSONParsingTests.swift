import Base
import TestSupport
import Testing

@Suite("Reading JSON")
struct JSONParsingTests {
    @Test(
        "values keep their kind",
        arguments: [
            ("null", nil), ("true", true), (" false\n", false), ("0", 0), ("-0", 0), ("-7", -7), ("1.5", 1.5),
            ("1e3", 1000.0), ("1.0", 1.0), ("-2E-2", -0.02), ("\"\"", ""), ("[]", []), ("{}", [:]),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .uint(9_223_372_036_854_775_808)), ("18446744073709551615", .uint(.max)),
            ("[1,[2,{\"a\":[]}]]", [1, [2, ["a": []]]]),
        ] as [(String, JSONValue)])
    func kinds(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test(
        "escapes become the characters that they stand for",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"), (#""a\u0000b""#, "a\u{0}b"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ])
    func escapes(text: String, expected: String) throws {
        let parsed = try JSONValue(parsing: text).stringValue
        #expect(parsed.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nul", "True", "NaN", "Infinity", "-", "+1", "01", "1.", ".5", "1e", "0x10", "'a'", "\"",
            "\"\\x\"",
            "\"\\u12\"", "\"\\ud800\"", "\"\\ude00\\ud83d\"", "\"a\nb\"", "\"\t\"", "[", "]", "[1,]", "[1 2]", "{",
            "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}", "{a:1}", "{1:1}", "1 2", "{} []", "// c\n1", "18446744073709551616", "-9223372036854775809",
            "1e400", "\u{FEFF}[", "\u{0}", "[1]\u{0}",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "invalid UTF-8 is refused, in strings and outside",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF, 0xFE],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array("\"".utf8) + bytes + Array("\"".utf8)) }
    }

    @Test("an object keeps its order; of a repeated key the last value counts, at the first one's place")
    func objects() throws {
        let value = try JSONValue(parsing: #"{"z":1,"a":2,"z":3,"":4}"#)
        #expect(value.objectValue?.keys == ["z", "a", ""])
        #expect(value["z"] == 3 && value[""] == 4)
        #expect(value.text() == #"{"z":3,"a":2,"":4}"#)
    }

    @Test("nesting is read up to the limit and refused beyond it", arguments: ["[]", "{}"])
    func depth(brackets: String) throws {
        let open = brackets == "[]" ? "[" : "{\"a\":"
        let close = brackets == "[]" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth - 1) + brackets + String(repeating: close, count: depth - 1)
        }
        let deepest = nested(JSONValue.maximumDepth)
        #expect(try JSONValue(parsing: deepest).text() == deepest)
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(JSONValue.maximumDepth + 1)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: open, count: 1_000_000)) }
    }

    @Test("a string of a megabyte and an array of a hundred thousand come back whole")
    func large() throws {
        let text = String(repeating: "aé\"\\\n😀", count: 90_000)
        let value: JSONValue = ["text": .string(text), "list": .array((0..<100_000).map { .int($0) })]
        let parsed = try JSONValue(parsing: value.serialized())
        #expect(parsed == value)
        #expect(parsed["text"]?.stringValue?.utf8.count == text.utf8.count)
    }

    @Test("a thousand damaged documents are refused or read, and never end the process")
    func damaged() throws {
        let whole = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",null,true,{"b":{}}],"c":"déjà vu"}"#.utf8)
        var random = SeededRandom(seed: 1)
        var refused = 0
        for _ in 0..<1_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes = Array(bytes.prefix(max(index, 4)))
                }
            }
            do {
                let value = try JSONValue(parsing: bytes)
                #expect(try JSONValue(parsing: value.serialized()) == value)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
    }
}
