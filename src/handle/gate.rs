//! Gathers what the gate needs for a commit and puts the check run there: releases, how far each is, and how the commit stands
//! to each.
//!
//! Merge groups that wait are evaluated with the pull requests, whatever the reason: `merge_groups`. What is left running on a commit
//! that nobody waits for any more is ended: `stale_runs`.
//!
//! Races, and the choices made. A branch's tip may move between reading it and writing the check: the move is a delivery of
//! its own and recomputes. A pull request may get a new head meanwhile: then the old head's check is of no account, and the new
//! one has its own. Two pull requests may share a head: both are evaluated and the worse answer is written.

pub(super) mod ancestry;
mod branches;
mod candidate;
mod dead_letter;
mod judge;
mod lost_runs;
mod merge_groups;
mod required_checks;
mod stale_runs;
mod standings;
mod verdicts;

pub(super) use branches::is_everywhere;
pub(super) use dead_letter::give_up;
pub(super) use merge_groups::{destroyed as merge_group_destroyed, discover as find_groups};
pub(super) use required_checks::{examine_all, forget as forget_requirements, gated};
pub(super) use stale_runs::{StaleScope, end as end_old_runs};
pub(super) use standings::MAX_NEWEST;
pub(super) use standings::{is_pending, standings};

use super::facts;
use super::{Context, Failure, OrFail as _, apply, issue_reading, progress_comment, read_ahead, release};
use crate::effect::Effect;
use crate::gate::{Carried, Conclusion, IssueState, ReleaseStatus};
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{IssueNumber, Sha};
use crate::message::failure::RESTLESS;
use crate::release::shared_steps::reference;
use crate::store::{Listed, LiveCheck, MergeGroup, ReleaseRow};
use candidate::Candidate;
use judge::Judge;
use std::collections::{BTreeMap, BTreeSet};
use verdicts::{Key, Verdicts};

/// What a check rests on is read and the check decided again, at most this many times in a row: what was read may name more.
const MAX_ROUNDS: usize = 6;

