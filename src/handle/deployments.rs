//! Deployments that wait to be let through: keeps them, gathers what the gate needs for them, and answers GitHub.
//!
//! Every batch that may have moved a release asks for a look at what waits, as a job of its own: a deployment that cannot be
//! answered then holds up no tick.
//!
//! Races, and the choices made. A workflow that a tag started asks before the tag's own delivery is worked off: whatever may be
//! released at the commit is looked for before anything is let through. A box may be unticked while the answer is under way:
//! nothing can take an approval back, so every release is read once more right before it. A report whose answer was lost is
//! sent again, for a line too many does no harm and a missing one leaves people in the dark; its place among the ten is taken
//! before it is sent. An approval whose answer was lost is sent again too, and GitHub refuses the second one: nothing waits
//! there any more.

use super::facts::{self, Base};
use super::gate::ancestry::{linked, superseded};
use super::gate::{MAX_NEWEST, is_pending, standings};
use super::merges::carries;
use super::{Context, Failure, OrFail as _, apply, ask_ourselves, release, ticks};
use crate::config::ChecklistConfig;
use crate::event::{Delivery, DeploymentRequest, Event};
use crate::gate::{DeploymentRelation, Relation, ReleaseStatus, Verdict, verdict};
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha};
use crate::message::deployment::{BROKEN, NO_DEFAULT_BRANCH, Place, ungated, unreadable};
use crate::message::failure::NEW_RELEASE;
use crate::plan::Configuration;
use crate::plan::deployments::{Decision, Told, answer};
use crate::store::{DeploymentEnd, PendingDeployment, Written};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use tokio::sync::OnceCell;

/// So long GitHub lets a deployment wait, in seconds; then it fails it itself.
///
/// Source: <https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-deployments/reviewing-deployments>.
const MAX_WAIT: i64 = 30 * 86_400;

/// So many deployments are looked through for the last one that succeeded.
const MAX_DEPLOYMENTS: usize = 10;

/// What a batch means to deployments that wait.
pub(super) struct DeploymentImpact {
    /// The newest delivery.
    guid: String,
    /// It asks for a look.
    look: bool,
    /// It may have moved a release, whatever came of it.
    moved: bool,
}

impl DeploymentImpact {
    pub(super) fn of(deliveries: &[Delivery]) -> Self {
        // What is evidence for no release moves nothing, and comes in floods.
        let moves = |event: &Event| !matches!(event, Event::CommitResult { .. } | Event::RecheckDeployments);
        Self {
            guid: deliveries.last().map(|d| d.guid.clone()).unwrap_or_default(),
            look: deliveries.iter().any(|d| d.event == Event::RecheckDeployments),
            moved: deliveries.iter().any(|d| moves(&d.event)),
        }
    }
}

/// A deployment asks. It is kept before anything else is done about it.
pub(super) async fn requested(
    ctx: &Context,
    repo: &Repo,
    asked: &DeploymentRequest,
    delivery: &Delivery,
) -> Result<(), Failure> {
    let DeploymentRequest { environment, commit, git_ref, deployment, run } = asked.clone();
    let actor = delivery.sender.account();
    let row = run.map(|run| PendingDeployment {
        run,
        environment: environment.clone(),
        delivery: delivery.guid.clone(),
        deployment,
        commit: commit.clone(),
        git_ref,
        actor: actor.clone(),
        asked_at: ctx.now(),
        reports: 0,
        told: String::new(),
    });
    match &row {
        Some(row) if ctx.dry_run.is_none() => ctx.store.insert_deployment(repo.repository.id, row.clone()).await?,
        Some(_) => {}
        None => tracing::warn!(environment, "a deployment asks, and its callback leads to no run of this repository"),
    }
    release::deployed(ctx, repo, &environment, &commit, &actor).await?;
    match row {
        // Nothing is kept by a dry run, so it decides here.
        Some(row) if ctx.dry_run.is_some() => Box::pin(one(ctx, repo, &row)).await,
        Some(_) | None => Ok(()),
    }
}

/// The end of a batch: looks at what waits, or asks for a look.
pub(super) async fn settle(ctx: &Context, repo: &Repo, concern: &DeploymentImpact) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    if concern.look {
        return Box::pin(look(ctx, repo)).await;
    }
    let found_out = !ctx.looked.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
    if !(concern.moved || found_out) || ctx.store.waiting_deployments(repo.repository.id).await?.is_empty() {
        return Ok(());
    }
    let guid = format!("deployments-{}", concern.guid);
    Ok(ask_ourselves(ctx, &repo.repository, &guid, "deployments").await?)
}

