import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Custom resources")
struct CustomResourceTests {
    private struct Rollout: KubernetesObject {
        var meta: ObjectMeta
        var replicas: Int64
        /// The members that the decoder was given.
        var members: Set<String>
    }

    private let rollouts = Resource<Rollout>.custom(
        kind: "Rollout", plural: "rollouts", groupVersion: GroupVersion(group: "argoproj.io", version: "v1alpha1"),
        annotations: .only(["team"]), fields: [["spec", "replicas"]]
    ) { json, context in
        Rollout(
            meta: try ObjectMeta(from: json, in: &context), replicas: json["spec"]?["replicas"]?.intValue ?? 0,
            members: Set((json.objectValue?.keys ?? []) + (json["metadata"]?.objectValue?.keys ?? [])))
    }

    private func rollout(_ name: String, version: Int, replicas: Int = 1) -> String {
        """
        {"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{"name":"\(name)","namespace":"shop",\
        "uid":"6fb0e809-94c9-4190-9ab5-9132f7bd9c8e","resourceVersion":"\(version)","generation":4,\
        "creationTimestamp":"2026-01-02T03:04:05Z","labels":{"app":"web","a-long-label-of-many-objects":"v"},\
        "annotations":{"team":"blue","other":"x"},"managedFields":[{"manager":"m"}],\
        "ownerReferences":[{"kind":"A","uid":"a"},{"apiVersion":"apps/v1","kind":"B","name":"b","uid":"c",\
        "controller":true}]},"spec":{"replicas":\(replicas),"template":{}},"status":null}
        """
    }

    private func list(_ items: String..., version: Int) -> ScriptedServer.Answer {
        let text = """
            {"kind":"RolloutList","items":[\(items.joined(separator: ","))],\
            "metadata":{"resourceVersion":"\(version)","continue":""}}
            """
        return .bytes(Array(text.utf8), .end)
    }

