//! How many calls of one installation are under way at a time, and how fast it creates content.
//!
//! It knows nothing of what is read or written.

use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};
use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// Calls that may follow each other at once before the pace sets in.
const BURST: u32 = 10;

/// Reads of one installation that are under way at a time: a tenth of what GitHub lets all clients of an App have.
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>.
const MAX_READS: usize = 10;
/// Check runs of one installation that are written at a time.
const MAX_CHECKS: usize = 4;

/// What a call does at GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes nothing.
    Read,
    /// It writes a check run, which notifies nobody and is not what GitHub counts as content.
    Check,
    /// It changes something that is there.
    Change,
    /// It creates content.
    Create,
}

/// The right to call; the next one waits until it is dropped.
pub(super) enum Turn<'a> {
    /// Beside some others.
    Beside { _permit: Option<SemaphorePermit<'a>> },
    /// Beside no other write but those of check runs.
    Alone { _guard: MutexGuard<'a, Instant> },
}

/// A token bucket: it holds [`BURST`] calls, and one flows in every interval.
pub(super) struct Pace {
    interval: Duration,
    /// When the bucket would be full.
    full_at: Mutex<Instant>,
    reads: Semaphore,
    checks: Semaphore,
}

impl Pace {
    pub(super) fn new(interval: Duration) -> Self {
        let full_at = Mutex::new(Instant::now());
        Self { interval, full_at, reads: Semaphore::new(MAX_READS), checks: Semaphore::new(MAX_CHECKS) }
    }

    /// Waits for the turn to call; where the call creates content, also for the pace.
    pub(super) async fn turn(&self, kind: Kind) -> Turn<'_> {
        let creates = match kind {
            Kind::Read => return Turn::Beside { _permit: self.reads.acquire().await.ok() },
            Kind::Check => return Turn::Beside { _permit: self.checks.acquire().await.ok() },
            Kind::Change => false,
            Kind::Create => true,
        };
        let mut full_at = self.full_at.lock().await;
        if creates && !self.interval.is_zero() {
            let next = (*full_at).max(Instant::now()) + self.interval;
            // Waited for with the turn in hand: whoever comes later has to wait longer anyway.
            if let Some(free_at) = next.checked_sub(self.interval * BURST) {
                tokio::time::sleep_until(free_at).await;
            }
            *full_at = next;
        }
        Turn::Alone { _guard: full_at }
    }
}
