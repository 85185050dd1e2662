//! What goes into the queue and comes out of it, as plain values.
//!
//! Nothing here touches the database. Times are milliseconds since 1970.

use tokio_util::bytes::Bytes;

/// A delivery on its way into the queue.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// `X-GitHub-Delivery`, or a name of our own for work that we ask of ourselves.
    pub guid: String,
    /// The event's name, as in `X-GitHub-Event`.
    pub event: String,
    /// The payload's `action`.
    pub action: Option<String>,
    /// The installation that it came through.
    pub installation_id: Option<u64>,
    /// The repository that it is about.
    pub repository_id: Option<u64>,
    /// At most one batch of a lane runs at a time.
    pub lane: String,
    /// Jobs of one key in one lane are worked off in order.
    pub key: String,
    /// The body, byte for byte.
    pub body: Bytes,
    /// When it came; it is due from then on.
    pub received_at: i64,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is new and waits.
    Queued,
    /// It is known, and not worked off yet: nothing to do.
    Duplicate,
    /// It is known and was finished or given up; somebody sent it again, so it waits again.
    Requeued,
}

/// How much a claim takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimLimits {
    /// How long it holds without being renewed, in milliseconds.
    pub lease_ms: i64,
    /// Jobs, at most; at least one is taken.
    pub jobs: usize,
    /// Keys, at most, where they are pull requests; of anything else one key is taken.
    pub keys: usize,
    /// Bytes of bodies after which no further job is taken.
    pub bytes: usize,
    /// Lanes of one installation that are at work at a time.
    pub lanes: usize,
}

/// Jobs of one key, or of several pull requests, claimed together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The lane, busy until the batch is settled or its lease ends.
    pub lane: String,
    /// The key of the oldest, which the others share unless they are about other pull requests.
    pub key: String,
    /// When it was claimed, by the claimer's clock.
    pub claimed_at: i64,
    /// Oldest first, at least one.
    pub jobs: Vec<Job>,
}

impl Batch {
    /// The same jobs as a batch for each key, in the order in which the first of each came.
    #[must_use]
    pub fn by_key(&self) -> Vec<Self> {
        let mut batches: Vec<Self> = Vec::new();
        for job in &self.jobs {
            match batches.iter_mut().find(|batch| batch.key == job.key) {
                Some(batch) => batch.jobs.push(job.clone()),
                None => batches.push(Self { key: job.key.clone(), jobs: vec![job.clone()], ..self.clone() }),
            }
        }
        batches
    }

    /// The ids of its jobs, as [`super::Store::complete`] and its like want them.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        self.jobs.iter().map(|job| job.id).collect()
    }
}

/// One delivery to be worked off.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its row.
    pub id: i64,
    /// Its key.
    pub key: String,
    /// The delivery's GUID.
    pub guid: String,
    /// The event's name.
    pub event: String,
    /// How often it has been claimed, this time included.
    pub attempts: u32,
    /// When the delivery came.
    pub received_at: i64,
    /// The body as it came; empty where the stored one cannot be unpacked.
    pub body: Vec<u8>,
}

/// How many jobs are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting, due or not.
    pub queued: u64,
    /// Claimed.
    pub running: u64,
    /// Worked off, and not yet pruned.
    pub done: u64,
    /// Given up: dead letters.
    pub dead: u64,
}

/// A job that was given up, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// Its row.
    pub id: i64,
    /// The delivery's GUID, by which GitHub can be asked to send it again.
    pub guid: String,
    /// The event's name.
    pub event: String,
    /// Why.
    pub error: String,
}
