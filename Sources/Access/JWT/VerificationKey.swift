package import Base
internal import COpenSSL

/// A key that checks signatures: read from a JSON Web Key (RFC 7517, RFC 8037), or a secret of the configuration.
package struct VerificationKey: Sendable {
    private enum Material: Sendable {
        case secret([UInt8])
        case asymmetric(PublicKey)
    }

    /// Its name; nil when it has none.
    package let id: String?
    /// What it may be used with: what fits its type and, when the key names an algorithm, that one alone.
    package let algorithms: Set<JWTAlgorithm>
    private let material: Material

    /// A key for HS256.
    package init(secret: [UInt8]) {
        (id, algorithms, material) = (nil, [.hs256], .secret(secret))
    }

    /// Nil for a key that is not for checking signatures, is not of a type that is understood, or is too weak. Secrets are
    /// not read: who publishes one publishes how to sign.
    package init?(jwk: JSONObject) {
        guard jwk["use"].map({ $0 == "sig" }) ?? true,
            jwk["key_ops"].map({ $0.arrayValue?.contains("verify") == true }) ?? true,
            let (key, fitting) = Self.read(jwk)
        else { return nil }
        var algorithms = fitting
        if let name = jwk["alg"] {
            guard let algorithm = name.stringValue.flatMap(JWTAlgorithm.init), fitting.contains(algorithm) else {
                return nil
            }
            algorithms = [algorithm]
        }
        self.init(key, id: jwk["kid"]?.stringValue, algorithms)
    }

    init(_ key: PublicKey, id: String?, _ algorithms: Set<JWTAlgorithm>) {
        (self.id, self.algorithms, material) = (id, algorithms, .asymmetric(key))
    }

    private static func read(_ jwk: JSONObject) -> (PublicKey, Set<JWTAlgorithm>)? {
        switch (jwk["kty"]?.stringValue, jwk["crv"]?.stringValue) {
        case ("RSA", _): rsa(jwk).map { ($0, [.rs256, .rs384, .rs512, .ps256]) }
        case ("EC", "P-256"): ec(jwk, "P-256", 32).map { ($0, [.es256]) }
        case ("EC", "P-384"): ec(jwk, "P-384", 48).map { ($0, [.es384]) }
        case ("OKP", "Ed25519"): bytes(jwk, "x").flatMap(PublicKey.ed25519).map { ($0, [.edDSA]) }
        default: nil
        }
    }

    /// At least 2,048 bits, as RFC 7518 §3.3 demands; at most 8,192, so that a foreign key cannot make checking dear.
    private static func rsa(_ jwk: JSONObject) -> PublicKey? {
        guard let n = bytes(jwk, "n"), let e = bytes(jwk, "e"), e.count <= 8 else { return nil }
        let modulus = Array(n.drop { $0 == 0 })
        guard (256...1_024).contains(modulus.count), modulus[0] & 0x80 != 0 || modulus.count > 256 else { return nil }
        return PublicKey.rsa(modulus: modulus, exponent: e)
    }

    private static func ec(_ jwk: JSONObject, _ group: String, _ length: Int) -> PublicKey? {
        guard let x = bytes(jwk, "x"), let y = bytes(jwk, "y"), x.count == length, y.count == length else { return nil }
        return PublicKey.ec(group: group, x: x, y: y)
    }

    private static func bytes(_ jwk: JSONObject, _ name: String) -> [UInt8]? {
        jwk[name]?.stringValue.flatMap { Base64.decode($0, alphabet: .urlSafe) }
    }

    /// Whether the signature is one of the bytes; false also for an algorithm that is none of the key's.
    package func verifies(_ signature: [UInt8], of bytes: [UInt8], with algorithm: JWTAlgorithm) -> Bool {
        // A key for RSA would else check with its own digest where EdDSA names none.
        guard algorithms.contains(algorithm) else { return false }
        switch (material, algorithm) {
        case (.secret(let secret), .hs256):
            return constantTimeEqual(hmacSHA256(bytes, key: secret), signature)
        case (.asymmetric(let key), .rs256): return key.verifies(signature, of: bytes, digest: EVP_sha256())
        case (.asymmetric(let key), .rs384): return key.verifies(signature, of: bytes, digest: EVP_sha384())
        case (.asymmetric(let key), .rs512): return key.verifies(signature, of: bytes, digest: EVP_sha512())
        case (.asymmetric(let key), .ps256):
            return key.verifies(signature, of: bytes, digest: EVP_sha256(), isPSS: true)
        case (.asymmetric(let key), .es256):
            return ECDSASignature.der(signature, numberLength: 32).map {
                key.verifies($0, of: bytes, digest: EVP_sha256())
            } ?? false
        case (.asymmetric(let key), .es384):
            return ECDSASignature.der(signature, numberLength: 48).map {
                key.verifies($0, of: bytes, digest: EVP_sha384())
            } ?? false
        case (.asymmetric(let key), .edDSA): return key.verifies(signature, of: bytes, digest: nil)
        default: return false
        }
    }
}
