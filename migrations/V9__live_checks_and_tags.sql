-- Check runs that still mean something are kept in mind until nothing needs them: those that are in progress, and those that are
-- green, because a green run opens whatever its commit is merged into.
CREATE TABLE live_checks (
    repository_id INTEGER NOT NULL,
    commit_sha TEXT NOT NULL,
    checklist TEXT NOT NULL,
    pull_number INTEGER,                        -- a pull request that had this commit as its head
    written_at INTEGER NOT NULL,                -- seconds since 1970
    green INTEGER NOT NULL,                     -- 0: in progress; 1: success
    PRIMARY KEY (repository_id, commit_sha, checklist)
) STRICT, WITHOUT ROWID;

-- Of what was written before this version it is not known what it said: all of it may be green.
INSERT INTO live_checks (repository_id, commit_sha, checklist, pull_number, written_at, green)
    SELECT repository_id, substr(what, 7, instr(substr(what, 7), ':') - 1),
           substr(what, instr(what, ':holdpoint/') + 11), NULL, 0, 1
    FROM puts WHERE what LIKE 'check:%:holdpoint/%' AND what NOT LIKE '%:holdpoint/review' AND what NOT LIKE '%:holdpoint/tasks';
INSERT INTO live_checks (repository_id, commit_sha, checklist, pull_number, written_at, green)
    SELECT repository_id, commit_sha, checklist, pull_number, written_at, 0 FROM unfinished WHERE true
    ON CONFLICT (repository_id, commit_sha, checklist) DO UPDATE SET
        pull_number = excluded.pull_number, written_at = excluded.written_at, green = 0;
DROP TABLE unfinished;

-- Tags that were looked at: opened as a release, or left alone because no checklist wants them or because they were there before
-- Holdpoint was. A tag that moves is another one.
CREATE TABLE tags (
    repository_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    PRIMARY KEY (repository_id, name, commit_sha)
) STRICT, WITHOUT ROWID;

-- When the tags of a repository were first looked at, in seconds since 1970: those of that day were there before Holdpoint.
ALTER TABLE repositories ADD COLUMN tags_seen_at INTEGER;
