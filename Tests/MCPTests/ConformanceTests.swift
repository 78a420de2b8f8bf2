import Base
import HTTPServer
import TestSupport
import Testing

@testable import MCP

/// The checks of the protocol's conformance suite that need no stream, at both revisions that it scores.
@Suite("Conformance: tools, resources, prompts")
struct ConformanceContentTests {
    private let endpoint = Endpoint { $0.offersConformanceFixtures = true }

    private func result(_ method: String, _ params: JSONObject = [:], modern: Bool) async throws -> JSONValue {
        let answer = try await endpoint.send(modern ? .modern(method, params) : .legacy(method, params))
        #expect(answer.status == 200, "\(method)")
        return try #require(answer.json["result"], "\(method): \(answer.json)")
    }

    private func call(_ tool: String, modern: Bool) async throws -> JSONValue {
        try await result("tools/call", ["name": .string(tool)], modern: modern)
    }

    @Test("every tool has a name that all accept, a description and a schema", arguments: [true, false])
    func tools(modern: Bool) async throws {
        let tools = try await result("tools/list", modern: modern)["tools"]?.arrayValue ?? []
        #expect(tools.count > 25)
        for tool in tools {
            #expect(tool["description"]?.stringValue?.isEmpty == false)
            #expect(tool["inputSchema"]?["type"] == "object")
        }
    }

    @Test("the wide schema reaches the client unchanged")
    func schema() async throws {
        let tools = try await result("tools/list", modern: true)["tools"]?.arrayValue ?? []
        let schema = tools.first { $0["name"] == "json_schema_2020_12_tool" }?["inputSchema"]
        #expect(schema?["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema?["$defs"]?["address"]?["$anchor"] == "address")
        #expect(schema?["properties"]?["address"]?["$ref"] == "#/$defs/address")
        #expect(schema?["allOf"]?[0]?["anyOf"]?.arrayValue?.count == 2)
        for keyword in ["if", "then", "else"] { #expect(schema?[keyword] != nil) }
        #expect(schema?["additionalProperties"] == false)
    }

    @Test("each kind of content", arguments: [true, false])
    func contents(modern: Bool) async throws {
        let text = try await call("test_simple_text", modern: modern)
        #expect(text["content"]?[0]?["type"] == "text")
        let image = try await call("test_image_content", modern: modern)["content"]?[0]
        #expect(image?["type"] == "image")
        #expect(image?["mimeType"] == "image/png")
        #expect(Base64.decode(image?["data"]?.stringValue ?? "-")?.isEmpty == false)
        let audio = try await call("test_audio_content", modern: modern)["content"]?[0]
        #expect(audio?["type"] == "audio")
        #expect(audio?["mimeType"] == "audio/wav")
        #expect(Base64.decode(audio?["data"]?.stringValue ?? "-")?.isEmpty == false)
        let resource = try await call("test_embedded_resource", modern: modern)["content"]?[0]
        #expect(resource?["resource"]?.objectValue?.keys == ["uri", "mimeType", "text"])
        let mixed = try await call("test_multiple_content_types", modern: modern)["content"]?.arrayValue ?? []
        #expect(mixed.map { $0["type"] } == ["text", "image", "resource"])
        let error = try await call("test_error_handling", modern: modern)
        #expect(error["isError"] == true)
        #expect(error["content"]?[0]?["type"] == "text")
    }

    @Test("content that a revision does not know is put into words")
    func oldContent() async throws {
        let answer = try await endpoint.send(
            .legacy("tools/call", ["name": "test_audio_content"], version: "2024-11-05"))
        #expect(answer.json["result"]?["content"] == [["type": "text", "text": "[audio: audio/wav, left out]"]])
        let link: JSONValue = ["type": "resource_link", "uri": "test://a", "name": "a"]
        for version in [ProtocolVersion.v2024_11_05, .v2025_03_26] {
            #expect(ContentBlocks.written([link], for: version) == [["type": "text", "text": "a: test://a"]])
        }
        for version in [ProtocolVersion.v2025_06_18, .v2025_11_25, .v2026_07_28] {
            #expect(ContentBlocks.written([link], for: version) == [link])
        }
    }

    @Test("resources and templates are listed and read", arguments: [true, false])
    func resources(modern: Bool) async throws {
        let list = try await result("resources/list", modern: modern)["resources"]?.arrayValue ?? []
        #expect(list.allSatisfy { $0["uri"] != nil && $0["name"] != nil } && !list.isEmpty)
        let text = try await result("resources/read", ["uri": "test://static-text"], modern: modern)["contents"]?[0]
        #expect(text?["mimeType"] == "text/plain")
        #expect(text?["text"] != nil)
        let binary = try await result("resources/read", ["uri": "test://static-binary"], modern: modern)["contents"]?[0]
        #expect(binary?["blob"] != nil)
        let templates = try await result("resources/templates/list", modern: modern)["resourceTemplates"]
        #expect(templates?[0]?["uriTemplate"] == "test://template/{id}/data")
        let data = try await result("resources/read", ["uri": "test://template/123/data"], modern: modern)
        #expect(data["contents"]?[0]?["text"]?.stringValue?.contains("123") == true)
    }

    @Test("an unknown resource is an error that names it, in the code of the revision")
    func unknownResource() async throws {
        let params: JSONObject = ["uri": "test://nonexistent"]
        let modern = try await endpoint.send(.modern("resources/read", params).with("Mcp-Name", "test://nonexistent"))
        #expect(modern.status == 400)
        #expect(modern.json["error"]?["code"] == -32602)
        #expect(modern.json["error"]?["data"] == ["uri": "test://nonexistent"])
        let legacy = try await endpoint.send(.legacy("resources/read", params))
        #expect(legacy.json["error"]?["code"] == -32002)
        #expect(legacy.json["error"]?["data"] == ["uri": "test://nonexistent"])
    }

    @Test("prompts are listed and filled in", arguments: [true, false])
    func prompts(modern: Bool) async throws {
        let list = try await result("prompts/list", modern: modern)["prompts"]?.arrayValue ?? []
        #expect(list.count >= 4 && list.allSatisfy { $0["name"] != nil && $0["description"] != nil })
        let simple = try await result("prompts/get", ["name": "test_simple_prompt"], modern: modern)
        #expect(simple["messages"]?[0]?["content"]?["type"] == "text")
        let filled = try await result(
            "prompts/get", ["name": "test_prompt_with_arguments", "arguments": ["arg1": "one", "arg2": "two"]],
            modern: modern)
        let text = filled["messages"]?[0]?["content"]?["text"]?.stringValue ?? ""
        #expect(text.contains("one") && text.contains("two"))
        let embedded = try await result(
            "prompts/get",
            ["name": "test_prompt_with_embedded_resource", "arguments": ["resourceUri": "test://example"]],
            modern: modern)
        #expect(embedded["messages"]?[0]?["content"]?["resource"]?["uri"] == "test://example")
        let image = try await result("prompts/get", ["name": "test_prompt_with_image"], modern: modern)
        #expect(image["messages"]?[0]?["content"]?["type"] == "image")
    }

    @Test(
        "what is wrong with a question is said",
        arguments: [
            ("prompts/get", ["name": "test_prompt_with_arguments"]), ("prompts/get", ["name": "no_such"]),
            ("prompts/get", ["name": "test_simple_prompt", "arguments": ["a": 1]]), ("prompts/list", ["cursor": "x"]),
            ("resources/templates/list", ["cursor": ""]), ("resources/list", ["cursor": 5]), ("resources/read", [:]),
            ("completion/complete", ["ref": ["type": "ref/other"], "argument": ["name": "a", "value": ""]]),
            ("completion/complete", ["ref": ["type": "ref/prompt", "name": "test_x"]]),
        ] as [(String, JSONObject)])
    func faults(method: String, params: JSONObject) async throws {
        let answer = try await endpoint.send(.modern(method, params))
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["code"] == -32602)
        #expect(answer.json["id"] == 1)
    }