/// Runs that were cancelled or deleted tell nobody: whatever cannot wait any more is forgotten.
pub(super) async fn still_there(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    for row in ctx.store.waiting_deployments(repo.repository.id).await? {
        match repo.run(row.run).await {
            Ok(Some(run)) if run.status != "completed" => {}
            Ok(_) if ctx.dry_run.is_some() => {}
            Ok(_) => ctx.store.finish_deployment(repo.repository.id, &row, DeploymentEnd::Gone).await?,
            // Then nobody knows, and the next answer will tell.
            Err(error) => tracing::warn!(%error, "a workflow run could not be read"),
        }
    }
    Ok(())
}

/// Decides about each that waits. One that cannot be decided now does not hold up the others.
async fn look(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let mut failed = Ok(());
    for row in ctx.store.waiting_deployments(repo.repository.id).await? {
        if ctx.now().0 - row.asked_at.0 > MAX_WAIT {
            ctx.store.finish_deployment(repo.repository.id, &row, DeploymentEnd::Gone).await?;
            continue;
        }
        let done = Box::pin(one(ctx, repo, &row)).await;
        failed = failed.and(done);
    }
    failed
}

async fn one(ctx: &Context, repo: &Repo, row: &PendingDeployment) -> Result<(), Failure> {
    let judged = match Box::pin(judge(ctx, repo, row)).await {
        Ok(judged) => judged,
        // An outage: it is looked at again when that may be over.
        Err(failure @ Failure::Retry { at_ms: Some(_), .. }) => return Err(failure),
        Err(Failure::Retry { at_ms: None, message } | Failure::Dead { message }) => {
            tracing::warn!(reason = message, environment = row.environment, "a deployment cannot be decided");
            Decision::Undecided(unreadable(&message))
        }
    };
    let place = Place { environment: &row.environment, commit: &row.commit, git_ref: &row.git_ref };
    let told = Told { reports: row.reports, gist: &row.told };
    let effect = answer(row.run, &place, &judged, told, &ctx.site(&repo.repository));
    apply::all(ctx, repo, effect.into_iter().collect()).await
}

/// Decides, and where the answer would be yes, looks once more at everything that could make it a no.
async fn judge(ctx: &Context, repo: &Repo, row: &PendingDeployment) -> Result<Decision, Failure> {
    // A yes cannot be taken back, and whatever was decided before this one took its time.
    repo.forget_batch();
    let before = DeployedBefore::default();
    let (judged, issues) = decide(ctx, repo, row, &before).await?;
    if !judged.would_pass() || judged.is_free() {
        return Ok(judged);
    }
    let let_through = before.read(ctx, repo, row).await?.let_through.clone();
    release::aboard(ctx, repo, row, let_through.as_ref()).await?;
    let among = let_through.map_or(release::Among::All, |commit| release::Among::NotIn(BTreeSet::from([commit])));
    Box::pin(release::hear(ctx, repo, &BTreeMap::from([(row.commit.clone(), among)]))).await?;
    for issue in issues {
        Box::pin(ticks::edited(ctx, repo, issue, &[], true)).await?;
    }
    let (judged, _) = decide(ctx, repo, row, &before).await?;
    // What was opened or linked meanwhile is read by the job that this makes.
    if judged.would_pass() && !judged.passes() {
        return Err(Failure::Retry { at_ms: None, message: NEW_RELEASE.to_owned() });
    }
    Ok(judged)
}

/// What the gate says, by what is known, and the issues that it rests on.
async fn decide(
    ctx: &Context,
    repo: &Repo,
    row: &PendingDeployment,
    before: &DeployedBefore,
) -> Result<(Decision, BTreeSet<IssueNumber>), Failure> {
    let mut issues = BTreeSet::new();
    let config = match facts::default_base(ctx, repo).await? {
        Some(Base { configuration: Configuration::Usable(config), .. }) => config,
        Some(Base { configuration: Configuration::Broken { .. }, .. }) => {
            return Ok((Decision::Undecided(BROKEN.to_owned()), issues));
        }
        None => return Ok((Decision::Undecided(NO_DEFAULT_BRANCH.to_owned()), issues)),
    };
    let mut verdicts = BTreeMap::new();
    for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.gates_environment(&row.environment)) {
        let verdict = of_checklist(ctx, repo, row, name, checklist, before).await?;
        issues.extend(verdict.voices.iter().filter_map(|voice| voice.standing.issue));
        verdicts.insert(name.clone(), verdict);
    }
    let known = key(&row.environment);
    match (verdicts.is_empty(), ctx.store.last_written(repo.repository.id, known.clone()).await?) {
        (true, Some(was)) => return Ok((Decision::Undecided(ungated(&row.environment, &was.digest)), issues)),
        (false, None) if ctx.dry_run.is_none() => {
            let names: Vec<&str> = verdicts.keys().map(String::as_str).collect();
            let put = Written { github_id: 0, digest: names.join(", ") };
            ctx.store.record_written(repo.repository.id, known, put).await?;
        }
        (true, None) | (false, _) => {}
    }
    Ok((Decision::Decided(verdicts), issues))
}

