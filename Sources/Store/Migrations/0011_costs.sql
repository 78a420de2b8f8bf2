-- Costs by every resource and of every source, rolled up by day together with who paid, and what follows from them.

INSERT INTO cost_source VALUES
    (2, 'scaleops', 'What ScaleOps says that workloads cost'),
    (3, 'opencost', 'What OpenCost allocates to workloads');

-- Where money is asked for without saying which source, one source counts for a cluster: they are never added up.
CREATE TABLE cost_primary (
    cluster text PRIMARY KEY,
    -- Clusters without a row: the estimate.
    source smallint NOT NULL REFERENCES cost_source
);

-- A row of `workload` may stand for money that no workload is charged for: its kind then begins with two underscores
-- (__idle__ of a node, __unmounted__ of a volume, __unallocated__ of a source), its name says of what, and it counts as
-- deleted from the start, so that nobody takes it for something that runs.

ALTER TABLE cost_hourly
    -- NULL: none, or the source does not know it.
    ADD COLUMN gpu_cost bigint,
    ADD COLUMN storage_cost bigint,
    ADD COLUMN network_cost bigint,
    ADD COLUMN load_balancer_cost bigint,
    ADD COLUMN shared_cost bigint,
    ADD COLUMN gpu_seconds bigint,
    -- What was used, in the part of the hour for which that is known.
    ADD COLUMN cpu_used_millicore_seconds bigint,
    ADD COLUMN memory_used_byte_seconds bigint,
    ADD COLUMN used_seconds int,
    -- How well the price is known, as PriceQuality has it; NULL: as the source says.
    ADD COLUMN price_quality text;

-- What money is added up by. A row holds who an entity belonged to on the days that refer to it: what changes later makes
-- a new row, and closed days keep theirs.
CREATE TABLE cost_attribution (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster text NOT NULL,
    namespace text NOT NULL,
    -- owned, orphan (a workload that nobody claims), idle, unmounted, unallocated
    category text NOT NULL,
    -- The entity that pays; NULL unless owned.
    entity_ref text,
    entity_kind text,
    entity_type text,
    lifecycle text,
    owner_ref text,
    system_ref text,
    domain_ref text,
    UNIQUE NULLS NOT DISTINCT (
        cluster, namespace, category, entity_ref, entity_kind, entity_type, lifecycle, owner_ref, system_ref, domain_ref)
);
CREATE INDEX cost_attribution_entity ON cost_attribution (entity_ref);

-- The hours of a UTC day, by workload, source and who paid; monthly partitions.
CREATE TABLE cost_daily (
    day timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    gpu_cost bigint,
    storage_cost bigint,
    network_cost bigint,
    load_balancer_cost bigint,
    shared_cost bigint,
    cpu_millicore_seconds bigint NOT NULL,
    memory_byte_seconds bigint NOT NULL,
    gpu_seconds bigint,
    cpu_used_millicore_seconds bigint,
    memory_used_byte_seconds bigint,
    used_seconds int,
    pod_seconds bigint NOT NULL,
    maximum_pods int NOT NULL,
    covered_seconds int NOT NULL,
    workload_id int NOT NULL REFERENCES workload,
    attribution_id int NOT NULL REFERENCES cost_attribution,
    source smallint NOT NULL REFERENCES cost_source,
    hours smallint NOT NULL,
    -- Whether the workload belonged to one attribution for all of that day.
    is_sole boolean NOT NULL DEFAULT true,
    PRIMARY KEY (day, workload_id, source, attribution_id)
) PARTITION BY RANGE (day);
CREATE INDEX cost_daily_workload ON cost_daily (workload_id, day);

-- The same without the workload: what totals of owners, systems, domains, namespaces and clusters are added up from.
CREATE TABLE cost_entity_daily (
    day timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    gpu_cost bigint,
    storage_cost bigint,
    network_cost bigint,
    load_balancer_cost bigint,
    shared_cost bigint,
    cpu_millicore_seconds bigint NOT NULL,
    memory_byte_seconds bigint NOT NULL,
    gpu_seconds bigint,
    cpu_used_millicore_seconds bigint,
    memory_used_byte_seconds bigint,
    attribution_id int NOT NULL REFERENCES cost_attribution,
    workloads int NOT NULL,
    source smallint NOT NULL REFERENCES cost_source,
    PRIMARY KEY (day, attribution_id, source)
);

-- Days whose hours changed since they were rolled up.
CREATE TABLE cost_day_touched (
    day timestamptz NOT NULL,
    cluster text NOT NULL,
    source smallint NOT NULL REFERENCES cost_source,
    touched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (day, cluster, source)
);

-- How a source fared when it was last asked.
ALTER TABLE ingest_watermark
    ADD COLUMN asked_at timestamptz,
    -- NULL: it answered.
    ADD COLUMN error text,
    -- Rows that could not be joined to a workload, and rows whose fields could not be read.
    ADD COLUMN unmatched int NOT NULL DEFAULT 0,
    ADD COLUMN malformed int NOT NULL DEFAULT 0,
    ALTER COLUMN through DROP NOT NULL;

-- What each node costs now, and how that is known.
CREATE TABLE price_book (
    cluster text NOT NULL,
    node text NOT NULL,
    cpu_hourly_cost bigint NOT NULL,
    memory_hourly_cost bigint NOT NULL,
    gpu_hourly_cost bigint NOT NULL,
    price_quality text NOT NULL,
    is_spot boolean NOT NULL,
    instance_type text,
    region text,
    cpu_millicores bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    gpus bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster, node)
);

-- What to request instead. Of each source the latest word about a container; '' stands for the workload as a whole.
CREATE TABLE recommendation (
    workload_id int NOT NULL REFERENCES workload,
    container text NOT NULL,
    -- vpa, krr, scaleops
    source text NOT NULL,
    -- As SizingClass has it.
    class text NOT NULL,
    cpu_request_millicores bigint,
    memory_request_bytes bigint,
    cpu_limit_millicores bigint,
    memory_limit_bytes bigint,
    cpu_recommended_millicores bigint,
    memory_recommended_bytes bigint,
    cpu_recommended_limit_millicores bigint,
    memory_recommended_limit_bytes bigint,
    -- For all replicas and 730 hours; negative when following it costs more.
    monthly_saving bigint NOT NULL,
    confidence real NOT NULL,
    reason text NOT NULL,
    -- What it rests on.
    samples bigint NOT NULL,
    history_seconds bigint NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    computed_at timestamptz NOT NULL,
    PRIMARY KEY (workload_id, container, source)
);
CREATE INDEX recommendation_saving ON recommendation (source, monthly_saving DESC);

-- Usage of a container as a decaying histogram (HistogramCheckpoint), and its highest memory of late.
CREATE TABLE container_histogram (
    workload_id int NOT NULL REFERENCES workload,
    container text NOT NULL,
    -- cpu, memory
    resource text NOT NULL,
    checkpoint jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (workload_id, container, resource)
);

-- What the configuration allows to be spent in a calendar month.
CREATE TABLE budget (
    scope_kind text NOT NULL CHECK (scope_kind IN ('owner', 'system', 'domain', 'entity', 'namespace', 'cluster')),
    scope_ref text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    -- Shares of the amount.
    warn_at double precision[] NOT NULL,
    PRIMARY KEY (scope_kind, scope_ref)
);
