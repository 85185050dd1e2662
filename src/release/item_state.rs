//! How each item of a release stands, and how many there are of each kind.
//!
//! Counts only; what makes an item stand so is the business of [`super::progress`] and [`super::verify`].

use super::candidates::{Candidate, MadeFor};
use super::mark::MarkSource;
use super::verify::{Lack, Proof, Shown};
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::ids::{Sha, Timestamp};
use std::collections::BTreeSet;

/// How an item stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// Nobody did it yet.
    Open,
    /// Done, by whom and when.
    Done(Attribution),
    /// Skipped with a reason.
    Skipped {
        /// Who struck it out.
        by: Attribution,
        /// Why.
        reason: SkipReason,
    },
    /// Holdpoint verified it itself.
    Verified {
        /// What was found.
        evidence: Vec<Shown>,
        /// When the last of it was found.
        at: Timestamp,
    },
    /// Holdpoint verifies it itself, and this is missing.
    Unverified(Vec<Lack>),
    /// A maintainer let the release pass without it.
    Overridden {
        /// Who.
        by: Attribution,
        /// Why.
        reason: String,
    },
    /// Done, skipped or overridden for another candidate, and it has to be done for this one.
    OtherCandidate {
        /// Who.
        by: Attribution,
        /// What people call that candidate.
        label: String,
    },
    /// Another item of its one-of group is done.
    NotNeeded,
    /// Struck out or taken out, which does not count.
    SkipRefused(SkipRefusal),
    /// Ticked by somebody who may not.
    Refused {
        /// Who did it.
        by: Attribution,
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

/// Why an item was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// What somebody typed, behind the struck item or in a command.
    Typed(String),
    /// Somebody who may tick it took it out of the issue.
    TakenOut,
}

/// Why a skip does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipRefusal {
    /// Skipping is forbidden here.
    Forbidden,
    /// The item was taken out of the issue, and skipping is forbidden here.
    TakenOut,
    /// No reason was typed.
    NoReason,
}

/// Who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// Login.
    pub by: String,
    /// By GitHub's clock.
    pub at: Timestamp,
    /// How.
    pub how: MarkSource,
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
    /// The one-of group that it is in.
    pub group: Option<String>,
    /// It is done anew for each candidate.
    pub every_candidate: bool,
    /// The candidate for which it was done, skipped or overridden; `None` where nobody did, and where Holdpoint looks itself.
    pub made_for: Option<MadeFor>,
    /// How it stands.
    pub standing: ItemState,
}

impl Entry {
    /// Nothing more is wanted of it.
    #[must_use]
    pub fn settled(&self) -> bool {
        match self.standing {
            ItemState::Done(_)
            | ItemState::Skipped { .. }
            | ItemState::Overridden { .. }
            | ItemState::Verified { .. }
            | ItemState::NotNeeded => true,
            ItemState::Open
            | ItemState::Unverified(_)
            | ItemState::SkipRefused(_)
            | ItemState::Refused { .. }
            | ItemState::Unattributed
            | ItemState::Missing
            | ItemState::OtherCandidate { .. }
            | ItemState::Reworded => false,
        }
    }

    /// The gate waits for it.
    #[must_use]
    pub fn blocks(&self, phase: Phase) -> bool {
        self.phase == phase && !self.optional && !self.settled()
    }

    /// Who settled it, and when; `None` where nobody did, or no person.
    #[must_use]
    pub fn signature(&self) -> Option<&Attribution> {
        match &self.standing {
            ItemState::Done(by) | ItemState::Skipped { by, .. } | ItemState::Overridden { by, .. } => Some(by),
            ItemState::Open
            | ItemState::Verified { .. }
            | ItemState::Unverified(_)
            | ItemState::NotNeeded
            | ItemState::SkipRefused(_)
            | ItemState::Refused { .. }
            | ItemState::Unattributed
            | ItemState::Missing
            | ItemState::OtherCandidate { .. }
            | ItemState::Reworded => None,
        }
    }
}

/// How far a release is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every item that was asked for, in order, and after them those that people added.
    pub entries: Vec<Entry>,
}

/// How many items there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseCounts {
    /// Done, or not needed because of an alternative.
    pub done: usize,
    /// Skipped with a reason.
    pub skipped: usize,
    /// Overridden by a maintainer.
    pub overridden: usize,
    /// All of them.
    pub total: usize,
}

