-- What catalog sources have read from servers that give etags, so that asking again after a restart costs nothing. Copies:
-- nothing is lost with them but requests.

CREATE TABLE etagged_copy (
    source_id int NOT NULL REFERENCES catalog_source ON DELETE CASCADE,
    url text NOT NULL,
    -- Of the content, as the server gave it.
    etag text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (source_id, url)
);
