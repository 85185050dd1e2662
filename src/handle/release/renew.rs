//! Releases that go on under another name or commit.
//!
//! Races, and the choices made. The row goes on first, so that the gate waits for what is not in the issue yet; then the issue
//! gets it. GitHub has no compare-and-swap: the body is read, changed and read again, and an edit that fell in between shows in
//! the delivery of our own edit, whose `from` is what we wrote over; `ticks` puts it back.

use super::super::facts::Base;
use super::super::{Context, Failure, OrFail as _, apply};
use super::contents::{Gathered, Judge, gather};
use super::opening::{asked, claims, each, unsorted};
use super::previous::previous;
use super::{believed, candidate};
use crate::config::{ChecklistConfig, Prereleases};
use crate::github::repo::Repo;
use crate::github::wire::{Issue, IssueChange};
use crate::plan;
use crate::release::body::{self, LIMIT};
use crate::release::contents::Ingredients;
use crate::release::parts::{base_title, join, titled};
use crate::release::renewal::{holds, insert, without};
use crate::release::{Release, version};
use crate::store::{Listed, PartRow, Pending, ReleaseRow, ReleaseState};

/// So often an issue is read again and changed until the addition is in it.
const TRIES: usize = 3;

/// The release that goes on as this one: an earlier candidate of its version, the same pull request with an older head, or the
/// same commit before it had a tag, or only a short one.
pub(super) fn going_on<'r>(
    rows: &'r [Listed],
    known: Option<&'r Listed>,
    config: &ChecklistConfig,
    release: &Release,
) -> Option<&'r Listed> {
    if let Some(row) = known {
        let own = row.release.key == release.key && row.issue.is_some();
        return Some(row).filter(|r| match r.state {
            ReleaseState::Open => own && row.release.commit != release.commit,
            // It could not go on the last time, or its pull request was closed meanwhile.
            ReleaseState::Failed => own && stranded(&row.release),
            ReleaseState::Nothing => own && row.withdrawn(),
            ReleaseState::Claimed | ReleaseState::Gone => false,
        });
    }
    let tag = release.tag.as_deref()?;
    let words = &config.open.prerelease_words;
    rows.iter().filter(|r| r.release.checklist == release.checklist && r.state == ReleaseState::Open).find(|r| match r
        .release
        .tag
        .as_deref()
    {
        None => r.release.commit == release.commit,
        Some(was) => {
            let candidate = config.open.prereleases == Prereleases::Same
                && version::is_prerelease(was, words)
                && version::final_of(was, words) == version::final_of(tag, words)
                && version::of_tag(was, words) < version::of_tag(tag, words);
            // The short name came before the full one.
            candidate || (r.release.commit == release.commit && version::is_short_for(was, tag, words))
        }
    })
}

/// Whether a candidate comes when its version is out already, or may be: a list of tags that is cut does not say.
pub(super) async fn is_late(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    row: &Listed,
    release: &Release,
) -> Result<bool, Failure> {
    let words = &config.open.prerelease_words;
    let (Some(tag), Some(_)) = (&release.tag, &row.release.tag) else { return Ok(false) };
    if !version::is_prerelease(tag, words) {
        return Ok(false);
    }
    let names = repo.tags().await.or_fail(ctx)?;
    Ok(!names.is_complete() || names.known_part().iter().any(|name| version::is_final_of(name, tag, words)))
}

/// Whether a release may be at another commit than its issue: only those of pull requests move.
fn stranded(release: &Release) -> bool {
    release.key.starts_with(super::pulls::KEY)
}

/// Notes that a release is at another commit, and nothing else.
pub(super) async fn carry_on(ctx: &Context, row: &ReleaseRow, release: Release) -> Result<(), Failure> {
    ctx.store.renew_release(row, release, row.opened_body.clone(), &row.authors, &Pending::default()).await?;
    Ok(ctx.store.renewed(row.id).await?)
}

/// Notes that a release is at another commit, and that its issue could not be made to ask for what that brings.
pub(super) async fn strand(ctx: &Context, row: &ReleaseRow, release: Release, why: String) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    if row.release.commit != release.commit {
        carry_on(ctx, row, release).await?;
    }
    Ok(ctx.store.settle_release(row.id, ReleaseState::Failed, Some(why)).await?)
}

