import Actions
import Base
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite("Limits of requests", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RequestLimitTests {
    private static func settings(_ limit: Int? = nil, _ change: (inout RequestLimitSettings) -> Void = { _ in })
        -> RequestLimitSettings
    {
        var settings = RequestLimitSettings()
        settings.requests = limit.map { RateLimit(limit: $0) }
        settings.allowed = []
        change(&settings)
        return settings
    }

    private static func with(
        _ settings: RequestLimitSettings, _ body: @escaping @Sendable (Service) async throws -> Void
    ) async throws {
        let limits = RequestLimits(settings, metrics: MetricsRegistry(), now: { .zero })
        try await Service.with(oversight: Oversight(limits: limits, audit: nil), body)
    }

    private static let path = "/api/catalog/entities/by-name/component/default/shop"

    @Test("each caller has a number of requests, and is told how many are left; then Backstage's answer comes")
    func callers() async throws {
        try await Self.with(Self.settings(2)) { service async throws in
            let first = try await service.client.get(Self.path)
            #expect(first.status == 200 && first.headers["RateLimit-Limit"] == "2")
            #expect(first.headers["RateLimit-Remaining"] == "1")
            #expect(try await service.client.get("/api/catalog/entities").status == 200)
            let refused = try await service.client.get(Self.path)
            #expect(refused.status == 429 && refused.headers["Retry-After"] == "90")
            #expect(
                refused.json == [
                    "error": ["name": "Error", "message": "Too many requests, please try again later"],
                    "response": ["statusCode": 429],
                ])
            #expect(try await service.client(Service.catalogOnly).get(Self.path).status == 200)
        }
    }

    @Test("an MCP client gets an error of its protocol")
    func protocolAnswer() async throws {
        try await Self.with(Self.settings(1)) { service async throws in
            for expected in [200, 429] {
                let answer = try await service.client.send(
                    "POST", "/api/mcp-actions/v1",
                    [
                        ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                        ("MCP-Protocol-Version", "2025-11-25"),
                    ], body: ["jsonrpc": "2.0", "id": 1, "method": "tools/list"])
                #expect(answer.status == expected)
                guard expected == 429 else { continue }
                #expect(answer.json["jsonrpc"] == "2.0" && answer.json["id"]?.isNull == true)
                #expect(answer.json["error"]?["code"] == 429 && answer.headers["Retry-After"] != nil)
                #expect(answer.headers["Content-Type"]?.hasPrefix("application/json") == true)
            }
        }
    }

    @Test("those whose address is allowed, and what probes ask, are held to nothing")
    func exempt() async throws {
        let allowed = Self.settings(1) { $0.allowed = ["127.0.0.1"].compactMap(IPNetwork.init) }
        try await Self.with(allowed) { service async throws in
            for _ in 0..<5 { #expect(try await service.client.get(Self.path).status == 200) }
        }
        try await Self.with(Self.settings(1)) { service async throws in
            for path in ["/livez", "/readyz", "/metrics", "/.backstage/health/v1/readiness", "/livez", "/readyz"] {
                #expect(try await service.client(nil).get(path).status == 200)
            }
        }
    }

    @Test("what succeeded or failed need not count", arguments: [true, false])
    func skipping(_ skipsSuccessful: Bool) async throws {
        let settings = Self.settings(1) { settings in
            (settings.skipsSuccessful, settings.skipsFailed) = (skipsSuccessful, !skipsSuccessful)
        }
        try await Self.with(settings) { service async throws in
            let (free, counted) = skipsSuccessful ? (Self.path, "/api/nowhere") : ("/api/nowhere", Self.path)
            for _ in 0..<5 { #expect(try await service.client.get(free).status != 429) }
            #expect(try await service.client.get(counted).status != 429)
            #expect(try await service.client.get(counted).status == 429)
        }
    }

    @Test("who guesses credentials is stopped, and who shares the address with him goes on")
    func guessing() async throws {
        try await Self.with(Self.settings { $0.failures = RateLimit(limit: 3) }) { service async throws in
            #expect(try await service.client.get(Self.path).status == 200)
            // Who brings none has guessed nothing: that is how clients find out what is wanted.
            for _ in 0..<5 { #expect(try await service.client(nil).get(Self.path).status == 401) }
            for _ in 0..<3 { #expect(try await service.client("guess-guess").get(Self.path).status == 401) }
            #expect(try await service.client("guess-guess").get(Self.path).status == 429)
            // A good guess does not help any more.
            #expect(try await service.client(Service.catalogOnly).get(Self.path).status == 429)
            #expect(try await service.client.get(Self.path).status == 200)
        }
    }

    @Test("calls of tools have a number of their own, and a model reads when the next one may come")
    func tools() async throws {
        let settings = Self.settings { $0.tools = RateLimit(limit: 1) }
        try await Self.with(settings) { service async throws in
            for isRefused in [false, true] {
                let answer = try await service.client.send(
                    "POST", "/api/mcp-actions/v1",
                    [
                        ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                        ("MCP-Protocol-Version", "2025-11-25"),
                    ],
                    body: [
                        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                        "params": ["name": "catalog_get_catalog_entity", "arguments": ["name": "shop"]],
                    ])
                #expect(answer.status == 200)
                #expect((answer.json["result"]?["isError"] == true) == isRefused)
                if isRefused { #expect(answer.text.contains("TooManyRequestsError: At most 1 calls")) }
            }
        }
    }

    private static func request(
        _ path: String, from address: String = "127.0.0.1", _ headers: HTTPHeaders = [:]
    ) throws -> HTTPServerRequest {
        HTTPServerRequest(
            method: "POST", target: try #require(RequestTarget(path)), headers: headers, body: [],
            remoteAddress: address, id: "r")
    }

    private static func isRefused(_ limits: RequestLimits, _ request: HTTPServerRequest) -> Bool {
        do { try limits.checkGuess(request) } catch { return true }
        return false
    }

    @Test("loopback may guess only where the operator allows it")
    func guessesOfAddresses() throws {
        for isAllowed in [false, true] {
            var settings = RequestLimitSettings()
            settings.failures = RateLimit(limit: 1)
            if isAllowed { settings.allowedFailures = settings.allowed }
            let limits = RequestLimits(settings, metrics: MetricsRegistry(), now: { .zero })
            let request = try Self.request("/api/catalog/entities")
            for _ in 0..<2 { limits.guessedWrong(request) }
            #expect(Self.isRefused(limits, request) == !isAllowed)
        }
    }

    @Test("who comes by a proxy that is not listed has a bound of his own, and all who come by it a larger one")
    func guessesByProxies() throws {
        for isListed in [false, true] {
            var settings = RequestLimitSettings()
            settings.failures = RateLimit(limit: 1)
            if isListed { settings.trustedProxies = ["10.9.9.9"].compactMap(IPNetwork.init) }
            let warnings = Mutex(0)
            let limits = RequestLimits(
                settings, metrics: MetricsRegistry(), logger: Logger("limits") { _ in warnings.withLock { $0 += 1 } },
                now: { .zero })
            let request = try Self.request("/", from: "10.1.1.1", ["X-Forwarded-For": "192.0.2.1"])
            for _ in 0..<2 { limits.guessedWrong(request) }
            #expect(Self.isRefused(limits, request))
            #expect(warnings.withLock { $0 } == (isListed ? 0 : 1))
            // Who has named his proxies gets nobody around the limit with a header; else the neighbours go on.
            let neighbour = try Self.request("/", from: "10.1.1.1", ["X-Forwarded-For": "192.0.2.2"])
            #expect(Self.isRefused(limits, neighbour) == isListed)
            // The proxy adds the nearest origin at the end, whatever its client wrote before it.
            let liar = try Self.request("/", from: "10.1.1.1", ["X-Forwarded-For": "192.0.2.3, 192.0.2.1"])
            #expect(Self.isRefused(limits, liar))
            let withPort = try Self.request("/", from: "10.1.1.1", ["X-Forwarded-For": "192.0.2.1:51234"])
            #expect(Self.isRefused(limits, withPort))
            for number in 10..<30 {
                let origin = "192.0.2.\(number)"
                limits.guessedWrong(try Self.request("/", from: "10.1.1.1", ["X-Forwarded-For": origin]))
            }
            #expect(Self.isRefused(limits, neighbour), "made-up origins are bounded too")
            #expect(try !Self.isRefused(limits, Self.request("/", from: "10.1.1.2", ["X-Forwarded-For": "192.0.2.2"])))
        }
    }

    @Test("what fails at the open routes of sign-in and tokens counts as guessed")
    func openRoutes() throws {
        var settings = RequestLimitSettings()
        settings.failures = RateLimit(limit: 2)
        let limits = RequestLimits(settings, metrics: MetricsRegistry(), now: { .zero })
        let oversight = Oversight(limits: limits, audit: nil)
        let route = Route("/api/auth/v1/token", methods: ["POST"], isOpen: true) { _ in .json(200, [:]) }
        for status in [200, 401, 503, 400] {
            var visit = Oversight.Visit(try Self.request("/api/auth/v1/token"))
            try oversight.admitAnybody(&visit, route)
            var response = HTTPServerResponse(status: status)
            oversight.finish(visit, route, &response)
        }
        var visit = Oversight.Visit(try Self.request("/api/auth/v1/token"))
        #expect(throws: RateLimitError.self) { try oversight.admitAnybody(&visit, route) }
    }
}
