import Base
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import Access

@Suite("Sign-in at an OpenID provider")
struct OpenIDProviderTests {
    private let issuer: StandIn
    private let key = SigningKey.generate()
    private let time = TestTime()
    private let http = HTTPClient(name: "sign-in-test")
    private static let callback = "https://callboard.example/api/auth/oidc/handler/frame"

    init() throws { issuer = try StandIn() }

    private func provider(_ change: (inout OpenIDSettings) -> Void = { _ in }) -> OpenIDProvider {
        var settings = OpenIDSettings(metadataURL: issuer.url, clientID: "callboard", clientSecret: "s3cret/+&")
        change(&settings)
        return OpenIDProvider(settings, http: http, now: { [time] in time.now })
    }

    private var attempt: SignInAttempt { SignInAttempt(provider: "oidc", returnPath: "/", now: time.now) }

    private func metadata(_ more: JSONObject = [:]) -> JSONValue {
        .object(
            JSONObject([
                ("issuer", .string(issuer.url)),
                ("authorization_endpoint", .string(issuer.url + "/authorize?tenant=1")),
                ("token_endpoint", .string(issuer.url + "/token")), ("jwks_uri", .string(issuer.url + "/keys")),
            ]).merging(more))
    }

    private func claims(_ attempt: SignInAttempt, _ more: JSONObject = [:]) -> JSONObject {
        let now = time.now.microseconds / 1_000_000
        let usual: JSONObject = [
            "iss": .string(issuer.url), "aud": "callboard", "sub": "sub-1", "nonce": .string(attempt.nonce),
            "iat": .int(now), "exp": .int(now + 300), "email": "ann@acme.example", "email_verified": true,
            "preferred_username": "ann", "name": "Ann", "groups": ["staff"],
        ]
        return usual.merging(more)
    }

    /// A provider that works, but for what a test puts in the place of one of its answers.
    private func serve(
        _ token: String, metadata: JSONValue? = nil, keys: [SigningKey]? = nil,
        _ faults: [String: HTTPServerResponse] = [:]
    ) {
        let metadata = metadata ?? self.metadata()
        let keySet: JSONValue = ["keys": .array((keys ?? [key]).map { .object($0.jwk) })]
        issuer.answer { request in
            if let fault = faults[request.path] { return fault }
            switch request.path {
            case "/.well-known/openid-configuration": return .json(200, metadata)
            case "/keys": return .json(200, keySet)
            case "/token": return .json(200, ["id_token": .string(token), "access_token": "at"])
            default: return HTTPServerResponse(status: 404)
            }
        }
    }

    private func identity(
        _ provider: OpenIDProvider, _ attempt: SignInAttempt, issuer: String? = nil
    ) async throws(SignInError) -> SignInIdentity {
        try await provider.identity(code: "c0de", issuer: issuer, attempt: attempt, callback: Self.callback)
    }

    @Test("the person is sent with state, nonce and challenge, and never with the verifier or the secret")
    func authorization() async throws {
        serve("")
        let (attempt, provider) = (attempt, provider { $0.prompt = "login" })
        let url = try await provider.authorizationURL(for: attempt, callback: Self.callback)
        #expect(url.hasPrefix(issuer.url + "/authorize?tenant=1&response_type=code&client_id=callboard&"))
        let query = try #require(RequestTarget(url)).query
        let expected = [
            "redirect_uri": Self.callback, "scope": "openid profile email", "state": attempt.state,
            "nonce": attempt.nonce, "code_challenge": attempt.challenge, "code_challenge_method": "S256",
            "prompt": "login",
        ]
        for (name, value) in expected { #expect(query.filter { $0.name == name }.map(\.value) == [value], "\(name)") }
        #expect(!url.contains(attempt.verifier) && !url.contains("s3cret"))
    }

    @Test("a code is exchanged with its verifier, and a good token tells who it is")
    func good() async throws {
        let attempt = attempt
        serve(key.sign(claims(attempt)))
        let found = try await identity(provider(), attempt, issuer: issuer.url)
        #expect(found.subject == "oidc:sub-1" && found.username == "ann" && found.email == "ann@acme.example")
        #expect(found.displayName == "Ann" && found.groups == ["staff"])
        let exchange = try #require(issuer.asked.first { $0.path == "/token" })
        #expect(exchange.formField("code") == "c0de" && exchange.formField("redirect_uri") == Self.callback)
        #expect(exchange.formField("code_verifier") == attempt.verifier)
        // RFC 6749 §2.3.1: form-encoded, then joined.
        let credentials = Base64.encode(Array("callboard:s3cret%2F%2B%26".utf8))
        #expect(
            exchange.headers["Authorization"] == "Basic \(credentials)" && exchange.formField("client_secret") == nil)
    }

