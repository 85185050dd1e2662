//! Makes effects true on GitHub. Each is a put: what is there already is left alone, and a repeat after a crash finds what the
//! first try did.
//!
//! The one race that GitHub leaves open: a post whose answer was lost. Before posting an issue or comment again we look for it;
//! for an issue we also wait 20 seconds, because a list may lag behind a write.

use super::release::put_renewal;
use super::{Context, Failure, OrFail as _};
use crate::checklist::Severity;
use crate::effect::{Annotation, CheckRun, Comment, Effect};
use crate::gate::Conclusion;
use crate::github::Error;
use crate::github::repo::Repo;
use crate::github::wire::{Issue, NewIssue, WireAnnotation, WireCheckRun, WireOutput};
use crate::ids::{CheckRunId, CommentId, IssueNumber, Sha, Timestamp};
use crate::release::Release;
use crate::release::body::Draft;
use crate::release::marker::{Found, read};
use crate::store::{Pending, Put, ReleaseRow, ReleaseState};
use sha2::{Digest, Sha256};
use std::sync::PoisonError;

/// GitHub takes this many annotations in one request.
/// Source: <https://docs.github.com/en/rest/checks/runs#create-a-check-run>.
const ANNOTATIONS: usize = 50;

/// Stands before the digest of a check run with annotations.
const NOTES: &str = "notes:";

/// How long after a post with an unknown outcome its issue must be in GitHub's list, in seconds.
const SETTLE: i64 = 20;

/// Applies effects in order.
pub(super) async fn all(ctx: &Context, repo: &Repo, effects: Vec<Effect>) -> Result<(), Failure> {
    for effect in effects {
        if let Some(planned) = &ctx.dry_run {
            planned.lock().unwrap_or_else(PoisonError::into_inner).push(effect);
            continue;
        }
        match effect {
            Effect::PutCheckRun(run) => put_check_run(ctx, repo, &run).await?,
            Effect::PutComment(comment) => put_comment(ctx, repo, &comment).await?,
            Effect::OpenIssue { release, draft, authors } => open_issue(ctx, repo, *release, &draft, &authors).await?,
            Effect::SettleRelease { release, failure } => settle(ctx, repo, *release, failure).await?,
            Effect::RenewRelease { row, release, opened, addition, title, authors } => {
                let rows = ctx.store.releases(repo.repository.id).await?;
                if let Some(known) = rows.iter().find(|r| r.id == row) {
                    let pending = Pending { addition, title };
                    ctx.store.renew_release(known, *release, opened, &authors, &pending).await?;
                    let row = ReleaseRow { pending: Some(pending), ..known.clone() };
                    put_renewal(ctx, repo, &row).await?;
                }
            }
            // A comment that was deleted meanwhile needs none.
            Effect::React { comment, reaction } => drop(repo.react(comment, reaction).await.or_fail(ctx)?),
            Effect::CloseIssue { number } => repo.close_issue(number).await.or_fail(ctx)?,
        }
    }
    Ok(())
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn check_key(sha: &Sha, name: &str) -> String {
    format!("check:{sha}:{name}")
}

/// What was written on a commit will be written again, whether it changed or not. The ids stay, so that runs are changed and
/// not doubled.
pub(super) async fn forget_checks(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<(), Failure> {
    let names = ctx
        .store
        .releases(repo.repository.id)
        .await?
        .into_iter()
        .map(|r| crate::config::check_name(&r.release.checklist));
    let usual = [
        crate::plan::review::CHECK.to_owned(),
        crate::plan::tasks::CHECK.to_owned(),
        crate::config::check_name("release"),
    ];
    for name in names.chain(usual) {
        let key = check_key(sha, &name);
        if let Some(put) = ctx.store.last_put(repo.repository.id, key.clone()).await? {
            let again = Put { github_id: put.github_id, digest: String::new() };
            ctx.store.note_put(repo.repository.id, key, again).await?;
        }
    }
    Ok(())
}

/// What stands on GitHub is not known from here until the next note: a write whose answer is lost may have been executed,
/// and then the text before it must not count as there.
async fn unsure(ctx: &Context, repo: &Repo, key: &str, last: Option<&Put>) -> Result<(), Failure> {
    let Some(put) = last else { return Ok(()) };
    let notes = if put.digest.starts_with(NOTES) { NOTES } else { "" };
    let unknown = Put { github_id: put.github_id, digest: notes.to_owned() };
    Ok(ctx.store.note_put(repo.repository.id, key.to_owned(), unknown).await?)
}

/// Whether the check of a checklist was ever written on a commit.
pub(super) async fn has_check(ctx: &Context, repo: &Repo, sha: &Sha, checklist: &str) -> Result<bool, Failure> {
    let key = check_key(sha, &crate::config::check_name(checklist));
    Ok(ctx.store.last_put(repo.repository.id, key).await?.is_some())
}

async fn put_check_run(ctx: &Context, repo: &Repo, run: &CheckRun) -> Result<(), Failure> {
    let key = check_key(&run.sha, &run.name);
    let json = serde_json::to_string(run).unwrap_or_default();
    // Annotations are appended by an update and can never be taken away: such a run is replaced by a new one.
    let notes = if run.annotations.is_empty() { "" } else { NOTES };
    let now = format!("{notes}{}", digest(&json));
    let last = ctx.store.last_put(repo.repository.id, key.clone()).await?;
    if last.as_ref().is_some_and(|put| put.digest == now) {
        return Ok(());
    }
    unsure(ctx, repo, &key, last.as_ref()).await?;
    let (first, rest) = run.annotations.split_at(run.annotations.len().min(ANNOTATIONS));
    let mut id = None;
    if let Some(put) = last.filter(|put| notes.is_empty() && !put.digest.starts_with(NOTES)) {
        let known = CheckRunId(put.github_id);
        if repo.update_check_run(known, &wire(run, None, first)).await.or_fail(ctx)? {
            id = Some(known);
        }
    }
    let id = match id {
        Some(id) => id,
        None => repo.create_check_run(&wire(run, Some(run.sha.as_str()), first)).await.or_fail(ctx)?,
    };
    for more in rest.chunks(ANNOTATIONS) {
        repo.update_check_run(id, &wire(run, None, more)).await.or_fail(ctx)?;
    }
    ctx.store.note_put(repo.repository.id, key, Put { github_id: id.0, digest: now }).await?;
    Ok(())
}

fn wire<'r>(run: &'r CheckRun, head_sha: Option<&'r str>, annotations: &'r [Annotation]) -> WireCheckRun<'r> {
    let (status, conclusion) = match run.conclusion {
        Conclusion::Success => ("completed", Some("success")),
        Conclusion::InProgress => ("in_progress", None),
        Conclusion::ActionRequired => ("completed", Some("action_required")),
        Conclusion::Failure => ("completed", Some("failure")),
    };
    WireCheckRun {
        name: &run.name,
        head_sha,
        status,
        conclusion,
        details_url: run.details_url.as_deref(),
        output: WireOutput {
            title: &run.title,
            summary: &run.summary,
            annotations: annotations
                .iter()
                .map(|a| WireAnnotation {
                    path: &a.path,
                    start_line: a.line,
                    end_line: a.line,
                    annotation_level: match a.severity {
                        Severity::Note => "notice",
                        Severity::Warning => "warning",
                        Severity::Error => "failure",
                    },
                    message: &a.message,
                })
                .collect(),
        },
    }
}

