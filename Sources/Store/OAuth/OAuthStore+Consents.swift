package import Base

/// What a person agreed to for a client, remembered.
package struct OAuthConsent: Sendable, Hashable {
    package let subject: String
    /// Nil when the person has none in the catalog.
    package let userEntityRef: String?
    package let clientID: String
    package let scopes: [String]
    package let resource: String
    package let redirectURI: String

    package init(
        subject: String, userEntityRef: String?, clientID: String, scopes: [String], resource: String,
        redirectURI: String
    ) {
        self.subject = subject
        self.userEntityRef = userEntityRef
        self.clientID = clientID
        self.scopes = scopes
        self.resource = resource
        self.redirectURI = redirectURI
    }
}

extension OAuthStore {
    /// Remembers what a person agreed to, in place of what they agreed to before, and forgets what is over.
    ///
    /// - Throws: `StoreError`.
    package func remember(_ consent: OAuthConsent, until end: Timestamp, now: Timestamp) async throws {
        try await pool.run { session in
            try session.transaction {
                try session.run("DELETE FROM oauth_consent WHERE expires_at < $1::timestamptz", [.time(now)])
                try session.run(
                    """
                    INSERT INTO oauth_consent
                        (subject, client_id, scopes, resource, redirect_uri, expires_at, user_entity_ref)
                    VALUES ($1, $2, $3::text[], $4, $5, $6::timestamptz, $7)
                    ON CONFLICT (subject, client_id) DO UPDATE SET scopes = excluded.scopes,
                        resource = excluded.resource, redirect_uri = excluded.redirect_uri,
                        expires_at = excluded.expires_at, user_entity_ref = excluded.user_entity_ref
                    """,
                    [
                        .text(consent.subject), .text(consent.clientID), .texts(consent.scopes),
                        .text(consent.resource), .text(consent.redirectURI), .time(end), .text(consent.userEntityRef),
                    ])
            }
        }
    }

    /// Whether a person agreed to all of this before.
    ///
    /// - Throws: `StoreError`.
    package func remembers(_ consent: OAuthConsent, now: Timestamp) async throws -> Bool {
        try await pool.read { session in
            try session.run(
                """
                SELECT EXISTS (SELECT FROM oauth_consent WHERE subject = $1 AND client_id = $2
                    AND scopes @> $3::text[] AND resource = $4 AND redirect_uri = $5 AND expires_at > $6::timestamptz)
                """,
                [
                    .text(consent.subject), .text(consent.clientID), .texts(consent.scopes), .text(consent.resource),
                    .text(consent.redirectURI), .time(now),
                ]
            ).first { $0.bool(0) } ?? false
        }
    }
}
