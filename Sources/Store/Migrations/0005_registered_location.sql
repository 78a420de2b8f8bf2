-- What comes over the API: locations that somebody registered, and what is asked of the leader of the catalog.

CREATE TABLE registered_location (
    -- Listings go by it.
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type text NOT NULL,
    target text NOT NULL,
    -- The entity of kind Location that stands for it.
    entity_ref text NOT NULL,
    -- Who gave it its present form, such as external:ci, and when.
    registered_by text NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (type, target)
);

-- Done and removed by the leader; asked twice is asked once.
CREATE TABLE catalog_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- refresh: a location is to be read again; delete: the entity of a uid is to go.
    kind text NOT NULL CHECK (kind IN ('refresh', 'delete')),
    subject text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, subject)
);
