import Base
import HTTPServer
import Synchronization
import Testing

@testable import MCP

@Suite("Which tools can be served")
struct ToolTests {
    private func definition(
        _ name: String = "t", input: JSONValue = ["type": "object"], output: JSONValue? = nil
    ) -> ToolDefinition {
        ToolDefinition(name: name, title: "T", description: "d", inputSchema: input, outputSchema: output)
    }

    @Test(
        "a name that any model's API refuses is refused",
        arguments: [
            ("get_entity", true), ("A-9_z", true), (String(repeating: "x", count: 64), true),
            (String(repeating: "x", count: 65), false), ("", false), ("catalog.get", false), ("a b", false),
            ("a/b", false),
            ("käse", false),
        ])
    func names(name: String, usable: Bool) {
        #expect(((try? Tool(definition(name))) != nil) == usable)
    }

    @Test(
        "a schema that some client refuses is refused",
        arguments: [
            ["type": "object", "properties": ["a": true]], ["type": "string"], ["properties": [:]], [:], true, nil,
            ["type": ["object", "null"]], ["type": "object", "patternProperties": [:]],
        ] as [JSONValue])
    func schemas(schema: JSONValue) {
        for definition in [definition(input: schema), definition(output: schema)] {
            let error = #expect(throws: ToolError.self) { try Tool(definition) }
            #expect(error?.code == .badSchema)
        }
    }

    @Test("an unusable tool is left out with a warning and takes no other with it")
    func leftOut() {
        let lines = Mutex<[String]>([])
        let logger = Logger("test") { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        let tools = Tool.usable(
            [definition("b"), definition("not usable"), definition("a"), definition("c", input: nil), definition("b")],
            logger: logger)
        #expect(tools.map(\.name) == ["a", "b"])
        let warnings = lines.withLock { $0 }
        #expect(warnings.count == 3)
        #expect(warnings.allSatisfy { $0.contains("tool left out") && $0.contains("\"level\":\"warning\"") })
    }

    @Test("a tool is destructive unless it is read-only or says otherwise")
    func annotations() {
        #expect(ToolAnnotations().destructive)
        #expect(!ToolAnnotations(readOnly: true).destructive)
        #expect(!ToolAnnotations(destructive: false).destructive)
        #expect(!ToolAnnotations().openWorld)
    }
}

@Suite("Parameters repeated in headers")
struct ParameterHeaderTests {
    private func headers(_ schema: String) throws -> [ParameterHeader] {
        try ParameterHeader.all(in: JSONValue(parsing: schema))
    }

    @Test("annotations are found at any depth of properties")
    func found() throws {
        let schema = """
            {"properties":{"x-mcp-header":{"type":"string"},
             "a":{"type":"string","x-mcp-header":"A"},
             "f":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}}}}
            """
        #expect(
            try headers(schema) == [
                ParameterHeader(path: ["a"], header: "Mcp-Param-A"),
                ParameterHeader(path: ["f", "n"], header: "Mcp-Param-N"),
            ])
    }

    @Test(
        "an annotation for which clients would drop the tool is refused",
        arguments: [
            #"{"x-mcp-header":"A","type":"string"}"#,
            #"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
            #"{"properties":{"a":{"type":["string","null"],"x-mcp-header":"A"}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":5}}}"#,
            #"{"properties":{"a":{"type":"string","x-mcp-header":"X"},"b":{"type":"string","x-mcp-header":"x"}}}"#,
            #"{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}"#,
            #"{"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
            #"{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#,
            #"{"additionalProperties":{"type":"string","x-mcp-header":"A"}}"#,
        ])
    func misplaced(schema: String) {
        #expect(throws: ParameterHeader.Misplaced.self) { try headers(schema) }
    }

    struct Row: Sendable {
        let argument: JSONValue?
        let header: String?
        let matches: Bool
    }

    @Test(
        "header and argument must both be there and say the same",
        arguments: [
            Row(argument: "media", header: "media", matches: true),
            Row(argument: "media", header: " media ", matches: true),
            Row(argument: "media", header: "Media", matches: false),
            Row(argument: "media", header: nil, matches: false),
            Row(argument: nil, header: nil, matches: true), Row(argument: .null, header: nil, matches: true),
            Row(argument: nil, header: "media", matches: false),
            Row(argument: "Hello", header: "=?base64?SGVsbG8=?=", matches: true),
            Row(argument: "Hello", header: "=?base64?SGVsbG8?=", matches: false),
            Row(argument: "SGVsbG8=?=", header: "SGVsbG8=?=", matches: true),
            Row(argument: 42, header: "42", matches: true), Row(argument: 42, header: "042", matches: true),
            Row(argument: 42, header: "43", matches: false), Row(argument: 42, header: "x", matches: false),
            Row(argument: .double(42), header: "42", matches: true),
            Row(argument: true, header: "true", matches: true), Row(argument: true, header: "True", matches: false),
            Row(argument: .uint(.max), header: "18446744073709551615", matches: true),
        ])
    func check(row: Row) {
        var headers = HTTPHeaders()
        if let header = row.header { headers.add("mcp-param-ns", header) }
        var arguments = JSONObject()
        arguments["ns"] = row.argument
        let parameter = ParameterHeader(path: ["ns"], header: "Mcp-Param-Ns")
        if row.matches {
            #expect(throws: Never.self) { try parameter.check(headers, against: arguments) }
        } else {
            let error = #expect(throws: ProtocolError.self) { try parameter.check(headers, against: arguments) }
            #expect(error?.code == .headerMismatch)
        }
    }

    @Test("a header given twice is refused")
    func twice() {
        let headers: HTTPHeaders = ["Mcp-Param-Ns": "a", "Mcp-Param-NS": "a"]
        let parameter = ParameterHeader(path: ["ns"], header: "Mcp-Param-Ns")
        #expect(throws: ProtocolError.self) { try parameter.check(headers, against: ["ns": "a"]) }
    }
}
