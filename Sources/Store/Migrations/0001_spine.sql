-- The first tables: the catalog, the workloads, who owns them, and what they cost.

CREATE TABLE catalog_source (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type text NOT NULL,
    target text NOT NULL,
    -- Why the source could not be listed at the last attempt; NULL when it could.
    error text,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    UNIQUE (type, target)
);

-- A part of a source that is read as a whole: one file, one key of a ConfigMap.
CREATE TABLE catalog_location (
    location text PRIMARY KEY,
    source_id int NOT NULL REFERENCES catalog_source ON DELETE CASCADE,
    -- Why it could not be read at the last attempt; its entities stay meanwhile.
    error text,
    read_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX catalog_location_source ON catalog_location (source_id);

-- What is wrong with the documents of a location.
CREATE TABLE catalog_problem (
    location text NOT NULL REFERENCES catalog_location ON DELETE CASCADE,
    ordinal int NOT NULL,
    code text NOT NULL,
    line int,
    column_number int,
    entity_ref text,
    message text NOT NULL,
    PRIMARY KEY (location, ordinal)
);
CREATE INDEX catalog_problem_entity ON catalog_problem (entity_ref) WHERE entity_ref IS NOT NULL;

CREATE TABLE entity (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- kind:namespace/name, lower case; in byte order, as listings are.
    ref text COLLATE "C" NOT NULL UNIQUE,
    location text NOT NULL REFERENCES catalog_location,
    -- As read, with the defaults filled in; json keeps the author's order of keys.
    definition json NOT NULL,
    definition_hash text NOT NULL,
    -- status.items of the document: what went wrong with this entity.
    status_items jsonb NOT NULL DEFAULT '[]',
    -- The annotations that say which workloads belong to it; NULL when it has none.
    workload_selector jsonb,
    -- As served: definition, relations and status; json, so that the bytes stay as written.
    document json,
    etag text,
    -- 'key' and 'key=value' for each row of Backstage's search walk.
    tokens text[] NOT NULL DEFAULT '{}',
    -- The values of each key in their original case.
    search jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entity_tokens ON entity USING gin (tokens) WITH (fastupdate = off);
CREATE INDEX entity_location ON entity (location);
CREATE INDEX entity_selector ON entity (ref) WHERE workload_selector IS NOT NULL;

-- Each relation as its source shows it; origin is the entity whose definition says so.
CREATE TABLE entity_relation (
    source_ref text NOT NULL,
    type text NOT NULL,
    target_ref text NOT NULL,
    origin_ref text NOT NULL,
    PRIMARY KEY (source_ref, type, target_ref, origin_ref)
);
CREATE INDEX entity_relation_origin ON entity_relation (origin_ref);

CREATE TABLE cluster (
    name text PRIMARY KEY,
    -- When all its caches were last seen to follow the API server.
    synced_at timestamptz,
    error text
);

CREATE TABLE workload (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster text NOT NULL,
    kind text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    uid text NOT NULL,
    labels jsonb NOT NULL,
    template_labels jsonb NOT NULL,
    replicas_desired int,
    replicas_ready int,
    pods int NOT NULL,
    restarts bigint NOT NULL,
    -- Requested by its pods that hold a place on a node.
    cpu_request_millicores bigint NOT NULL,
    memory_request_bytes bigint NOT NULL,
    -- Nano-dollars an hour at the present requests and prices.
    cpu_hourly_cost bigint NOT NULL,
    memory_hourly_cost bigint NOT NULL,
    created_at timestamptz,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    -- When it was seen to be gone; the row stays for its costs.
    deleted_at timestamptz,
    UNIQUE (cluster, kind, namespace, name)
);
CREATE INDEX workload_present ON workload (cluster, namespace, kind, name) WHERE deleted_at IS NULL;

-- Which entity a workload belongs to, as time ranges. An entity that is gone keeps its past.
CREATE TABLE entity_workload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workload_id int NOT NULL REFERENCES workload,
    entity_ref text NOT NULL,
    rule text NOT NULL,
    matched_on text NOT NULL,
    -- Money is attributed to the owner alone; at most one at a time.
    is_owner boolean NOT NULL,
    valid tstzrange NOT NULL CHECK (NOT isempty(valid))
);
CREATE UNIQUE INDEX entity_workload_present ON entity_workload (workload_id, entity_ref) WHERE upper_inf(valid);
CREATE UNIQUE INDEX entity_workload_owner ON entity_workload (workload_id) WHERE is_owner AND upper_inf(valid);
CREATE INDEX entity_workload_entity ON entity_workload (entity_ref, workload_id);
CREATE INDEX entity_workload_history ON entity_workload (workload_id, valid);

CREATE TABLE cost_source (
    id smallint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    description text NOT NULL
);
INSERT INTO cost_source VALUES (1, 'estimate', 'Requested cores and GiB of running pods at the configured price list');

-- One row for each hour, workload and source; daily partitions. Money in nano-dollars.
CREATE TABLE cost_hourly (
    hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    cpu_cost bigint NOT NULL,
    memory_cost bigint NOT NULL,
    -- What the costs were computed from: whole numbers, so that a restarted controller goes on where it stopped.
    cpu_millicore_seconds bigint NOT NULL,
    memory_byte_seconds bigint NOT NULL,
    pod_seconds bigint NOT NULL,
    maximum_pods int NOT NULL,
    -- Seconds of the hour in which the workload was observed, and up to when.
    covered_seconds int NOT NULL,
    through timestamptz NOT NULL,
    workload_id int NOT NULL REFERENCES workload,
    source smallint NOT NULL REFERENCES cost_source,
    PRIMARY KEY (hour, workload_id, source)
) PARTITION BY RANGE (hour);
CREATE INDEX cost_hourly_workload ON cost_hourly (workload_id, hour);

CREATE TABLE ingest_watermark (
    source smallint NOT NULL REFERENCES cost_source,
    cluster text NOT NULL,
    -- Costs are complete up to here.
    through timestamptz NOT NULL,
    PRIMARY KEY (source, cluster)
);
