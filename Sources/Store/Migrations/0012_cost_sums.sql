-- What roll-ups and the questions that are asked of them need besides.

CREATE INDEX cost_daily_attribution ON cost_daily (attribution_id, day);
CREATE INDEX cost_entity_daily_attribution ON cost_entity_daily (attribution_id, day);

-- Of each day the sums of cost_entity_daily from the first of its month (UTC) through it, for every attribution that had a
-- row there so far: what any days of a month cost is the difference of two rows (docs/decisions/002-cost-sums.md).
CREATE TABLE cost_entity_to_date (
    day timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    gpu_cost bigint,
    storage_cost bigint,
    network_cost bigint,
    load_balancer_cost bigint,
    shared_cost bigint,
    cpu_millicore_seconds bigint NOT NULL,
    memory_byte_seconds numeric NOT NULL,
    gpu_seconds bigint,
    cpu_used_millicore_seconds bigint,
    memory_used_byte_seconds numeric,
    -- Of how many workloads the sums are, as a list: each element has a day of the month in its upper 32 bits and the number
    -- of that day in the lower ones, and none after it has as many. So the highest number from some day on is that of the
    -- first element which is not from before.
    peaks bigint[] NOT NULL,
    attribution_id int NOT NULL REFERENCES cost_attribution,
    source smallint NOT NULL REFERENCES cost_source,
    -- Days with a row, and days on which something is known of the use.
    days smallint NOT NULL,
    used_days smallint NOT NULL,
    PRIMARY KEY (day, attribution_id, source)
);

-- What a cluster cost a day, and so the days that cost_entity_to_date speaks of.
CREATE TABLE cost_cluster_daily (
    day timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    gpu_cost bigint,
    storage_cost bigint,
    network_cost bigint,
    load_balancer_cost bigint,
    shared_cost bigint,
    -- Rows of cost_entity_daily; 0: all of them are gone again.
    attributions int NOT NULL,
    source smallint NOT NULL REFERENCES cost_source,
    cluster text NOT NULL,
    PRIMARY KEY (cluster, source, day)
);

-- Hours from before this moment were dropped: they are in the roll-ups alone, and none is written any more.
CREATE TABLE cost_horizon (
    hourly_from timestamptz NOT NULL
);

-- What was recorded before there were roll-ups.
INSERT INTO cost_day_touched (day, cluster, source)
SELECT DISTINCT date_trunc('day', c.hour, 'UTC'), w.cluster, c.source
FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
ON CONFLICT DO NOTHING;

-- The reporting views: what Grafana and others may rely on (docs/reporting.md). Money in units of the currency; of each cluster
-- its primary source unless the name says otherwise. The columns day and hour are those that the tables are partitioned by.
CREATE SCHEMA reporting;

CREATE VIEW reporting.cost_daily AS
SELECT d.day, a.cluster, a.namespace, w.kind AS workload_kind, w.name AS workload, a.category, a.entity_ref, a.entity_kind,
    a.entity_type, a.lifecycle, a.owner_ref, a.system_ref, a.domain_ref,
    d.cpu_cost / 1e9::float8 AS cpu_cost, d.memory_cost / 1e9::float8 AS memory_cost,
    coalesce(d.gpu_cost, 0) / 1e9::float8 AS gpu_cost, coalesce(d.storage_cost, 0) / 1e9::float8 AS storage_cost,
    coalesce(d.network_cost, 0) / 1e9::float8 AS network_cost,
    coalesce(d.load_balancer_cost, 0) / 1e9::float8 AS load_balancer_cost,
    coalesce(d.shared_cost, 0) / 1e9::float8 AS shared_cost,
    (d.cpu_cost + d.memory_cost + coalesce(d.gpu_cost, 0) + coalesce(d.storage_cost, 0) + coalesce(d.network_cost, 0)
        + coalesce(d.load_balancer_cost, 0) + coalesce(d.shared_cost, 0)) / 1e9::float8 AS cost,
    d.cpu_millicore_seconds / 3.6e6::float8 AS cpu_core_hours,
    d.memory_byte_seconds / 3865470566400::float8 AS memory_gib_hours,
    d.cpu_used_millicore_seconds / 3.6e6::float8 AS cpu_used_core_hours,
    d.memory_used_byte_seconds / 3865470566400::float8 AS memory_used_gib_hours,
    d.maximum_pods, d.hours, s.name AS source
