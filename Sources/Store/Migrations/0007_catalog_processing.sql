-- Following of Location entities, and orphans.

-- An orphan's location may be gone while the entity stays.
ALTER TABLE entity DROP CONSTRAINT entity_location_fkey;
ALTER TABLE entity
    -- The annotations managed-by-location and managed-by-origin-location; NULL: the location.
    ADD COLUMN managed_by text,
    ADD COLUMN origin text,
    -- No location gives it any more; it stays because the operator wants orphans kept.
    ADD COLUMN orphan boolean NOT NULL DEFAULT false;
-- That kept a source from going while it has entities; now it stays while it has locations.
ALTER TABLE catalog_location DROP CONSTRAINT catalog_location_source_id_fkey,
    ADD FOREIGN KEY (source_id) REFERENCES catalog_source;
CREATE INDEX entity_orphan ON entity (ref) WHERE orphan;

-- What Location entities point to.
CREATE TABLE location_target (
    entity_ref text COLLATE "C" NOT NULL REFERENCES entity (ref) ON DELETE CASCADE,
    -- <type>:<target>, a location like those of sources.
    target text NOT NULL,
    ordinal int NOT NULL,
    -- It is no error when nothing is there.
    optional boolean NOT NULL,
    PRIMARY KEY (entity_ref, target)
);
CREATE INDEX location_target_target ON location_target (target);