    private func events(_ events: (type: String, object: String)..., then: ScriptedServer.Ending)
        -> ScriptedServer.Answer
    {
        .bytes(Array(events.map { #"{"type":"\#($0.type)","object":\#($0.object)}"# + "\n" }.joined().utf8), then)
    }

    private func follow(
        _ server: ScriptedServer, client: KubernetesClient? = nil, silenceLimit: Duration = .seconds(90),
        _ body: (Informer<Rollout>) async throws -> Void
    ) async throws {
        server.serve("/apis/argoproj.io/v1alpha1", ["rollouts"])
        let informer = Informer(
            rollouts, client: client ?? server.client(), silenceLimit: silenceLimit,
            logger: Logger("test", sink: { _ in }), clock: SkippingClock())
        let task = Task { await informer.run() }
        try await body(informer)
        task.cancel()
        await task.value
    }

    @Test("a watch in which nothing but blank lines comes is silent")
    func blankLines() async throws {
        let server = try ScriptedServer(
            list(version: 9), events(("ADDED", rollout("a", version: 10)), then: .blankLines),
            list(rollout("a", version: 10), version: 12))
        try await follow(server, silenceLimit: .milliseconds(500)) { informer in
            #expect(await eventually { server.requests.count == 4 })
            #expect(informer.status.relists == [.silent: 1])
            #expect(informer.status.failures == 0)
        }
        #expect(server.asked == ["list 0", "watch 9", "list 10", "watch 12"])
    }

    @Test("a custom resource is listed and watched in JSON")
    func listAndWatch() async throws {
        let bookmark = #"{"metadata":{"resourceVersion":"30","creationTimestamp":null},"spec":null}"#
        let server = try ScriptedServer(
            list(rollout("a", version: 3), rollout("b", version: 5), version: 9),
            events(
                ("MODIFIED", rollout("a", version: 10, replicas: 7)), ("ADDED", rollout("c", version: 11)),
                ("DELETED", rollout("b", version: 12)), ("LATER", "{}"), ("BOOKMARK", bookmark), then: .end))
        try await follow(server) { informer in
            #expect(await eventually { server.asked == ["list 0", "watch 9", "watch 30"] })
            #expect(Set(informer.cache.list().map(\.meta.name)) == ["a", "c"])
            let a = try #require(informer.cache.get(ObjectKey(namespace: "shop", name: "a")))
            #expect(a.replicas == 7)
            #expect(a.meta.uid == "6fb0e809-94c9-4190-9ab5-9132f7bd9c8e")
            #expect(a.meta.resourceVersion == "10")
            #expect(a.meta.generation == 4)
            #expect(a.meta.created.rfc3339 == "2026-01-02T03:04:05Z")
            #expect(a.meta.deleted == nil)
            #expect(a.meta.labels == ["app": "web", "a-long-label-of-many-objects": "v"])
            #expect(a.meta.annotations == ["team": "blue"])
            #expect(a.meta.owner == ControllerReference(group: "apps", kind: "B", name: "b", uid: "c"))
        }
        #expect(server.requests.allSatisfy { $0.headers["Accept"] == "application/json" })
    }

    @Test("fields that are not read are not built")
    func selection() async throws {
        let server = try ScriptedServer(list(rollout("a", version: 3), version: 9))
        try await follow(server) { informer in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            let members = try #require(informer.cache.list().first?.members)
            #expect(members.isSuperset(of: ["apiVersion", "kind", "metadata", "spec", "name", "annotations"]))
            #expect(members.isDisjoint(with: ["managedFields", "status"]))
        }
    }

    @Test("an error event, a bare Status and a line of garbage are failures like those of the other form")
    func errors() async throws {
        let status = #"{"kind":"Status","status":"Failure","reason":"Expired","code":410}"#
        let server = try ScriptedServer(
            list(version: 9), .bytes(Array((status + "\n").utf8), .hold), list(version: 20),
            events(("ERROR", status), then: .hold), list(version: 30), .bytes(Array("<html>\n".utf8), .hold))
        try await follow(server) { _ in
            #expect(await eventually { server.requests.count == 7 })
        }
        #expect(
            server.asked == ["list 0", "watch 9", "list 9", "watch 20", "list 20", "watch 30", "watch 30"])
    }

    @Test("lists are asked for compressed where the server is elsewhere and nothing forbids it")
    func compression() async throws {
        // gzip of a RolloutList at version 9 with a and b of the namespace shop
        let compressed = """
            H4sIAAAAAAACA43MMQ7CMAyF4bu8OVtZmjN0YmBBDKa1REQTV7E7Rbk77ljBwOZn/foa3qksiLjKuspuU1JDQGajhYwQGyqr7HXmG1dNUrwd0QOS\
            cVbEezvFhTJ7QW4cp240H1tfsvnrmxrQe/hJPP8lLk48+ge8nQ8tyQAAAA==
            """
        let bytes = try #require(Base64.decode(compressed))
        let server = try ScriptedServer(
            .bytes(bytes, .end, headers: ["Content-Encoding": "gzip"]), .silence, list(version: 9), .silence,
            list(version: 9))
        // On Linux this address leads to the machine itself, but is none of those that the client takes for it.
        let elsewhere = server.url.replacing("127.0.0.1", with: "0.0.0.0")
        for (url, disable, expected) in [(elsewhere, false, "gzip"), (elsewhere, true, nil), (server.url, false, nil)] {
            let count = server.requests.count
            var configuration = ClusterConfiguration(server: url)
            configuration.disableCompression = disable
            let client = KubernetesClient(configuration, http: HTTPClient(name: "test"), version: "1")
            try await follow(server, client: client) { informer in
                #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
                #expect(informer.cache.count == (disable || expected == nil ? 0 : 2))
                #expect(await eventually { server.requests.count >= count + 2 || url == server.url })
            }
            #expect(server.requests[count].headers["Accept-Encoding"] == expected)
            #expect(server.requests.dropFirst(count + 1).allSatisfy { $0.headers["Accept-Encoding"] == nil })
        }
    }

    @Test("a kind whose definition was deleted is gone with its objects, quietly, and followed when it comes back")
    func vanished() async throws {
        let server = try ScriptedServer(
            list(rollout("a", version: 3), version: 9), .refusal(404, body: Array("404 page not found\n".utf8)))
        server.serve("/apis/argoproj.io/v1alpha1", ["rollouts"])
        let lines = Mutex<[String]>([])
        let clock = ManualClock()
        let informer = Informer(
            rollouts, client: server.client(),
            logger: Logger("test") { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
            clock: clock)
        let task = Task { await informer.run() }
        #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        #expect(await eventually { clock.sleeperCount == 1 })
        // The definition is still there, it was a stray answer: nothing is taken for gone but what a list says.
        server.serve("/apis/argoproj.io/v1alpha1", nil)
        #expect(await eventually { informer.cache.count == 0 })
        for _ in 0..<5 {
            clock.advance(by: .seconds(90))
            #expect(await eventually { clock.sleeperCount == 1 })
        }
        #expect(!informer.status.isServed)
        #expect(informer.status.failures == 0)
        #expect(informer.status.lastError == nil)
        server.append(list(rollout("b", version: 30), version: 31))
        server.serve("/apis/argoproj.io/v1alpha1", ["rollouts"])
        clock.advance(by: .seconds(90))
        #expect(await eventually { informer.cache.list().map(\.meta.name) == ["b"] })
        #expect(informer.status.isServed)
        #expect(informer.status.relists[.notServed] == 6)
        #expect(lines.withLock { $0 }.filter { !$0.contains("list complete") }.count == 1)
        task.cancel()
        await task.value
    }

    /// Objects that an API server stores where a definition keeps unknown fields, and that our parser does not read.
    private static let oddities = [
        ("a great number", #""status":{"n":[18446744073709552000,-9223372036854775809,18446744073709551615]}"#),
        ("much nesting", #""status":\#(nested)"#),
        ("a great number in a field that is read", #""spec":{"replicas":18446744073709552000}"#),
        ("much nesting in a field that is read", #""spec":{"replicas":\#(nested)}"#),
    ]
    private static let nested = String(repeating: "[", count: 130) + #""]""# + String(repeating: "]", count: 130)

    private func odd(_ name: String, version: Int, _ member: String) -> String {
        rollout(name, version: version).dropLast() + "," + member + "}"
    }

    @Test("an object with what the parser does not read hides no other one, and has its own name", arguments: oddities)
    func oddObject(what: String, member: String) async throws {
        let (first, middle, last) = (
            odd("a", version: 3, member), odd("c", version: 5, member), odd("e", version: 7, member)
        )
        let server = try ScriptedServer(
            list(first, rollout("b", version: 4), middle, rollout("d", version: 6), last, version: 9),
            events(
                ("MODIFIED", odd("b", version: 10, member)), ("ADDED", rollout("f", version: 11, replicas: 7)),
                ("DELETED", odd("c", version: 12, member)), ("ADDED", odd("g", version: 13, member)), then: .hold))
        try await follow(server) { informer in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            #expect(await eventually { informer.status.resourceVersion == "13" })
            #expect(Set(informer.cache.list().map(\.meta.name)) == ["a", "b", "d", "e", "f", "g"])
            let named = { informer.cache.get(ObjectKey(namespace: "shop", name: $0)) }
            #expect(named("b")?.meta.resourceVersion == "10" && named("f")?.replicas == 7)
            // A count that no count can be counts as absent.
            #expect(named("g")?.replicas == (member.contains("spec") ? 0 : 1))
            #expect(named("g")?.meta.labels["app"] == "web")
            #expect(informer.status.failures == 0)
        }
        #expect(server.asked == ["list 0", "watch 9"])
    }

    @Test("a list with a Status in it, or none of the resource, is not an empty cluster")
    func notAList() async throws {
        let server = try ScriptedServer(
            .bytes(Array(#"{"kind":"Status","status":"Failure","code":500}"#.utf8), .end),
            list(rollout("a", version: 3), version: 9))
        try await follow(server) { informer in
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            #expect(informer.status.failures == 1)
            #expect(informer.cache.count == 1)
        }
    }
}
