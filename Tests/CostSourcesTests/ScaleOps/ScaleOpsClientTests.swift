import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import CostSources

@Suite("ScaleOps client")
struct ScaleOpsClientTests {
    private let policies = ScaleOpsRequest("GET", "/api/v1/policies")

    @Test("a token that is refused in the midst is replaced once, for all who had it, and the requests are sent again")
    func renewal() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client { $0.concurrency = 32 }
        _ = try await text(client, policies)
        server.revoke()
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await text(client, policies) } }
            for try await answer in group { #expect(answer == "{}") }
        }
        #expect(server.logins == 2)
        let last = server.asked.suffix(20).map { $0.headers["Authorization"] }
        #expect(last.contains("Bearer token-number-2"))
    }

    @Test(
        "a redirect to where people log in counts as a refused token",
        arguments: ["/login?next=x", "/auth/login", "https://sso.example.com/authorize", "//sso.example/x", "/#/login"])
    func loginRedirect(location: String) async throws {
        let server = try ScaleOpsStandIn()
        server.answer { request in
            request.headers["Authorization"] == "Bearer token-number-1"
                ? HTTPServerResponse(status: 302, headers: ["Location": location]) : nil
        }
        #expect(try await text(server.client(), policies) == "{}")
        #expect(server.logins == 2 && server.asked.count == 2)
    }

    @Test("another redirect is neither followed nor a reason to log in")
    func otherRedirect() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { _ in HTTPServerResponse(status: 301, headers: ["Location": "/api/v2/policies"]) }
        #expect(await code { _ = try await text(server.client(), policies) } == .redirected)
        #expect(server.logins == 1 && server.asked.count == 1)
    }

    @Test("a server that refuses what it has just given is not asked for tokens without end, and is given up soon")
    func uselessTokens() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { _ in .json(401, [:]) }
        let now = Mutex(Timestamp(seconds: 1_800_000_000))
        let client = server.client { $0.now = { now.withLock { $0 } } }
        for _ in 0..<10 { #expect(await code { _ = try await text(client, policies) } == .unauthorized) }
        #expect(server.logins == 4)
        #expect(client.health?.error?.contains("the credentials are not taken (401)") == true)
        now.withLock { $0 = $0.adding(seconds: 31) }
        server.answer { _ in nil }
        #expect(try await text(client, policies) == "{}")
        #expect(client.health?.error == nil)
    }

    @Test("reads are sent again after a failure on the way, writes are not", arguments: [429, 502, 503, 504])
    func repeats(status: Int) async throws {
        let server = try ScaleOpsStandIn()
        let left = Mutex(3)
        server.answer { _ in
            left.withLock { left in
                left -= 1
                return left >= 0 ? HTTPServerResponse(status: status, headers: ["Retry-After": "1"]) : nil
            }
        }
        let pauses = Mutex<[Duration]>([])
        let client = server.client { $0.pause = { pause in pauses.withLock { $0.append(pause) } } }
        #expect(try await text(client, policies) == "{}")
        #expect(server.asked.count == 4)
        #expect(pauses.withLock { $0.count == 3 && $0.allSatisfy { $0 >= .seconds(1) } })

        left.withLock { $0 = 1 }
        var write = ScaleOpsRequest("POST", "/api/v1/policies", body: Array("{}".utf8), isRead: false)
        write.cluster = "eu@1"
        #expect(try await client.open(write).status == status)
        #expect(server.asked.count == 5 && server.asked.last?.headers["X-Scaleops-Cluster"] == "eu@1")
    }

    @Test("what follows an attempt")
    func steps() {
        var random = SeededRandom(seed: 1)
        var repeats = RequestRepeats(isRead: true)
        #expect(repeats.next(after: .answer(status: 200), using: &random) == .end)
        #expect(repeats.next(after: .answer(status: 500), using: &random) == .end)
        #expect(repeats.next(after: .failure(.timeout), using: &random) == .end)
        #expect(repeats.next(after: .answer(status: 503, retryAfter: .seconds(60)), using: &random) == .end)
        #expect(repeats.next(after: .answer(status: 401), using: &random) == .renew)
        #expect(repeats.next(after: .answer(status: 401), using: &random) == .end)
        let bounds: [ClosedRange<Duration>] = [
            .milliseconds(200)...(.milliseconds(300)), .milliseconds(600)...(.milliseconds(900)),
            .milliseconds(1_800)...(.milliseconds(2_700)),
        ]
        for bound in bounds {
            guard case .wait(let pause) = repeats.next(after: .failure(.connectionLost), using: &random) else {
                Issue.record("no wait")
                return
            }
            #expect(bound.contains(pause), "\(pause)")
        }
        #expect(repeats.next(after: .failure(.connectionLost), using: &random) == .end)
        var write = RequestRepeats(isRead: false)
        #expect(write.next(after: .failure(.connectionLost), using: &random) == .end)
        #expect(write.next(after: .answer(status: 503), using: &random) == .end)
        #expect(write.next(after: .answer(status: 302, leadsToLogin: true), using: &random) == .end)
        #expect(write.next(after: .answer(status: 401), using: &random) == .renew)
    }

    @Test("what takes too long is given up, whether nothing comes or never the end")
    func deadline() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client(.none) { $0.deadline = .milliseconds(300) }
        let gate = Gate()
        server.answer { _ in
            _ = await gate.wait()
            return nil
        }
        #expect(await code { _ = try await text(client, policies) } == .timeout)
        server.answer { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x7B])
                    _ = await gate.wait()
                })
        }
        #expect(await code { _ = try await text(client, policies) } == .timeout)
        gate.open()
    }

    @Test("an answer that is too long, or that breaks off, is an error")
    func spoiledBodies() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client(.none) { $0.maximumBytes = 1_000 }
        server.answer(String(repeating: "x", count: 1_000))
        #expect(try await text(client, policies).utf8.count == 1_000)
        server.answer(String(repeating: "x", count: 1_001))
        #expect(await code { _ = try await text(client, policies) } == .tooLarge)
        server.answer { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("{\"workloads\": [".utf8))
                    throw CancellationError()
                })
        }
        #expect(await code { _ = try await text(client, policies) } == .incomplete)
    }

    @Test("no more requests than allowed are under way, bodies included; others wait, and too many are refused")
    func concurrency() async throws {
        let server = try ScaleOpsStandIn()
        let gate = Gate()
        let most = Mutex((now: 0, most: 0))
        server.answer { _ in
            most.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            _ = await gate.wait()
            most.withLock { $0.now -= 1 }
            return nil
        }
        let client = server.client(.none) { ($0.concurrency, $0.maximumWaiting) = (2, 3) }
        await withTaskGroup(of: ScaleOpsError.Code?.self) { group in
            for _ in 0..<8 { group.addTask { await code { _ = try await text(client, policies) } } }
            var codes: [ScaleOpsError.Code?] = []
            while codes.count < 3, let code = await group.next() { codes.append(code) }
            #expect(codes == [.busy, .busy, .busy])
            #expect(await eventually { most.withLock { $0.now } == 2 })
            gate.open()
            for await code in group { #expect(code == nil) }
        }
        #expect(most.withLock { $0.most } == 2)
        #expect(client.health?.error == nil)

        // A body that nobody has read yet counts, and one that is let go does not.
        var held: [ScaleOpsAnswer] = [try await client.open(policies), try await client.open(policies)]
        let third = Task { try await text(client, policies) }
        #expect(held.count == 2)
        held = []
        #expect(try await third.value == "{}")
    }

    @Test("what ScaleOps repeats of the credentials reaches nobody")
    func masking() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { request in
            let text = "\(request.headers["Authorization"] ?? "") open sesame"
            return HTTPServerResponse(
                status: 500, headers: ["X-Echo": text, "Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
        }
        let client = server.client()
        var answer = try await client.open(policies)
        let body = String(decoding: try await answer.body.collect(), as: UTF8.self)
        #expect(body == "Bearer ************** ***********" && answer.status == 500)
        #expect(answer.headers["X-Echo"] == body)
        #expect(await code { _ = try await client.policies(cluster: "a") } == .refused)
    }

    @Test("what happens is counted, and told when it changes")
    func telling() async throws {
        let server = try ScaleOpsStandIn()
        let metrics = MetricsRegistry()
        let log = Mutex<[String]>([])
        let client = server.client(
            metrics: metrics,
            log: { line in
                log.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        #expect(client.health == nil)
        server.answer { _ in HTTPServerResponse(status: 302, headers: ["Location": "/elsewhere?secret=1"]) }
        for _ in 0..<3 { _ = await code { _ = try await text(client, policies) } }
        server.answer { _ in nil }
        for _ in 0..<2 { _ = try await text(client, policies) }
        let exposition = metrics.exposition()
        #expect(exposition.contains(#"callboard_scaleops_requests_total{endpoint="default",code="302"} 3"#))
        #expect(exposition.contains(#"callboard_scaleops_requests_total{endpoint="default",code="200"} 2"#))
        #expect(exposition.contains(#"callboard_scaleops_logins_total{endpoint="default",result="success"} 1"#))
        let lines = log.withLock { $0 }
        #expect(lines.count == 2 && lines.first?.contains("ScaleOps fails") == true)
        #expect(lines.last?.contains("ScaleOps answers again") == true && !lines.joined().contains("secret"))
    }

    @Test("a server that cannot be reached is told apart")
    func unreachable() async throws {
        let endpoint = ScaleOpsEndpoint(baseURL: "http://127.0.0.1:1")
        let client = ScaleOpsClient(
            endpoint, http: HTTPClient(name: "test"), metrics: ScaleOpsMetrics(MetricsRegistry()), version: "1",
            manner: {
                var manner = ScaleOpsClient.Manner(); manner.pause = { _ in }; return manner
            }())
        #expect(await code { _ = try await text(client, policies) } == .unreachable)
    }

    @Test("several endpoints are chosen by name, the first without one")
    func endpoints() throws {
        func client(_ name: String) -> ScaleOpsClient {
            ScaleOpsClient(
                ScaleOpsEndpoint(name: name, baseURL: "http://x"), http: HTTPClient(name: "test"),
                metrics: ScaleOpsMetrics(MetricsRegistry()), version: "1")
        }
        let endpoints = ScaleOpsEndpoints([client("eu"), client("us")])
        #expect(endpoints.client(nil)?.endpoint.name == "eu" && endpoints.client("us")?.endpoint.name == "us")
        #expect(endpoints.client("asia") == nil && ScaleOpsEndpoints([]).client(nil) == nil)
    }

    @Test("the dashboard is linked when it shall be, with everything encoded")
    func dashboard() {
        let endpoint = ScaleOpsEndpoint(baseURL: "https://scale.example//", linksToDashboard: true)
        #expect(
            endpoint.dashboardURL(workloadName: "a b/c", labels: ["app=x", "app.kubernetes.io/name=y"])
                == "https://scale.example/cost-report/compute?searchTerms=a%20b%2Fc&selectedTable=Workloads"
                + "&groupByCluster=0&groupByNamespace=0&logicalLabel=AND&labels=app%3Dx"
                + "&labels=app.kubernetes.io%2Fname%3Dy")
        #expect(ScaleOpsEndpoint(baseURL: "https://scale.example").dashboardURL(workloadName: "a") == nil)
    }
}