FROM callboard.cost_daily d JOIN callboard.cost_attribution a ON a.id = d.attribution_id
    JOIN callboard.workload w ON w.id = d.workload_id JOIN callboard.cost_source s ON s.id = d.source
    LEFT JOIN callboard.cost_primary p ON p.cluster = a.cluster
WHERE d.source = coalesce(p.source, 1);

CREATE VIEW reporting.cost_entity_daily AS
SELECT e.day, a.cluster, a.namespace, a.category, a.entity_ref, a.entity_kind, a.entity_type, a.lifecycle, a.owner_ref,
    a.system_ref, a.domain_ref,
    e.cpu_cost / 1e9::float8 AS cpu_cost, e.memory_cost / 1e9::float8 AS memory_cost,
    coalesce(e.gpu_cost, 0) / 1e9::float8 AS gpu_cost, coalesce(e.storage_cost, 0) / 1e9::float8 AS storage_cost,
    coalesce(e.network_cost, 0) / 1e9::float8 AS network_cost,
    coalesce(e.load_balancer_cost, 0) / 1e9::float8 AS load_balancer_cost,
    coalesce(e.shared_cost, 0) / 1e9::float8 AS shared_cost,
    (e.cpu_cost + e.memory_cost + coalesce(e.gpu_cost, 0) + coalesce(e.storage_cost, 0) + coalesce(e.network_cost, 0)
        + coalesce(e.load_balancer_cost, 0) + coalesce(e.shared_cost, 0)) / 1e9::float8 AS cost,
    e.cpu_millicore_seconds / 3.6e6::float8 AS cpu_core_hours,
    e.memory_byte_seconds / 3865470566400::float8 AS memory_gib_hours,
    e.cpu_used_millicore_seconds / 3.6e6::float8 AS cpu_used_core_hours,
    e.memory_used_byte_seconds / 3865470566400::float8 AS memory_used_gib_hours,
    e.workloads, s.name AS source
FROM callboard.cost_entity_daily e JOIN callboard.cost_attribution a ON a.id = e.attribution_id
    JOIN callboard.cost_source s ON s.id = e.source
    LEFT JOIN callboard.cost_primary p ON p.cluster = a.cluster
WHERE e.source = coalesce(p.source, 1);

CREATE VIEW reporting.cost_hourly AS
SELECT c.hour, w.cluster, w.namespace, w.kind AS workload_kind, w.name AS workload,
    (SELECT l.entity_ref FROM callboard.entity_workload l
        WHERE l.workload_id = c.workload_id AND l.is_owner AND l.valid && tstzrange(c.hour, c.hour + interval '1 hour')
        ORDER BY lower(l.valid) DESC LIMIT 1) AS entity_ref,
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

-- Run rates are an hour's cost at present requests and prices: never to be added to what was spent.
CREATE VIEW reporting.workloads AS
SELECT w.cluster, w.namespace, w.kind, w.name, l.entity_ref, o.target_ref AS owner_ref, y.target_ref AS system_ref,
    w.replicas_desired, w.replicas_ready, w.pods, w.restarts, w.problem_count,
    w.cpu_request_millicores / 1000::float8 AS cpu_requested_cores,
    w.memory_request_bytes / 1073741824::float8 AS memory_requested_gib,
    (w.cpu_hourly_cost + w.memory_hourly_cost) / 1e9::float8 AS run_rate_hourly,
    (w.cpu_hourly_cost + w.memory_hourly_cost) / 1e9::float8 * 730 AS run_rate_monthly,
    w.created_at, w.first_seen_at
FROM callboard.workload w
    LEFT JOIN callboard.entity_workload l ON l.workload_id = w.id AND l.is_owner AND upper_inf(l.valid)
    LEFT JOIN LATERAL (SELECT min(r.target_ref) AS target_ref FROM callboard.entity_relation r
        WHERE r.source_ref = l.entity_ref AND r.type = 'ownedBy') o ON true
    LEFT JOIN LATERAL (SELECT min(r.target_ref) AS target_ref FROM callboard.entity_relation r
        WHERE r.source_ref = l.entity_ref AND r.type = 'partOf' AND starts_with(r.target_ref, 'system:')) y ON true
