-- What GitHub delivered, and the work that each delivery asks for. Times are milliseconds since 1970.

CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    guid            TEXT    NOT NULL,
    digest          BLOB    NOT NULL,           -- SHA-256 of the body as it was sent
    event           TEXT    NOT NULL,
    action          TEXT,
    installation_id INTEGER,
    repository_id   INTEGER,
    received_at     INTEGER NOT NULL,
    body            BLOB    NOT NULL,           -- LZ4, its length in front
    UNIQUE (guid, digest)
) STRICT;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL UNIQUE REFERENCES deliveries (id) ON DELETE CASCADE,
    lane        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead')),
    run_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    finished_at INTEGER,                        -- set exactly when the state is done or dead
    last_error  TEXT
) STRICT;

CREATE INDEX jobs_open ON jobs (lane, key, id) WHERE finished_at IS NULL;
CREATE INDEX jobs_running ON jobs (lane) WHERE state = 'running';
CREATE INDEX jobs_by_state ON jobs (state, finished_at);

-- Derived from jobs and kept in the same transaction, so that a claim is three index look-ups however many jobs wait.
-- A head is the oldest open job of a key: while it is not due, nothing behind it is.
CREATE TABLE heads (
    lane   TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    due_at INTEGER NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (lane, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX heads_by_due ON heads (lane, due_at, job_id);

-- A lane has a row while it has an open job. due_at is when something may be claimed in it: the earliest head's time,
-- or for a busy lane the end of its lease.
CREATE TABLE lanes (
    lane   TEXT    NOT NULL PRIMARY KEY,
    due_at INTEGER NOT NULL,
    busy   INTEGER NOT NULL CHECK (busy IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX lanes_by_due ON lanes (due_at);

-- One row, rewritten to see whether the database takes a write.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
