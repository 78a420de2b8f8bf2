-- Of each recorded day, cluster and source the sums of cost_daily from the first of the month (UTC) through that day, by workload
-- and who paid, column by column (docs/decisions/002-cost-sums.md): what all workloads cost in any window is the difference of
-- few rows. Made of cost_daily alone: a row that lacks is made again, and until then the days are added up.
CREATE TABLE cost_workload_sheet (
    day timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    -- Numbers of one width, the highest byte first, in the order of workload and attribution.
    workload_id bytea NOT NULL,
    attribution_id bytea NOT NULL,
    -- The same for each of those pairs; NULL: zeros.
    cpu_cost bytea,
    memory_cost bytea,
    gpu_cost bytea,
    storage_cost bytea,
    network_cost bytea,
    load_balancer_cost bytea,
    shared_cost bytea,
    cpu_millicore_seconds bytea,
    memory_byte_seconds bytea,
    gpu_seconds bytea,
    cpu_used_millicore_seconds bytea,
    memory_used_byte_seconds bytea,
    pod_seconds bytea,
    days bytea,
    used_days bytea,
    source smallint NOT NULL REFERENCES cost_source,
    cluster text NOT NULL,
    PRIMARY KEY (cluster, source, day)
);

-- Read as a whole, and quicker read than made smaller.
ALTER TABLE cost_workload_sheet
    ALTER COLUMN workload_id SET STORAGE EXTERNAL,
    ALTER COLUMN attribution_id SET STORAGE EXTERNAL,
    ALTER COLUMN cpu_cost SET STORAGE EXTERNAL,
    ALTER COLUMN memory_cost SET STORAGE EXTERNAL,
    ALTER COLUMN gpu_cost SET STORAGE EXTERNAL,
    ALTER COLUMN storage_cost SET STORAGE EXTERNAL,
    ALTER COLUMN network_cost SET STORAGE EXTERNAL,
    ALTER COLUMN load_balancer_cost SET STORAGE EXTERNAL,
    ALTER COLUMN shared_cost SET STORAGE EXTERNAL,
    ALTER COLUMN cpu_millicore_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN memory_byte_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN gpu_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN cpu_used_millicore_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN memory_used_byte_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN pod_seconds SET STORAGE EXTERNAL,
    ALTER COLUMN days SET STORAGE EXTERNAL,
    ALTER COLUMN used_days SET STORAGE EXTERNAL;
