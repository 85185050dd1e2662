//! Runs that nothing needs any more: none stays in progress for ever, and none stays green.
//!
//! GitHub gives up a run that is in progress for 14 days, and marks it `stale`. So one on a commit that still matters is begun
//! anew after 12. A green run opens whatever its commit is merged into, at once and without us: so neither kind may stay on a
//! commit that nothing needs any more: a head that was pushed over, a closed pull request, a base that is not gated any more, a
//! group that is gone, a release that was withdrawn. Both are ended as `cancelled`, which no branch protection lets pass: the
//! commit may be somebody's head again, and then it is decided anew. A green run may stay where every gated branch contains its
//! commit: merging it brings nothing.
//!
//! A run that ended otherwise stays as it is, on whatever commit: it does not spin, and it does not pass.
//!
//! The index notes a run before it is written and forgets it after its end, so a crash leaves a note too many and never one too
//! few. The race that stays: between a push, a close or a new tag and the end of the old green run lies the time that the
//! delivery takes.

use super::super::facts;
use super::super::{Context, Failure, OrFail as _, apply};
use super::branches::is_everywhere;
use super::candidate::Candidate;
use super::lost_runs;
use crate::config::{check_name, checklist_of_check};
use crate::effect::{CheckRun, Effect};
use crate::event::Head;
use crate::gate::Conclusion;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use crate::message::gate::SupersededReason;
use crate::plan::{self, Configuration};
use crate::store::{Listed, LiveCheck, MergeGroup};
use std::collections::{BTreeMap, BTreeSet};

/// So long a run may go on, in seconds, before it is begun anew: GitHub gives it 14 days.
/// Source: <https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#about-check-suites>.
const RENEWAL_INTERVAL: i64 = 12 * 24 * 3_600;

/// At most this many runs are ended in one batch; the sweep ends the rest.
const MAX_ENDED: usize = 50;

/// Which runs may not be needed any more.
pub(in super::super) struct StaleScope {
    /// Pull requests that something happened to, with the heads that they had, as far as events name them.
    pub(in super::super) pulls: BTreeMap<PullNumber, BTreeSet<Head>>,
    /// Any run, whatever it is on.
    pub(in super::super) all: bool,
}

const fn run_of(effect: &Effect) -> Option<&CheckRun> {
    match effect {
        Effect::PutCheckRun(run) => Some(run),
        Effect::PutComment(_)
        | Effect::OpenIssue { .. }
        | Effect::UpdateRelease { .. }
        | Effect::SkipRelease { .. }
        | Effect::React { .. }
        | Effect::AnswerDeployment(_)
        | Effect::CloseIssue { .. }
        | Effect::ReopenIssue { .. } => None,
    }
}

/// Applies the checks of gates, and keeps note of those that are in progress or green.
pub(super) async fn put(
    ctx: &Context,
    repo: &Repo,
    checks: BTreeMap<(Sha, String), Effect>,
    candidates: &[Candidate],
) -> Result<(), Failure> {
    let noted = ctx.store.live_checks(repo.repository.id).await?;
    let now = ctx.now();
    let mut aged = Vec::new();
    for ((sha, checklist), effect) in &checks {
        let Some(green) = run_of(effect).and_then(live) else { continue };
        if ctx.dry_run.is_some() {
            continue;
        }
        let note = noted.iter().find(|run| run.commit == *sha && run.checklist == *checklist);
        let same = note.filter(|note| note.green == green);
        let pull = candidates.iter().find(|c| c.head == *sha && c.pull.is_some()).and_then(|c| c.pull);
        let old = !green && same.is_some_and(|note| now.0 >= note.written_at.0 + RENEWAL_INTERVAL);
        if old {
            // A run may be stale by the day on which it was begun, whatever was written since: a new one surely is not.
            aged.extend(apply::let_go(ctx, repo, sha, &check_name(checklist)).await?.map(|id| (sha, checklist, id)));
        }
        if old || same.is_none_or(|note| pull.is_some() && note.pull != pull) {
            let written_at = same.filter(|_| !old).map_or(now, |note| note.written_at);
            let run = LiveCheck { commit: sha.clone(), checklist: checklist.clone(), pull, written_at, green };
            ctx.store.note_live_check(repo.repository.id, run).await?;
        }
    }
    apply::of_different_subjects(ctx, repo, checks.values().cloned().collect()).await?;
    for (sha, checklist, id) in aged {
        apply::end_old_run(ctx, repo, id, &plan::gate::superseded(sha, checklist, &SupersededReason::Renewed)).await?;
    }
    let over = noted.iter().filter(|run| {
        let check = checks.get(&(run.commit.clone(), run.checklist.clone())).and_then(run_of);
        check.is_some_and(|check| live(check).is_none())
    });
    for run in over.filter(|_| ctx.dry_run.is_none()) {
        ctx.store.forget_live_check(repo.repository.id, &run.commit, &run.checklist).await?;
    }
    Ok(())
}

/// Whether a run is green, or in progress; `None` where it ended otherwise.
const fn live(run: &CheckRun) -> Option<bool> {
    match run.conclusion {
        Conclusion::Success => Some(true),
        Conclusion::Unread | Conclusion::InProgress => Some(false),
        Conclusion::ActionRequired | Conclusion::Failure | Conclusion::Cancelled => None,
    }
}

