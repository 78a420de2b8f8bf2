import Base
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import MCP

@Suite("Streams of sessions")
struct MCPSessionStreamTests {
    @Test("initialize names a session, which serves, streams, and ends")
    func life() async throws {
        try await Wire.with { wire in
            let id = try await wire.session()
            let listed = try await wire.send(.legacy("tools/list", version: nil).session(id))
            #expect(listed.json["result"]?["tools"] != nil)
            let stream = try await wire.open(.get(id))
            #expect(stream.status == 200)
            #expect(stream.isStream)
            #expect(stream.headers["Cache-Control"] == "no-cache")
            #expect(stream.headers["X-Accel-Buffering"] == "no")
            #expect(try await wire.send(.delete(id)).status == 204)
            // The stream ends with its session.
            #expect(try await stream.messages().isEmpty)
            #expect(try await wire.send(.get(id)).status == 404)
            #expect(try await wire.send(.delete(id)).status == 404)
            #expect(try await wire.send(.legacy("ping").session(id)).status == 404)
        }
    }

    @Test("a session is unknown to everybody but the principal that opened it")
    func foreign() async throws {
        try await Wire.with { wire in
            let id = try await wire.session()
            #expect(try await wire.send(.legacy("ping").session(id), as: "other").status == 404)
            #expect(try await wire.send(.delete(id), as: "other").status == 404)
            #expect(try await wire.send(.legacy("ping").session(id)).json["result"] == [:])
        }
    }

    @Test("a second stream takes the place of the first, which ends; only the second tells")
    func again() async throws {
        try await Wire.with(configure: { $0.streams.ofOnePrincipal = 1 }) { wire in
            let id = try await wire.session()
            let first = try await wire.open(.get(id))
            let second = try await wire.open(.get(id))
            #expect(second.status == 200)
            #expect(try await first.messages().isEmpty)
            wire.server.provider.fixtures?.announcements.tell(.tools)
            #expect(try await second.message()?["method"] == "notifications/tools/list_changed")
            // That the first has ended takes nothing from the second.
            first.close()
            wire.server.provider.fixtures?.announcements.tell(.prompts)
            #expect(try await second.message()?["method"] == "notifications/prompts/list_changed")
        }
    }

    @Test("changes of lists and of resources that were subscribed to come on it, no others")
    func changes() async throws {
        try await Wire.with { wire in
            let id = try await wire.session()
            let stream = try await wire.open(.get(id))
            let subscribed = try await wire.send(
                .legacy("resources/subscribe", ["uri": "test://watched-resource"]).session(id))
            #expect(subscribed.json["result"] == [:])
            let fixtures = try #require(wire.server.provider.fixtures)
            for change in [.resource("test://other"), .resource("test://watched-resource"), .tools] as [MCPChange] {
                fixtures.announcements.tell(change)
            }
            #expect(
                try await stream.message() == [
                    "jsonrpc": "2.0", "method": "notifications/resources/updated",
                    "params": ["uri": "test://watched-resource"],
                ])
            #expect(
                try await stream.message() == ["jsonrpc": "2.0", "method": "notifications/tools/list_changed"])
            let ended = try await wire.send(
                .legacy("resources/unsubscribe", ["uri": "test://watched-resource"]).session(id))
            #expect(ended.json["result"] == [:])
            fixtures.announcements.tell(.resource("test://watched-resource"))
            fixtures.announcements.tell(.prompts)
            #expect(try await stream.message()?["method"] == "notifications/prompts/list_changed")
        }
    }

    @Test("what was subscribed to before the stream was opened is told on it")
    func earlier() async throws {
        try await Wire.with { wire in
            let id = try await wire.session()
            _ = try await wire.send(.legacy("resources/subscribe", ["uri": "test://a"]).session(id))
            let stream = try await wire.open(.get(id))
            wire.server.provider.fixtures?.announcements.tell(.resource("test://a"))
            #expect(try await stream.message()?["params"]?["uri"] == "test://a")
        }
    }

    @Test("what was subscribed to elsewhere is told as changed when it is learnt: before that it may have been")
    func elsewhere() async throws {
        let notes = Notes()
        try await Wire.with(storage: notes) { wire in
            let id = try await wire.session()
            let stream = try await wire.open(.get(id))
            let key = SessionKey(of: id)
            notes.note.withLock { $0.resources = ["test://a", "test://b"] }
            await wire.server.receive(.noteChanged, for: key)
            #expect(try await stream.message()?["params"] == ["uri": "test://a"])
            #expect(try await stream.message()?["params"] == ["uri": "test://b"])
            // What is subscribed to here is heard of from then on, and needs no such notice.
            _ = try await wire.send(.legacy("resources/subscribe", ["uri": "test://c"]).session(id))
            await wire.server.receive(.noteChanged, for: key)
            wire.server.provider.fixtures?.announcements.tell(.tools)
            #expect(try await stream.message()?["method"] == "notifications/tools/list_changed")
            wire.server.provider.fixtures?.announcements.tell(.resource("test://c"))
            #expect(try await stream.message()?["params"] == ["uri": "test://c"])
        }
    }

    @Test("when anything may have changed, each resource that was subscribed to is told")
    func anything() async throws {
        try await Wire.with { wire in
            let id = try await wire.session()
            for uri in ["test://b", "test://a"] as [JSONValue] {
                _ = try await wire.send(.legacy("resources/subscribe", ["uri": uri]).session(id))
            }
            let stream = try await wire.open(.get(id))
            for change in [.anyResource, .tools] as [MCPChange] {
                wire.server.provider.fixtures?.announcements.tell(change)
            }
            #expect(try await stream.message()?["params"] == ["uri": "test://a"])
            #expect(try await stream.message()?["params"] == ["uri": "test://b"])
            #expect(try await stream.message()?["method"] == "notifications/tools/list_changed")
        }
    }

    @Test("a quiet stream says that it lives every 15 seconds")
    func keepAlive() async throws {
        let clock = ManualClock()
        try await Wire.with(clock: clock) { wire in
            let stream = try await wire.open(.get(try await wire.session("2025-06-18")))
            for _ in 0..<3 {
                #expect(await eventually { clock.sleeperCount > 0 })
                clock.advance(by: .seconds(15))
            }
            #expect(try await stream.next() == ":")
        }
    }

    @Test("a principal and all together have so many streams and no more")
    func limits() async throws {
        try await Wire.with(configure: { $0.streams.ofOnePrincipal = 2 }) { wire in
            var open: [Events] = []
            for _ in 0..<2 { open.append(try await wire.open(.get(try await wire.session()))) }
            #expect(open.map(\.status) == [200, 200])
            #expect(try await wire.send(.get(try await wire.session())).status == 429)
            #expect(try await wire.send(.modern("subscriptions/listen", ["notifications": [:]])).status == 429)
            #expect(try await wire.open(.modern("subscriptions/listen", ["notifications": [:]]), as: "b").status == 200)
            open[0].close()
            #expect(
                await eventually {
                    guard let next = try? await wire.open(.get(try await wire.session())) else { return false }
                    defer { next.close() }
                    return next.status == 200
                })
        }
    }

    @Test("a server that stops ends its streams in order and opens no more")
    func stopping() async throws {
        try await Wire.with { wire in
            let stream = try await wire.open(.get(try await wire.session()))
            wire.server.endStreams()
            #expect(try await stream.messages().isEmpty)
            #expect(try await wire.send(.get(try await wire.session())).status == 503)
        }
    }
}

