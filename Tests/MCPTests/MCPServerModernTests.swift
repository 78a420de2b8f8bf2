import Base
import HTTPServer
import Testing

@testable import MCP

@Suite("Serving 2026-07-28")
struct MCPServerModernTests {
    private let endpoint = Endpoint()
    private let identity: JSONValue = [
        "io.modelcontextprotocol/serverInfo": [
            "name": "callboard", "version": "1.2.3", "description": "What is on stage",
        ]
    ]

    @Test("server/discover tells versions, capabilities and instructions, and who we are in _meta")
    func discover() async throws {
        let answer = try await endpoint.send(.modern("server/discover", id: "d-1"))
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"]?.hasPrefix("application/json") == true)
        #expect(answer.headers["Mcp-Session-Id"] == nil)
        #expect(
            answer.json == [
                "jsonrpc": "2.0", "id": "d-1",
                "result": [
                    "supportedVersions": ["2026-07-28"], "capabilities": ["tools": [:]],
                    "instructions": "Ask for entities.", "ttlMs": 60_000, "cacheScope": "private",
                    "resultType": "complete", "_meta": identity,
                ],
            ])
    }

    @Test("tools/list is complete, by name, cacheable for this caller, and the same each time")
    func list() async throws {
        let first = try await endpoint.send(.modern("tools/list"))
        let result = first.json["result"]
        #expect(result?["tools"]?.arrayValue?.map { $0["name"] } == ["delete_entity", "get_entity"])
        #expect(result?["ttlMs"] == 60_000)
        #expect(result?["cacheScope"] == "private")
        #expect(result?["resultType"] == "complete")
        #expect(result?["_meta"] == identity)
        #expect(result?["nextCursor"] == nil)
        #expect(try await endpoint.send(.modern("tools/list")).bytes == first.bytes)
    }

    @Test("a tool's item has everything that hosts look at")
    func item() async throws {
        let tools = try await endpoint.send(.modern("tools/list")).json["result"]?["tools"]
        #expect(
            tools?[1]?.objectValue?.keys == [
                "name", "title", "description", "inputSchema", "outputSchema", "annotations",
            ])
        #expect(
            tools?[1]?["annotations"] == [
                "title": "Get entity", "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true,
                "openWorldHint": false,
            ])
        #expect(tools?[1]?["inputSchema"] == SampleProvider.definitions[0].inputSchema)
        #expect(tools?[0]?["outputSchema"] == nil)
        #expect(tools?[0]?["annotations"]?["destructiveHint"] == true)
    }

    @Test("a principal sees and can call only what the provider gives it")
    func permissions() async throws {
        let tools = try await endpoint.send(.modern("tools/list"), as: "viewer").json["result"]?["tools"]
        #expect(tools?.arrayValue?.map { $0["name"] } == ["get_entity"])
        let call = try await endpoint.send(.modern("tools/call", ["name": "delete_entity"]), as: "viewer")
        #expect(call.json["error"]?["code"] == -32602)
    }

    @Test("any cursor is invalid, since none was given out", arguments: ["", "abc", 5] as [JSONValue])
    func cursor(value: JSONValue) async throws {
        let answer = try await endpoint.send(.modern("tools/list", ["cursor": value]))
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["code"] == -32602)
        let none = try await endpoint.send(.modern("tools/list", ["cursor": nil]))
        #expect(none.status == 200)
    }

    @Test("a call answers structure and the same as compact JSON text")
    func call() async throws {
        let answer = try await endpoint.send(
            .modern("tools/call", ["name": "get_entity", "arguments": ["name": "n8n"]], id: .uint(.max)))
        #expect(answer.status == 200)
        #expect(
            answer.json == [
                "jsonrpc": "2.0", "id": .uint(.max),
                "result": [
                    "content": [["type": "text", "text": #"{"name":"n8n"}"#]], "structuredContent": ["name": "n8n"],
                    "resultType": "complete", "_meta": identity,
                ],
            ])
    }

    @Test("structure of any JSON type is sent at 2026-07-28, but only objects before", arguments: [true, false])
    func anyStructure(modern: Bool) async throws {
        let endpoint = Endpoint(SampleProvider { _, _ in ToolResult(structured: [1, 2]) })
        let params: JSONObject = ["name": "delete_entity"]
        let answer = try await endpoint.send(modern ? .modern("tools/call", params) : .legacy("tools/call", params))
        #expect(answer.json["result"]?["content"]?[0]?["text"] == "[1,2]")
        #expect(answer.json["result"]?["structuredContent"] == (modern ? [1, 2] : nil))
    }

    @Test(
        "errors have the status of their code and no result",
        arguments: [
            (Post.modern("no/such"), 404, -32601), (Post.modern("tools/call"), 400, -32602),
            (Post.modern("tools/call", ["name": 5]), 400, -32602),
            (Post.modern("tools/call", ["name": "get_entity", "arguments": []]), 400, -32602),
            (Post.modern("tools/call", ["name": "no_such_tool"]), 400, -32602),
            (Post.modern("tools/call", ["name": "get_entity", "arguments": ["name": "broken"]]), 200, -32603),
        ] as [(Post, Int, JSONValue)])
    func errors(post: Post, status: Int, code: JSONValue) async throws {
        let answer = try await endpoint.send(post)
        #expect(answer.status == status)
        #expect(answer.json["error"]?["code"] == code)
        #expect(answer.json["id"] == 1)
        #expect(answer.json["result"] == nil)
    }

    @Test("parameter headers are checked before the arguments")
    func parameterHeaders() async throws {
        let post = Post.modern(
            "tools/call", ["name": "get_entity", "arguments": ["namespace": "media", "limit": "x"]])
        let missing = try await endpoint.send(post)
        #expect(missing.status == 400)
        #expect(missing.json["error"]?["code"] == -32020)
        let present = try await endpoint.send(post.with("Mcp-Param-Namespace", "media"))
        #expect(present.status == 200)
        #expect(present.json["result"]?["isError"] == true)
    }

    @Test("GET and DELETE are refused as Backstage refuses them", arguments: ["GET", "DELETE"])
    func otherMethods(method: String) async throws {
        var post = Post.modern("tools/list")
        post.method = method
        let answer = try await endpoint.send(post)
        #expect(answer.status == 405)
        #expect(answer.headers["Allow"] == "POST")
        #expect(answer.json["error"] == ["code": -32000, "message": "Method not allowed."])
    }

    @Test("a session id is neither needed nor minted")
    func sessions() async throws {
        let answer = try await endpoint.send(.modern("tools/list").with("Mcp-Session-Id", "foreign"))
        #expect(answer.status == 200)
        #expect(answer.headers["Mcp-Session-Id"] == nil)
    }
}
