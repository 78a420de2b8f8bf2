internal import Base
internal import Store

/// The keys that sign tokens, shared by all replicas through the database. A new key stands there for a while before it signs,
/// so that everybody who reads the keys knows it by then; an old one stays until nothing that it signed is valid.
actor SigningKeys {
    private struct Key {
        let stored: StoredSigningKey
        let signing: SigningKey
        let verification: VerificationKey
    }

    private let store: OAuthStore
    private let ring: KeyRing
    private var keys: [Key] = []
    private var read: Timestamp?
    private var misses: (second: Int64, count: Int) = (0, 0)

    /// In seconds: how long a key signs.
    private static let period: Int64 = 30 * 86_400
    /// In seconds: how long a key is known before it signs.
    static let lead: Int64 = 600
    /// In seconds: how long what was read counts; well below the lead.
    private static let rereading: Int64 = 60
    /// How often in a second tokens with an unknown key may have the keys read again.
    private static let maximumMisses = 5
    private static let purpose = "signing-key"

    init(store: OAuthStore, ring: KeyRing) {
        self.store = store
        self.ring = ring
    }

    /// The key that signs now.
    ///
    /// - Throws: `StoreError`.
    func signing(now: Timestamp) async throws -> SigningKey {
        try await refresh(now, olderThan: Self.rereading)
        if Self.isMissing(keys.map(\.stored), now) { try await add(now) }
        guard let key = keys.first(where: { $0.stored.active <= now }) else {
            throw StoreError(code: .unexpectedResult, detail: "there is no signing key, though one was added")
        }
        return key.signing
    }

    /// The public keys, as JSON Web Keys. One is made when there is none, so that who reads them first knows it.
    ///
    /// - Throws: `StoreError`.
    func published(now: Timestamp) async throws -> JSONValue {
        _ = try await signing(now: now)
        return .array(keys.map { .object($0.signing.jwk) })
    }

    /// The keys that check a token. They are read again when one of another name is asked for.
    ///
    /// - Throws: `StoreError`.
    func verifying(_ id: String?, now: Timestamp) async throws -> JSONWebKeySet {
        let isKnown = keys.contains { $0.stored.id == id }
        try await refresh(now, olderThan: isKnown || !mayMiss(now) ? Self.rereading : 0)
        return JSONWebKeySet(keys: keys.map(\.verification))
    }

    private func mayMiss(_ now: Timestamp) -> Bool {
        let second = now.microseconds / 1_000_000
        misses = misses.second == second ? (second, misses.count + 1) : (second, 1)
        return misses.count <= Self.maximumMisses
    }

    private func refresh(_ now: Timestamp, olderThan seconds: Int64) async throws {
        if let read, now < read.adding(seconds: seconds) { return }
        keep(try await store.signingKeys(now: now), now)
    }

    private func keep(_ stored: [StoredSigningKey], _ now: Timestamp) {
        read = now
        keys = stored.compactMap { key in
            guard let der = ring.open(key.sealed, for: Self.purpose), let signing = SigningKey(der: der),
                signing.id == key.id
            else { return nil }
            return Key(stored: key, signing: signing, verification: signing.verificationKey)
        }
    }

    private func add(_ now: Timestamp) async throws {
        let ring = ring
        keep(
            try await store.addSigningKey(now: now) { stored in
                // What cannot be opened was sealed with a secret that is gone, and signs no more.
                let usable = stored.filter { ring.open($0.sealed, for: Self.purpose) != nil }
                return Self.isMissing(usable, now) ? Self.new(ring, now, after: usable) : nil
            }, now)
    }

    /// Whether a key is to be added: the newest one's time is nearly over.
    static func isMissing(_ keys: [StoredSigningKey], _ now: Timestamp) -> Bool {
        guard let newest = keys.map(\.active).max() else { return true }
        return newest.adding(seconds: period - lead) <= now
    }

    private static func new(_ ring: KeyRing, _ now: Timestamp, after keys: [StoredSigningKey]) -> StoredSigningKey {
        let key = SigningKey.generate()
        // When no key's time is left, waiting would have none sign.
        let isCovered = keys.contains { $0.active <= now && now < $0.active.adding(seconds: period) }
        let active = isCovered ? now.adding(seconds: lead) : now
        return StoredSigningKey(
            id: key.id, jwk: .object(key.jwk), sealed: ring.seal(key.der, for: purpose), active: active,
            ends: active.adding(seconds: period + lead + OAuthConfiguration.accessLifetime + 3_600))
    }
}
