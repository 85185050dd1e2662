//! The queue: deliveries as they came, and one job for each.
//!
//! A job belongs to a *lane* (a repository: one batch at a time) and within it to a *key* (a pull request, a tag: strictly in
//! order). Which jobs a claim takes, `claim.rs` says. Times are milliseconds since 1970 and always the caller's: this file has no
//! clock. A claim is a lease; whoever crashes loses it.

use super::claim::claim;
use super::delivery::{Batch, ClaimLimits, Counts, DeadJob, Enqueued, NewDelivery};
use super::lanes::{refresh_key, refresh_lane, urgency};
use super::{Error, Store};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// From this length on a body is hashed and compressed off the async threads.
const LARGE_BODY: usize = 256 << 10;
/// Characters of an error that are kept.
const ERROR_CHARS: usize = 2_000;
/// Rows that pruning removes in one transaction.
const PRUNE_GROUP: i64 = 500;

impl Store {
    /// Puts a delivery into the queue and answers when it is on the disk.
    /// The same GUID with the same body is one delivery, however often it comes.
    ///
    /// # Errors
    /// [`Error::Full`] where too many writes wait, or what the database says; then nothing was taken.
    pub async fn enqueue(&self, delivery: NewDelivery) -> Result<Enqueued, Error> {
        let pack = |body: &[u8]| (Sha256::digest(body).to_vec(), lz4_flex::compress_prepend_size(body));
        let (digest, packed) = if delivery.body.len() < LARGE_BODY {
            pack(&delivery.body)
        } else {
            let body = delivery.body.clone();
            tokio::task::spawn_blocking(move || pack(&body)).await.map_err(|_| Error::Panicked)?
        };
        let outcome = self.try_write(move |db| enqueue(db, &delivery, &digest, &packed)).await?;
        if outcome != Enqueued::Duplicate {
            self.inner.work.notify_one();
        }
        Ok(outcome)
    }

    /// Takes due jobs out of the lane whose turn it is and in which nothing runs: those of the most urgent key, of these the oldest.
    /// `None`: nothing is due. The lease runs from `now_ms`; after that the jobs may be claimed again.
    ///
    /// # Errors
    /// What the database says; then nothing is claimed.
    pub async fn claim(&self, now_ms: i64, limits: ClaimLimits) -> Result<Option<Batch>, Error> {
        self.claim_beside(now_ms, limits, BTreeSet::new()).await
    }

    /// As [`Store::claim`], for somebody who still works in the lanes `at_work`. Their leases are renewed where they ran out: a
    /// machine that was paused wakes after its leases, and is at work all the same.
    ///
    /// # Errors
    /// What the database says; then nothing is claimed.
    pub async fn claim_beside(
        &self,
        now_ms: i64,
        limits: ClaimLimits,
        at_work: BTreeSet<String>,
    ) -> Result<Option<Batch>, Error> {
        self.write(move |db| claim(db, now_ms, &limits, &at_work)).await
    }

