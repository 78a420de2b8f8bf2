-- A yielding source gives up its entities to any that does not yield: what people wrote counts before what was generated.
ALTER TABLE catalog_source ADD COLUMN yields boolean NOT NULL DEFAULT false;
