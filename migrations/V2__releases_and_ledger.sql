-- Repositories that an installation lets us see. The name is for paths only; the id is the key.
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    installation_id INTEGER NOT NULL,
    full_name TEXT NOT NULL
) STRICT;

-- One row a release of a checklist. It is claimed before the issue is posted, so that there is exactly one issue.
CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL,
    checklist TEXT NOT NULL,
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    tag TEXT,
    commit_sha TEXT NOT NULL,
    previous_label TEXT,
    previous_sha TEXT,
    actor TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'open', 'nothing', 'failed', 'gone')),
    failure TEXT,
    claimed_at INTEGER NOT NULL,
    posted_at INTEGER,
    issue_number INTEGER,
    opened_body TEXT,
    body TEXT,
    body_at INTEGER,
    authors TEXT NOT NULL DEFAULT '[]',
    UNIQUE (repository_id, checklist, key)
) STRICT;

CREATE UNIQUE INDEX releases_by_issue ON releases (repository_id, issue_number) WHERE issue_number IS NOT NULL;

-- Who did what and when. Rows are only ever added.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES releases (id),
    item TEXT NOT NULL,
    mark TEXT NOT NULL,
    login TEXT NOT NULL,
    at INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    refused TEXT,
    UNIQUE (release_id, delivery, item)
) STRICT;

CREATE INDEX ledger_in_order ON ledger (release_id, at, id);

-- What we last wrote to GitHub, so that nothing is written where nothing changed.
CREATE TABLE puts (
    repository_id INTEGER NOT NULL,
    what TEXT NOT NULL,
    github_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (repository_id, what)
) STRICT, WITHOUT ROWID;
