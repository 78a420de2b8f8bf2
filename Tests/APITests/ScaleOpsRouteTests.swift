import API
import Actions
import Base
import CostSources
import Glibc
import HTTPClient
import HTTPServer
import MCP
import Store
import Synchronization
import Testing

@Suite("ScaleOps over REST")
struct ScaleOpsRouteTests {
    /// The API with a ScaleOps behind it; no database, which nothing here needs.
    private static func with(
        _ upstream: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse,
        sendingTime: Duration = .seconds(60),
        _ body: @Sendable (WebClient, Log) async throws -> Void
    ) async throws {
        let scaleOps = try HTTPServer(HTTPServer.Configuration(), handler: upstream)
        let (metrics, log, store) = (MetricsRegistry(), Log(), Store(PostgresPool.Configuration(uri: "host=/nowhere")))
        var manner = ScaleOpsClient.Manner()
        (manner.pause, manner.concurrency) = ({ _ in }, 1)
        let clients = ["eu", "us"].map { name in
            ScaleOpsClient(
                ScaleOpsEndpoint(
                    name: name, baseURL: "http://127.0.0.1:\(scaleOps.port)",
                    credentials: .bearer(Secret("upstream-token")),
                    linksToDashboard: name == "eu"),
                http: HTTPClient(name: "test"), metrics: ScaleOpsMetrics(metrics), version: "1", manner: manner)
        }
        var configuration = ScaleOpsAPIConfiguration(
            endpoints: ScaleOpsEndpoints(clients), reports: ["/api/v1/custom"], currencyPrefix: "€")
        configuration.sendingTime = sendingTime
        let api = APIServer(
            store: store, registry: try ActionRegistry(store: store, currency: "EUR"),
            authenticator: Authenticator(tokens: tokens), mcp: MCPConfiguration(version: "1"),
            scaleOps: configuration, metrics: metrics, logger: Logger("api") { log.add($0) }, readiness: { [] })
        let server = try HTTPServer(HTTPServer.Configuration(), handler: api.respond)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(WebClient(port: server.port, token: "everything"), log))
        } catch {
            result = .failure(error)
        }
        await server.stop(drain: .zero)
        await scaleOps.stop(drain: .zero)
        await store.close()
        try result.get()
    }

    private static let tokens = [
        StaticToken(token: "everything", caller: Caller(subject: "external:everything")),
        StaticToken(
            token: "catalog",
            caller: Caller(
                subject: "external:catalog",
                restrictions: [AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)])),
        StaticToken(
            token: "writer",
            caller: Caller(
                subject: "external:writer",
                restrictions: [
                    AccessRestriction(
                        plugin: "scaleops", permissions: ["scaleops.proxy.read", "scaleops.proxy.write"],
                        attributes: nil)
                ])),
    ]

    @Test("the health of the plugin is open, all else is not")
    func health() async throws {
        try await Self.with({ _ in HTTPServerResponse(status: 200) }) { client, _ in
            let anonymous = WebClient(port: client.port, token: nil)
            let health = try await anonymous.get("/api/scaleops/health")
            #expect(health.status == 200 && health.json == ["status": "ok"])
            for path in ["/api/scaleops/endpoints", "/api/scaleops/api/api/v1/policies"] {
                #expect(try await anonymous.get(path).status == 401)
                let catalog = try await WebClient(port: client.port, token: "catalog").get(path)
                #expect(catalog.status == 403 && catalog.text.contains("restricted to plugin(s) 'catalog'"))
            }
        }
    }

    @Test("status, content type and body go through, whatever they are; other fields do not, in either direction")
    func passing() async throws {
        let asked = Mutex<HTTPServerRequest?>(nil)
        try await Self.with({ request in
            asked.withLock { $0 = request }
            switch request.pathSegments.last {
            case "empty": return HTTPServerResponse(status: 204)
            case "csv":
                return HTTPServerResponse(
                    status: 206,
                    headers: [
                        "Content-Type": "text/csv", "Content-Disposition": "attachment; filename=a.csv",
                        "Set-Cookie": "session=1", "X-Internal": "1", "Location": "/x",
                        "WWW-Authenticate": "Bearer upstream-token",
                    ], body: .bytes(Array("a,b\n1,2\nupstream-token\n".utf8)))
            case "broken": return .json(500, ["error": "oops"])
            default: return .json(200, ["policies": []])
            }
        }) { client, _ in
            let policies = try await client.get(
                "/api/scaleops/api/api/v1/policies?a=%2F&b=c?d",
                [
                    ("X-Scaleops-Cluster", "eu@1"), ("Cookie", "mine=1"), ("X-Forwarded-For", "1.2.3.4"),
                    ("Accept", "a/b"),
                ])
            #expect(policies.status == 200 && policies.json == ["policies": []])
            #expect(policies.headers["Content-Type"] == "application/json; charset=utf-8")
            let sent = try #require(asked.withLock { $0 })
            #expect(sent.target == "/api/v1/policies?a=%2F&b=c?d")
            #expect(sent.headers["X-Scaleops-Cluster"] == "eu@1" && sent.headers["Accept"] == "a/b")
            #expect(sent.headers["Authorization"] == "Bearer upstream-token")
            #expect(sent.headers["Cookie"] == nil && sent.headers["X-Forwarded-For"] == nil)

            let csv = try await client.get("/api/scaleops/api/api/v1/csv")
            #expect(csv.status == 206 && csv.text == "a,b\n1,2\n**************\n")
            #expect(csv.headers["Content-Type"] == "text/csv")
            #expect(csv.headers["Content-Disposition"] == "attachment; filename=a.csv")
            #expect(csv.headers["X-Content-Type-Options"] == "nosniff")
            #expect(csv.headers["Content-Security-Policy"] == "sandbox")
            for name in ["Set-Cookie", "X-Internal", "Location", "WWW-Authenticate"] {
                #expect(csv.headers[name] == nil)
            }

            let empty = try await client.get("/api/scaleops/api/api/v1/empty")
            #expect(empty.status == 204 && empty.body.isEmpty)
            let broken = try await client.get("/api/scaleops/api/api/v1/broken")
            #expect(broken.status == 500 && broken.json == ["error": "oops"])
            let head = try await client.send("HEAD", "/api/scaleops/api/api/v1/policies")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(asked.withLock { $0?.method } == "HEAD" && head.headers["Content-Length"] == nil)

            let report = try await client.send(
                "POST", "/api/scaleops/api/api/v1/dashboard/byNamespace?multiCluster=true", body: ["label": ["a=b"]])
            #expect(report.status == 200)
            #expect(asked.withLock { $0?.body } == JSONValue.object(["label": ["a=b"]]).serialized())
        }
    }

    @Test("who may write is told by name in the token's restrictions, and writes are logged with who did them")
    func writing() async throws {
        let asked = Mutex<[String]>([])
        try await Self.with({ request in
            asked.withLock { $0.append("\(request.method) \(request.path)") }
            return HTTPServerResponse(status: 202)
        }) { client, log in
            let target = "/api/scaleops/api/api/v1/policies/a"
            for token in ["everything", "catalog"] {
                let refused = try await WebClient(port: client.port, token: token).send("DELETE", target)
                #expect(refused.status == 403 && refused.json["error"]?["name"] == "NotAllowedError")
            }
            #expect(asked.withLock { $0 }.isEmpty)
            let writer = WebClient(port: client.port, token: "writer")
            #expect(try await writer.send("DELETE", target).status == 202)
            #expect(try await writer.send("POST", target, body: [:]).status == 202)
            #expect(try await client.send("POST", "/api/scaleops/api/api/v1/custom", body: [:]).status == 202)
            #expect(
                asked.withLock { $0 } == [
                    "DELETE /api/v1/policies/a", "POST /api/v1/policies/a", "POST /api/v1/custom",
                ])
            #expect(log.text.contains(#""subject":"external:writer""#) && log.text.contains("/api/v1/policies/a"))
            #expect(!log.text.contains("external:everything"))
            for path in ["auth/callback", "AUTH/x"] {
                #expect(try await writer.send("POST", "/api/scaleops/api/\(path)", body: [:]).status == 403)
            }
            #expect(try await client.send("OPTIONS", target).status == 405)
            #expect(asked.withLock { $0.count } == 3)
        }
    }

    @Test("what goes wrong on the way is an error in Backstage's form, and never 401")
    func failures() async throws {
        try await Self.with({ request in
            switch request.pathSegments.last {
            case "denied": return HTTPServerResponse(status: 401)
            case "login": return HTTPServerResponse(status: 302, headers: ["Location": "/login?token=abc"])
            case "moved": return HTTPServerResponse(status: 308, headers: ["Location": "/api/v2"])
            default:
                return HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        try await writer.write([0x7B])
                        throw CancellationError()
                    })
            }
        }) { client, _ in
            for (name, words) in [
                ("denied", "the credentials are not taken (401)"), ("login", "the credentials are not taken (302)"),
                ("moved", "a redirect (308) is not followed"), ("cut", ""),
            ] {
                let answer = try await client.get("/api/scaleops/api/api/v1/\(name)")
                #expect(answer.status == 502 && answer.json["error"]?["name"] == "ResponseError", "\(name)")
                #expect(answer.json["error"]?["message"]?.stringValue?.contains(words) == true, "\(answer.text)")
            }
            let overview = try await client.get("/api/scaleops/endpoints").json
            #expect(overview["currencyPrefix"] == "€" && overview["items"]?[0]?["name"] == "eu")
            #expect(overview["items"]?[0]?["dashboardUrl"]?.stringValue?.contains("/cost-report/compute?") == true)
            #expect(overview["items"]?[1]?["state"] == "unknown" && overview["items"]?[1]?["dashboardUrl"] == .null)
        }
    }

    @Test("one of several is chosen by its name")
    func choosing() async throws {
        try await Self.with({ _ in .json(200, [:]) }) { client, _ in
            let target = "/api/scaleops/api/api/v1/policies"
            #expect(try await client.get(target, [("X-Scaleops-Endpoint", "us")]).status == 200)
            let states = try await client.get("/api/scaleops/endpoints").json["items"]?.arrayValue?.map { $0["state"] }
            #expect(states == ["unknown", "ok"])
            let wrong = try await client.get(target, [("X-Scaleops-Endpoint", "asia")])
            #expect(wrong.status == 400 && wrong.text.contains("X-Scaleops-Endpoint: expected one of eu, us"))
        }
    }

    @Test("a long answer is passed on piece by piece and whole, without the token wherever it stands")
    func long() async throws {
        let line = "0123456789 upstream-token 0123456789\n"
        try await Self.with({ _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<40_000 { try await writer.write(Array(line.utf8)) }
                })
        }) { client, _ in
            let answer = try await client.get("/api/scaleops/api/api/v1/long")
            let expected = String(repeating: "0123456789 ************** 0123456789\n", count: 40_000)
            #expect(answer.status == 200 && answer.text == expected)
        }
    }

    @Test("who asks for a long answer and does not read it keeps others from asking for a short time only")
    func stalledReader() async throws {
        try await Self.with(
            { request in
                guard request.pathSegments.last == "long" else { return .json(200, [:]) }
                return HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        for _ in 0..<1_000 { try await writer.write([UInt8](repeating: 0x61, count: 10_000)) }
                    })
            }, sendingTime: .milliseconds(200)
        ) { client, _ in
            let descriptor = try client.ask("/api/scaleops/api/api/v1/long")
            defer { close(descriptor) }
            for _ in 0..<3 {
                #expect(try await client.get("/api/scaleops/api/api/v1/short").status == 200)
            }
        }
    }
}
