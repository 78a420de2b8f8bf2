-- Canonical files: one file from which many entities are made.

-- How the file of a location stands, and what was read of it last. Nothing of the file itself is kept: it may hold secrets.
CREATE TABLE canonical_state (
    location text PRIMARY KEY REFERENCES catalog_location ON DELETE CASCADE,
    -- What is served is what the file says; the file is wrong; or what is served is older than the file may be.
    state text NOT NULL CHECK (state IN ('synced', 'invalid', 'stale')),
    -- Why it is not synced.
    reason text,
    -- When state or reason became what they are.
    since timestamptz NOT NULL,
    -- Of the file when it was last read and right, and when it was last applied.
    content_hash text,
    applied_hash text,
    applied_at timestamptz,
    -- [{definition, line, column, isDefault}]: what that file gives, applied or not.
    entities json NOT NULL DEFAULT '[]',
    -- [{code, line, column, message}]
    warnings jsonb NOT NULL DEFAULT '[]',
    -- The content that somebody wants applied although it removes much, and who that is.
    forced_hash text,
    forced_by text,
    -- What the last run did: {at, seconds, by, added, changed, removed, conflicting, unchanged, error}.
    last_run jsonb
);

-- force: the content of a canonical location is to be applied although it removes much, `<location> <content hash>`.
ALTER TABLE catalog_request DROP CONSTRAINT catalog_request_kind_check,
    ADD CHECK (kind IN ('refresh', 'delete', 'force'));
