//! Issues and comments of a repository: each a single documented call.

use super::account::{WireVia, is_by};
use super::memo::kept;
use super::repo::Repo;
use super::wire::{Issue, IssueChange, NewIssue, WireComment, WireIssue, WireMilestone, WithId};
use super::{Error, Listing};
use crate::event::{Comment, Sender};
use crate::ids::{CommentId, IssueNumber, Timestamp};

/// Pages of a hundred issues of our own that are read: with a release for each merge, a busy repository has thousands.
const MAX_OWN_PAGES: usize = 100;

/// A comment of which no delivery told, or not yet.
#[derive(Clone, Debug)]
pub struct Found {
    /// The comment, as it is now.
    pub comment: Comment,
    /// Who wrote it first.
    pub sender: Sender,
    /// Whether it was certainly edited since. Where it was not, nobody knows by this alone: GitHub's times have whole seconds.
    pub edited: bool,
    /// GraphQL's name for it.
    pub node: String,
}

/// A comment as it is now.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its id.
    pub id: u64,
    /// Whether a bot wrote it.
    pub bot: bool,
    /// Its text.
    pub body: String,
}

impl Repo {
    /// An issue; `None` where it is gone. One that was transferred is gone: GitHub leads to it by a redirect, and other people
    /// edit it there.
    /// Source: <https://docs.github.com/en/rest/issues/issues#get-an-issue>.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn issue(&self, number: IssueNumber) -> Result<Option<Issue>, Error> {
        match self.get::<WireIssue>(&self.path(&["issues"]).segment(number)).await {
            Ok(wire) if wire.number != number.0 => Ok(None),
            Ok(wire) => {
                let name = self.repository.name.to_string();
                // Something between us and GitHub may have followed a redirect.
                let of = |url: &String| url.to_lowercase().ends_with(&format!("/repos/{}", name.to_lowercase()));
                if wire.repository_url.as_ref().is_some_and(|url| !of(url)) {
                    return Err(Error::Elsewhere { name });
                }
                Ok(Some(wire.read()))
            }
            Err(Error::NotFound | Error::Gone { .. }) => Ok(None),
            Err(error) if self.leads_out(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads an issue for whoever takes it later in this batch. What was read ahead and waits is not read again.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn read_issue_ahead(&self, number: IssueNumber) -> Result<(), Error> {
        let _read = self.view.reads(format!("issue {number}")).await;
        if kept(&self.view.batch().issues).contains_key(&number) {
            return Ok(());
        }
        let issue = self.issue(number).await?;
        kept(&self.view.batch().issues).insert(number, issue);
        Ok(())
    }

    /// Forgets the issues that were read ahead and that nobody took.
    pub fn drop_issues(&self) {
        kept(&self.view.batch().issues).clear();
    }

    /// An issue as it was read ahead, once; else as it is now. Not for what writes over the text that it read: that text has to be
    /// as new as it can be.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn take_issue(&self, number: IssueNumber) -> Result<Option<Issue>, Error> {
        let ahead = kept(&self.view.batch().issues).remove(&number);
        match ahead {
            Some(issue) => Ok(issue),
            None => self.issue(number).await,
        }
    }

    /// Issues that an account opened and that changed since a time, open and closed.
    ///
    /// # Errors
    /// As any call, and where there are more than can be read: an issue that is overlooked would be opened twice.
    pub async fn issues_by(&self, login: &str, since: Option<Timestamp>) -> Result<Vec<Issue>, Error> {
        let mut path = self.path(&["issues"]).query("creator", login).query("state", "all").query("per_page", 100);
        if let Some(since) = since {
            path = path.query("since", since.rfc3339());
        }
        let issues =
            self.installation.get_all::<WireIssue>(&path, "issues of its own", MAX_OWN_PAGES).await?.complete()?;
        Ok(issues.into_iter().filter(|i| i.pull_request.is_none()).map(WireIssue::read).collect())
    }

    /// Opens an issue; gives it as GitHub took it.
    ///
    /// # Errors
    /// As any call. Where [`Error::outcome_unknown`], it may have been opened.
    pub async fn open_issue(&self, new: &NewIssue<'_>) -> Result<Issue, Error> {
        let made: WireIssue = self.installation.post(&self.path(&["issues"]), new).await?;
        Ok(made.read())
    }

    /// The number of the open milestone of this title; `None` where there is none among the first thousand.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn milestone(&self, title: &str) -> Result<Option<u64>, Error> {
        let path = self.path(&["milestones"]).query("state", "open").query("per_page", 100);
        let milestones = self.installation.get_all::<WireMilestone>(&path, "milestones", 10).await?;
        Ok(milestones.known_part().into_iter().find(|m| m.title.trim() == title.trim()).map(|m| m.number))
    }

