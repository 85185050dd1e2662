//! What the deliveries of a batch are about: events of one kind about one subject say "look again" once.
//!
//! Nothing here reads or writes.

use super::issue_reading::Edit;
use crate::event::{Comment, Delivery, Event, Head, Sender};
use crate::ids::{IssueNumber, PullNumber, Sha};
use std::collections::{BTreeMap, BTreeSet};

/// The subjects of a batch.
#[derive(Default)]
pub(super) struct Subjects {
    /// Pull requests to look at.
    pub(super) pulls: BTreeSet<PullNumber>,
    /// What they were when their last events happened: what to read first.
    pub(super) heads: BTreeMap<PullNumber, Head>,
    /// Open pull requests to look at again, of which nothing came.
    pub(super) again: BTreeSet<PullNumber>,
    /// Pull requests whose comments changed.
    pub(super) talks: BTreeSet<PullNumber>,
    /// Edits of issues, in the order of their deliveries.
    pub(super) edits: Vec<Edit>,
    /// Issues that were closed or reopened.
    pub(super) touched: BTreeSet<IssueNumber>,
    /// Comments that may hold commands, with their writers.
    pub(super) comments: Vec<(Comment, Sender)>,
    /// Commits that may have new evidence for an item that Holdpoint verifies.
    pub(super) commits: BTreeSet<Sha>,
    /// Tags that may be such evidence.
    pub(super) tags: BTreeSet<String>,
    /// Issues and pull requests that may be such evidence.
    pub(super) closed: BTreeSet<IssueNumber>,
}

impl Subjects {
    /// The subjects of deliveries.
    pub(super) fn of(deliveries: &[Delivery]) -> Self {
        let mut subjects = Self::default();
        for delivery in deliveries {
            subjects.add(delivery);
        }
        subjects
    }

    /// The issues that were edited or touched.
    pub(super) fn issues(&self) -> BTreeSet<IssueNumber> {
        self.edits.iter().map(|e| e.edit.number).chain(self.touched.iter().copied()).collect()
    }

    fn add(&mut self, delivery: &Delivery) {
        match &delivery.event {
            Event::PullRequest { number, head, .. } => {
                self.pulls.insert(*number);
                self.heads.extend(head.clone().map(|head| (*number, head)));
            }
            Event::PullRequestClosed { number, .. } => drop(self.closed.insert(IssueNumber(number.0))),
            Event::Deployed { commit, .. } => drop(self.commits.insert(commit.clone())),
            Event::DeploymentRequested(request) => drop(self.commits.insert(request.commit.clone())),
            Event::Tag { name, .. } | Event::TagChanged { name } => drop(self.tags.insert(name.clone())),
            Event::CommitResult { sha } => drop(self.commits.insert(sha.clone())),
            Event::IssueEdited(edit) => self.edits.push(Edit {
                guid: delivery.guid.clone(),
                sender: delivery.sender.clone(),
                edit: edit.clone(),
            }),
            Event::Comment(comment) => self.comments.push((comment.clone(), delivery.sender.clone())),
            Event::PullRequestComment { number, commands } => {
                self.talks.insert(*number);
                self.comments.extend(commands.clone().map(|comment| (comment, delivery.sender.clone())));
            }
            Event::IssueChanged { number } => {
                self.touched.insert(*number);
                self.closed.insert(*number);
            }
            Event::IssueRemoved { number, .. } => drop(self.closed.insert(*number)),
            Event::RecheckPulls { numbers } => self.again.extend(numbers.iter().copied()),
            Event::RecheckDeployments
            | Event::Renamed
            | Event::Push { .. }
            | Event::Rerequested { .. }
            | Event::MergeGroup { .. }
            | Event::MergeGroupDestroyed { .. }
            | Event::Recheck { .. }
            | Event::RecheckIssues { .. }
            | Event::Installed { .. }
            | Event::Uninstalled { .. }
            | Event::Suspended => {}
        }
    }
}
