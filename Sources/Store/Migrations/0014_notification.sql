-- What is to be told to webhooks: written before anything is sent, so that a restart repeats and never loses.

CREATE TABLE notification (
    -- The receiver sees the same one at a repeat.
    id text PRIMARY KEY,
    -- The configured name of the webhook; its URL and secrets are not stored.
    target text NOT NULL,
    -- report, budget, cost-jump, recommendation
    type text NOT NULL,
    -- What it is told for, once for each target.
    dedupe_key text NOT NULL,
    -- What the JSON form says.
    envelope jsonb NOT NULL,
    -- What people read of it: texts with links.
    lines jsonb NOT NULL,
    decided_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given-up')),
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    attempted_at timestamptz,
    -- Of the last attempt: the answer's status, NULL when there was none, and what was wrong.
    status int,
    error text,
    UNIQUE (target, dedupe_key)
);
CREATE INDEX notification_waiting ON notification (target, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX notification_decided ON notification (decided_at);

-- What a target knows, so that it is not told again as long as it holds.
CREATE TABLE notification_told (
    target text NOT NULL,
    key text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (target, key)
);
