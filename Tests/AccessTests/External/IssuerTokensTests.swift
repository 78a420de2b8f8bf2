import Actions
import Base
import Synchronization
import TestSupport
import Testing

@testable import Access

/// An issuer whose answers a test sets, and a clock that stands.
private final class Issuer: Sendable {
    struct Down: Error {}

    let key = SigningKey.generate()
    let clock = ManualClock()
    private let state = Mutex((keys: [SigningKey](), isDown: false, asked: 0))

    init() { publish([key]) }

    var asked: Int { state.withLock { $0.asked } }

    func publish(_ keys: [SigningKey]) { state.withLock { $0.keys = keys } }
    func isDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    func keys() -> IssuerKeys {
        let start = clock.now
        return IssuerKeys(name: "issuer", now: { [clock] in start.duration(to: clock.now) }) { [self] in
            try state.withLock { state in
                state.asked += 1
                if state.isDown { throw Down() }
                return JSONValue.object(["keys": .array(state.keys.map { .object($0.jwk) })]).serialized()
            }
        }
    }

    func tokens(_ issuers: [TokenIssuer]) -> IssuerTokens {
        IssuerTokens(issuers, now: { Timestamp(seconds: 1_000) }) { _ in keys() }
    }
}

@Suite("Tokens of issuers")
struct IssuerTokensTests {
    private let issuer = Issuer()
    private let settings = TokenIssuer(
        url: "https://login.example.com/keys", issuers: ["https://login.example.com"], algorithms: [.es256],
        audiences: ["callboard"], subjectPrefix: "login")

    private func token(_ change: JSONObject = [:], by key: SigningKey? = nil) -> String {
        let claims: JSONObject = [
            "iss": "https://login.example.com", "aud": "callboard", "sub": "ann", "exp": 2_000,
        ]
        return (key ?? issuer.key).sign(claims.merging(change))
    }

    @Test("a good token is its subject's, with the prefix and restrictions of its issuer")
    func good() async throws {
        var settings = settings
        settings.restrictions = [AccessRestriction(plugin: "catalog", permissions: nil, attributes: nil)]
        let caller = try await issuer.tokens([settings]).caller(of: token())
        #expect(caller?.subject == "external:login:ann" && caller?.restrictions == settings.restrictions)
        settings.subjectPrefix = nil
        #expect(try await issuer.tokens([settings]).caller(of: token())?.subject == "external:ann")
    }

    private static let refused: [(JSONObject, JWTError)] = [
        (["exp": 900], .expired), (["exp": .null], .claim("exp")), (["nbf": 1_500], .notYetValid),
        (["aud": "other"], .audience), (["aud": .null], .claim("aud")), (["sub": .null], .claim("sub")),
        (["sub": ""], .claim("sub")), (["sub": "a b"], .claim("sub")), (["sub": "a\nb"], .claim("sub")),
        (["sub": .string(String(repeating: "x", count: 257))], .claim("sub")),
    ]

