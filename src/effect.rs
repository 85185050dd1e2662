//! What to do, as values. Each effect is a put: doing it twice is doing it once.

use crate::checklist::Severity;
use crate::gate::Conclusion;
use crate::ids::{Account, CommentId, IssueNumber, RunId, Sha};
use crate::release::Release;
use crate::release::issue_body::Draft;
use serde::Serialize;

/// One thing to do on GitHub or in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// The check run of this name on this commit shall look like this.
    PutCheckRun(CheckRun),
    /// The one comment of this kind on an issue or pull request shall say this.
    PutComment(Comment),
    /// The release shall have exactly one issue.
    OpenIssue {
        /// The release.
        release: Box<Release>,
        /// What is posted.
        draft: Box<Draft>,
        /// The authors of the pull requests that brought steps.
        authors: Vec<Account>,
    },
    /// The release goes on under another name or commit, in its issue.
    UpdateRelease {
        /// The index's own number of it.
        row: i64,
        /// What it is from now on.
        release: Box<Release>,
        /// All that its issue is asked for, together.
        opened: String,
        /// What of it is to be put into the issue; may be empty.
        addition: String,
        /// The title that it had by our doing, and the one that it shall have.
        title: (String, String),
        /// The authors of the pull requests that brought steps.
        authors: Vec<Account>,
    },
    /// The release has no issue: there is nothing to do, or there can be none.
    SkipRelease {
        /// The release.
        release: Box<Release>,
        /// Why there can be none; `None` where there is nothing to do.
        failure: Option<String>,
    },
    /// The comment shall have this reaction of ours.
    React {
        /// Which comment.
        comment: CommentId,
        /// GitHub's word: `+1`, `confused`.
        reaction: &'static str,
    },
    /// A deployment that waits shall be told what for, or that it may go on.
    AnswerDeployment(DeploymentAnswer),
    /// The issue shall be closed as completed.
    CloseIssue {
        /// Which.
        number: IssueNumber,
    },
    /// The issue shall be open.
    ReopenIssue {
        /// Which.
        number: IssueNumber,
    },
}

/// A check run as it shall look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRun {
    /// The commit.
    pub sha: Sha,
    /// Its name, which branch protection knows.
    pub name: String,
    /// What it says.
    pub conclusion: Conclusion,
    /// One line, at most 255 characters.
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// Where "Details" leads; `None` for GitHub's own page.
    pub details_url: Option<String>,
    /// Notes on lines of files.
    pub annotations: Vec<Annotation>,
}

impl CheckRun {
    /// Whether it has a button to look again: where it does not pass. GitHub shows none on a run that goes on.
    #[must_use]
    pub const fn offers_recheck(&self) -> bool {
        matches!(self.conclusion, Conclusion::ActionRequired | Conclusion::Failure)
    }
}

/// A note on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Annotation {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it breaks something.
    pub severity: Severity,
    /// What is wrong and what to do.
    pub message: String,
}

/// The kinds of comments that there is at most one of on an issue or pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommentKind {
    /// The diff on a pull request.
    Review,
    /// How far a release is, on its issue.
    Progress,
    /// Where the other parts of a release issue are, on each but the first.
    Part,
    /// The answer to a comment.
    Reply(CommentId),
    /// A reminder of what is open: one for each day since 1970.
    Reminder(i64),
}

impl CommentKind {
    /// The invisible line by which the comment is found again.
    #[must_use]
    pub fn marker(self) -> String {
        match self {
            Self::Review => "<!-- holdpoint comment review v1 -->".to_owned(),
            Self::Progress => "<!-- holdpoint comment progress v1 -->".to_owned(),
            Self::Part => "<!-- holdpoint comment part v1 -->".to_owned(),
            Self::Reminder(day) => format!("<!-- holdpoint comment reminder-{day} v1 -->"),
            Self::Reply(to) => format!("<!-- holdpoint comment reply-{to} v1 -->"),
        }
    }
}

/// A comment as it shall look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// The issue's or pull request's number.
    pub number: u64,
    /// Which of the comments.
    pub kind: CommentKind,
    /// The text without its marker.
    pub body: String,
    /// `false`: only edit one that is there, never post a new one.
    pub create: bool,
}

/// The answer to a deployment that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploymentAnswer {
    /// The workflow run that waits.
    pub run: RunId,
    /// The environment that it waits to be let into.
    pub environment: String,
    /// What it is told. There is no "rejected": that would end the run.
    pub state: DeploymentState,
    /// Markdown, at most 1,024 characters.
    pub comment: String,
    /// What the comment says, without what changes with every tick: a report that would say the same is not sent.
    pub gist: String,
}

/// What a deployment that waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    /// It waits on: a report.
    Waits,
    /// It may go on. This cannot be taken back.
    Approved,
}
