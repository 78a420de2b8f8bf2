package import Base

/// A key that signs tokens, as it is stored.
package struct StoredSigningKey: Sendable, Hashable {
    package let id: String
    /// The public half.
    package let jwk: JSONValue
    /// The private half, sealed.
    package let sealed: [UInt8]
    /// From when it signs.
    package let active: Timestamp
    /// Until when what it signed is checked with it.
    package let ends: Timestamp

    package init(id: String, jwk: JSONValue, sealed: [UInt8], active: Timestamp, ends: Timestamp) {
        self.id = id
        self.jwk = jwk
        self.sealed = sealed
        self.active = active
        self.ends = ends
    }
}

extension OAuthStore {
    /// The keys that are not over, the newest first.
    ///
    /// - Throws: `StoreError`.
    package func signingKeys(now: Timestamp) async throws -> [StoredSigningKey] {
        try await pool.read { try Self.signingKeys($0, now) }
    }

    /// Has it decided under a lock of all replicas whether a key is to be added, adds it, and forgets those that are over.
    ///
    /// - Parameter decide: from the keys that there are, the newest first; nil: none is to be added.
    /// - Returns: the keys that there are then.
    /// - Throws: `StoreError`.
    package func addSigningKey(
        now: Timestamp, _ decide: @escaping @Sendable ([StoredSigningKey]) -> StoredSigningKey?
    ) async throws -> [StoredSigningKey] {
        try await pool.run { session in
            try session.transaction {
                try session.run("SELECT pg_advisory_xact_lock(hashtextextended('callboard.signing_key', 0))")
                let keys = try Self.signingKeys(session, now)
                guard let key = decide(keys) else { return keys }
                try session.run("DELETE FROM signing_key WHERE ends_at <= $1::timestamptz", [.time(now)])
                try session.run(
                    """
                    INSERT INTO signing_key (id, jwk, sealed, active_at, ends_at)
                    VALUES ($1, $2::jsonb, $3, $4::timestamptz, $5::timestamptz)
                    """,
                    [
                        .text(key.id), .json(key.jwk), .text(Base64.encode(key.sealed)), .time(key.active),
                        .time(key.ends),
                    ])
                return [key] + keys
            }
        }
    }

    private static func signingKeys(_ session: PostgresSession, _ now: Timestamp) throws -> [StoredSigningKey] {
        let rows = try session.run(
            """
            SELECT id, jwk, sealed, \(microseconds("active_at")), \(microseconds("ends_at")) FROM signing_key
            WHERE ends_at > $1::timestamptz ORDER BY active_at DESC, id
            """, [.time(now)])
        return try rows.map { row in
            guard let jwk = row.json(1), let sealed = Base64.decode(try row.required(2)), let active = row.time(3),
                let ends = row.time(4)
            else { throw StoreError(code: .unexpectedResult, detail: "a signing key cannot be read") }
            return StoredSigningKey(id: try row.required(0), jwk: jwk, sealed: sealed, active: active, ends: ends)
        }
    }
}
