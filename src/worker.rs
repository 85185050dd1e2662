//! Works the queue off: claims batches, has them handled, and settles each one as done, to be tried again, or dead.
//!
//! It never answers HTTP and never looks into a body. A batch that panics or hangs costs that batch one try and nothing else.

use crate::handle::{self, Context, Failure};
use crate::store::{self, Batch, ClaimLimits, Job};
use crate::telemetry::{field, now_ms};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

#[cfg(test)]
mod tests;

/// Batches at work at the same time, each in a lane of its own.
const MAX_BATCHES: usize = 256;
/// Bytes of bodies that are at work, after which no further batch is claimed.
const MAX_BYTES: usize = 32 << 20;
/// How long a claim holds without being renewed.
const LEASE_MS: i64 = 120_000;
/// What a batch holds at most, and how many of one installation are at work at a time: GitHub wants few calls of each at once, and
/// whoever has many repositories keeps nobody else waiting.
const LIMITS: ClaimLimits = ClaimLimits { lease_ms: LEASE_MS, jobs: 50, keys: 16, bytes: 4 << 20, lanes: 16 };
/// Well before a lease ends.
const RENEW_EVERY: Duration = Duration::from_secs(40);
/// Tries before a job becomes a dead letter.
const MAX_ATTEMPTS: u32 = 8;
/// For how long a job is put off when GitHub asks us to wait again and again.
const MAX_POSTPONE_MS: i64 = 24 * 3_600_000;
const FIRST_WAIT_MS: i64 = 5_000;
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// How often the queue is looked at where nobody reports work.
const POLL_INTERVAL: Duration = Duration::from_secs(30);
/// How soon the queue is looked at again while what is due may not begin yet.
const BUSY_INTERVAL: Duration = Duration::from_millis(100);
/// How long batches may go on after a stop.
const GRACE: Duration = Duration::from_secs(20);
/// Keys of one batch that have to wait for GitHub, one behind the other, until that is taken for an outage.
const MAX_WAITING: usize = 2;
/// Batches after which [`Worker::drain`] says that something feeds itself.
const DRAIN_LIMIT: usize = 100_000;

/// The one worker of a process.
#[derive(Clone, Debug)]
pub struct Worker {
    context: Arc<Context>,
    /// Lanes in which a batch is at work: no clock takes them from it.
    at_work: Arc<Lanes>,
}

/// Lanes in which batches are at work, each with the batch's token and the bytes of its bodies.
type Lanes = Mutex<BTreeMap<String, (Arc<()>, usize)>>;

/// A lane in which a batch is at work, until this goes.
struct AtWork {
    lanes: Arc<Lanes>,
    lane: String,
    token: Arc<()>,
}

impl AtWork {
    fn begin(lanes: &Arc<Lanes>, batch: &Batch) -> Self {
        let token = Arc::new(());
        let bytes = batch.jobs.iter().map(|job| job.body.len()).sum();
        held(lanes).insert(batch.lane.clone(), (Arc::clone(&token), bytes));
        Self { lanes: Arc::clone(lanes), lane: batch.lane.clone(), token }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut lanes = held(&self.lanes);
        // The next batch of the lane may be at work already: this one's jobs are settled before the worker is done with it.
        if lanes.get(&self.lane).is_some_and(|(token, _)| Arc::ptr_eq(token, &self.token)) {
            lanes.remove(&self.lane);
        }
    }
}

