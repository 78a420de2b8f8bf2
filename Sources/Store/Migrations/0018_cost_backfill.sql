-- How far the hours before Callboard's first metered hour of a cluster were estimated from what Prometheus remembers. Such
-- hours are rows of cost_hourly with the price_quality 'backfilled'.
CREATE TABLE cost_backfill (
    cluster text PRIMARY KEY,
    -- The first hour that was metered; nothing is estimated from here on.
    metered_from timestamptz NOT NULL,
    -- The hours from here to there are done, the latest were done first.
    filled_from timestamptz NOT NULL CHECK (filled_from <= metered_from)
);

-- As before, but hours from before Callboard was there belong to whoever owned the workload first.
CREATE OR REPLACE VIEW reporting.cost_hourly AS
SELECT c.hour, w.cluster, w.namespace, w.kind AS workload_kind, w.name AS workload,
    CASE WHEN c.price_quality = 'backfilled' THEN
        (SELECT l.entity_ref FROM callboard.entity_workload l
            WHERE l.workload_id = c.workload_id AND l.is_owner ORDER BY lower(l.valid) LIMIT 1)
    ELSE
        (SELECT l.entity_ref FROM callboard.entity_workload l
            WHERE l.workload_id = c.workload_id AND l.is_owner
                AND l.valid && tstzrange(c.hour, c.hour + interval '1 hour')
            ORDER BY lower(l.valid) DESC LIMIT 1)
    END AS entity_ref,
    c.cpu_cost / 1e9::float8 AS cpu_cost, c.memory_cost / 1e9::float8 AS memory_cost,
    (c.cpu_cost + c.memory_cost + coalesce(c.gpu_cost, 0) + coalesce(c.storage_cost, 0) + coalesce(c.network_cost, 0)
        + coalesce(c.load_balancer_cost, 0) + coalesce(c.shared_cost, 0)) / 1e9::float8 AS cost,
    c.cpu_millicore_seconds / 3.6e6::float8 AS cpu_core_hours,
    c.memory_byte_seconds / 3865470566400::float8 AS memory_gib_hours,
    c.cpu_used_millicore_seconds / 3.6e6::float8 AS cpu_used_core_hours,
    c.memory_used_byte_seconds / 3865470566400::float8 AS memory_used_gib_hours,
    c.maximum_pods, c.covered_seconds, c.price_quality, s.name AS source
FROM callboard.cost_hourly c JOIN callboard.workload w ON w.id = c.workload_id
    JOIN callboard.cost_source s ON s.id = c.source
    LEFT JOIN callboard.cost_primary p ON p.cluster = w.cluster
WHERE c.source = coalesce(p.source, 1);

-- When a source last told of all containers of a cluster. Single rows of `recommendation` may be newer: a round that broke off
-- wrote some.
CREATE TABLE sizing_round (
    cluster text NOT NULL,
    source text NOT NULL,
    completed_at timestamptz NOT NULL,
    PRIMARY KEY (cluster, source)
);