/// These were written elsewhere, and are neither in progress nor green.
pub(super) async fn ended(ctx: &Context, repo: &Repo, effects: &[Effect]) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || ctx.store.live_checks(repo.repository.id).await?.is_empty() {
        return Ok(());
    }
    for run in effects.iter().filter_map(run_of) {
        if let Some(checklist) = checklist_of_check(&run.name) {
            ctx.store.forget_live_check(repo.repository.id, &run.sha, checklist).await?;
        }
    }
    Ok(())
}

/// Ends what nothing needs any more. Where no run is in question it asks GitHub nothing.
pub(in super::super) async fn end(ctx: &Context, repo: &Repo, left: &StaleScope) -> Result<(), Failure> {
    lost_runs::find(ctx, repo, &left.pulls).await?;
    if left.all {
        lost_runs::find_once(ctx, repo).await?;
    }
    let mut runs = ctx.store.live_checks(repo.repository.id).await?;
    runs.retain(|run| left.all || run.pull.is_some_and(|pull| left.pulls.contains_key(&pull)));
    if runs.is_empty() || ctx.dry_run.is_some() {
        return Ok(());
    }
    let commits: BTreeSet<Sha> = runs.iter().map(|run| run.commit.clone()).collect();
    let around = CommitNeeds {
        rows: ctx.store.releases_of(repo.repository.id, &commits).await?,
        groups: ctx.store.merge_groups(repo.repository.id).await?,
        pulls: repo.open_pulls().await.or_fail(ctx)?,
    };
    let mut ended = 0;
    for run in runs {
        let why = match around.need(ctx, repo, &run).await? {
            // Nothing is merged by it any more: it stays, and is not looked at again.
            Need::Needed(None)
                if run.green && left.all && is_everywhere(ctx, repo, &run.checklist, &run.commit).await? =>
            {
                None
            }
            Need::Needed(pull) => {
                if pull.is_some() && pull != run.pull {
                    ctx.store.note_live_check(repo.repository.id, LiveCheck { pull, ..run }).await?;
                }
                continue;
            }
            Need::Nothing(_) if run.green && is_everywhere(ctx, repo, &run.checklist, &run.commit).await? => None,
            Need::Nothing(why) => Some(why),
        };
        if let Some(why) = why {
            if ended == MAX_ENDED {
                continue;
            }
            ended += 1;
            apply::end_run(ctx, repo, plan::gate::superseded(&run.commit, &run.checklist, &why)).await?;
        }
        ctx.store.forget_live_check(repo.repository.id, &run.commit, &run.checklist).await?;
    }
    Ok(())
}

/// Whether something needs a run's commit.
enum Need {
    /// Something does: a pull request, where it is one.
    Needed(Option<PullNumber>),
    /// Nothing does any more.
    Nothing(SupersededReason),
}

/// What may need a commit.
struct CommitNeeds {
    rows: Vec<Listed>,
    groups: Vec<MergeGroup>,
    pulls: Vec<Pull>,
}

impl CommitNeeds {
    async fn need(&self, ctx: &Context, repo: &Repo, run: &LiveCheck) -> Result<Need, Failure> {
        let own =
            |row: &&Listed| row.release.checklist == run.checklist && row.commits().any(|commit| *commit == run.commit);
        let mut own = self.rows.iter().filter(own);
        if own.clone().any(|row| !row.withdrawn()) {
            return Ok(Need::Needed(None));
        }
        for group in self.groups.iter().filter(|group| group.head == run.commit) {
            if requires_check(ctx, repo, &group.branch, &run.checklist).await? {
                return Ok(Need::Needed(None));
            }
        }
        let mut elsewhere = None;
        for pull in self.pulls.iter().filter(|pull| pull.head == run.commit) {
            if requires_check(ctx, repo, &pull.base, &run.checklist).await? {
                return Ok(Need::Needed(Some(pull.number)));
            }
            elsewhere = Some(SupersededReason::Elsewhere { pull: pull.number, branch: pull.base.clone() });
        }
        if let Some(known) = elsewhere {
            return Ok(Need::Nothing(known));
        }
        if let Some(why) = own.find_map(|row| row.failure.clone()) {
            return Ok(Need::Nothing(SupersededReason::Withdrawn(why)));
        }
        let Some(number) = run.pull else { return Ok(Need::Nothing(SupersededReason::Unknown)) };
        Ok(Need::Nothing(match self.pulls.iter().find(|pull| pull.number == number) {
            Some(pull) => SupersededReason::Head { pull: number, head: pull.head.clone() },
            None => SupersededReason::Closed { pull: number },
        }))
    }
}

/// Whether what wants to get into a branch waits for a checklist. Where that cannot be said, it does.
async fn requires_check(ctx: &Context, repo: &Repo, branch: &str, checklist: &str) -> Result<bool, Failure> {
    let Some(base) = facts::base(ctx, repo, branch).await? else { return Ok(false) };
    Ok(match &base.configuration {
        Configuration::Usable(config) => config.checklists.get(checklist).is_some_and(|c| c.gates(branch)),
        Configuration::Broken { .. } => true,
    })
}