    /// Makes a claim last until `lease_until`. Jobs that are not running any more are left alone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn renew(&self, lane: String, ids: Vec<i64>, lease_until: i64) -> Result<(), Error> {
        self.write(move |db| {
            let mut job = db.prepare_cached("UPDATE jobs SET lease_until = ?2 WHERE id = ?1 AND state = 'running'")?;
            let mut renewed = 0;
            for id in &ids {
                renewed += job.execute(params![id, lease_until])?;
            }
            if renewed > 0 {
                db.prepare_cached("UPDATE lanes SET due_at = ?2 WHERE lane = ?1 AND busy = 1")?
                    .execute(params![lane, lease_until])?;
            }
            Ok(())
        })
        .await
    }

    /// Marks running jobs as worked off at `now_ms`.
    ///
    /// # Errors
    /// What the database says; then they stay claimed until the lease ends.
    pub async fn complete(&self, ids: Vec<i64>, now_ms: i64) -> Result<(), Error> {
        const SQL: &str = "UPDATE jobs SET state = 'done', finished_at = ?2, lease_until = NULL, last_error = NULL \
                           WHERE id = ?1 AND state = 'running'";
        self.settle(ids, move |db, id| db.prepare_cached(SQL)?.execute(params![id, now_ms])).await
    }

    /// Gives running jobs back to be tried again at `run_at`, and not before.
    ///
    /// # Errors
    /// What the database says; then they stay claimed until the lease ends.
    pub async fn retry(&self, ids: Vec<i64>, run_at: i64, error: &str) -> Result<(), Error> {
        const SQL: &str = "UPDATE jobs SET state = 'queued', run_at = ?2, lease_until = NULL, last_error = ?3 \
                           WHERE id = ?1 AND state = 'running'";
        let error = shortened(error);
        self.settle(ids, move |db, id| db.prepare_cached(SQL)?.execute(params![id, run_at, error])).await
    }

    /// As [`Store::retry`], where the try does not count: GitHub asked us to wait.
    ///
    /// # Errors
    /// What the database says; then they stay claimed until the lease ends.
    pub async fn postpone(&self, ids: Vec<i64>, run_at: i64, error: &str) -> Result<(), Error> {
        const SQL: &str = "UPDATE jobs SET state = 'queued', run_at = ?2, lease_until = NULL, last_error = ?3, \
                           attempts = max(attempts - 1, 0) WHERE id = ?1 AND state = 'running'";
        let error = shortened(error);
        self.settle(ids, move |db, id| db.prepare_cached(SQL)?.execute(params![id, run_at, error])).await
    }

    /// Gives running jobs up at `now_ms`: they become dead letters, and what waits behind them goes on.
    ///
    /// # Errors
    /// What the database says; then they stay claimed until the lease ends.
    pub async fn dead_letter(&self, ids: Vec<i64>, now_ms: i64, error: &str) -> Result<(), Error> {
        const SQL: &str = "UPDATE jobs SET state = 'dead', finished_at = ?2, lease_until = NULL, last_error = ?3 \
                           WHERE id = ?1 AND state = 'running'";
        let error = shortened(error);
        self.settle(ids, move |db, id| db.prepare_cached(SQL)?.execute(params![id, now_ms, error])).await
    }

    /// Gives running jobs back untried, as when the process stops: due as before, and the try does not count.
    ///
    /// # Errors
    /// What the database says; then they stay claimed until the lease ends.
    pub async fn release(&self, ids: Vec<i64>) -> Result<(), Error> {
        const SQL: &str = "UPDATE jobs SET state = 'queued', lease_until = NULL, attempts = max(attempts - 1, 0) \
                           WHERE id = ?1 AND state = 'running'";
        self.settle(ids, |db, id| db.prepare_cached(SQL)?.execute([id])).await
    }

    /// Frees every lane at once, whatever its lease says, and counts the jobs that were running. For the start of a process
    /// that has the database for itself: whoever claimed them is gone. Their tries stay counted. What waits for a time that only
    /// a clock that was ahead can have named is due now.
    ///
    /// # Errors
    /// What the database says; then they come back when their leases end.
    pub async fn take_over(&self, now_ms: i64) -> Result<usize, Error> {
        let freed = self
            .write(move |db| {
                let freed =
                    db.execute("UPDATE jobs SET state = 'queued', lease_until = NULL WHERE state = 'running'", [])?;
                bring_forward(db, now_ms)?;
                let mut busy = db.prepare("SELECT lane FROM lanes WHERE busy = 1")?;
                for lane in busy.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()? {
                    refresh_lane(db, &lane)?;
                }
                Ok(freed)
            })
            .await?;
        self.inner.work.notify_one();
        Ok(freed)
    }

    /// Makes due at `now_ms` what waits for a time that only a clock that was ahead can have named; how many jobs that were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mend_times(&self, now_ms: i64) -> Result<usize, Error> {
        let mended = self.write(move |db| bring_forward(db, now_ms)).await?;
        if mended > 0 {
            self.inner.work.notify_one();
        }
        Ok(mended)
    }

    /// Changes each running job by `change`, then brings the derived tables after it.
    async fn settle<F>(&self, ids: Vec<i64>, change: F) -> Result<(), Error>
    where
        F: Fn(&Connection, i64) -> rusqlite::Result<usize> + Send + 'static,
    {
        self.write(move |db| {
            let mut touched = BTreeSet::new();
            for id in ids {
                if change(db, id)? > 0 {
                    let place = db
                        .prepare_cached("SELECT lane, key FROM jobs WHERE id = ?1")?
                        .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
                    touched.insert(place);
                }
            }
            for (lane, key) in &touched {
                refresh_key(db, lane, key)?;
            }
            for lane in touched.iter().map(|(lane, _)| lane).collect::<BTreeSet<_>>() {
                refresh_lane(db, lane)?;
            }
            Ok(())
        })
        .await?;
        self.inner.work.notify_one();
        Ok(())
    }

    /// When something can be claimed next: past or present where it can be now, `None` where no job is open.
    /// For a lane that is busy this is the end of its lease.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_due(&self) -> Result<Option<i64>, Error> {
        self.read(|db| db.prepare_cached("SELECT min(due_at) FROM lanes")?.query_row([], |row| row.get(0))).await
    }

    /// How many jobs are in each state.
    ///
    /// # Errors
    /// What the database says.
    pub async fn counts(&self) -> Result<Counts, Error> {
        self.count("SELECT state, count(*) FROM jobs GROUP BY state").await
    }

    /// How many jobs are in each state but that of what was worked off, which are few.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_counts(&self) -> Result<Counts, Error> {
        self.count("SELECT state, count(*) FROM jobs WHERE state IN ('queued', 'running', 'dead') GROUP BY state").await
    }

    async fn count(&self, sql: &'static str) -> Result<Counts, Error> {
        self.read(move |db| {
            let mut counts = Counts::default();
            let mut query = db.prepare_cached(sql)?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
                match row.get_ref(0)?.as_str()? {
                    "queued" => counts.queued = count,
                    "running" => counts.running = count,
                    "done" => counts.done = count,
                    _ => counts.dead = count,
                }
            }
            Ok(counts)
        })
        .await
    }

    /// The newest dead letters, at most `limit`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dead(&self, limit: u32) -> Result<Vec<DeadJob>, Error> {
        const SQL: &str = "SELECT j.id, d.guid, d.event, coalesce(j.last_error, '') \
                           FROM jobs j JOIN deliveries d ON d.id = j.delivery_id \
                           WHERE j.state = 'dead' ORDER BY j.finished_at DESC, j.id DESC LIMIT ?1";
        self.read(move |db| {
            let dead = |row: &rusqlite::Row<'_>| {
                Ok(DeadJob { id: row.get(0)?, guid: row.get(1)?, event: row.get(2)?, error: row.get(3)? })
            };
            db.prepare_cached(SQL)?.query_map([limit], dead)?.collect()
        })
        .await
    }

    /// Removes deliveries that were worked off before `before_ms`, and dead letters from before `dead_before_ms`, in small
    /// transactions.
    /// A removed delivery that is sent again counts as new.
    ///
    /// # Errors
    /// What the database says; what was removed until then stays removed.
    pub async fn prune(&self, before_ms: i64, dead_before_ms: i64) -> Result<usize, Error> {
        const SQL: &str = "DELETE FROM deliveries WHERE id IN (SELECT delivery_id FROM jobs \
                           WHERE state = ?1 AND finished_at < ?2 ORDER BY finished_at LIMIT ?3)";
        let mut removed = 0;
        for (state, before) in [("done", before_ms), ("dead", dead_before_ms)] {
            loop {
                let group =
                    self.write(move |db| db.prepare_cached(SQL)?.execute(params![state, before, PRUNE_GROUP])).await?;
                removed += group;
                if group == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

fn enqueue(db: &Connection, new: &NewDelivery, digest: &[u8], packed: &[u8]) -> rusqlite::Result<Enqueued> {
    let id: Option<i64> = db
        .prepare_cached(
            "INSERT INTO deliveries (guid, digest, event, action, installation_id, repository_id, received_at, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (guid, digest) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                new.guid,
                digest,
                new.event,
                new.action,
                new.installation_id.and_then(|id| i64::try_from(id).ok()),
                new.repository_id.and_then(|id| i64::try_from(id).ok()),
                new.received_at,
                packed
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else {
        return enqueue_again(db, new, digest);
    };
    let job = db
        .prepare_cached(
            "INSERT INTO jobs (delivery_id, lane, key, state, run_at) VALUES (?1, ?2, ?3, 'queued', ?4) RETURNING id",
        )?
        .query_row(params![id, new.lane, new.key, new.received_at], |row| row.get::<_, i64>(0))?;
    // A new job is its key's last: it is the head only where it is alone.
    let is_head = db
        .prepare_cached(
            "INSERT INTO heads (lane, key, due_at, job_id, urgency) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![new.lane, new.key, new.received_at, job, urgency(&new.key)])?;
    if is_head > 0 {
        db.prepare_cached(
            "INSERT INTO lanes (lane, due_at, busy, installation_id) VALUES (?1, ?2, 0, ?3) \
             ON CONFLICT (lane) DO UPDATE SET due_at = min(due_at, excluded.due_at) WHERE busy = 0",
        )?
        .execute(params![new.lane, new.received_at, owner(new)])?;
    }
    Ok(Enqueued::Queued)
}

/// Whose lane a delivery is in; 0 for nobody's.
fn owner(new: &NewDelivery) -> i64 {
    new.installation_id.and_then(|id| i64::try_from(id).ok()).unwrap_or_default()
}

/// The delivery is known. One that was finished is wanted again, in its old place.
fn enqueue_again(db: &Connection, new: &NewDelivery, digest: &[u8]) -> rusqlite::Result<Enqueued> {
    let requeued = db
        .prepare_cached(
            "UPDATE jobs SET state = 'queued', run_at = ?3, attempts = 0, finished_at = NULL, lease_until = NULL, last_error = NULL \
             WHERE delivery_id = (SELECT id FROM deliveries WHERE guid = ?1 AND digest = ?2) AND finished_at IS NOT NULL \
             RETURNING lane, key",
        )?
        .query_row(params![new.guid, digest, new.received_at], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((lane, key)) = requeued else {
        return Ok(Enqueued::Duplicate);
    };
    refresh_key(db, &lane, &key)?;
    refresh_lane(db, &lane)?;
    Ok(Enqueued::Requeued)
}

/// Nothing waits longer than this: GitHub's limits are believed for two hours.
const LONGEST_WAIT_MS: i64 = 3 * 3_600_000;

fn bring_forward(db: &Connection, now_ms: i64) -> rusqlite::Result<usize> {
    const JOBS: &str = "UPDATE jobs SET run_at = ?1, lease_until = min(lease_until, ?1) \
                        WHERE finished_at IS NULL AND (run_at > ?2 OR lease_until > ?2) RETURNING lane, key";
    let latest = now_ms.saturating_add(LONGEST_WAIT_MS);
    let places: Vec<(String, String)> = db
        .prepare_cached(JOBS)?
        .query_map([now_ms, latest], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (lane, key) in &places {
        refresh_key(db, lane, key)?;
        refresh_lane(db, lane)?;
    }
    db.prepare_cached("UPDATE lanes SET served_at = 0 WHERE served_at > ?1")?.execute([now_ms])?;
    Ok(places.len())
}

fn shortened(error: &str) -> String {
    error.chars().take(ERROR_CHARS).collect()
}
