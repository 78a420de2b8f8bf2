internal import COpenSSL

/// Converts between the two forms of an ECDSA signature: JOSE's, which is both numbers one behind the other at full length
/// (RFC 7518 §3.4), and libcrypto's, which is DER.
enum ECDSASignature {
    /// Nil when the length is not twice that of a number.
    static func der(_ joined: [UInt8], numberLength: Int) -> [UInt8]? {
        guard joined.count == 2 * numberLength, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let (r, s) = (Array(joined.prefix(numberLength)), Array(joined.suffix(numberLength)))
        // The signature takes the numbers over.
        guard
            ECDSA_SIG_set0(
                signature, BN_bin2bn(r, Int32(numberLength), nil), BN_bin2bn(s, Int32(numberLength), nil)) == 1
        else { return nil }
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(signature, &bytes)
        guard count > 0, let bytes else { return nil }
        defer { CRYPTO_free(bytes, nil, 0) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    /// Nil for what is no signature.
    static func joined(_ der: [UInt8], numberLength: Int) -> [UInt8]? {
        der.withUnsafeBufferPointer { buffer -> [UInt8]? in
            var position = buffer.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &position, buffer.count) else { return nil }
            defer { ECDSA_SIG_free(signature) }
            guard let r = bytes(ECDSA_SIG_get0_r(signature), numberLength),
                let s = bytes(ECDSA_SIG_get0_s(signature), numberLength)
            else { return nil }
            return r + s
        }
    }

    /// The number at full length; nil when it is longer.
    private static func bytes(_ number: OpaquePointer?, _ length: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: length)
        return BN_bn2binpad(number, &bytes, Int32(length)) == length ? bytes : nil
    }
}
