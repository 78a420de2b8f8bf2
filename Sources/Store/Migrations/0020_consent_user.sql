-- Whose consent it is in the catalog, so that ending a person's access finds it when their grants are gone already.
ALTER TABLE oauth_consent ADD COLUMN user_entity_ref text;

UPDATE oauth_consent c SET user_entity_ref =
    (SELECT g.user_entity_ref FROM oauth_grant g WHERE g.subject = c.subject ORDER BY g.created_at DESC LIMIT 1);
