package import Base

/// The tables of the authorization server. Any replica writes them: each statement decides under the lock of the rows that it
/// is about.
package struct OAuthStore: Sendable {
    let pool: PostgresPool
    /// Grants that ended are kept so long, so that a code or token that comes again is known; in seconds.
    private static let afterlife: Int64 = 86_400

    /// Writes a grant with the code that a client is given for it, and forgets what ended long ago.
    ///
    /// - Throws: `StoreError`.
    package func add(_ grant: OAuthGrant, code: OAuthCode, now: Timestamp) async throws {
        try await pool.run { session in
            try session.transaction {
                try session.run(Statement.prune, [.time(now.adding(seconds: -Self.afterlife))])
                try session.run(
                    Statement.insertGrant,
                    [
                        .text(grant.id), .text(grant.subject), .text(grant.displayName), .text(grant.userEntityRef),
                        .text(grant.clientID), .text(grant.clientName), .texts(grant.scopes), .text(grant.resource),
                        .time(now), .time(grant.expires),
                    ])
                try session.run(
                    Statement.insertCode,
                    [
                        .text(code.hash), .text(grant.id), .text(code.redirectURI), .text(code.challenge),
                        .text(code.nonce), .time(code.expires),
                    ])
            }
        }
    }

    /// Has it decided what becomes of a code, and does that.
    ///
    /// - Parameters:
    ///   - maximumGrants: of a person; more end the oldest.
    ///   - decide: from what is stored. Called under the lock of the rows, so that of two who come at once one is the second.
    /// - Returns: nil when there is no such code.
    /// - Throws: `StoreError`.
    package func redeem(
        code hash: String, maximumGrants: Int, now: Timestamp,
        _ decide: @escaping @Sendable (OAuthGrant, OAuthCode) -> OAuthVerdict
    ) async throws -> (grant: OAuthGrant, code: OAuthCode, verdict: OAuthVerdict)? {
        try await pool.run { session in
            try session.transaction {
                let found = try session.run(Statement.code, [.text(hash)]).first { row in
                    (try Self.grant(row), try Self.code(row, hash))
                }
                guard let (grant, code) = found else { return nil }
                let verdict = decide(grant, code)
                guard case .use = verdict else {
                    try Self.carryOut(verdict, of: grant, session, now)
                    return (grant, code, verdict)
                }
                try session.run(
                    "UPDATE oauth_code SET used_at = $2::timestamptz WHERE hash = $1", [.text(hash), .time(now)])
                try Self.carryOut(verdict, of: grant, session, now)
                try session.run(
                    Statement.endOldest, [.text(grant.subject), .time(now), .int(Int64(maximumGrants))])
                return (grant, code, verdict)
            }
        }
    }

    /// Has it decided what becomes of a refresh token, and does that.
    ///
    /// - Returns: nil when there is no such token.
    /// - Throws: `StoreError`.
    package func refresh(
        _ hash: String, now: Timestamp, _ decide: @escaping @Sendable (OAuthGrant, OAuthRefresh) -> OAuthVerdict
    ) async throws -> (grant: OAuthGrant, verdict: OAuthVerdict)? {
        try await pool.run { session in
            try session.transaction {
                let found = try session.run(Statement.refresh, [.text(hash)]).first { row in
                    (try Self.grant(row), try Self.refresh(row, hash))
                }
                guard let (grant, refresh) = found else { return nil }
                let verdict = decide(grant, refresh)
                if case .use(_, let next?) = verdict {
                    try session.run(
                        "UPDATE oauth_refresh SET used_at = $2::timestamptz, successor = $3 WHERE hash = $1",
                        [.text(hash), .time(now), .text(next.hash)])
                }
                try Self.carryOut(verdict, of: grant, session, now)
                return (grant, verdict)
            }
        }
    }

    /// Ends the grant that a refresh token belongs to, when it is this client's.
    ///
    /// - Returns: the grant that ended; nil when there was none to end.
    /// - Throws: `StoreError`.
    package func revoke(refresh hash: String, clientID: String, now: Timestamp) async throws -> String? {
        try await pool.run { session in
            try session.run(Statement.revokeByRefresh, [.text(hash), .text(clientID), .time(now)]).first {
                try $0.required(0)
            }
        }
    }

    /// Ends a grant.
    ///
    /// - Throws: `StoreError`.
    package func revoke(grant id: String, clientID: String, now: Timestamp) async throws {
        try await pool.run { session in
            _ = try session.run(
                """
                UPDATE oauth_grant SET revoked_at = $3::timestamptz
                WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL
                """, [.text(id), .text(clientID), .time(now)])
        }
    }

    /// A grant; nil when there is none.
    ///
    /// - Throws: `StoreError`.
    package func grant(_ id: String) async throws -> OAuthGrant? {
        try await pool.read { session in
            try session.run("SELECT \(Statement.grantColumns) FROM oauth_grant g WHERE g.id = $1", [.text(id)])
                .first(Self.grant)
        }
    }

    /// The grant that a refresh token belongs to; nil when there is none.
    ///
    /// - Throws: `StoreError`.
    package func grant(ofRefresh hash: String) async throws -> OAuthGrant? {
        try await pool.read { session in
            try session.run(
                """
                SELECT \(Statement.grantColumns) FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id
                WHERE r.hash = $1
                """, [.text(hash)]
            ).first(Self.grant)
        }
    }

    private static func carryOut(
        _ verdict: OAuthVerdict, of grant: OAuthGrant, _ session: PostgresSession, _ now: Timestamp
    ) throws {
        switch verdict {
        case .refuse, .repeatAnswer: return
        case .revoke:
            try session.run(
                "UPDATE oauth_grant SET revoked_at = $2::timestamptz WHERE id = $1 AND revoked_at IS NULL",
                [.text(grant.id), .time(now)])
        case .use(let expires, let next):
            try session.run(
                "UPDATE oauth_grant SET expires_at = $2::timestamptz WHERE id = $1", [.text(grant.id), .time(expires)])
            guard let next else { return }
            try session.run(
                "INSERT INTO oauth_refresh (hash, grant_id, expires_at) VALUES ($1, $2, $3::timestamptz)",
                [.text(next.hash), .text(grant.id), .time(next.expires)])
        }
    }
}

