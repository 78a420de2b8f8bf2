import Access
import Base
import TestSupport
import Testing

@Suite("Keys that check tokens")
struct VerificationKeyTests {
    static let tokens = [PublishedToken.rs256, .es256, .edDSA] + PublishedToken.made

    @Test("a published signature is right under its key and algorithm alone", arguments: tokens)
    func published(_ token: PublishedToken) throws {
        let key = try #require(VerificationKey(jwk: token.jwk))
        let (signed, signature) = token.parts
        for algorithm in JWTAlgorithm.allCases {
            let isRight = key.verifies(signature, of: signed, with: algorithm)
            #expect(isRight == (algorithm == token.algorithm), "\(algorithm)")
        }
        for other in Self.tokens where other.jwk != token.jwk {
            let otherKey = try #require(VerificationKey(jwk: other.jwk))
            #expect(!otherKey.verifies(signature, of: signed, with: token.algorithm))
        }
    }

    @Test("no bit of what is signed or of the signature can be changed", arguments: tokens)
    func changed(_ token: PublishedToken) throws {
        let key = try #require(VerificationKey(jwk: token.jwk))
        let (signed, signature) = token.parts
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            var (bytes, proof) = (signed, signature)
            bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            proof[Int.random(in: proof.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(!key.verifies(signature, of: bytes, with: token.algorithm))
            #expect(!key.verifies(proof, of: signed, with: token.algorithm))
        }
        #expect(!key.verifies(Array(signature.dropLast()), of: signed, with: token.algorithm))
        #expect(!key.verifies([], of: signed, with: token.algorithm))
    }

    @Test("a signature of zeroes is none (CVE-2022-21449)", arguments: [PublishedToken.es256, .made[3]])
    func zeroes(_ token: PublishedToken) throws {
        let key = try #require(VerificationKey(jwk: token.jwk))
        let (signed, signature) = token.parts
        let zeroes = [UInt8](repeating: 0, count: signature.count)
        #expect(!key.verifies(zeroes, of: signed, with: token.algorithm))
    }

    @Test("a key that names an algorithm is good for that one alone")
    func named() throws {
        var jwk = PublishedToken.made[0].jwk
        #expect(VerificationKey(jwk: jwk)?.algorithms == [.rs256, .rs384, .rs512, .ps256])
        jwk["alg"] = "RS384"
        #expect(VerificationKey(jwk: jwk)?.algorithms == [.rs384])
        jwk["alg"] = "ES256"
        #expect(VerificationKey(jwk: jwk) == nil)
    }

    @Test(
        "a key that is not for this is not taken",
        arguments: [
            ["use": "enc"], ["key_ops": ["encrypt"]], ["kty": "oct", "k": "c2VjcmV0"], ["crv": "P-521"], ["x": "AA"],
            ["y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5aE"], ["kty": 1],
        ] as [JSONObject])
    func unfit(_ change: JSONObject) {
        #expect(VerificationKey(jwk: PublishedToken.es256.jwk.merging(change)) == nil)
    }

    @Test("an RSA key of 1024 bits is too weak")
    func weak() {
        let modulus = Base64.encode([0x80] + [UInt8](repeating: 1, count: 127), alphabet: .urlSafe)
        #expect(VerificationKey(jwk: ["kty": "RSA", "n": .string(modulus), "e": "AQAB"]) == nil)
    }
}
