//! May this commit pass? The one place that decides it.
//!
//! `success` means: complete data was read for it, in this very batch ([`Reading`]), and it said yes. Everything else is one of the configured ways of "not yet", or
//! `failure` where something must be mended first. `neutral` and `skipped` are never given: branch protection lets them pass.

use crate::checklist::directive::Phase;
use crate::config::{After, GateConfig, Incomplete, Unreleased};
use crate::ids::{IssueNumber, Sha};
use crate::release::candidates::Candidate;
use crate::release::progress::Progress;
use serde::Serialize;
use std::collections::BTreeSet;

/// A release as the gate sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseStatus {
    /// What people call it.
    pub label: String,
    /// The released commit.
    pub commit: Sha,
    /// Commits that it was the release of before.
    pub earlier: Vec<Sha>,
    /// Its issue, where it has or had one.
    pub issue: Option<IssueNumber>,
    /// Issues of other releases that asked for some of its steps: until they are done there, it is not done.
    pub links: Vec<IssueNumber>,
    /// The commit of the release before: what came since then is asked for here. `None` where everything is.
    pub since: Option<Sha>,
    /// What is known of its issue.
    pub evidence: IssueState,
}

/// An earlier candidate for which something was done that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// It.
    pub candidate: Candidate,
    /// How many commits the release has gained since; `None` where that cannot be read.
    pub commits: Option<usize>,
}

impl ReleaseStatus {
    /// The release as a commit of its own sees it: what must be done for each candidate counts for that commit alone.
    #[must_use]
    pub fn at(&self, commit: &Sha) -> Self {
        let evidence = match &self.evidence {
            IssueState::Read { issue, progress } if *commit != self.commit => {
                IssueState::Read { issue: *issue, progress: progress.clone().at(commit) }
            }
            IssueState::Read { .. } | IssueState::NothingToDo | IssueState::Opening | IssueState::Broken(_) => {
                self.evidence.clone()
            }
        };
        Self { evidence, ..self.clone() }
    }
}

/// What is known of a release's issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueState {
    /// The issue was read.
    Read {
        /// Its number.
        issue: IssueNumber,
        /// How far it is.
        progress: Progress,
    },
    /// There was nothing to do, so there is no issue.
    NothingToDo,
    /// The issue is being opened.
    Opening,
    /// There should be an issue and there is none, or it could not be read: why.
    Broken(String),
}

/// What one batch has read of what a green check rests on. It begins with nothing, and only reads add to it: a verdict is
/// [`Conclusion::Success`] only where everything that it rests on is in here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    issues: BTreeSet<IssueNumber>,
    commits: BTreeSet<Sha>,
}

impl Reading {
    /// A release issue was read, with all of its parts and what Holdpoint verifies itself. Of a release in parts it is the first.
    pub fn issue(&mut self, number: IssueNumber) {
        self.issues.insert(number);
    }

    /// Every tag was read, and each release that a commit contains is in the index.
    pub fn releases_in(&mut self, commit: &Sha) {
        self.commits.insert(commit.clone());
    }

    /// Whether a release issue was read.
    #[must_use]
    pub fn has_read(&self, number: IssueNumber) -> bool {
        self.issues.contains(&number)
    }

    /// Whether every release that a commit contains is in the index.
    #[must_use]
    pub fn knows_releases_in(&self, commit: &Sha) -> bool {
        self.commits.contains(commit)
    }
}

/// How a commit relates to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the released commit itself.
    Released,
    /// It contains the released commit, which the base does not contain yet: merging ships the release.
    WouldShip,
    /// The base contains the released commit already.
    Shipped,
    /// It does not contain the released commit: the release has no say.
    Unrelated,
}

/// Whether a branch waits for a check of ours, as far as GitHub lets us see it. It never changes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It does, and takes it from this App alone.
    Pinned,
    /// It does, and takes it from whoever posts it.
    AnySource,
    /// It waits for one of that name from another App, which never comes.
    Other(u64),
    /// It does not.
    Missing,
    /// Something is asked for, and GitHub does not show what.
    Unseen,
}

impl Requirement {
    /// `sources` has the App of each entry that asks for the check, `None` for any; `ours` is our own.
    #[must_use]
    pub fn of(sources: &[Option<u64>], hidden: bool, ours: u64) -> Self {
        let other = sources.iter().flatten().find(|app| **app != ours);
        match (other, sources.contains(&Some(ours)), sources.is_empty(), hidden) {
            (Some(app), ..) => Self::Other(*app),
            (None, true, ..) => Self::Pinned,
            (None, false, false, _) => Self::AnySource,
            (None, false, true, true) => Self::Unseen,
            (None, false, true, false) => Self::Missing,
        }
    }
}

/// How a commit that is to be deployed stands to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentRelation {
    /// It does not contain the released commit.
    Not,
    /// It is the released commit.
    Itself,
    /// It contains the released commit, and nothing that was deployed there did.
    First,
    /// It contains the released commit, and so does what was let through to this environment before.
    Again,
    /// It contains the released commit, and so does what GitHub calls deployed there; but nobody asked us, so nothing is known
    /// to have been done before.
    Around,
}

impl DeploymentRelation {
    /// The release's say. Who may write deployments could call anything deployed: that frees a commit of nothing, and it still
    /// brings up what has to be done after a release.
    #[must_use]
    pub fn relations(self) -> &'static [Relation] {
        match self {
            Self::Not => &[Relation::Unrelated],
            Self::Itself | Self::First => &[Relation::WouldShip],
            Self::Again => &[Relation::Shipped],
            Self::Around => &[Relation::WouldShip, Relation::Shipped],
        }
    }
}

