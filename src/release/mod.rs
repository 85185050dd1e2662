//! A release: what triggered it, what its issue contains, and how far people are with it.
//!
//! Pure: the facts are gathered in `handle`, and nothing here knows how the issue reaches GitHub.

pub mod addition;
pub mod candidates;
pub mod command;
pub mod contents;
mod continued;
pub mod finding;
pub mod issue_body;
pub mod issue_problem;
mod issue_text;
mod item_rules;
mod item_state;
pub mod key;
pub mod ledger;
mod mark;
mod markdown_context;
pub mod marker;
pub mod parts;
pub mod people;
pub mod placeholder;
pub mod progress;
pub mod rules;
pub mod shared_steps;
pub mod steps;
mod strikes;
mod suffix;
pub mod trial;
pub mod verify;
pub mod version;

#[cfg(test)]
mod tests;

use crate::ids::{Account, PullNumber, RepoName, Sha};
use key::ReleaseKey;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// One release of one checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Name of the checklist in the configuration.
    pub checklist: String,
    /// What makes two triggers the same release.
    pub key: ReleaseKey,
    /// What people call it: `v1.4.0`.
    pub label: String,
    /// The tag, where there is one.
    pub tag: Option<String>,
    /// The released commit.
    pub commit: Sha,
    /// The release before it on the same line, where there is one.
    pub previous: Option<Previous>,
    /// The account that caused it, or that opened it by hand; nobody where neither is known.
    pub actor: Account,
    /// The day it was opened, `2026-11-23`, in UTC.
    pub date: String,
}

/// The release before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Previous {
    /// Its label.
    pub label: String,
    /// Its commit.
    pub commit: Sha,
}

/// A pull request that was merged since the previous release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Its number.
    pub number: PullNumber,
    /// Its title, as its author typed it.
    pub title: String,
    /// Its author; nobody for a deleted account.
    pub author: Account,
    /// Its labels.
    pub labels: Vec<String>,
}

/// Where the repository is seen by people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `https://github.com`, without a slash at its end.
    pub url: String,
    /// The repository.
    pub name: RepoName,
}

impl Site {
    /// The repository's page.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.url, self.name)
    }

    /// A file at a commit.
    #[must_use]
    pub fn blob(&self, commit: &Sha, path: &str) -> String {
        format!("{}/blob/{commit}/{path}", self.repository())
    }

    /// A file at a commit, as it is and without a page around it.
    #[must_use]
    pub fn raw(&self, commit: &Sha, path: &str) -> String {
        format!("{}/raw/{commit}/{path}", self.repository())
    }

    /// A commit.
    #[must_use]
    pub fn commit(&self, commit: &Sha) -> String {
        format!("{}/commit/{commit}", self.repository())
    }

    /// An issue.
    #[must_use]
    pub fn issue(&self, number: crate::ids::IssueNumber) -> String {
        format!("{}/issues/{number}", self.repository())
    }

    /// A tag, and its release where it has one.
    #[must_use]
    pub fn tag(&self, tag: &str) -> String {
        let text = tag.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
        format!("{}/releases/tag/{}", self.repository(), text.collect::<Vec<_>>().join("/"))
    }

    /// A check run.
    #[must_use]
    pub fn check_run(&self, id: u64) -> String {
        format!("{}/runs/{id}", self.repository())
    }

    /// All deployments.
    #[must_use]
    pub fn deployments(&self) -> String {
        format!("{}/deployments", self.repository())
    }

    /// The comparison of two commits.
    #[must_use]
    pub fn compare(&self, from: &Sha, to: &Sha) -> String {
        format!("{}/compare/{from}...{to}", self.repository())
    }
}
