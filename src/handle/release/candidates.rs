//! Releases that go on under another name or commit.
//!
//! Races, and the choices made. The row goes on first, so that the gate waits for what is not in the issue yet; then the issue
//! gets it. GitHub has no compare-and-swap: the body is read, changed and read again, and an edit that fell in between shows in
//! the delivery of our own edit, whose `from` is what we wrote over; `ticks` puts it back.

use super::super::facts::Base;
use super::super::{Context, Failure, OrFail as _, apply};
use super::contents::{Gathered, Judge, gather};
use super::previous::previous;
use crate::config::{ChecklistConfig, Prereleases};
use crate::github::repo::Repo;
use crate::message::release_issue::{GONE, not_addable};
use crate::plan;
use crate::release::contents::IssueInputs;
use crate::release::{Release, version};
use crate::store::{Listed, Pending, ReleaseRow, ReleaseState};

/// The release that goes on as this one: an earlier candidate of its version, the same pull request with an older head, or the
/// same commit before it had a tag, or only a short one.
pub(super) fn predecessor<'r>(
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
    release.key.pull_request().is_some()
}

/// Notes that a release is at another commit, and nothing else.
pub(super) async fn move_to(ctx: &Context, row: &ReleaseRow, release: Release) -> Result<(), Failure> {
    ctx.store.update_release(row, release, row.opened_body.clone(), &row.authors, &Pending::default()).await?;
    Ok(ctx.store.clear_pending(row.id).await?)
}

/// Notes that a release is at another commit, and that its issue could not be made to ask for what that brings.
pub(super) async fn mark_unupdatable(
    ctx: &Context,
    row: &ReleaseRow,
    release: Release,
    why: String,
) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    if row.release.commit != release.commit {
        move_to(ctx, row, release).await?;
    }
    Ok(ctx.store.set_release_state(row.id, ReleaseState::Failed, Some(why)).await?)
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
            return Ok(Some(GONE.to_owned()));
        }
    }
    let site = ctx.site(&repo.repository);
    let ingredients = IssueInputs {
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
    let was =
        plan::release::PreviousIssue { row: row.id, names: &names, opened: &row.opened_body, authors: &row.authors };
    let Some(effect) = plan::release::renew(&ingredients, &was, repo.repository.id, &ctx.keys) else {
        return Ok(Some(not_addable(&release.label, row.issue)));
    };
    apply::all(ctx, repo, vec![effect]).await?;
    if row.state != ReleaseState::Open && ctx.dry_run.is_none() {
        ctx.store.set_release_state(row.id, ReleaseState::Open, None).await?;
    }
    Ok(None)
}