fn held(lanes: &Lanes) -> MutexGuard<'_, BTreeMap<String, (Arc<()>, usize)>> {
    lanes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// A worker on the context's queue.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, at_work: Arc::default() }
    }

    /// Works until `stop` is cancelled. Then nothing more is claimed; batches at work get 20 s and are given back after that.
    pub async fn run(&self, stop: CancellationToken) {
        let give_up = CancellationToken::new();
        let mut batches = JoinSet::new();
        while !stop.is_cancelled() {
            let wait = self.start_due(&mut batches, &give_up).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.context.store.work_arrived() => {}
                Some(_) = batches.join_next() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        let all = async { while batches.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!(batches = batches.len(), "batches are given back, because the process stops");
            give_up.cancel();
            while batches.join_next().await.is_some() {}
        }
    }

    /// Starts what is due while there is room, and says for how long nothing more will be.
    async fn start_due(&self, batches: &mut JoinSet<()>, give_up: &CancellationToken) -> Duration {
        while self.has_room(batches.len()) {
            match self.claim(now_ms()).await {
                Ok(Some((batch, at_work))) => {
                    let (worker, give_up) = (self.clone(), give_up.clone());
                    batches.spawn(async move { worker.work(batch, at_work, now_ms, &give_up).await });
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, "the queue cannot be read");
                    return Duration::from_secs(1);
                }
            }
        }
        if !self.has_room(batches.len()) {
            return POLL_INTERVAL;
        }
        // What is due and was not claimed is of an installation that has enough at work.
        let least = if batches.is_empty() { Duration::from_millis(1) } else { BUSY_INTERVAL };
        match self.context.store.next_due().await {
            Ok(Some(at)) => {
                Duration::from_millis(u64::try_from(at - now_ms()).unwrap_or(0)).clamp(least, POLL_INTERVAL)
            }
            Ok(None) | Err(_) => POLL_INTERVAL,
        }
    }

    fn has_room(&self, batches: usize) -> bool {
        batches < MAX_BATCHES && held(&self.at_work).values().map(|(_, bytes)| bytes).sum::<usize>() < MAX_BYTES
    }

    /// Works one batch off, as if it were `now_ms`. `false`: nothing was due then.
    ///
    /// # Errors
    /// Where the queue cannot be read.
    pub async fn step(&self, now_ms: i64) -> anyhow::Result<bool> {
        self.context.github.not_before(now_ms);
        let Some((batch, at_work)) = self.claim(now_ms).await.context("claim a batch")? else {
            return Ok(false);
        };
        self.work(batch, at_work, || now_ms, &CancellationToken::new()).await;
        Ok(true)
    }

    /// A batch, and the word that its lane is at work.
    async fn claim(&self, now_ms: i64) -> Result<Option<(Batch, AtWork)>, store::Error> {
        let at_work = held(&self.at_work).keys().cloned().collect();
        let claimed = self.context.store.claim_beside(now_ms, LIMITS, at_work).await?;
        Ok(claimed.map(|batch| {
            let at_work = AtWork::begin(&self.at_work, &batch);
            (batch, at_work)
        }))
    }

    /// Works until no job is open, jumping over every wait instead of sleeping through it: for tests and replays.
    /// It ends at the time it got to, in milliseconds since 1970; later steps should not go behind it.
    ///
    /// # Errors
    /// Where the queue cannot be read, or never empties.
    pub async fn drain(&self) -> anyhow::Result<i64> {
        let mut now = now_ms().max(self.context.github.now_ms());
        for _ in 0..DRAIN_LIMIT {
            while self.step(now).await? {
                now = now.max(now_ms());
            }
            match self.context.store.next_due().await.context("look for what is due next")? {
                Some(at) => now = now.max(at),
                None => return Ok(now),
            }
        }
        anyhow::bail!("the queue does not empty: something keeps asking for more work")
    }

    /// Has a batch handled and settles it. Its lane is at work until then.
    async fn work<C: Fn() -> i64 + Send>(&self, batch: Batch, _at_work: AtWork, clock: C, give_up: &CancellationToken) {
        let keys = batch.by_key();
        if keys.len() == 1 {
            self.work_key(batch, &clock, give_up).await;
            return;
        }
        let batch = Arc::new(batch);
        match self.attempt(&batch, &clock, give_up).await {
            None => self.release(batch.ids()).await,
            // What one of them met keeps no other: each is tried alone.
            Some(Err(_)) => self.work_keys(&batch, keys, &clock, give_up).await,
            Some(outcome) => self.settle(&batch, outcome, clock()).await,
        }
    }

    /// Works off the keys of a batch that failed, each alone. Two that have to wait for GitHub, one behind the other, are an outage,
    /// which the rest would meet as well.
    async fn work_keys<C: Fn() -> i64 + Send>(
        &self,
        batch: &Batch,
        keys: Vec<Batch>,
        clock: &C,
        give_up: &CancellationToken,
    ) {
        let mut waits = Vec::new();
        let mut rest: Vec<Job> = batch.jobs.clone();
        for one in keys {
            let left = Batch { jobs: rest.clone(), ..batch.clone() };
            if give_up.is_cancelled() {
                return self.release(left.ids()).await;
            }
            if waits.len() == MAX_WAITING
                && let Some(outage) = waits.pop()
            {
                return self.settle(&left, Err(outage), clock()).await;
            }
            if let Err(error) = self.context.store.renew(batch.lane.clone(), left.ids(), clock() + LEASE_MS).await {
                tracing::warn!(%error, "a lease was not renewed");
            }
            rest.retain(|job| job.key != one.key);
            match self.work_key(one, clock, give_up).await {
                Some(wait) => waits.push(wait),
                None => waits.clear(),
            }
        }
    }

    /// Works off the jobs of one key. Gives the failure of those that have to wait, because GitHub cannot be reached or wants no
    /// requests now.
    async fn work_key<C: Fn() -> i64 + Send>(
        &self,
        batch: Batch,
        clock: &C,
        give_up: &CancellationToken,
    ) -> Option<Failure> {
        let batch = Arc::new(batch);
        match self.attempt(&batch, clock, give_up).await {
            None => self.release(batch.ids()).await,
            // One of several may be at fault: each is tried alone, so that no other goes down with it.
            Some(Err(failure)) if batch.jobs.len() > 1 && buries(&failure, &batch, clock()) => {
                for (at, job) in batch.jobs.iter().enumerate() {
                    let one = Arc::new(Batch { jobs: vec![job.clone()], ..Batch::clone(&batch) });
                    let Some(outcome) = self.attempt(&one, clock, give_up).await else {
                        self.release(ids_from(&batch, at)).await;
                        return None;
                    };
                    let waits = matches!(outcome, Err(Failure::Retry { .. }));
                    self.settle(&one, outcome, clock()).await;
                    if waits {
                        // Nothing may overtake it.
                        self.release(ids_from(&batch, at + 1)).await;
                        return None;
                    }
                }
            }
            Some(outcome) => {
                let has_to_wait = |failure: &Failure| matches!(failure, Failure::Retry { at_ms: Some(_), .. });
                let wait = outcome.clone().err().filter(has_to_wait);
                self.settle(&batch, outcome, clock()).await;
                return wait;
            }
        }
        None
    }

    /// Handles a batch in a task of its own while its lease is renewed. `None`: it was given up for the process to stop.
    async fn attempt<C: Fn() -> i64>(
        &self,
        batch: &Arc<Batch>,
        clock: &C,
        give_up: &CancellationToken,
    ) -> Option<Result<(), Failure>> {
        let attempt = batch.jobs.iter().map(|job| job.attempts).max().unwrap_or(1);
        if attempt > MAX_ATTEMPTS {
            // It was claimed again and again and never settled: it may be what ends the process.
            return Some(Err(Failure::Dead { message: format!("it did not end in {MAX_ATTEMPTS} tries") }));
        }
        let newest = batch.jobs.last();
        let span = tracing::info_span!(
            "delivery",
            { field::DELIVERY_ID } = newest.map_or("", |job| &job.guid),
            { field::EVENT_NAME } = newest.map_or("", |job| &job.event),
            { field::EVENT_ACTION } = tracing::field::Empty,
            { field::REPO_NAME } = tracing::field::Empty,
            { field::PR_NUMBER } = tracing::field::Empty,
            { field::ISSUE_NUMBER } = tracing::field::Empty,
            { field::CHECK_RUN_ID } = tracing::field::Empty,
            { field::INSTALLATION_ID } = tracing::field::Empty,
            { field::ATTEMPT } = attempt,
            lane = batch.lane,
            key = batch.key,
        );
        let began = std::time::Instant::now();
        let texts_before = self.context.store.texts_read();
        let (context, work) = (Arc::clone(&self.context), Arc::clone(batch));
        let mut task = tokio::spawn(async move { handle::handle(&context, &work).await }.instrument(span.clone()));
        let outcome = loop {
            tokio::select! {
                joined = &mut task => break joined.unwrap_or_else(|error| {
                    let message = if error.is_panic() { "handling it panicked" } else { "handling it was cancelled" };
                    Err(Failure::Retry { at_ms: None, message: message.to_owned() })
                }),
                () = tokio::time::sleep(RENEW_EVERY) => {
                    if let Err(error) = self.context.store.renew(batch.lane.clone(), batch.ids(), clock() + LEASE_MS).await {
                        tracing::warn!(%error, "a lease was not renewed");
                    }
                }
                () = give_up.cancelled() => {
                    task.abort();
                    // It must have ended before somebody else begins.
                    drop(task.await);
                    return None;
                }
            }
        };
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let deliveries = batch.jobs.len();
        let texts = self.context.store.texts_read() - texts_before;
        span.in_scope(|| match &outcome {
            Ok(()) => {
                tracing::info!({ field::DURATION_MS } = ms, { field::TEXTS_READ } = texts, deliveries, "worked off");
            }
            Err(Failure::Retry { message, .. }) => {
                tracing::warn!({ field::DURATION_MS } = ms, deliveries, reason = message, "to be tried again");
            }
            Err(Failure::Dead { message }) => {
                tracing::error!({ field::DURATION_MS } = ms, deliveries, reason = message, "cannot be worked off");
            }
        });
        Some(outcome)
    }

    async fn settle(&self, batch: &Batch, outcome: Result<(), Failure>, now: i64) {
        let store = &self.context.store;
        let settled = match outcome {
            Ok(()) => store.complete(batch.ids(), now).await,
            Err(Failure::Dead { message }) => return self.dead_letter(batch, batch.jobs.clone(), now, &message).await,
            Err(Failure::Retry { at_ms, message }) => {
                let (dead, alive): (Vec<Job>, Vec<Job>) =
                    batch.jobs.iter().cloned().partition(|job| is_hopeless(job, at_ms, now));
                if !dead.is_empty() {
                    self.dead_letter(batch, dead, now, &message).await;
                }
                let ids: Vec<i64> = alive.iter().map(|job| job.id).collect();
                if let Some(at) = at_ms {
                    store.postpone(ids, at.max(now + 1_000), &message).await
                } else {
                    let attempt = alive.iter().map(|job| job.attempts).max().unwrap_or(1);
                    let seed = alive.first().map_or(0, |job| job.id);
                    store.retry(ids, now + backoff_ms(attempt, seed), &message).await
                }
            }
        };
        if let Err(error) = settled {
            tracing::error!(%error, key = batch.key, "a batch was not settled; it comes back when its lease ends");
        }
    }

    async fn dead_letter(&self, batch: &Batch, jobs: Vec<Job>, now: i64, message: &str) {
        let dead = Batch { jobs, ..batch.clone() };
        if let Err(error) = self.context.store.dead_letter(dead.ids(), now, message).await {
            tracing::error!(%error, key = batch.key, "a dead letter was not stored; it comes back when its lease ends");
            return;
        }
        let (context, message) = (Arc::clone(&self.context), message.to_owned());
        // In a task, so that a panic there ends here.
        let told = tokio::spawn(async move { handle::report_dead_letter(&context, &dead, &message).await });
        if told.await.is_err() {
            tracing::error!(key = batch.key, "telling of a dead letter panicked");
        }
    }

    async fn release(&self, ids: Vec<i64>) {
        if let Err(error) = self.context.store.release(ids).await {
            tracing::error!(%error, "a batch was not given back; it comes back when its lease ends");
        }
    }
}

