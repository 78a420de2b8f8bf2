internal import COpenSSL

/// Bytes from OpenSSL's random generator.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // RAND_bytes fails only when the system gives no entropy at all; guessable secrets would be worse than stopping.
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no random bytes")
    return bytes
}

/// The SHA-256 digest.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest
}

/// The SHA-256 digest in lower-case hexadecimal.
package func sha256Hex(_ bytes: [UInt8]) -> String { Hex.encode(sha256(bytes)) }

/// The keyed digest HMAC-SHA256 (RFC 2104).
package func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, nil)
    return digest
}

/// The SHA-1 digest in lower-case hexadecimal: for names that other systems make so, not for protection.
package func sha1Hex(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 20)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
    return Hex.encode(digest)
}

/// Compares two byte strings in a time that depends on their lengths only.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
