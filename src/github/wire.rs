//! GitHub's JSON as far as we read and write it: minimal, tolerant structs, and the values that they become.
//!
//! Nothing here calls anything.

pub(super) use super::account::{WireAccount, WireVia};
use super::{Error, Listing};
use crate::ids::{Account, IssueNumber, PullNumber, RepoName, Sha, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The files of a commit, each with its blob. GitHub lists 100,000 at most.
/// Source: <https://docs.github.com/en/rest/git/trees#get-a-tree>.
#[derive(Debug)]
pub struct Tree {
    commit: Sha,
    files: Listing<BTreeMap<String, Sha>>,
}

impl Tree {
    pub(super) const fn of(commit: Sha, files: Listing<BTreeMap<String, Sha>>) -> Self {
        Self { commit, files }
    }

    /// The commit whose files they are.
    pub fn commit(&self) -> &Sha {
        &self.commit
    }

    /// Path to blob.
    pub fn files(&self) -> Listing<&BTreeMap<String, Sha>> {
        self.files.as_ref()
    }

    /// The blob of a file; `None` where the commit has no such file.
    ///
    /// # Errors
    /// [`Error::Incomplete`] where GitHub does not list all files, and this one is not among those that it lists.
    pub fn blob(&self, path: &str) -> Result<Option<&Sha>, Error> {
        match self.files().known_part().get(path) {
            Some(blob) => Ok(Some(blob)),
            None => self.files().complete().map(|_| None),
        }
    }
}

/// Two commits side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// How the second stands to the first.
    pub status: ComparisonStatus,
    /// Their best common ancestor.
    pub merge_base: Sha,
    /// The commits of the second that the first does not have, oldest first.
    pub commits: Listing<Vec<Sha>>,
    /// When the oldest of them was made, by its committer's clock.
    pub oldest: Option<Timestamp>,
    /// Files that differ between merge base and second.
    pub files: Listing<Vec<String>>,
}

/// How one commit stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComparisonStatus {
    /// The second contains the first.
    Ahead,
    /// The first contains the second.
    Behind,
    /// They are one.
    Identical,
    /// Neither contains the other.
    Diverged,
}

/// A pull request as it is now.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, as GitHub tells it")]
pub struct Pull {
    /// Its number.
    pub number: PullNumber,
    /// Whether it is open.
    pub open: bool,
    /// The commit to put checks on.
    pub head: Sha,
    /// The branch that it is for.
    pub base: String,
    /// Whether its head is in another repository, or in one that is gone.
    pub from_fork: bool,
    /// The branch that it is made of.
    pub head_ref: String,
    /// The repository of that branch; `None` where it is gone.
    pub head_home: Option<RepoName>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its author; nobody for a deleted account.
    pub author: Account,
    /// Whether its author is a bot.
    pub by_bot: bool,
    /// The commit by which it was merged.
    pub merge_commit: Option<Sha>,
    /// Whether it was merged.
    pub merged: bool,
    /// When it was merged, by GitHub's clock.
    pub merged_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An issue as it is now.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its number.
    pub number: IssueNumber,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Login of who opened it.
    pub author: String,
    /// Number of the App that opened it, as itself or for a person; `None` where GitHub names none.
    pub via: Option<u64>,
    /// Whether a bot opened it.
    pub by_bot: bool,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Logins of its assignees.
    pub assignees: Vec<String>,
    /// Name of its type.
    pub issue_type: Option<String>,
    /// Title of its milestone.
    pub milestone: Option<String>,
}

impl Issue {
    /// Whether the App of this number opened it as itself; by the login of its bot where GitHub names no App.
    #[must_use]
    pub fn is_by(&self, app: u64, login: &str) -> bool {
        match self.via {
            Some(via) => via == app && self.by_bot,
            None => self.author == login,
        }
    }
}

