-- What OpenCost's metrics said last of each node's price, so that neither a restart nor an outage of theirs changes it.
CREATE TABLE exported_node_price (
    cluster text NOT NULL,
    node text NOT NULL,
    -- In units of the currency, as exported; NULL: there is no such series.
    per_core_hour double precision,
    per_gib_hour double precision,
    per_gpu_hour double precision,
    per_hour double precision,
    is_spot boolean,
    -- The hour in which it was told last.
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (cluster, node)
);

-- How that fared when it was last asked for.
CREATE TABLE node_price_source (
    cluster text PRIMARY KEY,
    -- When prices came last; NULL: never.
    told_at timestamptz,
    -- Nodes of the last answer.
    nodes int NOT NULL,
    -- NULL: all is well.
    error text
);
