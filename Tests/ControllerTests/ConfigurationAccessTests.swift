import API
import Access
import Actions
import Base
import Testing

@testable import Controller

@Suite("Configuration of access")
struct ConfigurationAccessTests {
    private static let jwks = """
        backend:
          baseUrl: https://callboard.example.com/
          auth:
            externalAccess:
              - type: jwks
                options: {url: https://login.example.com/keys, issuer: https://login.example.com, algorithm: 'RS256,ES256',
                  audience: [a, b], subjectPrefix: login}
                accessRestrictions: [{plugin: catalog}]
              - type: legacy
                options: {secret: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz, subject: old}
              - type: static
                options: {token: a-static-token, subject: ci}
          cors: {origin: ['https://portal.example.com'], methods: [GET, POST], credentials: true, maxAge: 60}
        callboard:
          auth:
            authorizationServers: [https://login.example.com/]
            scopes: [catalog:read, costs:read]
            kubernetes:
              audiences: [callboard, cb]
              cluster: prod
              cacheSeconds: 20
              allow:
                - serviceAccount: ci/bot
                  accessRestrictions: [{plugin: catalog}]
                - {user: ann}
                - {group: system:masters}
        """

    @Test("everything that can be set is read")
    func everything() throws {
        let found = try configuration(Self.jwks)
        let access = found.access
        let issuer = try #require(access.issuers.first)
        #expect(issuer.url == "https://login.example.com/keys" && issuer.issuers == ["https://login.example.com"])
        #expect(
            issuer.algorithms == [.rs256, .es256] && issuer.audiences == ["a", "b"] && issuer.subjectPrefix == "login")
        let catalog = AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)
        #expect(issuer.restrictions == [catalog] && access.legacy.count == 1 && found.tokens.count == 1)
        #expect(access.baseURL == "https://callboard.example.com" && access.scopes == ["catalog:read", "costs:read"])
        // Issuers are compared letter by letter, so that the slash stays.
        #expect(access.authorizationServers == ["https://login.example.com/"])
        let kubernetes = try #require(access.kubernetes)
        #expect(kubernetes.audiences == ["callboard", "cb"] && kubernetes.cluster == "prod")
        #expect(kubernetes.limits.lifetime == .seconds(20))
        #expect(
            kubernetes.grants == [
                KubernetesGrant(.user("system:serviceaccount:ci:bot"), restrictions: [catalog]),
                KubernetesGrant(.user("ann")), KubernetesGrant(.group("system:masters")),
            ])
        #expect(access.origins == ["https://callboard.example.com", "https://portal.example.com"])
        #expect(
            access.cors.methods == ["GET", "POST"] && access.cors.allowsCredentials && access.cors.maximumAge == 60)
        #expect(found.warnings.isEmpty)
    }

    @Test("without any of it nothing is open, and tokens of clusters are for an audience of our own")
    func defaults() throws {
        let found = try configuration("callboard: {auth: {kubernetes: {allow: [{user: ann}]}}}").access
        #expect(found.kubernetes?.audiences == ["callboard"] && found.kubernetes?.limits.lifetime == .seconds(60))
        let none = try configuration("callboard: {auth: {kubernetes: {enabled: false}}}").access
        #expect(none.kubernetes == nil && !none.letsIn && none.resources == nil)
    }

    @Test("that everybody may do everything is said at every start")
    func open() throws {
        let found = try configuration("backend: {auth: {dangerouslyDisableDefaultAuthPolicy: true}}")
        #expect(found.access.isOpen && found.warnings.contains { $0.contains("EVERYTHING") })
    }

    private static let mistakes: [(String, String)] = [
        ("{type: magic}", "externalAccess[0].type: expected static, jwks or legacy"),
        ("{type: jwks, options: {}}", "options.url: is missing; expected the address of the issuer's keys"),
        ("{type: jwks, options: {url: 'file:///etc/passwd'}}", "options.url: expected an address"),
        ("{type: jwks, options: {url: 'https://u:p@a.b/'}}", "options.url: expected an address"),
        ("{type: jwks, options: {url: 'https://a.b', algorithm: HS256}}", "expected some of"),
        ("{type: jwks, options: {url: 'https://a.b', algorithm: none}}", "found \"none\""),
        ("{type: jwks, options: {url: 'https://a.b', algorithm: []}}", "expected names of algorithms"),
        ("{type: jwks, options: {url: 'https://a.b', subjectPrefix: 'a b'}}", "expected a name without white space"),
        ("{type: jwks, options: {url: 'https://a.b'}, accessRestrictions: [{plugins: x}]}", "unknown key plugins"),
        ("{type: legacy, options: {subject: x}}", "options.secret: is missing"),
        ("{type: legacy, options: {secret: c2hvcnQ=, subject: x}}", "expected at least 16 bytes in base64"),
        ("{type: legacy, options: {secret: '%%%%', subject: x}}", "expected at least 16 bytes in base64"),
    ]

    @Test("a mistake in an entry stops the start and says where and what", arguments: mistakes)
    func refused(_ entry: String, _ words: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("backend: {auth: {externalAccess: [\(entry)]}}")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("c2hvcnQ") == false)
    }

    private static let others: [(String, String)] = [
        ("callboard: {auth: {kubernetes: {}}}", "callboard.auth.kubernetes.allow: is missing"),
        ("callboard: {auth: {kubernetes: {allow: [{}]}}}", "expected one of serviceAccount, user and group"),
        ("callboard: {auth: {kubernetes: {allow: [{user: a, group: b}]}}}", "expected one of"),
        ("callboard: {auth: {kubernetes: {allow: [{serviceAccount: bot}]}}}", "expected namespace/name"),
        ("callboard: {auth: {kubernetes: {allow: [{usr: a}]}}}", "unknown key usr"),
        ("callboard: {auth: {kubernetes: {audiences: [], allow: []}}}", "at least one audience"),
        ("callboard: {auth: {kubernetes: {cacheSeconds: 61, allow: []}}}", "from 0 to 60"),
        ("callboard: {auth: {authorizationServers: ['https://a.b']}}", "expected backend.baseUrl beside it"),
        ("backend: {baseUrl: callboard}", "backend.baseUrl: expected an address"),
        ("backend: {cors: {origin: '*'}}", "expected origins such as"),
        ("backend: {cors: {origin: 'https://a.b/path'}}", "found \"https://a.b/path\""),
    ]

    @Test("other mistakes stop the start, too", arguments: others)
    func otherMistakes(_ text: String, _ words: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}
