//! What was last found about the database and the credentials, and for how long that is repeated.

use crate::store::{self, Counts, Store};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a good word is repeated without looking again; the page is open to anybody.
pub(super) const GOOD_FOR: Duration = Duration::from_secs(30);
pub(super) const BAD_FOR: Duration = Duration::from_secs(5);

/// What was last found, and when.
#[derive(Default)]
pub(super) struct Readiness {
    pub(super) last: Mutex<Option<(Instant, Found)>>,
    pub(super) done: Mutex<Option<(Instant, u64)>>,
}

impl Readiness {
    /// How many jobs there are. What was worked off is counted once in a while only: the page is open to anybody, and that count
    /// reads every row.
    pub(super) async fn counts(&self, store: &Store) -> Result<Counts, store::Error> {
        let mut known = self.done.lock().await;
        if let Some((_, done)) = known.filter(|(at, _)| at.elapsed() < BAD_FOR) {
            return Ok(Counts { done, ..store.open_counts().await? });
        }
        let counts = store.counts().await?;
        *known = Some((Instant::now(), counts.done));
        Ok(counts)
    }
}

#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) database: Health,
    pub(super) credentials: Health,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    Bad,
}

impl Health {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Bad => "failing",
        }
    }
}

impl Found {
    pub(super) fn all_good(self) -> bool {
        self.database == Health::Good && self.credentials == Health::Good
    }
}
