-- Repositories that GitHub does not show us any more. What is kept of them is deleted 30 days later.
CREATE TABLE lost_repositories (
    repository_id INTEGER NOT NULL PRIMARY KEY,
    lost_at INTEGER NOT NULL                    -- seconds since 1970
) STRICT;
