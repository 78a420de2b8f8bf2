import Base
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import Access

@Suite("Clients of the authorization server")
struct ClientTests {
    private static let ring = KeyRing(secrets: ["a secret of thirty-two bytes or more"])
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let redirect: JSONValue = ["http://localhost/callback"]

    private static func clients(_ ring: KeyRing = ring, _ patterns: [String] = ["http://localhost:*/*"])
        -> RegisteredClients
    {
        RegisteredClients(keys: ring, allowed: patterns.compactMap(URLPattern.init))
    }

    @Test("a client that registered is known by its id alone, on every replica, and only as it registered")
    func registered() throws {
        let answer = try Self.clients().register(
            ["redirect_uris": Self.redirect, "client_name": "A\u{202E}b", "unknown": 1], now: Self.now)
        let id = try #require(answer["client_id"]?.stringValue)
        #expect(answer["client_secret"] == nil && answer["token_endpoint_auth_method"] == "none")
        let client = try #require(Self.clients().client(id))
        #expect(client.name == "Ab" && client.origin == .registered && !client.refreshes && client.secretHash == nil)
        #expect(try !client.mayBeRemembered(at: RedirectURI("https://a.example/cb")))
        #expect(Self.clients().client(id + "x") == nil && Self.clients().client("callboard.e30.AAAA") == nil)
        #expect(Self.clients(KeyRing.ephemeral()).client(id) == nil)
        #expect(Self.clients(Self.ring, []).client(id) == nil, "the operator allows it no more")
    }

    @Test("one that wants a secret gets one, which follows from its id")
    func secret() throws {
        let answer = try Self.clients().register(
            ["redirect_uris": Self.redirect, "token_endpoint_auth_method": "client_secret_post"], now: Self.now)
        let secret = try #require(answer["client_secret"]?.stringValue)
        #expect(answer["client_secret_expires_at"] == 0)
        let client = try #require(Self.clients().client(answer["client_id"]?.stringValue ?? ""))
        #expect(client.secretHash == sha256(Array(secret.utf8)))
    }

    @Test(
        "a registration that cannot be is refused with its reason",
        arguments: [
            ([:], .invalidRedirectURI), (["redirect_uris": []], .invalidRedirectURI),
            (["redirect_uris": "x"], .invalidRedirectURI),
            (["redirect_uris": ["http://a.example/"]], .invalidRedirectURI),
            (["redirect_uris": ["https://a.example/cb"]], .invalidRedirectURI), ([1], .invalidClientMetadata),
            (["redirect_uris": redirect, "token_endpoint_auth_method": "private_key_jwt"], .invalidClientMetadata),
            (["redirect_uris": redirect, "grant_types": ["implicit"]], .invalidClientMetadata),
            (["redirect_uris": redirect, "client_name": 1], .invalidClientMetadata),
            (["redirect_uris": .array(.init(repeating: "http://localhost/", count: 11))], .invalidRedirectURI),
        ] as [(JSONValue, OAuthError.Code)])
    func registration(_ request: JSONValue, _ code: OAuthError.Code) {
        #expect { try Self.clients().register(request, now: Self.now) } throws: { ($0 as? OAuthError)?.code == code }
    }

    @Test(
        "an id that is a URL has one meaning",
        arguments: [
            ("https://a.example/client", true), ("https://a.example:8443/x", true), ("https://a.example", false),
            ("https://a.example/", false), ("http://a.example/x", false), ("https://a.example/x#f", false),
            ("https://u@a.example/x", false), ("https://a.example/./x", false), ("https://a.example/%2E%2e/x", false),
            ("https://a.example/x?y=1", false), ("http://localhost/x", false),
        ])
    func documentURL(_ id: String, _ isGood: Bool) {
        #expect(((try? ClientDocument.url(id, allowsLoopback: false)) != nil) == isGood)
    }

