-- What a repository was like, by a digest of its branches, tags and open pull requests, when it was looked at and had no checklist.
-- While it is like that and nothing of it waits, the hourly look leaves it out.
CREATE TABLE idle_repositories (
    repository_id INTEGER NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
) STRICT;