/// Under this name the index remembers that deployments to an environment waited for a checklist.
fn key(environment: &str) -> String {
    format!("environment:{}", environment.to_lowercase())
}

async fn of_checklist(
    ctx: &Context,
    repo: &Repo,
    row: &PendingDeployment,
    name: &str,
    config: &ChecklistConfig,
    before: &DeployedBefore,
) -> Result<Verdict, Failure> {
    let standings = standings(ctx, repo, name, config, &BTreeSet::from([row.commit.clone()])).await?;
    let itself = |s: &ReleaseStatus| s.commit == row.commit || s.earlier.contains(&row.commit);
    // Only a release whose present commit it is covers it whole.
    let covered = standings.iter().any(|s| s.commit == row.commit);
    let mut found: Vec<(ReleaseStatus, Relation)> = Vec::new();
    let mut settled = 0;
    for standing in &standings {
        let waiting = is_pending(standing);
        if !waiting && !itself(standing) {
            settled += 1;
            if covered || settled > MAX_NEWEST {
                continue;
            }
        }
        let held = held(ctx, repo, &row.commit, standing).await?;
        let aboard = if itself(standing) {
            DeploymentRelation::Itself
        } else if held.is_none() {
            DeploymentRelation::Not
        } else if waiting {
            before.aboard(ctx, repo, row, standing).await?
        } else {
            DeploymentRelation::First
        };
        let seen = held.map_or_else(|| standing.clone(), |commit| standing.at(commit));
        found.extend(aboard.relations().iter().map(|relation| (seen.clone(), *relation)));
    }
    superseded(ctx, repo, &mut found).await?;
    linked(&standings, &mut found);
    Ok(verdict(&row.commit, &found, covered, &config.gate, &ctx.reading()))
}

/// The newest of the release's commits that a commit holds.
async fn held<'s>(
    ctx: &Context,
    repo: &Repo,
    head: &Sha,
    standing: &'s ReleaseStatus,
) -> Result<Option<&'s Sha>, Failure> {
    for commit in std::iter::once(&standing.commit).chain(standing.earlier.iter().rev()) {
        if carries(ctx, repo, head, commit).await? {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// What was deployed to the environment before: read once, and only where a release waits that could be on it.
#[derive(Default)]
struct DeployedBefore {
    read: OnceCell<Deployed>,
}

#[derive(Default)]
struct Deployed {
    /// The newest that succeeded and that we let through, or that nobody was asked about because we were not there yet.
    let_through: Option<Sha>,
    /// The newest of which GitHub says that it succeeded. Whoever may write deployments can make it say so.
    said: Option<Sha>,
}

impl DeployedBefore {
    async fn read(&self, ctx: &Context, repo: &Repo, row: &PendingDeployment) -> Result<&Deployed, Failure> {
        self.read.get_or_try_init(|| deployed(ctx, repo, row)).await
    }

    async fn aboard(
        &self,
        ctx: &Context,
        repo: &Repo,
        row: &PendingDeployment,
        of: &ReleaseStatus,
    ) -> Result<DeploymentRelation, Failure> {
        let deployed = self.read(ctx, repo, row).await?;
        if let Some(commit) = &deployed.let_through
            && held(ctx, repo, commit, of).await?.is_some()
        {
            return Ok(DeploymentRelation::Again);
        }
        if let Some(commit) = &deployed.said
            && held(ctx, repo, commit, of).await?.is_some()
        {
            return Ok(DeploymentRelation::Around);
        }
        Ok(DeploymentRelation::First)
    }
}

async fn deployed(ctx: &Context, repo: &Repo, row: &PendingDeployment) -> Result<Deployed, Failure> {
    let known = ctx.store.approved_deployments(repo.repository.id, &row.environment).await?;
    let mut found = Deployed::default();
    let all = repo.deployments_to(&row.environment).await.or_fail(ctx)?;
    for (id, commit) in all.into_iter().filter(|(id, _)| Some(*id) != row.deployment).take(MAX_DEPLOYMENTS) {
        let trusted = known.approved.contains(&id) || known.first.is_some_and(|first| id < first);
        if !(trusted || found.said.is_none()) || !repo.succeeded(id).await.or_fail(ctx)? {
            continue;
        }
        if trusted {
            found.let_through = Some(commit.clone());
        }
        found.said = found.said.or(Some(commit));
        if found.let_through.is_some() {
            break;
        }
    }
    Ok(found)
}
