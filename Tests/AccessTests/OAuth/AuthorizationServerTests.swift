import Actions
import Base
import Store
import Synchronization
import TestSupport
import Testing

@testable import Access

@Suite("The authorization server", .serialized, .enabled(if: TestDatabase.isAvailable))
struct AuthorizationServerTests {
    private static let ring = KeyRing(secrets: ["a secret of thirty-two bytes or more"])
    private static let verifier = String(repeating: "v", count: 43)
    private static let redirect = "https://portal.example/cb"

    /// A server over a database of its own, with a clock that stands.
    private final class Scene: Sendable {
        let store: Store
        let clock = Mutex(Timestamp(seconds: 1_800_000_000))
        init(_ store: Store) { self.store = store }

        func server(
            _ ring: KeyRing = ring, users: FewUsers = FewUsers(),
            _ change: (inout OAuthConfiguration) -> Void = { _ in }
        ) throws -> AuthorizationServer {
            var configuration = OAuthConfiguration(baseURL: "https://h.example")
            configuration.clients = [
                try .configured(id: "portal", name: "Portal", secret: nil, redirectURIs: [redirect])
            ]
            configuration.refreshTokens = OAuthConfiguration.RefreshTokens()
            change(&configuration)
            return AuthorizationServer(
                configuration, store: store.oauth, ring: ring, directory: users, http: nil,
                logger: Logger("test") { _ in },
                now: { self.clock.withLock { $0 } })
        }

