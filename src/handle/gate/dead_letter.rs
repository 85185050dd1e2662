//! What the checks say where a delivery was given up: never more than is known.

use super::super::evidence;
use super::super::{Context, Failure, OrFail as _, apply, own_checks, pull_request_tasks};
use super::{required_checks, stale_runs};
use crate::config::Tasks;
use crate::effect::Effect;
use crate::event::{Delivery, DeploymentRequest, Event, IssueEdit};
use crate::github::Error;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use crate::message::failure::{UNFINISHED, gave_up};
use crate::plan;
use crate::store::ReleaseRow;
use std::collections::BTreeSet;

/// A delivery was given up: the checks that it would have moved say so.
pub(in super::super) async fn give_up(
    ctx: &Context,
    repo: &Repo,
    delivery: &Delivery,
    message: &str,
) -> Result<(), Failure> {
    let why = gave_up(&delivery.guid, message);
    let Some((mut effects, sha)) = undecided_checks(ctx, repo, &delivery.event, &why).await? else {
        return Ok(());
    };
    if let Some(sha) = sha {
        let names = required_checks::names(ctx, repo, &sha).await?;
        effects.extend(names.iter().map(|name| plan::gate::undecided(&sha, name, UNFINISHED, &why)));
    }
    let ended = effects.clone();
    apply::all(ctx, repo, effects).await?;
    stale_runs::ended(ctx, repo, &ended).await
}

/// The checks that an event would have moved, and the commit of which every check is one. `None` where it is of no release.
async fn undecided_checks(
    ctx: &Context,
    repo: &Repo,
    event: &Event,
    why: &str,
) -> Result<Option<(Vec<Effect>, Option<Sha>)>, Failure> {
    let mut effects = Vec::new();
    let sha = match event {
        Event::PullRequest { number, .. } | Event::PullRequestClosed { number, .. } => {
            effects.extend(of_pull_request(ctx, repo, *number, why).await?);
            None
        }
        Event::PullRequestComment { number, .. } => {
            effects.extend(of_pull_request_comment(ctx, repo, *number, why).await?);
            None
        }
        Event::IssueEdited(IssueEdit { number, .. })
        | Event::IssueChanged { number }
        | Event::IssueRemoved { number, .. } => {
            let Some(row) = ctx.store.release_of_issue(repo.repository.id, *number).await? else { return Ok(None) };
            effects.extend(of_release(ctx, repo, &row, why).await?);
            None
        }
        // What may be gone is no evidence any more.
        Event::CommitResult { sha } => {
            let rows = ctx.store.releases_at(repo.repository.id, sha).await?;
            effects.extend(unverified(ctx, repo, rows, why).await?);
            None
        }
        Event::TagChanged { name } => {
            let rows = ctx.store.releases_with_tag(repo.repository.id, name.clone()).await?;
            effects.extend(unverified(ctx, repo, rows, why).await?);
            None
        }
        // What was commanded is not done: nothing changed, and nothing is green that was not.
        Event::Comment(_) => None,
        Event::Tag { name, .. } => repo.tag(name).await.or_fail(ctx)?,
        Event::Rerequested { sha, .. }
        | Event::MergeGroup { head: sha, .. }
        | Event::Deployed { commit: sha, .. }
        | Event::DeploymentRequested(DeploymentRequest { commit: sha, .. }) => Some(sha.clone()),
        // What the branch contains, or says, is not known: its pull requests were judged by what was there before.
        Event::Push { branch, configuration } => {
            if *configuration || required_checks::gated(ctx, repo, branch).await? {
                effects.extend(into(ctx, repo, branch, why).await?);
            }
            None
        }
        // None makes anything pass: a repository is found by its id, a deployment waits, a group that ended merges nothing, and a
        // look at everything that did not happen leaves what was decided by events.
        Event::Renamed
        | Event::RecheckDeployments
        | Event::MergeGroupDestroyed { .. }
        | Event::Installed { .. }
        | Event::Uninstalled { .. }
        | Event::Suspended => None,
        Event::Recheck { .. } | Event::RecheckPulls { .. } | Event::RecheckIssues { .. } => None,
    };
    Ok(Some((effects, sha)))
}

