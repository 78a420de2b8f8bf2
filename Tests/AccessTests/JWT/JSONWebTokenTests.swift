import Access
import Base
import TestSupport
import Testing

@Suite("Signed tokens")
struct JSONWebTokenTests {
    private let now = Timestamp(seconds: 1_300_819_000)
    private let key = SigningKey.generate()

    @Test("the RFC's token is good until it expires, give or take the clocks")
    func published() throws {
        let token = try JSONWebToken(parsing: PublishedToken.rs256.text)
        let keys = JSONWebKeySet(keys: [try #require(VerificationKey(jwk: PublishedToken.rs256.jwk))])
        let rules = ClaimRules(issuer: "joe")
        try keys.verify(token, rules: rules, at: now)
        try keys.verify(token, rules: rules, at: Timestamp(seconds: 1_300_819_409))
        #expect(throws: JWTError.expired) {
            try keys.verify(token, rules: rules, at: Timestamp(seconds: 1_300_819_410))
        }
        #expect(throws: JWTError.issuer) { try keys.verify(token, rules: ClaimRules(issuer: "jim"), at: now) }
        #expect(throws: JWTError.audience) { try keys.verify(token, rules: ClaimRules(audiences: ["us"]), at: now) }
    }

    @Test("a secret checks the RFC's token, and no key of an issuer is ever taken for a secret")
    func secret() throws {
        let secret = try #require(Base64.decode(PublishedToken.hs256Secret, alphabet: .urlSafe))
        let token = try JSONWebToken(parsing: PublishedToken.hs256)
        try token.verify(with: VerificationKey(secret: secret), allowing: [.hs256])
        #expect(throws: JWTError.algorithm) {
            try token.verify(with: VerificationKey(secret: secret), allowing: JWTAlgorithm.asymmetric)
        }
        // What an attacker would do: sign with the text of the public key, which everybody knows.
        let published = JSONValue.object(PublishedToken.rs256.jwk).serialized()
        let forged = Self.hs256(["alg": "HS256"], ["sub": "root"], secret: published)
        let keys = JSONWebKeySet(keys: [try #require(VerificationKey(jwk: PublishedToken.rs256.jwk))])
        #expect(throws: JWTError.algorithm) {
            try keys.verify(JSONWebToken(parsing: forged), rules: ClaimRules(needsExpiry: false), at: now)
        }
    }

    static let malformed: [(String, JWTError)] = [
        ("", .malformed), ("a.b", .malformed), ("a.b.c.d", .malformed), ("..", .malformed),
        (part(#"{"alg":"none"}"#) + "." + part("{}") + ".", .malformed),
        (part(#"{"alg":"none"}"#) + "." + part("{}") + ".AAAA", .algorithm),
        (part(#"{"alg":"nOnE"}"#) + "." + part("{}") + ".AAAA", .algorithm),
        (part(#"{"alg":"ES512"}"#) + "." + part("{}") + ".AAAA", .algorithm),
        (part("{}") + "." + part("{}") + ".AAAA", .malformed),
        (part(#"{"alg":"ES256","crit":["exp"]}"#) + "." + part("{}") + ".AAAA", .malformed),
        (part(#"{"alg":"ES256","kid":7}"#) + "." + part("{}") + ".AAAA", .malformed),
        (part(#"{"alg":"ES256"}"#) + "." + part("[]") + ".AAAA", .malformed),
        (part(#"{"alg":"ES256"}"#) + "." + part("{") + ".AAAA", .malformed),
        (part(#"{"alg":"ES256"}"#) + "." + part("{}") + ".AA=A", .malformed),
        (part(#"{"alg":"ES256"}"#) + "." + part("{}") + ".A+/A", .malformed),
        (part(#"{"alg":"ES256"}"#) + "." + part("{}") + ".AAA ", .malformed),
        (part(#"{"alg":"ES256"}"#) + "=." + part("{}") + ".AAAA", .malformed),
        (String(repeating: "a", count: JSONWebToken.maximumLength + 1), .tooLong),
    ]

    @Test("what is no such token is refused", arguments: malformed)
    func refused(_ text: String, _ error: JWTError) {
        #expect(throws: error) { try JSONWebToken(parsing: text) }
    }

    @Test("a token that is nested without end is refused")
    func deep() {
        let text = Self.part(#"{"alg":"ES256"}"#) + "." + Self.part(String(repeating: "[", count: 9_000)) + ".AAAA"
        #expect(throws: JWTError.malformed) { try JSONWebToken(parsing: text) }
    }

    static let timeRows: [(JSONObject, JWTError?)] = [
        (["exp": 1_000], nil), (["exp": 970.5], nil), (["exp": 970], .expired), (["exp": "1000"], .claim("exp")),
        ([:], .claim("exp")), (["exp": nil], .claim("exp")), (["exp": 2_000, "nbf": 1_030], nil),
        (["exp": 2_000, "nbf": 1_031], .notYetValid), (["exp": 2_000, "iat": 1_031], .notYetValid),
        (["exp": 2_000, "iat": true], .claim("iat")), (["exp": 1e300], nil),
    ]

    @Test("times are kept to, with thirty seconds for clocks that differ", arguments: timeRows)
    func times(_ claims: JSONObject, _ error: JWTError?) {
        let result = Result { try ClaimRules().check(claims, at: Timestamp(seconds: 1_000)) }
        #expect(result.failure as? JWTError == error)
    }

    static let audienceRows: [(JSONValue, JWTError?)] = [
        ("us", nil), (["them", "us"], nil), ("them", .audience), ([], .audience), (["us", 7], .claim("aud")),
        (7, .claim("aud")), ("US", .audience),
    ]

    @Test("the audience must name us", arguments: audienceRows)
    func audiences(_ audience: JSONValue, _ error: JWTError?) {
        let rules = ClaimRules(audiences: ["us", "also-us"], needsExpiry: false)
        let result = Result { try rules.check(["aud": audience], at: now) }
        #expect(result.failure as? JWTError == error)
    }

    @Test("the key is chosen by its name; without one only when there is no choice")
    func choice() throws {
        let other = SigningKey.generate()
        let both = JSONWebKeySet(keys: [key.verificationKey, other.verificationKey])
        let token = try JSONWebToken(parsing: key.sign(["sub": "ann"]))
        #expect(both.key(for: token)?.id == key.id)
        #expect(JSONWebKeySet(keys: [other.verificationKey]).key(for: token) == nil)
        let nameless = try JSONWebToken(parsing: PublishedToken.es256.text)
        #expect(both.key(for: nameless) == nil)
        #expect(JSONWebKeySet(keys: [other.verificationKey]).key(for: nameless)?.id == other.id)
    }

    @Test("a set passes over keys that it cannot use, and is none when it is something else")
    func sets() {
        let text = JSONValue.object(["keys": [.object(key.jwk), ["kty": "oct", "k": "AAAA"], 7]]).serialized()
        #expect(JSONWebKeySet(parsing: text)?.keys.map(\.id) == [key.id])
        for text in ["{}", "[]", #"{"keys":{}}"#, "<html>", #"{"keys":[\#(String(repeating: "1,", count: 99))1]}"#] {
            #expect(JSONWebKeySet(parsing: Array(text.utf8)) == nil)
        }
    }

    @Test("every message can stand in a challenge")
    func messages() {
        let errors: [JWTError] = [
            .tooLong, .malformed, .algorithm, .unknownKey, .signature, .expired, .notYetValid, .issuer, .audience,
            .claim("exp"),
        ]
        for error in errors {
            #expect(error.description.utf8.allSatisfy { $0 < 0x7F && $0 >= 0x20 && !#"",\="#.utf8.contains($0) })
        }
    }

    static func part(_ json: String) -> String { Base64.encode(Array(json.utf8), alphabet: .urlSafe) }

    static func hs256(_ header: JSONObject, _ claims: JSONObject, secret: [UInt8]) -> String {
        let signed = [header, claims].map { Base64.encode(JSONValue.object($0).serialized(), alphabet: .urlSafe) }
            .joined(separator: ".")
        return signed + "." + Base64.encode(hmacSHA256(Array(signed.utf8), key: secret), alphabet: .urlSafe)
    }
}

extension Result {
    /// What went wrong; nil when nothing did.
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