/// What is posted to open an issue.
/// Source: <https://docs.github.com/en/rest/issues/issues#create-an-issue>.
#[derive(Debug, Serialize)]
pub struct NewIssue<'a> {
    /// The title.
    pub title: &'a str,
    /// The text.
    pub body: &'a str,
    /// Names of labels.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub labels: &'a [String],
    /// Logins.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub assignees: &'a [String],
    /// Name of the issue type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<&'a str>,
    /// Number of the milestone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<u64>,
}

/// What is to be changed of an issue.
/// Source: <https://docs.github.com/en/rest/issues/issues#update-an-issue>.
#[derive(Debug, Default, Serialize)]
pub struct IssueChange<'a> {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    /// `open` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
}

/// What is posted for a check run.
/// Source: <https://docs.github.com/en/rest/checks/runs#create-a-check-run>.
#[derive(Debug, Serialize)]
pub struct WireCheckRun<'a> {
    /// Its name.
    pub name: &'a str,
    /// The commit; only at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_sha: Option<&'a str>,
    /// `in_progress` or `completed`.
    pub status: &'static str,
    /// With `completed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<&'static str>,
    /// Where "Details" leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details_url: Option<&'a str>,
    /// What it shows.
    pub output: WireOutput<'a>,
    /// Its buttons, at most three; `None` leaves them as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<WireAction<'a>>>,
}

/// A button.
/// Source: <https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#check-runs-and-requested-actions>.
#[derive(Debug, Serialize)]
pub struct WireAction<'a> {
    /// At most 20 characters.
    pub label: &'a str,
    /// At most 40.
    pub description: &'a str,
    /// At most 20: comes back with the press.
    pub identifier: &'a str,
}

/// The visible part of a check run.
#[derive(Debug, Serialize)]
pub struct WireOutput<'a> {
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub summary: &'a str,
    /// At most 50 a request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<WireAnnotation<'a>>,
}

/// A note on a line.
#[derive(Debug, Serialize)]
pub struct WireAnnotation<'a> {
    /// The file.
    pub path: &'a str,
    /// First line.
    pub start_line: usize,
    /// Last line.
    pub end_line: usize,
    /// `warning` or `failure`.
    pub annotation_level: &'static str,
    /// What is wrong.
    pub message: &'a str,
}

#[derive(Deserialize)]
pub(super) struct WireTree {
    pub(super) tree: Vec<WireEntry>,
    #[serde(default)]
    pub(super) truncated: bool,
}

#[derive(Deserialize)]
pub(super) struct WireEntry {
    pub(super) path: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) sha: String,
}

#[derive(Deserialize)]
pub(super) struct WireBlob {
    pub(super) content: String,
    pub(super) encoding: String,
    pub(super) size: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct WireComparison {
    pub(super) status: ComparisonStatus,
    pub(super) merge_base_commit: WireSha,
    pub(super) total_commits: usize,
    pub(super) commits: Vec<WireCommit>,
    pub(super) files: Option<Vec<WireFile>>,
}

#[derive(Deserialize)]
pub(super) struct WireSha {
    pub(super) sha: String,
}

#[derive(Deserialize)]
pub(super) struct WireCommit {
    pub(super) sha: String,
    pub(super) commit: Option<WireGitCommit>,
}

#[derive(Deserialize)]
pub(super) struct WireGitCommit {
    pub(super) committer: Option<WireSignature>,
}

#[derive(Deserialize)]
pub(super) struct WireSignature {
    pub(super) date: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireFile {
    pub(super) filename: String,
    pub(super) previous_filename: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireRef {
    pub(super) object: WireObject,
}

#[derive(Deserialize)]
pub(super) struct WireObject {
    pub(super) sha: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct WireNamedRef {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) object: Option<WireObject>,
}

#[derive(Deserialize)]
pub(super) struct WirePull {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    pub(super) head: WireSide,
    pub(super) base: WireSide,
    #[serde(default)]
    pub(super) labels: Vec<WireLabel>,
    pub(super) user: Option<WireAccount>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) merged_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireSide {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) sha: String,
    pub(super) repo: Option<WireHome>,
}

#[derive(Deserialize)]
pub(super) struct WireHome {
    pub(super) id: u64,
    pub(super) full_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireLabel {
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireIssue {
    pub(super) number: u64,
    pub(super) repository_url: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) state: String,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) user: Option<WireAccount>,
    pub(super) performed_via_github_app: Option<WireVia>,
    pub(super) pull_request: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) labels: Vec<WireIssueLabel>,
    #[serde(default)]
    pub(super) assignees: Option<Vec<WireAccount>>,
    #[serde(default, rename = "type")]
    pub(super) issue_type: Option<WireName>,
    #[serde(default)]
    pub(super) milestone: Option<WireMilestone>,
}

/// GitHub has both forms.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum WireIssueLabel {
    Name(String),
    Label { name: Option<String> },
}

