-- How workloads fare, and what is known of clusters besides whether their caches are current.

ALTER TABLE workload
    -- NULL where the kind has no such number.
    ADD COLUMN replicas_available int,
    ADD COLUMN replicas_updated int,
    ADD COLUMN is_rolling_out boolean NOT NULL DEFAULT false,
    ADD COLUMN is_suspended boolean NOT NULL DEFAULT false,
    -- All pods by phase, the finished ones included.
    ADD COLUMN pods_pending int NOT NULL DEFAULT 0,
    ADD COLUMN pods_running int NOT NULL DEFAULT 0,
    ADD COLUMN pods_succeeded int NOT NULL DEFAULT 0,
    ADD COLUMN pods_failed int NOT NULL DEFAULT 0,
    ADD COLUMN pods_unknown int NOT NULL DEFAULT 0,
    -- Of its pods that hold a place on a node; containers without a limit add nothing.
    ADD COLUMN cpu_limit_millicores bigint NOT NULL DEFAULT 0,
    ADD COLUMN memory_limit_bytes bigint NOT NULL DEFAULT 0,
    -- Containers that lack a request for CPU or memory, and those that lack a memory limit.
    ADD COLUMN containers_without_requests int NOT NULL DEFAULT 0,
    ADD COLUMN containers_without_memory_limit int NOT NULL DEFAULT 0,
    -- Containers whose present or last end was for want of memory, and when that was last.
    ADD COLUMN oom_kills int NOT NULL DEFAULT 0,
    ADD COLUMN oom_killed_at timestamptz,
    -- {pod, container, reason, exitCode, at} of the latest end of a container that was restarted or failed.
    ADD COLUMN last_termination jsonb,
    -- {reason: how many}: of containers that wait or pods without a node, and of failed pods.
    ADD COLUMN waiting_reasons jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN failure_reasons jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN images jsonb NOT NULL DEFAULT '[]',
    -- The worst problems, the worst first, and how many there are in all.
    ADD COLUMN problems jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN problem_count int NOT NULL DEFAULT 0;

ALTER TABLE cluster
    -- What keeps the caches of kinds that need not be there from following the API server.
    ADD COLUMN warning text,
    -- When somebody last noted that they follow it; NULL when nobody does.
    ADD COLUMN followed_at timestamptz,
    -- {resource: resourceVersion}: what is stored was learned from at most these versions of the lists.
    ADD COLUMN synced_versions jsonb NOT NULL DEFAULT '{}';
