-- What reading a catalog source came to, run by run; the words of API definitions; who else has a location; and what listings
-- of problems and locations look for.

-- The latest runs of each source.
CREATE TABLE source_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id int NOT NULL REFERENCES catalog_source ON DELETE CASCADE,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    -- Locations that were read, and entities that came, changed and went by that.
    locations int NOT NULL,
    added int NOT NULL,
    changed int NOT NULL,
    removed int NOT NULL,
    -- In the locations that were read: entities that others define, and everything else that is wrong.
    conflicts int NOT NULL,
    problems int NOT NULL,
    -- Why the source could not be listed; NULL: it could.
    error text,
    -- Runs after this one that changed nothing, and the end of the latest of them.
    repeats bigint NOT NULL DEFAULT 0,
    repeated_at timestamptz
);
CREATE INDEX source_run_source ON source_run (source_id, id DESC);

-- Sources that have a location which another one holds, in place of whom they may hold it when that has it no more.
CREATE TABLE location_claim (
    location text NOT NULL REFERENCES catalog_location ON DELETE CASCADE,
    source_id int NOT NULL REFERENCES catalog_source ON DELETE CASCADE,
    PRIMARY KEY (location, source_id)
);
CREATE INDEX location_claim_source ON location_claim (source_id);

-- Runs of letters and digits, and the parts of names such as listOrders, each a word. The tables of words of PostgreSQL hold
-- a megabyte; 160,000 characters always fit.
CREATE FUNCTION api_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    to_tsvector('pg_catalog.simple'::regconfig, regexp_replace(
        regexp_replace(left($1, 160000), '([[:lower:][:digit:]])([[:upper:]])', '\1 \2', 'g'),
        '[^[:alnum:]]+', ' ', 'g'));
ALTER TABLE entity ADD COLUMN api_words tsvector GENERATED ALWAYS AS (
    CASE WHEN ref >= 'api:' AND ref < 'api;' THEN api_words(
        coalesce(definition #>> '{metadata,name}', '') || ' ' || coalesce(definition #>> '{metadata,title}', '') || ' '
        || coalesce(definition #>> '{metadata,description}', '') || ' '
        || coalesce(definition #>> '{spec,definition}', '')) END) STORED;
CREATE INDEX entity_api_words ON entity USING gin (api_words) WHERE api_words IS NOT NULL;

CREATE INDEX catalog_location_error ON catalog_location (source_id) WHERE error IS NOT NULL;
CREATE INDEX registered_location_target ON registered_location (lower(target));
