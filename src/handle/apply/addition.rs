//! Puts into a release's issue what a later candidate adds to it, and opens further parts where that would be too long.

use super::super::own_issues::of_row;
use super::super::release_parts::{claims, required_text};
use super::super::{Context, Failure, OrFail as _};
use super::candidate;
use super::issue::{each, unsorted};
use crate::github::repo::Repo;
use crate::github::wire::{Issue, IssueChange};
use crate::message::failure::not_added;
use crate::message::issue_problem;
use crate::release::addition::{contains_addition, insert, remove_addition};
use crate::release::issue_body::{self, LIMIT};
use crate::release::parts::{base_title, join, titled};
use crate::store::{PartRow, Pending, ReleaseRow};

/// So often an issue is read again and changed until the addition is in it.
const MAX_ATTEMPTS: usize = 3;

/// Puts into the issue what is pending, if anything is: behind what the last part asks for, or into a part of its own where
/// that would be too long.
pub(in super::super) async fn put(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<(), Failure> {
    let (Some(pending), Some(first)) = (&row.pending, row.issue) else { return Ok(()) };
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let mut parts = ensure_posted(ctx, repo, row).await?;
    let placed = |parts: &[PartRow]| parts.iter().any(|p| contains_addition(&p.opened, &pending.addition));
    for _ in 0..MAX_ATTEMPTS {
        let number = parts.last().and_then(|p| p.issue).unwrap_or(first);
        // An issue that is gone has a delivery of its own.
        let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(()) };
        let lacks =
            !pending.addition.is_empty() && !placed(&parts) && !contains_addition(&issue.body, &pending.addition);
        let body = lacks.then(|| insert(&issue.body, &pending.addition));
        if body.as_ref().is_some_and(|body| body.chars().count() > LIMIT) {
            parts = add_part(ctx, repo, row, pending, parts).await?;
            continue;
        }
        let title = title(&issue, pending, parts.len(), parts.len());
        if !lacks && title.is_none() {
            if let Some(last) = parts.last().filter(|_| !placed(&parts)) {
                let opened = insert(&last.opened, &pending.addition);
                let whole = parts.iter().map(|p| if p.part == last.part { opened.as_str() } else { p.opened.as_str() });
                ctx.store.set_part_text(row.id, last.part, opened.clone(), join(whole)).await?;
            }
            rename(ctx, repo, pending, &parts).await?;
            candidate::begin(ctx, repo, first, &parts).await?;
            return Ok(ctx.store.clear_pending(row.id).await?);
        }
        // Closed as complete, and something is left to do again.
        let state = (lacks && !issue.open).then_some("open");
        let change = IssueChange { title: title.as_deref(), body: body.as_deref(), state };
        repo.change_issue(number, &change).await.or_fail(ctx)?;
    }
    Err(Failure::Retry { at_ms: None, message: not_added(first) })
}

/// The title that an issue shall have, where it has another one by our doing.
fn title(issue: &Issue, pending: &Pending, part: usize, of: usize) -> Option<String> {
    let (was, new) = &pending.title;
    if of == 0 {
        return Some(new.clone()).filter(|new| issue.title == *was && *new != issue.title);
    }
    let base = base_title(&issue.title);
    let wanted = titled(new, part, of);
    (!new.is_empty() && (base == was || base == new) && wanted != issue.title).then_some(wanted)
}

/// The titles of all parts but the last; and the first one is opened again where something was added.
async fn rename(ctx: &Context, repo: &Repo, pending: &Pending, parts: &[PartRow]) -> Result<(), Failure> {
    for part in parts.iter().rev().skip(1) {
        let Some(number) = part.issue else { continue };
        let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { continue };
        let title = title(&issue, pending, part.part, parts.len());
        let again = part.part == 1 && !pending.addition.is_empty() && !issue.open;
        if title.is_some() || again {
            let change = IssueChange { title: title.as_deref(), body: None, state: again.then_some("open") };
            repo.change_issue(number, &change).await.or_fail(ctx)?;
        }
    }
    Ok(())
}

/// The parts, with those opened that an earlier try began.
async fn ensure_posted(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Vec<PartRow>, Failure> {
    let parts = ctx.store.parts(row.id).await?;
    if parts.iter().all(|p| p.issue.is_some()) {
        return Ok(parts);
    }
    let own = of_row(ctx, repo, row).await?;
    let found = each(ctx, repo, row, &parts, &own, &unsorted(), &mut Vec::new()).await?;
    found.map_err(|error| ctx.failed(&error))?;
    let parts = ctx.store.parts(row.id).await?;
    let whole = join(parts.iter().map(|p| p.body.as_str()));
    ctx.store.record_parts(row.id, Vec::new(), Vec::new(), whole).await?;
    Ok(parts)
}

/// Opens what is pending as further parts.
async fn add_part(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    pending: &Pending,
    mut parts: Vec<PartRow>,
) -> Result<Vec<PartRow>, Failure> {
    let site = ctx.site(&repo.repository);
    let known = parts.len().max(1);
    let title = if pending.title.1.is_empty() { &row.release.label } else { &pending.title.1 };
    let (id, keys) = (repo.repository.id, &ctx.keys);
    let new = issue_body::further(title, &row.release, &site, &pending.addition, known, id, keys)
        .map_err(|problem| Failure::Retry { at_ms: None, message: issue_problem::sentence(&problem) })?;
    if parts.is_empty() {
        parts.push(PartRow {
            part: 1,
            draft: None,
            posted_at: None,
            issue: row.issue,
            opened: remove_addition(&row.opened_body, &pending.addition),
            body: row.body.clone(),
            body_at: row.body_at,
        });
    }
    parts.extend(claims(&new));
    let whole = required_text(&parts);
    ctx.store.claim_parts(row.id, id, parts, whole, false).await?;
    ensure_posted(ctx, repo, row).await
}
