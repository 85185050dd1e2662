-- The ledger as evidence: each line says by itself what it is about, and carries a hash over itself and the line before it.
-- The lines that are there get their place here, and their hash right after: SQLite has no SHA-256.

CREATE TABLE chained (
    id INTEGER PRIMARY KEY,
    repository_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    repository TEXT,
    release_id INTEGER NOT NULL REFERENCES releases (id),
    release TEXT NOT NULL,
    checklist TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    issue_number INTEGER,
    item TEXT NOT NULL,
    item_text TEXT,
    mark TEXT NOT NULL,
    how TEXT NOT NULL,
    reason TEXT,
    refused TEXT,
    login TEXT NOT NULL,
    at INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    hash BLOB CHECK (hash IS NULL OR length(hash) = 32),
    UNIQUE (repository_id, position),
    UNIQUE (release_id, delivery, item)
) STRICT;

INSERT INTO chained (repository_id, position, repository, release_id, release, checklist, commit_sha, issue_number, item,
                     mark, how, refused, login, at, delivery)
SELECT r.repository_id,
       row_number() OVER (PARTITION BY r.repository_id ORDER BY l.id),
       (SELECT full_name FROM repositories WHERE id = r.repository_id),
       l.release_id, r.label, r.checklist, r.commit_sha, r.issue_number, l.item, l.mark, 'box', l.refused, l.login, l.at,
       l.delivery
FROM ledger l JOIN releases r ON r.id = l.release_id
ORDER BY l.id;

DROP TABLE ledger;
ALTER TABLE chained RENAME TO ledger;

CREATE INDEX ledger_in_order ON ledger (release_id, at, position);
CREATE INDEX ledger_without_hash ON ledger (repository_id, position) WHERE hash IS NULL;

-- Whoever has the file can take these away. They keep mistakes off; what they did not keep off, the hashes show.
CREATE TRIGGER ledger_grows_at_its_end BEFORE INSERT ON ledger
WHEN NEW.hash IS NULL
    OR NEW.position <> 1 + (SELECT coalesce(max(position), 0) FROM ledger WHERE repository_id = NEW.repository_id)
BEGIN
    SELECT RAISE(ABORT, 'a line of the ledger is added at its end, with its hash');
END;

CREATE TRIGGER ledger_keeps_its_lines BEFORE UPDATE ON ledger WHEN OLD.hash IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a line of the ledger is never changed');
END;

CREATE TRIGGER ledger_loses_no_line BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'a line of the ledger is never deleted');
END;
