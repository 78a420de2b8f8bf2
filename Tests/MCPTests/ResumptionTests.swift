import Base
import Synchronization
import TestSupport
import Testing

@testable import MCP

@Suite("Streams that go on after they were lost")
struct ResumptionTests {
    /// Hands letters to all replicas, as the database does.
    private final class Relay: SessionStorage {
        let replicas = Mutex<[MCPServer<SampleProvider>]>([])

        func note(of session: SessionKey) async throws -> SessionNote { SessionNote() }
        func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async {}
        func send(_ letter: SessionLetter, to session: SessionKey) async throws {
            guard case .message(let message) = letter else { return }
            #expect(message.serialized().count <= SessionLetter.maximumBytes)
            // A replica whose connection was lost reads again what it may have missed.
            for _ in 0..<2 { for replica in replicas.withLock({ $0 }) { await replica.receive(letter, for: session) } }
        }
    }

    /// The parts of an event: `id`, `retry`, `data`.
    private static func fields(_ event: String?) throws -> [String: String] {
        let lines = try #require(event).split(separator: "\n")
        return Dictionary(
            lines.map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count == 2 ? String(parts[1].drop { $0 == " " }) : "")
            }
        ) { $1 }
    }

    private static let call = Post.legacy("tools/call", ["name": "test_reconnection"], id: 5)

    /// Calls the tool that ends its stream.
    ///
    /// - Returns: the id of the event that the stream consists of.
    private static func interrupted(_ wire: Wire, _ session: String) async throws -> String {
        let stream = try await wire.open(call.session(session))
        #expect(stream.isStream)
        let primer = try fields(try await stream.next())
        #expect(primer["data"] == "")
        #expect(primer["retry"].flatMap { Int($0) } ?? 0 > 0)
        #expect(try await stream.next() == nil)
        return try #require(primer["id"])
    }

    @Test("an answer whose stream ended before it is given to the client that comes for it, once")
    func answer() async throws {
        try await Wire.with(configure: { $0.callDeadline = .seconds(2) }) { wire in
            let session = try await wire.session()
            let id = try await Self.interrupted(wire, session)
            let rest = try await wire.open(.get(session, after: id))
            #expect(rest.isStream)
            let event = try Self.fields(try await rest.next())
            #expect(event["id"]?.split(separator: "-").first == id.split(separator: "-").first)
            let message = try JSONValue(parsing: try #require(event["data"]))
            #expect(message["id"] == 5)
            #expect(message["result"]?["content"]?[0]?["text"] == "The answer after the pause.")
            #expect(try await rest.next() == nil)
            // What nobody keeps any more ends without anything.
            #expect(try await wire.open(.get(session, after: id)).messages().isEmpty)
            let foreign = try await wire.open(.get(session, after: id), as: "other")
            #expect(foreign.status == 404)
        }
    }

    @Test("it comes from another replica when that keeps it, whatever its size")
    func elsewhere() async throws {
        let (relay, keys) = (Relay(), KeyRing.ephemeral())
        try await Wire.with(storage: relay, configure: { $0.keys = keys }) { first in
            try await Wire.with(storage: relay, configure: { $0.keys = keys }) { second in
                relay.replicas.withLock { $0 = [first.server, second.server] }
                let session = try await first.session()
                let id = try await Self.interrupted(first, session)
                let rest = try await second.open(.get(session, after: id)).messages()
                #expect(rest.count == 1)
                #expect(rest.first?["result"]?["content"]?[0]?["text"] == "The answer after the pause.")
                let (name, key) = (StreamName.ofAnswer(), SessionKey(of: session))
                let large = EventChannel(name: name)
                #expect(first.server.hub.keep(large, name, of: key, for: .seconds(60)))
                let text = String(repeating: "a long answer é ", count: 30_000)
                large.send(.string(text))
                large.end()
                #expect(try await second.open(.get(session, after: "\(name)-0")).messages() == [.string(text)])
                #expect(await eventually { !first.server.hub.serves(key) && !second.server.hub.serves(key) })
            }
        }
    }

    @Test("clients of other revisions, and those that take no stream, get the answer at once")
    func whole() async throws {
        try await Wire.with { wire in
            for version in ["2025-06-18", "2025-03-26"] {
                let session = try await wire.session(version)
                let post = Post.legacy("tools/call", ["name": "test_reconnection"], version: version)
                #expect(try await wire.send(post.session(session)).json["result"] != nil)
            }
            let session = try await wire.session()
            let taken = Self.call.with("Accept", "application/json").session(session)
            #expect(try await wire.send(taken).json["result"] != nil)
            #expect(try await wire.send(Self.call).json["result"] != nil)
        }
    }

    @Test("answers of a session that wait are bounded, and end with it and with their time")
    func bounds() async throws {
        let clock = ManualClock()
        let hub = StreamHub(limits: StreamLimits(), clock: clock, now: { 0 }, changes: { AsyncStream { _ in } })
        let session = SessionKey(text: "k")
        for number in 0..<StreamHub.maximumPerSession {
            #expect(hub.keep(EventChannel(), "a\(number)", of: session, for: .seconds(60)))
        }
        let more = EventChannel()
        #expect(!hub.keep(more, "more", of: session, for: .seconds(60)))
        let first = try #require(hub.takeKept("a0", of: session))
        #expect(hub.keep(more, "more", of: session, for: .seconds(60)))
        #expect(hub.takeKept("a0", of: session) == nil)
        var note = SessionNote()
        note.apply(.end)
        hub.heed(note, of: session)
        #expect(await more.next() == nil)
        #expect(!hub.serves(session))
        first.end()
        let late = EventChannel()
        #expect(hub.keep(late, "late", of: session, for: .seconds(60)))
        #expect(await eventually { clock.sleeperCount == StreamHub.maximumPerSession + 2 })
        clock.advance(by: .seconds(60))
        #expect(await late.next() == nil)
        #expect(!hub.serves(session))
    }

    @Test("who may open no more streams loses nothing by asking, and nothing is left of it")
    func refused() async throws {
        try await Wire.with(configure: { $0.streams.ofOnePrincipal = 1 }) { wire in
            let (session, hub) = (try await wire.session(), wire.server.hub)
            let (name, key) = (StreamName.ofAnswer(), SessionKey(of: session))
            let rest = EventChannel(name: name)
            #expect(hub.keep(rest, name, of: key, for: .seconds(60)))
            rest.send(1)
            rest.end()
            let stream = try await wire.open(.get(try await wire.session()))
            #expect(try await wire.send(.get(session, after: "\(name)-0")).status == 429)
            let unknown = try await wire.session()
            #expect(try await wire.send(.get(unknown, after: "\(StreamName.ofAnswer())-0")).status == 429)
            #expect(!hub.serves(SessionKey(of: unknown)))
            stream.close()
            #expect(
                await eventually {
                    (try? await wire.open(.get(session, after: "\(name)-0")).messages()) == [1]
                })
        }
    }

    @Test("a client that comes again for what another replica keeps takes the place of its earlier self")
    func again() async throws {
        let hub = StreamHub(
            limits: StreamLimits(), clock: ContinuousClock(), now: { 0 }, changes: { AsyncStream { _ in } })
        let (session, first, second) = (SessionKey(text: "k"), EventChannel(), EventChannel())
        #expect(hub.expect("a", of: session, first))
        #expect(hub.expect("a", of: session, second))
        #expect(await first.next() == nil)
        hub.expectNoMore("a", of: session, first)
        let event = Array("data: 1\n\n".utf8)
        func letter(_ piece: Int64, _ bytes: ArraySlice<UInt8>?) -> JSONObject {
            var params: JSONObject = ["stream": "a", "piece": .int(piece)]
            params["events"] = bytes.map { .string(Base64.encode(Array($0))) }
            return params
        }
        let storage = Relay()
        for (piece, bytes) in [(0, event[..<3]), (0, event[..<3]), (2, event[...]), (1, event[3...])] {
            #expect(hub.takeResumption("callboard/resumed", letter(Int64(piece), bytes), of: session, storage))
        }
        #expect(await second.next() == event)
        #expect(hub.takeResumption("callboard/resumed", letter(2, nil), of: session, storage))
        #expect(await second.next() == nil)
        hub.expectNoMore("a", of: session, second)
        #expect(!hub.serves(session))
    }

    @Test("what replicas tell each other no client can: messages of HTTP+SSE are for sessions of that alone")
    func forged() async throws {
        try await Wire.with { wire in
            let session = try await wire.session()
            let forged = Post(body: [
                "jsonrpc": "2.0", "method": "callboard/resume", "params": ["stream": .string(StreamName.ofAnswer())],
            ])
            let path = "/api/mcp-actions/sse/messages?sessionId=\(session)"
            #expect(try await wire.send(forged, path: path).status == 404)
        }
    }

    @Test("a stream of a session that goes on begins with all that may have changed")
    func session() async throws {
        try await Wire.with { wire in
            let session = try await wire.session()
            _ = try await wire.send(.legacy("resources/subscribe", ["uri": "test://a"]).session(session))
            let stream = try await wire.open(.get(session))
            let primer = try Self.fields(try await stream.next())
            #expect(primer["data"] == "" && primer["event"] == nil)
            wire.server.provider.fixtures?.announcements.tell(.tools)
            let told = try Self.fields(try await stream.next())
            #expect(told["event"] == "message" && told["id"] != primer["id"])
            stream.close()
            let again = try await wire.open(.get(session, after: told["id"]))
            var methods: [JSONValue?] = []
            for _ in 0..<4 { methods.append(try await again.message()?["method"]) }
            #expect(
                methods == [
                    "notifications/tools/list_changed", "notifications/prompts/list_changed",
                    "notifications/resources/list_changed", "notifications/resources/updated",
                ])
            // An id of nobody's is none, and an older client is sent no event without a message.
            let other = try await wire.open(.get(try await wire.session("2025-06-18"), after: "17"))
            wire.server.provider.fixtures?.announcements.tell(.prompts)
            let event = try Self.fields(try await other.next())
            #expect(event["data"]?.contains("prompts/list_changed") == true)
        }
    }

    @Test(
        "which stream an id is of", arguments: ["", "a", "a-1", "s0123456789ab", "b0123456789ab-1", "a0123456789ab-x"])
    func names(id: String) {
        #expect(StreamName(eventID: id) == nil)
        let (session, answer) = (StreamName.ofSession(), StreamName.ofAnswer())
        #expect(StreamName(eventID: "\(session)-3") == .session)
        #expect(StreamName(eventID: "\(answer)-0") == .answer(answer))
    }
}
