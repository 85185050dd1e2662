//! What one batch read of a repository's names that may move.

use super::wire::Pull;
use crate::ids::Sha;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// What a pull request takes beside its title and text, about, in bytes.
const PULL_BYTES: usize = 512;

/// What one batch read of names that may move: read once, so that all it decides rests on one view.
#[derive(Debug, Default)]
pub(super) struct View {
    /// When the first of it was read, in milliseconds since 1970.
    pub(super) since: i64,
    /// Something newer was read meanwhile.
    pub(super) outdated: AtomicBool,
    pub(super) default_branch: OnceCell<String>,
    pub(super) tips: Mutex<BTreeMap<String, Option<Sha>>>,
    pub(super) organisation_files: Mutex<BTreeMap<String, Option<String>>>,
    pub(super) open_pulls: OnceCell<Vec<Pull>>,
}

impl View {
    /// About how many bytes it has in memory.
    pub(super) fn bytes(&self) -> usize {
        let pulls =
            self.open_pulls.get().into_iter().flatten().map(|pull| pull.title.len() + pull.body.len() + PULL_BYTES);
        let files = self.organisation_files.lock().unwrap_or_else(PoisonError::into_inner);
        pulls.sum::<usize>() + files.values().flatten().map(String::len).sum::<usize>() + PULL_BYTES
    }
}

pub(super) fn kept<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
