import Actions
import Base
import Store
import TestSupport
import Testing

@testable import Access

@Suite("The authorization server", .serialized, .enabled(if: TestDatabase.isAvailable))
struct AuthorizationServerTests: OAuthTests {
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

    @Test("a token is worth nothing when its grant has ended, whatever it says itself")
    func grantEnd() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let time = scene.now
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
}
