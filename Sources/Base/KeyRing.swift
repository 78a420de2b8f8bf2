internal import COpenSSL

/// Secrets that all replicas share, for what this program hands out and later takes back: it signs what others may read, and
/// seals what they may not. Every purpose has a key of its own, so that what was made for one is worth nothing for another.
///
/// The first secret makes, all of them check: a new one is put in front, and the old one is removed when nothing that it made
/// is valid any more.
package struct KeyRing: Sendable {
    private let roots: [[UInt8]]
    /// Whether other replicas, and this one after a restart, have the same secrets.
    package let isShared: Bool

    /// - Parameter secrets: at least one, each of at least 32 bytes that nobody can guess.
    package init(secrets: [String]) {
        precondition(!secrets.isEmpty, "a ring of keys needs a secret")
        roots = secrets.map { Self.root(of: Array($0.utf8)) }
        isShared = true
    }

    private init(root: [UInt8]) {
        roots = [root]
        isShared = false
    }

    /// A ring with a secret that ends with this process.
    package static func ephemeral() -> KeyRing { KeyRing(root: root(of: randomBytes(32))) }

    /// HMAC-SHA256 of the bytes.
    package func sign(_ bytes: [UInt8], for purpose: String) -> [UInt8] {
        hmacSHA256(bytes, key: Self.key(roots[0], purpose))
    }

    /// Whether the signature is one that a secret of this ring made, for this purpose.
    package func verify(_ signature: [UInt8], of bytes: [UInt8], for purpose: String) -> Bool {
        roots.contains { constantTimeEqual(signature, hmacSHA256(bytes, key: Self.key($0, purpose))) }
    }

    /// Encrypts and authenticates with AES-256-GCM under a random nonce: 12 bytes nonce, the ciphertext, 16 bytes tag.
    package func seal(_ bytes: [UInt8], for purpose: String) -> [UInt8] {
        let nonce = randomBytes(Self.nonceCount)
        return nonce + AESGCM.seal(bytes, key: Self.key(roots[0], purpose), nonce: nonce)
    }

    /// What was sealed; nil when no secret of this ring sealed it for this purpose, or when it was changed.
    package func open(_ sealed: [UInt8], for purpose: String) -> [UInt8]? {
        guard sealed.count >= Self.nonceCount + AESGCM.tagCount else { return nil }
        let (nonce, rest) = (Array(sealed.prefix(Self.nonceCount)), Array(sealed.dropFirst(Self.nonceCount)))
        for root in roots {
            if let bytes = AESGCM.open(rest, key: Self.key(root, purpose), nonce: nonce) { return bytes }
        }
        return nil
    }

    private static let nonceCount = 12

    /// HKDF's extraction (RFC 5869 §2.2).
    private static func root(of secret: [UInt8]) -> [UInt8] { hmacSHA256(secret, key: Array("callboard".utf8)) }

    /// HKDF's expansion (RFC 5869 §2.3); a key is as long as one of its blocks.
    private static func key(_ root: [UInt8], _ purpose: String) -> [UInt8] {
        hmacSHA256(Array(purpose.utf8) + [1], key: root)
    }
}

/// AES-256 in Galois/Counter mode (NIST SP 800-38D) with a tag of 16 bytes behind the ciphertext.
private enum AESGCM {
    static let tagCount = 16

    static func seal(_ bytes: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher") }
        defer { EVP_CIPHER_CTX_free(context) }
        var sealed = [UInt8](repeating: 0, count: bytes.count)
        var tag = [UInt8](repeating: 0, count: tagCount)
        var count: Int32 = 0
        // These fail for wrong lengths alone, which are constants here.
        let isDone =
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(context, &sealed, &count, bytes, Int32(bytes.count)) == 1
            && EVP_EncryptFinal_ex(context, nil, &count) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagCount), &tag) == 1
        precondition(isDone, "OpenSSL has no AES-256-GCM")
        return sealed + tag
    }

    static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let text = Array(sealed.dropLast(tagCount))
        var tag = Array(sealed.suffix(tagCount))
        var bytes = [UInt8](repeating: 0, count: text.count)
        var count: Int32 = 0
        guard EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context, &bytes, &count, text, Int32(text.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagCount), &tag) == 1,
            EVP_DecryptFinal_ex(context, nil, &count) == 1
        else { return nil }
        return bytes
    }
}