/// Lets a release go on; says why where it cannot, and needs an issue of its own.
pub(super) async fn renew(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    row: &ReleaseRow,
    mut release: Release,
) -> Result<Option<String>, Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    release.previous = previous(ctx, repo, config, &release, &rows).await?;
    let gathered = gather(ctx, repo, base, config, &release, Some(row.id), &Judge::Branch).await?;
    let Gathered { templates, steps, range, reference } = match gathered {
        Ok(gathered) => gathered,
        Err(why) => return Ok(Some(why)),
    };
    if row.state != ReleaseState::Open {
        let there = match row.issue {
            Some(number) => repo.issue(number).await.or_fail(ctx)?.is_some(),
            None => false,
        };
        if !there {
            return Ok(Some("its issue is gone".to_owned()));
        }
    }
    let site = ctx.site(&repo.repository);
    let ingredients = Ingredients {
        release: &release,
        named: &release,
        config,
        site: &site,
        templates: &templates,
        reference: reference.as_ref(),
        steps: &steps,
        range: &range,
    };
    let names = row.names();
    let was = plan::release::Was { row: row.id, names: &names, opened: &row.opened_body, authors: &row.authors };
    let Some(effect) = plan::release::renew(&ingredients, &was, repo.repository.id, &ctx.keys) else {
        let number = row.issue.map(|n| format!(" #{n}")).unwrap_or_default();
        return Ok(Some(format!("what {} asks for by now cannot be added to its issue{number}", release.label)));
    };
    apply::all(ctx, repo, vec![effect]).await?;
    if row.state != ReleaseState::Open && ctx.dry_run.is_none() {
        ctx.store.settle_release(row.id, ReleaseState::Open, None).await?;
    }
    Ok(None)
}

/// Puts into the issue what is pending, if anything is: behind what the last part asks for, or into a part of its own where
/// that would be too long.
pub(in super::super) async fn put(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<(), Failure> {
    let (Some(pending), Some(first)) = (&row.pending, row.issue) else { return Ok(()) };
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let mut parts = begun(ctx, repo, row).await?;
    let placed = |parts: &[PartRow]| parts.iter().any(|p| holds(&p.opened, &pending.addition));
    for _ in 0..TRIES {
        let number = parts.last().and_then(|p| p.issue).unwrap_or(first);
        // An issue that is gone has a delivery of its own.
        let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(()) };
        let lacks = !pending.addition.is_empty() && !placed(&parts) && !holds(&issue.body, &pending.addition);
        let body = lacks.then(|| insert(&issue.body, &pending.addition));
        if body.as_ref().is_some_and(|body| body.chars().count() > LIMIT) {
            parts = further(ctx, repo, row, pending, parts).await?;
            continue;
        }
        let title = title(&issue, pending, parts.len(), parts.len());
        if !lacks && title.is_none() {
            if let Some(last) = parts.last().filter(|_| !placed(&parts)) {
                let opened = insert(&last.opened, &pending.addition);
                let whole = parts.iter().map(|p| if p.part == last.part { opened.as_str() } else { p.opened.as_str() });
                ctx.store.part_asks(row.id, last.part, opened.clone(), join(whole)).await?;
            }
            rename(ctx, repo, pending, &parts).await?;
            candidate::begin(ctx, repo, first, &parts).await?;
            return Ok(ctx.store.renewed(row.id).await?);
        }
        // Closed as complete, and something is left to do again.
        let state = (lacks && !issue.open).then_some("open");
        let change = IssueChange { title: title.as_deref(), body: body.as_deref(), state };
        repo.change_issue(number, &change).await.or_fail(ctx)?;
    }
    Err(Failure::Retry { at_ms: None, message: format!("issue #{first} did not take what was added to it") })
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
async fn begun(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Vec<PartRow>, Failure> {
    let parts = ctx.store.parts(row.id).await?;
    if parts.iter().all(|p| p.issue.is_some()) {
        return Ok(parts);
    }
    let own = believed::of_row(ctx, repo, row).await?;
    let found = each(ctx, repo, row, &parts, &own, &unsorted(), &mut Vec::new()).await?;
    found.map_err(|error| ctx.failed(&error))?;
    let parts = ctx.store.parts(row.id).await?;
    let whole = join(parts.iter().map(|p| p.body.as_str()));
    ctx.store.record_parts(row.id, Vec::new(), Vec::new(), whole).await?;
    Ok(parts)
}

/// Opens what is pending as further parts.
async fn further(
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
    let new = body::further(title, &row.release, &site, &pending.addition, known, id, keys)
        .map_err(|message| Failure::Retry { at_ms: None, message })?;
    if parts.is_empty() {
        parts.push(PartRow {
            part: 1,
            draft: None,
            posted_at: None,
            issue: row.issue,
            opened: without(&row.opened_body, &pending.addition),
            body: row.body.clone(),
            body_at: row.body_at,
        });
    }
    parts.extend(claims(&new));
    let whole = asked(&parts);
    ctx.store.claim_parts(row.id, id, parts, whole, false).await?;
    begun(ctx, repo, row).await
}
