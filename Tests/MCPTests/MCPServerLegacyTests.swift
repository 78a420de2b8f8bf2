import Base
import HTTPServer
import Testing

@testable import MCP

@Suite("Serving the revisions with a handshake")
struct MCPServerLegacyTests {
    private let endpoint = Endpoint()

    @Test(
        "initialize agrees to a revision that has it, else offers the newest that has",
        arguments: [
            ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
            ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("2030-01-01", "2025-11-25"),
            (nil, "2025-11-25"), (5, "2025-11-25"),
        ] as [(JSONValue?, JSONValue)])
    func initialize(requested: JSONValue?, agreed: JSONValue) async throws {
        var params: JSONObject = ["capabilities": [:], "clientInfo": ["name": "c", "version": "1"]]
        params["protocolVersion"] = requested
        let answer = try await endpoint.send(.legacy("initialize", params, id: 0, version: nil))
        #expect(answer.status == 200)
        #expect(answer.headers["Mcp-Session-Id"]?.utf8.allSatisfy { (0x21...0x7E).contains($0) } == true)
        #expect(
            answer.json == [
                "jsonrpc": "2.0", "id": 0,
                "result": [
                    "protocolVersion": agreed, "capabilities": ["tools": [:], "logging": [:]],
                    "serverInfo": ["name": "callboard", "version": "1.2.3", "description": "What is on stage"],
                    "instructions": "Ask for entities.",
                ],
            ])
    }

    @Test("notifications/initialized is accepted without a body")
    func initialized() async throws {
        let answer = try await endpoint.send(Post(body: ["jsonrpc": "2.0", "method": "notifications/initialized"]))
        #expect(answer.status == 202)
        #expect(answer.bytes.isEmpty)
    }

    @Test("ping answers an empty object, exactly")
    func ping() async throws {
        let answer = try await endpoint.send(.legacy("ping", id: "p"))
        #expect(answer.json == ["jsonrpc": "2.0", "id": "p", "result": [:]])
    }

    @Test(
        "nothing is asked of a client that skipped the handshake",
        arguments: [nil, "2025-03-26", "2025-06-18", "2025-11-25"])
    func stateless(version: String?) async throws {
        let answer = try await endpoint.send(.legacy("tools/list", version: version))
        #expect(answer.json["result"]?["tools"]?.arrayValue?.count == 2)
    }

    @Test("results have none of the members of 2026-07-28")
    func members() async throws {
        let list = try await endpoint.send(.legacy("tools/list")).json["result"]
        #expect(list?.objectValue?.keys == ["tools"])
        let call = try await endpoint.send(.legacy("tools/call", ["name": "get_entity", "arguments": ["name": "a"]]))
        #expect(call.json["result"]?.objectValue?.keys == ["content", "structuredContent"])
    }

    @Test(
        "errors of a request travel on 200",
        arguments: [
            (Post.legacy("logging/setLevel"), -32602), (Post.legacy("server/discover"), -32601),
            (Post.legacy("prompts/list"), -32601), (Post.legacy("tools/call", ["name": nil]), -32602),
            (Post.legacy("tools/call", ["name": "get_entity", "arguments": "x"]), -32602),
            (Post.legacy("tools/list", ["cursor": "x"]), -32602),
            (Post.legacy("tools/call", ["name": "get_entity", "arguments": ["name": "broken"]]), -32603),
        ] as [(Post, JSONValue)])
    func errors(post: Post, code: JSONValue) async throws {
        let answer = try await endpoint.send(post)
        #expect(answer.status == 200)
        #expect(answer.json["error"]?["code"] == code)
        #expect(answer.json["id"] == 1)
    }

    @Test("an unknown tool is an answer that the model reads, as in Backstage")
    func unknownTool() async throws {
        let answer = try await endpoint.send(.legacy("tools/call", ["name": "catalog.nope"]))
        #expect(
            answer.json["result"] == [
                "content": [["type": "text", "text": #"NotFoundError: Action "catalog.nope" not found"#]],
                "isError": true,
            ])
    }

    @Test("absent and null arguments are no arguments")
    func noArguments() async throws {
        let endpoint = Endpoint(SampleProvider { _, arguments in ToolResult(text: "\(arguments.count)") })
        for params in [["name": "delete_entity"], ["name": "delete_entity", "arguments": nil]] as [JSONObject] {
            let answer = try await endpoint.send(.legacy("tools/call", params))
            #expect(answer.json["result"] == ["content": [["type": "text", "text": "0"]]])
        }
    }

    @Test("parameter headers are nothing before 2026-07-28")
    func noParameterHeaders() async throws {
        let answer = try await endpoint.send(
            .legacy("tools/call", ["name": "get_entity", "arguments": ["name": "a", "namespace": "media"]]))
        #expect(answer.json["result"]?["structuredContent"] == ["name": "a"])
    }

    @Test("a batch is answered element by element in its order")
    func batch() async throws {
        let batch: JSONValue = [
            Post.legacy("ping", id: 1).body, ["jsonrpc": "2.0", "method": "notifications/initialized"],
            Post.legacy("no/such", id: "two").body, 7, Post.legacy("tools/list", id: 3).body,
        ]
        let answer = try await endpoint.send(Post(body: batch).header("2025-03-26"))
        #expect(answer.status == 200)
        #expect(answer.json.arrayValue?.map { $0["id"] } == [1, "two", .null, 3])
        #expect(answer.json[0]?["result"] == [:])
        #expect(answer.json[1]?["error"]?["code"] == -32601)
        #expect(answer.json[2]?["error"]?["code"] == -32600)
        #expect(answer.json[3]?["result"]?["tools"]?.arrayValue?.count == 2)
    }
}
