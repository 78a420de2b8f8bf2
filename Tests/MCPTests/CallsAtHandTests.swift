import Base
import HTTPServer
import Synchronization
import Testing

@testable import MCP

/// ``SampleProvider`` with answers at hand, made of the name that is asked for and an edition.
private final class ReadyProvider: ToolProvider {
    struct Notes {
        var edition = "1"
        var refusal: ToolFailure?
        var made = 0
        var begun = 0
        var events: [String] = []
    }

    let sample = SampleProvider()
    let notes = Mutex(Notes())

    func subject(of principal: String) -> String { principal }
    func tools(for principal: String) async -> [Tool] { await sample.tools(for: principal) }
    func toolAtHand(named name: String, for principal: String) -> Tool? {
        sample.tools.filter { principal != "viewer" || $0.name != "delete_entity" }.tool(named: name)
    }

    func call(_ name: String, arguments: JSONObject, for principal: String) async throws -> ToolResult {
        if let refusal = notes.withLock({ $0.refusal }) { throw refusal }
        return try await answer(name, arguments)
    }

    private func answer(_ name: String, _ arguments: JSONObject) async throws -> ToolResult {
        if let ready = Self.ready(arguments, notes.withLock { $0.edition }) { return ready }
        return try await sample.call(name, arguments: arguments, for: "admin")
    }

    func callAtHand(_ name: String, arguments: JSONObject, for principal: String) -> ToolAnswerAtHand? {
        let edition = notes.withLock { $0.edition }
        let name = arguments["name"]?.stringValue ?? ""
        return ToolAnswerAtHand(name: name, source: Array((name + edition).utf8)) { () throws(ToolFailure) in
            let refusal = self.notes.withLock { notes -> ToolFailure? in
                notes.begun += 1
                return notes.refusal
            }
            if let refusal { throw refusal }
        } result: {
            self.notes.withLock { $0.made += 1 }
            return Self.ready(arguments, edition)
        }
    }

    /// Nil for the one that is to be asked for.
    private static func ready(_ arguments: JSONObject, _ edition: String) -> ToolResult? {
        switch arguments["name"] {
        case "malformed": ToolResult(structured: ["nome": 1])
        case "huge": ToolResult(structured: ["name": .string(String(repeating: "x", count: 200_000))])
        case "refused": ToolResult(structured: ["candidates": []], text: "which one?", isError: true)
        case "told": ToolResult(structured: ["name": "a"], text: "in words", blocks: [ContentBlocks.text("and more")])
        case "asked": nil
        case let name: ToolResult(structured: ["name": .string((name?.stringValue ?? "") + edition)])
        }
    }

    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: String) {
        let text = "\(event.kind) \(event.version) \(event.tool ?? "-") \(event.error ?? "good") \(principal)"
        notes.withLock { $0.events.append(text) }
    }
}

@Suite("Calls whose answer is at hand")
struct CallsAtHandTests {
    private static func call(_ name: JSONValue, _ arguments: JSONValue = ["name": "shop"], id: JSONValue = 1) -> Post {
        .modern("tools/call", ["name": name, "arguments": arguments], id: id)
    }

    private static func with(_ key: String, _ value: JSONValue) -> Post {
        var params: JSONObject = ["name": "get_entity", "arguments": ["name": "shop"]]
        params[key] = value
        return .modern("tools/call", params)
    }

    private static func server(_ provider: ReadyProvider, fixtures: Bool = false) -> MCPServer<ReadyProvider> {
        var configuration = MCPConfiguration(version: "1.2.3")
        configuration.description = "What is on stage"
        configuration.offersConformanceFixtures = fixtures
        return MCPServer(provider: provider, configuration: configuration, logger: Logger("mcp") { _ in })
    }

    private static func bytes(_ response: HTTPServerResponse) throws -> [UInt8] {
        guard case .bytes(let bytes) = response.body else { throw ToolFailure(name: "Test", message: "a stream") }
        return bytes
    }

    private static let atHand: [(Post, String)] = [
        (call("get_entity"), "admin"), (call("get_entity", id: "a \"b\" \u{1}é"), "admin"),
        (call("get_entity", id: .uint(.max)), "admin"), (call("catalog:get-entity"), "admin"),
        (call("shared"), "viewer"), (call("get_entity", ["name": "q\"\\\n\u{7}☕️", "limit": 5]), "admin"),
        (call("get_entity", ["name": "told"]), "admin"),
        (call("get_entity", ["name": "shop", "namespace": "x"]).with("Mcp-Param-Namespace", "x"), "admin"),
        (call("get_entity").with("Accept", nil), "admin"), (call("get_entity").with("Accept", "*/*"), "admin"),
        (call("get_entity").meta("progressToken", 7), "admin"),
    ]

