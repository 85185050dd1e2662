//! The commits that a release was tagged at one after the other, and for which of them something was done.
//!
//! A tick carries its time by GitHub's clock, and no commit. So each earlier candidate has the time until which it was the one
//! that the issue asked about; whatever was done later was done for a later one. Pure.
//!
//! Races, and the choices made. A tick whose delivery is late has its own time, so it counts for the candidate that its author
//! saw. One of the same second as the change counts for the earlier one, and one that was made before the issue was changed does
//! too, though the newer tag was there already. Where the time is not known yet, everything was done for the earlier one.

use crate::ids::{Sha, Timestamp};

/// One of the commits that a release was tagged at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What people call it: `v1.4.0-rc1`.
    pub label: String,
    /// Its commit.
    pub commit: Sha,
}

/// The candidate for which an item was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFor {
    /// It.
    pub candidate: Candidate,
    /// It is not the one that the release has now.
    pub earlier: bool,
}

/// All candidates of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    earlier: Vec<(Candidate, Option<Timestamp>)>,
    present: Candidate,
}

impl Candidates {
    /// The present one, and those before it, oldest first, each with the time until which it was the present one; `None` where
    /// that is not known yet.
    #[must_use]
    pub fn new(earlier: Vec<(Candidate, Option<Timestamp>)>, present: Candidate) -> Self {
        Self { earlier, present }
    }

    /// The commit that the release is at.
    #[must_use]
    pub fn present(&self) -> &Sha {
        &self.present.commit
    }

    /// The candidate for which something was done at a time.
    #[must_use]
    pub fn made_for(&self, at: Timestamp) -> MadeFor {
        let own = self.earlier.iter().find(|(_, until)| until.is_none_or(|until| at <= until));
        let candidate = own.map_or(&self.present, |(candidate, _)| candidate).clone();
        MadeFor { earlier: candidate.commit != self.present.commit, candidate }
    }
}
