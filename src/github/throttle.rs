//! How fast one installation writes: one call at a time, and calls that create content no faster than GitHub advises.
//!
//! It knows nothing of what is written.

use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

/// Calls that may follow each other at once before the pace sets in.
const BURST: u32 = 10;

/// The right to write; the next writer waits until it is dropped.
pub(super) struct Turn<'a> {
    _guard: MutexGuard<'a, Instant>,
}

/// A token bucket: it holds [`BURST`] calls, and one flows in every interval.
pub(super) struct Pace {
    interval: Duration,
    /// When the bucket would be full.
    full_at: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, full_at: Mutex::new(Instant::now()) }
    }

    /// Waits for the turn to write; where the call creates content, also for the pace.
    pub(super) async fn turn(&self, creates: bool) -> Turn<'_> {
        let mut full_at = self.full_at.lock().await;
        if creates && !self.interval.is_zero() {
            let next = (*full_at).max(Instant::now()) + self.interval;
            // Waited for with the turn in hand: whoever comes later has to wait longer anyway.
            if let Some(free_at) = next.checked_sub(self.interval * BURST) {
                tokio::time::sleep_until(free_at).await;
            }
            *full_at = next;
        }
        Turn { _guard: full_at }
    }
}
