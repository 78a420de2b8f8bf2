import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Kubernetes client")
struct KubernetesClientTests {
    private let path = "/api/v1/namespaces"

    @Test("objects are created, read, patched and deleted in JSON")
    func objects() async throws {
        let server = try ScriptedServer(
            .bytes(Array(#"{"kind":"Namespace"}"#.utf8), .end), .bytes(Array(#"{"kind":"Namespace"}"#.utf8), .end),
            .bytes(Array("{}".utf8), .end), .bytes(Array("{}".utf8), .end))
        let client = server.client(.token("secret"))
        #expect(try await client.create(path, ["metadata": ["name": "a"]])["kind"] == "Namespace")
        _ = try await client.get(path, query: [("pretty", "a&b=c d")])
        _ = try await client.patch(path, .apply, ["a": 1], query: [("fieldManager", "callboard")])
        try await client.delete(path, gracePeriodSeconds: 0)
        let requests = server.requests
        #expect(requests.map(\.method) == ["POST", "GET", "PATCH", "DELETE"])
        #expect(requests[0].body == Array(#"{"metadata":{"name":"a"}}"#.utf8))
        #expect(requests[0].headers["Content-Type"] == "application/json")
        #expect(requests[0].headers["Authorization"] == "Bearer secret")
        #expect(requests[1].query["pretty"] == "a&b=c d")
        #expect(requests[2].headers["Content-Type"] == "application/apply-patch+yaml")
        #expect(requests[3].query["gracePeriodSeconds"] == "0")
    }

    @Test("a refusal is an error that names the request but neither query nor token")
    func refusal() async throws {
        let server = try ScriptedServer(.status(403, reason: "Forbidden"))
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await server.client(.token("secret")).get(path, query: [("labelSelector", "hidden")])
        }
        #expect(error?.code == .forbidden)
        #expect(error?.description == "GET /api/v1/namespaces: 403 Forbidden (forbidden)")
    }

    @Test("what the server refuses with a wait is sent again after it")
    func retryAfter() async throws {
        let wait: HTTPHeaders = ["Retry-After": "1"]
        let server = try ScriptedServer(
            .refusal(429, headers: wait), .refusal(503, headers: wait), .bytes(Array("{}".utf8), .end))
        let seen = Mutex<[Int]>([])
        let client = server.client { observation in
            if case .attempt(let attempt) = observation { seen.withLock { $0.append(attempt.status) } }
        }
        _ = try await client.create(path, [:])
        #expect(seen.withLock { $0 } == [429, 503, 200])
    }

    @Test("waiting for a busy server has an end, and a refusal without a wait is final")
    func retryEnds() async throws {
        let busy = ScriptedServer.Answer.refusal(429, headers: ["Retry-After": "1"])
        let server = try ScriptedServer(busy, busy, busy, busy, busy, .refusal(503))
        for (code, count) in [(KubernetesError.Code.tooManyRequests, 5), (.unavailable, 6)] {
            let error = await #expect(throws: KubernetesError.self) { _ = try await server.client().get(path) }
            #expect(error?.code == code)
            #expect(server.requests.count == count)
        }
    }

    @Test("who is cancelled while it waits gets an error that names the request", arguments: ["GET", "POST"])
    func cancelledInWait(method: String) async throws {
        let server = try ScriptedServer(.refusal(429, headers: ["Retry-After": "5"]))
        let clock = ManualClock()
        let client = server.client(clock: clock)
        let requests = method == "GET" ? 1 : 31
        // Writes after the burst wait for their turn, before they are sent.
        for _ in 1..<requests { server.prepend(.bytes(Array("{}".utf8), .end)) }
        for _ in 1..<requests { _ = try await client.create(path, [:]) }
        let task = Task { try await client.send(KubernetesRequest(method, path)) }
        #expect(await eventually { clock.sleeperCount == 1 })
        task.cancel()
        let error = await #expect(throws: KubernetesError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(error?.request == "\(method) \(path)")
    }

    @Test("a body is admitted before it is taken, and from nothing again when its connection broke")
    func admission() async throws {
        let text = Array(#"{"kind":"NamespaceList","items":[]}"#.utf8)
        let server = try ScriptedServer(
            .status(401, reason: "Unauthorized"), .bytes(Array(text[..<9]), .cut), .bytes(text, .end))
        let told = Mutex<[Int]>([])
        let body = try await server.client(.token("secret")).body(of: KubernetesRequest("GET", path)) { bytes in
            told.withLock { $0.append(bytes) }
            return true
        }
        #expect(body == text && server.requests.count == 3)
        #expect(told.withLock { $0 } == [0, 0, 9, 0, text.count])
    }

    @Test("a body that is not admitted is nil, one that is too long an error")
    func refusedBody() async throws {
        let server = try ScriptedServer(.bytes(Array("{}".utf8), .hold), .bytes(Array("{}".utf8), .end))
        #expect(try await server.client().body(of: KubernetesRequest("GET", path)) { $0 < 2 } == nil)
        var request = KubernetesRequest("GET", path)
        request.maximumBodyBytes = 1
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await server.client().body(of: request) { _ in true }
        }
        #expect(error?.description == "GET /api/v1/namespaces: the body is longer than the limit (undecodable)")
    }

    @Test("a token that is refused twice is an error")
    func unauthorized() async throws {
        let server = try ScriptedServer(.status(401, reason: "Unauthorized"), .status(401, reason: "Unauthorized"))
        let error = await #expect(throws: KubernetesError.self) {
            _ = try await server.client(.token("secret")).get(path)
        }
        #expect(error?.code == .unauthorized)
        #expect(server.requests.count == 2)
    }

