-- For tests: records every statement that writes to a table of observations, with the leader's epoch that it ran under
-- (LeaderTransactions sets callboard.fence for the transaction), and every epoch that begins.
--
-- How it proves that the writes of two epochs never mix: a writer records its time while it holds a share lock on the
-- shard's row of leader_epoch, and the next epoch records its beginning while it holds that row for itself. So in the
-- order of those times a shard's epochs must never fall: leader_disorder must be empty. A write without an epoch is
-- listed there too.
CREATE TABLE public.leader_write (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    process int NOT NULL,
    relation text NOT NULL,
    operation text NOT NULL,
    -- NULL when the statement ran under none.
    shard text,
    epoch bigint
);

CREATE FUNCTION public.record_leader_write() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fence text[] := string_to_array(nullif(current_setting('callboard.fence', true), ''), ' ');
BEGIN
    INSERT INTO public.leader_write (at, process, relation, operation, shard, epoch)
    VALUES (clock_timestamp(), pg_backend_pid(), TG_TABLE_NAME, TG_OP, fence[1], fence[2]::bigint);
    RETURN NULL;
END $$;

CREATE FUNCTION public.record_leader_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.leader_write (at, process, relation, operation, shard, epoch)
    VALUES (clock_timestamp(), pg_backend_pid(), TG_TABLE_NAME, 'BEGIN', NEW.shard, NEW.epoch);
    RETURN NULL;
END $$;

DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'callboard'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
            AND relname NOT IN ('leader_epoch', 'schema_migration')
    LOOP
        EXECUTE format('CREATE TRIGGER record_leader_write AFTER INSERT OR UPDATE OR DELETE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION public.record_leader_write()', relation);
    END LOOP;
END $$;
CREATE TRIGGER record_leader_begin AFTER INSERT OR UPDATE ON callboard.leader_epoch
    FOR EACH ROW EXECUTE FUNCTION public.record_leader_begin();

CREATE VIEW public.leader_disorder AS
SELECT * FROM (
    SELECT *, max(epoch) OVER (PARTITION BY shard ORDER BY at, id ROWS UNBOUNDED PRECEDING) AS newest
    FROM public.leader_write) AS ordered
WHERE shard IS NULL OR epoch < newest;
