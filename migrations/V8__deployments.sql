-- Deployments that asked to be let through. A row stays when it is settled: what was let through is what later ones build on.
CREATE TABLE deployments (
    repository_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    environment TEXT NOT NULL,
    -- What asks now: a re-run asks anew, under the same run.
    delivery TEXT NOT NULL,
    deployment_id INTEGER,
    commit_sha TEXT NOT NULL,
    ref TEXT NOT NULL,
    actor TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'gone')),
    -- How many reports were sent, or may have been, and what the last one said.
    reports INTEGER NOT NULL DEFAULT 0,
    told TEXT NOT NULL DEFAULT '',
    -- The first that ever asked under this run, and the last that was let through.
    first_deployment INTEGER,
    let_through INTEGER,
    PRIMARY KEY (repository_id, run_id, environment)
) STRICT, WITHOUT ROWID;

CREATE INDEX deployments_waiting ON deployments (repository_id) WHERE state = 'waiting';
