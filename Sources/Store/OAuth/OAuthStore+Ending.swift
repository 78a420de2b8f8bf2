package import Base

/// Whose access is meant: of a person, of a program, or of a program in the name of a person.
package struct OAuthGrantQuestion: Sendable, Hashable {
    /// A user entity or the subject of a sign-in; nil: anybody.
    package var person: String?
    /// The id of a client; nil: any.
    package var clientID: String?

    package init(person: String? = nil, clientID: String? = nil) {
        self.person = person
        self.clientID = clientID
    }
}

extension OAuthStore {
    /// Access that has not ended, the latest first.
    ///
    /// - Returns: so many at most, each with the time when the person agreed; and how many there are.
    /// - Throws: `StoreError`.
    package func grants(
        _ question: OAuthGrantQuestion, now: Timestamp, limit: Int
    ) async throws -> (grants: [(grant: OAuthGrant, created: Timestamp)], total: Int64) {
        try await pool.read { session in
            var total: Int64 = 0
            let grants = try session.run(
                """
                SELECT \(Self.grantColumns), \(microseconds("g.created_at")), count(*) OVER () FROM oauth_grant g
                WHERE \(Self.isMeant) AND revoked_at IS NULL AND expires_at > $3::timestamptz
                ORDER BY created_at DESC, id LIMIT $4::bigint
                """,
                [.text(question.person), .text(question.clientID), .time(now), .int(Int64(limit))]
            ).map { row in
                total = row.int(11) ?? 0
                return (try Self.grant(row), row.time(10) ?? now)
            }
            return (grants, total)
        }
    }

    /// Ends access, has what was agreed to asked for again, and tells every replica.
    ///
    /// - Returns: how many ended.
    /// - Throws: `StoreError`.
    package func end(_ question: OAuthGrantQuestion, now: Timestamp) async throws -> Int64 {
        let whose: [SQLValue] = [.text(question.person), .text(question.clientID)]
        return try await pool.run { session in
            try session.transaction {
                try session.run(
                    """
                    DELETE FROM oauth_consent g WHERE \(Self.isMeant)
                    """, whose)
                let ended = try session.run(
                    """
                    WITH ended AS (
                        UPDATE oauth_grant g SET revoked_at = $3::timestamptz
                        WHERE \(Self.isMeant) AND revoked_at IS NULL AND expires_at > $3::timestamptz RETURNING 1)
                    SELECT count(*) FROM ended
                    """, whose + [.time(now)]
                ).first { $0.int(0) ?? 0 }
                try session.run("SELECT pg_notify($1, 'access-ended')", [.text(SessionStore.channel)])
                return ended ?? 0
            }
        }
    }

    /// Of a grant or a consent `g`.
    private static let isMeant =
        """
        ($1::text IS NULL OR g.subject = $1 OR lower(g.user_entity_ref) = lower($1))
            AND ($2::text IS NULL OR g.client_id = $2)
        """
}
