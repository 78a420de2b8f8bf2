import Base
import HTTPServer
import TestSupport
import Testing

@testable import MCP

/// Rounds of questions (2026-07-28).
@Suite("Conformance: asking in rounds")
struct ConformanceRoundTests {
    private let endpoint = Endpoint { $0.offersConformanceFixtures = true }
    private static let all: JSONValue = ["elicitation": [:], "sampling": [:], "roots": [:]]

    private func send(
        _ tool: String, _ more: JSONObject = [:], _ capabilities: JSONValue = all, method: String = "tools/call",
        as principal: String = "admin"
    ) async throws -> JSONValue {
        let params: JSONObject = ["name": .string("test_input_required_result_" + tool)]
        let post = Post.modern(method, params.merging(more))
            .meta("io.modelcontextprotocol/clientCapabilities", capabilities)
        return try await endpoint.send(post, as: principal).json
    }

    private static let answer: JSONValue = ["action": "accept", "content": ["user_name": "Ann"]]

    @Test(
        "one question of each method, then the result",
        arguments: [
            ("elicitation", "user_name", "elicitation/create"), ("sampling", "sampled", "sampling/createMessage"),
            ("list_roots", "roots", "roots/list"),
        ])
    func single(tool: String, key: String, method: String) async throws {
        let first = try await send(tool)["result"]
        #expect(first?["resultType"] == "input_required")
        #expect(first?["inputRequests"]?[key]?["method"] == .string(method))
        #expect(first?["ttlMs"] == nil)
        let second = try await send(tool, ["inputResponses": [key: Self.answer, "unknown": [:]]])["result"]
        #expect(second?["resultType"] == "complete")
        #expect(second?["content"]?[0]?["text"] != nil)
    }

    @Test("a state comes back sealed, and is good for this request and principal alone")
    func state() async throws {
        let first = try await send("request_state")["result"]
        let state = try #require(first?["requestState"]?.stringValue)
        #expect(!state.contains("kept"))
        let responses: JSONObject = ["inputResponses": ["user_name": Self.answer]]
        let good = responses.merging(["requestState": .string(state)])
        #expect(try await send("request_state", good)["result"]?["resultType"] == "complete")
        for (more, tool, principal) in [
            (responses.merging(["requestState": .string(state + "-TAMPERED")]), "request_state", "admin"),
            (responses.merging(["requestState": 5]), "request_state", "admin"),
            (good, "tampered_state", "admin"), (good, "request_state", "other"),
        ] {
            let answer = try await send(tool, more, as: principal)
            #expect(answer["result"]?["resultType"] != "complete", "\(tool) \(principal)")
        }
        let tampered = try await send(
            "tampered_state", responses.merging(["requestState": .string(state + "-TAMPERED")]))
        #expect(tampered["error"]?["code"] == -32602)
    }

    @Test("several questions at once, and a second round with another state")
    func several() async throws {
        let first = try await send("multiple_inputs")["result"]
        #expect(first?["inputRequests"]?.objectValue?.count == 3)
        let state = try #require(first?["requestState"])
        let answers: JSONValue = ["user_name": Self.answer, "sampled": [:], "roots": ["roots": []]]
        let done = try await send("multiple_inputs", ["inputResponses": answers, "requestState": state])["result"]
        #expect(done?["resultType"] == "complete")

        let one = try await send("multi_round")["result"]
        let two = try await send(
            "multi_round",
            ["inputResponses": ["step1": Self.answer], "requestState": try #require(one?["requestState"])])["result"]
        #expect(two?["resultType"] == "input_required")
        #expect(two?["requestState"] != one?["requestState"])
        let three = try await send(
            "multi_round",
            ["inputResponses": ["step2": Self.answer], "requestState": try #require(two?["requestState"])])["result"]
        #expect(three?["resultType"] == "complete")
    }

    @Test("what is missing is asked again, what is malformed is refused")
    func incomplete() async throws {
        let wrong = try await send("elicitation", ["inputResponses": ["wrong": Self.answer]])["result"]
        #expect(wrong?["resultType"] == "input_required")
        #expect(try await send("elicitation", ["inputResponses": nil])["result"]?["resultType"] == "input_required")
        #expect(try await send("elicitation", ["inputResponses": ["user_name": 12345]])["error"]?["code"] == -32602)
        #expect(try await send("elicitation", ["inputResponses": 12345])["error"]?["code"] == -32602)
    }

    @Test("a client is asked only what it can do")
    func capabilities() async throws {
        let sampling = try await send("capabilities", [:], ["sampling": [:]])["result"]
        #expect(sampling?["resultType"] == "input_required")
        let methods = sampling?["inputRequests"]?.objectValue?.map { $0.value["method"] } ?? []
        #expect(methods == ["sampling/createMessage"])
        #expect(try await send("elicitation", [:], [:])["error"]?["code"] == -32021)
    }

    @Test("a prompt may ask too, a list never does")
    func prompt() async throws {
        let first = try await send("prompt", method: "prompts/get")["result"]
        #expect(first?["resultType"] == "input_required")
        let more: JSONObject = ["inputResponses": ["user_context": Self.answer]]
        let second = try await send("prompt", more, method: "prompts/get")["result"]
        #expect(second?["messages"]?[0]?["content"]?["text"]?.stringValue?.contains("Ann") == true)
        for method in ["tools/list", "prompts/list"] {
            #expect(try await endpoint.send(.modern(method)).json["result"]?["resultType"] == "complete")
        }
    }

    @Test("a state is good for an hour")
    func expiry() throws {
        let request = JSONRPCRequest(id: .integer(1), method: "tools/call", params: ["name": "a"])
        let keys = KeyRing.ephemeral()
        let sealed = RequestState(keys: keys, now: 0, subject: "ann", request: request).seal("s")
        let before = RequestState(keys: keys, now: RequestState.lifetime - 1, subject: "ann", request: request)
        #expect(try before.open(sealed) == "s")
        let other = JSONRPCRequest(
            id: .integer(1), method: "tools/call", params: ["name": "a", "arguments": ["b": 1]])
        #expect(throws: ProtocolError.self) {
            try RequestState(keys: keys, now: 0, subject: "ann", request: other).open(sealed)
        }
        let after = RequestState(keys: keys, now: RequestState.lifetime, subject: "ann", request: request)
        #expect(throws: ProtocolError.self) { try after.open(sealed) }
    }
}
