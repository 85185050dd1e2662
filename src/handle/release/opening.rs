//! Opens a release: which one it is, whether it is a candidate of one that is open, and its issue.

use super::super::facts::Base;
use super::super::{Context, Failure, apply, evidence, merges, people, progress_comment};
use super::contents::{Judge, draft};
use super::previous::previous;
use super::{candidates, contents};
use crate::config::{After, ChecklistConfig};
use crate::github::repo::Repo;
use crate::release::Release;
use crate::store::{Listed, ReleaseRow, ReleaseState};
use std::collections::BTreeSet;

/// The event of a tag tells who put it there, and that of a merge who merged. Until it comes, that is not known, whoever opened
/// the release; and where others put the tag there too, each of them is a first person.
async fn name_opener(ctx: &Context, repo: &Repo, release: &Release) -> Result<(), Failure> {
    let Release { checklist, key, actor, .. } = release;
    if !actor.is_known() || ctx.dry_run.is_some() {
        return Ok(());
    }
    let rows = ctx.store.releases_of(repo.repository.id, &BTreeSet::from([release.commit.clone()])).await?;
    let Some(row) = rows.iter().find(|row| row.is_of(checklist, key)) else { return Ok(()) };
    let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
    if row.first_key() == key && !row.release.actor.is_known() {
        ctx.store.set_opener(row.id, actor.clone()).await?;
    } else if !row.people().include(actor) {
        ctx.store.add_authors(row.id, std::slice::from_ref(actor)).await?;
    }
    if row.unnamed.contains(key) {
        ctx.store.name_key(row.id, key).await?;
    }
    Ok(())
}

/// Opens a release that an event names the person of: before, where it is known already, and then where it is new.
pub(super) async fn open_named(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: Release,
) -> Result<(), Failure> {
    name_opener(ctx, repo, &release).await?;
    open(ctx, repo, base, config, release.clone()).await?;
    name_opener(ctx, repo, &release).await
}

/// Opens the release's issue, unless it is open already or another one goes on as this one, and shows it everywhere.
pub(super) async fn open(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    mut release: Release,
) -> Result<(), Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let of_checklist = || rows.iter().filter(|r| r.release.checklist == release.checklist && !r.withdrawn());
    // What is released without a tag is the release that has this commit already, whatever that is called.
    if release.tag.is_none()
        && let Some(row) =
            of_checklist().find(|r| r.release.key != release.key && r.commits().any(|own| *own == release.commit))
    {
        release = row.release.clone();
    }
    // Where a pull request's release became that of a tag, what is pushed to it later is another one.
    let same = |r: &&Listed| r.release.key == release.key || r.commits().any(|own| *own == release.commit);
    let known = rows.iter().filter(|r| r.is_of(&release.checklist, &release.key)).find(same);
    if known.is_none() && !contents::has_checklist(ctx, repo, base, config, &release.commit).await? {
        return Ok(());
    }
    let predecessor = match candidates::predecessor(&rows, known, config, &release) {
        // A candidate of what is out already is a release of its own.
        Some(row) if known.is_none() && Box::pin(candidates::is_late(ctx, repo, config, row, &release)).await? => None,
        found => found,
    };
    let key = release.key.clone();
    let refused = match predecessor {
        Some(row) => {
            let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
            Box::pin(candidates::renew(ctx, repo, base, config, &row, release.clone())).await?
        }
        None => Some(String::new()),
    };
    let known = match known {
        Some(row) => ctx.store.release_by_id(row.id).await?,
        None => None,
    };
    let renewed = refused.is_none();
    match (&known, refused) {
        (Some(row), Some(why)) if predecessor.is_some_and(|on| on.id == row.id) => {
            // It is at another commit now, and its issue cannot ask for what that brings: nobody may take it for the old one.
            candidates::mark_unupdatable(ctx, row, release.clone(), why).await?;
        }
        (Some(row), _) if row.state == ReleaseState::Open && !renewed => {
            Box::pin(apply::addition::put(ctx, repo, row)).await?
        }
        (_, Some(_)) => Box::pin(fresh(ctx, repo, base, config, &mut release, known.as_ref(), &rows)).await?,
        (_, None) => {}
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let Some(row) = rows.iter().find(|r| r.is_of(&release.checklist, &key)) else { return Ok(()) };
    let Some(row) = ctx.store.release_by_id(row.id).await? else { return Ok(()) };
    show_opened(ctx, repo, config, row).await
}

/// Shows a release as it is by now, once all is known that its gates ask for.
async fn show_opened(ctx: &Context, repo: &Repo, config: &ChecklistConfig, row: ReleaseRow) -> Result<(), Failure> {
    // Its commit may have been merged before it had the tag: by squash or rebase, git does not tell.
    if config.gate.after == After::Block || !config.gate.environments.is_empty() {
        merges::catch_up(ctx, repo).await?;
    }
    let named = people::resolve(ctx, repo, &row, config).await?;
    let row = apply::index::note_named(ctx, row, named).await?;
    let row = evidence::look(ctx, repo, row).await?;
    progress_comment::show(ctx, repo, &row, config).await?;
    ctx.opened().insert(row.id);
    // It takes long to open one: tags may have come, and boxes may have been unticked.
    repo.forget_batch();
    Ok(())
}

/// Opens an issue of its own for a release.
async fn fresh(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &mut Release,
    known: Option<&ReleaseRow>,
    rows: &[Listed],
) -> Result<(), Failure> {
    if let Some(row) = known {
        release.actor.clone_from(&row.release.actor);
        release.date.clone_from(&row.release.date);
    }
    release.previous = match known {
        // A try that was broken off goes on with the range that it began with.
        Some(row) if row.state == ReleaseState::Claimed && row.release.commit == release.commit => {
            row.release.previous.clone()
        }
        Some(_) | None => previous(ctx, repo, config, release, rows).await?,
    };
    // The gate must know of the release before its issue is there: a claimed row is never green.
    if ctx.dry_run.is_none() {
        if let Some(row) = known.filter(|r| r.release.key == release.key && r.release.commit != release.commit) {
            candidates::move_to(ctx, row, release.clone()).await?;
        }
        ctx.store.claim_release(repo.repository.id, release.clone(), ctx.now()).await?;
    }
    let effect = draft(ctx, repo, base, config, release, &Judge::Branch).await?;
    apply::all(ctx, repo, vec![effect]).await
}