    @Test("a token of the issuer that is not good is refused, with the reason", arguments: refused)
    func bad(_ change: JSONObject, _ error: JWTError) async {
        await #expect(throws: TokenError.invalid(error.description)) {
            try await issuer.tokens([settings]).caller(of: token(change))
        }
    }

    @Test("a token of another issuer, or of no form, is for others to judge")
    func foreign() async throws {
        let tokens = issuer.tokens([settings])
        for text in [
            token(["iss": "https://else.example.com"]), token(["iss": .null]), "secret-of-somebody", "eyJ.x.y",
        ] {
            #expect(try await tokens.caller(of: text) == nil)
        }
        #expect(issuer.asked == 0)
    }

    @Test("an issuer that is not named knows its tokens by their keys")
    func unnamed() async throws {
        var settings = settings
        settings.issuers = []
        let tokens = issuer.tokens([settings])
        #expect(try await tokens.caller(of: token(by: .generate())) == nil)
        #expect(try await tokens.caller(of: token(["iss": "anything"]))?.subject == "external:login:ann")
    }

    @Test("a key that is new is fetched when a token names it, but not more often than every thirty seconds")
    func rotation() async throws {
        let tokens = issuer.tokens([settings])
        #expect(try await tokens.caller(of: token()) != nil)
        let next = SigningKey.generate()
        issuer.publish([issuer.key, next])
        await #expect(throws: TokenError.invalid(JWTError.unknownKey.description)) {
            try await tokens.caller(of: token(by: next))
        }
        #expect(issuer.asked == 1)
        issuer.clock.advance(by: .seconds(30))
        #expect(try await tokens.caller(of: token(by: next)) != nil)
        for _ in 0..<20 { _ = try? await tokens.caller(of: token(by: .generate())) }
        #expect(issuer.asked == 2)
    }

    @Test("keys that went are forgotten after ten minutes")
    func withdrawn() async throws {
        let tokens = issuer.tokens([settings])
        #expect(try await tokens.caller(of: token()) != nil)
        issuer.publish([.generate()])
        issuer.clock.advance(by: .seconds(599))
        #expect(try await tokens.caller(of: token()) != nil)
        issuer.clock.advance(by: .seconds(1))
        await #expect(throws: TokenError.invalid(JWTError.unknownKey.description)) {
            try await tokens.caller(of: token())
        }
    }

    @Test("while the issuer is down its last keys stay good, and what they cannot tell is not said to be wrong")
    func down() async throws {
        let tokens = issuer.tokens([settings])
        #expect(try await tokens.caller(of: token()) != nil)
        issuer.isDown(true)
        issuer.clock.advance(by: .seconds(86_400))
        #expect(try await tokens.caller(of: token()) != nil)
        await #expect(throws: TokenError.unavailable("the keys of issuer cannot be fetched")) {
            try await tokens.caller(of: token(by: .generate()))
        }
        issuer.isDown(false)
        issuer.clock.advance(by: .seconds(30))
        await #expect(throws: TokenError.invalid(JWTError.unknownKey.description)) {
            try await tokens.caller(of: token(by: .generate()))
        }
    }

    @Test("an issuer that never answered is asked again after five seconds, and its tokens wait for it")
    func neverUp() async throws {
        issuer.isDown(true)
        let tokens = issuer.tokens([settings])
        for _ in 0..<5 {
            await #expect(throws: TokenError.unavailable("the keys of issuer cannot be fetched")) {
                try await tokens.caller(of: token())
            }
        }
        #expect(issuer.asked == 1)
        issuer.isDown(false)
        issuer.clock.advance(by: .seconds(5))
        #expect(try await tokens.caller(of: token()) != nil)
    }

    @Test("of two entries of one issuer, the one decides that takes the token")
    func twoAudiences() async throws {
        var other = settings
        (other.audiences, other.subjectPrefix) = (["else"], "else")
        #expect(try await issuer.tokens([other, settings]).caller(of: token())?.subject == "external:login:ann")
    }

    @Test("an issuer without a name that does not answer leaves the word to those who know the token")
    func silentStranger() async throws {
        var unnamed = settings
        (unnamed.url, unnamed.issuers) = ("https://down.example.com/keys", [])
        let stranger = Issuer()
        stranger.isDown(true)
        let tokens = IssuerTokens([unnamed, settings], now: { Timestamp(seconds: 1_000) }) {
            $0.issuers.isEmpty ? stranger.keys() : issuer.keys()
        }
        #expect(try await tokens.caller(of: token())?.subject == "external:login:ann")
        await #expect(throws: TokenError.invalid(JWTError.expired.description)) {
            try await tokens.caller(of: token(["exp": 900]))
        }
        await #expect(throws: TokenError.unavailable("the keys of issuer cannot be fetched")) {
            try await tokens.caller(of: token(["iss": "https://else.example.com"]))
        }
    }

    @Test("an issuer's name is its host, whatever else its address has")
    func names() {
        for url in ["https://a.b:8443/x?secret", "https://user:secret@a.b:8443#x", "https://a.b:8443"] {
            #expect(TokenIssuer(url: url).name == "a.b:8443")
        }
    }
}

@Suite("Tokens of old Backstages")
struct LegacyTokensTests {
    private let tokens = LegacyTokens(
        [
            LegacyTokens.Secret(Array("another secret".utf8), caller: Caller(subject: "external:b")),
            LegacyTokens.Secret(Array("the secret".utf8), caller: Caller(subject: "external:a")),
        ], now: { Timestamp(seconds: 1_000) })

    private func token(_ claims: JSONObject, _ secret: String = "the secret") -> String {
        JSONWebTokenTests.hs256(["alg": "HS256"], claims, secret: Array(secret.utf8))
    }

    @Test("the secret tells whose token it is, with and without an end")
    func good() async throws {
        for claims: JSONObject in [["sub": "backstage-server"], ["sub": "backstage-server", "exp": 2_000]] {
            #expect(try await tokens.caller(of: token(claims))?.subject == "external:a")
            #expect(try await tokens.caller(of: token(claims, "another secret"))?.subject == "external:b")
        }
    }

    @Test("what Backstage does not take is for others to judge")
    func foreign() async throws {
        for text in [
            token(["sub": "ann"]), token(["sub": "backstage-server", "aud": "x"]), token([:]),
            token(["sub": "backstage-server"], "wrong"), "x.y.z",
        ] { #expect(try await tokens.caller(of: text) == nil) }
    }

    @Test("one that has ended is refused")
    func expired() async {
        await #expect(throws: TokenError.invalid(JWTError.expired.description)) {
            try await tokens.caller(of: token(["sub": "backstage-server", "exp": 900]))
        }
    }
}
