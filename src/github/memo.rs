//! What was read, by its key: read once, also where several need it at the same time. A read that failed is read again.

use super::Error;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// What was read, by its key.
#[derive(Debug)]
pub(super) struct Memo<K, T>(Mutex<BTreeMap<K, Arc<OnceCell<T>>>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T: Clone> Memo<K, T> {
    /// What is known of a key; where that is nothing, what `read` gives.
    ///
    /// # Errors
    /// That of `read`.
    pub(super) async fn get_or_read<F>(&self, key: K, read: impl FnOnce() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let cell = Arc::clone(kept(&self.0).entry(key).or_default());
        cell.get_or_try_init(read).await.cloned()
    }

    /// Everything that was read.
    pub(super) fn values(&self) -> Vec<T> {
        kept(&self.0).values().filter_map(|cell| cell.get().cloned()).collect()
    }
}

pub(super) fn kept<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
