import Actions
import Base
import Store
import Testing

@testable import Access

@Suite("What becomes of codes and refresh tokens")
struct TokenDecisionTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let verifier = String(repeating: "v", count: 43)
    private static let challenge = Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe)
    private static let next = OAuthRefresh(hash: "next", expires: now.adding(seconds: 9))

    private static func grant(_ end: Int64 = 100, revoked: Bool = false) -> OAuthGrant {
        OAuthGrant(
            id: "g", subject: "s", displayName: "S", userEntityRef: nil, clientID: "c", clientName: "C", scopes: [],
            resource: "r", expires: now.adding(seconds: end), isRevoked: revoked)
    }

    private static func code(_ end: Int64 = 60, used: Bool = false) -> OAuthCode {
        OAuthCode(
            hash: "h", redirectURI: "u", challenge: challenge, nonce: nil, expires: now.adding(seconds: end),
            isUsed: used)
    }

    private static func verdict(
        _ code: OAuthCode = code(), _ grant: OAuthGrant = grant(), client: String = "c", uri: String? = "u",
        verifier: String = verifier
    ) -> OAuthVerdict {
        TokenDecision.code(
            code, of: grant, clientID: client, redirectURI: uri, verifier: verifier, now: now,
            grantExpires: now.adding(seconds: 5), next: next)
    }

    @Test("a code is good once, in time, for its client, address and verifier")
    func codes() {
        let good = OAuthVerdict.use(grantExpires: Self.now.adding(seconds: 5), next: Self.next)
        #expect(Self.verdict() == good && Self.verdict(uri: nil) == good)
        #expect(Self.verdict(Self.code(used: true)) == .revoke)
        #expect(Self.verdict(Self.code(0)) == .refuse)
        #expect(Self.verdict(client: "other") == .refuse)
        #expect(Self.verdict(uri: "u/") == .refuse)
        #expect(Self.verdict(verifier: Self.verifier + "v") == .refuse)
        #expect(Self.verdict(verifier: Self.challenge) == .refuse, "as the method plain would have it")
        #expect(Self.verdict(Self.code(), Self.grant(revoked: true)) == .refuse)
    }

    @Test(
        "a refresh token that comes a second time ends everything, but for a lost answer",
        arguments: [
            (nil, false, .use(grantExpires: grant().expires, next: next)), (-19, false, .repeatAnswer),
            (-20, false, .revoke),
            (-1, true, .revoke), (-3_600, false, .revoke),
        ] as [(Int64?, Bool, OAuthVerdict)])
    func refresh(_ used: Int64?, _ successorIsUsed: Bool, _ expected: OAuthVerdict) {
        let token = OAuthRefresh(
            hash: "h", expires: Self.now.adding(seconds: 1), used: used.map(Self.now.adding(seconds:)),
            successor: used.map { _ in "next" }, successorIsUsed: successorIsUsed)
        func verdict(_ grant: OAuthGrant = Self.grant(), _ client: String = "c") -> OAuthVerdict {
            TokenDecision.refresh(token, of: grant, clientID: client, now: Self.now, next: Self.next)
        }
        #expect(verdict() == expected)
        #expect(verdict(Self.grant(), "other") == .refuse)
        #expect(verdict(Self.grant(0)) == .refuse)
        #expect(verdict(Self.grant(revoked: true)) == .refuse)
    }

    @Test("a refresh token that was idle for too long is refused")
    func idle() {
        let token = OAuthRefresh(hash: "h", expires: Self.now)
        #expect(
            TokenDecision.refresh(token, of: Self.grant(), clientID: "c", now: Self.now, next: Self.next) == .refuse)
    }

    @Test(
        "scopes are those that we have; without one that gives access, the basic ones",
        arguments: [
            (nil, ["catalog:read", "costs:read", "kubernetes:read"]), ("catalog:read", ["catalog:read"]),
            ("openid offline_access", ["catalog:read", "costs:read", "kubernetes:read", "openid", "offline_access"]),
            ("costs:read profile", ["costs:read"]), ("everything", nil),
        ] as [(String?, [String]?)])
    func scopes(_ text: String?, _ expected: [String]?) {
        #expect((try? OAuthScope.granted(text, offline: true))?.map(\.rawValue) == expected)
    }

    @Test("a scope gives what it says and nothing else")
    func restrictions() {
        func may(_ scopes: [OAuthScope], _ permission: Permission) -> Bool {
            Caller(subject: "s", restrictions: OAuthScope.restrictions(of: scopes)).may(permission)
        }
        #expect(
            may([.readCatalog], .readEntities) && !may([.readCatalog], .deleteEntities)
                && !may([.readCatalog], .readCosts))
        #expect(may([.readCosts], .readCosts) && !may([.readCosts], .readEntities))
        #expect(
            may([.readCatalog, .writeCatalog], .deleteEntities) && may([.writeCatalog, .readCatalog], .readEntities))
        #expect(Permission.all.allSatisfy { may([.runActions], $0) })
        #expect(!Permission.all.contains { may([.openID, .offlineAccess], $0) })
        let everything = Caller(subject: "s", restrictions: OAuthScope.restrictions(of: OAuthScope.allCases))
        #expect(throws: ActionError.self) { try everything.checkNamed(.writeScaleOps) }
    }

    @Test(
        "a token is for the place that it names and what is below",
        arguments: [
            ("/api/mcp-actions/v1", "/api/mcp-actions/v1"), ("/api/mcp-actions/v1/team", "/api/mcp-actions/v1/team"),
            ("/api/mcp-actions/v1/other", "/api/mcp-actions/v1"), ("/api/mcp-actions/v10", ""),
            ("/api/mcp-actions/sse/x", "/api/mcp-actions/sse"), ("/api/catalog/entities", ""), ("/", ""),
        ])
    func resources(_ path: String, _ resource: String) {
        let configuration = OAuthConfiguration(baseURL: "https://h", servers: ["team"])
        #expect(configuration.resource(at: path) == "https://h" + resource)
    }
}