async fn put_comment(ctx: &Context, repo: &Repo, comment: &Comment) -> Result<(), Failure> {
    let marker = comment.kind.marker();
    let key = format!("comment:{}:{marker}", comment.number);
    let body = format!("{}\n\n{marker}", comment.body);
    let now = digest(&body);
    let last = ctx.store.last_put(repo.repository.id, key.clone()).await?;
    if last.as_ref().is_some_and(|put| put.digest == now) || (last.is_none() && !comment.create) {
        return Ok(());
    }
    unsure(ctx, repo, &key, last.as_ref()).await?;
    let mut id = last.map(|put| CommentId(put.github_id));
    if id.is_none() {
        let bot = bot(ctx).await?;
        id = repo.find_comment(comment.number, &bot, &marker).await.or_fail(ctx)?;
    }
    if let Some(known) = id
        && !repo.edit_comment(known, &body).await.or_fail(ctx)?
    {
        // Somebody deleted it.
        id = None;
        if !comment.create {
            return Ok(ctx.store.forget_put(repo.repository.id, key).await?);
        }
    }
    let id = match id {
        Some(id) => id,
        None => repo.post_comment(comment.number, &body).await.or_fail(ctx)?,
    };
    ctx.store.note_put(repo.repository.id, key, Put { github_id: id.0, digest: now }).await?;
    Ok(())
}

/// The login under which the App writes.
pub(super) async fn bot(ctx: &Context) -> Result<String, Failure> {
    Ok(format!("{}[bot]", ctx.github.me().await.or_fail(ctx)?.slug))
}

async fn settle(ctx: &Context, repo: &Repo, release: Release, failure: Option<String>) -> Result<(), Failure> {
    let row = ctx.store.claim_release(repo.repository.id, release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(());
    }
    let state = if failure.is_some() { ReleaseState::Failed } else { ReleaseState::Nothing };
    Ok(ctx.store.settle_release(row.id, state, failure).await?)
}

