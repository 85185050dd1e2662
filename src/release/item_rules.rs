//! What makes a box of a release issue count as it does, and the mark of one that another issue lists already.

use crate::checklist::Item;
use crate::checklist::directive::{Directives, Phase};
use crate::ids::IssueNumber;

/// What makes a box count as it does: it must be the same in the issue as in its file.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRules {
    /// Which gate waits for it.
    pub phase: Phase,
    /// Shown, never blocks.
    pub optional: bool,
    /// Only these may tick it.
    pub owners: Vec<String>,
    /// By whom and for what it must be done, as the directives say it: not by who made the change, anew for each candidate.
    pub demands: Vec<String>,
    /// Part of a group of alternatives.
    pub one_of: bool,
}

impl ItemRules {
    /// What counts of an item.
    #[must_use]
    pub fn of(item: &Item, phase: Phase) -> Self {
        let demands = ["second-person", "every-candidate"].iter().flat_map(|which| item.directives.texts_of(which));
        let Directives { optional, owners, one_of, .. } = Directives::clone(&item.directives);
        Self { phase, optional, owners, demands: demands.collect(), one_of: one_of.is_some() }
    }
}

/// Where an item was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The issue.
    pub issue: IssueNumber,
    /// What people call its release.
    pub label: String,
}

impl Elsewhere {
    /// What stands behind the item's text instead of a box before it.
    #[must_use]
    pub fn suffix(&self) -> String {
        format!("{}{})", reference(self.issue), super::placeholder::harmless(&self.label))
    }
}

/// What a text that refers to an issue's steps has in it.
#[must_use]
pub fn reference(issue: IssueNumber) -> String {
    format!(": in #{issue} (")
}
