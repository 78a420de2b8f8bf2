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
        for uri in ["test://a", "test://b"] { hub.listen(to: uri, in: session) }
        var note = SessionNote()
        note.resources = ["test://a", "test://b"]
        hub.heed(note, of: session)
        let uris = hub.state.withLock { $0.streams.values.map(\.interest.uris) }
        #expect(uris == [["test://a"]])
        hub.stop()
    }
}
