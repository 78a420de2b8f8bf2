import Base
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import MCP

@Suite("Answers that have more to say than their result")
struct HeldAnswerTests {
    private func call(_ tool: String, _ more: JSONObject = [:], id: JSONValue = 1) -> Post {
        let params: JSONObject = ["name": .string(tool)]
        return .legacy("tools/call", params.merging(more), id: id, version: nil)
    }

    @Test("an answer without anything before it is JSON")
    func json() async throws {
        try await Wire.with { wire in
            let session = try await wire.session()
            let answer = try await wire.open(call("test_tool_with_progress").session(session))
            #expect(!answer.isStream)
            let modern = try await wire.open(.modern("tools/call", ["name": "test_logging_tool"]))
            #expect(!modern.isStream)
        }
    }

    @Test("progress comes before the result, with the token that asked for it", arguments: ["p", 7] as [JSONValue])
    func progress(token: JSONValue) async throws {
        try await Wire.with { wire in
            let post = call("test_tool_with_progress", ["_meta": ["progressToken": token]])
            let answer = try await wire.open(post.session(try await wire.session()))
            #expect(answer.isStream)
            let messages = try await answer.messages()
            #expect(messages.dropLast().map { $0["params"]?["progress"] } == [0, 50, 100])
            #expect(messages.dropLast().allSatisfy { $0["params"]?["progressToken"] == token })
            #expect(messages.last?["id"] == 1)
            #expect(messages.last?["result"]?["content"] != nil)
        }
    }

    @Test("a client that reads no streams gets the result alone")
    func deaf() async throws {
        try await Wire.with { wire in
            let post = call("test_tool_with_progress", ["_meta": ["progressToken": 1]])
            let answer = try await wire.send(post.with("Accept", "application/json"))
            #expect(answer.json["result"]?["content"] != nil)
        }
    }

    @Test("log messages come at the level that was set, or that the request names", arguments: ["info", "warning"])
    func logging(level: String) async throws {
        try await Wire.with { wire in
            let session = try await wire.session()
            _ = try await wire.send(
                .legacy("logging/setLevel", ["level": .string(level)], version: nil).session(session))
            let legacy = try await wire.open(call("test_tool_with_logging").session(session))
            #expect(legacy.isStream == (level == "info"))
            if legacy.isStream { #expect(try await legacy.messages().count == 4) }
            let modern = Post.modern("tools/call", ["name": "test_logging_tool"])
                .meta("io.modelcontextprotocol/logLevel", .string(level))
            #expect(try await wire.open(modern).isStream == (level == "info"))
        }
    }

    @Test("a tool asks the client of a session and goes on with the answer")
    func asking() async throws {
        try await Wire.with { wire in
            let session = try await wire.session("2025-06-18", ["elicitation": [:], "sampling": [:]])
            let answer = try await wire.open(
                call("test_elicitation", ["arguments": ["message": "Who?"]]).session(session))
            let question = try #require(try await answer.message())
            #expect(question["method"] == "elicitation/create")
            #expect(question["params"]?["message"] == "Who?")
            let reply: JSONValue = [
                "jsonrpc": "2.0", "id": question["id"] ?? nil,
                "result": ["action": "accept", "content": ["user_name": "Ann"]],
            ]
            // Another principal cannot answer.
            #expect(try await wire.send(Post(body: reply).session(session), as: "other").status == 404)
            #expect(try await wire.send(Post(body: reply).session(session)).status == 202)
            let result = try await answer.message()?["result"]
            #expect(result?["content"]?[0]?["text"]?.stringValue?.contains("Ann") == true)
        }
    }

    @Test("forms reach the client with their defaults and every way to offer choices")
    func forms() async throws {
        try await Wire.with { wire in
            let session = try await wire.session("2025-11-25", ["elicitation": [:]])
            func form(_ tool: String) async throws -> JSONValue? {
                let answer = try await wire.open(call(tool).session(session))
                defer { answer.close() }
                let schema = try await answer.message()?["params"]?["requestedSchema"]
                #expect(schema?["type"] == "object")
                return schema?["properties"]
            }
            #expect(
                try await form("test_elicitation_sep1034_defaults") == [
                    "name": ["type": "string", "default": "John Doe"], "age": ["type": "integer", "default": 30],
                    "score": ["type": "number", "default": 95.5],
                    "status": ["type": "string", "enum": ["active", "inactive", "pending"], "default": "active"],
                    "verified": ["type": "boolean", "default": true],
                ])
            let choices = try await form("test_elicitation_sep1330_enums")
            #expect(
                choices?["untitledSingle"] == ["type": "string", "enum": ["option1", "option2", "option3"]])
            #expect(choices?["titledSingle"]?["oneOf"]?[0]?.objectValue?.keys == ["const", "title"])
            #expect(choices?["legacyEnum"]?["enum"]?.arrayValue?.count == 3)
            #expect(choices?["legacyEnum"]?["enumNames"]?.arrayValue?.count == 3)
            #expect(choices?["untitledMulti"]?["type"] == "array")
            #expect(choices?["untitledMulti"]?["items"]?["enum"]?.arrayValue?.count == 3)
            #expect(choices?["titledMulti"]?["type"] == "array")
            #expect(choices?["titledMulti"]?["items"]?["anyOf"]?[0]?.objectValue?.keys == ["const", "title"])
        }
    }

    @Test("a client that refuses or cannot be asked gives an answer that the model reads")
    func refusing() async throws {
        try await Wire.with { wire in
            let session = try await wire.session("2025-06-18", ["elicitation": [:]])
            let answer = try await wire.open(call("test_elicitation").session(session))
            let question = try #require(try await answer.message())
            let reply: JSONValue = [
                "jsonrpc": "2.0", "id": question["id"] ?? nil, "error": ["code": -1, "message": "not now"],
            ]
            #expect(try await wire.send(Post(body: reply).session(session)).status == 202)
            let result = try await answer.message()?["result"]
            #expect(result?["isError"] == true)
            #expect(result?["content"]?[0]?["text"]?.stringValue?.contains("not now") == true)
            let unable = try await wire.send(call("test_sampling").session(session))
            #expect(unable.json["error"]?["code"] == -32021)
            let alone = try await wire.send(call("test_elicitation"))
            #expect(alone.json["error"]?["code"] == -32021)
        }
    }

    @Test("a cancelled call ends without an answer, for its own session alone")
    func cancelling() async throws {
        try await Wire.with { wire in
            let capabilities: JSONObject = ["elicitation": [:]]
            let session = try await wire.session("2025-11-25", capabilities)
            let other = try await wire.session("2025-11-25", capabilities)
            let answer = try await wire.open(call("test_elicitation", id: "c").session(session))
            _ = try await answer.message()
            let cancel = Post(
                body: [
                    "jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": "c"],
                ])
            #expect(try await wire.send(cancel.session(other)).status == 202)
            #expect(wire.server.hub.served.count == 1)
            #expect(try await wire.send(cancel.session(session)).status == 202)
            #expect(try await answer.messages().isEmpty)
            #expect(await eventually { wire.server.hub.served.isEmpty })
        }
    }

    @Test("closing the answer cancels the call, and nothing of it is left")
    func closing() async throws {
        try await Wire.with { wire in
            let session = try await wire.session("2025-11-25", ["elicitation": [:]])
            let answer = try await wire.open(call("test_elicitation").session(session))
            _ = try await answer.message()
            answer.close()
            #expect(await eventually { wire.server.hub.served.isEmpty })
        }
    }
}

