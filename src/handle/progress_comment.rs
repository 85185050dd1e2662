//! How far a release is, and the comment that shows it.

use super::{Context, Failure, apply, gate, release_parts, release_state};
use crate::checklist::parse;
use crate::config::ChecklistConfig;
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha, Timestamp};
use crate::message::progress::{FinalRecord, LedgerText, shares};
use crate::message::release_issue::SIGNED_LINE_CHANGED;
use crate::plan;
use crate::plan::ticks::Issues;
use crate::release::marker::{MarkerStatus, read};
use crate::store::{self, ReleaseRow, ReleaseState};

/// The progress comment of a release that was just opened or looked at again.
pub(super) async fn show(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<(), Failure> {
    if row.state != ReleaseState::Open || row.issue.is_none() {
        return Ok(());
    }
    let issues = release_parts::issues(ctx, row).await?;
    show_present(ctx, repo, row, config, &issues).await
}

/// As [`show`]; `open` are the issues that are open.
pub(super) async fn show_present(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
    open: &[IssueNumber],
) -> Result<(), Failure> {
    let Some(number) = row.issue else { return Ok(()) };
    let progress = release_state::progress_of(ctx, row, config).await?;
    let parts = ctx.store.parts(row.id).await?;
    let ours = |body: &str| matches!(read(body, &ctx.keys), MarkerStatus::Ours(_));
    let marked = if parts.is_empty() { ours(&row.body) } else { parts.iter().all(|p| ours(&p.body)) };
    let mut notes = row.notes.clone();
    if !marked {
        notes.push(SIGNED_LINE_CHANGED.to_owned());
    }
    let asks = |p: &store::PartRow| p.issue.map(|issue| (issue, parse::parse(&p.opened).0.items.len()));
    let complete = format!("complete:{number}");
    let noted = ctx.store.last_written(repo.repository.id, complete.clone()).await?;
    let done_by = done_by(ctx, row).await?;
    // Where nobody did anything since, a rule changed. That opens no issue of a release that everybody has already.
    let by_rule = !progress.is_finished() && noted.as_ref().is_some_and(|put| put.digest == done_by);
    let release = &row.release;
    let stays_closed = by_rule && gate::is_everywhere(ctx, repo, &release.checklist, &release.commit).await?;
    let were_complete = noted.is_some() && !stays_closed;
    let parts = &shares(&progress, parts.iter().filter_map(asks));
    let issues = Issues { first: number, open, parts, were_complete };
    let closing = if progress.is_finished() { Some(closing(ctx, repo, row).await?) } else { None };
    apply::all(ctx, repo, plan::ticks::show(&issues, &progress, config, &notes.join("\n\n"), closing.as_ref())).await?;
    // Noted behind the effects: a turn whose effects were lost is made again.
    match progress.is_finished() {
        _ if ctx.dry_run.is_some() || stays_closed => Ok(()),
        true if noted.is_some_and(|put| put.digest == done_by) => Ok(()),
        true => {
            let note = store::Written { github_id: number.0, digest: done_by };
            Ok(ctx.store.record_written(repo.repository.id, complete, note).await?)
        }
        false if were_complete => Ok(ctx.store.forget_written(repo.repository.id, complete).await?),
        false => Ok(()),
    }
}

/// What people did and what was found for a release, as a digest: where it is the same, only the rules can have changed.
async fn done_by(ctx: &Context, row: &ReleaseRow) -> Result<String, Failure> {
    let head = ctx.store.ledger_mark(row.id).await?.map(|head| (head.position, head.hash.to_string()));
    let verified = serde_json::to_string(&row.verified).unwrap_or_default();
    Ok(apply::digest(&format!("{head:?} {} {} {verified}", row.release.commit, row.body)))
}

/// What the closing record tells beside the progress.
async fn closing(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<FinalRecord, Failure> {
    let site = ctx.site(&repo.repository);
    let named = |label: &str, commit: &Sha| (label.to_owned(), commit.short().to_owned(), site.commit(commit));
    let release = &row.release;
    let earlier = row.earlier.iter().rev().map(|e| named(&e.label, &e.commit));
    let lines = ctx.store.ledger_lines(row.id).await?.into_iter().map(|line| LedgerText {
        text: line.text.clone().unwrap_or_else(|| line.item.clone()),
        record: store::record_of(line),
    });
    Ok(FinalRecord {
        commits: std::iter::once(named(&release.label, &release.commit)).chain(earlier).collect(),
        previous: release.previous.as_ref().map(|p| p.label.clone()),
        checklist: release.checklist.clone(),
        actor: release.actor.login.clone(),
        opened: release.date.clone(),
        lines: lines.collect(),
        head: ctx.store.ledger_mark(row.id).await?.map(|head| (head.position, head.hash.to_string())),
    })
}

/// Reminds of what is open, where the configuration asks for it and it is time.
pub(super) async fn remind(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<(), Failure> {
    let (Some(remind), Some(issue), ReleaseState::Open) = (&config.remind, row.issue, row.state) else { return Ok(()) };
    let key = format!("reminded:{issue}");
    let reminded = ctx.store.last_written(repo.repository.id, key.clone()).await?;
    let last = ctx.store.ledger(row.id).await?.iter().map(|r| r.at).max();
    let progress = release_state::progress_of(ctx, row, config).await?;
    let facts = plan::remind::Facts {
        issue,
        progress: &progress,
        quiet_since: last.unwrap_or_default().max(row.posted_at.unwrap_or(row.claimed_at)),
        reminded: reminded.and_then(|put| put.digest.parse().ok()).map(Timestamp),
        now: ctx.now(),
    };
    let Some(effect) = plan::remind::remind(remind, &facts) else { return Ok(()) };
    apply::all(ctx, repo, vec![effect]).await?;
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let note = store::Written { github_id: issue.0, digest: facts.now.0.to_string() };
    Ok(ctx.store.record_written(repo.repository.id, key, note).await?)
}
