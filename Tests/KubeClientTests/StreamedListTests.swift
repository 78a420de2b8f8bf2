import Base
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Streamed lists")
struct StreamedListTests {
    private func follow(
        _ server: ScriptedServer, minorVersion: String = "34", silenceLimit: Duration = .seconds(90),
        streamSilenceLimit: Duration = .seconds(10), client: KubernetesClient? = nil,
        _ body: (Informer<Namespace>, ChangeLog) async throws -> Void
    ) async throws {
        server.setMinorVersion(minorVersion)
        let changes = ChangeLog()
        let informer = Informer(
            .namespaces, client: client ?? server.client(), silenceLimit: silenceLimit,
            streamSilenceLimit: streamSilenceLimit, logger: Logger("test", sink: { _ in }), clock: SkippingClock(),
            onChange: changes.add)
        let task = Task { await informer.run() }
        try await body(informer, changes)
        task.cancel()
        await task.value
    }

    private func added(_ name: String, _ version: Int) -> [UInt8] {
        Wire.event("ADDED", Wire.namespace(name, version: version))
    }

    @Test("objects come as a list until the bookmark, then as a watch on the same stream")
    func stream() async throws {
        let server = try ScriptedServer(
            .watch(
                added("a", 20), added("b", 7), Wire.event("BOOKMARK", Wire.namespace("", version: 29)),
                Wire.event("MODIFIED", Wire.namespace("b", version: 30, phase: "Terminating")),
                Wire.endOfInitialEvents(30), added("c", 31)),
            .watch(added("d", 32), then: .hold))
        try await follow(server) { informer, changes in
            #expect(
                await changes.reach(["list +a", "list +b", "list ~b Terminating", "watch +c", "watch +d"]))
            #expect(informer.status.isSynced)
            #expect(informer.status.lists == 1)
            #expect(informer.status.events == 2)
            #expect(informer.status.resourceVersion == "32")
        }
        #expect(server.asked == ["stream newest", "watch 31"])
        let query = server.requests[0].query
        #expect(query["resourceVersionMatch"] == "NotOlderThan")
        #expect(query["allowWatchBookmarks"] == "true")
        #expect(query["limit"] == nil)
        #expect(server.requests[1].query["sendInitialEvents"] == nil)
        #expect(server.requests[1].query["resourceVersionMatch"] == nil)
    }

    @Test("a relist is streamed, and what it did not have is gone at its bookmark")
    func relist() async throws {
        let server = try ScriptedServer(
            .watch(
                added("a", 1), added("b", 2), Wire.endOfInitialEvents(9),
                Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")),
            .watch(added("b", 2), added("c", 11), Wire.endOfInitialEvents(12), then: .hold))
        try await follow(server) { informer, changes in
            #expect(await changes.reach(["list +a", "list +b", "list +c", "list -a"]))
            #expect(informer.status.relists == [.expired: 1])
        }
        #expect(server.asked == ["stream newest", "stream 9"])
    }

    @Test("a stream that breaks off removes nothing", arguments: [ScriptedServer.Ending.end, .cut])
    func brokenStream(ending: ScriptedServer.Ending) async throws {
        let expired = Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")
        let server = try ScriptedServer(
            .watch(added("a", 1), added("b", 2), Wire.endOfInitialEvents(9), expired),
            .watch(added("b", 2), then: ending), .watch(added("c", 11), expired),
            .watch(added("c", 11), then: ending), .list(Wire.namespace("b", version: 2), version: 12))
        try await follow(server) { informer, changes in
            #expect(await eventually { informer.cache.list().map(\.meta.name) == ["b"] })
            #expect(changes.all.prefix(3) == ["list +a", "list +b", "list +c"])
            #expect(Set(changes.all.dropFirst(3)) == ["list -a", "list -c"])
            #expect(await eventually { server.requests.count == 6 })
        }
        #expect(server.asked == ["stream newest", "stream 9", "stream 9", "stream newest", "list 11", "watch 12"])
    }

    @Test("after an ERROR event inside a streamed list nothing goes back in time", arguments: [429, 500, 503])
    func errorInList(code: Int) async throws {
        let error = Wire.event("ERROR", Wire.status(code: code, reason: "Told"), kind: "Status")
        let expired = Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")
        let server = try ScriptedServer(
            .watch(added("a", 1), Wire.endOfInitialEvents(9), expired), .watch(added("a", 50), error),
            .watch(added("a", 50), Wire.endOfInitialEvents(51), then: .hold))
        try await follow(server) { informer, _ in
            #expect(await eventually { informer.status.resourceVersion == "51" })
        }
        #expect(server.asked == ["stream newest", "stream 9", "stream 50"])
    }

    @Test("the list after two broken streams of a first start is not older than what came of them")
    func errorsAtStart() async throws {
        let error = Wire.event("ERROR", Wire.status(code: 500, reason: "Told"), kind: "Status")
        let unreadable = Wire.event("ADDED", [0xFF, 0xFF, 0xFF])
        let server = try ScriptedServer(
            .watch(added("a", 50), error), .watch(added("a", 50), unreadable),
            .list(Wire.namespace("a", version: 50), version: 51))
        try await follow(server) { informer, _ in
            #expect(await eventually { informer.status.resourceVersion == "51" })
        }
        #expect(server.asked.prefix(3) == ["stream newest", "stream newest", "list 50"])
    }

    @Test("a deletion inside a streamed list that breaks off is not undone by an older list")
    func deletionInList() async throws {
        let expired = Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")
        let error = Wire.event("ERROR", Wire.status(code: 429, reason: "Told"), kind: "Status")
        let server = try ScriptedServer(
            .watch(added("a", 1), Wire.endOfInitialEvents(9), expired),
            .watch(Wire.event("DELETED", Wire.namespace("a", version: 60)), error),
            .watch(Wire.endOfInitialEvents(61), then: .hold))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["list +a", "list -a"]))
            #expect(await eventually { server.requests.count == 3 })
        }
        #expect(server.asked == ["stream newest", "stream 9", "stream 60"])
    }

    @Test("a server that refuses is asked for lists, and other informers do not try again", arguments: [422, 400])
    func refused(status: Int) async throws {
        let server = try ScriptedServer(
            .status(status, reason: "Invalid"), .list(Wire.namespace("a", version: 1), version: 9))
        let client = server.client()
        try await follow(server, client: client) { informer, changes in
            #expect(await changes.reach(["list +a"]))
            #expect(informer.status.failures == 0)
            #expect(informer.status.lastError == nil)
            // Its watch must not take the answer that is meant for the other informer.
            #expect(await eventually { server.asked == ["stream newest", "list 0", "watch 9"] })
        }
        server.append(.list(version: 9))
        let count = server.requests.count
        try await follow(server, client: client) { informer, _ in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        }
        #expect(server.asked[count] == "list 0")
        #expect(server.versionRequests == 1)
    }

    @Test("an old server, and one that does not say how old it is, is not asked", arguments: ["26", "20+", "", "x"])
    func oldServer(minor: String) async throws {
        let server = try ScriptedServer(.list(version: 9))
        try await follow(server, minorVersion: minor) { informer, _ in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        }
        #expect(server.asked.first == "list 0")
        #expect(StreamingLists.isNewEnough(["major": "1", "minor": "27+"]))
        #expect(StreamingLists.isNewEnough(["major": "2", "minor": "0"]))
        #expect(!StreamingLists.isNewEnough(["major": 1, "minor": 30]))
    }

    @Test("a server that ignores the parameter, and so never says that the list is complete, is asked for lists")
    func ignored() async throws {
        let server = try ScriptedServer(
            .watch(added("a", 1), then: .hold), .list(Wire.namespace("a", version: 1), version: 9))
        try await follow(server, streamSilenceLimit: .milliseconds(200)) { informer, changes in
            #expect(await changes.reach(["list +a"]))
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        }
        #expect(server.asked.prefix(2) == ["stream newest", "list newest"])
    }

    @Test("one list that fell silent is no reason not to stream the next")
    func silentOnce() async throws {
        let expired = Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")
        let server = try ScriptedServer(
            .watch(added("a", 1), then: .hold), .list(Wire.namespace("a", version: 1), version: 9), .watch(expired),
            .watch(added("b", 10), Wire.endOfInitialEvents(11), then: .hold))
        try await follow(server, streamSilenceLimit: .milliseconds(200)) { _, changes in
            #expect(await changes.reach(["list +a", "list +b", "list -a"]))
        }
        #expect(server.asked == ["stream newest", "list newest", "watch 9", "stream 9"])
    }

    @Test("three silent lists in a row are a refusal for an hour, one that succeeds between them begins anew")
    func silences() async throws {
        let server = try ScriptedServer()
        server.setMinorVersion("34")
        let (clock, client) = (ManualClock(), server.client())
        let lists = StreamingLists(clock: clock)
        for _ in 0..<2 {
            await lists.fellSilent()
            await lists.fellSilent()
            #expect(try await lists.isWorthTrying(with: client))
            await lists.succeeded()
        }
        for _ in 0..<3 { await lists.fellSilent() }
        clock.advance(by: .seconds(3599))
        #expect(try await !lists.isWorthTrying(with: client))
        clock.advance(by: .seconds(1))
        #expect(try await lists.isWorthTrying(with: client))
        #expect(server.versionRequests == 2)
    }

    @Test("a server that was too old, or has refused, is asked again after an hour")
    func upgraded() async throws {
        let server = try ScriptedServer()
        server.setMinorVersion("26")
        let (clock, client) = (ManualClock(), server.client())
        let lists = StreamingLists(clock: clock)
        #expect(try await !lists.isWorthTrying(with: client))
        server.setMinorVersion("27")
        #expect(try await !lists.isWorthTrying(with: client))
        clock.advance(by: StreamingLists.askedAgainAfter)
        #expect(try await lists.isWorthTrying(with: client))
        await lists.refuse()
        #expect(try await !lists.isWorthTrying(with: client))
        clock.advance(by: StreamingLists.askedAgainAfter)
        #expect(try await lists.isWorthTrying(with: client))
    }

    @Test("after the bookmark silence is as long as that of any watch")
    func silence() async throws {
        let server = try ScriptedServer(
            .watch(Wire.endOfInitialEvents(9), then: .hold), .watch(Wire.endOfInitialEvents(10), then: .hold))
        let started = ContinuousClock.now
        try await follow(server, silenceLimit: .milliseconds(900), streamSilenceLimit: .milliseconds(200)) {
            informer, _ in
            #expect(await eventually { server.asked == ["stream newest", "stream 9"] })
            #expect(informer.status.relists == [.silent: 1])
        }
        #expect(ContinuousClock.now - started >= .milliseconds(900))
    }
}
