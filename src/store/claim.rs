//! Which jobs are worked off next: the lane whose turn it is, and of that lane the key that people wait for most.
//!
//! A batch has every due job of one key, so that a burst is handled as one; pull requests that are due are taken together, because
//! they are looked at side by side. Nothing within a key is overtaken. What waits for long goes first, however urgent it is: so no
//! repository is so busy that nobody looks at it as a whole.

use super::delivery::{Batch, ClaimLimits, Job};
use super::lanes::{PULL_REQUESTS, URGENCIES, refresh_lane, urgency};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::BTreeSet;

/// What waits for longer, in milliseconds, waits for nothing more urgent.
const LONGEST_OVERTAKEN_MS: i64 = 600_000;

/// Of the lanes in which something is due the one whose turn it is: first those of installations at which nothing runs, so that
/// one that is busy keeps no other waiting, then the one that had its last turn the longest ago. It steps from one installation to
/// the next, however many lanes each has, and past those that have as many at work as they may.
const NEXT_LANE: &str = "WITH RECURSIVE owners(id) AS (SELECT min(installation_id) FROM lanes UNION ALL \
     SELECT (SELECT min(installation_id) FROM lanes WHERE installation_id > owners.id) FROM owners WHERE owners.id IS NOT NULL) \
     SELECT l.lane, l.busy FROM owners JOIN lanes l ON l.lane = (SELECT lane FROM lanes WHERE installation_id = owners.id \
     AND due_at <= ?1 ORDER BY served_at, due_at LIMIT 1) WHERE (SELECT count(*) FROM lanes \
     WHERE installation_id = owners.id AND busy = 1 AND due_at > ?1) < ?2 ORDER BY owners.id IN \
     (SELECT installation_id FROM lanes WHERE busy = 1 AND due_at > ?1), l.served_at, l.due_at LIMIT 1";
pub(super) const OLDEST_KEY: &str =
    "SELECT key FROM heads WHERE lane = ?1 AND due_at <= ?2 ORDER BY due_at, job_id LIMIT 1";
pub(super) const NEXT_KEYS: &str =
    "SELECT key FROM heads WHERE lane = ?1 AND urgency = ?2 AND due_at <= ?3 ORDER BY due_at, job_id LIMIT ?4";
pub(super) const NEXT_JOBS: &str = "SELECT j.id, d.guid, d.event, j.attempts, d.received_at, d.body, j.run_at FROM jobs j CROSS JOIN deliveries d ON d.id = j.delivery_id \
     WHERE j.lane = ?1 AND j.key = ?2 AND j.finished_at IS NULL ORDER BY j.id LIMIT ?3";

