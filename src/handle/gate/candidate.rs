//! What wants to get into a branch.

use crate::ids::{PullNumber, Sha};

/// A commit that wants to get into a branch: a pull request's head, or a merge group's.
pub(super) struct Candidate {
    pub(super) head: Sha,
    pub(super) base: String,
    pub(super) pull: Option<PullNumber>,
    /// What a merge group consists of.
    pub(super) group: Option<Members>,
}

impl Candidate {
    /// Its head, and those of the pull requests that it merges.
    pub(super) fn heads(&self) -> impl Iterator<Item = &Sha> {
        std::iter::once(&self.head).chain(self.group.iter().flat_map(|group| &group.heads))
    }
}

/// The heads of the pull requests that a group merges. Where the queue squashes or rebases, the group's commit does not contain
/// them, and with them it does not contain what they release: so they are asked as well.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) heads: Vec<Sha>,
    /// Why it is not known what the group merges. Until it is, the group waits.
    pub(super) unknown: Option<String>,
}
