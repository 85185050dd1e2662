-- Owners whose repository `.github` had a configuration that we read. Where it is not shown any more, it is not taken for gone.
CREATE TABLE organisation_files (
    owner TEXT NOT NULL PRIMARY KEY,
    installation_id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX organisation_files_of_installation ON organisation_files (installation_id);
