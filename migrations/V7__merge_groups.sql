-- Merge groups that wait for their checks. GitHub tells of each once, when it asks, and has no list of them.
CREATE TABLE merge_groups (
    repository_id INTEGER NOT NULL,
    head_sha TEXT NOT NULL,
    base_sha TEXT NOT NULL,                     -- what it was put on top of: the branch's tip, or the group before it
    branch TEXT NOT NULL,                       -- the branch that it is for
    name TEXT NOT NULL,                         -- its own branch, gh-readonly-queue/…
    asked_at INTEGER NOT NULL,                  -- seconds since 1970
    PRIMARY KEY (repository_id, head_sha)
) STRICT, WITHOUT ROWID;

-- Check runs that we left running, so that none of them runs for ever.
CREATE TABLE unfinished (
    repository_id INTEGER NOT NULL,
    commit_sha TEXT NOT NULL,
    checklist TEXT NOT NULL,
    pull_number INTEGER,                        -- a pull request that had this commit as its head
    written_at INTEGER NOT NULL,                -- seconds since 1970
    PRIMARY KEY (repository_id, commit_sha, checklist)
) STRICT, WITHOUT ROWID;
