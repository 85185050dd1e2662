//! Makes effects true on GitHub. Each is a put: what is there already is left alone, and a repeat after a crash finds what the
//! first try did.
//!
//! The one race that GitHub leaves open: a post whose answer was lost. Before posting a comment again we look for it; how an
//! issue is opened is told in `issue.rs`.

pub(super) mod addition;
pub(super) mod candidate;
mod deployment;
pub(super) mod index;
pub(super) mod issue;
pub(super) mod new_issue;

use super::own_checks::{bot, check_key};
use super::{Context, Failure, OrFail as _, side_by_side};
use crate::checklist::Severity;
use crate::config;
use crate::effect::{Annotation, CheckRun, Comment, Effect};
use crate::gate::Conclusion;
use crate::github::Error;
use crate::github::repo::Repo;
use crate::github::wire::{IssueChange, WireAction, WireAnnotation, WireCheckRun, WireOutput};
use crate::ids::{CheckRunId, CommentId, IssueNumber, Sha};
use crate::message;
use crate::release::Release;
use crate::store::{Listed, Pending, ReleaseRow, ReleaseState, Written};
use futures_util::FutureExt as _;
use issue::open_issue;
use sha2::{Digest, Sha256};
use std::sync::PoisonError;

/// GitHub takes this many annotations in one request.
/// Source: <https://docs.github.com/en/rest/checks/runs#create-a-check-run>.
const ANNOTATIONS: usize = 50;

/// Stands before the digest of a check run with annotations.
const NOTES: &str = "notes:";

/// Applies effects in order.
pub(super) async fn all(ctx: &Context, repo: &Repo, effects: Vec<Effect>) -> Result<(), Failure> {
    for effect in effects {
        one(ctx, repo, effect).await?;
    }
    Ok(())
}

/// Applies effects of which each has another subject: the checks of different commits, or of different names.
pub(super) async fn of_different_subjects(ctx: &Context, repo: &Repo, effects: Vec<Effect>) -> Result<(), Failure> {
    side_by_side(effects.into_iter().map(|effect| one(ctx, repo, effect).boxed()).collect()).await
}

async fn one(ctx: &Context, repo: &Repo, effect: Effect) -> Result<(), Failure> {
    if let Some(planned) = &ctx.dry_run {
        planned.lock().unwrap_or_else(PoisonError::into_inner).push(effect);
        return Ok(());
    }
    match effect {
        Effect::PutCheckRun(run) => put_check_run(ctx, repo, &run).await,
        Effect::PutComment(comment) => put_comment(ctx, repo, &comment).await,
        Effect::OpenIssue { release, draft, authors } => {
            Box::pin(open_issue(ctx, repo, *release, &draft, &authors)).await
        }
        Effect::SkipRelease { release, failure } => settle(ctx, repo, *release, failure).await,
        Effect::UpdateRelease { row, release, opened, addition, title, authors } => {
            let Some(known) = ctx.store.release_by_id(row).await? else { return Ok(()) };
            let pending = Pending { addition, title };
            ctx.store.update_release(&known, (*release).clone(), opened.clone(), &authors, &pending).await?;
            let listed = Listed { release: *release, ..known.listed };
            let row = ReleaseRow { listed, opened_body: opened, pending: Some(pending), ..known };
            Box::pin(addition::put(ctx, repo, &row)).await.map(drop)
        }
        // A comment that was deleted meanwhile needs none.
        Effect::React { comment, reaction } => repo.react(comment, reaction).await.or_fail(ctx).map(drop),
        Effect::AnswerDeployment(answer) => deployment::put(ctx, repo, &answer).await,
        Effect::CloseIssue { number } => repo.close_issue(number).await.or_fail(ctx),
        Effect::ReopenIssue { number } => reopen(ctx, repo, number).await,
    }
}

/// Opens a closed issue again. That it stays closed must keep no check from going back.
async fn reopen(ctx: &Context, repo: &Repo, number: IssueNumber) -> Result<(), Failure> {
    let change = IssueChange { state: Some("open"), ..IssueChange::default() };
    match repo.change_issue(number, &change).await {
        Err(error @ (Error::NotFound | Error::Gone { .. } | Error::Forbidden { .. } | Error::Validation { .. })) => {
            tracing::warn!(%error, issue = number.0, "the issue could not be opened again");
            Ok(())
        }
        Err(error) => Err(ctx.failed(&error)),
        Ok(_) => Ok(()),
    }
}

pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// What was written on a commit will be written again, whether it changed or not. The ids stay, so that runs are changed and
/// not doubled. What is doubted is written again anyway.
pub(super) async fn forget_checks(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<(), Failure> {
    for (key, put) in checks_on(ctx, repo, sha).await? {
        if !put.is_doubted() {
            let again = Written { digest: String::new(), ..put };
            ctx.store.record_written(repo.repository.id, key, again).await?;
        }
    }
    Ok(())
}

/// All that was written on a commit, by its keys.
async fn checks_on(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<Vec<(String, Written)>, Failure> {
    let mut found = Vec::new();
    for key in ctx.store.written_below(repo.repository.id, check_key(sha, "")).await? {
        let put = ctx.store.last_written(repo.repository.id, key.clone()).await?;
        found.extend(put.map(|put| (key, put)));
    }
    Ok(found)
}

/// What stands on GitHub is not known from here until the next note: a write whose answer is lost may have been executed,
/// and then the text before it must not count as there.
async fn unsure(ctx: &Context, repo: &Repo, key: &str, last: Option<&Written>) -> Result<(), Failure> {
    let Some(put) = last else { return Ok(()) };
    let notes = if put.digest.starts_with(NOTES) { NOTES } else { "" };
    let unknown = Written { github_id: put.github_id, digest: notes.to_owned() };
    Ok(ctx.store.record_written(repo.repository.id, key.to_owned(), unknown).await?)
}

/// What was last written under the key of a commit's check. Where only an older copy of the database says so, the commit's checks are
/// read from GitHub first, for the ids that they have by now, and each is written anew. Where GitHub shows none, the copy's id stays.
async fn last_check(ctx: &Context, repo: &Repo, sha: &Sha, key: &str) -> Result<Option<Written>, Failure> {
    let id = repo.repository.id;
    let last = ctx.store.last_written(id, key.to_owned()).await?;
    if !last.as_ref().is_some_and(Written::is_doubted) {
        return Ok(last);
    }
    let runs = repo.own_checks(sha, ctx.github.id()).await.or_fail(ctx)?;
    for (key, put) in checks_on(ctx, repo, sha).await? {
        let run = runs.iter().find(|run| check_key(sha, &run.name) == key);
        // Annotations cannot be taken away, and may be there: such a run is replaced.
        let is_gate = run.is_some_and(|run| config::checklist_of_check(&run.name).is_some());
        let digest = if is_gate { "" } else { NOTES }.to_owned();
        let github_id = run.and_then(|run| run.run).unwrap_or(put.github_id);
        ctx.store.record_written(id, key, Written { github_id, digest }).await?;
    }
    Ok(ctx.store.last_written(id, key.to_owned()).await?)
}

async fn put_check_run(ctx: &Context, repo: &Repo, run: &CheckRun) -> Result<(), Failure> {
    let key = check_key(&run.sha, &run.name);
    let now = fingerprint(run);
    // Annotations are appended by an update and can never be taken away: such a run is replaced by a new one.
    let notes = if run.annotations.is_empty() { "" } else { NOTES };
    let last = last_check(ctx, repo, &run.sha, &key).await?;
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
    ctx.store.record_written(repo.repository.id, key, Written { github_id: id.0, digest: now }).await?;
    Ok(())
}

/// By this it is known whether a run that is to be written stands there already.
fn fingerprint(run: &CheckRun) -> String {
    let mut json = serde_json::to_string(run).unwrap_or_default();
    if run.offers_recheck() {
        json.push_str(config::RECHECK);
    }
    let notes = if run.annotations.is_empty() { "" } else { NOTES };
    format!("{notes}{}", digest(&json))
}

/// Ends a run that still goes on. One that is gone, or whose commit is, needs no end.
pub(super) async fn end_run(ctx: &Context, repo: &Repo, run: CheckRun) -> Result<(), Failure> {
    if let Some(planned) = &ctx.dry_run {
        planned.lock().unwrap_or_else(PoisonError::into_inner).push(Effect::PutCheckRun(run));
        return Ok(());
    }
    let key = check_key(&run.sha, &run.name);
    let Some(put) = last_check(ctx, repo, &run.sha, &key).await? else { return Ok(()) };
    unsure(ctx, repo, &key, Some(&put)).await?;
    repo.update_check_run(CheckRunId(put.github_id), &wire(&run, None, &[])).await.or_fail(ctx)?;
    let put = Written { github_id: put.github_id, digest: fingerprint(&run) };
    Ok(ctx.store.record_written(repo.repository.id, key, put).await?)
}

/// What is put next on a commit under this name begins a new run; gives the one that was there.
pub(super) async fn let_go(ctx: &Context, repo: &Repo, sha: &Sha, name: &str) -> Result<Option<CheckRunId>, Failure> {
    let key = check_key(sha, name);
    let known = last_check(ctx, repo, sha, &key).await?.map(|put| CheckRunId(put.github_id));
    ctx.store.forget_written(repo.repository.id, key).await?;
    Ok(known)
}

/// Ends the run of this id, which another one follows.
pub(super) async fn end_old_run(ctx: &Context, repo: &Repo, id: CheckRunId, run: &CheckRun) -> Result<(), Failure> {
    repo.update_check_run(id, &wire(run, None, &[])).await.or_fail(ctx).map(drop)
}

fn wire<'r>(run: &'r CheckRun, head_sha: Option<&'r str>, annotations: &'r [Annotation]) -> WireCheckRun<'r> {
    let (status, conclusion) = match run.conclusion {
        Conclusion::Success => ("completed", Some("success")),
        Conclusion::Unread | Conclusion::InProgress => ("in_progress", None),
        Conclusion::ActionRequired => ("completed", Some("action_required")),
        Conclusion::Failure => ("completed", Some("failure")),
        Conclusion::Cancelled => ("completed", Some("cancelled")),
    };
    let (label, description) = message::RECHECK;
    let button = || WireAction { label, description, identifier: config::RECHECK };
    let buttons: Vec<_> = run.offers_recheck().then(button).into_iter().collect();
    // A run that had a button keeps it until it is told that it has none.
    let actions = (head_sha.is_none() || !buttons.is_empty()).then_some(buttons);
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
        actions,
    }
}

