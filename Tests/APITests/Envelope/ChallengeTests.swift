import API
import Access
import Actions
import Base
import HTTPServer
import MCP
import Store
import Testing

/// Knows some tokens, each for something else.
private struct Verifier: TokenVerifier {
    private var reading: AccessRestriction {
        AccessRestriction(plugin: "catalog", permissions: ["catalog.entity.read"], attributes: nil)
    }

    func caller(of token: String) async throws(TokenError) -> Caller? {
        switch token {
        case "good": return Caller(subject: "ann")
        case "no-scope": return Caller(subject: "ann", restrictions: [])
        case "reader":
            return Caller(subject: "ann", restrictions: [reading], canAskForMore: true)
        case "program": return Caller(subject: "ci", restrictions: [reading])
        case "expired": throw .invalid("The token has expired")
        case "unknowable", "late": throw .unavailable("secret detail")
        default: return nil
        }
    }
}

/// Knows a token that the one before it cannot tell.
private struct LaterVerifier: TokenVerifier {
    func caller(of token: String) async throws(TokenError) -> Caller? {
        token == "late" ? Caller(subject: "bob", restrictions: []) : nil
    }
}

@Suite("Challenges")
struct ChallengeTests {
    private static let document =
        "https://callboard.example.com/.well-known/oauth-protected-resource/api/mcp-actions/v1"
    private static let resources = ProtectedResources(
        baseURL: "https://callboard.example.com/", servers: ["read only"],
        authorizationServers: ["https://callboard.example.com/api/auth"], scopes: ["catalog:read", "costs:read"])

    private static func with(
        _ resources: ProtectedResources? = resources, envelope: Envelope = Envelope(), isOpen: Bool = false,
        _ body: (WebClient) async throws -> Void
    ) async throws {
        let nowhere = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        let api = APIServer(
            store: nowhere, registry: try ActionRegistry(store: nowhere, currency: "EUR"),
            authenticator: Authenticator(tokens: [], verifiers: [Verifier(), LaterVerifier()], isOpen: isOpen),
            mcp: MCPConfiguration(version: "1"), envelope: envelope, resources: resources, metrics: MetricsRegistry(),
            logger: Logger("api") { _ in }, readiness: { [] })
        let server = try HTTPServer(
            HTTPServer.Configuration(), logger: Logger("http-server") { _ in }, immediate: api.respondAtOnce,
            handler: api.respond)
        do {
            try await body(WebClient(port: server.port, token: nil))
        } catch {
            await server.stop(drain: .zero)
            throw error
        }
        await server.stop(drain: .zero)
    }

    private static let rest = #"scope="catalog:read costs:read", resource_metadata="\#(document)""#
    private static let challenges: [(String?, Int, String?, String)] = [
        (nil, 401, "Bearer \(rest)", "unauthorized"),
        (
            "Bearer wrong", 401,
            #"Bearer error="invalid_token", error_description="The bearer token is not valid", \#(rest)"#,
            "invalid_token"
        ),
        (
            "Bearer expired", 401,
            #"Bearer error="invalid_token", error_description="The token has expired", \#(rest)"#, "invalid_token"
        ),
        (
            "Bearer no-scope", 403,
            #"Bearer error="insufficient_scope", error_description="The token has none of the scopes that this needs", "#
                + rest, "insufficient_scope"
        ),
        (
            "Bearer late", 403,
            #"Bearer error="insufficient_scope", error_description="The token has none of the scopes that this needs", "#
                + rest, "insufficient_scope"
        ), ("Bearer unknowable", 503, nil, "temporarily_unavailable"),
    ]

