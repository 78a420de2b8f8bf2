-- What filters, counts, facets and sorting look at, in place of arrays of texts in the rows of the entities
-- (docs/decisions/001-catalog-index.md).

-- A key of the search walk, such as `spec.type`, among the entities of one kind.
CREATE TABLE entity_key (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Lower case, both.
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    -- Entities that have the key; those that have it with a value; and how many values they have in all.
    present int NOT NULL,
    valued int NOT NULL,
    postings int NOT NULL,
    UNIQUE (key, kind)
);

-- A value of such a key.
CREATE TABLE entity_term (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id int NOT NULL REFERENCES entity_key,
    -- In lower case, as filters compare and sorting orders; and as the author wrote it, as facets show it.
    value text COLLATE "C" NOT NULL,
    original text COLLATE "C" NOT NULL,
    -- Entities that have it.
    entities int NOT NULL,
    UNIQUE (key_id, value, original) INCLUDE (id)
);

-- Which entities have a value.
CREATE TABLE entity_posting (
    term bigint NOT NULL,
    ref text COLLATE "C" NOT NULL,
    -- Whether it is the entity's first value of the key, by which it is sorted.
    is_first boolean NOT NULL,
    PRIMARY KEY (term, ref) INCLUDE (is_first)
);

-- The same the other way round: the terms of an entity and, at the same place, the key of each. Without a value the term is 0.
CREATE TABLE entity_index (
    ref text COLLATE "C" PRIMARY KEY REFERENCES entity (ref),
    terms bigint[] NOT NULL,
    keys int[] NOT NULL
);

-- Taken over from the arrays: the originals of a key stand in the order of its tokens `key=value`.
CREATE TEMPORARY TABLE walked ON COMMIT DROP AS
WITH token AS (
    SELECT ref, t.text, t.place, strpos(t.text, '=') AS equals FROM entity, unnest(tokens) WITH ORDINALITY t (text, place)
), valued AS (
    SELECT ref, place, substr(text, 1, equals - 1) AS key, substr(text, equals + 1) AS value,
        row_number() OVER (PARTITION BY ref, substr(text, 1, equals - 1) ORDER BY place) AS ordinal
    FROM token WHERE equals > 0
), original AS (
    SELECT ref, replace(replace(s.key, '%', '%25'), '=', '%3D') AS key, o.value AS original, o.ordinal
    FROM entity, jsonb_each(search) s, jsonb_array_elements_text(s.value) WITH ORDINALITY o (value, ordinal)
)
SELECT ref, split_part(ref, ':', 1) COLLATE "C" AS kind,
    replace(replace(coalesce(v.key, t.text), '%3D', '='), '%25', '%') COLLATE "C" AS key,
    v.value COLLATE "C" AS value, o.original COLLATE "C" AS original, coalesce(v.ordinal, 1) AS ordinal, t.place
FROM token t LEFT JOIN valued v USING (ref, place) LEFT JOIN original o USING (ref, key, ordinal)
WHERE t.equals > 0 OR NOT EXISTS (SELECT FROM valued w WHERE w.ref = t.ref AND w.key = t.text);
-- The joins below need to know how much there is.
ANALYZE walked;

INSERT INTO entity_key (kind, key, present, valued, postings)
SELECT kind, key, count(*) FILTER (WHERE ordinal = 1), count(value) FILTER (WHERE ordinal = 1), count(value)
FROM walked GROUP BY kind, key;
ANALYZE entity_key;

INSERT INTO entity_term (key_id, value, original, entities)
SELECT k.id, w.value, w.original, count(*) FROM walked w JOIN entity_key k USING (kind, key)
WHERE w.value IS NOT NULL GROUP BY k.id, w.value, w.original;
ANALYZE entity_term;

INSERT INTO entity_posting (term, ref, is_first)
SELECT t.id, w.ref, w.ordinal = 1
FROM walked w JOIN entity_key k USING (kind, key)
    JOIN entity_term t ON t.key_id = k.id AND t.value = w.value AND t.original = w.original;

INSERT INTO entity_index (ref, terms, keys)
SELECT w.ref, array_agg(coalesce(t.id, 0) ORDER BY w.place), array_agg(k.id ORDER BY w.place)
FROM walked w JOIN entity_key k USING (kind, key)
    LEFT JOIN entity_term t ON t.key_id = k.id AND t.value = w.value AND t.original = w.original
GROUP BY w.ref;
CREATE INDEX entity_index_contents ON entity_index USING gin (terms, keys) WITH (fastupdate = off);

ALTER TABLE entity DROP COLUMN tokens, DROP COLUMN search;

-- The aggregates change with every batch; their dead rows shall not wait for a fifth of the table.
ALTER TABLE entity_key SET (autovacuum_vacuum_scale_factor = 0.01, fillfactor = 50);
ALTER TABLE entity_term SET (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 90);
