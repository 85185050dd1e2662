//! How much of bodies may be in memory at once, before anybody knows whom they are from.
//!
//! Small bodies have a share of their own, so that a few large ones keep none of them out. What does not fit is refused at once,
//! and GitHub's list of failed deliveries brings it back.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes of all bodies that are being read or stored, together.
pub const MAX_BYTES_AT_ONCE: usize = 64 << 20;
/// Of those, bytes for bodies up to [`SMALL`] alone.
const RESERVED: usize = 16 << 20;
/// Nearly all deliveries are smaller than this.
pub(super) const SMALL: usize = 256 << 10;
/// Permits are taken in pieces of so many bytes.
const PIECE: usize = 16 << 10;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget {
    small: Semaphore,
    large: Semaphore,
}

impl Default for Budget {
    fn default() -> Self {
        Self { small: Semaphore::new(RESERVED / PIECE), large: Semaphore::new((MAX_BYTES_AT_ONCE - RESERVED) / PIECE) }
    }
}

/// What one body has taken of it; it is given back with the value.
#[derive(Debug, Default)]
pub(super) struct Share<'b> {
    permits: Vec<SemaphorePermit<'b>>,
    bytes: usize,
}

impl Budget {
    /// Lets a share grow to so many bytes; `false` where there is no room.
    pub(super) fn grow<'b>(&'b self, share: &mut Share<'b>, bytes: usize) -> bool {
        while share.bytes < bytes {
            let small = if share.bytes + PIECE <= SMALL { self.small.try_acquire().ok() } else { None };
            let Some(permit) = small.or_else(|| self.large.try_acquire().ok()) else { return false };
            share.permits.push(permit);
            share.bytes += PIECE;
        }
        true
    }
}