    @Test("completion answers values", arguments: [true, false])
    func completion(modern: Bool) async throws {
        let completion = try await result(
            "completion/complete",
            [
                "ref": ["type": "ref/prompt", "name": "test_prompt_with_arguments"],
                "argument": ["name": "arg1", "value": "par"],
            ], modern: modern)["completion"]
        #expect(completion == ["values": ["paris", "park", "party"], "total": 3, "hasMore": false])
    }

    @Test("what may be cached says how long and for whom")
    func caching() async throws {
        let questions: [(String, JSONObject)] = [
            ("server/discover", [:]), ("tools/list", [:]), ("prompts/list", [:]), ("resources/list", [:]),
            ("resources/templates/list", [:]),
        ]
        for (method, params) in questions {
            let result = try await result(method, params, modern: true)
            #expect(result["ttlMs"]?.intValue ?? -1 >= 0, "\(method)")
            #expect(result["cacheScope"] == "private")
            #expect(result["resultType"] == "complete")
        }
        let read = try await endpoint.send(
            .modern("resources/read", ["uri": "test://static-text"]).with("Mcp-Name", "test://static-text"))
        #expect(read.json["result"]?["ttlMs"] != nil)
    }

    @Test("capabilities are those that are served", arguments: [true, false])
    func capabilities(modern: Bool) async throws {
        let all = try await result(modern ? "server/discover" : "initialize", modern: modern)["capabilities"]
        #expect(
            all == [
                "tools": ["listChanged": true], "resources": ["listChanged": true, "subscribe": true],
                "prompts": ["listChanged": true], "completions": [:], "logging": [:],
            ])
        let plain = Endpoint()
        for method in ["prompts/list", "resources/list", "completion/complete", "resources/templates/list"] {
            #expect(try await plain.send(.modern(method)).status == 404)
        }
    }

    @Test(
        "what 2026-07-28 removed is as unknown as anything",
        arguments: [
            "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "unknown/method",
        ])
    func removed(method: String) async throws {
        let answer = try await endpoint.send(.modern(method, ["uri": "test://a", "level": "info"], id: "r"))
        #expect(answer.status == 404)
        #expect(answer.json["error"]?["code"] == -32601)
        #expect(answer.json["id"] == "r")
    }

    @Test("a client without a needed capability is told which")
    func missingCapability() async throws {
        let answer = try await endpoint.send(.modern("tools/call", ["name": "test_missing_capability"]))
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["code"] == -32021)
        #expect(answer.json["error"]?["data"]?["requiredCapabilities"] == ["sampling": [:]])
    }

    @Test("log levels of the protocol are taken, others refused")
    func levels() async throws {
        for level in ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] {
            let answer = try await endpoint.send(.legacy("logging/setLevel", ["level": .string(level)]))
            #expect(answer.json["result"] == [:])
        }
        let unknown = try await endpoint.send(.legacy("logging/setLevel", ["level": "loud"]))
        #expect(unknown.json["error"]?["code"] == -32602)
    }
}