    /// Changes an issue; when it last changed, by GitHub's clock.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn change_issue(&self, number: IssueNumber, change: &IssueChange<'_>) -> Result<Timestamp, Error> {
        kept(&self.view.batch().issues).remove(&number);
        let changed: WireIssue = self.installation.patch(&self.path(&["issues"]).segment(number), change).await?;
        Ok(changed.read().updated_at)
    }

    /// Closes an issue as completed.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn close_issue(&self, number: IssueNumber) -> Result<(), Error> {
        kept(&self.view.batch().issues).remove(&number);
        let change = serde_json::json!({"state": "closed", "state_reason": "completed"});
        let _: WithId = self.installation.patch(&self.path(&["issues"]).segment(number), &change).await?;
        Ok(())
    }

    /// Comments on an issue or pull request by the App of this number that hold a text: the first one's id. Where GitHub names no
    /// App, the login of its bot says whose it is.
    ///
    /// # Errors
    /// As any call, and where it is not among those that can be read: another one would be written beside it.
    pub async fn find_comment(
        &self,
        number: u64,
        (app, login): (u64, &str),
        text: &str,
    ) -> Result<Option<CommentId>, Error> {
        let path = self.path(&["issues"]).segment(number).segment("comments").query("per_page", 100);
        let comments = self.installation.get_all::<WireComment>(&path, "comments", 30).await?;
        let wanted = |c: &&WireComment| {
            is_by(app, c.user.as_ref(), c.performed_via_github_app.as_ref())
                .unwrap_or_else(|| c.user.as_ref().is_some_and(|u| u.login.eq_ignore_ascii_case(login)))
                && c.body.as_deref().is_some_and(|b| b.contains(text))
        };
        // What was found is enough; that there is none takes all of them.
        match comments.as_ref().known_part().iter().find(wanted).map(|c| CommentId(c.id)) {
            Some(found) => Ok(Some(found)),
            None => comments.complete().map(|_| None),
        }
    }

    /// Comments on an issue that were written since a time, oldest first, each with its writer. The newest few hundred: who waits
    /// for older ones was told that nothing came of them.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn comments_since(&self, number: IssueNumber, since: Timestamp) -> Result<Vec<Found>, Error> {
        let path = self.path(&["issues"]).segment(number).segment("comments");
        let path = path.query("since", since.rfc3339()).query("per_page", 100);
        let comments = self.installation.get_all::<WireComment>(&path, "comments", 5).await?;
        let written = |c: WireComment| {
            let user = c.user?;
            let at = c.created_at.as_deref().and_then(Timestamp::parse).filter(|at| *at >= since)?;
            let sender = Sender { app: c.performed_via_github_app.map(WireVia::name), ..user.sender() };
            let body = c.body.unwrap_or_default();
            let comment = Comment { id: CommentId(c.id), number: number.0, on_pull: false, body, at };
            // One that was written in the second of its last change may have been edited all the same.
            let edited = c.created_at != c.updated_at;
            Some(Found { comment, sender, edited, node: c.node_id.unwrap_or_default() })
        };
        // A comment that is not among them is a command that is not carried out: that opens no gate.
        Ok(comments.known_part().into_iter().filter_map(written).collect())
    }

    /// Comments on an issue or pull request.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn comments(&self, number: u64) -> Result<Listing<Vec<Said>>, Error> {
        let path = self.path(&["issues"]).segment(number).segment("comments").query("per_page", 100);
        let comments = self.installation.get_all::<WireComment>(&path, "comments", 30).await?;
        let said = |c: WireComment| Said {
            id: c.id,
            bot: c.user.is_some_and(|u| u.kind.as_deref() == Some("Bot")),
            body: c.body.unwrap_or_default(),
        };
        Ok(comments.map(|all| all.into_iter().map(said).collect()))
    }

    /// Posts a comment.
    ///
    /// # Errors
    /// As any call. Where [`Error::outcome_unknown`], it may have been posted.
    pub async fn post_comment(&self, number: u64, body: &str) -> Result<CommentId, Error> {
        let path = self.path(&["issues"]).segment(number).segment("comments");
        let made: WithId = self.installation.post(&path, &serde_json::json!({ "body": body })).await?;
        Ok(CommentId(made.id))
    }

    /// Edits a comment; `false` where it is gone.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn edit_comment(&self, id: CommentId, body: &str) -> Result<bool, Error> {
        let path = self.path(&["issues", "comments"]).segment(id);
        match self.installation.patch::<WithId>(&path, &serde_json::json!({ "body": body })).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound | Error::Gone { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reacts to a comment; a reaction that is there already stays. `false` where the comment is gone.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn react(&self, id: CommentId, reaction: &str) -> Result<bool, Error> {
        let path = self.path(&["issues", "comments"]).segment(id).segment("reactions");
        match self.installation.post::<WithId>(&path, &serde_json::json!({ "content": reaction })).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound | Error::Gone { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
