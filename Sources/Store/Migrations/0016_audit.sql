-- Who did what and how it ended; a partition for each UTC day.

CREATE TABLE audit_event (
    -- When it ended; of several alike that were counted together, when the last of them did.
    at timestamptz NOT NULL,
    -- Made by who writes, so that a repeated write changes nothing.
    id uuid NOT NULL,
    plugin text NOT NULL,
    event text NOT NULL,
    -- low, medium, high, critical
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    status text NOT NULL CHECK (status IN ('succeeded', 'failed')),
    -- NULL: nobody who is known.
    actor text,
    ip text,
    hostname text,
    user_agent text,
    method text,
    -- Without the query.
    url text,
    request_id text,
    meta jsonb NOT NULL DEFAULT '{}',
    error text,
    -- Of all that were counted together.
    duration_us bigint NOT NULL,
    occurrences bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

CREATE INDEX audit_event_actor ON audit_event (actor, at);
CREATE INDEX audit_event_kind ON audit_event (plugin, event, at);