@Suite("subscriptions/listen")
struct SubscriptionTests {
    private let key = "io.modelcontextprotocol/subscriptionId"

    @Test(
        "first it says what it honours, then only that, each with the id of the request",
        arguments: [7, "seven"] as [JSONValue])
    func kinds(id: JSONValue) async throws {
        try await Wire.with { wire in
            let stream = try await wire.open(
                .listen(["promptsListChanged": true, "resourceSubscriptions": ["test://a"], "other": true], id: id))
            #expect(stream.isStream)
            #expect(
                try await stream.message() == [
                    "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                    "params": [
                        "notifications": ["promptsListChanged": true, "resourceSubscriptions": ["test://a"]],
                        "_meta": .object([key: id]),
                    ],
                ])
            let announcements = try #require(wire.server.provider.fixtures?.announcements)
            for change in [.tools, .resources, .resource("test://b"), .resource("test://a"), .prompts] as [MCPChange] {
                announcements.tell(change)
            }
            let updated = try await stream.message()
            #expect(updated?["method"] == "notifications/resources/updated")
            #expect(updated?["params"] == ["uri": "test://a", "_meta": .object([key: id])])
            let prompts = try await stream.message()
            #expect(prompts?["method"] == "notifications/prompts/list_changed")
            #expect(prompts?["params"] == ["_meta": .object([key: id])])
            wire.server.endStreams()
            #expect(
                try await stream.messages() == [
                    ["jsonrpc": "2.0", "id": id, "result": ["resultType": "complete", "_meta": .object([key: id])]]
                ])
        }
    }

    @Test("it needs a client that reads streams, and a server that tells changes")
    func refused() async throws {
        try await Wire.with { wire in
            let deaf = try await wire.send(.listen([:]).with("Accept", "application/json"))
            #expect(deaf.status == 406)
            #expect(deaf.json["id"] == 7)
            var post = Post.listen([:])
            post.body = Post.modern("subscriptions/listen", id: 7).body
            #expect(try await wire.send(post).json["error"]?["code"] == -32602)
            let uris = try await wire.send(.listen(["resourceSubscriptions": [1]]))
            #expect(uris.status == 400)
        }
        let plain = try await Endpoint().send(.listen([:]))
        #expect(plain.status == 404)
        #expect(plain.json["error"]?["code"] == -32601)
    }
}
