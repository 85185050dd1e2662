//! The tables that are derived from jobs: the head of each key, and the lanes. They are kept in the transaction that changes a job, so
//! that a claim is a few look-ups in indexes, however many jobs wait.

use rusqlite::{Connection, OptionalExtension as _, params};

/// The urgency of pull requests.
pub(super) const PULL_REQUESTS: i64 = 2;

/// The urgencies, the most urgent first.
pub(super) const URGENCIES: [i64; 4] = [0, 1, PULL_REQUESTS, 3];

/// How long the jobs of a key may wait for others of their lane: 0 for what people wait for, 1 for most, 2 for pull requests, 3 for
/// what Holdpoint asks of itself. `V18__urgency.sql` says the same.
pub(super) fn urgency(key: &str) -> i64 {
    // Who put a tag somewhere is known by its own event alone, and a tick may be theirs.
    if key.starts_with("ref/refs/tags/") {
        return 0;
    }
    match key.split('/').next().unwrap_or_default() {
        "issue" | "sha" | "deployment" | "deployments" => 0,
        "pr" => PULL_REQUESTS,
        "recheck" => 3,
        _ => 1,
    }
}

/// Brings a key's head after its jobs.
pub(super) fn refresh_key(db: &Connection, lane: &str, key: &str) -> rusqlite::Result<()> {
    let head = db
        .prepare_cached(
            "INSERT INTO heads (lane, key, due_at, job_id, urgency) \
             SELECT lane, key, run_at, id, ?3 FROM jobs WHERE lane = ?1 AND key = ?2 AND finished_at IS NULL ORDER BY id LIMIT 1 \
             ON CONFLICT (lane, key) DO UPDATE SET due_at = excluded.due_at, job_id = excluded.job_id",
        )?
        .execute(params![lane, key, urgency(key)])?;
    if head == 0 {
        db.prepare_cached("DELETE FROM heads WHERE lane = ?1 AND key = ?2")?.execute([lane, key])?;
    }
    Ok(())
}

/// Brings a lane's row after its running jobs, or else its heads.
pub(super) fn refresh_lane(db: &Connection, lane: &str) -> rusqlite::Result<()> {
    let lease = db
        .prepare_cached("SELECT max(lease_until) FROM jobs WHERE lane = ?1 AND state = 'running'")?
        .query_row([lane], |row| row.get::<_, Option<i64>>(0))?;
    let head = db
        .prepare_cached("SELECT due_at FROM heads WHERE lane = ?1 ORDER BY due_at LIMIT 1")?
        .query_row([lane], |row| row.get::<_, i64>(0))
        .optional()?;
    match (lease, head) {
        (Some(due), _) => put_lane(db, lane, due, true),
        (None, Some(due)) => put_lane(db, lane, due, false),
        (None, None) => db.prepare_cached("DELETE FROM lanes WHERE lane = ?1")?.execute([lane]).map(|_| ()),
    }
}

fn put_lane(db: &Connection, lane: &str, due: i64, busy: bool) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO lanes (lane, due_at, busy, installation_id) VALUES (?1, ?2, ?3, coalesce((SELECT d.installation_id \
         FROM jobs j JOIN deliveries d ON d.id = j.delivery_id WHERE j.lane = ?1 AND j.finished_at IS NULL LIMIT 1), 0)) \
         ON CONFLICT (lane) DO UPDATE SET due_at = excluded.due_at, busy = excluded.busy",
    )?
    .execute(params![lane, due, busy])
    .map(|_| ())
}