WHERE w.deleted_at IS NULL;

CREATE VIEW reporting.orphans AS
SELECT w.cluster, w.namespace, w.kind, w.name, w.pods,
    (w.cpu_hourly_cost + w.memory_hourly_cost) / 1e9::float8 AS run_rate_hourly,
    (w.cpu_hourly_cost + w.memory_hourly_cost) / 1e9::float8 * 730 AS run_rate_monthly,
    (SELECT sum(d.cpu_cost + d.memory_cost + coalesce(d.gpu_cost, 0) + coalesce(d.storage_cost, 0)
            + coalesce(d.network_cost, 0) + coalesce(d.load_balancer_cost, 0) + coalesce(d.shared_cost, 0)) / 1e9::float8
        FROM callboard.cost_daily d JOIN callboard.cost_attribution a ON a.id = d.attribution_id
        WHERE d.workload_id = w.id AND a.category = 'orphan' AND d.source = coalesce(p.source, 1)
            AND d.day >= date_trunc('day', now(), 'UTC') - interval '30 days'
            AND d.day < date_trunc('day', now(), 'UTC')) AS cost_of_30_days,
    w.created_at, w.first_seen_at
FROM callboard.workload w LEFT JOIN callboard.cost_primary p ON p.cluster = w.cluster
WHERE w.deleted_at IS NULL AND NOT EXISTS (SELECT FROM callboard.entity_workload l
    WHERE l.workload_id = w.id AND l.is_owner AND upper_inf(l.valid));

CREATE VIEW reporting.ghosts AS
SELECT e.ref AS entity_ref, split_part(e.ref, ':', 1) AS entity_kind, e.definition #>> '{spec,type}' AS entity_type,
    e.definition #>> '{spec,lifecycle}' AS lifecycle,
    (SELECT min(r.target_ref) FROM callboard.entity_relation r
        WHERE r.source_ref = e.ref AND r.type = 'ownedBy') AS owner_ref,
    (SELECT max(upper(l.valid)) FROM callboard.entity_workload l WHERE l.entity_ref = e.ref) AS last_matched_at
FROM callboard.entity e
WHERE e.workload_selector IS NOT NULL AND NOT EXISTS (SELECT FROM callboard.entity_workload l
    WHERE l.entity_ref = e.ref AND upper_inf(l.valid));

CREATE VIEW reporting.coverage_daily AS
SELECT day, cluster, sum(cost) FILTER (WHERE category = 'owned') AS owned_cost,
    sum(cost) FILTER (WHERE category = 'orphan') AS orphan_cost, sum(cost) FILTER (WHERE category = 'idle') AS idle_cost,
    sum(cost) FILTER (WHERE category = 'unmounted') AS unmounted_cost,
    sum(cost) FILTER (WHERE category = 'unallocated') AS unallocated_cost,
    coalesce(sum(cost) FILTER (WHERE category = 'owned'), 0)
        / nullif(sum(cost) FILTER (WHERE category IN ('owned', 'orphan')), 0) AS coverage
FROM reporting.cost_entity_daily GROUP BY day, cluster;

CREATE VIEW reporting.recommendations AS
SELECT w.cluster, w.namespace, w.kind AS workload_kind, w.name AS workload, nullif(r.container, '') AS container, r.source,
    r.class, l.entity_ref, o.target_ref AS owner_ref,
    r.cpu_request_millicores / 1000::float8 AS cpu_requested_cores,
    r.cpu_recommended_millicores / 1000::float8 AS cpu_recommended_cores,
    r.memory_request_bytes / 1073741824::float8 AS memory_requested_gib,
    r.memory_recommended_bytes / 1073741824::float8 AS memory_recommended_gib,
    r.monthly_saving / 1e9::float8 AS monthly_saving, r.confidence, r.reason, r.samples,
    r.history_seconds / 86400::float8 AS history_days, r.computed_at
FROM callboard.recommendation r JOIN callboard.workload w ON w.id = r.workload_id
    LEFT JOIN callboard.entity_workload l ON l.workload_id = w.id AND l.is_owner AND upper_inf(l.valid)
    LEFT JOIN LATERAL (SELECT min(t.target_ref) AS target_ref FROM callboard.entity_relation t
        WHERE t.source_ref = l.entity_ref AND t.type = 'ownedBy') o ON true
