//! Webhook payloads, read tolerantly into our own [`Event`]s: only the fields that we use, every one of them optional unless
//! nothing can be done without it.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>. Unknown events and actions are `None`.

use super::deployments::run_of;
use super::error::differs;
use crate::config;
use crate::event::{Comment, Delivery, DeploymentRequest, Event, Head, IssueEdit, PreviousBody, Sender};
use crate::ids::{
    AccountId, CommentId, DeploymentId, InstallationId, IssueNumber, PullNumber, RepoName, Repository, RepositoryId,
    Sha, Timestamp,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Payload {
    action: Option<String>,
    installation: Option<WithId>,
    repository: Option<WireRepository>,
    sender: Option<Account>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    ref_type: Option<String>,
    deleted: Option<bool>,
    forced: Option<bool>,
    before: Option<String>,
    after: Option<String>,
    commits: Option<Vec<PushedCommit>>,
    number: Option<u64>,
    pull_request: Option<Pull>,
    issue: Option<Issue>,
    comment: Option<WireComment>,
    changes: Option<Changes>,
    release: Option<Release>,
    check_run: Option<WithHead>,
    check_suite: Option<WithHead>,
    sha: Option<String>,
    merge_group: Option<Group>,
    requested_action: Option<RequestedAction>,
    environment: Option<String>,
    deployment: Option<Deployment>,
    deployment_callback_url: Option<String>,
    deployment_status: Option<DeploymentStatus>,
    /// In our own deliveries alone, as [`Event::Recheck`] and those below it say.
    reviewed: Option<bool>,
    repository_state: Option<String>,
    pulls: Option<Vec<u64>>,
    issues: Option<Vec<u64>>,
    repositories: Option<Vec<WireRepository>>,
    repositories_added: Option<Vec<WireRepository>>,
    repositories_removed: Option<Vec<WireRepository>>,
}

#[derive(Deserialize)]
struct WithId {
    id: u64,
}

#[derive(Deserialize)]
struct WireRepository {
    id: u64,
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Account {
    login: Option<String>,
    id: Option<u64>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct PushedCommit {
    #[serde(default)]
    added: Option<Vec<String>>,
    #[serde(default)]
    modified: Option<Vec<String>>,
    #[serde(default)]
    removed: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    merged: Option<bool>,
    merge_commit_sha: Option<String>,
    base: Option<Side>,
    head: Option<Side>,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    git_ref: String,
    sha: Option<String>,
}

impl Side {
    fn commit(&self) -> Option<Sha> {
        self.sha.as_deref().and_then(Sha::parse)
    }
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    body: Option<String>,
    updated_at: Option<String>,
    pull_request: Option<Value>,
}

#[derive(Deserialize)]
struct WireComment {
    id: u64,
    body: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    user: Option<Account>,
    performed_via_github_app: Option<WireApp>,
}

#[derive(Deserialize)]
struct WireApp {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct Changes {
    body: Option<Value>,
    base: Option<ChangedBase>,
}

#[derive(Deserialize)]
struct ChangedBase {
    #[serde(rename = "ref")]
    git_ref: Option<From>,
}

#[derive(Deserialize)]
struct From {
    from: String,
}

#[derive(Deserialize)]
struct Release {
    tag_name: Option<String>,
    draft: Option<bool>,
}

#[derive(Deserialize)]
struct WithHead {
    head_sha: Option<String>,
    name: Option<String>,
    app: Option<WithId>,
}

#[derive(Deserialize)]
struct RequestedAction {
    identifier: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    head_sha: String,
    head_ref: String,
    base_sha: String,
    base_ref: String,
}

#[derive(Deserialize)]
struct Deployment {
    id: Option<u64>,
    sha: Option<String>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    environment: Option<String>,
}

#[derive(Deserialize)]
struct DeploymentStatus {
    state: Option<String>,
    environment: Option<String>,
}

/// Why a payload could not be read: where it differs, and nothing of what it holds.
#[derive(Debug, thiserror::Error)]
#[error("the payload cannot be read: {}", differs(.0))]
pub struct Malformed(#[from] serde_json::Error);

impl WireRepository {
    fn named(&self, installation: InstallationId) -> Option<Repository> {
        let name = RepoName::parse(self.full_name.as_deref()?)?;
        Some(Repository { installation, id: RepositoryId(self.id), name })
    }
}

/// Reads one delivery; `None` for an event or action that changes nothing for us.
///
/// # Errors
/// When the body is no JSON, or a field that we need has another type than GitHub documents.
pub fn parse(name: &str, guid: &str, body: &[u8]) -> Result<Option<Delivery>, Malformed> {
    let payload: Payload = serde_json::from_slice(body)?;
    let installation = payload.installation.as_ref().map(|i| InstallationId(i.id));
    let repository = installation.and_then(|i| payload.repository.as_ref().and_then(|r| r.named(i)));
    let sender = payload.sender.as_ref();
    let sender = Sender {
        login: sender.and_then(|s| s.login.clone()).unwrap_or_else(|| "ghost".to_owned()),
        id: sender.and_then(|s| s.id).map(AccountId),
        bot: sender.is_some_and(|s| s.kind.as_deref() == Some("Bot")),
        app: via(name, &payload),
    };
    let event = event(name, &payload, installation);
    Ok(event.map(|event| Delivery { guid: guid.to_owned(), installation, repository, sender, event }))
}

/// The App that wrote a comment in somebody's name. Of an edit of an issue GitHub does not say it: the field there is of who
/// opened the issue.
fn via(name: &str, payload: &Payload) -> Option<String> {
    let app = payload.comment.as_ref().filter(|_| name == "issue_comment")?.performed_via_github_app.as_ref()?;
    Some(app.slug.clone().unwrap_or_else(|| "of another owner".to_owned()))
}

fn event(name: &str, payload: &Payload, installation: Option<InstallationId>) -> Option<Event> {
    let action = payload.action.as_deref().unwrap_or_default();
    match name {
        "pull_request" => pull_request(action, payload),
        "push" => push(payload),
        "create" => {
            let name = payload.git_ref.as_deref()?;
            (payload.ref_type.as_deref() == Some("tag")).then(|| Event::Tag {
                name: name.strip_prefix("refs/tags/").unwrap_or(name).to_owned(),
                published: false,
            })
        }
        "release" => {
            let release = payload.release.as_ref()?;
            let name = release.tag_name.clone()?;
            match action {
                "published" | "released" if release.draft != Some(true) => Some(Event::Tag { name, published: true }),
                "unpublished" | "deleted" | "edited" | "prereleased" => Some(Event::TagChanged { name }),
                _ => None,
            }
        }
        "issues" => issues(action, payload),
        "issue_comment" => commented(action, payload),
        "check_run" | "check_suite" if action == "rerequested" => rerequested(payload),
        "check_run" if action == "requested_action" => {
            let pressed = payload.requested_action.as_ref()?.identifier.as_deref()?;
            if pressed == config::RECHECK { rerequested(payload) } else { None }
        }
        "check_run" | "check_suite" if action == "completed" => {
            let head = payload.check_run.as_ref().or(payload.check_suite.as_ref())?;
            // Our own are no evidence, and each of them is a delivery too.
            let own = head.name.as_deref().is_some_and(|name| name.starts_with(config::CHECK_PREFIX));
            let sha = Sha::parse(head.head_sha.as_deref()?)?;
            (!own).then_some(Event::CommitResult { sha })
        }
        "status" => Some(Event::CommitResult { sha: Sha::parse(payload.sha.as_deref()?)? }),
        "merge_group" => merge_group(action, payload.merge_group.as_ref()?),
        "deployment_status" => {
            let status = payload.deployment_status.as_ref()?;
            if status.state.as_deref() == Some("success") {
                return deployed(payload, status.environment.as_ref());
            }
            Some(Event::CommitResult { sha: Sha::parse(payload.deployment.as_ref()?.sha.as_deref()?)? })
        }
        "deployment_protection_rule" if action == "requested" => deployment_requested(payload, installation?),
        "installation" | "installation_repositories" => installed(action, payload, installation?),
        "repository" if matches!(action, "renamed" | "transferred") => Some(Event::Renamed),
        _ => own(name, payload),
    }
}

/// What Holdpoint asks of itself.
fn own(name: &str, payload: &Payload) -> Option<Event> {
    Some(match name {
        "holdpoint.recheck" => {
            Event::Recheck { reviewed: payload.reviewed == Some(true), state: payload.repository_state.clone() }
        }
        "holdpoint.issues" => {
            Event::RecheckIssues { numbers: payload.issues.iter().flatten().copied().map(IssueNumber).collect() }
        }
        "holdpoint.pulls" => {
            Event::RecheckPulls { numbers: payload.pulls.iter().flatten().copied().map(PullNumber).collect() }
        }
        "holdpoint.deployments" => Event::RecheckDeployments,
        _ => return None,
    })
}

fn rerequested(payload: &Payload) -> Option<Event> {
    let head = payload.check_run.as_ref().or(payload.check_suite.as_ref())?;
    Some(Event::Rerequested { sha: Sha::parse(head.head_sha.as_deref()?)?, app: head.app.as_ref().map(|app| app.id) })
}

fn merge_group(action: &str, group: &Group) -> Option<Event> {
    let branch = |name: &str| name.strip_prefix("refs/heads/").unwrap_or(name).to_owned();
    let head = Sha::parse(&group.head_sha)?;
    match action {
        "checks_requested" => Some(Event::MergeGroup {
            head,
            base: Sha::parse(&group.base_sha)?,
            branch: branch(&group.base_ref),
            name: branch(&group.head_ref),
        }),
        "destroyed" => Some(Event::MergeGroupDestroyed { head }),
        _ => None,
    }
}

fn pull_request(action: &str, payload: &Payload) -> Option<Event> {
    let pull = payload.pull_request.as_ref();
    let number = PullNumber(payload.number.or(pull.map(|p| p.number))?);
    match action {
        "opened" | "synchronize" | "reopened" | "edited" | "ready_for_review" | "converted_to_draft" | "labeled"
        | "unlabeled" => Some(Event::PullRequest { number, head: pull.and_then(head), old: old_head(action, payload) }),
        "closed" => {
            let pull = pull?;
            let merged = pull.merged == Some(true);
            let merged = merged.then(|| pull.merge_commit_sha.as_deref().and_then(Sha::parse)).flatten();
            let head = pull.head.as_ref().and_then(Side::commit);
            Some(Event::PullRequestClosed { number, merged, base: pull.base.as_ref()?.git_ref.clone(), head })
        }
        _ => None,
    }
}

/// What a pull request was before it was pushed to, or before it got another base.
fn head(pull: &Pull) -> Option<Head> {
    Some(Head { commit: pull.head.as_ref()?.commit()?, base: pull.base.as_ref()?.git_ref.clone() })
}

fn old_head(action: &str, payload: &Payload) -> Option<Head> {
    let pull = payload.pull_request.as_ref()?;
    if action == "synchronize" {
        let commit = payload.before.as_deref().and_then(Sha::parse)?;
        return Some(Head { commit, base: pull.base.as_ref()?.git_ref.clone() });
    }
    let base = payload.changes.as_ref()?.base.as_ref()?.git_ref.as_ref()?.from.clone();
    Some(Head { commit: pull.head.as_ref()?.commit()?, base })
}

fn commented(action: &str, payload: &Payload) -> Option<Event> {
    let (issue, comment) = (payload.issue.as_ref()?, payload.comment.as_ref()?);
    let on_pull = issue.pull_request.is_some();
    let by_bot = comment.user.as_ref().is_some_and(|user| user.kind.as_deref() == Some("Bot"));
    // A comment that was edited was executed as it was first written, or holds nothing that its author said at that time. One
    // that says nothing to us is noted on an issue, so that nobody can put words into it later.
    let body = comment.body.clone().filter(|body| {
        action == "created"
            && (body.contains("/hp") || !(on_pull || by_bot))
            && (comment.updated_at.is_none() || comment.updated_at == comment.created_at)
    });
    let commands = body.map(|body| Comment {
        id: CommentId(comment.id),
        number: issue.number,
        on_pull,
        body,
        at: comment.created_at.as_deref().and_then(Timestamp::parse).unwrap_or_default(),
    });
    if on_pull && !by_bot && matches!(action, "created" | "edited" | "deleted") {
        return Some(Event::PullRequestComment { number: PullNumber(issue.number), commands });
    }
    commands.map(Event::Comment)
}

fn deployed(payload: &Payload, environment: Option<&String>) -> Option<Event> {
    let deployment = payload.deployment.as_ref()?;
    let environment = environment.or(deployment.environment.as_ref()).filter(|name| !name.is_empty())?.clone();
    Some(Event::Deployed { environment, commit: Sha::parse(deployment.sha.as_deref()?)? })
}

/// A deployment that asks. Where GitHub makes no deployment of it, the commit is the one that started the workflow.
fn deployment_requested(payload: &Payload, installation: InstallationId) -> Option<Event> {
    let deployment = payload.deployment.as_ref();
    let text = |first: Option<&String>, second: Option<&String>| first.or(second).cloned();
    let environment = text(payload.environment.as_ref(), deployment.and_then(|d| d.environment.as_ref()));
    let repository = payload.repository.as_ref().and_then(|r| r.named(installation))?;
    Some(Event::DeploymentRequested(DeploymentRequest {
        environment: environment.filter(|name| !name.is_empty())?,
        commit: Sha::parse(&text(deployment.and_then(|d| d.sha.as_ref()), payload.sha.as_ref())?)?,
        git_ref: text(deployment.and_then(|d| d.git_ref.as_ref()), payload.git_ref.as_ref()).unwrap_or_default(),
        deployment: deployment.and_then(|d| d.id).map(DeploymentId),
        run: payload.deployment_callback_url.as_deref().and_then(|url| run_of(url, &repository.name)),
    }))
}

fn push(payload: &Payload) -> Option<Event> {
    let git_ref = payload.git_ref.as_deref()?;
    let gone =
        payload.deleted == Some(true) || payload.after.as_deref().and_then(Sha::parse).is_some_and(|s| s.is_zero());
    if let Some(tag) = git_ref.strip_prefix("refs/tags/").filter(|_| gone) {
        return Some(Event::TagChanged { name: tag.to_owned() });
    }
    if gone {
        return None;
    }
    if let Some(tag) = git_ref.strip_prefix("refs/tags/") {
        return Some(Event::Tag { name: tag.to_owned(), published: false });
    }
    let branch = git_ref.strip_prefix("refs/heads/")?.to_owned();
    // A branch that was set back lists no commits: what it lost may be anything.
    let touched = payload.forced == Some(true)
        || payload.commits.iter().flatten().any(|c| {
            [&c.added, &c.modified, &c.removed].into_iter().flatten().flatten().any(|path| path == config::PATH)
        });
    Some(Event::Push { branch, configuration: touched })
}

fn issues(action: &str, payload: &Payload) -> Option<Event> {
    let issue = payload.issue.as_ref()?;
    if issue.pull_request.is_some() {
        return None;
    }
    let number = IssueNumber(issue.number);
    match action {
        "edited" => Some(Event::IssueEdited(IssueEdit {
            number,
            body: issue.body.clone().unwrap_or_default(),
            before: before(payload.changes.as_ref().and_then(|c| c.body.as_ref())),
            at: issue.updated_at.as_deref().and_then(Timestamp::parse).unwrap_or_default(),
        })),
        "closed" | "reopened" => Some(Event::IssueChanged { number }),
        "deleted" => Some(Event::IssueRemoved { number, how: "deleted" }),
        "transferred" => Some(Event::IssueRemoved { number, how: "transferred" }),
        _ => None,
    }
}

/// GitHub's `changes.body` is there only for an edit of the body, and carries the old one. In any other form it says that there
/// was one, and not which.
fn before(changed: Option<&Value>) -> PreviousBody {
    match changed {
        None | Some(Value::Null | Value::Bool(false)) => PreviousBody::Unchanged,
        Some(value) => match value.get("from") {
            Some(Value::String(text)) => PreviousBody::Known(text.clone()),
            // The issue had no text.
            Some(Value::Null) => PreviousBody::Known(String::new()),
            Some(_) | None => PreviousBody::Unknown,
        },
    }
}

fn installed(action: &str, payload: &Payload, installation: InstallationId) -> Option<Event> {
    let named = |list: &Option<Vec<WireRepository>>| -> Vec<Repository> {
        list.iter().flatten().filter_map(|r| r.named(installation)).collect()
    };
    let ids = |list: &Option<Vec<WireRepository>>| -> Vec<RepositoryId> {
        list.iter().flatten().map(|r| RepositoryId(r.id)).collect()
    };
    match action {
        "created" | "unsuspend" | "new_permissions_accepted" => {
            Some(Event::Installed { repositories: named(&payload.repositories) })
        }
        "added" => Some(Event::Installed { repositories: named(&payload.repositories_added) }),
        "removed" => Some(Event::Uninstalled { repositories: ids(&payload.repositories_removed) }),
        "deleted" => Some(Event::Uninstalled { repositories: Vec::new() }),
        "suspend" => Some(Event::Suspended),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
