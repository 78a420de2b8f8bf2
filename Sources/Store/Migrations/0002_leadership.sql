-- Who may write what was observed. Every transaction of a leader checks its epoch here first (see LeaderTransactions).

CREATE TABLE leader_epoch (
    -- What is led: 'catalog', or 'cluster/' and a cluster's name.
    shard text PRIMARY KEY,
    -- Rises with each leader and never falls.
    epoch bigint NOT NULL,
    -- The process that began it, such as callboard-6c9f-x2x4l_8f0e…
    holder text NOT NULL,
    began_at timestamptz NOT NULL
);
