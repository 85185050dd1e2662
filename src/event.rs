//! What happened, in our own words: a closed list. An event only says "look again"; plans read the present.

use crate::ids::{
    Account, AccountId, CommentId, DeploymentId, InstallationId, IssueNumber, PullNumber, Repository, RepositoryId,
    RunId, Sha, Timestamp,
};

/// An account as payloads name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its login; `ghost` for a deleted account.
    pub login: String,
    /// Its number; `None` where GitHub says none, as for a deleted account.
    pub id: Option<AccountId>,
    /// Whether GitHub calls it a bot.
    pub bot: bool,
    /// The App that acted in its name, where GitHub says so: its slug.
    pub app: Option<String>,
}

impl Sender {
    /// The account.
    #[must_use]
    pub fn account(&self) -> Account {
        Account { login: self.login.clone(), id: self.id }
    }
}

/// One delivery, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// The installation that it came through.
    pub installation: Option<InstallationId>,
    /// Where it happened; `None` for events of an installation.
    pub repository: Option<Repository>,
    /// Who did it.
    pub sender: Sender,
    /// What happened.
    pub event: Event,
}

/// A commit that is or was the head of a pull request for a branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Head {
    /// The commit.
    pub commit: Sha,
    /// The branch.
    pub base: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The repository was renamed, or transferred to another owner.
    Renamed,
    /// A pull request was opened, pushed to, edited, labelled, reopened or made ready.
    PullRequest {
        /// Its number.
        number: PullNumber,
        /// What it was when the event happened: what to read first, and nothing more.
        head: Option<Head>,
        /// What it was until then, where it was pushed to or is for another branch now.
        old: Option<Head>,
    },
    /// A comment on a pull request was written, edited or deleted.
    PullRequestComment {
        /// Its number.
        number: PullNumber,
        /// The comment, where it may hold commands.
        commands: Option<Comment>,
    },
    /// A pull request was closed.
    PullRequestClosed {
        /// Its number.
        number: PullNumber,
        /// The merge commit, where it was merged.
        merged: Option<Sha>,
        /// The branch that it was for.
        base: String,
        /// Its head.
        head: Option<Sha>,
    },
    /// A tag appeared or moved, or a release of it was published.
    Tag {
        /// Its name.
        name: String,
        /// A release of it was published, which is more than a tag.
        published: bool,
    },
    /// A tag was deleted, or what is published of it changed without making a release of it.
    TagChanged {
        /// Its name.
        name: String,
    },
    /// Something ended that may be evidence about a commit: a check, a commit status, a deployment.
    CommitResult {
        /// The commit.
        sha: Sha,
    },
    /// A commit was deployed.
    Deployed {
        /// The environment.
        environment: String,
        /// The commit.
        commit: Sha,
    },
    /// A deployment waits to be let through by us.
    DeploymentRequested(DeploymentRequest),
    /// We asked ourselves to look again at the deployments that wait.
    RecheckDeployments,
    /// Files changed on a branch.
    Push {
        /// The branch.
        branch: String,
        /// Whether the configuration is among the files that the payload names.
        configuration: bool,
    },
    /// Somebody wrote a comment that may hold commands.
    Comment(Comment),
    /// The text of an issue was edited.
    IssueEdited(IssueEdit),
    /// An issue was closed, reopened, locked or labelled: nothing that changes what is done.
    IssueChanged {
        /// Its number.
        number: IssueNumber,
    },
    /// An issue is gone: deleted, or transferred to another repository.
    IssueRemoved {
        /// Its number.
        number: IssueNumber,
        /// `deleted` or `transferred`.
        how: &'static str,
    },
    /// Somebody asks for a check again.
    Rerequested {
        /// The commit.
        sha: Sha,
        /// The App whose check it is, where the payload says so.
        app: Option<u64>,
    },
    /// A merge group wants its checks.
    MergeGroup {
        /// The group's commit.
        head: Sha,
        /// The commit that it would go on top of.
        base: Sha,
        /// The branch that it is for.
        branch: String,
        /// Its own branch.
        name: String,
    },
    /// A merge group is no more: merged, invalidated by what was before it in the queue, or taken out of the queue.
    MergeGroupDestroyed {
        /// The group's commit.
        head: Sha,
    },
    /// The App can see repositories that it could not see before.
    Installed {
        /// Which.
        repositories: Vec<Repository>,
    },
    /// The App lost an installation or repositories: their rows are dropped.
    Uninstalled {
        /// Which repositories; empty means all of the installation.
        repositories: Vec<RepositoryId>,
    },
    /// The installation was suspended: GitHub refuses every call there until that ends.
    Suspended,
    /// We asked ourselves to look at a whole repository again.
    Recheck {
        /// Its open pull requests have jobs of their own.
        reviewed: bool,
        /// What it was like before: where nothing in it has to do with a checklist, it is looked at again once it is like something else.
        state: Option<String>,
    },
    /// We asked ourselves to look at some release issues again.
    RecheckIssues {
        /// Their numbers.
        numbers: Vec<IssueNumber>,
    },
    /// We asked ourselves to look at some open pull requests again.
    RecheckPulls {
        /// Their numbers.
        numbers: Vec<PullNumber>,
    },
}

/// A deployment that asks whether it may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRequest {
    /// The environment.
    pub environment: String,
    /// The commit.
    pub commit: Sha,
    /// The branch or tag that it was started from; empty where GitHub names none.
    pub git_ref: String,
    /// GitHub's number of the deployment, where it has one.
    pub deployment: Option<DeploymentId>,
    /// The workflow run to answer for; `None` where the payload names none of this repository.
    pub run: Option<RunId>,
}

/// A comment under an issue or a pull request, as it was first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// What it stands under.
    pub number: u64,
    /// Whether that is a pull request.
    pub on_pull: bool,
    /// Its text.
    pub body: String,
    /// When it was written, by GitHub's clock.
    pub at: Timestamp,
}

/// An edit of an issue's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueEdit {
    /// The issue.
    pub number: IssueNumber,
    /// Its text now.
    pub body: String,
    /// Its text before.
    pub before: PreviousBody,
    /// When, by GitHub's clock.
    pub at: Timestamp,
}

/// What a payload says of an issue's text before an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviousBody {
    /// It was this: `changes.body.from`.
    Known(String),
    /// It was another one, and the payload does not say which.
    Unknown,
    /// The edit was of something else, such as the title: nobody changed a box by it, whatever else was missed.
    Unchanged,
}

/// One version of an issue's text, as GitHub's edit history tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// GitHub's name for it.
    pub id: String,
    /// When it was written, by GitHub's clock.
    pub at: Timestamp,
    /// Who wrote it; `None` where the account is gone, or is neither a person's nor a bot's.
    pub editor: Option<Sender>,
    /// The whole text; `None` where somebody took this version out of the history.
    pub text: Option<String>,
}
