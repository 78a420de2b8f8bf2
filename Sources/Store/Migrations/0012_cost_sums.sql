-- What roll-ups and the questions that are asked of them need besides.

ALTER TABLE cost_daily
    -- Whether the workload belonged to one attribution for all of that day.
    ADD COLUMN is_sole boolean NOT NULL DEFAULT true;
ALTER TABLE cost_entity_daily ADD COLUMN gpu_seconds bigint;
COMMENT ON COLUMN cost_entity_daily.cpu_millicore_seconds IS 'Thousandths of core-seconds, as the name says';
COMMENT ON COLUMN cost_entity_daily.memory_byte_seconds IS 'Byte-seconds, as the name says';

CREATE INDEX cost_daily_attribution ON cost_daily (attribution_id, day);
CREATE INDEX cost_entity_daily_attribution ON cost_entity_daily (attribution_id, day);

-- Hours from before this moment were dropped: they are in the roll-ups alone, and none is written any more.
CREATE TABLE cost_horizon (
    hourly_from timestamptz NOT NULL
);

-- What was recorded before there were roll-ups.
INSERT INTO cost_day_touched (day, cluster, source)
SELECT DISTINCT date_trunc('day', c.hour, 'UTC'), w.cluster, c.source
FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
ON CONFLICT DO NOTHING;
