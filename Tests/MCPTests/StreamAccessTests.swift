import Base
import Synchronization
import TestSupport
import Testing

@testable import MCP

@Suite("What may be heard on streams, and until when")
struct StreamAccessTests {
    @Test("what the principal may not hear of is not honoured")
    func inaudible() async throws {
        var provider = SampleProvider()
        provider.audible = { $0 == "callboard://a" }
        try await Wire.with(provider) { wire in
            let uris: JSONValue = ["callboard://a", "callboard://b"]
            let stream = try await wire.open(.listen(["resourceSubscriptions": uris, "toolsListChanged": true]))
            #expect(
                try await stream.message()?["params"]?["notifications"]
                    == ["toolsListChanged": true, "resourceSubscriptions": ["callboard://a"]])
            let id = try await wire.session()
            func subscribe(_ uri: JSONValue) async throws -> JSONValue {
                try await wire.send(.legacy("resources/subscribe", ["uri": uri]).session(id)).json
            }
            #expect(try await subscribe("callboard://a")["result"] == [:])
            let refused = try await subscribe("callboard://b")["error"]
            #expect(refused?["code"] == -32002)
            let unread = try await wire.send(.legacy("resources/read", ["uri": "callboard://b"]).session(id))
            #expect(unread.json["error"] == refused)
        }
    }

    @Test("a stream ends when what its principal came in with has expired")
    func expiry() async throws {
        let clock = ManualClock()
        var provider = SampleProvider()
        provider.expiry = 100
        var configuration = MCPConfiguration(version: "1")
        configuration.offersConformanceFixtures = true
        let server = MCPServer(
            provider: provider, configuration: configuration, logger: Logger("mcp") { _ in }, clock: clock,
            now: { 99 + clock.now.offset.components.seconds })
        try await Wire.with(server) { wire in
            let stream = try await wire.open(.listen([:]))
            #expect(try await stream.message()?["method"] == "notifications/subscriptions/acknowledged")
            #expect(await eventually { clock.sleeperCount > 0 })
            clock.advance(by: .seconds(15))
            #expect(try await stream.messages().isEmpty)
        }
    }

    @Test("when access is taken away, streams of what ends are ended, and others go on", arguments: [Int64.max, nil])
    func takenAway(expiry: Int64?) async throws {
        var provider = SampleProvider()
        provider.expiry = expiry
        try await Wire.with(provider) { wire in
            let stream = try await wire.open(.listen(["toolsListChanged": true]))
            #expect(try await stream.message()?["method"] == "notifications/subscriptions/acknowledged")
            wire.server.endExpiringStreams()
            try #require(wire.server.provider.fixtures).announcements.tell(.tools)
            let next = try await stream.message()
            #expect(next?["method"] == (expiry == nil ? "notifications/tools/list_changed" : nil))
        }
    }

    @Test("a stream is not told of what another token of its principal subscribed to and its own may not hear of")
    func another() async throws {
        let hub = MCPServer(
            provider: SampleProvider(), configuration: MCPConfiguration(version: "1"), logger: Logger("mcp") { _ in }
        ).hub
        let (session, channel) = (SessionKey(of: "a session"), EventChannel())
        _ = try hub.open(
            StreamHub.Stream(
                channel: channel, subject: "ann", expiry: nil, session: session,
                interest: .everything(resources: true), mayHear: { $0 == "test://a" }))
        #expect(hub.listen(to: "test://a", in: session))
        #expect(!hub.listen(to: "test://b", in: session))
        var note = SessionNote()
        note.resources = ["test://a", "test://b"]
        hub.heed(note, of: session)
        let uris = hub.state.withLock { $0.streams.values.map(\.interest.uris) }
        #expect(uris == [["test://a"]])
        hub.stop()
    }

    @Test("what could not be noted is not listened to, and never more than a session may")
    func bounds() throws {
        let hub = MCPServer(
            provider: SampleProvider(), configuration: MCPConfiguration(version: "1"), logger: Logger("mcp") { _ in }
        ).hub
        let session = SessionKey(of: "a session")
        _ = try hub.open(
            StreamHub.Stream(
                channel: EventChannel(), subject: "ann", expiry: nil, session: session,
                interest: .everything(resources: true)))
        let told = (0..<300).map { hub.listen(to: "test://\($0)", in: session) }
        #expect(told.count { $0 } == SessionChange.maximumResources)
        hub.ignore("test://7", in: session)
        #expect(hub.listen(to: "test://7", in: session))
        #expect(!hub.listen(to: "test://8", in: session), "it was listened to already")
        hub.stop()
    }

    @Test("a subscription that the database does not take is refused, and nothing is told of it")
    func refused() async throws {
        struct Away: Error {}
        struct Storage: SessionStorage {
            func note(of session: SessionKey) async throws -> SessionNote { SessionNote() }
            func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64)
                async throws
            {
                throw Away()
            }
            func send(_ letter: SessionLetter, to session: SessionKey) async throws {}
        }
        try await Wire.with(storage: Storage()) { wire in
            let id = try await wire.session()
            _ = try await wire.open(.get(id))
            let answer = try await wire.send(.legacy("resources/subscribe", ["uri": "test://a"]).session(id))
            #expect(answer.json["error"]?["code"] == -32603)
            #expect(wire.server.hub.state.withLock { $0.streams.values.allSatisfy(\.interest.uris.isEmpty) })
        }
    }
}
