-- Whose lane it is, and when it had its last turn: where several installations wait, each gets a place before one of them gets a
-- second, and where several lanes wait, each gets a turn before one of them gets a second. 0 is nobody's, and never.
ALTER TABLE lanes ADD COLUMN installation_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN served_at INTEGER NOT NULL DEFAULT 0;

UPDATE lanes SET installation_id = coalesce((
    SELECT d.installation_id FROM jobs j JOIN deliveries d ON d.id = j.delivery_id
    WHERE j.lane = lanes.lane AND j.finished_at IS NULL LIMIT 1
), 0);

CREATE INDEX lanes_by_turn ON lanes (installation_id, served_at, due_at);
CREATE INDEX lanes_at_work ON lanes (installation_id) WHERE busy = 1;
