//! Gathers what the gate needs for a commit and puts the check run there: releases, how far each is, and how the commit stands
//! to each.
//!
//! Merge groups that wait are evaluated with the pull requests, whatever the reason: `groups`. What is left running on a commit
//! that nobody waits for any more is ended: `old`.
//!
//! Races, and the choices made. A branch's tip may move between reading it and writing the check: the move is a delivery of
//! its own and recomputes. A pull request may get a new head meanwhile: then the old head's check is of no account, and the new
//! one has its own. Two pull requests may share a head: both are evaluated and the worse answer is written.

mod answers;
mod given_up;
mod groups;
mod known;
mod old;
pub(super) mod relations;

pub(super) use given_up::give_up;
pub(super) use groups::{asked as merge_group, found as find_groups, gone as merge_group_gone};
pub(super) use known::{examine_all, gated};
pub(super) use old::end as end_old_runs;

use super::facts::{self, Base, NoRules};
use super::{Context, Failure, OrFail as _, apply, progress, verify};
use crate::checklist::directive::Phase;
use crate::config::{ChecklistConfig, Config};
use crate::gate::{Conclusion, Evidence, Relation, Standing, in_queue, verdict};
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use crate::plan::{self, Configuration};
use crate::release::issued::{references, refers_to};
use crate::store::{MergeGroup, ReleaseRow, ReleaseState};
use answers::Answers;
use relations::{linked, relation, superseded};
use std::collections::BTreeSet;

/// Of releases that wait for nothing any more, this many are looked at to find the one that covers a commit.
pub(super) const SETTLED: usize = 20;

/// A commit that wants to get into a branch: a pull request's head, or a merge group's.
struct Candidate {
    head: Sha,
    base: String,
    pull: Option<PullNumber>,
    /// What a merge group consists of.
    group: Option<groups::Members>,
}

async fn standing(ctx: &Context, row: &ReleaseRow, config: &ChecklistConfig) -> Result<Standing, Failure> {
    let evidence = match (row.state, row.issue) {
        (ReleaseState::Open, Some(issue)) => {
            Evidence::Read { issue, progress: progress::progress_of(ctx, row, config).await? }
        }
        (ReleaseState::Claimed | ReleaseState::Open, _) => Evidence::Opening,
        (ReleaseState::Nothing, _) => Evidence::NothingToDo,
        (ReleaseState::Failed | ReleaseState::Gone, _) => {
            Evidence::Broken(row.failure.clone().unwrap_or_else(|| "the release issue is not there".to_owned()))
        }
    };
    let since = row.release.previous.as_ref().map(|p| p.commit.clone());
    let earlier = row.earlier.iter().map(|e| e.commit.clone()).collect();
    Ok(Standing {
        label: row.release.label.clone(),
        commit: row.release.commit.clone(),
        earlier,
        links: references(&row.opened_body),
        issue: row.issue,
        since,
        evidence,
    })
}

/// What rests on evidence is looked at once more before it turns green: the event that took the evidence away may be lost.
async fn look_before_green(
    ctx: &Context,
    repo: &Repo,
    rows: &[ReleaseRow],
    config: &ChecklistConfig,
    known: &mut Standing,
) -> Result<(), Failure> {
    let Evidence::Read { issue, progress } = &known.evidence else { return Ok(()) };
    if !progress.rests_on_evidence() || progress.missing(Phase::Before).next().is_some() {
        return Ok(());
    }
    if let Some(row) = rows.iter().find(|r| r.issue == Some(*issue)) {
        let row = verify::look(ctx, repo, row.clone()).await?;
        *known = standing(ctx, &row, config).await?;
    }
    Ok(())
}

pub(super) fn waits(standing: &Standing) -> bool {
    match &standing.evidence {
        Evidence::Read { progress, .. } => {
            progress.missing(Phase::Before).next().is_some() || progress.missing(Phase::After).next().is_some()
        }
        Evidence::NothingToDo => false,
        Evidence::Opening | Evidence::Broken(_) => true,
    }
}

/// How a candidate stands to each release that could have a say. Releases that wait for nothing are looked at, the newest
/// first, only until one is found that covers the candidate.
async fn relations(
    ctx: &Context,
    repo: &Repo,
    standings: &[Standing],
    head: &Sha,
    tip: &Sha,
) -> Result<Vec<(Standing, Relation)>, Failure> {
    let mut found = Vec::new();
    let (mut settled, mut covered) = (0, false);
    for standing in standings {
        let waiting = waits(standing);
        if !waiting {
            settled += 1;
            if covered || settled > SETTLED {
                continue;
            }
        }
        let relation = relation(ctx, repo, standing, head, tip).await?;
        covered |= relation == Relation::Ships;
        found.push((standing.clone(), relation));
    }
    superseded(ctx, repo, &mut found).await?;
    linked(standings, &mut found);
    Ok(found)
}

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

