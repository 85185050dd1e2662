-- A release whose text is longer than one issue takes has several: one row each, made before any of them is posted.
CREATE TABLE release_parts (
    release_id INTEGER NOT NULL REFERENCES releases (id),
    part INTEGER NOT NULL,
    repository_id INTEGER NOT NULL,
    draft TEXT NOT NULL,
    posted_at INTEGER,
    issue_number INTEGER,
    opened_body TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '',
    body_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (release_id, part)
) STRICT;

CREATE UNIQUE INDEX parts_by_issue ON release_parts (repository_id, issue_number) WHERE issue_number IS NOT NULL;

-- What GitHub did not take of the issue's labels, assignees, type and milestone, in sentences.
ALTER TABLE releases ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
