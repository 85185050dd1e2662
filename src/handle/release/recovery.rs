//! Issues that the index does not know any more.

use super::super::facts;
use super::super::own_issues::{self, is_of};
use super::super::release_parts::{claims, required_text};
use super::super::{Context, Failure, OrFail as _, apply, gate, own_checks};
use super::contents::{Judge, draft};
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::github::wire::Issue;
use crate::ids::{Account, IssueNumber};
use crate::message::release_issue::lost_part;
use crate::plan::Configuration;
use crate::release::issue_body::Draft;
use crate::release::marker::Marker;
use crate::release::parts::join;
use crate::store::{ReleaseRow, ReleaseState};

/// An issue that the index does not know but that carries our marker: the database was lost. What was asked for is read again
/// from git; who ticked what is not known any more, so nothing counts until it is ticked again.
pub(in super::super) async fn recover(
    ctx: &Context,
    repo: &Repo,
    number: IssueNumber,
    marked: bool,
) -> Result<Option<ReleaseRow>, Failure> {
    if !marked {
        return Ok(None);
    }
    let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(None) };
    match own_line(ctx, repo, &issue).await? {
        Some(marker) => recover_release(ctx, repo, number, *marker).await,
        None => Ok(None),
    }
}

/// The signed line of an issue of ours, as it was opened with it.
async fn own_line(ctx: &Context, repo: &Repo, issue: &Issue) -> Result<Option<Box<Marker>>, Failure> {
    // A copy of a marked body in somebody else's issue is no release.
    if !issue.is_by(ctx.github.id(), &own_checks::bot(ctx).await?) {
        return Ok(None);
    }
    let line = own_issues::opened_line(ctx, repo, issue).await?;
    Ok(line.filter(|marker| marker.repository == repo.repository.id))
}

/// Asks git for what the issue of a line asked for, and keeps the release.
async fn recover_release(
    ctx: &Context,
    repo: &Repo,
    number: IssueNumber,
    marker: Marker,
) -> Result<Option<ReleaseRow>, Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(None) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(None) };
    let (release, judge) = (marker.release, Judge::Commit(marker.reference));
    // Of a checklist that is not named any more nobody knows what it asked for.
    let Some(checklist) = config.checklists.get(&release.checklist) else { return Ok(None) };
    let effect = draft(ctx, repo, &base, checklist, &release, &judge).await?;
    let Effect::OpenIssue { release, draft, authors } = effect else { return Ok(None) };
    // Parts of which there would be another number by now ask for something else.
    let alike = marker.part.is_none_or(|(_, of)| of == draft.parts.len());
    if ctx.dry_run.is_some() || !alike {
        return Ok(None);
    }
    let row = ctx.store.claim_release(repo.repository.id, *release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(None);
    }
    apply::index::note_lost_people(ctx, &row).await?;
    // An issue that was transferred and comes back brings along what was done in it.
    if !row.is_transferred() {
        apply::new_issue::whole(ctx, &row, number).await?;
    }
    if marker.part.is_some() {
        Box::pin(recover_parts(ctx, repo, &row, &draft, &authors)).await?;
    } else {
        ctx.store.set_issue(row.id, number, draft.body, &authors).await?;
    }
    Ok(ctx.store.release_of_issue(repo.repository.id, number).await?)
}

/// All parts of a release of which one was met. Where one of them is gone, so is its evidence.
async fn recover_parts(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    draft: &Draft,
    authors: &[Account],
) -> Result<(), Failure> {
    let own = own_issues::of_row(ctx, repo, row).await?;
    let mut parts = claims(&draft.parts);
    for (row_of_part, part) in parts.iter_mut().zip(&draft.parts) {
        let found = own.iter().find(|(marker, _)| is_of(marker, &row.release, Some((part.number, part.of))));
        if let Some((_, issue)) = found {
            row_of_part.issue = Some(issue.number);
            row_of_part.body.clone_from(&issue.body);
            row_of_part.body_at = issue.updated_at;
        }
    }
    let (first, whole) = (parts.first().and_then(|p| p.issue), required_text(&parts));
    let shown = join(parts.iter().map(|p| p.body.as_str()));
    let lost = parts.iter().find(|p| p.issue.is_none()).map(|p| p.part);
    ctx.store.claim_parts(row.id, repo.repository.id, parts, whole.clone(), true).await?;
    match (first, lost) {
        (Some(first), None) => {
            ctx.store.set_issue(row.id, first, whole, authors).await?;
            Ok(ctx.store.record_parts(row.id, Vec::new(), Vec::new(), shown).await?)
        }
        (_, lost) => {
            let why = lost_part(lost.unwrap_or(1));
            Ok(ctx.store.mark_issue_removed(row.id, why).await?)
        }
    }
}

/// Under this name the index keeps that the issues of a repository were looked through.
const LOOKED_THROUGH: &str = "adopted";

/// At most this many closed issues are taken in; the newest ones.
const MAX_CLOSED: usize = 50;

/// Before anything of a repository is decided for the first time, the database may have been lost: our issues are taken in,
/// those that are open, and of the closed ones the newest whose release is not yet in every gated branch. A release that is out,
/// and whose issue is closed, is over.
pub(in super::super) async fn recover_all(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    if ctx.dry_run.is_some() || ctx.store.is_noted(id, LOOKED_THROUGH).await? {
        return Ok(());
    }
    // With errors in the configuration nobody can say what an issue asked for: they are looked through once it can be read.
    let base = facts::default_base(ctx, repo).await?;
    if !base.is_some_and(|base| matches!(base.configuration, Configuration::Usable(_))) {
        return Ok(());
    }
    let bot = own_checks::present_bot(ctx).await?;
    let (open, mut closed): (Vec<_>, Vec<_>) =
        repo.issues_by(&bot, None).await.or_fail(ctx)?.into_iter().partition(|issue| issue.open);
    closed.sort_by_key(|issue| std::cmp::Reverse(issue.number));
    closed.truncate(MAX_CLOSED);
    for issue in open.into_iter().chain(closed) {
        if ctx.store.release_of_issue(id, issue.number).await?.is_some() {
            continue;
        }
        let Some(marker) = own_line(ctx, repo, &issue).await? else { continue };
        if issue.open || !is_over(ctx, repo, &marker).await? {
            recover_release(ctx, repo, issue.number, *marker).await?;
        }
    }
    Ok(ctx.store.note_once(id, LOOKED_THROUGH).await?)
}

/// Whether nobody can merge a release's commit any more: it is in every gated branch, or GitHub does not have it.
async fn is_over(ctx: &Context, repo: &Repo, marker: &Marker) -> Result<bool, Failure> {
    let release = &marker.release;
    Ok(repo.commit(release.commit.as_str()).await.or_fail(ctx)?.is_none()
        || gate::is_everywhere(ctx, repo, &release.checklist, &release.commit).await?)
}
