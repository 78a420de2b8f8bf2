-- What persons have agreed to when a program asked for access in their name. No token stands here: only hashes, which say whether
-- one that comes is one of ours.

CREATE TABLE oauth_grant (
    -- Random; access tokens name it.
    id text PRIMARY KEY,
    -- The person, as the sign-in names them.
    subject text NOT NULL,
    display_name text NOT NULL,
    user_entity_ref text,
    client_id text NOT NULL,
    client_name text NOT NULL,
    scopes text[] NOT NULL,
    -- The resource that tokens are for (RFC 8707).
    resource text NOT NULL,
    created_at timestamptz NOT NULL,
    -- When nothing that was given out can be used any more.
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX oauth_grant_subject ON oauth_grant (subject, created_at);
CREATE INDEX oauth_grant_end ON oauth_grant (expires_at);

-- Authorization codes. A used one stays as long as its grant, so that it is known when it comes again.
CREATE TABLE oauth_code (
    -- SHA-256 in hexadecimal.
    hash text PRIMARY KEY,
    grant_id text NOT NULL REFERENCES oauth_grant ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    -- PKCE's, of the method S256.
    challenge text NOT NULL,
    nonce text,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX oauth_code_grant ON oauth_code (grant_id);

-- Refresh tokens: each is used once, for the next one.
CREATE TABLE oauth_refresh (
    hash text PRIMARY KEY,
    grant_id text NOT NULL REFERENCES oauth_grant ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    -- The hash of the next one.
    successor text
);
CREATE INDEX oauth_refresh_grant ON oauth_refresh (grant_id);

-- What a person agreed to for a client, so that they are not asked again.
CREATE TABLE oauth_consent (
    subject text NOT NULL,
    client_id text NOT NULL,
    scopes text[] NOT NULL,
    resource text NOT NULL,
    redirect_uri text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (subject, client_id)
);

-- The keys that sign tokens.
CREATE TABLE signing_key (
    -- The thumbprint of the key (RFC 7638), which tokens name.
    id text PRIMARY KEY,
    -- The public half.
    jwk jsonb NOT NULL,
    -- The private half, sealed with auth.session.secret, in Base64.
    sealed text NOT NULL,
    -- From when it signs: all replicas know it by then.
    active_at timestamptz NOT NULL,
    -- Until when what it signed is checked with it.
    ends_at timestamptz NOT NULL
);