    @Test(
        "a document must be for its own URL, without a secret",
        arguments: [
            (["client_id": "ID", "client_name": "C", "redirect_uris": redirect], nil),
            (["client_id": "ID/", "client_name": "C", "redirect_uris": redirect], .invalidClient),
            (["client_id": "ID", "redirect_uris": redirect], .invalidClient),
            (["client_id": "ID", "client_name": "C", "redirect_uris": redirect, "client_secret": "s"], .invalidClient),
            (
                [
                    "client_id": "ID", "client_name": "C", "redirect_uris": redirect,
                    "token_endpoint_auth_method": "client_secret_basic",
                ], .invalidClient
            ),
            (["client_id": "ID", "client_name": "C", "redirect_uris": ["https://b.example/"]], .invalidRedirectURI),
            (["client_id": "ID", "client_name": "C"], .invalidRedirectURI),
        ] as [(JSONValue, OAuthError.Code?)])
    func document(_ json: JSONValue, _ code: OAuthError.Code?) throws {
        let patterns = ["http://localhost:*/*"].compactMap(URLPattern.init)
        do {
            let client = try ClientDocument.client(json.serialized(), id: "ID", allowedRedirects: patterns)
            #expect(code == nil && client.origin == .document)
        } catch { #expect(error.code == code) }
    }

    @Test(
        "a document is kept as its answer says, within bounds",
        arguments: [
            (nil, 3_600), ("max-age=1", 300), ("public, max-age=900", 900), ("max-age=9999999", 86_400),
            ("no-store", 300),
        ]
            as [(String?, Int64)])
    func lifetime(_ field: String?, _ seconds: Int64) {
        #expect(ClientDocument.lifetime(cacheControl: field) == seconds)
    }
}

@Suite("Documents of clients over the network")
struct ClientDocumentsTests {
    /// A host of documents on this machine; the body runs with its port.
    private static func with(
        _ answer: @escaping @Sendable (HTTPServerRequest) -> HTTPServerResponse,
        _ body: (Int, HTTPClient) async throws -> Void
    ) async throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { answer($0) }
        let http = HTTPClient(name: "test")
        do { try await body(server.port, http) } catch { Issue.record(error) }
        http.shutdown()
        await server.stop(drain: .zero)
    }

    private static func documents(
        _ http: HTTPClient, _ pattern: String, loopback: Bool = true, resolving: [String] = ["127.0.0.1"]
    ) -> ClientDocuments {
        var rules = ClientDocuments.Rules(
            ids: [pattern].compactMap(URLPattern.init),
            redirectURIs: ["http://localhost:*/*"].compactMap(URLPattern.init))
        rules.allowsLoopback = loopback
        return ClientDocuments(rules, http: http) { _ in resolving }
    }

    private static let now = Timestamp(seconds: 1_800_000_000)

    @Test("a document is read once, from the address that was looked up, under its own name")
    func read() async throws {
        let hosts = Mutex<[String]>([])
        try await Self.with({ request in
            let host = request.headers["Host"] ?? ""
            hosts.withLock { $0.append(host) }
            return .json(
                200,
                [
                    "client_id": .string("http://\(host)\(request.path)"), "client_name": "C",
                    "redirect_uris": ["http://localhost/cb"], "grant_types": ["authorization_code", "refresh_token"],
                ])
        }) { port, http in
            let documents = Self.documents(http, "http://localhost:*/*")
            let id = "http://localhost:\(port)/client"
            let client = try await documents.client(id, now: Self.now)
            #expect(client.name == "C" && client.refreshes)
            #expect(try await documents.client(id, now: Self.now.adding(seconds: 60)) == client)
            #expect(hosts.withLock { $0 } == ["localhost:\(port)"])
            _ = try await documents.client(id, now: Self.now.adding(seconds: 4_000))
            #expect(hosts.withLock { $0.count } == 2)
        }
    }

    @Test("redirects, other answers and long documents are refused, and not kept")
    func refused() async throws {
        let count = Mutex(0)
        try await Self.with({ request in
            count.withLock { $0 += 1 }
            return switch request.path {
            case "/moved": HTTPServerResponse(status: 302, headers: ["Location": "/good"])
            case "/missing": HTTPServerResponse(status: 404)
            default: HTTPServerResponse(status: 200, body: .bytes(.init(repeating: 0x20, count: 5_121)))
            }
        }) { port, http in
            let documents = Self.documents(http, "http://localhost:*/*")
            for path in ["moved", "missing", "long", "long"] {
                await #expect(throws: OAuthError.self) {
                    try await documents.client("http://localhost:\(port)/\(path)", now: Self.now)
                }
            }
            #expect(count.withLock { $0 } == 4)
        }
    }

    @Test("a host with any address that is not public is not asked, unless the operator names that very URL")
    func addresses() async throws {
        let count = Mutex(0)
        try await Self.with({ _ in
            count.withLock { $0 += 1 }
            return HTTPServerResponse(status: 404)
        }) { port, http in
            for addresses in [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["fe80::1"], []] {
                let documents = Self.documents(http, "https://a.example:*/*", loopback: false, resolving: addresses)
                await #expect(throws: OAuthError.self) {
                    try await documents.client("https://a.example:\(port)/x", now: Self.now)
                }
            }
            #expect(count.withLock { $0 } == 0)
        }
    }

    @Test("who is not allowed is not even looked up")
    func notAllowed() async throws {
        let http = HTTPClient(name: "test")
        defer { http.shutdown() }
        let rules = ClientDocuments.Rules(ids: [], redirectURIs: [])
        let documents = ClientDocuments(rules, http: http) { _ in
            Issue.record("looked up")
            return []
        }
        await #expect(throws: OAuthError.self) { try await documents.client("https://a.example/x", now: Self.now) }
    }
}
