-- Where a cluster's usage comes from, when it last came, and what keeps it away.

ALTER TABLE cluster
    -- metrics.k8s.io, prometheus; NULL: nobody was asked yet.
    ADD COLUMN usage_source text,
    ADD COLUMN usage_at timestamptz,
    -- Pods of which it told.
    ADD COLUMN usage_pods int,
    -- NULL: it answered when it was last asked.
    ADD COLUMN usage_error text;