/// What is asked for.
enum Scope<'s> {
    /// These commits, and no others.
    Commits(&'s [Sha]),
    /// Every commit that a checklist's release concerns, and the released commit itself.
    Release(&'s ReleaseRow),
    /// Every open pull request into this branch.
    Branch(&'s str),
    /// Everything.
    All,
}

/// Checks of a repository, decided for a scope and written. `asked` is a merge group that asks for them right now.
///
/// Nothing turns green by what is in the index alone. Where a check would, the release issues that it rests on and the
/// repository's tags are read first, once in a batch; then it is decided again. That holds for a check that is green already, too.
async fn compute(ctx: &Context, repo: &Repo, scope: Scope<'_>, asked: Option<&MergeGroup>) -> Result<(), Failure> {
    // What is remembered, is there already.
    if !repo.is_recent() {
        read_ahead::gate(ctx, repo, None).await?;
    }
    let mut turned: BTreeMap<i64, ReleaseRow> = BTreeMap::new();
    for _ in 0..MAX_ROUNDS {
        let (answers, candidates) = decide(ctx, repo, &scope, asked).await?;
        // From what is remembered nothing turns green, so nothing is read for it.
        let unread = if repo.is_recent() { Vec::new() } else { answers.would_pass_unread() };
        if unread.is_empty() {
            write(ctx, repo, answers, &candidates).await?;
            show_turned(ctx, repo, turned).await?;
            return Box::pin(opened(ctx, repo)).await;
        }
        repo.drop_issues();
        let issues: BTreeSet<IssueNumber> = unread.iter().flat_map(|key| answers.issues(key)).collect();
        let ahead = read_ahead::green_check(ctx, repo, &issues);
        tokio::try_join!(required_checks::find_required_once(ctx, repo), ahead)?;
        for row in ctx.store.releases_of_issues(repo.repository.id, &issues).await? {
            let now = Box::pin(issue_reading::read(ctx, repo, row.clone())).await?;
            if (&now.body, now.state, &now.verified) != (&row.body, row.state, &row.verified) {
                turned.insert(now.id, now);
            }
        }
        repo.drop_issues();
        let among = |head: &Sha| match answers.tips(head) {
            tips if tips.is_empty() => release::Among::Own,
            tips if answers.waits_for_after(head) => release::Among::With(tips),
            tips => release::Among::NotIn(tips),
        };
        let heads = unread.iter().map(|(head, _)| (head.clone(), among(head))).collect();
        Box::pin(release::hear(ctx, repo, &heads)).await?;
    }
    Err(Failure::Retry { at_ms: None, message: RESTLESS.to_owned() })
}

/// Releases of which a reading showed something new are shown everywhere.
async fn show_turned(ctx: &Context, repo: &Repo, turned: BTreeMap<i64, ReleaseRow>) -> Result<(), Failure> {
    for row in turned.into_values() {
        if let Ok(config) = facts::rules(ctx, repo, &row.release.checklist).await? {
            progress_comment::show(ctx, repo, &row, &config).await?;
        }
        Box::pin(compute(ctx, repo, Scope::Release(&row), None)).await?;
    }
    Ok(())
}

/// What each commit of the scope is answered, by what is known and read so far.
async fn decide(
    ctx: &Context,
    repo: &Repo,
    scope: &Scope<'_>,
    asked: Option<&MergeGroup>,
) -> Result<(Verdicts, Vec<Candidate>), Failure> {
    let candidates = candidates(ctx, repo, scope, asked).await?;
    let only = match scope {
        Scope::Release(row) => Some(row.release.checklist.as_str()),
        Scope::Commits(_) | Scope::Branch(_) | Scope::All => None,
    };
    let own = own_rows(ctx, repo, scope, &candidates).await?;
    let mut answers = Verdicts::default();
    if !candidates.is_empty() || !own.is_empty() {
        let judge = Judge::new(ctx, repo, only).await?;
        judge.candidates(&candidates, &mut answers).await?;
        judge.released(&own, &mut answers).await?;
        judge.elsewhere(&candidates, &mut answers).await?;
    }
    Ok((answers, candidates))
}

/// Releases whose own commits are in a scope.
///
/// A check belongs to a commit: whatever else is released there, or is to be merged, has its say in the same answer. And a
/// released commit may contain what the scope is about, and wait for it or have passed with it; or one that is green is not in a
/// branch that moved any more.
async fn own_rows(
    ctx: &Context,
    repo: &Repo,
    scope: &Scope<'_>,
    candidates: &[Candidate],
) -> Result<Vec<ReleaseRow>, Failure> {
    let id = repo.repository.id;
    let live = match scope {
        Scope::Commits(_) => Vec::new(),
        Scope::Release(_) | Scope::Branch(_) | Scope::All => ctx.store.live_checks(id).await?,
    };
    let is_green = |row: &Listed| {
        live.iter().any(|run| {
            run.green && run.checklist == row.release.checklist && row.commits().any(|commit| *commit == run.commit)
        })
    };
    let newest = match scope {
        Scope::Release(_) | Scope::All => ctx.store.newest_to_do(id, MAX_NEWEST).await?,
        Scope::Commits(_) | Scope::Branch(_) => Vec::new(),
    };
    let referring = match scope {
        Scope::Release(of) => match of.issue {
            Some(issue) => ctx.store.referring(id, of.release.checklist.clone(), reference(issue)).await?,
            None => Vec::new(),
        },
        Scope::Commits(_) | Scope::Branch(_) | Scope::All => Vec::new(),
    };
    // Whatever may be one of them is found by its commit.
    let rows = ctx.store.releases_of(id, &commits(scope, &live, candidates)).await?;
    let rows = rows.into_iter().chain(newest.iter().chain(&referring).cloned()).filter(|row| !row.withdrawn());
    let rows: BTreeMap<i64, Listed> = rows.map(|row| (row.id, row)).collect();
    let is_among = |rows: &[Listed], row: &Listed| rows.iter().any(|other| other.id == row.id);
    let mut found = Vec::new();
    for row in rows.values() {
        let is_new = is_among(&newest, row);
        let own = match scope {
            Scope::Commits(commits) => row.commits().any(|c| commits.contains(c)),
            Scope::Release(of) => {
                // What is green is decided anew whether it contains the release or not: a branch that has it may wait for what is left
                // of it, whatever is merged there.
                row.release.checklist == of.release.checklist
                    && (is_green(row)
                        || of.commits().any(|c| row.commits().any(|own| own == c))
                        || is_among(&referring, row)
                        || is_head(row, candidates)
                        || (is_new && contains_release(ctx, repo, row, of).await?))
            }
            Scope::Branch(_) => is_head(row, candidates) || is_green(row),
            // The newest are read again by whoever asks for everything. Older ones stay as they are, unless they could open
            // something.
            Scope::All => is_new || is_head(row, candidates) || is_green(row),
        };
        if own {
            found.push(row.id);
        }
    }
    Ok(ctx.store.releases_by_id(&found).await?)
}

/// The commits whose releases may be in a scope: its own, and those with a check that something else may need.
fn commits(scope: &Scope<'_>, live: &[LiveCheck], candidates: &[Candidate]) -> BTreeSet<Sha> {
    let green = live.iter().filter(|run| run.green).map(|run| &run.commit);
    let heads = candidates.iter().map(|candidate| &candidate.head);
    match scope {
        Scope::Commits(asked) => asked.iter().cloned().collect(),
        Scope::Release(of) => green.chain(heads).chain(of.commits()).cloned().collect(),
        Scope::Branch(_) | Scope::All => green.chain(heads).cloned().collect(),
    }
}

async fn contains_release(ctx: &Context, repo: &Repo, row: &Listed, of: &ReleaseRow) -> Result<bool, Failure> {
    for commit in row.commits() {
        if repo.contains(commit, &of.release.commit).await.or_fail(ctx)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The pull requests and merge groups of a scope.
async fn candidates(
    ctx: &Context,
    repo: &Repo,
    scope: &Scope<'_>,
    asked: Option<&MergeGroup>,
) -> Result<Vec<Candidate>, Failure> {
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    // Whatever the scope, all pull requests of a head are evaluated together: they share its check. What passes for another branch
    // passes for the one that moved, too.
    let heads = match scope {
        Scope::Commits(commits) => Some(commits.to_vec()),
        Scope::Branch(branch) => {
            let into = pulls.iter().filter(|p| p.base == *branch).map(|p| p.head.clone());
            let live = ctx.store.live_checks(repo.repository.id).await?.into_iter();
            Some(into.chain(live.filter(|run| run.green).map(|run| run.commit)).collect::<Vec<_>>())
        }
        Scope::Release(_) | Scope::All => None,
    };
    let of_branch = |base: &str| matches!(scope, Scope::Branch(branch) if *branch == base);
    let wanted = |head: &Sha, base: &str| heads.as_ref().is_none_or(|heads| heads.contains(head)) || of_branch(base);
    let mut candidates: Vec<Candidate> = Vec::new();
    for pull in pulls.iter().filter(|pull| wanted(&pull.head, &pull.base)) {
        let (head, base) = (pull.head.clone(), pull.base.clone());
        candidates.push(Candidate { head, base, pull: Some(pull.number), group: None });
    }
    candidates.extend(merge_groups::waiting(ctx, repo, &pulls, asked, wanted).await?);
    Ok(candidates)
}

/// Writes the answers. What would pass and was not read stays as it is.
async fn write(ctx: &Context, repo: &Repo, mut answers: Verdicts, candidates: &[Candidate]) -> Result<(), Failure> {
    for voice in answers.voices_mut() {
        voice.carried = carried(ctx, repo, &voice.standing).await?;
    }
    let site = ctx.site(&repo.repository);
    let mut checks: BTreeMap<Key, Effect> = answers.checks(&site, |conclusion| match conclusion {
        Conclusion::Success => !repo.is_recent(),
        Conclusion::Unread => false,
        Conclusion::InProgress | Conclusion::ActionRequired | Conclusion::Failure | Conclusion::Cancelled => true,
    });
    // Where one of a commit's gates cannot decide, no other may say yes for it.
    checks.extend(answers.undecided);
    stale_runs::put(ctx, repo, checks, candidates).await
}

/// The earlier candidates for which something was done that counts, oldest first, each with how much came since.
async fn carried(ctx: &Context, repo: &Repo, standing: &ReleaseStatus) -> Result<Vec<Carried>, Failure> {
    let IssueState::Read { progress, .. } = &standing.evidence else { return Ok(Vec::new()) };
    let mut found: Vec<Carried> = Vec::new();
    for candidate in progress.earlier_candidates() {
        let came = repo.compare(&candidate.commit, &standing.commit).await.or_fail(ctx)?;
        let commits =
            came.filter(|came| came.commits.is_complete()).map(|came| came.commits.as_ref().known_part().len());
        found.push(Carried { candidate: candidate.clone(), commits });
    }
    Ok(found)
}

fn is_head(row: &Listed, candidates: &[Candidate]) -> bool {
    candidates.iter().any(|c| row.commits().any(|own| *own == c.head))
}

/// Whether a pull request may have to wait: its base is gated, or its head is a released commit. Most are for branches that
/// wait for nothing, and one look at the base settles it.
pub(super) async fn concerns(ctx: &Context, repo: &Repo, pull: &Pull) -> Result<bool, Failure> {
    let Some(base) = facts::base(ctx, repo, &pull.base).await? else { return Ok(false) };
    let released = || async {
        let rows = ctx.store.releases_of(repo.repository.id, &BTreeSet::from([pull.head.clone()])).await?;
        Ok::<bool, Failure>(!rows.is_empty())
    };
    Ok(base.may_gate(&pull.base) || released().await?)
}

/// The checks of some commits.
pub(super) async fn heads(ctx: &Context, repo: &Repo, heads: &[Sha]) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Commits(heads), None).await
}

/// A merge group waits for its checks.
pub(super) async fn merge_group(
    ctx: &Context,
    repo: &Repo,
    head: &Sha,
    base: &Sha,
    branch: &str,
    name: &str,
) -> Result<(), Failure> {
    let group = MergeGroup {
        head: head.clone(),
        base: base.clone(),
        branch: branch.to_owned(),
        name: name.to_owned(),
        asked_at: ctx.now(),
    };
    if ctx.dry_run.is_none() {
        ctx.store.insert_merge_group(repo.repository.id, group.clone()).await?;
    }
    // The write is not broken off where a read fails: what it made would not be known.
    let (answered, read) =
        tokio::join!(merge_groups::answer(ctx, repo, head), read_ahead::gate(ctx, repo, Some(branch)));
    answered.and(read)?;
    compute(ctx, repo, Scope::Commits(std::slice::from_ref(head)), Some(&group)).await
}

/// Everything that a release concerns.
pub(super) async fn release(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Release(row), None).await
}

/// Everything that the releases concern that this batch opened. Whoever may open one calls this behind it.
pub(super) async fn opened(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    loop {
        let ids = std::mem::take(&mut *ctx.opened());
        if ids.is_empty() {
            return Ok(());
        }
        for id in ids {
            if let Some(row) = ctx.store.release_by_id(id).await? {
                compute(ctx, repo, Scope::Release(&row), None).await?;
            }
        }
    }
}

/// A branch got other commits or another configuration.
pub(super) async fn branch_moved(ctx: &Context, repo: &Repo, branch: &str) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Branch(branch), None).await
}

/// Everything.
pub(super) async fn all(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    compute(ctx, repo, Scope::All, None).await
}

/// Somebody pressed "Re-run": what was written is written again, whether it changed or not.
pub(super) async fn again(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<(), Failure> {
    apply::forget_checks(ctx, repo, sha).await?;
    for pull in repo.open_pulls().await.or_fail(ctx)?.into_iter().filter(|p| p.head == *sha) {
        let effects = super::review::look(ctx, repo, &pull).await?;
        apply::all(ctx, repo, effects).await?;
    }
    if ctx.store.merge_groups(repo.repository.id).await?.iter().any(|group| group.head == *sha) {
        merge_groups::answer(ctx, repo, sha).await?;
    }
    heads(ctx, repo, std::slice::from_ref(sha)).await
}