    @Test("an answer that is no JSON is an error")
    func noJSON() async throws {
        let server = try ScriptedServer(.bytes(Array("<html>".utf8), .end))
        let error = await #expect(throws: KubernetesError.self) { _ = try await server.client().get(path) }
        #expect(error?.code == .undecodable)
    }

    @Test("the newest version that both know is used; a resource that is not there is no error")
    func discovery() async throws {
        let server = try ScriptedServer()
        server.serve("/apis/batch/v1", ["jobs"])
        server.serve("/apis/batch/v1beta1", ["cronjobs", "cronjobs/status"])
        let client = server.client()
        #expect(try await client.endpoint(of: .cronJobs)?.path() == "/apis/batch/v1beta1/cronjobs")
        #expect(try await client.endpoint(of: .jobs)?.path(namespace: "a b") == "/apis/batch/v1/namespaces/a%20b/jobs")
        #expect(try await client.endpoint(of: .deployments) == nil)
        let newer = try ScriptedServer()
        newer.serve("/apis/batch/v1", ["jobs", "cronjobs"])
        newer.serve("/apis/batch/v1beta1", ["cronjobs"])
        #expect(try await newer.client().endpoint(of: .cronJobs)?.groupVersion.version == "v1")
    }

    @Test("paths name what they mean")
    func paths() {
        let pods = Endpoint(GroupVersion(version: "v1"), "pods")
        #expect(pods.path() == "/api/v1/pods")
        #expect(
            pods.path(namespace: "shop", name: "web", subresource: "status")
                == "/api/v1/namespaces/shop/pods/web/status")
        let leases = Endpoint(GroupVersion(group: "coordination.k8s.io", version: "v1"), "leases")
        #expect(leases.path(namespace: "x") == "/apis/coordination.k8s.io/v1/namespaces/x/leases")
    }
}

@Suite("Gate")
struct GateTests {
    @Test("all who wait pass when it opens, and later ones at once")
    func opening() async {
        let gate = Gate()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { await gate.wait(until: .now + .seconds(60)) } }
            gate.open()
            for await passed in group { #expect(passed) }
        }
        gate.open()
        #expect(await gate.wait())
    }

    @Test("a deadline and a cancellation end the waiting")
    func ending() async {
        let gate = Gate()
        #expect(await !gate.wait(until: .now + .milliseconds(10)))
        let task = Task { await gate.wait() }
        task.cancel()
        #expect(await !task.value)
    }
}
