//! What the server's tasks share.

use super::exchanges::Exchanges;
use super::faults::Faults;
use super::world::World;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What the server's tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) world: Mutex<World>,
    pub(super) exchanges: Mutex<Exchanges>,
    pub(super) faults: Mutex<Faults>,
    pub(super) changed: Notify,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn exchanges(&self) -> MutexGuard<'_, Exchanges> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
