-- When every repository was looked at last: a process that is started again does not begin to count anew.
CREATE TABLE sweeps (
    what TEXT NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Installations that their owners suspended: GitHub refuses every call there, so nothing of them is asked for.
CREATE TABLE suspensions (
    installation_id INTEGER NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT;