// Rows.
extension OAuthStore {
    static var grantColumns: String { Statement.grantColumns }

    static func grant(_ row: SQLRow) throws -> OAuthGrant {
        let scopes = row.json(6)?.arrayValue ?? []
        return OAuthGrant(
            id: try row.required(0), subject: try row.required(1), displayName: try row.required(2),
            userEntityRef: row.text(3), clientID: try row.required(4), clientName: try row.required(5),
            scopes: scopes.compactMap(\.stringValue), resource: try row.required(7), expires: try time(row, 8),
            isRevoked: row.bool(9))
    }

    private static func code(_ row: SQLRow, _ hash: String) throws -> OAuthCode {
        OAuthCode(
            hash: hash, redirectURI: try row.required(10), challenge: try row.required(11), nonce: row.text(12),
            expires: try time(row, 13), isUsed: row.bool(14))
    }

    private static func refresh(_ row: SQLRow, _ hash: String) throws -> OAuthRefresh {
        OAuthRefresh(
            hash: hash, expires: try time(row, 10), used: row.time(11), successor: row.text(12),
            successorIsUsed: row.bool(13))
    }

    private static func time(_ row: SQLRow, _ column: Int32) throws -> Timestamp {
        guard let time = row.time(column) else {
            throw StoreError(code: .unexpectedResult, detail: "column \(column) is NULL")
        }
        return time
    }
}

private enum Statement {
    static let grantColumns =
        """
        g.id, g.subject, g.display_name, g.user_entity_ref, g.client_id, g.client_name, to_jsonb(g.scopes), g.resource,
            \(microseconds("g.expires_at")), g.revoked_at IS NOT NULL
        """

    static let insertGrant =
        """
        INSERT INTO oauth_grant (id, subject, display_name, user_entity_ref, client_id, client_name, scopes, resource,
            created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9::timestamptz, $10::timestamptz)
        """

    static let insertCode =
        """
        INSERT INTO oauth_code (hash, grant_id, redirect_uri, challenge, nonce, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6::timestamptz)
        """

    /// A bounded number at a time, so that nobody waits long for it.
    static let prune =
        """
        DELETE FROM oauth_grant WHERE id IN
            (SELECT id FROM oauth_grant WHERE expires_at < $1::timestamptz ORDER BY expires_at LIMIT 100
                FOR UPDATE SKIP LOCKED)
        """

    static let code =
        """
        SELECT \(grantColumns), c.redirect_uri, c.challenge, c.nonce, \(microseconds("c.expires_at")),
            c.used_at IS NOT NULL
        FROM oauth_code c JOIN oauth_grant g ON g.id = c.grant_id WHERE c.hash = $1 FOR UPDATE OF c, g
        """

    static let refresh =
        """
        SELECT \(grantColumns), \(microseconds("r.expires_at")), \(microseconds("r.used_at")), r.successor,
            EXISTS (SELECT FROM oauth_refresh s WHERE s.hash = r.successor AND s.used_at IS NOT NULL)
        FROM oauth_refresh r JOIN oauth_grant g ON g.id = r.grant_id WHERE r.hash = $1 FOR UPDATE OF r, g
        """

    /// Only grants whose code was changed for tokens count.
    static let endOldest =
        """
        UPDATE oauth_grant SET revoked_at = $2::timestamptz WHERE id IN
            (SELECT id FROM oauth_grant g
             WHERE subject = $1 AND revoked_at IS NULL AND expires_at > $2::timestamptz
                AND EXISTS (SELECT FROM oauth_code c WHERE c.grant_id = g.id AND c.used_at IS NOT NULL)
             ORDER BY created_at DESC, id LIMIT ALL OFFSET $3::bigint)
        """

    static let revokeByRefresh =
        """
        UPDATE oauth_grant g SET revoked_at = $3::timestamptz FROM oauth_refresh r
        WHERE r.hash = $1 AND g.id = r.grant_id AND g.client_id = $2 AND g.revoked_at IS NULL RETURNING g.id
        """
}