/// Checks of a repository, computed for a scope and applied. `asked` is a merge group that asks for them right now.
async fn compute(ctx: &Context, repo: &Repo, scope: Scope<'_>, asked: Option<&MergeGroup>) -> Result<(), Failure> {
    let mut rows = ctx.store.releases(repo.repository.id).await?;
    rows.retain(|row| !row.withdrawn());
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    let into = |branch: &str| pulls.iter().filter(|p| p.base == branch).map(|p| p.head.clone()).collect::<Vec<_>>();
    // Whatever the scope, all pull requests of a head are evaluated together: they share its check.
    let heads = match &scope {
        Scope::Commits(commits) => Some(commits.to_vec()),
        Scope::Branch(branch) => Some(into(branch)),
        Scope::Release(_) | Scope::All => None,
    };
    let of_branch = |base: &str| matches!(&scope, Scope::Branch(branch) if *branch == base);
    let wanted = |head: &Sha, base: &str| heads.as_ref().is_none_or(|heads| heads.contains(head)) || of_branch(base);
    let mut candidates: Vec<Candidate> = Vec::new();
    for pull in pulls.iter().filter(|pull| wanted(&pull.head, &pull.base)) {
        let (head, base) = (pull.head.clone(), pull.base.clone());
        candidates.push(Candidate { head, base, pull: Some(pull.number), group: None });
    }
    candidates.extend(groups::waiting(ctx, repo, &pulls, asked, wanted).await?);
    let only = match &scope {
        Scope::Release(row) => Some(row.release.checklist.as_str()),
        Scope::Commits(_) | Scope::Branch(_) | Scope::All => None,
    };
    // A check belongs to a commit: whatever else is released there, or wants to get in, has its say in the same answer.
    let own: Vec<&ReleaseRow> = rows
        .iter()
        .filter(|row| only.is_none_or(|only| only == row.release.checklist))
        .filter(|row| match &scope {
            Scope::Commits(commits) => row.commits().any(|c| commits.contains(c)),
            Scope::Release(of) => {
                of.commits().any(|c| row.commits().any(|own| own == c))
                    || of.issue.is_some_and(|issue| refers_to(&row.opened_body, issue))
                    || is_head(row, &candidates)
            }
            Scope::Branch(_) => is_head(row, &candidates),
            Scope::All => row.state != ReleaseState::Nothing || is_head(row, &candidates),
        })
        .collect();
    if candidates.is_empty() && own.is_empty() {
        return Ok(());
    }
    let mut answers = Answers::default();
    gates_of(ctx, repo, &rows, &candidates, only, &mut answers).await?;
    own_checks(ctx, repo, &rows, &own, matches!(scope, Scope::All), &mut answers).await?;
    let site = ctx.site(&repo.repository);
    let Answers { mut verdicts, remarks, mut undecided } = answers;
    // Nothing becomes green by what may have changed meanwhile. What is green already does not tell of an open release.
    verdicts.retain(|_, verdict| !repo.is_remembered() || verdict.conclusion != Conclusion::Success);
    for ((sha, checklist), verdict) in verdicts {
        // Where one of a commit's gates cannot decide, no other may say yes for it.
        let mut effect = plan::gate::check(&sha, &checklist, &verdict, &site);
        if let Some(text) = remarks.get(&(sha.clone(), checklist.clone())) {
            plan::gate::remark(&mut effect, text);
        }
        undecided.entry((sha, checklist)).or_insert(effect);
    }
    old::put(ctx, repo, undecided, &candidates).await
}

fn is_head(row: &ReleaseRow, candidates: &[Candidate]) -> bool {
    candidates.iter().any(|c| row.commits().any(|own| *own == c.head))
}

async fn gates_of(
    ctx: &Context,
    repo: &Repo,
    rows: &[ReleaseRow],
    candidates: &[Candidate],
    only: Option<&str>,
    answers: &mut Answers,
) -> Result<(), Failure> {
    let branches: BTreeSet<&str> = candidates.iter().map(|c| c.base.as_str()).collect();
    for branch in branches {
        let Some(base) = facts::base(ctx, repo, branch).await? else { continue };
        let heads: BTreeSet<&Sha> = candidates.iter().filter(|c| c.base == branch).map(|c| &c.head).collect();
        if may_gate(&base, branch) {
            known::gates(ctx, repo, branch).await?;
        }
        // With errors on the default branch no release can be opened: that none is known says nothing then.
        let config = match &base.configuration {
            Configuration::Usable(config) if !may_gate(&base, branch) || releases_open(ctx, repo).await? => config,
            Configuration::Usable(_) | Configuration::Broken { .. } => {
                broken(ctx, repo, rows, only, &heads, answers).await?;
                continue;
            }
        };
        let opened_by = facts::default_base(ctx, repo).await?.map(|base| base.configuration);
        for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.gates(branch)) {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            // Its releases are not opened any more: that none is known says nothing.
            if let Some(Configuration::Usable(config)) = &opened_by
                && !config.checklists.contains_key(name)
            {
                heads.iter().for_each(|head| answers.undecide(head, name, NoRules::Unnamed));
                continue;
            }
            let standings = standings(ctx, rows, name, checklist).await?;
            let remark = known::remark(ctx, repo, branch, name).await?;
            for head in &heads {
                let group = candidates.iter().filter(|c| c.head == **head).find_map(|c| c.group.as_ref());
                let members = group.map(|g| g.heads.as_slice()).unwrap_or_default();
                let (mut relations, whole) = groups::relations(ctx, repo, &standings, head, members, &base.tip).await?;
                for (standing, _) in relations.iter_mut().filter(|(_, r)| *r == Relation::Ships) {
                    look_before_green(ctx, repo, rows, checklist, standing).await?;
                }
                // A merge group's commit is GitHub's own merge of heads, each of which must be covered. Which they are may not be
                // known; they were covered one by one, or they would not be in the queue.
                let any = relations.iter().any(|(_, r)| *r == Relation::Ships);
                let covered = match group {
                    Some(group) if group.complete => whole,
                    Some(_) => any,
                    None => whole,
                };
                let gate = if group.is_some() { in_queue(&checklist.gate) } else { checklist.gate.clone() };
                answers.add(head, name, verdict(&relations, covered, &gate));
                answers.remark(head, name, remark.clone());
            }
        }
    }
    Ok(())
}

