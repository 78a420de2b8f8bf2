import Base
import TestSupport
import Testing

@Suite("Writing JSON")
struct JSONSerializationTests {
    @Test(
        "text comes back as it was written",
        arguments: [
            "null", "true", "0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0.1",
            "-0.0", "1e-07", "1.7976931348623157e+308", "5e-324", #""\"\\/é€😀""#, #""\u0000\u001f\n\r\t""#,
            "\"\u{7F}\"",
            #"{"b":[],"a":{},"":[null,[{}]]}"#,
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test("a number that JSON cannot write becomes null", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        #expect(JSONValue.array([.double(number)]).text() == "[null]")
    }

    @Test("with sorted keys equal values give equal bytes, at every level")
    func sorted() {
        let one: JSONValue = ["b": ["y": 1, "x": 2], "a": [["d": 1, "c": 2]]]
        let other: JSONValue = ["a": [["c": 2, "d": 1]], "b": ["x": 2, "y": 1]]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one.text() != other.text())
        #expect(one.text(sortedKeys: true) == #"{"a":[{"c":2,"d":1}],"b":{"x":2,"y":1}}"#)
        #expect(other.text(sortedKeys: true) == one.text(sortedKeys: true))
    }

    @Test("random values come back equal, in order")
    func random() throws {
        var random = SeededRandom(seed: 2)
        for _ in 0..<500 {
            let value = random.json(depth: 4)
            let parsed = try JSONValue(parsing: value.serialized())
            #expect(parsed == value)
            #expect(parsed.text() == value.text())
        }
    }

    @Test("accessors give nothing for another kind")
    func accessors() {
        #expect(JSONValue.int(3).doubleValue == 3 && JSONValue.double(3).intValue == 3)
        #expect(JSONValue.double(3.5).intValue == nil && JSONValue.double(1e19).intValue == nil)
        #expect(JSONValue.double(.nan).intValue == nil && JSONValue.uint(.max).intValue == nil)
        #expect(JSONValue.string("1").intValue == nil && JSONValue.bool(true).intValue == nil)
        #expect(JSONValue.null["a"] == nil && JSONValue.array([1])[1] == nil && JSONValue.array([1])[-1] == nil)
        #expect(JSONValue.null.isNull && !JSONValue.bool(false).isNull)
        let names = ([nil, true, 1, .uint(.max), 1.5, "", [], [:]] as [JSONValue]).map(\.typeName)
        #expect(names == ["null", "boolean", "integer", "integer", "number", "string", "array", "object"])
    }
}

extension SeededRandom {
    fileprivate mutating func json(depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .int(.random(in: .min ... .max, using: &self))
        case 3: return .uint(.random(in: (1 << 63)...UInt64.max, using: &self))
        case 4: return .double(Double.random(in: -1e9...1e9, using: &self) + 0.5)
        case 5, 6: return .string(text())
        case 7: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in json(depth: depth - 1) })
        default:
            let count = Int.random(in: 0...20, using: &self)
            return .object(JSONObject((0..<count).map { _ in (text(), json(depth: depth - 1)) }))
        }
    }

    private mutating func text() -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "😀", "/", "\u{FFFD}"]
        return String(
            String.UnicodeScalarView(
                (0..<Int.random(in: 0...6, using: &self)).map { _ in
                    scalars[Int.random(in: scalars.indices, using: &self)]
                }))
    }
}
