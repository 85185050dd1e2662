//! What one batch read of a repository's names that may move.

use super::Listing;
use super::memo::{Memo, kept};
use super::wire::{Issue, Pull};
use crate::ids::{IssueNumber, PullNumber, Sha};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, OwnedMutexGuard};

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
    pub(super) tips: Memo<String, Option<Sha>>,
    pub(super) organisation_files: Memo<String, Option<String>>,
    pub(super) open_pulls: OnceCell<Vec<Pull>>,
    /// What no later batch sees.
    batch: Mutex<Arc<BatchOnly>>,
    /// What is being read now. Whoever needs the same waits for it, and finds it read.
    reading: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// What one batch read, and no later one sees.
#[derive(Debug, Default)]
pub(super) struct BatchOnly {
    /// Pull requests that were read one by one; `None` where there is none of that number.
    pub(super) pulls: Memo<PullNumber, Option<Pull>>,
    /// Issues that were read ahead, each until somebody takes it; `None` where it does not exist any more.
    pub(super) issues: Mutex<BTreeMap<IssueNumber, Option<Issue>>>,
    /// Names of all tags.
    pub(super) tag_names: OnceCell<Listing<Vec<String>>>,
    /// Tags, each with the commit that it leads to.
    pub(super) tags: OnceCell<Listing<Vec<(String, Sha)>>>,
    /// Tags that were read one by one; `None` where there is none of that name.
    pub(super) tag_commits: Memo<String, Option<Sha>>,
}

impl View {
    /// One that begins now, in milliseconds since 1970.
    pub(super) fn begun(since: i64) -> Self {
        Self { since, ..Self::default() }
    }

    /// What only this batch has read so far.
    pub(super) fn batch(&self) -> Arc<BatchOnly> {
        Arc::clone(&kept(&self.batch))
    }

    /// Waits until nobody else reads `what`; then nobody else does until the guard is dropped.
    pub(super) async fn reads(&self, what: String) -> OwnedMutexGuard<()> {
        let one = Arc::clone(kept(&self.reading).entry(what).or_default());
        one.lock_owned().await
    }

    /// Forgets what only one batch may see.
    pub(super) fn forget_batch(&self) {
        *kept(&self.batch) = Arc::default();
    }

    /// Ends the batch.
    pub(super) fn close(&self) {
        self.forget_batch();
        kept(&self.reading).clear();
    }

    /// About how many bytes it has in memory.
    pub(super) fn bytes(&self) -> usize {
        let pulls =
            self.open_pulls.get().into_iter().flatten().map(|pull| pull.title.len() + pull.body.len() + PULL_BYTES);
        let files = self.organisation_files.values().into_iter().flatten().map(|text| text.len());
        pulls.sum::<usize>() + files.sum::<usize>() + PULL_BYTES
    }
}
