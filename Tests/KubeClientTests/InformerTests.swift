import Base
import HTTPClient
import TestSupport
import Testing

@testable import KubeClient

@Suite("Informer")
struct InformerTests {
    /// Runs an informer of namespaces against a scripted server for as long as `body` does.
    private func follow(
        _ server: ScriptedServer, credentials: ClusterConfiguration.Credentials = .none,
        silenceLimit: Duration = .seconds(90), streamSilenceLimit: Duration = .seconds(10),
        notOlderThan: ResourceVersion? = nil, selection: Selection = .all,
        _ body: (Informer<Namespace>, ChangeLog) async throws -> Void
    ) async throws {
        let changes = ChangeLog()
        let informer = Informer(
            .namespaces, client: server.client(credentials), selection: selection, notOlderThan: notOlderThan,
            silenceLimit: silenceLimit, streamSilenceLimit: streamSilenceLimit, logger: Logger("test", sink: { _ in }),
            clock: SkippingClock(), onChange: changes.add)
        let task = Task { await informer.run() }
        try await body(informer, changes)
        task.cancel()
        await task.value
    }

    @Test("objects of the list and events of the watch reach the cache and the handler")
    func listAndWatch() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 3), Wire.namespace("b", version: 5), version: 9),
            .watch(
                Wire.event("ADDED", Wire.namespace("c", version: 10)),
                Wire.event("MODIFIED", Wire.namespace("a", version: 11, phase: "Terminating")),
                Wire.event("BOOKMARK", Wire.namespace("", version: 12)),
                Wire.event("LATER", Wire.namespace("d", version: 13)),
                Wire.event("DELETED", Wire.namespace("a", version: 14)), then: .hold))
        try await follow(server) { informer, changes in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            #expect(
                await changes.reach(["list +a", "list +b", "watch +c", "watch ~a Terminating", "watch -a"]))
            #expect(Set(informer.cache.list().map(\.meta.name)) == ["b", "c"])
            #expect(await eventually { informer.status.events == 3 })
            #expect(informer.status.lastEventAt != nil)
            #expect(informer.status.lastError == nil)
        }
        #expect(server.asked == ["list 0", "watch 9"])
        let watch = server.requests[1]
        #expect(watch.query["allowWatchBookmarks"] == "true")
        #expect(watch.query["timeoutSeconds"].flatMap { Int($0) }.map { (240...480).contains($0) } == true)
        #expect(
            watch.headers["Accept"]
                == "application/vnd.kubernetes.protobuf;stream=watch;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
                + "application/vnd.kubernetes.protobuf;stream=watch")
        #expect(watch.headers["User-Agent"]?.hasPrefix("callboard/1.2.3 (linux/") == true)
    }

    @Test("informers stop at once while the server is silent", arguments: ["/version", "/api/v1"])
    func stopInSilence(path: String) async throws {
        let server = try ScriptedServer()
        server.setMinorVersion("34")
        server.fallSilent(at: path)
        let client = server.client()
        // Two share the request.
        let tasks = (0..<2).map { _ in
            Task { await Informer(.namespaces, client: client, logger: Logger("test", sink: { _ in })).run() }
        }
        #expect(await eventually { server.silences == 1 })
        let began = ContinuousClock.now
        for task in tasks {
            task.cancel()
            await task.value
        }
        #expect(ContinuousClock.now - began < .seconds(5))
    }

    @Test("a relist reports what vanished, changed and was made anew while the watch was lost")
    func relist() async throws {
        let server = try ScriptedServer(
            .list(
                Wire.namespace("a", version: 1), Wire.namespace("b", version: 2), Wire.namespace("c", version: 3),
                Wire.namespace("d", version: 4), version: 9),
            .watch(Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")),
            .list(
                Wire.namespace("b", version: 2), Wire.namespace("c", version: 20, phase: "Terminating"),
                Wire.namespace("d", uid: "other", version: 21), version: 30))
        try await follow(server) { _, changes in
            #expect(
                await changes.reach([
                    "list +a", "list +b", "list +c", "list +d",
                    "list ~c Terminating", "list -d", "list +d", "list -a",
                ]))
            #expect(await eventually { server.asked == ["list 0", "watch 9", "list 9", "watch 30"] })
        }
    }

    @Test("counts go on when the informer is started again")
    func startedAgain() async throws {
        let server = try ScriptedServer()
        let informer = Informer(
            .namespaces, client: server.client(), logger: Logger("test", sink: { _ in }), clock: SkippingClock())
        for run in 1...2 {
            server.append(
                .list(Wire.namespace("a", version: 1), version: 9),
                .watch(Wire.event("ERROR", Wire.status(code: 410, reason: "Expired"), kind: "Status")),
                .list(Wire.namespace("a", version: 1), version: 9 + run), .watch(then: .end), .watch(then: .hold))
            let task = Task { await informer.run() }
            #expect(await eventually { informer.status.watches == 3 * run })
            task.cancel()
            await task.value
            #expect(informer.status.relists == [.expired: run])
            #expect(informer.status.watchRestarts.values.reduce(0, +) == run)
            #expect(informer.status.lists == 2 * run)
        }
    }

    @Test(
        "a watch that is cut inside a frame goes on after its last whole event",
        arguments: [ScriptedServer.Ending.end, .cut])
    func cutInsideFrame(ending: ScriptedServer.Ending) async throws {
        let lost = Wire.event("ADDED", Wire.namespace("b", version: 11))
        let server = try ScriptedServer(
            .list(version: 9),
            .watch(Wire.event("ADDED", Wire.namespace("a", version: 10)), Array(lost.dropLast(7)), then: ending),
            .watch(lost, then: .hold))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["watch +a", "watch +b"]))
        }
        #expect(server.asked == ["list 0", "watch 9", "watch 10"])
    }

    @Test("an expired version, told by status, is left step by step")
    func goneByStatus() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 1), version: 9), .status(410, reason: "Expired"),
            .status(410, reason: "Expired"), .list(Wire.namespace("b", version: 40), version: 50))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["list +a", "list +b", "list -a"]))
            #expect(await eventually { server.requests.count == 5 })
        }
        #expect(server.asked == ["list 0", "watch 9", "list 9", "list newest", "watch 50"])
    }

    @Test("a cluster that was set back is followed again", arguments: [true, false])
    func restored(sendsHeader: Bool) async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 900), version: 1000), sendsHeader ? .watch(then: .hold) : .silence,
            .status(504, reason: "Timeout", causes: ["ResourceVersionTooLarge"]),
            .list(Wire.namespace("b", version: 40), version: 50))
        try await follow(server, silenceLimit: .milliseconds(200)) { _, changes in
            #expect(await changes.reach(["list +a", "list +b", "list -a"]))
            #expect(await eventually { server.requests.count >= 5 })
        }
        #expect(server.asked.prefix(5) == ["list 0", "watch 1000", "list 1000", "list newest", "watch 50"])
    }

    @Test("pages are followed, and what vanished is known at the last one only")
    func pages() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 1), Wire.namespace("z", version: 2), version: 9),
            .status(410, reason: "Gone"), .status(410, reason: "Gone"),
            .list(Wire.namespace("b", version: 40), version: 50, continueToken: "t1"),
            .list(Wire.namespace("z", version: 2), version: 50))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["list +a", "list +z", "list +b", "list -a"]))
            #expect(await eventually { server.requests.count == 6 })
        }
        #expect(server.asked.suffix(3) == ["list newest", "list newest after t1", "watch 50"])
        #expect(server.requests[3].query["limit"] == "500")
    }

    @Test("a list that is cut removes nothing, and is read again")
    func cutList() async throws {
        let bytes = Wire.list(
            [Wire.namespace("a", version: 1), Wire.namespace("b", version: 2)], resourceVersion: "9")
        for ending in [ScriptedServer.Ending.end, .cut] {
            let server = try ScriptedServer(
                .list(Wire.namespace("b", version: 2), version: 9), .status(410, reason: "Expired"),
                .bytes(Array(bytes.prefix(bytes.count / 2)), ending), .bytes(bytes, .end))
            try await follow(server) { informer, changes in
                #expect(await changes.reach(["list +b", "list +a"]))
                #expect(await eventually { informer.status.lists == 2 })
                #expect(informer.cache.count == 2)
            }
        }
    }

    @Test("a refused token is read again at once")
    func unauthorized() async throws {
        let file = "/tmp/callboard-test-token-\(UInt64.random(in: 0 ... .max))"
        try write("first", to: file)
        defer { remove(file) }
        let server = try ScriptedServer(.list(version: 9), .status(401, reason: "Unauthorized"))
        try await follow(server, credentials: .tokenFile(path: file, initial: nil)) { informer, _ in
            #expect(await eventually { server.requests.count == 3 })
        }
        #expect(server.asked == ["list 0", "watch 9", "watch 9"])
        #expect(server.requests.allSatisfy { $0.headers["Authorization"] == "Bearer first" })

        let renewed = try ScriptedServer(.status(401, reason: "Unauthorized"), .list(version: 9))
        let client = renewed.client(.tokenFile(path: file, initial: nil))
        let informer = Informer(
            .namespaces, client: client, logger: Logger("test", sink: { _ in }), clock: SkippingClock())
        _ = try await client.endpoint(of: .namespaces)  // reads the token
        try write("second\n", to: file)
        let task = Task { await informer.run() }
        #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        task.cancel()
        #expect(renewed.requests.prefix(2).map { $0.headers["Authorization"] } == ["Bearer first", "Bearer second"])
    }

    @Test("an overloaded server that answers with text is asked for the same again")
    func tooManyRequests() async throws {
        let server = try ScriptedServer(
            .list(version: 9),
            .refusal(
                429, body: Array("Too many requests, please try again later.".utf8), headers: ["Retry-After": "1"]),
            .refusal(429, body: Array("again".utf8)))
        try await follow(server) { informer, _ in
            #expect(await eventually { server.requests.count == 4 })
            #expect(informer.status.failures == 2)
            #expect(informer.status.lastError?.code == .tooManyRequests)
            #expect(informer.status.lastError?.detail == "429 again")
            #expect(informer.status.isSynced)
            #expect(informer.status.watchRestarts == [.overloaded: 2])
        }
        #expect(server.asked == ["list 0", "watch 9", "watch 9", "watch 9"])
    }

    @Test("a server that was away is asked for its version, and followed if it was not set back")
    func away() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 3), version: 9), .refusal(503, body: Array("starting".utf8)),
            .list(Wire.namespace("b", version: 1), version: 9), .status(503, reason: ""),
            .list(version: 8), .list(Wire.namespace("c", version: 2), version: 8))
        try await follow(server) { informer, changes in
            #expect(await changes.reach(["list +a", "list +c", "list -a"]))
            #expect(await eventually { server.requests.count == 7 })
            #expect(await eventually { informer.status.restores == 1 })
            #expect(informer.status.relists == [.restored: 1])
            #expect(informer.status.resourceVersion == "8")
        }
        #expect(
            server.asked == [
                "list 0", "watch 9", "list newest probe", "watch 9", "list newest probe", "list newest", "watch 8",
            ])
    }

    @Test("a missing permission is reported until it is given")
    func forbidden() async throws {
        let server = try ScriptedServer(.status(403, reason: "Forbidden"), .refusal(403))
        try await follow(server) { informer, _ in
            #expect(await eventually { informer.status.failures == 2 && server.requests.count == 3 })
            #expect(informer.status.lastError?.code == .forbidden)
            #expect(await !informer.waitUntilSynced(deadline: .now + .milliseconds(50)))
        }
        let allowed = try ScriptedServer(.status(403, reason: "Forbidden"), .list(version: 9))
        try await follow(allowed) { informer, _ in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            #expect(informer.status.lastError == nil)
        }
    }

    @Test("a resource that the server does not have counts as complete, and is followed when it comes")
    func notServed() async throws {
        let server = try ScriptedServer(.list(Wire.namespace("a", version: 1), version: 9))
        server.serve("/api/v1", ["pods"])
        try await follow(server) { informer, changes in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            #expect(!informer.status.isServed)
            #expect(informer.cache.count == 0)
            server.serve("/api/v1", nil)
            server.serve("/api/v1", ["pods", "namespaces"])
        }
    }

    @Test("a list that is not found asks the server again what it has")
    func vanishedResource() async throws {
        let server = try ScriptedServer(
            .refusal(404, body: Array("404 page not found\n".utf8)), .list(Wire.namespace("a", version: 1), version: 9))
        try await follow(server) { informer, changes in
            #expect(await changes.reach(["list +a"]))
            #expect(await eventually { informer.status.isServed })
        }
    }

    @Test("a watch of garbage is tried again, then everything is listed")
    func garbage() async throws {
        let garbage = ScriptedServer.Answer.bytes(Array(#"{"type":"ADDED"}"#.utf8), .hold)
        let server = try ScriptedServer(.list(version: 9), garbage, garbage, garbage, garbage, .list(version: 10))
        try await follow(server) { informer, _ in
            #expect(await eventually { server.requests.count == 7 })
            #expect(informer.status.failures == 4)
        }
        #expect(server.asked == ["list 0", "watch 9", "watch 9", "watch 9", "watch 9", "list 9", "watch 10"])
    }

    @Test(
        "an event whose object cannot be read leads to a list instead of a ghost",
        arguments: [[0x0A, 0x05, 0x01] as [UInt8], [], Wire.namespace("", version: 12)])
    func malformedEvent(object: [UInt8]) async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", version: 1), version: 9),
            .watch(Wire.event("DELETED", object), Wire.event("ADDED", Wire.namespace("b", version: 13)), then: .hold),
            .list(Wire.namespace("b", version: 13), version: 13))
        try await follow(server) { informer, changes in
            #expect(await changes.reach(["list +a", "list +b", "list -a"]))
            #expect(await eventually { informer.status.relists == [.undecodable: 1] })
        }
        #expect(server.asked.prefix(3) == ["list 0", "watch 9", "list 9"])
    }

    @Test("an event that was sent before, and the deletion of an object that was made anew, change nothing")
    func replayed() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", uid: "new", version: 20), version: 20),
            .watch(
                Wire.event("MODIFIED", Wire.namespace("a", uid: "old", version: 11, phase: "Terminating")),
                Wire.event("DELETED", Wire.namespace("a", uid: "old", version: 12)),
                Wire.event("ADDED", Wire.namespace("a", uid: "new", version: 20)),
                Wire.event("DELETED", Wire.namespace("a", uid: "new", version: 21)), then: .hold))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["list +a", "watch -a"]))
        }
    }

    @Test("an object that was made anew between two events is reported as gone, then as there")
    func recreated() async throws {
        let server = try ScriptedServer(
            .list(Wire.namespace("a", uid: "old", version: 2), version: 9),
            .watch(Wire.event("MODIFIED", Wire.namespace("a", uid: "new", version: 12)), then: .hold))
        try await follow(server) { _, changes in
            #expect(await changes.reach(["list +a", "watch -a", "watch +a"]))
        }
    }

    @Test("an answer of another content type is an error with a wait, whatever it holds")
    func wrongContentType() async throws {
        let html: HTTPHeaders = ["Content-Type": "text/html; charset=utf-8"]
        let list = Wire.list([Wire.namespace("a", version: 1)], resourceVersion: "9")
        let server = try ScriptedServer(
            .bytes(list, .end, headers: html),
            .bytes(list, .end, headers: ["Content-Type": "application/vnd.kubernetes.protobuf"]),
            .bytes([], .hold, headers: html))
        try await follow(server) { informer, _ in
            #expect(await eventually { server.asked == ["list 0", "list 0", "watch 9", "watch 9"] })
            #expect(informer.status.failures == 2)
            #expect(informer.status.isSynced)
        }
    }

    @Test("the first list is not older than what an earlier process saw; the status says what to keep for the next")
    func timeTravel() async throws {
        let server = try ScriptedServer(
            .status(504, reason: "Timeout", causes: ["ResourceVersionTooLarge"]),
            .list(Wire.namespace("a", version: 1), version: 9),
            .watch(Wire.event("MODIFIED", Wire.namespace("a", version: 12, phase: "Terminating")), then: .hold))
        try await follow(server, notOlderThan: "700") { informer, changes in
            #expect(await changes.reach(["list +a", "watch ~a Terminating"]))
            #expect(await eventually { informer.status.resourceVersion == "12" })
        }
        #expect(server.asked == ["list 700", "list newest", "watch 9"])
        #expect(server.requests[0].query["resourceVersionMatch"] == "NotOlderThan")
    }

    @Test("a list in another form than protobuf is an error, not an empty cluster")
    func jsonList() async throws {
        let server = try ScriptedServer(.bytes(Array(#"{"kind":"NamespaceList","items":[]}"#.utf8), .end))
        try await follow(server) { informer, _ in
            #expect(await eventually { informer.status.lastError?.code == .undecodable })
            #expect(!informer.status.isSynced)
        }
    }

    @Test("selectors and the namespace are part of every request")
    func selection() async throws {
        let server = try ScriptedServer(.list(version: 9))
        let selection = Selection(labelSelector: "a in (b,c), d!=é", fieldSelector: "metadata.name=x")
        try await follow(server, selection: selection) { _, _ in
            #expect(await eventually { server.requests.count == 2 })
        }
        for request in server.requests {
            #expect(request.query["labelSelector"] == "a in (b,c), d!=é")
            #expect(request.query["fieldSelector"] == "metadata.name=x")
        }
    }

    @Test("a server that cannot be reached is reported, and the informer can be stopped")
    func unreachable() async throws {
        let server = try ScriptedServer()
        let client = KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient(name: "test"), version: "0")
        let informer = Informer(.namespaces, client: client, logger: Logger("test", sink: { _ in }))
        let task = Task { await informer.run() }
        #expect(await eventually { informer.status.lastError?.code == .unreachable })
        task.cancel()
        await task.value
        #expect(server.requests.isEmpty)
    }
}
