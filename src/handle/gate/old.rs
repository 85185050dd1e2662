//! Runs that say "in progress": none of them goes on for ever.
//!
//! GitHub gives up a run that goes on for 14 days, and marks it `stale`. So a run on a commit that still matters is begun anew
//! after 12, and one on a commit that nobody waits for any more is ended: a head that was pushed over, a closed pull request, a
//! base that is not gated any more, a group that is gone, a release that was withdrawn. It is ended as `cancelled`, which no
//! branch protection lets pass: the commit may be somebody's head again, and then it is decided anew.
//!
//! A run that ended otherwise stays as it is, on whatever commit: it does not spin, and it does not pass unasked.
//!
//! The index notes a run before it is written and forgets it after its end, so a crash leaves a note too many and never one too
//! few.

use super::super::facts;
use super::super::{Context, Failure, OrFail as _, apply};
use super::Candidate;
use crate::config::{CHECK_PREFIX, check_name};
use crate::effect::{CheckRun, Effect};
use crate::gate::Conclusion;
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::message::gate::Old;
use crate::plan::{self, Configuration};
use crate::store::Unfinished;
use std::collections::BTreeMap;

/// So long a run may go on, in seconds, before it is begun anew: GitHub gives it 14 days.
/// Source: <https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#about-check-suites>.
const FRESH: i64 = 12 * 24 * 3_600;

const fn run_of(effect: &Effect) -> Option<&CheckRun> {
    match effect {
        Effect::PutCheckRun(run) => Some(run),
        Effect::PutComment(_)
        | Effect::OpenIssue { .. }
        | Effect::RenewRelease { .. }
        | Effect::SettleRelease { .. }
        | Effect::React { .. }
        | Effect::AnswerDeployment(_)
        | Effect::CloseIssue { .. } => None,
    }
}

/// Applies the checks of gates, and keeps note of those that go on.
pub(super) async fn put(
    ctx: &Context,
    repo: &Repo,
    checks: BTreeMap<(Sha, String), Effect>,
    candidates: &[Candidate],
) -> Result<(), Failure> {
    let known = ctx.store.unfinished(repo.repository.id).await?;
    let now = ctx.now();
    let mut aged = Vec::new();
    for ((sha, checklist), effect) in &checks {
        let goes_on = run_of(effect).is_some_and(|run| run.conclusion == Conclusion::InProgress);
        if !goes_on || ctx.dry_run.is_some() {
            continue;
        }
        let note = known.iter().find(|run| run.commit == *sha && run.checklist == *checklist);
        let pull = candidates.iter().find(|c| c.head == *sha && c.pull.is_some()).and_then(|c| c.pull);
        let old = note.is_some_and(|note| now.0 >= note.written_at.0 + FRESH);
        if old {
            // A run may be stale by the day on which it was begun, whatever was written since: a new one surely is not.
            aged.extend(apply::let_go(ctx, repo, sha, &check_name(checklist)).await?.map(|id| (sha, checklist, id)));
        }
        if old || note.is_none_or(|note| pull.is_some() && note.pull != pull) {
            let written_at = note.filter(|_| !old).map_or(now, |note| note.written_at);
            let run = Unfinished { commit: sha.clone(), checklist: checklist.clone(), pull, written_at };
            ctx.store.left_unfinished(repo.repository.id, run).await?;
        }
    }
    apply::all(ctx, repo, checks.values().cloned().collect()).await?;
    for (sha, checklist, id) in aged {
        apply::end_old_run(ctx, repo, id, &plan::gate::superseded(sha, checklist, &Old::Renewed)).await?;
    }
    let over = known.iter().filter(|run| {
        let check = checks.get(&(run.commit.clone(), run.checklist.clone())).and_then(run_of);
        check.is_some_and(|check| check.conclusion != Conclusion::InProgress)
    });
    for run in over.filter(|_| ctx.dry_run.is_none()) {
        ctx.store.finished(repo.repository.id, &run.commit, &run.checklist).await?;
    }
    Ok(())
}

/// These were written elsewhere, and do not go on.
pub(super) async fn ended(ctx: &Context, repo: &Repo, effects: &[Effect]) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || ctx.store.unfinished(repo.repository.id).await?.is_empty() {
        return Ok(());
    }
    for run in effects.iter().filter_map(run_of) {
        if let Some(checklist) = run.name.strip_prefix(CHECK_PREFIX) {
            ctx.store.finished(repo.repository.id, &run.sha, checklist).await?;
        }
    }
    Ok(())
}

/// Ends what goes on where nobody waits. Where nothing goes on it asks nobody.
pub(in super::super) async fn end(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    for run in ctx.store.unfinished(repo.repository.id).await? {
        let Some(why) = old(ctx, repo, &run).await? else { continue };
        apply::end_run(ctx, repo, plan::gate::superseded(&run.commit, &run.checklist, &why)).await?;
        if ctx.dry_run.is_none() {
            ctx.store.finished(repo.repository.id, &run.commit, &run.checklist).await?;
        }
    }
    Ok(())
}

/// Why nobody waits for the run's commit any more; `None` where somebody does.
async fn old(ctx: &Context, repo: &Repo, run: &Unfinished) -> Result<Option<Old>, Failure> {
    let rows = ctx.store.releases(repo.repository.id).await?;
    let mut own = rows.iter().filter(|r| r.release.checklist == run.checklist && r.commits().any(|c| *c == run.commit));
    if own.clone().any(|row| !row.withdrawn()) {
        return Ok(None);
    }
    for group in ctx.store.merge_groups(repo.repository.id).await?.iter().filter(|group| group.head == run.commit) {
        if waits(ctx, repo, &group.branch, &run.checklist).await? {
            return Ok(None);
        }
    }
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    let mut elsewhere = None;
    for pull in pulls.iter().filter(|pull| pull.head == run.commit) {
        if waits(ctx, repo, &pull.base, &run.checklist).await? {
            return Ok(None);
        }
        elsewhere = Some(Old::Elsewhere { pull: pull.number, branch: pull.base.clone() });
    }
    if let Some(known) = elsewhere {
        return Ok(Some(known));
    }
    if let Some(why) = own.find_map(|row| row.failure.clone()) {
        return Ok(Some(Old::Withdrawn(why)));
    }
    let Some(number) = run.pull else { return Ok(Some(Old::Unknown)) };
    Ok(Some(match pulls.iter().find(|pull| pull.number == number) {
        Some(pull) => Old::Head { pull: number, head: pull.head.clone() },
        None => Old::Closed { pull: number },
    }))
}

/// Whether what wants to get into a branch waits for a checklist. Where nobody can say, it does.
async fn waits(ctx: &Context, repo: &Repo, branch: &str, checklist: &str) -> Result<bool, Failure> {
    let Some(base) = facts::base(ctx, repo, branch).await? else { return Ok(false) };
    Ok(match &base.configuration {
        Configuration::Usable(config) => config.checklists.get(checklist).is_some_and(|c| c.gates(branch)),
        Configuration::Broken { .. } => true,
    })
}