/// Opens the issue of a release exactly once. The row is claimed first; before any post the App's own issues are searched for
/// the release's marker, so that a crash, a lost answer or a lost database opens no second one.
async fn open_issue(
    ctx: &Context,
    repo: &Repo,
    release: Release,
    draft: &Draft,
    authors: &[String],
) -> Result<(), Failure> {
    let row = ctx.store.claim_release(repo.repository.id, release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(());
    }
    // An issue that was deleted is not found and not missed: asked for again, it is opened again.
    if let Some((found, opener)) = find_issue(ctx, repo, &row).await? {
        // Whose ticks a second person is wanted for is told by the line that we signed then.
        if !opener.is_empty() && opener != row.release.actor {
            ctx.store.opened_by(row.id, opener).await?;
        }
        // What was asked for is what we would post; people may have been at the body since.
        ctx.store.issue_opened(row.id, found.number, draft.body.clone(), authors).await?;
        return Ok(ctx.store.record(row.id, Vec::new(), found.body, found.updated_at).await?);
    }
    if let Some(posted) = row.posted_at
        && ctx.now().0 < posted.0 + SETTLE
    {
        let at_ms = Some((posted.0 + SETTLE) * 1_000);
        return Err(Failure::Retry {
            at_ms,
            message: "waiting whether a post was executed whose answer was lost".to_owned(),
        });
    }
    let mut posted = post(ctx, repo, &row, draft, &draft.assignees, draft.issue_type.as_deref()).await;
    // GitHub refuses the whole issue for one assignee whom it does not know, and for a type that the organisation has not.
    for (assignees, kind) in [(&[][..], draft.issue_type.as_deref()), (&[][..], None)] {
        if matches!(posted, Err(Error::Validation { .. }))
            && (!draft.assignees.is_empty() || draft.issue_type.is_some())
        {
            posted = post(ctx, repo, &row, draft, assignees, kind).await;
        }
    }
    match posted {
        Ok(number) => Ok(ctx.store.issue_opened(row.id, number, draft.body.clone(), authors).await?),
        Err(error @ (Error::Gone { .. } | Error::Validation { .. } | Error::Forbidden { .. })) => {
            Ok(ctx.store.settle_release(row.id, ReleaseState::Failed, Some(refused(&error))).await?)
        }
        Err(error) => Err(ctx.failed(&error)),
    }
}

/// Why GitHub takes no issue from us, and how to mend it.
fn refused(error: &Error) -> String {
    let again = "then press \"Re-run\"";
    if matches!(error, Error::Gone { .. }) {
        return format!(
            "issues are switched off in this repository, so its release issue cannot be opened: switch them on in Settings under Features, {again}"
        );
    }
    let Error::Forbidden { message } = error else {
        return format!("the release issue could not be opened: {error}");
    };
    if message.to_lowercase().contains("archived") {
        return format!("this repository is archived, so its release issue cannot be opened: unarchive it, {again}");
    }
    format!(
        "GitHub does not let Holdpoint open the release issue ({message}): look at the App's permissions in the settings of its installation, {again}"
    )
}

async fn post(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    draft: &Draft,
    assignees: &[String],
    issue_type: Option<&str>,
) -> Result<IssueNumber, Error> {
    let noted = |at: Option<Timestamp>| async move {
        ctx.store.posting(row.id, at).await.map_err(|e| Error::Transport { message: e.to_string() })
    };
    noted(Some(ctx.now())).await?;
    let new = NewIssue {
        title: &draft.title,
        body: &draft.body,
        labels: &draft.labels,
        assignees: assignees.get(..assignees.len().min(10)).unwrap_or_default(),
        issue_type,
    };
    let posted = repo.open_issue(&new).await;
    if posted.as_ref().is_err_and(|error| !error.outcome_unknown()) {
        noted(None).await?;
    }
    posted
}

/// The issue of a release among those that the App opened, by its signed marker, and who that says opened the release.
async fn find_issue(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Option<(Issue, String)>, Failure> {
    let bot = bot(ctx).await?;
    let issues = repo.issues_by(&bot, None).await.or_fail(ctx)?;
    Ok(issues.into_iter().find_map(|issue| match read(&issue.body, &ctx.keys) {
        Found::Ours(marker) => {
            let own = marker.repository == repo.repository.id
                && marker.release.checklist == row.release.checklist
                && marker.release.key == row.release.key;
            own.then_some((issue, marker.release.actor))
        }
        Found::UnknownVersion(_) | Found::Forged | Found::Nothing => None,
    }))
}
