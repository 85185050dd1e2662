//! A repository and what lives in it: issues, pull requests, comments, checks, labels, releases, protection.
//!
//! Plain data with look-ups; who may change what is decided by the verbs.

pub use super::evidence::{CommitStatus, Deployment, DeploymentStatus};

use super::actions::{Environment, WorkflowRun};
use super::git::{Commit, Git};
use super::queue::MergeQueue;
use super::refused::Refused;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody may do, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look and comment.
    Read,
    /// Edit issues and pull requests.
    Triage,
    /// Push and merge.
    Write,
    /// Most settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    /// `role_name` in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The older `permission` in the API, which knows three.
    #[must_use]
    pub const fn legacy(self) -> &'static str {
        match self {
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}

/// Open or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Open.
    Open,
    /// Closed, and for a pull request perhaps merged.
    Closed,
}

impl State {
    /// The API's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A label.
#[derive(Clone, Debug)]
pub struct Label {
    /// The numeric id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// What it means.
    pub description: String,
}

/// A milestone.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// The numeric id.
    pub id: u64,
    /// The number in the repository.
    pub number: u64,
    /// The title.
    pub title: String,
    /// Who made it.
    pub creator: String,
    /// Open or closed.
    pub state: State,
    /// When it was made.
    pub created_at: i64,
}

/// An issue, or the part of a pull request that is one.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The numeric id.
    pub id: u64,
    /// The number in the repository.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The body; `None` where nothing was written.
    pub body: Option<String>,
    /// Who opened it.
    pub user: String,
    /// Open or closed.
    pub state: State,
    /// `completed`, `not_planned`, `reopened`.
    pub state_reason: Option<String>,
    /// Names of labels.
    pub labels: BTreeSet<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// The issue type's name.
    pub kind: Option<String>,
    /// The milestone's number.
    pub milestone: Option<u64>,
    /// Whether the conversation is locked.
    pub locked: bool,
    /// When it was opened.
    pub created_at: i64,
    /// When anything on it changed.
    pub updated_at: i64,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// By whom it was closed.
    pub closed_by: Option<String>,
    /// Requests that must pass before lists show it (see `Knobs::list_lag`).
    pub hidden_for: u32,
    /// Versions of its text, oldest first; none before the first edit, and from then on the first one too.
    pub versions: Vec<Version>,
    /// What makes it a pull request.
    pub pull: Option<Pull>,
}

/// A version of an issue's text in its edit history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The numeric id.
    pub id: u64,
    /// Who wrote it.
    pub editor: String,
    /// When.
    pub at: i64,
    /// The text; `None` once somebody took it out of the history.
    pub text: Option<String>,
    /// When that was.
    pub deleted_at: Option<i64>,
}

/// What a pull request has beyond an issue.
#[derive(Clone, Debug)]
pub struct Pull {
    /// The numeric id, another one than the issue's.
    pub id: u64,
    /// The head's repository; `None` where a fork was deleted.
    pub head_repo: Option<u64>,
    /// The head's owner.
    pub head_owner: String,
    /// The head branch.
    pub head_ref: String,
    /// The head commit.
    pub head_sha: String,
    /// The base branch.
    pub base_ref: String,
    /// The base branch's tip when the pull request last moved.
    pub base_sha: String,
    /// Not ready for review.
    pub draft: bool,
    /// How it was merged.
    pub merged: Option<Merged>,
}

/// A merge that happened.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The commit on the base branch.
    pub sha: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: i64,
}

/// A comment on an issue or pull request.
#[derive(Clone, Debug)]
pub struct Comment {
    /// The numeric id.
    pub id: u64,
    /// The issue's number.
    pub number: u64,
    /// Who wrote it.
    pub user: String,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// When its text was last edited: GraphQL alone tells it.
    pub edited_at: Option<i64>,
    /// The App that wrote it in that person's name.
    pub app: Option<u64>,
    /// Reactions: (login, content).
    pub reactions: Vec<(u64, String, String)>,
}