/// What a check run says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Pass.
    Success,
    /// By what is known it would pass, and not all that it rests on was read in this batch. It is never written on a commit: what
    /// is missing is read first, and then it is decided again.
    Unread,
    /// Not yet, shown as a run that goes on.
    InProgress,
    /// Not yet.
    ActionRequired,
    /// Something must be mended.
    Failure,
    /// Nothing waits for this commit any more; no verdict, only how a run that still went on is ended.
    Cancelled,
}

/// What the gate says that no release says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithoutRelease {
    /// No release covers the whole commit, and one must.
    Uncovered,
    /// No release has a say.
    Unheld,
    /// It does not pass, for the reason of this sentence.
    Held(String),
}

/// The gate's answer for one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub conclusion: Conclusion,
    /// Releases that have a say, the blocking ones first, each with what it waits for.
    pub voices: Vec<ReleaseVerdict>,
    /// Why it says something of its own: no release has a say, or none covers the whole commit though one must.
    pub without: Option<WithoutRelease>,
    /// It waits for a release that covers the whole commit, and there is none.
    pub uncovered: bool,
}

/// One release's say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseVerdict {
    /// The release.
    pub standing: ReleaseStatus,
    /// The phase whose open items count here.
    pub phase: Phase,
    /// Whether it blocks.
    pub blocks: bool,
    /// Earlier candidates for which something was done that counts for this one. Read where the answer is written; it decides
    /// nothing.
    pub carried: Vec<Carried>,
}

fn not_yet(incomplete: Incomplete) -> Conclusion {
    match incomplete {
        Incomplete::ActionRequired => Conclusion::ActionRequired,
        Incomplete::Failure => Conclusion::Failure,
        Incomplete::InProgress => Conclusion::InProgress,
    }
}

/// What holds for a merge group.
///
/// A merge queue takes any ended check that is not green for a failure, and the group apart: so "not yet" is a check that goes
/// on, and the last tick lets the group through. Only whoever asks for `failure` gets it.
#[must_use]
pub fn in_queue(config: &GateConfig) -> GateConfig {
    let incomplete = match config.incomplete {
        Incomplete::ActionRequired | Incomplete::InProgress => Incomplete::InProgress,
        Incomplete::Failure => Incomplete::Failure,
    };
    GateConfig { incomplete, ..config.clone() }
}

/// Decides for one commit, over all releases of one checklist and how the commit relates to each.
///
/// `covered` says that a release covers the whole commit: it ships with it, and nothing came after it. `reading` is what this
/// batch has read: without it nothing passes.
#[must_use]
pub fn verdict(
    head: &Sha,
    releases: &[(ReleaseStatus, Relation)],
    covered: bool,
    config: &GateConfig,
    reading: &Reading,
) -> Verdict {
    let mut conclusion = if reading.knows_releases_in(head) { Conclusion::Success } else { Conclusion::Unread };
    let mut voices = Vec::new();
    for (standing, relation) in releases {
        let phase = match relation {
            Relation::Released | Relation::WouldShip => Phase::Before,
            Relation::Shipped if config.after == After::Block => Phase::After,
            Relation::Shipped | Relation::Unrelated => continue,
        };
        let own = match &standing.evidence {
            IssueState::Read { issue, progress } if progress.missing(phase).next().is_none() => {
                if reading.has_read(*issue) { Conclusion::Success } else { Conclusion::Unread }
            }
            IssueState::NothingToDo => Conclusion::Success,
            IssueState::Read { .. } | IssueState::Opening => not_yet(config.incomplete),
            IssueState::Broken(_) => Conclusion::Failure,
        };
        conclusion = conclusion.max(own);
        voices.push(ReleaseVerdict {
            standing: standing.clone(),
            phase,
            blocks: own > Conclusion::Unread,
            carried: Vec::new(),
        });
    }
    voices.sort_by_key(|v| !v.blocks);
    let uncovered = config.unreleased == Unreleased::Block && !covered;
    let without = match config.unreleased {
        Unreleased::Block if uncovered => {
            conclusion = conclusion.max(not_yet(config.incomplete));
            Some(WithoutRelease::Uncovered)
        }
        Unreleased::Allow | Unreleased::Block if voices.is_empty() => Some(WithoutRelease::Unheld),
        Unreleased::Allow | Unreleased::Block => None,
    };
    Verdict { conclusion, voices, without, uncovered }
}

impl Verdict {
    /// Whether nothing that is known speaks against it.
    #[must_use]
    pub fn would_pass(&self) -> bool {
        matches!(self.conclusion, Conclusion::Success | Conclusion::Unread)
    }

    /// The release issues that it rests on.
    pub fn issues(&self) -> impl Iterator<Item = IssueNumber> {
        self.voices.iter().filter_map(|voice| voice.standing.issue)
    }

    /// It does not pass, whatever the releases say: why, as a sentence.
    #[must_use]
    pub fn hold(self, why: String, config: &GateConfig) -> Self {
        Self {
            conclusion: self.conclusion.max(not_yet(config.incomplete)),
            without: Some(WithoutRelease::Held(why)),
            ..self
        }
    }

    /// Of two answers for one commit, the worse: a check run belongs to a commit, not to a pull request.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.conclusion > self.conclusion { other } else { self }
    }
}