@Suite("HTTP+SSE of 2024-11-05")
struct HTTPSSETests {
    private let get = Post(method: "GET", headers: ["Accept": "text/event-stream"], body: nil)

    private func place(_ events: Events) async throws -> String {
        let lines = try #require(try await events.next()).split(separator: "\n")
        #expect(lines[0] == "event: endpoint")
        return String(lines[1].dropFirst("data: ".count))
    }

    @Test("the first event says where messages go; answers come on the stream")
    func conversation() async throws {
        try await Wire.with { wire in
            let stream = try await wire.open(get, path: "/api/mcp-actions/sse")
            let place = try await place(stream)
            #expect(place.hasPrefix("/api/mcp-actions/sse/messages?sessionId="))
            let initialize = Post.legacy("initialize", ["protocolVersion": "2025-11-25"], id: "i", version: nil)
            #expect(try await wire.send(initialize, path: place).status == 202)
            #expect(try await stream.message()?["result"]?["protocolVersion"] == "2025-11-25")
            #expect(try await wire.send(.legacy("tools/list", id: 2, version: nil), path: place).status == 202)
            #expect(try await stream.message()?["id"] == 2)
            wire.server.provider.fixtures?.announcements.tell(.tools)
            #expect(try await stream.message()?["method"] == "notifications/tools/list_changed")
            #expect(try await wire.send(.legacy("ping", version: nil), path: place, as: "other").status == 404)
            stream.close()
            #expect(
                await eventually {
                    (try? await wire.send(.legacy("ping", version: nil), path: place).status) == 404
                })
        }
    }

    @Test("a call runs as who posted it; only who may the same as the opener of the stream can post")
    func poster() async throws {
        let callers = Mutex<[String]>([])
        var provider = SampleProvider()
        provider.onPrincipal = { caller in callers.withLock { $0.append(caller) } }
        try await Wire.with(provider) { wire in
            let stream = try await wire.open(get, path: "/api/mcp-actions/sse", as: "ann:1")
            let place = try await place(stream)
            let list = Post.legacy("tools/list", version: nil)
            #expect(try await wire.send(list, path: place, as: "bob:1").status == 404)
            #expect(try await wire.send(list, path: place, as: "ann:2").status == 202)
            #expect(try await stream.message()?["id"] == 1)
            #expect(callers.withLock { $0 } == ["ann:2"])
            // A stream of its own is no session's.
            let id = try #require(place.split(separator: "=").last.map(String.init))
            #expect(try await wire.send(.get(id), as: "ann").status == 409)
        }
    }

    @Test("without initialize the revision is 2024-11-05, whose clients know no audio")
    func revision() async throws {
        try await Wire.with { wire in
            let stream = try await wire.open(get, path: "/api/mcp-actions/sse")
            let place = try await place(stream)
            _ = try await wire.send(.legacy("tools/call", ["name": "test_audio_content"], version: nil), path: place)
            #expect(try await stream.message()?["result"]?["content"]?[0]?["type"] == "text")
        }
    }
}