impl PhaseCounts {
    /// The numbers of these items.
    pub fn of<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        let mut tally = Self::default();
        for entry in entries {
            tally.total += 1;
            match entry.standing {
                ItemState::Done(_) | ItemState::Verified { .. } | ItemState::NotNeeded => tally.done += 1,
                ItemState::Skipped { .. } => tally.skipped += 1,
                ItemState::Overridden { .. } => tally.overridden += 1,
                ItemState::Open
                | ItemState::Unverified(_)
                | ItemState::SkipRefused(_)
                | ItemState::Refused { .. }
                | ItemState::Unattributed
                | ItemState::Missing
                | ItemState::OtherCandidate { .. }
                | ItemState::Reworded => {}
            }
        }
        tally
    }

    /// What is still wanted.
    #[must_use]
    pub fn open(self) -> usize {
        self.total - self.done - self.skipped - self.overridden
    }
}

impl Progress {
    /// The numbers of a phase; optional items are left out.
    #[must_use]
    pub fn tally(&self, phase: Phase) -> PhaseCounts {
        PhaseCounts::of(self.entries.iter().filter(|e| e.phase == phase && !e.optional))
    }

    /// The same for one commit of the release's: what must be done for each candidate, and was done for another one, is open.
    #[must_use]
    pub fn at(mut self, commit: &Sha) -> Self {
        for entry in self.entries.iter_mut().filter(|entry| entry.every_candidate) {
            let other = entry.made_for.as_ref().filter(|made| made.candidate.commit != *commit);
            if let (Some(made), Some(by)) = (other, entry.signature()) {
                let (by, label) = (by.clone(), made.candidate.label.clone());
                entry.standing = ItemState::OtherCandidate { by, label };
            }
        }
        self.settle_groups();
        self
    }

    /// Of a one-of group, one done item suffices.
    fn settle_groups(&mut self) {
        for entry in &mut self.entries {
            if entry.standing == ItemState::NotNeeded {
                entry.standing = ItemState::Open;
            }
        }
        let done = |e: &&Entry| matches!(e.standing, ItemState::Done(_) | ItemState::Verified { .. });
        let done: BTreeSet<String> = self.entries.iter().filter(done).filter_map(|e| e.group.clone()).collect();
        for entry in self.entries.iter_mut().filter(|e| e.group.as_ref().is_some_and(|group| done.contains(group))) {
            if matches!(entry.standing, ItemState::Open | ItemState::Unverified(_) | ItemState::OtherCandidate { .. }) {
                entry.standing = ItemState::NotNeeded;
            }
        }
    }

    /// The earlier candidates for which something was done that counts for this one, each once.
    #[must_use]
    pub fn earlier_candidates(&self) -> Vec<&Candidate> {
        let mut found: Vec<&Candidate> = Vec::new();
        let settled = self.entries.iter().filter(|entry| entry.signature().is_some());
        for made in settled.filter_map(|entry| entry.made_for.as_ref()).filter(|made| made.earlier) {
            if !found.contains(&&made.candidate) {
                found.push(&made.candidate);
            }
        }
        found
    }

    /// What a phase still waits for, in order.
    pub fn missing(&self, phase: Phase) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.blocks(phase))
    }

    /// Whether something of it rests on what Holdpoint found itself.
    #[must_use]
    pub fn rests_on_evidence(&self) -> bool {
        self.entries.iter().any(|e| matches!(e.standing, ItemState::Verified { .. }))
    }

    /// Nothing more is wanted in either phase.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.missing(Phase::Before).chain(self.missing(Phase::After)).next().is_none()
    }
}

impl Proof {
    /// How an item stands that Holdpoint verifies itself: nobody's tick makes it done, and nobody's is needed. People can skip
    /// it, and an item that they take away or reword is missed as any other.
    #[must_use]
    pub fn over(self, people: ItemState) -> ItemState {
        match (people, self) {
            (
                kept @ (ItemState::Skipped { .. }
                | ItemState::Overridden { .. }
                | ItemState::Missing
                | ItemState::Reworded),
                _,
            ) => kept,
            (_, Self::Whole(evidence, at)) => ItemState::Verified { evidence, at },
            (kept @ ItemState::SkipRefused(_), Self::Lacks(_)) => kept,
            (_, Self::Lacks(lacks)) => ItemState::Unverified(lacks),
        }
    }
}
