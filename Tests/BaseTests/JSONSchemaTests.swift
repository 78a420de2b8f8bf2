import Base
import Testing

@Suite("JSON Schema: checking values")
struct JSONSchemaTests {
    /// A schema, a value, and the messages that the value must give.
    struct Row: Sendable, CustomTestStringConvertible {
        let schema: String
        let value: String
        let messages: [String]

        init(_ schema: String, _ value: String, _ messages: String...) {
            self.schema = schema
            self.value = value
            self.messages = messages
        }

        var testDescription: String { "\(value) against \(schema)" }
    }

    private func expect(_ row: Row) throws {
        let schema = try JSONSchema(JSONValue(parsing: row.schema))
        #expect(try schema.validate(JSONValue(parsing: row.value)) == row.messages)
    }

    @Test(
        "a type is checked and named",
        arguments: [
            Row(#"{"type":"string"}"#, "\"x\""),
            Row(#"{"type":"string"}"#, "5", "expected string but found integer"),
            Row(#"{"type":"string"}"#, "null", "expected string but found null"),
            Row(#"{"type":"integer"}"#, "5"),
            Row(#"{"type":"integer"}"#, "18446744073709551615"),
            Row(#"{"type":"integer"}"#, "5.0"),
            Row(#"{"type":"integer"}"#, "5.5", "expected integer but found number"),
            Row(#"{"type":"integer"}"#, "\"5\"", "expected integer but found string"),
            Row(#"{"type":"integer"}"#, "true", "expected integer but found boolean"),
            Row(#"{"type":"number"}"#, "5"),
            Row(#"{"type":"number"}"#, "[]", "expected number but found array"),
            Row(#"{"type":["string","null"]}"#, "null"),
            Row(#"{"type":["string","null"]}"#, "{}", "expected null or string but found object"),
            Row(#"true"#, "5"),
            Row(#"false"#, "5", "not allowed"),
        ])
    func types(row: Row) throws { try expect(row) }

    @Test(
        "closed sets name what is in them",
        arguments: [
            Row(#"{"enum":["1d","7d"]}"#, "\"7d\""),
            Row(#"{"enum":["1d","7d"]}"#, "\"2d\"", #"expected one of "1d", "7d" but found "2d""#),
            Row(#"{"enum":[1,null]}"#, "1.0"),
            Row(#"{"enum":[{"a":1,"b":[2.0]}]}"#, #"{"b":[2],"a":1}"#),
            Row(#"{"enum":["x"]}"#, "1", #"expected "x" but found 1"#),
            Row(#"{"const":"a"}"#, "\"b\"", #"expected "a" but found "b""#),
            Row(#"{"const":0}"#, "false", "expected 0 but found false"),
            Row(#"{"const":[1]}"#, "[1,2]", "expected array but found array"),
        ])
    func closedSets(row: Row) throws { try expect(row) }

    @Test(
        "numbers are compared exactly, bounds included",
        arguments: [
            Row(#"{"maximum":500}"#, "500"),
            Row(#"{"maximum":500}"#, "1000", "expected at most 500 but found 1000"),
            Row(#"{"minimum":1}"#, "0", "expected at least 1 but found 0"),
            Row(#"{"minimum":0.5}"#, "0", "expected at least 0.5 but found 0"),
            Row(#"{"exclusiveMinimum":0}"#, "0", "expected more than 0 but found 0"),
            Row(#"{"exclusiveMaximum":1}"#, "1", "expected less than 1 but found 1"),
            Row(#"{"exclusiveMaximum":1}"#, "0.99"),
            Row(
                #"{"maximum":9007199254740992}"#, "9007199254740993",
                "expected at most 9007199254740992 but found 9007199254740993"),
            Row(
                #"{"maximum":9223372036854775807}"#, "18446744073709551615",
                "expected at most 9223372036854775807 but found 18446744073709551615"),
            Row(#"{"minimum":9223372036854775808}"#, "-1", "expected at least 9223372036854775808 but found -1"),
            Row(#"{"minimum":5}"#, "\"a string has no size\""),
        ])
    func ranges(row: Row) throws { try expect(row) }

    @Test(
        "lengths and counts are checked",
        arguments: [
            Row(#"{"minLength":1}"#, "\"\"", "expected at least 1 character but found 0"),
            Row(#"{"maxLength":2}"#, "\"abc\"", "expected at most 2 characters but found 3"),
            Row(#"{"maxLength":1}"#, "\"é\""),
            Row(#"{"maxLength":1}"#, #""e\u0301""#, "expected at most 1 character but found 2"),
            Row(#"{"minItems":2}"#, "[1]", "expected at least 2 items but found 1"),
            Row(#"{"maxItems":1}"#, "[1,2]", "expected at most 1 item but found 2"),
            Row(#"{"maxProperties":1}"#, #"{"a":1,"b":2}"#, "expected at most 1 property but found 2"),
            Row(#"{"minProperties":1}"#, "{}", "expected at least 1 property but found 0"),
        ])
    func counts(row: Row) throws { try expect(row) }

    static let input = """
        {"type":"object","properties":{"entityRef":{"type":"string"},"limit":{"type":"integer","maximum":500}},
         "required":["entityRef"],"additionalProperties":false}
        """

    @Test(
        "a message names the property, and an unknown one what is known",
        arguments: [
            Row(input, #"{"entityRef":"component:default/n8n","limit":500}"#),
            Row(input, #"{"entityRef":5}"#, "entityRef: expected string but found integer"),
            Row(
                input, #"{"entityRef":"a","limit":1000}"#,
                "limit: expected at most 500 but found 1000"),
            Row(input, "{}", "entityRef: required but missing; expected string"),
            Row(
                input, #"{"entityRef":"a","foo":1}"#,
                #"unknown property "foo"; expected one of entityRef, limit"#),
            Row(
                input, #"{"limit":"x","foo":1}"#,
                "entityRef: required but missing; expected string", "limit: expected integer but found string",
                #"unknown property "foo"; expected one of entityRef, limit"#),
            Row(input, "[]", "expected object but found array"),
            Row(
                #"{"type":"object","additionalProperties":false}"#, #"{"a":1}"#,
                #"unknown property "a"; expected none"#),
            Row(
                #"{"properties":{"b":{}},"additionalProperties":false}"#, #"{"a":1}"#,
                #"unknown property "a"; expected b"#),
            Row(#"{"required":["a"]}"#, "{}", "a: required but missing"),
            Row(
                #"{"additionalProperties":{"type":"string"}}"#, #"{"team":"a","cost":1}"#,
                "cost: expected string but found integer"),
            Row(
                #"{"properties":{"f":{"properties":{"k":{"items":{"type":"string"}}}}}}"#, #"{"f":{"k":["a",2]}}"#,
                "f.k[1]: expected string but found integer"),
            Row(
                #"{"properties":{"f":{"properties":{},"additionalProperties":false}}}"#, #"{"f":{"x":1}}"#,
                #"f: unknown property "x"; expected none"#),
        ])
    func properties(row: Row) throws { try expect(row) }

    static let cost = """
        {"oneOf":[{"type":"string"},
                  {"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]}]}
        """
    static let shapes = """
        {"anyOf":[{"type":"object","required":["a"]},{"type":"object","required":["b"]}]}
        """

    @Test(
        "alternatives say what the form that was meant expects",
        arguments: [
            Row(cost, "\"1 EUR\""),
            Row(cost, #"{"amount":1}"#),
            Row(cost, #"{"amount":"1"}"#, "amount: expected number but found string"),
            Row(cost, "5", "expected string or object but found integer"),
            Row(shapes, #"{"a":1}"#),
            Row(shapes, #"{"a":1,"b":2}"#),
            Row(
                shapes, "{}",
                "fits none of the allowed forms: a: required but missing; or b: required but missing"),
            Row(
                #"{"oneOf":[{"minimum":1},{"minimum":2}]}"#, "3",
                "fits 2 of the allowed forms; expected exactly one"),
            Row(
                #"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "5", "expected at most 3 but found 5"),
        ])
    func alternatives(row: Row) throws { try expect(row) }

    static let tree = """
        {"$defs":{"node":{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},
         "additionalProperties":false}},"$ref":"#/$defs/node"}
        """

    @Test(
        "references reach definitions, forwards and back to themselves",
        arguments: [
            Row(tree, #"{"children":[{"children":[]}]}"#),
            Row(
                tree, #"{"children":[{"children":[{"x":1}]}]}"#,
                #"children[0].children[0]: unknown property "x"; expected children"#),
            Row(
                ##"{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}],"$defs":{"n":{"type":"integer"}}}"##, "\"a\"",
                "expected null or integer but found string"),
            Row(##"{"properties":{"next":{"$ref":"#"}},"type":"object"}"##, #"{"next":{"next":{}}}"#),
            Row(
                ##"{"properties":{"next":{"$ref":"#"}},"type":"object"}"##, #"{"next":{"next":0}}"#,
                "next.next: expected object but found integer"),
        ])
    func references(row: Row) throws { try expect(row) }

    @Test("foreign text in a message is cut, and the number of messages is bounded")
    func boundedMessages() throws {
        let schema = try JSONSchema(["additionalProperties": false, "type": "object"])
        var object = JSONObject()
        for index in 0..<100 { object["\(index)" + String(repeating: "x", count: 1000)] = 1 }
        let messages = schema.validate(.object(object))
        #expect(messages.count == 20)
        #expect(messages.allSatisfy { $0.utf8.count < 120 })
    }

    @Test("a value deeper than the bound is refused instead of exhausting the stack")
    func boundedDepth() throws {
        let schema = try JSONSchema(["items": ["$ref": "#"]])
        var value: JSONValue = []
        for _ in 0..<1000 { value = [value] }
        let messages = schema.validate(value)
        #expect(messages.count == 1)
        #expect(messages[0].hasSuffix("too large or too deeply nested to be checked"))
    }

    @Test("alternatives inside alternatives cannot take exponential time", .timeLimit(.minutes(1)))
    func boundedWork() throws {
        let schema = try JSONSchema([
            "anyOf": [
                ["items": ["$ref": "#"], "maxItems": 0], ["items": ["$ref": "#"], "maxItems": 0], ["type": "null"],
            ]
        ])
        var value: JSONValue = [1]
        for _ in 0..<100 { value = [value] }
        #expect(!schema.validate(value).isEmpty)
    }
}

@Suite("JSON Schema: refusing schemas")
struct JSONSchemaCompilationTests {
    @Test(
        "a schema that would not be enforced as written is refused, with the place",
        arguments: [
            (#"{"minimun":1}"#, JSONSchemaError.Code.unsupportedKeyword, "#/minimun"),
            (#"{"properties":{"a":{"pattern":"^x"}}}"#, .unsupportedKeyword, "#/properties/a/pattern"),
            (#"{"not":{}}"#, .unsupportedKeyword, "#/not"),
            (#"{"properties":{"a":{"$defs":{}}}}"#, .unsupportedKeyword, "#/properties/a/$defs"),
            (#"{"type":"text"}"#, .badKeywordValue, "#/type"),
            (#"{"type":[]}"#, .badKeywordValue, "#/type"),
            (#"{"type":[1]}"#, .badKeywordValue, "#/type"),
            (#"{"enum":[]}"#, .badKeywordValue, "#/enum"),
            (#"{"required":"a"}"#, .badKeywordValue, "#/required"),
            (#"{"minItems":-1}"#, .badKeywordValue, "#/minItems"),
            (#"{"maxLength":1.5}"#, .badKeywordValue, "#/maxLength"),
            (#"{"maximum":"5"}"#, .badKeywordValue, "#/maximum"),
            (#"{"properties":[]}"#, .badKeywordValue, "#/properties"),
            (#"{"anyOf":[]}"#, .badKeywordValue, "#/anyOf"),
            (#"{"anyOf":[{"type":"x"}]}"#, .badKeywordValue, "#/anyOf/0/type"),
            (##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##, .badKeywordValue, "#/$schema"),
            (##"{"$ref":"#/$defs/a"}"##, .badReference, "#/$ref"),
            (#"{"$ref":"https://example.com/s.json"}"#, .badReference, "#/$ref"),
            (##"{"$ref":"#"}"##, .badReference, "#"),
            (##"{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##, .badReference, "#"),
            (#"{"$defs":{"a":{"type":"x"}}}"#, .badKeywordValue, "#/$defs/a/type"),
            (#"{"required":["a"],"additionalProperties":false}"#, .unsatisfiable, "#/required"),
            (#"5"#, .notASchema, "#"),
            (#"{"items":[{}]}"#, .notASchema, "#/items"),
        ])
    func refused(schema: String, code: JSONSchemaError.Code, pointer: String) throws {
        let json = try JSONValue(parsing: schema)
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(json) }
        #expect(error?.code == code)
        #expect(error?.pointer == pointer)
        #expect(error?.description.hasPrefix("schema at \(pointer): ") == true)
    }

    @Test("annotations and extensions are allowed and change nothing")
    func annotations() throws {
        let json: JSONValue = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "t", "description": "d", "default": 1,
            "examples": [1], "deprecated": false, "format": "date", "$comment": "c", "x-mcp-header": "Namespace",
        ]
        let schema = try JSONSchema(json)
        #expect(schema.json == json)
        #expect(schema.validate("anything") == [])
    }

    @Test("a property may have the name of a keyword")
    func keywordAsName() throws {
        let schema = try JSONSchema(["properties": ["pattern": ["type": "string"], "$ref": ["type": "string"]]])
        #expect(schema.validate(["pattern": 1]) == ["pattern: expected string but found integer"])
    }

    @Test("a schema nested too deep is refused")
    func tooDeep() throws {
        var json: JSONValue = [:]
        for _ in 0..<100 { json = ["items": json] }
        let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(json) }
        #expect(error?.code == .tooDeep)
    }
}