#[derive(Deserialize)]
pub(super) struct WireName {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct WireMilestone {
    pub(super) number: u64,
    pub(super) title: String,
}

#[derive(Deserialize)]
pub(super) struct WireComment {
    pub(super) id: u64,
    pub(super) body: Option<String>,
    pub(super) user: Option<WireAccount>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) node_id: Option<String>,
    pub(super) performed_via_github_app: Option<WireVia>,
}

#[derive(Deserialize)]
pub(super) struct WireRepo {
    pub(super) id: Option<u64>,
    pub(super) default_branch: String,
}

#[derive(Deserialize)]
pub(super) struct WithId {
    pub(super) id: u64,
}

pub(super) fn sha(text: &str) -> Result<Sha, Error> {
    Sha::parse(text).ok_or_else(|| Error::Decode { message: format!("`{text}` is no object name") })
}

impl WirePull {
    /// The id of the repository that it is in.
    pub(super) fn home(&self) -> Option<u64> {
        self.base.repo.as_ref().map(|repo| repo.id)
    }

    pub(super) fn read(self) -> Result<Pull, Error> {
        Ok(Pull {
            number: PullNumber(self.number),
            open: self.state == "open",
            head: sha(&self.head.sha)?,
            from_fork: self.head.repo.is_none()
                || self.head.repo.as_ref().map(|r| r.id) != self.base.repo.as_ref().map(|r| r.id),
            base: self.base.name,
            head_ref: self.head.name,
            head_home: self.head.repo.and_then(|r| r.full_name).as_deref().and_then(RepoName::parse),
            labels: self.labels.into_iter().filter_map(|l| l.name).collect(),
            title: self.title.unwrap_or_default(),
            body: self.body.unwrap_or_default(),
            by_bot: self.user.as_ref().is_some_and(WireAccount::is_bot),
            author: self.user.map(WireAccount::account).unwrap_or_default(),
            merge_commit: self.merge_commit_sha.as_deref().and_then(Sha::parse),
            merged: self.merged_at.is_some(),
            merged_at: self.merged_at.as_deref().and_then(Timestamp::parse),
            updated_at: self.updated_at.as_deref().and_then(Timestamp::parse).unwrap_or_default(),
        })
    }
}

impl WireIssue {
    pub(super) fn read(self) -> Issue {
        Issue {
            number: IssueNumber(self.number),
            title: self.title,
            body: self.body.unwrap_or_default(),
            open: self.state == "open",
            created_at: self.created_at.as_deref().and_then(Timestamp::parse).unwrap_or_default(),
            updated_at: self.updated_at.as_deref().and_then(Timestamp::parse).unwrap_or_default(),
            via: self.performed_via_github_app.and_then(|app| app.id),
            by_bot: self.user.as_ref().is_some_and(WireAccount::is_bot),
            author: self.user.map(|u| u.login).unwrap_or_default(),
            labels: self
                .labels
                .into_iter()
                .filter_map(|label| match label {
                    WireIssueLabel::Name(name) => Some(name),
                    WireIssueLabel::Label { name } => name,
                })
                .collect(),
            assignees: self.assignees.into_iter().flatten().map(|a| a.login).collect(),
            issue_type: self.issue_type.map(|t| t.name),
            milestone: self.milestone.map(|m| m.title),
        }
    }
}