/// The checks of a pull request itself: its review, and its own boxes.
async fn of_pull_request(ctx: &Context, repo: &Repo, number: PullNumber, why: &str) -> Result<Vec<Effect>, Failure> {
    let head = repo.pull(number).await.or_fail(ctx)?.map(|p| p.head);
    let mut effects: Vec<Effect> = head.iter().map(|head| plan::review::undecided(head, why)).collect();
    if pull_request_tasks::wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off) {
        effects.extend(head.iter().map(|head| plan::tasks::undecided(head, why)));
    }
    Ok(effects)
}

/// The check of a pull request's own boxes, where comments have some too.
async fn of_pull_request_comment(
    ctx: &Context,
    repo: &Repo,
    number: PullNumber,
    why: &str,
) -> Result<Option<Effect>, Failure> {
    if pull_request_tasks::wanted_somewhere(ctx, repo).await? != Some(Tasks::BodyAndComments) {
        return Ok(None);
    }
    let head = repo.pull(number).await.or_fail(ctx)?.map(|p| p.head);
    Ok(head.map(|head| plan::tasks::undecided(&head, why)))
}

/// The checks of a release, wherever they are.
async fn of_release(ctx: &Context, repo: &Repo, row: &ReleaseRow, why: &str) -> Result<Vec<Effect>, Failure> {
    let heads = checked(ctx, repo, row).await?;
    Ok(heads.iter().map(|sha| plan::gate::undecided(sha, &row.release.checklist, UNFINISHED, why)).collect())
}

/// The open pull requests; `None` where there are more than can be read. Then every check that is green may be one of theirs.
async fn open_pulls(ctx: &Context, repo: &Repo) -> Result<Option<Vec<Pull>>, Failure> {
    match repo.open_pulls().await {
        Err(Error::Incomplete { .. }) => Ok(None),
        answer => answer.or_fail(ctx).map(Some),
    }
}

/// The checks that were written on the heads of pull requests and merge groups into a branch, and those that are green elsewhere:
/// they may be merged into it as well.
async fn into(ctx: &Context, repo: &Repo, branch: &str, why: &str) -> Result<Vec<Effect>, Failure> {
    // Without a list of them, those that are green are found below.
    let pulls = open_pulls(ctx, repo).await?.unwrap_or_default().into_iter();
    let groups = ctx.store.merge_groups(repo.repository.id).await?.into_iter();
    let pulls = pulls.filter(|pull| pull.base == *branch).map(|pull| pull.head);
    let heads: BTreeSet<Sha> =
        pulls.chain(groups.filter(|group| group.branch == *branch).map(|group| group.head)).collect();
    let mut effects = Vec::new();
    for run in ctx.store.live_checks(repo.repository.id).await?.into_iter().filter(|run| !heads.contains(&run.commit)) {
        effects.push(plan::gate::undecided(&run.commit, &run.checklist, UNFINISHED, why));
    }
    for head in heads {
        for name in own_checks::checklists_on(ctx, repo, &head).await? {
            effects.push(plan::gate::undecided(&head, &name, UNFINISHED, why));
        }
    }
    Ok(effects)
}

/// The checks of releases that rest on evidence of which nobody knows any more whether it holds.
async fn unverified(ctx: &Context, repo: &Repo, rows: Vec<ReleaseRow>, why: &str) -> Result<Vec<Effect>, Failure> {
    let mut effects = Vec::new();
    for row in rows.iter().filter(|row| evidence::concerns(row)) {
        effects.extend(of_release(ctx, repo, row, why).await?);
    }
    Ok(effects)
}

/// Where the check of a release's checklist stands: on its commit, and on the heads of pull requests and merge groups that it was
/// written on.
async fn checked(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<BTreeSet<Sha>, Failure> {
    let mut found: BTreeSet<Sha> = row.commits().cloned().collect();
    let pulls = match open_pulls(ctx, repo).await? {
        Some(pulls) => pulls.into_iter().map(|pull| pull.head).collect(),
        None => {
            let runs = ctx.store.live_checks(repo.repository.id).await?.into_iter();
            runs.filter(|run| run.checklist == row.release.checklist).map(|run| run.commit).collect::<Vec<_>>()
        }
    };
    let groups = ctx.store.merge_groups(repo.repository.id).await?.into_iter().map(|group| group.head);
    for head in pulls.into_iter().chain(groups) {
        if own_checks::has_check(ctx, repo, &head, &row.release.checklist).await? {
            found.insert(head);
        }
    }
    Ok(found)
}