    @Test("at an MCP endpoint a challenge leads to who issues tokens", arguments: challenges)
    func challenge(_ credentials: String?, _ status: Int, _ challenge: String?, _ error: String) async throws {
        try await Self.with { client async throws in
            for method in ["POST", "GET", "DELETE"] {
                let headers = credentials.map { [("Authorization", $0)] } ?? []
                let answer = try await client.send(method, "/api/mcp-actions/v1", headers)
                #expect(
                    answer.status == status && answer.headers.all("WWW-Authenticate") == [challenge].compactMap(\.self))
                #expect(answer.json["error"]?.stringValue == error)
                #expect(answer.json["error_description"]?.stringValue != nil && !answer.text.contains("secret"))
                #expect(answer.headers["Retry-After"] == (status == 503 ? "2" : nil))
            }
        }
    }

    /// A tool under the names by which clients call it, and the scopes that it needs; nil: asking for more does not help.
    private static let steps: [(String, String?)] = [
        ("catalog_register_entity", "catalog:write"), ("catalog.register-entity", "catalog:write"),
        ("catalog:register-entity", "catalog:write"), ("catalog_refresh_catalog_entity", "catalog:read catalog:write"),
        ("callboard_get_entity_workloads", "costs:read kubernetes:read"), ("no_such_tool", nil), ("auth_who_am_i", nil),
    ]

    @Test("a call of a tool that needs more than a person agreed to tells the client what to ask for", arguments: steps)
    func stepUp(_ tool: String, _ scopes: String?) async throws {
        func call(_ client: WebClient, _ token: String, _ method: String = "tools/call") async throws
            -> WebClient.Answer
        {
            try await client.send(
                "POST", "/api/mcp-actions/v1",
                [
                    ("Authorization", "Bearer \(token)"), ("Content-Type", "application/json"),
                    ("Accept", "application/json, text/event-stream"), ("MCP-Protocol-Version", "2025-11-25"),
                ],
                body: ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": ["name": .string(tool)]])
        }
        try await Self.with { client async throws in
            let answer = try await call(client, "reader")
            guard let scopes else {
                #expect(answer.status == 200)
                return
            }
            #expect(answer.status == 403 && answer.json["error"] == "insufficient_scope")
            #expect(
                answer.headers.all("WWW-Authenticate") == [
                    #"Bearer error="insufficient_scope", error_description="The tool needs more than the token gives", "#
                        + #"scope="\#(scopes)", resource_metadata="\#(Self.document)""#
                ])
            // Nobody can give more to a token that no person stands behind, and other questions need no more.
            #expect(try await call(client, "program").status == 200)
            #expect(try await call(client, "reader", "tools/list").status == 200)
        }
        try await Self.with(nil) { client async throws in
            #expect(try await call(client, "reader").status == 200, "nobody here could be asked")
        }
    }

    @Test("elsewhere the answer is Backstage's")
    func elsewhere() async throws {
        try await Self.with { client async throws in
            let expired = try await client.get("/api/catalog/entities", [("Authorization", "Bearer expired")])
            #expect(
                expired.json == errorBody(401, "AuthenticationError", "The token has expired", "/api/catalog/entities"))
            #expect(expired.headers["WWW-Authenticate"]?.contains("resource_metadata") == false)
            let later = try await client.get("/api/catalog/entities", [("Authorization", "Bearer unknowable")])
            #expect(later.status == 503 && later.json["error"]?["name"] == "ServiceUnavailableError")
            #expect(later.headers["Retry-After"] == "2" && !later.text.contains("secret"))
            let good = try await client.get("/no/such/path", [("Authorization", "Bearer good")])
            #expect(good.status == 404)
        }
    }

    private static let documents: [(String, String?)] = [
        ("/api/mcp-actions/v1", "/api/mcp-actions/v1"), ("/api/mcp-actions/sse", "/api/mcp-actions/sse"),
        ("/api/mcp-actions/v1/read%20only", "/api/mcp-actions/v1/read%20only"), ("/api/mcp-actions/v1/other", nil),
        ("/api/mcp-actions/v1/read%20only/x", nil), ("/api/mcp-actions/sse/x", nil), ("/api/mcp-actions", nil),
        ("", nil),
        ("/api/catalog", nil),
    ]

    @Test("each endpoint has a document that names it as it is reached, for every page", arguments: documents)
    func document(_ path: String, _ resource: String?) async throws {
        try await Self.with { client async throws in
            let answer = try await client.get(
                "/.well-known/oauth-protected-resource\(path)",
                [("Origin", "https://inspector.example.org"), ("X-Forwarded-Host", "evil.example.com")])
            #expect(answer.status == (resource == nil ? 404 : 200))
            #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
            guard let resource else { return }
            #expect(
                answer.json == [
                    "resource": .string("https://callboard.example.com" + resource),
                    "authorization_servers": ["https://callboard.example.com/api/auth"],
                    "scopes_supported": ["catalog:read", "costs:read"], "bearer_methods_supported": ["header"],
                    "resource_name": "Callboard",
                ])
        }
    }

    @Test("without anybody who issues tokens there are no documents, and challenges lead nowhere")
    func nobody() async throws {
        let none = ProtectedResources(baseURL: "https://a.example.com", authorizationServers: [], scopes: ["x"])
        for resources in [nil, none] {
            try await Self.with(resources) { client async throws in
                let document = try await client.get("/.well-known/oauth-protected-resource/api/mcp-actions/v1")
                #expect(document.status == 404)
                #expect(try await client.get("/.well-known/oauth-authorization-server").status == 404)
                let answer = try await client.send("POST", "/api/mcp-actions/v1")
                #expect(answer.headers["WWW-Authenticate"] == #"Bearer realm="callboard""#)
                let poor = try await client.send("POST", "/api/mcp-actions/v1", [("Authorization", "Bearer no-scope")])
                #expect(poor.status != 403)
            }
        }
    }

    @Test("with the policy off everybody may come without a token, but not with a bad one")
    func open() async throws {
        try await Self.with(isOpen: true) { client async throws in
            #expect(try await client.get("/no/such/path").status == 404)
            #expect(try await client.get("/no/such/path", [("Authorization", "Bearer expired")]).status == 401)
        }
    }

    private static let envelope = Envelope(
        origins: OriginPolicy(origins: ["https://portal.example.com"], hosts: ["callboard.example.com"]),
        cors: {
            var cors = CORSPolicy()
            (cors.allowsCredentials, cors.maximumAge, cors.exposedHeaders) = (true, 600, ["X-Request-Id"])
            return cors
        }())

    private static let paths = ["/api/catalog/entities", "/api/mcp-actions/v1", "/no/such/path", "/"]

    @Test("pages and names that are not listed come to no route, before credentials are looked at", arguments: paths)
    func rebinding(_ path: String) async throws {
        try await Self.with(envelope: Self.envelope) { client async throws in
            for headers in [
                [("Origin", "https://evil.example.com")], [("Origin", "null")],
                [("Origin", "https://portal.example.com.evil.com")], [("Origin", "http://portal.example.com")],
                [("Host", "evil.example.com")],
            ] {
                let client = WebClient(port: client.port, token: "good")
                for method in ["GET", "POST", "OPTIONS"] {
                    let answer = try await client.send(method, path, headers)
                    #expect((400..<500).contains(answer.status) && answer.status != 404, "\(method) \(headers)")
                    #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
                }
            }
        }
    }

    @Test("a page that is listed may read every answer, refusals too")
    func listed() async throws {
        try await Self.with(envelope: Self.envelope) { client async throws in
            for path in Self.paths {
                let answer = try await client.get(path, [("Origin", "https://portal.example.com")])
                #expect(answer.status == 401)
                #expect(answer.headers["Access-Control-Allow-Origin"] == "https://portal.example.com")
                #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
                #expect(
                    answer.headers["Access-Control-Expose-Headers"] == "Mcp-Session-Id, WWW-Authenticate, X-Request-Id")
                #expect(answer.headers.all("Vary").contains("Origin"))
            }
        }
    }

    @Test("a browser that asks first is told what it may send, without a token")
    func preflight() async throws {
        try await Self.with(envelope: Self.envelope) { client async throws in
            func ask(_ path: String, _ headers: String) async throws -> WebClient.Answer {
                try await client.send(
                    "OPTIONS", path,
                    [
                        ("Origin", "https://portal.example.com"), ("Access-Control-Request-Method", "POST"),
                        ("Access-Control-Request-Headers", headers),
                    ])
            }
            let mcp = try await ask("/api/mcp-actions/v1", "authorization, Mcp-Param-region,x-else,mcp-session-id")
            #expect(mcp.status == 204 && mcp.headers["Access-Control-Max-Age"] == "600")
            #expect(mcp.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS")
            #expect(mcp.headers["Access-Control-Allow-Headers"] == "authorization, Mcp-Param-region, mcp-session-id")
            let rest = try await ask("/api/catalog/entities", "authorization, x-else, \"bad\"")
            #expect(rest.headers["Access-Control-Allow-Methods"] == "GET, HEAD, PUT, PATCH, POST, DELETE")
            #expect(rest.headers["Access-Control-Allow-Headers"] == "authorization, x-else")
        }
    }

    @Test("probes and scrapers come under any name, and pages cannot read what they are told")
    func probes() async throws {
        try await Self.with(envelope: Self.envelope) { client async throws in
            for path in ["/livez", "/metrics", "/readyz"] {
                let answer = try await client.get(
                    path, [("Host", "10.1.2.3:7007"), ("Origin", "https://a.example.com")])
                #expect(answer.status == 200 && answer.headers["Access-Control-Allow-Origin"] == nil)
            }
        }
    }

    @Test("no answer is taken by a browser for something that it is not")
    func sniffing() async throws {
        try await Self.with { client async throws in
            for path in Self.paths + ["/livez", "/.well-known/x"] {
                #expect(try await client.get(path).headers["X-Content-Type-Options"] == "nosniff")
            }
        }
    }
}
