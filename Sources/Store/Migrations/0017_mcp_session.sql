-- What replicas share about sessions of the Model Context Protocol. A session is in its id; here is what its id cannot say.

-- The key is a digest of the session's id, the subject a digest of whose it is.
CREATE TABLE mcp_session (
    key text PRIMARY KEY,
    subject text NOT NULL,
    expires_at timestamptz NOT NULL,
    is_ended boolean NOT NULL DEFAULT false,
    -- What logging/setLevel said.
    log_level text,
    -- URIs that the client subscribed to.
    resources text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX mcp_session_subject ON mcp_session (subject);
CREATE INDEX mcp_session_expires_at ON mcp_session (expires_at);

-- Messages for the replica that works for a session. Rows live for a minute: whom they are for reads them at once.
CREATE UNLOGGED TABLE mcp_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    message text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mcp_letter_sent_at ON mcp_letter (sent_at);
CREATE INDEX mcp_letter_key ON mcp_letter (key);
