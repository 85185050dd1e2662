-- Keys of a release that no event of their own named a person for: who tagged, or merged, is not known. An account that is behind
-- it and unknown for good, as after a lost database, is in `authors` without a name.
ALTER TABLE releases ADD COLUMN unnamed TEXT NOT NULL DEFAULT '[]';
