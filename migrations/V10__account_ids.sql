-- Numbers of accounts beside their logins, which may be renamed and registered by somebody else. What was written before has
-- none: there, logins are compared.
ALTER TABLE releases ADD COLUMN actor_id INTEGER;
ALTER TABLE deployments ADD COLUMN actor_id INTEGER;
-- The hash of a line that has a number covers it; the hashes of lines without one stay what they were.
ALTER TABLE ledger ADD COLUMN account_id INTEGER;

-- The numbers of the people whom the checklist and its rules name by login, as they were when the release was opened: JSON, by
-- login in lower case.
ALTER TABLE releases ADD COLUMN named TEXT NOT NULL DEFAULT '{}';
