//! Runs that were written before the database was lost, on heads that their pull requests have left: what ends runs would not
//! know of them.
//!
//! They are found where an event says that a pull request left a head, and once in a new database where that event is lost too:
//! on the heads of the newest pull requests, whatever branch these are for by now. A head that was pushed over without an event,
//! and that no pull request names any more, is not found.

use super::super::{Context, Failure, OrFail as _, facts, own_checks};
use super::branches::gated_branches;
use crate::config::{check_name, checklist_of_check};
use crate::event::Head;
use crate::github::evidence::CheckEnd;
use crate::github::repo::Repo;
use crate::ids::{PullNumber, Sha};
use crate::store::{LiveCheck, Written};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// Under this name the index keeps that the pull requests were looked through.
const LOOKED_THROUGH: &str = "pulls";

/// The heads of at most this many open pull requests are read; the newest.
const MAX_OPEN: usize = 50;

/// The heads of at most this many closed pull requests are read; those that changed last.
const MAX_CLOSED: usize = 20;

/// Looks once through the newest pull requests. One that got another base is open still, and is judged for no gated branch.
pub(super) async fn find_once(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    if ctx.dry_run.is_some() || ctx.store.is_noted(id, LOOKED_THROUGH).await? {
        return Ok(());
    }
    // Where nothing is gated no check of ours opens anything, and where that is not known yet the next look asks again.
    if gated_branches(ctx, repo, None).await?.branches.is_empty() {
        return Ok(());
    }
    let mut open = repo.open_pulls().await.or_fail(ctx)?;
    open.sort_by_key(|pull| std::cmp::Reverse(pull.number));
    let closed = repo.closed_pulls(1).await.or_fail(ctx)?;
    let mut unknown = Vec::new();
    for pull in open.into_iter().take(MAX_OPEN).chain(closed.into_iter().take(MAX_CLOSED)) {
        if !is_known(ctx, repo, &pull.head).await? {
            unknown.push((pull.number, pull.head));
        }
    }
    find_on(ctx, repo, unknown).await?;
    Ok(ctx.store.note_once(id, LOOKED_THROUGH).await?)
}

/// Whether the index knows a checklist's check on a commit, and not from an older copy.
async fn is_known(ctx: &Context, repo: &Repo, commit: &Sha) -> Result<bool, Failure> {
    // All checks of a commit are doubted together, and confirmed together.
    let known = own_checks::checklists_on(ctx, repo, commit).await?;
    let Some(checklist) = known.first() else { return Ok(false) };
    let key = own_checks::check_key(commit, &check_name(checklist));
    Ok(ctx.store.last_written(repo.repository.id, key).await?.is_some_and(|put| !put.is_doubted()))
}

/// Finds the runs on heads that pull requests had and of which the index knows no check. A head for a branch that is not gated
/// has none, and costs no request.
pub(super) async fn find(
    ctx: &Context,
    repo: &Repo,
    pulls: &BTreeMap<PullNumber, BTreeSet<Head>>,
) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let mut unknown = Vec::new();
    for (number, heads) in pulls {
        for Head { commit, base } in heads {
            if !is_known(ctx, repo, commit).await?
                && facts::base(ctx, repo, base).await?.is_some_and(|known| known.may_gate(base))
            {
                unknown.push((*number, commit.clone()));
            }
        }
    }
    find_on(ctx, repo, unknown).await
}

/// Notes the runs on heads, as GitHub has them.
async fn find_on(ctx: &Context, repo: &Repo, heads: Vec<(PullNumber, Sha)>) -> Result<(), Failure> {
    let read = heads.iter().map(|(_, head)| repo.own_checks(head, ctx.github.id()));
    let found = try_join_all(read).await.or_fail(ctx)?;
    for ((pull, head), runs) in heads.iter().zip(found) {
        note(ctx, repo, *pull, head, runs).await?;
    }
    Ok(())
}

async fn note(ctx: &Context, repo: &Repo, pull: PullNumber, head: &Sha, runs: Vec<CheckEnd>) -> Result<(), Failure> {
    let id = repo.repository.id;
    for run in runs {
        let green = match run.outcome.as_deref() {
            None => false,
            Some("success" | "neutral" | "skipped") => true,
            Some(_) => continue,
        };
        let (Some(checklist), Some(github_id)) = (checklist_of_check(&run.name), run.run) else { continue };
        let put = Written { github_id, digest: String::new() };
        ctx.store.record_written(id, own_checks::check_key(head, &run.name), put).await?;
        let (commit, checklist) = (head.clone(), checklist.to_owned());
        let run = LiveCheck { commit, checklist, pull: Some(pull), written_at: ctx.now(), green };
        ctx.store.note_live_check(id, run).await?;
    }
    Ok(())
}
