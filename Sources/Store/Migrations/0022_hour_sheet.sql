-- Of each recorded hour, cluster and source the sums of cost_hourly from midnight (UTC) through that hour, by workload and who
-- paid, as cost_workload_sheet has those of days (docs/decisions/002-cost-sums.md).
CREATE TABLE cost_hour_sheet (LIKE cost_workload_sheet INCLUDING STORAGE);
ALTER TABLE cost_hour_sheet RENAME COLUMN day TO hour;
ALTER TABLE cost_hour_sheet
    ADD PRIMARY KEY (cluster, source, hour),
    ADD FOREIGN KEY (source) REFERENCES cost_source,
    ADD CHECK (hour = date_trunc('hour', hour, 'UTC'));

-- Who paid on the day, ascending, and for how many workloads each. Those that lack this are made anew.
TRUNCATE cost_workload_sheet;
ALTER TABLE cost_workload_sheet
    ADD COLUMN payer_id bytea,
    ADD COLUMN payer_workloads bytea,
    ALTER COLUMN payer_id SET STORAGE EXTERNAL,
    ALTER COLUMN payer_workloads SET STORAGE EXTERNAL;

-- What a cluster cost in an hour; made with the sheets.
CREATE TABLE cost_cluster_hourly (
    hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    gpu_cost bigint NOT NULL,
    storage_cost bigint NOT NULL,
    network_cost bigint NOT NULL,
    load_balancer_cost bigint NOT NULL,
    shared_cost bigint NOT NULL,
    source smallint NOT NULL REFERENCES cost_source,
    cluster text NOT NULL,
    PRIMARY KEY (cluster, source, hour)
);

-- From which hour on the day's hours have changed since it was rolled up.
ALTER TABLE cost_day_touched ADD COLUMN from_hour timestamptz NOT NULL DEFAULT '-infinity';

-- All that the days by who paid say of a cluster, and whether the sheets of its hours are complete.
ALTER TABLE cost_cluster_daily
    ADD COLUMN cpu_millicore_seconds bigint,
    ADD COLUMN memory_byte_seconds numeric,
    ADD COLUMN gpu_seconds bigint,
    ADD COLUMN cpu_used_millicore_seconds bigint,
    ADD COLUMN memory_used_byte_seconds numeric,
    ADD COLUMN workloads bigint,
    ADD COLUMN hours_summed boolean NOT NULL DEFAULT false;

UPDATE cost_cluster_daily c
SET (cpu_millicore_seconds, memory_byte_seconds, gpu_seconds, cpu_used_millicore_seconds, memory_used_byte_seconds, workloads) =
    (e.cpu_millicore_seconds, e.memory_byte_seconds, e.gpu_seconds, e.cpu_used_millicore_seconds, e.memory_used_byte_seconds,
        e.workloads)
FROM (SELECT e.day, e.source, a.cluster,
        least(sum(e.cpu_millicore_seconds), 9000000000000000000)::bigint AS cpu_millicore_seconds,
        sum(e.memory_byte_seconds) AS memory_byte_seconds,
        least(sum(e.gpu_seconds), 9000000000000000000)::bigint AS gpu_seconds,
        least(sum(e.cpu_used_millicore_seconds), 9000000000000000000)::bigint AS cpu_used_millicore_seconds,
        sum(e.memory_used_byte_seconds) AS memory_used_byte_seconds, sum(e.workloads) AS workloads
    FROM cost_entity_daily e JOIN cost_attribution a ON a.id = e.attribution_id GROUP BY 1, 2, 3) e
WHERE e.day = c.day AND e.source = c.source AND e.cluster = c.cluster;