async fn put_comment(ctx: &Context, repo: &Repo, comment: &Comment) -> Result<(), Failure> {
    let marker = comment.kind.marker();
    let key = format!("comment:{}:{marker}", comment.number);
    let body = format!("{}\n\n{marker}", comment.body);
    let now = digest(&body);
    let last = ctx.store.last_written(repo.repository.id, key.clone()).await?;
    if last.as_ref().is_some_and(|put| put.digest == now) || (last.is_none() && !comment.create) {
        return Ok(());
    }
    unsure(ctx, repo, &key, last.as_ref()).await?;
    let mut id = last.map(|put| CommentId(put.github_id));
    if id.is_none() {
        let bot = bot(ctx).await?;
        let Some(found) =
            there(ctx, comment, repo.find_comment(comment.number, (ctx.github.id(), &bot), &marker).await)?
        else {
            return Ok(());
        };
        id = found;
    }
    if let Some(known) = id
        && !repo.edit_comment(known, &body).await.or_fail(ctx)?
    {
        // Somebody deleted it.
        id = None;
        if !comment.create {
            return Ok(ctx.store.forget_written(repo.repository.id, key).await?);
        }
    }
    let id = match id {
        Some(id) => id,
        None => match there(ctx, comment, repo.post_comment(comment.number, &body).await)? {
            Some(id) => id,
            None => return Ok(()),
        },
    };
    ctx.store.record_written(repo.repository.id, key, Written { github_id: id.0, digest: now }).await?;
    Ok(())
}

/// Deleted or transferred meanwhile, the issue takes no comment, and there is nobody to tell. What rests on it is decided without:
/// its own delivery says that it is gone, and before anything turns green it is read.
fn there<T>(ctx: &Context, comment: &Comment, answer: Result<T, Error>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error @ (Error::NotFound | Error::Gone { .. })) => {
            tracing::warn!(issue = comment.number, %error, "a comment has no place any more");
            Ok(None)
        }
        Err(error) => Err(ctx.failed(&error)),
    }
}

async fn settle(ctx: &Context, repo: &Repo, release: Release, failure: Option<String>) -> Result<(), Failure> {
    let row = ctx.store.claim_release(repo.repository.id, release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(());
    }
    let state = if failure.is_some() { ReleaseState::Failed } else { ReleaseState::Nothing };
    Ok(ctx.store.set_release_state(row.id, state, failure).await?)
}
