import Actions
import Base
import Store
import TestSupport
import Testing

@testable import Access

@Suite("Refresh tokens", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RefreshTokenTests: OAuthTests {
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

    /// Whose access ends, by Ann's sign-in and user and by the client; whether that is hers.
    private static let questions: [(OAuthGrantQuestion, Bool)] = [
        (OAuthGrantQuestion(person: "oidc:ann"), true), (OAuthGrantQuestion(person: "User:default/Ann"), true),
        (OAuthGrantQuestion(clientID: "portal"), true),
        (OAuthGrantQuestion(person: "user:default/ann", clientID: "portal"), true),
        (OAuthGrantQuestion(person: "oidc:bob"), false), (OAuthGrantQuestion(clientID: "other"), false),
        (OAuthGrantQuestion(person: "oidc:ann", clientID: "other"), false),
    ]

    @Test("access that an operator ends is worth nothing, and the person is asked again", arguments: questions)
    func ended(_ question: OAuthGrantQuestion, _ isHers: Bool) async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let answer = try await Self.tokens(server, code: try await Self.agreed(server))
            let pending = try await Self.agreed(server)
            let now = scene.now
            let found = try await scene.store.oauth.grants(question, now: now, limit: 1)
            #expect(found.total == (isHers ? 2 : 0) && found.grants.count == (isHers ? 1 : 0))
            #expect(try await scene.store.oauth.end(question, now: now) == (isHers ? 2 : 0))
            #expect(try await scene.store.oauth.grants(question, now: now, limit: 1).total == 0)
            guard isHers else {
                _ = try await Self.refreshed(server, answer["refresh_token"]?.stringValue)
                return
            }
            await #expect(throws: TokenError.invalid("The access has been ended")) {
                try await server.verifier.caller(
                    of: answer["access_token"]?.stringValue ?? "", at: "/api/mcp-actions/v1")
            }
            await #expect(throws: OAuthError.self) {
                try await Self.refreshed(server, answer["refresh_token"]?.stringValue)
            }
            await #expect(throws: OAuthError.self) { try await Self.tokens(server, code: pending) }
            guard case .ask = try await server.begin(Self.request(), for: Self.ann) else {
                Issue.record("what was agreed to is still remembered")
                return
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
                expires: scene.now.adding(seconds: 900))
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
}
