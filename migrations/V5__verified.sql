-- What Holdpoint found itself about the commit of a release: as JSON, with the commit that it was found about.
ALTER TABLE releases ADD COLUMN verified TEXT NOT NULL DEFAULT '{"commit":null,"found":{}}';

-- A check that ended asks whether its commit is a release, and most are not.
CREATE INDEX releases_by_commit ON releases (repository_id, commit_sha);