    @Test("are answered as they are the long way, and taken down as there", arguments: atHand.indices)
    func same(index: Int) async throws {
        let (post, principal) = Self.atHand[index]
        let (quick, slow) = (ReadyProvider(), ReadyProvider())
        let request = try post.request()
        let expected = await Self.server(slow).respond(to: request, principal: principal)
        let server = Self.server(quick)
        // The second time it has been written already.
        for round in 1...2 {
            let found = try #require(server.answerAtHand(to: request, principal: principal))
            #expect(quick.notes.withLock { $0.begun } == round - 1)
            let answer = found()
            #expect(try Self.bytes(answer) == Self.bytes(expected))
            #expect(answer.status == expected.status && answer.headers == expected.headers)
        }
        let events = slow.notes.withLock { $0.events }
        #expect(events.count == 1)
        #expect(quick.notes.withLock { $0.events } == events + events)
        #expect(quick.notes.withLock { $0.made == 1 && $0.begun == 2 })
    }

    private static let others: [(Post, String)] = [
        (call("shared"), "admin"), (call("unknown"), "admin"), (call(5), "admin"),
        (call("delete_entity", [:]), "viewer"), (call("get_entity", [:]), "admin"),
        (call("get_entity", ["name": "shop", "foo": 1]), "admin"), (call("get_entity", ["name"]), "admin"),
        (call("get_entity", ["name": "malformed"]), "admin"), (call("get_entity", ["name": "huge"]), "admin"),
        (call("get_entity", ["name": "refused"]), "admin"), (call("get_entity", ["name": "asked"]), "admin"),
        (call("get_entity", ["name": "shop", "namespace": "x"]), "admin"),
        (call("get_entity").with("Mcp-Param-Namespace", "x"), "admin"),
        (call("get_entity").with("Mcp-Name", "other"), "admin"), (call("get_entity").header("2025-11-25"), "admin"),
        (call("get_entity").header(nil), "admin"), (call("get_entity").with("Accept", "text/event-stream"), "admin"),
        (call("get_entity").with("Origin", "https://evil.example"), "admin"),
        (with("inputResponses", [:]), "admin"), (with("requestState", "x"), "admin"),
        (.modern("tools/list"), "admin"), (.modern("tools/list").with("Mcp-Method", "tools/call"), "admin"),
        (.legacy("tools/call", ["name": "get_entity", "arguments": ["name": "shop"]]), "admin"),
        (
            Post.legacy("tools/call", ["name": "get_entity", "arguments": ["name": "shop"]])
                .with("Mcp-Method", "tools/call"), "admin"
        ),
    ]

    @Test("everything else goes the long way, and nothing has happened by then", arguments: others.indices)
    func longWay(index: Int) throws {
        let (post, principal) = Self.others[index]
        let provider = ReadyProvider()
        #expect(Self.server(provider).answerAtHand(to: try post.request(), principal: principal) == nil)
        #expect(provider.notes.withLock { $0.begun == 0 && $0.events.isEmpty })
    }

    @Test("so do HTTP+SSE, servers that converse, and long requests")
    func otherWays() throws {
        let post = Self.call("get_entity")
        #expect(Self.server(ReadyProvider()).answerAtHand(to: try post.request(), principal: "admin") != nil)
        let older = try post.request("/api/mcp-actions/sse/messages")
        #expect(Self.server(ReadyProvider()).answerAtHand(to: older, principal: "admin") == nil)
        let fixtures = Self.server(ReadyProvider(), fixtures: true)
        #expect(fixtures.answerAtHand(to: try post.request(), principal: "admin") == nil)
        let long = Self.call("get_entity", ["name": .string(String(repeating: "x", count: 70_000))])
        #expect(Self.server(ReadyProvider()).answerAtHand(to: try long.request(), principal: "admin") == nil)
    }

    @Test("an answer is written again when what it is made of is another")
    func changed() throws {
        let provider = ReadyProvider()
        let server = Self.server(provider)
        let request = try Self.call("get_entity").request()
        for edition in ["1", "2", "2", "1"] {
            provider.notes.withLock { $0.edition = edition }
            let found = try #require(server.answerAtHand(to: request, principal: "admin"))
            let json = try JSONValue(parsing: Self.bytes(found()))
            #expect(json["result"]?["structuredContent"] == ["name": .string("shop" + edition)])
        }
        #expect(provider.notes.withLock { $0.made } == 3)
    }

    @Test("a call that may not begin is told so as the long way tells it")
    func refused() async throws {
        let (quick, slow) = (ReadyProvider(), ReadyProvider())
        let refusal = ToolFailure(name: "RateLimitError", message: "too many")
        for provider in [quick, slow] { provider.notes.withLock { $0.refusal = refusal } }
        let request = try Self.call("get_entity").request()
        let found = try #require(Self.server(quick).answerAtHand(to: request, principal: "admin"))
        let answer = found()
        let expected = await Self.server(slow).respond(to: request, principal: "admin")
        #expect(try Self.bytes(answer) == Self.bytes(expected))
        #expect(quick.notes.withLock { $0.events } == slow.notes.withLock { $0.events })
    }

    @Test("what is kept of written answers is bounded")
    func bounded() {
        let written = WrittenAnswers(maximumBytes: 10_000)
        for number in 0..<100 {
            let key = WrittenAnswers.Key(tool: "t", version: .v2026_07_28, answer: "\(number)")
            #expect(written.bytes(key, of: []) { [UInt8](repeating: 1, count: 500) }?.count == 500)
            #expect(written.cost <= 10_000)
        }
        #expect(written.cost > 5_000)
    }
}
