-- How long a key's jobs may wait for others of their lane: 0 for what people wait for (issues, tags, checks, deployments), 1 for most, 2
-- for pull requests, which are worked off together, and 3 for what Holdpoint asks of itself. Derived from the key.
ALTER TABLE heads ADD COLUMN urgency INTEGER NOT NULL DEFAULT 1;

UPDATE heads SET urgency = CASE
    WHEN key GLOB 'issue/*' OR key GLOB 'sha/*' OR key GLOB 'deployment/*' OR key = 'deployments'
        OR key GLOB 'ref/refs/tags/*' THEN 0
    WHEN key GLOB 'pr/*' THEN 2
    WHEN key = 'recheck' THEN 3
    ELSE 1
END;

CREATE INDEX heads_by_urgency ON heads (lane, urgency, due_at, job_id);
