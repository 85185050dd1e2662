//! How each item of a release stands, and how many there are of each kind.
//!
//! Counts only; what makes an item stand so is the business of [`super::progress`] and [`super::verify`].

use super::ledger::How;
use super::verify::Shown;
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::ids::Timestamp;

/// How an item stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody did it yet.
    Open,
    /// Done, by whom and when.
    Done(Signature),
    /// Skipped with a reason.
    Skipped {
        /// Who struck it out.
        by: Signature,
        /// What they typed behind it.
        reason: String,
    },
    /// Holdpoint verified it itself.
    Verified {
        /// What was found.
        evidence: Vec<Shown>,
        /// When the last of it was found.
        at: Timestamp,
    },
    /// Holdpoint verifies it itself, and this is missing.
    Unverified(Vec<String>),
    /// A maintainer let the release pass without it.
    Overridden {
        /// Who.
        by: Signature,
        /// Why.
        reason: String,
    },
    /// Another item of its one-of group is done.
    NotNeeded,
    /// Struck out, but a reason is wanted or skipping is forbidden.
    SkipRefused(String),
    /// Ticked by somebody who may not.
    Refused {
        /// Who did it.
        by: Signature,
        /// Why it does not count.
        why: String,
    },
    /// Ticked, and nobody was seen doing it.
    Unattributed,
    /// Taken out of the issue.
    Missing,
    /// Its text was changed in the issue.
    Reworded,
}

/// Who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Login.
    pub by: String,
    /// By GitHub's clock.
    pub at: Timestamp,
    /// How.
    pub how: How,
}

/// One item of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the release, from 1: what people call it in commands.
    pub number: usize,
    /// Its stable name.
    pub id: ItemId,
    /// Its text as it was asked for.
    pub text: String,
    /// The heading that it stands under; empty where there is none.
    pub section: String,
    /// Which gate waits for it.
    pub phase: Phase,
    /// Shown, never blocks.
    pub optional: bool,
    /// Only these may tick it.
    pub owners: Vec<String>,
    /// Somebody added it in the issue.
    pub added: bool,
    /// How it stands.
    pub standing: Standing,
}

impl Entry {
    /// Nothing more is wanted of it.
    #[must_use]
    pub fn settled(&self) -> bool {
        match self.standing {
            Standing::Done(_)
            | Standing::Skipped { .. }
            | Standing::Overridden { .. }
            | Standing::Verified { .. }
            | Standing::NotNeeded => true,
            Standing::Open
            | Standing::Unverified(_)
            | Standing::SkipRefused(_)
            | Standing::Refused { .. }
            | Standing::Unattributed
            | Standing::Missing
            | Standing::Reworded => false,
        }
    }

    /// The gate waits for it.
    #[must_use]
    pub fn blocks(&self, phase: Phase) -> bool {
        self.phase == phase && !self.optional && !self.settled()
    }
}

/// How far a release is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every item that was asked for, in order, and after them those that people added.
    pub entries: Vec<Entry>,
}

/// Numbers of one phase; optional items are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Done, or not needed because of an alternative.
    pub done: usize,
    /// Skipped with a reason.
    pub skipped: usize,
    /// Overridden by a maintainer.
    pub overridden: usize,
    /// All required items.
    pub total: usize,
}

impl Tally {
    /// What is still wanted.
    #[must_use]
    pub fn open(self) -> usize {
        self.total - self.done - self.skipped - self.overridden
    }
}

impl Progress {
    /// The numbers of a phase.
    #[must_use]
    pub fn tally(&self, phase: Phase) -> Tally {
        let mut tally = Tally::default();
        for entry in self.entries.iter().filter(|e| e.phase == phase && !e.optional) {
            tally.total += 1;
            match entry.standing {
                Standing::Done(_) | Standing::Verified { .. } | Standing::NotNeeded => tally.done += 1,
                Standing::Skipped { .. } => tally.skipped += 1,
                Standing::Overridden { .. } => tally.overridden += 1,
                Standing::Open
                | Standing::Unverified(_)
                | Standing::SkipRefused(_)
                | Standing::Refused { .. }
                | Standing::Unattributed
                | Standing::Missing
                | Standing::Reworded => {}
            }
        }
        tally
    }

    /// What a phase still waits for, in order.
    pub fn missing(&self, phase: Phase) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.blocks(phase))
    }

    /// Whether something of it rests on what Holdpoint found itself.
    #[must_use]
    pub fn rests_on_evidence(&self) -> bool {
        self.entries.iter().any(|e| matches!(e.standing, Standing::Verified { .. }))
    }

    /// Nothing more is wanted in either phase.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.missing(Phase::Before).chain(self.missing(Phase::After)).next().is_none()
    }
}
