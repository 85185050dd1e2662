-- Releases that were found to wait for nothing, each under a digest of the rules by which it was judged. What has no row here is
-- judged anew, so a row too few costs time and a row too many would be a hole: whatever an answer rests on deletes them below.
CREATE TABLE settled (
    repository_id INTEGER NOT NULL,
    checklist TEXT NOT NULL,
    rules TEXT NOT NULL,
    release_id INTEGER NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
    PRIMARY KEY (repository_id, checklist, rules, release_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX settled_of_release ON settled (release_id);

CREATE TRIGGER settled_ends_with_the_release AFTER UPDATE ON releases
WHEN OLD.repository_id IS NOT NEW.repository_id OR OLD.checklist IS NOT NEW.checklist OR OLD.key IS NOT NEW.key
    OR OLD.label IS NOT NEW.label OR OLD.tag IS NOT NEW.tag OR OLD.commit_sha IS NOT NEW.commit_sha
    OR OLD.earlier IS NOT NEW.earlier OR OLD.pending IS NOT NEW.pending OR OLD.state IS NOT NEW.state
    OR OLD.failure IS NOT NEW.failure OR OLD.issue_number IS NOT NEW.issue_number OR OLD.verified IS NOT NEW.verified
    OR OLD.opened_body IS NOT NEW.opened_body OR OLD.body IS NOT NEW.body
BEGIN
    DELETE FROM settled WHERE release_id = NEW.id;
END;

CREATE TRIGGER settled_ends_with_the_ledger AFTER INSERT ON ledger
BEGIN
    DELETE FROM settled WHERE release_id = NEW.release_id;
END;

CREATE TRIGGER settled_ends_with_a_new_part AFTER INSERT ON release_parts
BEGIN
    DELETE FROM settled WHERE release_id = NEW.release_id;
END;

CREATE TRIGGER settled_ends_with_a_part AFTER UPDATE ON release_parts
WHEN OLD.release_id IS NOT NEW.release_id OR OLD.part IS NOT NEW.part OR OLD.issue_number IS NOT NEW.issue_number
    OR OLD.draft IS NOT NEW.draft OR OLD.opened_body IS NOT NEW.opened_body OR OLD.body IS NOT NEW.body
BEGIN
    DELETE FROM settled WHERE release_id IN (OLD.release_id, NEW.release_id);
END;

CREATE TRIGGER settled_ends_without_a_part AFTER DELETE ON release_parts
BEGIN
    DELETE FROM settled WHERE release_id = OLD.release_id;
END;

-- All that is listed of releases, newest first, without a look at their rows, which are long.
CREATE INDEX releases_listed ON releases (repository_id, id, checklist, key, label, tag, commit_sha, previous_label, previous_sha,
                                          actor, opened_on, state, failure, issue_number, actor_id, earlier);
-- Those that have a say. What was given up has none.
CREATE INDEX releases_with_a_say ON releases (repository_id, checklist) WHERE NOT (state = 'nothing' AND failure IS NOT NULL);
CREATE INDEX releases_by_tag ON releases (repository_id, tag) WHERE tag IS NOT NULL;
-- Those that had other commits before.
CREATE INDEX releases_with_earlier ON releases (repository_id, earlier) WHERE earlier <> '[]';
-- Those with something to be put into their issue, something to verify, or steps in another one's issue.
CREATE INDEX releases_pending ON releases (repository_id) WHERE pending IS NOT NULL;
CREATE INDEX releases_to_verify ON releases (repository_id) WHERE state = 'open' AND instr(opened_body, 'verify=') > 0;
CREATE INDEX releases_that_refer ON releases (repository_id, checklist) WHERE instr(opened_body, ': in #') > 0;

CREATE INDEX parts_of_repository ON release_parts (repository_id);