    @Test("the client shows itself as the provider wants, or as configured")
    func clientAuthentication() async throws {
        let attempt = attempt
        serve(
            key.sign(claims(attempt)),
            metadata: metadata(["token_endpoint_auth_methods_supported": ["client_secret_post"]]))
        _ = try await identity(provider(), attempt)
        let posted = try #require(issuer.asked.last { $0.path == "/token" })
        #expect(posted.formField("client_secret") == "s3cret/+&" && posted.headers["Authorization"] == nil)
        serve(key.sign(claims(attempt)))
        _ = try await identity(provider { $0.clientAuthentication = .post }, attempt)
        #expect(issuer.asked.last { $0.path == "/token" }?.formField("client_secret") == "s3cret/+&")
    }

    /// Claims in place of the good ones; with `exp` and `iat` relative to now.
    private static let badClaims: [(JSONObject, Int64)] = [
        (["iss": "https://other.example"], 0), (["aud": "other"], 0), (["aud": ["callboard", "other"]], 0),
        (["azp": "other"], 0), (["nonce": "another"], 0), (["nonce": .null], 0), (["sub": ""], 0), (["sub": 7], 0),
        ([:], 361), ([:], -61),
    ]

    @Test("a token of another issuer, client, sign-in or time is refused", arguments: badClaims)
    func badToken(more: JSONObject, later: Int64) async {
        let attempt = attempt
        serve(key.sign(claims(attempt, more)))
        time.advance(seconds: later)
        let error = await #expect(throws: SignInError.self) { try await identity(provider(), attempt) }
        #expect(error?.code == .invalidAnswer)
    }

    @Test("clocks may be a minute apart", arguments: [359, -59] as [Int64])
    func skew(later: Int64) async throws {
        let attempt = attempt
        serve(key.sign(claims(attempt)))
        time.advance(seconds: later)
        #expect(try await identity(provider(), attempt).id == "sub-1")
    }

