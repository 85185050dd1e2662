//! Releases of pull requests: opened with them, moved by every push to them, given up where they are closed unmerged.
//!
//! Races, and the choices made. Whatever a delivery says, the pull request is judged as it is by now, but for its merge, which
//! cannot be taken back. A merge that is handled before its opening opens the release late rather than never.

use super::super::facts::{self, Base};
use super::super::{Context, Failure, OrFail as _, apply, gate};
use super::candidates;
use super::naming::{ships_another, untagged};
use super::opening::open;
use crate::config::{ChecklistConfig, Trigger};
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{Account, PullNumber, Sha};
use crate::message::release_issue::{for_another_branch, from_fork, unmerged};
use crate::plan::Configuration;
use crate::release::Release;
use crate::release::key::ReleaseKey;
use crate::store::{ReleaseRow, ReleaseState};

/// Of releases whose pull request is not open any more, so many are looked at again at a time.
const MAX_CLOSED: usize = 20;

fn release(ctx: &Context, checklist: &str, pull: PullNumber, commit: &Sha, actor: &Account) -> Release {
    untagged(ctx, checklist, ReleaseKey::PullRequest(pull), &format!("#{pull}"), commit, actor)
}

/// An open pull request: its release is opened, goes on at its head, or is given up where it is for another branch now.
pub(in super::super) async fn opened_or_updated(ctx: &Context, repo: &Repo, pull: &Pull) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    for (name, checklist) in &config.checklists {
        let known = own_row(ctx, repo, name, pull.number).await?;
        if checklist.opens_on_pull(&pull.base) {
            open_or_update(ctx, repo, &base, name, pull, known.as_ref()).await?;
        } else if let Some(row) = known.filter(|_| checklist.open.on.contains(&Trigger::PullRequest)) {
            withdraw(ctx, repo, &row, for_another_branch(pull.number, &pull.base)).await?;
        }
    }
    Ok(())
}

async fn open_or_update(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    name: &str,
    pull: &Pull,
    known: Option<&ReleaseRow>,
) -> Result<(), Failure> {
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let Some(checklist) = config.checklists.get(name) else { return Ok(()) };
    let release = release(ctx, name, pull.number, &pull.head, &pull.author);
    // A stranger's text does not become an issue of ours unless somebody of this repository asks for it.
    if pull.from_fork && known.is_none_or(|row| row.issue.is_none()) {
        let why = from_fork(pull.number);
        let effect = Effect::SkipRelease { release: Box::new(release.clone()), failure: Some(why) };
        if let Some(row) = known.filter(|row| row.release.commit != pull.head && ctx.dry_run.is_none()) {
            candidates::move_to(ctx, row, release).await?;
        }
        apply::all(ctx, repo, vec![effect]).await?;
        return match own_row(ctx, repo, name, pull.number).await? {
            Some(row) => gate::release(ctx, repo, &row).await,
            None => Ok(()),
        };
    }
    open(ctx, repo, base, checklist, release).await
}

/// A pull request was closed. A merged one goes on at its merge commit: where it was squashed, no later commit contains its
/// head. Else its release has no say any more; the issue stays, and a reopened pull request goes on with it.
pub(in super::super) async fn closed(
    ctx: &Context,
    repo: &Repo,
    number: PullNumber,
    merged: Option<&Sha>,
    branch: &str,
    actor: &Account,
) -> Result<(), Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let rows = ctx.store.releases(repo.repository.id).await?;
    let key = ReleaseKey::PullRequest(number);
    let touched = |name: &str| rows.iter().any(|r| r.is_of(name, &key));
    let wanted =
        |(name, c): &(&String, &ChecklistConfig)| touched(name) || (merged.is_some() && c.opens_on_pull(branch));
    for (name, checklist) in config.checklists.iter().filter(wanted) {
        let own = rows.iter().find(|r| r.release.checklist == *name && r.release.key == key);
        match (merged, own) {
            (Some(commit), own) => {
                let known = own.is_some_and(|row| !row.withdrawn());
                if !ships_another(ctx, repo, &rows, name, number).await? && (known || checklist.opens_on_pull(branch)) {
                    open(ctx, repo, &base, checklist, release(ctx, name, number, commit, actor)).await?;
                }
            }
            (None, Some(_)) => {
                // A delivery may be late: it may be open again.
                let is_closed = repo.pull(number).await.or_fail(ctx)?.is_none_or(|pull| !pull.open && !pull.merged);
                if is_closed && let Some(row) = own_row(ctx, repo, name, number).await? {
                    withdraw(ctx, repo, &row, unmerged(number)).await?;
                }
            }
            (None, None) => {}
        }
    }
    Ok(())
}

async fn withdraw(ctx: &Context, repo: &Repo, row: &ReleaseRow, why: String) -> Result<(), Failure> {
    if row.withdrawn() || row.state == ReleaseState::Gone || ctx.dry_run.is_some() {
        return Ok(());
    }
    ctx.store.set_release_state(row.id, ReleaseState::Nothing, Some(why)).await?;
    gate::release(ctx, repo, row).await
}

async fn own_row(
    ctx: &Context,
    repo: &Repo,
    checklist: &str,
    number: PullNumber,
) -> Result<Option<ReleaseRow>, Failure> {
    Ok(ctx.store.release_of_key(repo.repository.id, checklist.to_owned(), ReleaseKey::PullRequest(number)).await?)
}

/// What was missed: open pull requests without a release or with one at an older head, and closed ones.
pub(in super::super) async fn catch_up(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    for pull in &pulls {
        opened_or_updated(ctx, repo, pull).await?;
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let numbers = rows.iter().filter(|r| !r.withdrawn()).filter_map(|r| r.release.key.pull_request());
    let mut gone: Vec<PullNumber> = numbers.filter(|n| pulls.iter().all(|p| p.number != *n)).collect();
    gone.dedup();
    for number in gone.into_iter().take(MAX_CLOSED) {
        let Some(pull) = repo.pull(number).await.or_fail(ctx)? else { continue };
        let merged = pull.merge_commit.as_ref().filter(|_| pull.merged);
        if !pull.open {
            closed(ctx, repo, number, merged, &pull.base, &pull.author).await?;
        }
    }
    Ok(())
}