pub(super) fn claim(
    db: &Connection,
    now: i64,
    limits: &ClaimLimits,
    at_work: &BTreeSet<String>,
) -> rusqlite::Result<Option<Batch>> {
    let lease_until = now.saturating_add(limits.lease_ms);
    loop {
        let next = db
            .prepare_cached(NEXT_LANE)?
            .query_row(params![now, whole(limits.lanes)], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))
            .optional()?;
        let Some((lane, busy)) = next else {
            return Ok(None);
        };
        if busy && at_work.contains(&lane) {
            db.prepare_cached("UPDATE jobs SET lease_until = ?2 WHERE lane = ?1 AND state = 'running'")?
                .execute(params![lane, lease_until])?;
            db.prepare_cached("UPDATE lanes SET due_at = ?2 WHERE lane = ?1")?.execute(params![lane, lease_until])?;
            continue;
        }
        if busy {
            // Whoever had the lane did not come back in time. The tries stay counted: a job that kills us ends as a dead letter.
            db.prepare_cached(
                "UPDATE jobs SET state = 'queued', lease_until = NULL WHERE lane = ?1 AND state = 'running'",
            )?
            .execute([&lane])?;
        }
        let keys = next_keys(db, &lane, now, limits.keys)?;
        let Some(key) = keys.first().cloned() else {
            // A clock that was set back: the lane's row is put right, and is in the future then.
            refresh_lane(db, &lane)?;
            continue;
        };
        let jobs = jobs_of(db, &lane, &keys, now, limits)?;
        let mut take = db.prepare_cached(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = ?2 WHERE id = ?1",
        )?;
        for job in &jobs {
            take.execute(params![job.id, lease_until])?;
        }
        db.prepare_cached("UPDATE lanes SET busy = 1, due_at = ?2, served_at = ?3 WHERE lane = ?1")?
            .execute(params![lane, lease_until, now])?;
        return Ok(Some(Batch { lane, key, claimed_at: now, jobs }));
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The key whose jobs are next, and where it is a pull request, others beside it: at most `most`. None where nothing is due.
fn next_keys(db: &Connection, lane: &str, now: i64, most: usize) -> rusqlite::Result<Vec<String>> {
    let key = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let overtaken = now.saturating_sub(LONGEST_OVERTAKEN_MS);
    let oldest = db.prepare_cached(OLDEST_KEY)?.query_row(params![lane, overtaken], key).optional()?;
    let urgencies = match oldest {
        // They go together all the same.
        Some(oldest) if urgency(&oldest) == PULL_REQUESTS => vec![PULL_REQUESTS],
        Some(oldest) => return Ok(vec![oldest]),
        None => URGENCIES.to_vec(),
    };
    for urgency in urgencies {
        let most = if urgency == PULL_REQUESTS { whole(most.max(1)) } else { 1 };
        let mut query = db.prepare_cached(NEXT_KEYS)?;
        let keys = query.query_map(params![lane, urgency, now, most], key)?.collect::<rusqlite::Result<Vec<_>>>()?;
        if !keys.is_empty() {
            return Ok(keys);
        }
    }
    Ok(Vec::new())
}

/// The due jobs of keys, in the order in which they came. What was tried before is alone with its key: it may be what ends the
/// process, and nothing else is to end with it.
fn jobs_of(db: &Connection, lane: &str, keys: &[String], now: i64, limits: &ClaimLimits) -> rusqlite::Result<Vec<Job>> {
    let was_tried = |jobs: &[Job]| jobs.iter().any(|job| job.attempts > 1);
    let mut found: Vec<Job> = Vec::new();
    for key in keys {
        let bytes: usize = found.iter().map(|job| job.body.len()).sum();
        let room = limits.jobs.max(1).saturating_sub(found.len());
        if room == 0 || bytes > limits.bytes {
            break;
        }
        let jobs = due_jobs(db, lane, key, now, room, limits.bytes.saturating_sub(bytes))?;
        if found.is_empty() && was_tried(&jobs) {
            return Ok(jobs);
        }
        if !was_tried(&jobs) {
            found.extend(jobs);
        }
    }
    found.sort_by_key(|job| job.id);
    Ok(found)
}

/// The key's open jobs from the oldest on, up to the first that is not due.
fn due_jobs(
    db: &Connection,
    lane: &str,
    key: &str,
    now: i64,
    limit: usize,
    most_bytes: usize,
) -> rusqlite::Result<Vec<Job>> {
    let mut query = db.prepare_cached(NEXT_JOBS)?;
    let mut rows = query.query(params![lane, key, whole(limit)])?;
    let mut jobs = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(6)? > now || bytes > most_bytes {
            break;
        }
        let guid: String = row.get(1)?;
        let body = lz4_flex::decompress_size_prepended(row.get_ref(5)?.as_blob()?).unwrap_or_else(|error| {
            tracing::error!(%error, { crate::telemetry::field::DELIVERY_ID } = guid, "a stored body cannot be unpacked");
            Vec::new()
        });
        bytes += body.len();
        let attempts = row.get::<_, u32>(3)?.saturating_add(1);
        let (event, received_at) = (row.get(2)?, row.get(4)?);
        jobs.push(Job { id: row.get(0)?, key: key.to_owned(), guid, event, attempts, received_at, body });
    }
    Ok(jobs)
}
