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
use crate::ids::Sha;
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
    let why =
        format!("Delivery `{}` could not be worked off: {message}. Press \"Re-run\" to try again.", delivery.guid);
    let title = "Holdpoint could not finish its work";
    let mut effects = Vec::new();
    let sha = match &delivery.event {
        Event::PullRequest { number, .. } | Event::PullRequestClosed { number, .. } => {
            let head = repo.pull(*number).await.or_fail(ctx)?.map(|p| p.head);
            effects.extend(head.iter().map(|head| plan::review::undecided(head, &why)));
            if pull_request_tasks::wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off) {
                effects.extend(head.iter().map(|head| plan::tasks::undecided(head, &why)));
            }
            None
        }
        Event::PullRequestComment { number, .. } => {
            if pull_request_tasks::wanted_somewhere(ctx, repo).await? == Some(Tasks::BodyAndComments) {
                let head = repo.pull(*number).await.or_fail(ctx)?.map(|p| p.head);
                effects.extend(head.map(|head| plan::tasks::undecided(&head, &why)));
            }
            None
        }
        Event::IssueEdited(IssueEdit { number, .. })
        | Event::IssueChanged { number }
        | Event::IssueRemoved { number, .. } => {
            let Some(row) = ctx.store.release_of_issue(repo.repository.id, *number).await? else { return Ok(()) };
            let name = &row.release.checklist;
            for sha in checked(ctx, repo, &row).await? {
                effects.push(plan::gate::undecided(&sha, name, title, &why));
            }
            None
        }
        // What may be gone is no evidence any more.
        Event::CommitResult { sha } => {
            effects.extend(
                unverified(ctx, repo, ctx.store.releases_at(repo.repository.id, sha).await?, title, &why).await?,
            );
            None
        }
        Event::TagChanged { name } => {
            let rows = ctx.store.releases_with_tag(repo.repository.id, name.clone()).await?;
            effects.extend(unverified(ctx, repo, rows, title, &why).await?);
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
                effects.extend(into(ctx, repo, branch, title, &why).await?);
            }
            None
        }
        // None of them makes anything pass: a repository is found by its id, a deployment waits, a group that is gone merges nothing, and a look at everything that
        // did not happen leaves what was decided by events.
        Event::Renamed
        | Event::RecheckDeployments
        | Event::MergeGroupDestroyed { .. }
        | Event::Installed { .. }
        | Event::Uninstalled { .. }
        | Event::Suspended
        | Event::Recheck => None,
    };
    if let Some(sha) = sha {
        let names = required_checks::names(ctx, repo, &sha).await?;
        effects.extend(names.iter().map(|name| plan::gate::undecided(&sha, name, title, &why)));
    }
    let ended = effects.clone();
    apply::all(ctx, repo, effects).await?;
    stale_runs::ended(ctx, repo, &ended).await
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
async fn into(ctx: &Context, repo: &Repo, branch: &str, title: &str, why: &str) -> Result<Vec<Effect>, Failure> {
    // Without a list of them, those that are green are found below.
    let pulls = open_pulls(ctx, repo).await?.unwrap_or_default().into_iter();
    let groups = ctx.store.merge_groups(repo.repository.id).await?.into_iter();
    let pulls = pulls.filter(|pull| pull.base == *branch).map(|pull| pull.head);
    let heads: BTreeSet<Sha> =
        pulls.chain(groups.filter(|group| group.branch == *branch).map(|group| group.head)).collect();
    let mut effects = Vec::new();
    for run in ctx.store.live_checks(repo.repository.id).await?.into_iter().filter(|run| !heads.contains(&run.commit)) {
        effects.push(plan::gate::undecided(&run.commit, &run.checklist, title, why));
    }
    for head in heads {
        for name in own_checks::checklists_on(ctx, repo, &head).await? {
            effects.push(plan::gate::undecided(&head, &name, title, why));
        }
    }
    Ok(effects)
}

/// The checks of releases that rest on evidence of which nobody knows any more whether it holds.
async fn unverified(
    ctx: &Context,
    repo: &Repo,
    rows: Vec<ReleaseRow>,
    title: &str,
    why: &str,
) -> Result<Vec<Effect>, Failure> {
    let mut effects = Vec::new();
    for row in rows.iter().filter(|row| evidence::concerns(row)) {
        for sha in checked(ctx, repo, row).await? {
            effects.push(plan::gate::undecided(&sha, &row.release.checklist, title, why));
        }
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