/// Whether a job that failed once more is given up.
fn is_hopeless(job: &Job, at_ms: Option<i64>, now: i64) -> bool {
    match at_ms {
        Some(_) => now - job.received_at > MAX_POSTPONE_MS,
        None => job.attempts >= MAX_ATTEMPTS,
    }
}

/// Whether a failure gives up some job of a batch.
fn buries(failure: &Failure, batch: &Batch, now: i64) -> bool {
    match failure {
        Failure::Dead { .. } => true,
        Failure::Retry { at_ms, .. } => batch.jobs.iter().any(|job| is_hopeless(job, *at_ms, now)),
    }
}

fn ids_from(batch: &Batch, at: usize) -> Vec<i64> {
    batch.jobs.iter().skip(at).map(|job| job.id).collect()
}

/// How long to wait after try number `attempt` (from 1), in milliseconds: 5 s, doubled each time up to 15 min.
///
/// Up to a quarter is added, so that what failed together does not come back together. The same `seed`, the same wait.
#[must_use]
pub fn backoff_ms(attempt: u32, seed: i64) -> i64 {
    let wait = (FIRST_WAIT_MS << attempt.saturating_sub(1).min(16)).min(LONGEST_WAIT_MS);
    // Fibonacci hashing: neighbours end up far apart.
    let spread = seed.wrapping_mul(0x9E37_79B9).wrapping_add(i64::from(attempt)).rem_euclid(1_000);
    wait + wait * spread / 4_000
}
