import Access
import Base
import Testing

@Suite("Keys that sign tokens")
struct SigningKeyTests {
    @Test("what a key signs, what it publishes checks")
    func roundTrip() throws {
        let key = SigningKey.generate()
        let published = JSONValue.object(["keys": [.object(key.jwk)]]).serialized()
        let keys = try #require(JSONWebKeySet(parsing: published))
        for number in 0..<20 {
            let claims: JSONObject = ["sub": "ann", "exp": 2_000, "number": .int(Int64(number))]
            let token = try JSONWebToken(parsing: key.sign(claims, type: "at+jwt"))
            try keys.verify(token, allowing: [.es256], rules: ClaimRules(), at: Timestamp(seconds: 1_000))
            #expect(token.claims == claims && token.keyID == key.id && token.type == "at+jwt")
        }
        #expect(throws: JWTError.signature) {
            try JSONWebToken(parsing: SigningKey.generate().sign([:]))
                .verify(with: key.verificationKey, allowing: [.es256])
        }
    }

    @Test("a key that was stored is the same key")
    func stored() throws {
        let key = SigningKey.generate()
        let again = try #require(SigningKey(der: key.der))
        #expect(again.id == key.id && again.jwk == key.jwk)
        try JSONWebToken(parsing: again.sign([:])).verify(with: key.verificationKey, allowing: [.es256])
        #expect(SigningKey(der: Array(key.der.dropLast())) == nil)
        #expect(SigningKey(der: []) == nil)
    }

    @Test("the published half holds nothing secret, and is named by its thumbprint")
    func published() {
        let key = SigningKey.generate()
        #expect(Set(key.jwk.keys) == ["kty", "crv", "x", "y", "kid", "use", "alg"])
        let members = JSONObject(["crv", "kty", "x", "y"].map { ($0, key.jwk[$0] ?? .null) })
        #expect(key.id == Base64.encode(sha256(JSONValue.object(members).serialized()), alphabet: .urlSafe))
        #expect(SigningKey.generate().id != key.id)
    }
}