        func pass(_ seconds: Int64) { clock.withLock { $0 = $0.adding(seconds: seconds) } }
    }

    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await TestDatabase.withStore { try await body(Scene($0)) }
    }

    private static let ann = Person(
        subject: "oidc:ann", displayName: "Ann", userEntityRef: "user:default/ann",
        expires: Timestamp(seconds: 2_000_000_000))

    private static func request(_ change: [String: String?] = [:]) -> OAuthParameters {
        var values: [String: String?] = [
            "response_type": "code", "client_id": "portal", "redirect_uri": redirect, "state": "s t",
            "code_challenge": Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe),
            "code_challenge_method": "S256",
        ]
        for (name, value) in change { values[name] = .some(value) }
        return OAuthParameters(values.compactMap { name, value in value.map { (name, $0) } })
    }

    private static func code(_ step: AuthorizationStep) throws -> String {
        guard case .redirect(let location) = step, let start = location.firstRange(of: "?code=") else {
            throw OAuthError(.invalidRequest, "no code")
        }
        return String(location[start.upperBound...].prefix { $0 != "&" })
    }

    /// Asks, has Ann agree, and gives the code.
    private static func agreed(_ server: AuthorizationServer, _ change: [String: String?] = [:]) async throws -> String
    {
        let step = try await server.begin(request(change), for: ann)
        guard case .ask(let question) = step else { return try code(step) }
        return try code(try await server.decide(question.ticket, approves: true, by: ann))
    }

    private static func tokens(
        _ server: AuthorizationServer, code: String, _ more: [(String, String)] = []
    ) async throws -> JSONValue {
        try await server.token(
            OAuthParameters(
                [
                    ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier),
                    ("client_id", "portal"),
                ]
                .map { (name: $0.0, value: $0.1) } + more.map { (name: $0.0, value: $0.1) }),
            authorization: nil)
    }

    private static func refreshed(
        _ server: AuthorizationServer, _ token: String?, _ more: [(String, String)] = []
    ) async throws -> JSONValue {
        try await server.token(
            OAuthParameters(
                [("grant_type", "refresh_token"), ("refresh_token", token ?? ""), ("client_id", "portal")].map {
                    (name: $0.0, value: $0.1)
                } + more.map { (name: $0.0, value: $0.1) }),
            authorization: nil)
    }

    @Test("what cannot be granted is told to the client with state and iss, once each")
    func errors() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            for (change, error) in [
                (["code_challenge_method": "plain"], "invalid_request"),
                (["code_challenge_method": nil], "invalid_request"),
                (["code_challenge": nil], "invalid_request"), (["response_type": "token"], "unsupported_response_type"),
                (["resource": "https://other.example/"], "invalid_target"), (["scope": "all"], "invalid_scope"),
                (["response_mode": "fragment"], "invalid_request"),
            ] as [([String: String?], String)] {
                guard case .redirect(let location) = try await server.begin(Self.request(change), for: Self.ann) else {
                    Issue.record("\(change)")
                    continue
                }
                #expect(location.hasPrefix("\(Self.redirect)?error=\(error)&error_description="))
                #expect(location.hasSuffix("&state=s%20t&iss=https%3A%2F%2Fh.example%2Fapi%2Fauth"))
            }
            for change in [["client_id": "other"], ["client_id": nil], ["redirect_uri": "https://portal.example/cb/"]]
                as [[String: String?]]
            {
                guard case .refused = try await server.begin(Self.request(change), for: Self.ann) else {
                    Issue.record("\(change) was sent on")
                    continue
                }
            }
        }
    }

    @Test("a question is for whom it was asked, for ten minutes, and for nothing else")
    func tickets() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            guard case .ask(let question) = try await server.begin(Self.request(), for: Self.ann) else {
                Issue.record("not asked")
                return
            }
            let bob = Person(subject: "oidc:bob", displayName: "Bob", userEntityRef: nil, expires: Self.ann.expires)
            for (ticket, person) in [(question.ticket, bob), (question.ticket + "A", Self.ann), ("", Self.ann)] {
                guard case .refused = try await server.decide(ticket, approves: true, by: person) else {
                    Issue.record("taken")
                    continue
                }
            }
            guard case .redirect(let no) = try await server.decide(question.ticket, approves: false, by: Self.ann)
            else {
                Issue.record("not told")
                return
            }
            #expect(no.contains("error=access_denied"))
            scene.pass(600)
            guard case .refused = try await server.decide(question.ticket, approves: true, by: Self.ann) else {
                Issue.record("too old")
                return
            }
        }
    }

    @Test("what a person agreed to is not asked again, more is")
    func remembered() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            _ = try await Self.agreed(server)
            guard case .redirect = try await server.begin(Self.request(["scope": "catalog:read"]), for: Self.ann),
                case .ask = try await server.begin(Self.request(["scope": "actions:run"]), for: Self.ann)
            else {
                Issue.record("asked otherwise")
                return
            }
            scene.pass(91 * 86_400)
            guard case .ask = try await server.begin(Self.request(), for: Self.ann) else {
                Issue.record("remembered for too long")
                return
            }
        }
    }

    @Test("tokens are for one resource, carry what was agreed to, and end with the grant")
    func access() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let code = try await Self.agreed(server, ["scope": "catalog:read openid", "nonce": "n"])
            let answer = try await Self.tokens(server, code: code)
            #expect(answer["token_type"] == "Bearer" && answer["expires_in"] == 3_600)
            #expect(answer["scope"] == "catalog:read openid")
            let token = answer["access_token"]?.stringValue ?? ""
            // Another replica, with keys that it reads now.
            let other = try scene.server()
            let caller = try #require(try await other.verifier.caller(of: token, at: "/api/mcp-actions/v1"))
            #expect(caller.subject == "oidc:ann" && caller.userEntityRef == "user:default/ann")
            #expect(caller.may(.readEntities) && !caller.may(.readCosts))
            for path in ["/api/mcp-actions/sse", "/api/catalog/entities"] {
                await #expect(throws: TokenError.self) { try await other.verifier.caller(of: token, at: path) }
            }
            let identity = answer["id_token"]?.stringValue ?? ""
            #expect(try JSONWebToken(parsing: identity).claims["nonce"] == "n")
            await #expect(throws: TokenError.self) {
                try await other.verifier.caller(of: identity, at: "/api/mcp-actions/v1")
            }
            #expect(try await other.verifier.caller(of: "eyJ.x.y", at: "/") == nil)
            // The code again: at most the memory of a replica later, the token is over everywhere.
            await #expect(throws: OAuthError.self) { try await Self.tokens(server, code: code) }
            scene.pass(16)
            await #expect(throws: TokenError.self) {
                try await other.verifier.caller(of: token, at: "/api/mcp-actions/v1")
            }
        }
    }

    @Test("a refresh token changes with each use; one that is used twice ends the family")
    func refresh() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let first = try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue
            let second = try await Self.refreshed(server, first)["refresh_token"]?.stringValue
            #expect(second != first && second != nil)
            // At another replica, when the answer was lost.
            #expect(try await Self.refreshed(try scene.server(), first)["refresh_token"]?.stringValue == second)
            let narrow = try await Self.refreshed(server, second, [("scope", "catalog:read")])
            #expect(narrow["scope"] == "catalog:read")
            let third = narrow["refresh_token"]?.stringValue
            await #expect(throws: OAuthError(.invalidScope, "expected some of catalog:read costs:read kubernetes:read"))
            {
                try await Self.refreshed(server, third, [("scope", "catalog:read catalog:write")])
            }
            await #expect(throws: OAuthError.self) {
                try await Self.refreshed(server, third, [("resource", "https://h.example/api/mcp-actions/sse")])
            }
            await #expect(throws: OAuthError.self) { try await Self.refreshed(server, first) }
            await #expect(throws: OAuthError.self, "the family is over") { try await Self.refreshed(server, third) }
        }
    }

    @Test("a refresh token ends when it is idle, and when its time is over however often it was used")
    func lifetimes() async throws {
        try await Self.with { scene in
            let server = try scene.server { $0.refreshTokens?.absolute = 45 * 86_400 }
            var token = try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue
            scene.pass(29 * 86_400)
            token = try await Self.refreshed(server, token)["refresh_token"]?.stringValue
            scene.pass(17 * 86_400)
            await #expect(throws: OAuthError.self) { try await Self.refreshed(server, token) }
            let idle = try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue
            scene.pass(30 * 86_400)
            await #expect(throws: OAuthError.self) { try await Self.refreshed(server, idle) }
        }
    }

    @Test("a person has so many grants, and one more ends the oldest")
    func grants() async throws {
        try await Self.with { scene in
            let server = try scene.server { $0.refreshTokens?.maximumPerPerson = 2 }
            var tokens: [String?] = []
            for _ in 0..<3 {
                scene.pass(1)
                tokens.append(
                    try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue)
            }
            await #expect(throws: OAuthError.self) { try await Self.refreshed(server, tokens[0]) }
            for token in tokens.dropFirst() { _ = try await Self.refreshed(server, token) }
        }
    }

    @Test("a code that was not changed for tokens ends nobody's grant, nor does one that is refused")
    func unusedGrants() async throws {
        try await Self.with { scene in
            let server = try scene.server { $0.refreshTokens?.maximumPerPerson = 1 }
            let token = try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue
            scene.pass(1)
            let code = try await Self.agreed(server)
            await #expect(throws: OAuthError.self) {
                try await Self.tokens(server, code: code, [("redirect_uri", "https://portal.example/other")])
            }
            let next = try await Self.refreshed(server, token)["refresh_token"]?.stringValue
            _ = try await Self.tokens(server, code: code)
            await #expect(throws: OAuthError.self) { try await Self.refreshed(server, next) }
        }
    }

    @Test("a refresh token is worth nothing when its person has left the catalog, unless nobody is to look")
    func gone() async throws {
        try await Self.with { scene in
            let gone = FewUsers(isGone: true)
            let (server, emptied) = (try scene.server(), try scene.server(users: gone))
            let blind = try scene.server(users: gone) { $0.refreshTokens?.looksForUsers = false }
            let answer = try await Self.tokens(server, code: try await Self.agreed(server))
            let token = try await Self.refreshed(blind, answer["refresh_token"]?.stringValue)["refresh_token"]
            await #expect(throws: OAuthError(.invalidGrant, "the person is no longer in the catalog")) {
                try await Self.refreshed(emptied, token?.stringValue)
            }
            await #expect(throws: OAuthError.self, "it has ended for good") {
                try await Self.refreshed(server, token?.stringValue)
            }
            await #expect(throws: TokenError.invalid("The access has been ended")) {
                try await server.verifier.caller(
                    of: answer["access_token"]?.stringValue ?? "", at: "/api/mcp-actions/v1")
            }
        }
    }

    @Test("a catalog that does not answer ends nobody's access")
    func catalogDown() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let token = try await Self.tokens(server, code: try await Self.agreed(server))["refresh_token"]?.stringValue
            let down = try scene.server(users: FewUsers(isDown: true))
            await #expect(throws: FewUsers.Down.self) { try await Self.refreshed(down, token) }
            _ = try await Self.refreshed(server, token)
        }
    }

    @Test("what a person of the cluster gives ends with their token, and so do the tokens that came of it")
    func personOfTheCluster() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let person = Person(
                subject: "kubernetes:ann", displayName: "Ann", userEntityRef: nil,
                expires: scene.clock.withLock { $0 }.adding(seconds: 900))
            guard case .ask(let question) = try await server.begin(Self.request(), for: person) else {
                Issue.record("not asked")
                return
            }
            let code = try Self.code(try await server.decide(question.ticket, approves: true, by: person))
            let answer = try await Self.tokens(server, code: code)
            let token = answer["access_token"]?.stringValue ?? ""
            #expect(answer["expires_in"] == 900)
            #expect(try JSONWebToken(parsing: token).claims["exp"] == .int(person.expires.microseconds / 1_000_000))
            scene.pass(600)
            let next = try await Self.refreshed(server, answer["refresh_token"]?.stringValue)
            #expect(next["expires_in"] == 300)
            scene.pass(300)
            await #expect(throws: OAuthError.self) {
                try await Self.refreshed(server, next["refresh_token"]?.stringValue)
            }
            await #expect(throws: TokenError.self) {
                try await server.verifier.caller(of: token, at: "/api/mcp-actions/v1")
            }
        }
    }

    @Test("a token is worth nothing when its grant has ended, whatever it says itself")
    func grantEnd() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let time = scene.clock.withLock { $0 }
            let grant = OAuthGrant(
                id: "g", subject: "oidc:ann", displayName: "Ann", userEntityRef: nil, clientID: "portal",
                clientName: "Portal", scopes: [], resource: "https://h.example", expires: time.adding(seconds: 60))
            let code = OAuthCode(hash: "h", redirectURI: "u", challenge: "c", nonce: nil, expires: time)
            try await scene.store.oauth.add(grant, code: code, now: time)
            let token = try await server.keys.signing(now: time).sign(
                [
                    "iss": "https://h.example/api/auth", "sub": "oidc:ann", "aud": "https://h.example", "gid": "g",
                    "exp": .int(time.microseconds / 1_000_000 + 3_600),
                ], type: OAuthTokenVerifier.type)
            #expect(try await server.verifier.caller(of: token, at: "/")?.subject == "oidc:ann")
            scene.pass(61)
            await #expect(throws: TokenError.invalid("The access has been ended")) {
                try await server.verifier.caller(of: token, at: "/")
            }
        }
    }

    @Test("a client whose document is no longer allowed is none, also where it comes with a code or refresh token")
    func delisted() async throws {
        try await Self.with { scene in
            let pattern = try #require(URLPattern("https://good.example/*"))
            let server = try scene.server { $0.documents = ClientDocuments.Rules(ids: [pattern], redirectURIs: []) }
            for (id, code) in [
                ("https://good.example/c", OAuthError.Code.invalidGrant),
                ("https://other.example/c", .invalidClient),
            ] {
                for grant in [
                    [("grant_type", "refresh_token"), ("refresh_token", "x")],
                    [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", Self.verifier)],
                ] {
                    let parameters = (grant + [("client_id", id)]).map { (name: $0.0, value: $0.1) }
                    let error = await #expect(throws: OAuthError.self) {
                        try await server.token(OAuthParameters(parameters), authorization: nil)
                    }
                    #expect(error?.code == code)
                }
            }
        }
    }

    @Test(
        "a client with a document asks for a lasting access when its document names the grant",
        arguments: [(true, true, true), (false, true, false), (true, false, false)])
    func documentRefreshes(refreshes: Bool, isOn: Bool, expected: Bool) throws {
        var configuration = OAuthConfiguration(baseURL: "https://h.example")
        configuration.refreshTokens = isOn ? OAuthConfiguration.RefreshTokens() : nil
        let uri = try RedirectURI(Self.redirect)
        let client = OAuthClient(
            .document, id: "https://good.example/c", name: "C", redirectURIs: [uri], refreshes: refreshes)
        let request = try AuthorizationRequest(Self.request(), client: client, redirectURI: uri, configuration)
        #expect(request.scopes.contains(.offlineAccess) == expected)
    }

    @Test("no code and no token stands in the database")
    func hashes() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let code = try await Self.agreed(server)
            let answer = try await Self.tokens(server, code: code)
            let grant = try #require(
                try await scene.store.oauth.grant(
                    ofRefresh: AuthorizationServer.hash(answer["refresh_token"]?.stringValue ?? "")))
            #expect(!"\(grant)".contains(code) && !"\(grant)".contains(answer["refresh_token"]?.stringValue ?? ""))
            let keys = try await scene.store.oauth.signingKeys(now: scene.clock.withLock { $0 })
            let key = try #require(keys.first)
            let der = try #require(Self.ring.open(key.sealed, for: "signing-key"))
            #expect(keys.count == 1 && SigningKey(der: der)?.id == key.id && !"\(key.jwk)".contains("\"d\""))
        }
    }

    @Test(
        "keys are rotated: the next one is published before it signs, and the old one checks until its tokens are over")
    func rotation() async throws {
        try await Self.with { scene in
            let (server, other) = (try scene.server(), try scene.server())
            let first = try await server.keySet()["keys"]?.arrayValue ?? []
            #expect(try await other.keySet()["keys"]?.arrayValue == first && first.count == 1)
            scene.pass(30 * 86_400 - 600)
            let both = try await server.keySet()["keys"]?.arrayValue ?? []
            #expect(both.count == 2 && both.contains(first[0]))
            let code = try await Self.agreed(server)
            let token = try JSONWebToken(
                parsing: try await Self.tokens(server, code: code)["access_token"]?.stringValue ?? "")
            #expect(token.keyID == first[0]["kid"]?.stringValue, "the new one only waits")
            scene.pass(700)
            let later = try JSONWebToken(
                parsing: try await Self.tokens(server, code: try await Self.agreed(server))["access_token"]?.stringValue
                    ?? "")
            #expect(later.keyID != token.keyID)
            scene.pass(3 * 3_600)
            #expect(try await other.keySet()["keys"]?.arrayValue?.contains(first[0]) == false)
        }
    }

    @Test("with another secret, a new key signs and old client ids and questions are worth nothing")
    func otherSecret() async throws {
        try await Self.with { scene in
            let first = try await scene.server().keySet()
            let other = try scene.server(KeyRing(secrets: ["another secret of thirty-two bytes or so"]))
            #expect(try await other.keySet() != first)
            let both = try scene.server(
                KeyRing(secrets: ["another secret of thirty-two bytes or so", "a secret of thirty-two bytes or more"]))
            #expect(try await both.keySet()["keys"]?.arrayValue?.count == 2)
        }
    }
}