/// The `output` of a check run.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// One line.
    pub title: Option<String>,
    /// Markdown.
    pub summary: Option<String>,
    /// More Markdown.
    pub text: Option<String>,
    /// All annotations of all requests.
    pub annotations: Vec<Value>,
}

/// A check run.
#[derive(Clone, Debug)]
pub struct CheckRun {
    /// The numeric id.
    pub id: u64,
    /// The suite: one for each App and commit.
    pub suite: u64,
    /// Which App made it.
    pub app_id: u64,
    /// The name that branch protection asks for.
    pub name: String,
    /// The commit.
    pub head_sha: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// Once completed: how it ended.
    pub conclusion: Option<String>,
    /// The App's own name for it.
    pub external_id: String,
    /// Where the details are.
    pub details_url: Option<String>,
    /// What people read.
    pub output: Output,
    /// Buttons.
    pub actions: Vec<Value>,
    /// When it began.
    pub started_at: i64,
    /// When it ended.
    pub completed_at: Option<i64>,
}

/// A check that a protected branch waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredCheck {
    /// The check run's name.
    pub context: String,
    /// The App that must post it; `None` takes any.
    pub app_id: Option<u64>,
}

/// Protection of one branch.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    /// Whether a ruleset says so; classic branch protection does otherwise.
    pub ruleset: bool,
    /// What must pass.
    pub checks: Vec<RequiredCheck>,
    /// Whether the head must contain the base's tip.
    pub strict: bool,
    /// Whether it holds for administrators too.
    pub enforce_admins: bool,
}

/// A release, published or still a draft.
#[derive(Clone, Debug)]
pub struct Release {
    /// The numeric id.
    pub id: u64,
    /// The tag's name.
    pub tag: String,
    /// Branch or commit from which the tag was made.
    pub target: String,
    /// Title.
    pub name: String,
    /// Markdown.
    pub body: String,
    /// Only those who may push see it.
    pub draft: bool,
    /// Whether it is marked so.
    pub prerelease: bool,
    /// By whom.
    pub author: String,
    /// When.
    pub published_at: i64,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repo {
    /// The numeric id.
    pub id: u64,
    /// The owner's login.
    pub owner: String,
    /// The name.
    pub name: String,
    /// What it is, in a line.
    pub description: String,
    /// Whether only people with a role see it.
    pub private: bool,
    /// From which repository it was forked.
    pub fork_of: Option<u64>,
    /// The default branch.
    pub default_branch: String,
    /// `false` makes issues answer 410.
    pub has_issues: bool,
    /// Read only.
    pub archived: bool,
    /// Commits and refs.
    pub git: Git,
    /// Roles by login.
    pub roles: BTreeMap<String, Role>,
    /// Labels by name.
    pub labels: BTreeMap<String, Label>,
    /// Issue types that the organisation knows.
    pub issue_types: BTreeSet<String>,
    /// Milestones by number.
    pub milestones: BTreeMap<u64, Milestone>,
    /// Issues and pull requests by number.
    pub issues: BTreeMap<u64, Issue>,
    /// Comments by id.
    pub comments: BTreeMap<u64, Comment>,
    /// Check runs by id.
    pub check_runs: BTreeMap<u64, CheckRun>,
    /// Suites: (App, commit) to id.
    pub suites: BTreeMap<(u64, String), u64>,
    /// Releases by id.
    pub releases: BTreeMap<u64, Release>,
    /// Commit statuses, oldest first.
    pub statuses: Vec<CommitStatus>,
    /// Deployments by id.
    pub deployments: BTreeMap<u64, Deployment>,
    /// Environments by their names in lower case.
    pub environments: BTreeMap<String, Environment>,
    /// Workflow runs by id.
    pub runs: BTreeMap<u64, WorkflowRun>,
    /// Protection by branch.
    pub protection: BTreeMap<String, Protection>,
    /// Merge queues by branch.
    pub queues: BTreeMap<String, MergeQueue>,
    /// Numbers of deleted or transferred issues: they answer 410 or 404, and are never used again.
    pub gone: BTreeMap<u64, u16>,
    /// Issues that were transferred: the repository and the number that each has now.
    pub transferred: BTreeMap<u64, (u64, u64)>,
    /// The last number given.
    pub last_number: u64,
    /// When it was made.
    pub created_at: i64,
    /// When something was last pushed.
    pub pushed_at: i64,
}

impl Repo {
    /// `owner/name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The next number of an issue or pull request.
    pub const fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// An issue or pull request, or why not.
    pub fn issue(&self, number: u64) -> Result<&Issue, Refused> {
        self.issues.get(&number).ok_or_else(|| self.missing(number))
    }