/// The configuration has errors: which gates there are is not known, so every gate that there may be stays closed.
async fn broken(
    ctx: &Context,
    repo: &Repo,
    rows: &[ReleaseRow],
    only: Option<&str>,
    heads: &BTreeSet<&Sha>,
    answers: &mut Answers,
) -> Result<(), Failure> {
    for head in heads {
        let names = known::names(ctx, repo, rows, head).await?;
        for name in names.iter().filter(|n| only.is_none_or(|only| only == n.as_str())) {
            answers.undecide(head, name, NoRules::Broken);
        }
    }
    Ok(())
}

/// Whether the configuration by which releases are opened can be used.
async fn releases_open(ctx: &Context, repo: &Repo) -> Result<bool, Failure> {
    let default = facts::default_base(ctx, repo).await?;
    Ok(default.is_none_or(|base| matches!(base.configuration, Configuration::Usable(_))))
}

/// Names of checklists that there may be, where the configuration cannot say.
fn possible_names(rows: &[ReleaseRow]) -> BTreeSet<String> {
    let known = rows.iter().map(|r| r.release.checklist.clone());
    known.chain(Config::default().checklists.into_keys()).collect()
}

pub(super) async fn standings(
    ctx: &Context,
    rows: &[ReleaseRow],
    name: &str,
    config: &ChecklistConfig,
) -> Result<Vec<Standing>, Failure> {
    let mut found = Vec::new();
    for row in rows.iter().filter(|r| r.release.checklist == name) {
        found.push(standing(ctx, row, config).await?);
    }
    Ok(found)
}

/// The check of released commits themselves.
async fn own_checks(
    ctx: &Context,
    repo: &Repo,
    rows: &[ReleaseRow],
    own: &[&ReleaseRow],
    all: bool,
    answers: &mut Answers,
) -> Result<(), Failure> {
    if own.is_empty() {
        return Ok(());
    }
    for row in own {
        let name = &row.release.checklist;
        let config = match facts::rules(ctx, repo, name).await? {
            Ok(config) => config,
            Err(none) => {
                row.commits().for_each(|commit| answers.undecide(commit, name, none));
                continue;
            }
        };
        let mut standing = standing(ctx, row, &config).await?;
        // Whoever asks for everything has looked at the newest, and the older ones stay as they are.
        if !all {
            look_before_green(ctx, repo, rows, &config, &mut standing).await?;
        }
        let mut voices = vec![(standing.clone(), Relation::Own)];
        let of_link = |r: &&ReleaseRow| {
            r.release.checklist == *name && r.issue.is_some_and(|issue| standing.links.contains(&issue))
        };
        for link in rows.iter().filter(of_link) {
            voices.push((self::standing(ctx, link, &config).await?, Relation::Ships));
        }
        for commit in row.commits() {
            answers.add(commit, name, verdict(&voices, true, &config.gate));
        }
    }
    Ok(())
}

/// Whether a pull request may have to wait: its base is gated, or its head is a released commit. Most are for branches that
/// wait for nothing, and one look at the base settles it. The tip of the base comes along.
pub(super) async fn concerns(ctx: &Context, repo: &Repo, pull: &Pull) -> Result<Option<Sha>, Failure> {
    let Some(base) = facts::base(ctx, repo, &pull.base).await? else { return Ok(None) };
    let released = || async {
        let rows = ctx.store.releases(repo.repository.id).await?;
        Ok::<bool, Failure>(rows.iter().any(|r| r.commits().any(|c| *c == pull.head)))
    };
    Ok((may_gate(&base, &pull.base) || released().await?).then_some(base.tip))
}

/// The checks of some commits.
pub(super) async fn heads(ctx: &Context, repo: &Repo, heads: &[Sha]) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Commits(heads), None).await
}

fn may_gate(base: &Base, branch: &str) -> bool {
    match &base.configuration {
        Configuration::Usable(config) => config.checklists.values().any(|c| c.gates(branch)),
        Configuration::Broken { .. } => true,
    }
}

/// Everything that a release concerns.
pub(super) async fn release(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Release(row), None).await
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
        groups::answer(ctx, repo, sha).await?;
    }
    heads(ctx, repo, std::slice::from_ref(sha)).await
}