    @Test("a token of another key, with another way of signing, or none is refused")
    func signatures() async throws {
        let attempt = attempt
        let good = key.sign(claims(attempt))
        let parts = good.split(separator: ".")
        let unsigned = Base64.encode(Array(#"{"alg":"none"}"#.utf8), alphabet: .urlSafe) + ".\(parts[1])."
        for token in [SigningKey.generate().sign(claims(attempt)), unsigned, "\(parts[0]).\(parts[1])", "", "x"] {
            serve(token)
            let error = await #expect(throws: SignInError.self) { try await identity(provider(), attempt) }
            #expect(error?.code == .invalidAnswer, "\(token)")
            #expect(token.count < 2 || error?.detail.contains(token) == false)
        }
        serve(good)
        await #expect(throws: SignInError.self) { try await identity(provider { $0.algorithm = .rs256 }, attempt) }
    }

    @Test("keys are read anew when the provider signs with one that is not known yet")
    func rotation() async throws {
        let (attempt, next, provider) = (attempt, SigningKey.generate(), provider())
        serve(key.sign(claims(attempt)))
        _ = try await identity(provider, attempt)
        serve(next.sign(claims(attempt)), keys: [key, next])
        #expect(try await identity(provider, attempt).id == "sub-1")
        _ = try await identity(provider, attempt)
        #expect(issuer.asked.filter { $0.path == "/keys" }.count == 2)
        #expect(issuer.asked.filter { $0.path == "/.well-known/openid-configuration" }.count == 1)
    }

    @Test("what the token leaves out comes from the userinfo endpoint, if that speaks of the same person")
    func userinfo() async throws {
        let attempt = attempt
        var claims = claims(attempt)
        claims["email"] = nil
        let withUserinfo = metadata(["userinfo_endpoint": .string(issuer.url + "/me")])
        for (subject, verified, expected) in [
            ("sub-1", true, "a@b.example"), ("sub-1", "true", "a@b.example"), ("sub-2", true, nil),
            // The token's word is about another address.
            ("sub-1", .null, nil),
        ] as [(String, JSONValue, String?)] {
            let more: JSONValue = [
                "sub": .string(subject), "email": "a@b.example", "email_verified": verified,
                "preferred_username": "eve",
            ]
            serve(key.sign(claims), metadata: withUserinfo, ["/me": .json(200, more)])
            let found = try await identity(provider(), attempt)
            #expect(found.email == expected && found.username == "ann")
        }
        #expect(issuer.asked.last { $0.path == "/me" }?.headers["Authorization"] == "Bearer at")
    }

    @Test(
        "an email that the provider does not vouch for is none",
        arguments: [false, "false", .null, 1, "yes"] as [JSONValue])
    func doubtful(verified: JSONValue) async throws {
        let attempt = attempt
        serve(key.sign(claims(attempt, ["email_verified": verified])))
        #expect(try await identity(provider(), attempt).email == nil)
    }

    @Test("an answer of another issuer is refused before the code is used")
    func mixUp() async {
        let attempt = attempt
        for (named, metadata) in [
            ("https://other.example", metadata()),
            (nil, metadata(["authorization_response_iss_parameter_supported": true])),
        ] as [(String?, JSONValue)] {
            serve(key.sign(claims(attempt)), metadata: metadata)
            await #expect(throws: SignInError.self) { try await identity(provider(), attempt, issuer: named) }
        }
        #expect(!issuer.asked.contains { $0.path == "/token" })
    }

    /// A path, what it answers, and what becomes of the sign-in.
    private static let faults: [(String, HTTPServerResponse, SignInError.Code)] = [
        ("/token", .json(400, ["error": "invalid_grant"]), .refused), ("/token", .json(401, [:]), .refused),
        ("/token", .json(500, [:]), .unavailable), ("/token", .json(429, [:]), .unavailable),
        ("/token", .json(200, ["access_token": "at"]), .invalidAnswer),
        ("/token", HTTPServerResponse(status: 302, headers: ["Location": "/keys"]), .refused),
        (
            "/token", HTTPServerResponse(status: 200, body: .bytes([UInt8](repeating: 0x20, count: 300_000))),
            .invalidAnswer
        ),
        ("/token", HTTPServerResponse(status: 200, body: .bytes(Array("<html>".utf8))), .invalidAnswer),
        ("/keys", .json(200, ["keys": []]), .invalidAnswer), ("/keys", .json(503, [:]), .unavailable),
        ("/keys", .json(404, [:]), .invalidAnswer),
        ("/.well-known/openid-configuration", .json(502, [:]), .unavailable),
        ("/.well-known/openid-configuration", .json(200, ["issuer": "https://other.example"]), .invalidAnswer),
        ("/.well-known/openid-configuration", .json(200, []), .invalidAnswer),
    ]

    @Test("each way in which a provider fails has its name, and no secret is told", arguments: faults)
    func failure(path: String, answer: HTTPServerResponse, expected: SignInError.Code) async {
        let attempt = attempt
        serve(key.sign(claims(attempt)), [path: answer])
        let error = await #expect(throws: SignInError.self) { try await identity(provider(), attempt) }
        #expect(error?.code == expected)
        for secret in ["s3cret", "c0de", attempt.verifier] { #expect(error?.detail.contains(secret) == false) }
    }

    @Test("a provider that is gone is told so; what was read of it before serves on for who is under way")
    func gone() async throws {
        let provider = provider()
        serve("")
        _ = try await provider.authorizationURL(for: attempt, callback: Self.callback)
        serve("", ["/.well-known/openid-configuration": .json(503, [:])])
        time.advance(seconds: 4_000)
        _ = try await provider.authorizationURL(for: attempt, callback: Self.callback)
        await issuer.stop()
        let error = await #expect(throws: SignInError.self) {
            try await self.provider().authorizationURL(for: attempt, callback: Self.callback)
        }
        #expect(error?.code == .unavailable)
    }

    @Test("metadata is that of its issuer, and its endpoints are https")
    func metadata() throws {
        let url = "https://idp.example/.well-known/openid-configuration"
        func read(_ more: JSONObject) throws -> OpenIDMetadata {
            let json: JSONObject = [
                "issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/a",
                "token_endpoint": "https://idp.example/t", "jwks_uri": "https://idp.example/k",
            ]
            return try OpenIDMetadata(.object(json.merging(more)), from: url)
        }
        #expect(try read(["issuer": "https://idp.example/"]).issuer == "https://idp.example/")
        for bad: JSONObject in [
            ["issuer": "https://idp.example.evil"], ["issuer": .null], ["token_endpoint": "http://idp.example/t"],
            ["jwks_uri": "file:///k"], ["authorization_endpoint": "https://x y"], ["userinfo_endpoint": 1],
        ] {
            #expect(throws: SignInError.self) { try read(bad) }
        }
        #expect(OpenIDMetadata.url("https://idp.example/") == url && OpenIDMetadata.url("https://idp.example") == url)
        #expect(OpenIDMetadata.url(url) == url)
    }
}