    /// An issue or pull request to change, or why not.
    pub fn issue_mut(&mut self, number: u64) -> Result<&mut Issue, Refused> {
        let missing = self.missing(number);
        self.issues.get_mut(&number).ok_or(missing)
    }

    fn missing(&self, number: u64) -> Refused {
        match self.gone.get(&number) {
            Some(410) => Refused::new(410, "This issue was deleted"),
            _ => Refused::not_found(),
        }
    }

    /// The commit of what is to be deployed.
    pub fn deployable(&self, git_ref: &str) -> Result<String, Refused> {
        let commit = self.git.resolve(git_ref).map(|commit| commit.sha.clone());
        commit.ok_or_else(|| Refused::new(422, format!("No ref found for: {git_ref}")))
    }

    /// A pull request with its issue.
    pub fn pull(&self, number: u64) -> Result<(&Issue, &Pull), Refused> {
        let issue = self.issue(number)?;
        issue.pull.as_ref().map(|p| (issue, p)).ok_or_else(Refused::not_found)
    }

    /// A pull request to change.
    pub fn pull_mut(&mut self, number: u64) -> Result<&mut Pull, Refused> {
        self.issue_mut(number)?.pull.as_mut().ok_or_else(Refused::not_found)
    }

    /// All pull requests, oldest first.
    pub fn pulls(&self) -> impl Iterator<Item = (&Issue, &Pull)> {
        self.issues.values().filter_map(|i| i.pull.as_ref().map(|p| (i, p)))
    }

    /// The newest check run of each (App, name) on a commit, oldest first.
    #[must_use]
    pub fn latest_checks(&self, sha: &str) -> Vec<&CheckRun> {
        let mut latest: BTreeMap<(u64, &str), &CheckRun> = BTreeMap::new();
        for run in self.check_runs.values().filter(|r| r.head_sha == sha) {
            latest.insert((run.app_id, run.name.as_str()), run);
        }
        let mut runs: Vec<_> = latest.into_values().collect();
        runs.sort_by_key(|r| r.id);
        runs
    }

    /// The newest commit status of each context on a commit, oldest first.
    #[must_use]
    pub fn latest_statuses(&self, sha: &str) -> Vec<&CommitStatus> {
        let mut latest: BTreeMap<String, &CommitStatus> = BTreeMap::new();
        for status in self.statuses.iter().filter(|s| s.sha == sha) {
            latest.insert(status.context.to_lowercase(), status);
        }
        let mut all: Vec<_> = latest.into_values().collect();
        all.sort_by_key(|s| s.id);
        all
    }

    /// Comments on an issue or pull request, oldest first.
    #[must_use]
    pub fn comments_on(&self, number: u64) -> Vec<&Comment> {
        self.comments.values().filter(|c| c.number == number).collect()
    }

    /// The commits that a pull request would bring, and its merge base.
    #[must_use]
    pub fn pull_range(&self, pull: &Pull) -> (Option<&Commit>, Vec<&Commit>) {
        let base = match &pull.merged {
            Some(_) => pull.base_sha.as_str(),
            None => self.git.branches.get(&pull.base_ref).map_or(pull.base_sha.as_str(), String::as_str),
        };
        (self.git.merge_base(base, &pull.head_sha), self.git.ahead(base, &pull.head_sha))
    }
}