WHERE w.deleted_at IS NULL;

-- What was spent from the first of the month (UTC) on; the forecast goes on as the month went, and is NULL on its first day.
CREATE VIEW reporting.budgets AS
SELECT b.scope_kind, b.scope_ref, b.amount / 1e9::float8 AS amount, b.currency, t.month, m.spent,
    m.spent / (b.amount / 1e9::float8) AS share,
    CASE WHEN t.elapsed >= 86400 THEN m.spent / t.elapsed * t.length END AS forecast, b.warn_at
FROM callboard.budget b, LATERAL (
    SELECT month, extract(epoch FROM (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' - month)::float8
        AS length,
        extract(epoch FROM least(now(), (SELECT max(w.through) FROM callboard.ingest_watermark w
            LEFT JOIN callboard.cost_primary p ON p.cluster = w.cluster
            WHERE w.source = coalesce(p.source, 1) AND w.through >= month)) - month)::float8 AS elapsed
    FROM (SELECT date_trunc('month', now(), 'UTC') AS month) present) t, LATERAL (
    SELECT coalesce(sum(e.cost), 0) AS spent FROM reporting.cost_entity_daily e
    WHERE e.day >= t.month AND b.scope_ref = CASE b.scope_kind WHEN 'owner' THEN e.owner_ref WHEN 'system' THEN e.system_ref
        WHEN 'domain' THEN e.domain_ref WHEN 'entity' THEN e.entity_ref WHEN 'namespace' THEN e.namespace
        ELSE e.cluster END) m;

CREATE VIEW reporting.data_health AS
SELECT s.name AS source, w.cluster, w.source = coalesce(p.source, 1) AS is_primary, w.through,
    extract(epoch FROM now() - w.through)::float8 AS seconds_behind, w.asked_at, w.error, w.unmatched, w.malformed,
    (SELECT count(*) FROM callboard.cost_day_touched t WHERE t.cluster = w.cluster AND t.source = w.source
        AND t.day < date_trunc('day', now(), 'UTC')) AS closed_days_not_rolled_up
FROM callboard.ingest_watermark w JOIN callboard.cost_source s ON s.id = w.source
    LEFT JOIN callboard.cost_primary p ON p.cluster = w.cluster;

-- Every source: to be looked at side by side, never to be added up.
CREATE VIEW reporting.cost_sources_compared AS
SELECT e.day, a.cluster, a.namespace, a.category, a.entity_ref, a.owner_ref, s.name AS source,
    e.source = coalesce(p.source, 1) AS is_primary,
    (e.cpu_cost + e.memory_cost + coalesce(e.gpu_cost, 0) + coalesce(e.storage_cost, 0) + coalesce(e.network_cost, 0)
        + coalesce(e.load_balancer_cost, 0) + coalesce(e.shared_cost, 0)) / 1e9::float8 AS cost
FROM callboard.cost_entity_daily e JOIN callboard.cost_attribution a ON a.id = e.attribution_id
    JOIN callboard.cost_source s ON s.id = e.source
    LEFT JOIN callboard.cost_primary p ON p.cluster = a.cluster;

CREATE VIEW reporting.price_book AS
SELECT cluster, node, cpu_hourly_cost / 1e9::float8 AS per_core_hour, memory_hourly_cost / 1e9::float8 AS per_gib_hour,
    gpu_hourly_cost / 1e9::float8 AS per_gpu_hour, price_quality, is_spot, instance_type, region,
    cpu_millicores / 1000::float8 AS cpu_cores, memory_bytes / 1073741824::float8 AS memory_gib, gpus, since
FROM callboard.price_book;

-- Who reads them. Whoever may not create roles has it made by the administrator, as docs/reporting.md says.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callboard_reader') THEN
        CREATE ROLE callboard_reader NOLOGIN;
        ALTER ROLE callboard_reader SET default_transaction_read_only = on;
        ALTER ROLE callboard_reader SET statement_timeout = '15s';
    END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
    RAISE NOTICE 'the role callboard_reader was not made: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'callboard_reader') THEN
        GRANT USAGE ON SCHEMA reporting TO callboard_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO callboard_reader;
    END IF;
END $$;
