import Base
import HTTPServer
import Synchronization
import Testing

@testable import MCP

@Suite("Calling tools")
struct ToolCallTests {
    private func call(
        _ endpoint: Endpoint = Endpoint(), _ name: JSONValue = "get_entity", _ arguments: JSONObject
    ) async throws -> JSONValue {
        let answer = try await endpoint.send(
            .legacy("tools/call", ["name": name, "arguments": .object(arguments)]))
        #expect(answer.status == 200)
        return answer.json["result"] ?? answer.json
    }

    private func text(_ result: JSONValue) -> String? { result["content"]?[0]?["text"]?.stringValue }

    @Test(
        "arguments that the schema refuses are explained, and the tool is not called",
        arguments: [
            ([:], "name: required but missing; expected string"),
            (["name": 5], "name: expected string but found integer"),
            (["name": "a", "limit": 1000], "limit: expected at most 500 but found 1000"),
            (["name": "a", "foo": 1], "unknown property \"foo\"; expected one of name, limit, namespace"),
        ] as [(JSONObject, String)])
    func invalidArguments(arguments: JSONObject, message: String) async throws {
        let endpoint = Endpoint(
            SampleProvider { _, _ in
                Issue.record("called")
                return ToolResult(text: "")
            })
        let result = try await call(endpoint, "get_entity", arguments)
        #expect(result["isError"] == true)
        #expect(text(result) == "InputError: invalid arguments of get_entity: \(message)")
    }

    @Test("a failure that the provider explains reaches the caller by name and message")
    func explainedFailure() async throws {
        let result = try await call(Endpoint(), "get_entity", ["name": "missing"])
        #expect(result["isError"] == true)
        #expect(text(result) == "NotFoundError: No entity found with name \"missing\"")
        #expect(result["structuredContent"] == nil)
    }

    @Test("any other error is logged and tells the caller nothing")
    func unexplainedFailure() async throws {
        let endpoint = Endpoint()
        let answer = try await endpoint.send(
            .legacy("tools/call", ["name": "get_entity", "arguments": ["name": "broken"]]))
        #expect(answer.json["error"] == ["code": -32603, "message": "Internal server error"])
        #expect(endpoint.log.contains("a tool failed"))
        #expect(endpoint.log.contains("request-1"))
    }

    @Test("an answer that does not conform to its schema is never sent", arguments: ["malformed"])
    func nonconforming(name: JSONValue) async throws {
        let endpoint = Endpoint()
        let result = try await call(endpoint, "get_entity", ["name": name])
        #expect(result["isError"] == true)
        #expect(result["structuredContent"] == nil)
        #expect(text(result)?.hasPrefix("InternalError: ") == true)
        #expect(text(result)?.contains("nome") == false)
        #expect(endpoint.log.contains("name: required but missing"))
    }

    @Test("a tool with an output schema must give structure")
    func missingStructure() async throws {
        let endpoint = Endpoint(SampleProvider { _, _ in ToolResult(text: "words only") })
        #expect(try await call(endpoint, "get_entity", ["name": "a"])["isError"] == true)
    }

    @Test("a tool's own error is sent as its text, and its structure need not conform")
    func ownError() async throws {
        let result = try await call(Endpoint(), "get_entity", ["name": "refused"])
        #expect(result == ["content": [["type": "text", "text": "which one?"]], "isError": true])
    }

    @Test("an answer above the bound is replaced by what to do about it")
    func tooLarge() async throws {
        let result = try await call(Endpoint(), "get_entity", ["name": "huge"])
        #expect(result["isError"] == true)
        #expect(text(result)?.contains("200011 bytes, more than the 100000") == true)
    }

    @Test("structure counts against the bound even behind a short text")
    func structureTooLarge() async throws {
        let endpoint = Endpoint(
            SampleProvider { _, _ in
                ToolResult(structured: ["name": .string(String(repeating: "x", count: 2000))], text: "short")
            }
        ) { $0.maximumAnswerBytes = 1000 }
        #expect(try await call(endpoint, "get_entity", ["name": "a"])["isError"] == true)
    }

    @Test("an alias reaches the tool under its own name; one that two tools share reaches none")
    func aliases() async throws {
        let endpoint = Endpoint(SampleProvider { name, _ in ToolResult(structured: ["name": .string(name)]) })
        let result = try await call(endpoint, "catalog:get-entity", ["name": "a"])
        #expect(result["structuredContent"] == ["name": "get_entity"])
        #expect(text(try await call(endpoint, "shared", [:])) == "NotFoundError: Action \"shared\" not found")
    }

    @Test("a call that heeds no cancellation is given up at the deadline all the same")
    func deadline() async throws {
        let gate = Door()
        let endpoint = Endpoint(
            SampleProvider { _, _ in
                await gate.wait()
                return ToolResult(text: "too late")
            }, clock: HurriedClock()
        ) { $0.callDeadline = .seconds(7) }
        let result = try await call(endpoint, "delete_entity", [:])
        #expect(result["isError"] == true)
        #expect(text(result)?.hasPrefix("TimeoutError: delete_entity gave no answer within 7 s") == true)
        #expect(endpoint.log.contains("a tool was given up"))
        gate.open()
    }

    @Test("a call is cancelled when the client goes away")
    func cancellation() async throws {
        let started = Door()
        let cancelled = Door()
        let endpoint = Endpoint(
            SampleProvider { _, _ in
                started.open()
                await withTaskCancellationHandler {
                    await cancelled.wait()
                } onCancel: {
                    cancelled.open()
                }
                throw CancellationError()
            })
        let request = Task { try await endpoint.send(.legacy("tools/call", ["name": "delete_entity"])) }
        await started.wait()
        request.cancel()
        await cancelled.wait()
        _ = try await request.value
        #expect(!endpoint.log.contains("a tool failed"))
    }
}

/// Time that is over as soon as one waits for it.
struct HurriedClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
}

/// Lets whoever waits go on once it is open.
final class Door: Sendable {
    private let stream: AsyncStream<Void>
    private let door: AsyncStream<Void>.Continuation

    init() { (stream, door) = AsyncStream.makeStream() }

    func open() { door.finish() }

    /// Waits even in a cancelled task.
    func wait() async {
        let waiting = Task.detached { [stream] in for await _ in stream {} }
        await waiting.value
    }
}
