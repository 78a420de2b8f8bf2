package import Base
internal import COpenSSL

/// A private key that signs tokens with ES256.
// Sendable unchecked: nothing here changes once it is set up, and the EVP_PKEY is only read, each time with a context of its
// own, as for PublicKey.
package final class SigningKey: @unchecked Sendable {
    private let handle: OpaquePointer
    private let point: (x: [UInt8], y: [UInt8])
    /// The name under which it is published: its thumbprint (RFC 7638), so that it is the same wherever the key is.
    package let id: String

    /// A new key on P-256.
    package static func generate() -> SigningKey {
        var handle: OpaquePointer?
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_keygen(context, &handle) == 1, let handle, let key = SigningKey(owning: handle)
        else { preconditionFailure("libcrypto makes no key on P-256") }
        return key
    }

    /// A key that `der` wrote; nil for anything else.
    package convenience init?(der: [UInt8]) {
        let handle = der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &position, buffer.count)
        }
        ERR_clear_error()
        guard let handle else { return nil }
        self.init(owning: handle)
    }

    /// Takes over the handle.
    private init?(owning handle: OpaquePointer) {
        guard let point = Self.point(of: handle) else {
            EVP_PKEY_free(handle)
            return nil
        }
        self.handle = handle
        self.point = point
        let (x, y) = (Self.text(point.x), Self.text(point.y))
        // RFC 7638 §3: the members that make the key, in the order of their names, without white space.
        id = Self.text(sha256(Array(#"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#.utf8)))
    }

    deinit { EVP_PKEY_free(handle) }

    /// The private key as RFC 5915 writes it. A secret: it is sealed before it is stored.
    package var der: [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_PrivateKey(handle, &bytes)
        guard count > 0, let bytes else { preconditionFailure("no memory for a key") }
        defer { CRYPTO_clear_free(bytes, Int(count), nil, 0) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    /// The public half as a JSON Web Key.
    package var jwk: JSONObject {
        [
            "kty": "EC", "crv": "P-256", "x": .string(Self.text(point.x)), "y": .string(Self.text(point.y)),
            "kid": .string(id), "use": "sig", "alg": "ES256",
        ]
    }

    /// The public half.
    package var verificationKey: VerificationKey {
        EVP_PKEY_up_ref(handle)
        return VerificationKey(PublicKey(owning: handle), id: id, [.es256])
    }

    /// The claims as a signed token in the compact form.
    ///
    /// - Parameter type: what kind of token it is, such as `at+jwt` (RFC 9068 §2.1).
    package func sign(_ claims: JSONObject, type: String = "JWT") -> String {
        let header: JSONValue = ["alg": "ES256", "kid": .string(id), "typ": .string(type)]
        let signed = [header, .object(claims)].map { Self.text($0.serialized()) }.joined(separator: ".")
        return "\(signed).\(Self.text(signature(of: Array(signed.utf8))))"
    }

    private func signature(of bytes: [UInt8]) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a signature") }
        defer { EVP_MD_CTX_free(context) }
        var der = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(handle)))
        var count = der.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle) == 1,
            EVP_DigestSign(context, &der, &count, bytes, bytes.count) == 1,
            let signature = ECDSASignature.joined(Array(der.prefix(count)), numberLength: 32)
        else { preconditionFailure("libcrypto does not sign with P-256") }
        return signature
    }

    /// Nil for a key that is not on P-256: the uncompressed point of any other curve has another length.
    private static func point(of handle: OpaquePointer) -> (x: [UInt8], y: [UInt8])? {
        guard EVP_PKEY_is_a(handle, "EC") == 1, EVP_PKEY_get_bits(handle) == 256 else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(handle, &bytes)
        guard let bytes else { return nil }
        defer { CRYPTO_free(bytes, nil, 0) }
        let point = Array(UnsafeBufferPointer(start: bytes, count: count))
        guard point.count == 65, point[0] == 4 else { return nil }
        return (Array(point[1...32]), Array(point[33...]))
    }

    private static func text(_ bytes: [UInt8]) -> String { Base64.encode(bytes, alphabet: .urlSafe) }
}
