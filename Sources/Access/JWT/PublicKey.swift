internal import COpenSSL

/// A public key of libcrypto.
// Sendable unchecked: the handle never changes, and an EVP_PKEY that is set up is only read. OpenSSL lets any number of
// threads read one, such as by EVP_DigestVerifyInit each with a context of its own: what it fills in lazily (the copies for
// providers) and its reference count are under locks of its own (openssl-threads(7)).
final class PublicKey: @unchecked Sendable {
    let handle: OpaquePointer

    /// Takes over the handle.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { EVP_PKEY_free(handle) }

    /// Nil for numbers that make no key.
    static func rsa(modulus: [UInt8], exponent: [UInt8]) -> PublicKey? {
        guard let n = BN_bin2bn(modulus, Int32(modulus.count), nil) else { return nil }
        defer { BN_free(n) }
        guard let e = BN_bin2bn(exponent, Int32(exponent.count), nil) else { return nil }
        defer { BN_free(e) }
        return make("RSA") { builder in
            OSSL_PARAM_BLD_push_BN(builder, ParameterName.modulus, n) == 1
                && OSSL_PARAM_BLD_push_BN(builder, ParameterName.exponent, e) == 1
        }
    }

    /// Nil for a point that is not on the curve.
    ///
    /// - Parameter group: libcrypto's name of the curve.
    static func ec(group: String, x: [UInt8], y: [UInt8]) -> PublicKey? {
        let point = [4] + x + y  // Uncompressed (SEC 1 §2.3.3).
        return point.withUnsafeBytes { point in
            group.withCString { group in
                make("EC") { builder in
                    OSSL_PARAM_BLD_push_utf8_string(builder, ParameterName.group, group, 0) == 1
                        && OSSL_PARAM_BLD_push_octet_string(
                            builder, ParameterName.point, point.baseAddress, point.count) == 1
                }
            }
        }
    }

    static func ed25519(_ bytes: [UInt8]) -> PublicKey? {
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count).map(PublicKey.init)
    }

    /// - Parameter fill: what it gives the builder must stay where it is until this returns.
    private static func make(_ type: String, _ fill: (OpaquePointer) -> Bool) -> PublicKey? {
        guard let builder = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(builder) }
        guard fill(builder), let parameters = OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var handle: OpaquePointer?
        defer { ERR_clear_error() }
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &handle, publicKeySelection, parameters) == 1, let handle
        else { return nil }
        return PublicKey(owning: handle)
    }

    /// - Parameters:
    ///   - signature: in libcrypto's form.
    ///   - digest: nil where the algorithm has its own.
    ///   - isPSS: whether RSA pads with PSS, a salt as long as the digest (RFC 7518 §3.5).
    func verifies(_ signature: [UInt8], of bytes: [UInt8], digest: OpaquePointer?, isPSS: Bool = false) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A wrong signature leaves errors in the thread's queue, where others would find them.
            ERR_clear_error()
        }
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &parameters, digest, nil, handle) == 1 else { return false }
        if isPSS {
            guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
    }
}

/// The names of a key's parts as openssl/core_names.h has them, at addresses that stay: the builder does not copy them.
private enum ParameterName {
    static var modulus: UnsafePointer<CChar> { address("n") }
    static var exponent: UnsafePointer<CChar> { address("e") }
    static var group: UnsafePointer<CChar> { address("group") }
    static var point: UnsafePointer<CChar> { address("pub") }

    private static func address(_ name: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

/// `EVP_PKEY_PUBLIC_KEY` of openssl/evp.h, which Swift does not see: the parameters and the public key.
private let publicKeySelection: Int32 = 0x86
