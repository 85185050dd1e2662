-- A release that goes on under another name or commit keeps its row: the names and commits that it had before, and what is
-- still to be put into its issue.
ALTER TABLE releases ADD COLUMN earlier TEXT NOT NULL DEFAULT '[]';
ALTER TABLE releases ADD COLUMN pending TEXT;
