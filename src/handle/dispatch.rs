//! The order in which a batch of deliveries is processed. The only file that knows it.

use super::context::{Context, Failure, OrFail as _, PULLS_OF_A_JOB, REREAD};
use super::context::{ask_to_recheck, ask_to_recheck_rest, ask_to_recheck_some};
use super::installations::installed;
use super::release::ManualRelease;
use super::subjects::Subjects;
use super::{
    commands, deployments, evidence_changed, facts, gate, idle, merges, progress_comment, pull_request,
    pull_request_tasks, read_ahead, release, release_parts, repository_name, ticks,
};
use crate::event::{Delivery, Event, Head};
use crate::github::payload;
use crate::github::repo::Repo;
use crate::ids::{Account, PullNumber, Repository};
use crate::store::{self, Batch, Listed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

/// Works a batch off.
///
/// # Errors
/// [`Failure`], which says whether to try again.
pub async fn handle(ctx: &Context, batch: &Batch) -> Result<(), Failure> {
    let ctx = &ctx.anew();
    let mut deliveries = Vec::new();
    for job in &batch.jobs {
        match payload::parse(&job.event, &job.guid, &job.body) {
            Ok(Some(delivery)) => deliveries.push(delivery),
            Ok(None) => {}
            Err(error) => return Err(Failure::Dead { message: error.to_string() }),
        }
    }
    let Some(newest) = deliveries.last() else { return Ok(()) };
    let Some(repository) = newest.repository.clone() else {
        for delivery in &deliveries {
            installed(ctx, delivery).await?;
        }
        return Ok(());
    };
    let only_ours = deliveries.iter().all(|delivery| is_ours(&delivery.event));
    let repository = repository_name::present(ctx, &repository).await?;
    let done = Box::pin(work(ctx, &repository, deliveries.clone())).await;
    if ctx.suspended.load(Ordering::Relaxed) {
        ctx.store.note_suspension(repository.installation, Some(ctx.now())).await?;
        // The next sweep tries again, so ours need not wait for the end of it.
        return if only_ours { Ok(()) } else { done };
    }
    // A look at release issues may have had nothing to read.
    let has_called = deliveries.iter().any(|delivery| !matches!(delivery.event, Event::RecheckIssues { .. }));
    if only_ours && has_called && done.is_ok() {
        ctx.store.note_suspension(repository.installation, None).await?;
    }
    match repository_name::find_new(ctx, &repository).await? {
        Some(found) => Box::pin(work(&ctx.anew(), &found, deliveries)).await,
        None => done,
    }
}

/// Works off what happened in a repository.
async fn work(ctx: &Context, repository: &Repository, deliveries: Vec<Delivery>) -> Result<(), Failure> {
    // Most edits of an issue turn nothing, and cost no look at the repository.
    let only_edits = deliveries.iter().all(|delivery| matches!(delivery.event, Event::IssueEdited(_)));
    let repo = if only_edits { ctx.recent(repository) } else { ctx.repo(repository) };
    if ctx.dry_run.is_none() {
        release::first_look(ctx, &repo).await?;
    }
    let left = left_behind(&deliveries);
    let waiting = deployments::DeploymentImpact::of(&deliveries);
    let subjects = Subjects::of(&deliveries);
    let mut tags = BTreeSet::new();
    for delivery in &deliveries {
        process_event(ctx, &repo, delivery, &mut tags).await?;
    }
    gate::opened(ctx, &repo).await?;
    Box::pin(process_subjects(ctx, &repo, subjects)).await?;
    gate::opened(ctx, &repo).await?;
    if let Some(left) = &left {
        gate::end_old_runs(ctx, &repo, left).await?;
    }
    deployments::settle(ctx, &repo, &waiting).await?;
    if let Some(state) = state_of_whole_look(&deliveries) {
        idle::note(ctx, &repo, state).await?;
    }
    repo.remember();
    Ok(())
}

/// What an event does by itself, in the order of the deliveries. `tags` are those that were processed in this batch, each with
/// whether it was published and by whom.
async fn process_event(
    ctx: &Context,
    repo: &Repo,
    delivery: &Delivery,
    tags: &mut BTreeSet<(String, bool, Account)>,
) -> Result<(), Failure> {
    let actor = delivery.sender.account();
    match &delivery.event {
        Event::PullRequestClosed { number, merged, base, .. } => {
            Box::pin(release::pull_closed(ctx, repo, *number, merged.as_ref(), base, &actor)).await?;
            if let Some(commit) = merged {
                merges::merged(ctx, repo, *number).await?;
                Box::pin(release::merged(ctx, repo, *number, commit, base, &actor)).await?;
                gate::branch_moved(ctx, repo, base).await?;
            }
        }
        Event::Deployed { environment, commit } => {
            Box::pin(release::deployed(ctx, repo, environment, commit, &actor)).await?;
        }
        Event::DeploymentRequested(request) => deployments::requested(ctx, repo, request, delivery).await?,
        // Its present name is known by now. What was written under the old one is looked at again.
        Event::Renamed => ask_to_recheck(ctx, &repo.repository, &format!("renamed-{}", delivery.guid)).await?,
        // Each of those who put it somewhere is a first person.
        Event::Tag { name, published } => {
            if tags.insert((name.clone(), *published, actor.clone())) {
                Box::pin(release::tagged(ctx, repo, name, *published, &actor)).await?;
            }
        }
        Event::Push { branch, configuration } => {
            // A merge tells of itself as well, and finds everything written then.
            if *configuration || gate::gated(ctx, repo, branch).await? {
                gate::branch_moved(ctx, repo, branch).await?;
            }
            if *configuration {
                Box::pin(recheck(ctx, repo, &delivery.guid, false)).await?;
            }
        }
        Event::IssueRemoved { number, how } => ticks::issue_removed(ctx, repo, *number, how).await?,
        // GitHub tells an App of its own checks only; a forwarded delivery may be of another's.
        Event::Rerequested { app: Some(app), .. } if ctx.settings.github_app_id.is_some_and(|own| own != *app) => {}
        Event::Rerequested { sha, .. } => {
            Box::pin(release::retry_failed(ctx, repo)).await?;
            let rows = ctx.store.newest_open(repo.repository.id, REREAD).await?;
            Box::pin(reread(ctx, repo, rows)).await?;
            gate::again(ctx, repo, sha).await?;
        }
        Event::MergeGroup { head, base, branch, name } => {
            gate::merge_group(ctx, repo, head, base, branch, name).await?;
        }
        Event::MergeGroupDestroyed { head } => gate::merge_group_destroyed(ctx, repo, head).await?,
        Event::Recheck { reviewed, .. } => Box::pin(recheck(ctx, repo, &delivery.guid, *reviewed)).await?,
        Event::RecheckIssues { numbers } => {
            let mut rows = ctx.store.newest_open(repo.repository.id, REREAD).await?;
            rows.retain(|row| row.issue.is_some_and(|issue| numbers.contains(&issue)));
            Box::pin(reread(ctx, repo, rows)).await?;
        }
        Event::Installed { .. } | Event::Uninstalled { .. } | Event::Suspended => installed(ctx, delivery).await?,
        // Their subjects are looked at once, behind all events of the batch.
        Event::PullRequest { .. }
        | Event::PullRequestComment { .. }
        | Event::TagChanged { .. }
        | Event::CommitResult { .. }
        | Event::RecheckDeployments
        | Event::RecheckPulls { .. }
        | Event::IssueEdited(_)
        | Event::Comment(_)
        | Event::IssueChanged { .. } => {}
    }
    Ok(())
}

/// Whether an event is one of those that Holdpoint asks of itself to look at a repository.
fn is_ours(event: &Event) -> bool {
    matches!(event, Event::Recheck { .. } | Event::RecheckPulls { .. } | Event::RecheckIssues { .. })
}

/// Looks once at each subject of a batch.
async fn process_subjects(ctx: &Context, repo: &Repo, subjects: Subjects) -> Result<(), Failure> {
    for number in subjects.talks.difference(&subjects.pulls) {
        pull_request_tasks::talked(ctx, repo, *number).await?;
    }
    Box::pin(pull_request::look_at_all(ctx, repo, &subjects.pulls, &subjects.heads)).await?;
    Box::pin(pull_request::look_again(ctx, repo, &subjects.again)).await?;
    // A batch is about one issue; its edits come first, since what touched it is judged by its text.
    for number in subjects.issues() {
        let own: Vec<_> = subjects.edits.iter().filter(|e| e.edit.number == number).collect();
        Box::pin(ticks::edited(ctx, repo, number, &own, subjects.touched.contains(&number))).await?;
    }
    // Behind the edits: a comment speaks of the issue as its writer saw it.
    for (comment, sender) in &subjects.comments {
        Box::pin(commands::process_comment(ctx, repo, comment, sender)).await?;
    }
    for sha in &subjects.commits {
        evidence_changed::commit(ctx, repo, sha).await?;
    }
    for name in &subjects.tags {
        Box::pin(evidence_changed::tag(ctx, repo, name)).await?;
    }
    for number in subjects.closed {
        Box::pin(evidence_changed::issue(ctx, repo, number)).await?;
    }
    evidence_changed::tell(ctx, repo).await
}

/// What a repository was like before the last look at all of it.
fn state_of_whole_look(deliveries: &[Delivery]) -> Option<&str> {
    deliveries.iter().rev().find_map(|delivery| {
        let Event::Recheck { reviewed: false, state } = &delivery.event else { return None };
        state.as_deref()
    })
}

/// Whose checks may not be needed any more after these.
fn left_behind(deliveries: &[Delivery]) -> Option<gate::StaleScope> {
    let any = |event: &Event| {
        matches!(
            event,
            Event::MergeGroupDestroyed { .. } | Event::Push { configuration: true, .. } | Event::Recheck { .. }
        )
    };
    let all = deliveries.iter().any(|delivery| any(&delivery.event));
    let mut pulls: BTreeMap<PullNumber, BTreeSet<Head>> = BTreeMap::new();
    for (number, old) in deliveries.iter().filter_map(|delivery| old_head(&delivery.event)) {
        pulls.entry(number).or_default().extend(old);
    }
    (all || !pulls.is_empty()).then_some(gate::StaleScope { pulls, all })
}

/// The pull request that may have another head or base by this, or may be closed, and the head that it left.
fn old_head(event: &Event) -> Option<(PullNumber, Option<Head>)> {
    if let Event::PullRequest { number, old, .. } = event {
        return Some((*number, old.clone()));
    }
    let Event::PullRequestClosed { number, base, head, .. } = event else { return None };
    Some((*number, head.clone().map(|commit| Head { commit, base: base.clone() })))
}

/// Opens the releases that somebody asks for at the command line, in one checklist or in each that they belong to. Gives them, or
/// a sentence that says why there is none. A dry run gives none.
///
/// # Errors
/// [`Failure`], which says whether to try again.
pub async fn open_by_hand(
    ctx: &Context,
    repository: &Repository,
    what: &ManualRelease,
    only: Option<&str>,
) -> Result<Result<Vec<store::ReleaseRow>, String>, Failure> {
    if ctx.dry_run.is_none() {
        ctx.store.upsert_repository(repository.clone()).await?;
    }
    let repo = ctx.repo(repository);
    let opened = release::by_hand(ctx, &repo, what, only, &Account::nobody()).await?;
    gate::opened(ctx, &repo).await?;
    Ok(opened)
}

/// Release issues that are read again in one job, for the same reason.
const ISSUES_OF_A_JOB: usize = 3;

/// Everything of a repository that could have been missed: open pull requests and newer tags. Where there are many pull requests or
/// release issues, they have jobs of their own, and the rest comes behind them.
async fn recheck(ctx: &Context, repo: &Repo, guid: &str, reviewed: bool) -> Result<(), Failure> {
    // Alone, because a suspended installation is asked so once an hour.
    let pulls = if reviewed { Vec::new() } else { repo.open_pulls().await.or_fail(ctx)? };
    read_ahead::gate(ctx, repo, None).await?;
    if pulls.len() > PULLS_OF_A_JOB && ctx.dry_run.is_none() {
        let numbers: Vec<u64> = pulls.iter().map(|pull| pull.number.0).collect();
        for some in numbers.chunks(PULLS_OF_A_JOB) {
            ask_to_recheck_some(ctx, &repo.repository, guid, "pulls", some).await?;
        }
        return Ok(ask_to_recheck_rest(ctx, &repo.repository, &format!("{guid}-rest")).await?);
    }
    pull_request::review_all(ctx, repo, &pulls).await?;
    release::recover_all(ctx, repo).await?;
    release::retry_failed(ctx, repo).await?;
    release::catch_up(ctx, repo).await?;
    release::catch_up_pulls(ctx, repo).await?;
    merges::catch_up(ctx, repo).await?;
    // With those that were recovered.
    let issues = ctx.store.newest_open(repo.repository.id, REREAD).await?;
    if issues.len() > ISSUES_OF_A_JOB && ctx.dry_run.is_none() {
        let numbers: Vec<u64> = issues.iter().filter_map(|row| Some(row.issue?.0)).collect();
        for some in numbers.chunks(ISSUES_OF_A_JOB) {
            ask_to_recheck_some(ctx, &repo.repository, guid, "issues", some).await?;
        }
    } else {
        Box::pin(reread(ctx, repo, issues)).await?;
    }
    gate::examine_all(ctx, repo).await?;
    gate::find_groups(ctx, repo).await?;
    deployments::still_there(ctx, repo).await?;
    gate::all(ctx, repo).await
}

/// Release issues may have been edited or deleted without an event that reached us: the newest are read again.
async fn reread(ctx: &Context, repo: &Repo, rows: Vec<Listed>) -> Result<(), Failure> {
    for row in rows {
        let Some(number) = row.issue else { continue };
        Box::pin(ticks::edited(ctx, repo, number, &[], true)).await?;
        for issue in release_parts::issues(ctx, &row).await? {
            Box::pin(commands::catch_up(ctx, repo, issue)).await?;
        }
        if let Some(row) = ctx.store.release_of_issue(repo.repository.id, number).await?
            && let Ok(config) = facts::rules(ctx, repo, &row.release.checklist).await?
        {
            progress_comment::remind(ctx, repo, &row, &config).await?;
        }
    }
    Ok(())
}
