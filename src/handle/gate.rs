//! Gathers what the gate needs for a commit and puts the check run there: releases, how far each is, and how the commit stands
//! to each.
//!
//! Races, and the choices made. A branch's tip may move between reading it and writing the check: the move is a delivery of
//! its own and recomputes. A pull request may get a new head meanwhile: then the old head's check is of no account, and the new
//! one has its own. Two pull requests may share a head: both are evaluated and the worse answer is written.

mod known;
mod relations;

pub(super) use known::{examine_all, gated};

use super::facts::{self, Base};
use super::{Context, Failure, OrFail as _, apply, progress, verify};
use crate::checklist::directive::Phase;
use crate::config::{ChecklistConfig, Config, Tasks};
use crate::effect::Effect;
use crate::event::{Delivery, Event, IssueEdit};
use crate::gate::{Conclusion, Evidence, Relation, Standing, Verdict, verdict};
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::Sha;
use crate::plan::{self, Configuration};
use crate::release::issued::{references, refers_to};
use crate::store::{ReleaseRow, ReleaseState};
use relations::{linked, relation, superseded};
use std::collections::{BTreeMap, BTreeSet};

/// Of releases that wait for nothing any more, this many are looked at to find the one that covers a commit.
const SETTLED: usize = 20;

/// A commit that wants to get into a branch: a pull request's head, or a merge group's.
struct Candidate {
    head: Sha,
    base: String,
    group: bool,
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

fn waits(standing: &Standing) -> bool {
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

/// Checks of a repository, computed for a scope and applied.
async fn compute(ctx: &Context, repo: &Repo, scope: Scope<'_>, extra: &[Candidate]) -> Result<(), Failure> {
    let mut rows = ctx.store.releases(repo.repository.id).await?;
    rows.retain(|row| !row.withdrawn());
    let mut candidates: Vec<Candidate> = Vec::new();
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    let into = |branch: &str| pulls.iter().filter(|p| p.base == branch).map(|p| p.head.clone()).collect::<Vec<_>>();
    // Whatever the scope, all pull requests of a head are evaluated together: they share its check.
    let heads = match &scope {
        Scope::Commits(commits) => Some(commits.to_vec()),
        Scope::Branch(branch) => Some(into(branch)),
        Scope::Release(_) | Scope::All => None,
    };
    for pull in pulls {
        let wanted = heads.as_ref().is_none_or(|heads| heads.contains(&pull.head));
        if wanted {
            candidates.push(Candidate { head: pull.head, base: pull.base, group: false });
        }
    }
    candidates.extend(extra.iter().map(|c| Candidate { head: c.head.clone(), base: c.base.clone(), group: c.group }));
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
    apply::all(ctx, repo, undecided.into_values().collect()).await
}

fn is_head(row: &ReleaseRow, candidates: &[Candidate]) -> bool {
    candidates.iter().any(|c| row.commits().any(|own| *own == c.head))
}

/// Answers so far; of two for one commit and checklist the worse stays.
#[derive(Default)]
struct Answers {
    verdicts: BTreeMap<(Sha, String), Verdict>,
    remarks: BTreeMap<(Sha, String), String>,
    undecided: BTreeMap<(Sha, String), Effect>,
}

impl Answers {
    fn remark(&mut self, sha: &Sha, checklist: &str, text: Option<String>) {
        self.remarks.extend(text.map(|text| ((sha.clone(), checklist.to_owned()), text)));
    }

    fn add(&mut self, sha: &Sha, checklist: &str, verdict: Verdict) {
        let key = (sha.clone(), checklist.to_owned());
        let worst = match self.verdicts.remove(&key) {
            Some(known) => known.worse(verdict),
            None => verdict,
        };
        self.verdicts.insert(key, worst);
    }
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
        // With errors on the default branch no release can be opened: that none is known says nothing then.
        let config = match &base.configuration {
            Configuration::Usable(config) if !may_gate(&base, branch) || releases_open(ctx, repo).await? => config,
            Configuration::Usable(_) | Configuration::Broken { .. } => {
                broken(ctx, repo, rows, only, &heads, answers).await?;
                known::gates(ctx, repo, branch).await?;
                continue;
            }
        };
        for (name, checklist) in config.checklists.iter().filter(|(_, c)| c.gates(branch)) {
            known::gates(ctx, repo, branch).await?;
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let standings = standings(ctx, rows, name, checklist).await?;
            for head in &heads {
                let mut relations = relations(ctx, repo, &standings, head, &base.tip).await?;
                for (standing, _) in relations.iter_mut().filter(|(_, r)| *r == Relation::Ships) {
                    look_before_green(ctx, repo, rows, checklist, standing).await?;
                }
                // A merge group's commit is GitHub's own merge of heads that were covered one by one.
                let group = candidates.iter().any(|c| c.group && c.head == **head);
                let whole = |(s, r): &(Standing, Relation)| *r == Relation::Ships && s.commit == **head;
                let any = relations.iter().any(|(_, r)| *r == Relation::Ships);
                let covered = relations.iter().any(whole) || (group && any);
                answers.add(head, name, verdict(&relations, covered, &checklist.gate));
                answers.remark(head, name, known::remark(ctx, repo, branch, name).await?);
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
            let effect = plan::gate::undecided(
                head,
                name,
                "The configuration has errors",
                "`.github/holdpoint.yml` on the base branch or on the default branch has errors, so nobody can say what this has to wait for. Mend the file; the check `holdpoint/review` shows the lines.",
            );
            answers.undecided.insert(((*head).clone(), name.clone()), effect);
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

async fn standings(
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
    let default = facts::default_base(ctx, repo).await?;
    for row in own {
        let name = &row.release.checklist;
        let config = match default.as_ref().map(|d| &d.configuration) {
            Some(Configuration::Usable(config)) => config.checklists.get(name).cloned().unwrap_or_default(),
            Some(Configuration::Broken { .. }) | None => {
                broken(ctx, repo, rows, Some(name), &row.commits().collect(), answers).await?;
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
    compute(ctx, repo, Scope::Commits(heads), &[]).await
}

fn may_gate(base: &Base, branch: &str) -> bool {
    match &base.configuration {
        Configuration::Usable(config) => config.checklists.values().any(|c| c.gates(branch)),
        Configuration::Broken { .. } => true,
    }
}

/// Everything that a release concerns.
pub(super) async fn release(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Release(row), &[]).await
}

/// A branch got other commits or another configuration.
pub(super) async fn branch_moved(ctx: &Context, repo: &Repo, branch: &str) -> Result<(), Failure> {
    compute(ctx, repo, Scope::Branch(branch), &[]).await
}

/// Everything.
pub(super) async fn all(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    compute(ctx, repo, Scope::All, &[]).await
}

/// Somebody pressed "Re-run": what was written is written again, whether it changed or not.
pub(super) async fn again(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<(), Failure> {
    apply::forget_checks(ctx, repo, sha).await?;
    for pull in repo.open_pulls().await.or_fail(ctx)?.into_iter().filter(|p| p.head == *sha) {
        let effects = super::review::look(ctx, repo, &pull).await?;
        apply::all(ctx, repo, effects).await?;
    }
    heads(ctx, repo, std::slice::from_ref(sha)).await
}

/// A merge group waits for its check: it is evaluated like a pull request with the group's head.
pub(super) async fn merge_group(ctx: &Context, repo: &Repo, head: &Sha, branch: &str) -> Result<(), Failure> {
    let candidate = Candidate { head: head.clone(), base: branch.to_owned(), group: true };
    let mut effects = vec![plan::review::group(head)];
    if super::tasks::wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off) {
        effects.push(plan::tasks::group(head));
    }
    apply::all(ctx, repo, effects).await?;
    compute(ctx, repo, Scope::Commits(std::slice::from_ref(head)), &[candidate]).await
}

/// A delivery was given up: the checks that it would have moved say so.
pub(super) async fn give_up(ctx: &Context, repo: &Repo, delivery: &Delivery, message: &str) -> Result<(), Failure> {
    let why =
        format!("Delivery `{}` could not be worked off: {message}. Press \"Re-run\" to try again.", delivery.guid);
    let title = "Holdpoint could not finish its work";
    let mut effects = Vec::new();
    let sha = match &delivery.event {
        Event::PullRequest { number } | Event::PullRequestClosed { number, .. } => {
            let head = repo.pull(*number).await.or_fail(ctx)?.map(|p| p.head);
            effects.extend(head.iter().map(|head| plan::review::undecided(head, &why)));
            if super::tasks::wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off) {
                effects.extend(head.iter().map(|head| plan::tasks::undecided(head, &why)));
            }
            None
        }
        Event::PullRequestTalk { number, .. } => {
            if super::tasks::wanted_somewhere(ctx, repo).await? == Some(Tasks::BodyAndComments) {
                let head = repo.pull(*number).await.or_fail(ctx)?.map(|p| p.head);
                effects.extend(head.map(|head| plan::tasks::undecided(&head, &why)));
            }
            None
        }
        Event::IssueEdited(IssueEdit { number, .. })
        | Event::IssueTouched { number }
        | Event::IssueGone { number, .. } => {
            let Some(row) = ctx.store.release_of_issue(repo.repository.id, *number).await? else { return Ok(()) };
            let name = &row.release.checklist;
            for sha in checked(ctx, repo, &row).await? {
                effects.push(plan::gate::undecided(&sha, name, title, &why));
            }
            None
        }
        // What may be gone is no evidence any more.
        Event::Evidence { sha } => {
            effects.extend(unverified(ctx, repo, |row| row.release.commit == *sha, title, &why).await?);
            None
        }
        Event::TagTouched { name } => {
            effects.extend(unverified(ctx, repo, |row| row.release.tag.as_ref() == Some(name), title, &why).await?);
            None
        }
        // What was commanded is not done: nothing changed, and nothing is green that was not.
        Event::Comment(_) => None,
        Event::Tag { name, .. } => repo.tag(name).await.or_fail(ctx)?,
        Event::Rerequested { sha } | Event::MergeGroup { head: sha, .. } | Event::Deployed { commit: sha, .. } => {
            Some(sha.clone())
        }
        Event::Push { .. } | Event::Installed { .. } | Event::Uninstalled { .. } | Event::Recheck => None,
    };
    if let Some(sha) = sha {
        let rows = ctx.store.releases(repo.repository.id).await?;
        let names = known::names(ctx, repo, &rows, &sha).await?;
        effects.extend(names.iter().map(|name| plan::gate::undecided(&sha, name, title, &why)));
    }
    apply::all(ctx, repo, effects).await
}

/// The checks of releases that rest on evidence of which nobody knows any more whether it holds.
async fn unverified(
    ctx: &Context,
    repo: &Repo,
    about: impl Fn(&ReleaseRow) -> bool,
    title: &str,
    why: &str,
) -> Result<Vec<Effect>, Failure> {
    let mut effects = Vec::new();
    let rows = ctx.store.releases(repo.repository.id).await?;
    for row in rows.iter().filter(|row| about(row) && verify::concerns(row)) {
        for sha in checked(ctx, repo, row).await? {
            effects.push(plan::gate::undecided(&sha, &row.release.checklist, title, why));
        }
    }
    Ok(effects)
}

/// Where the check of a release's checklist stands: on its commit, and on the heads that it was written on.
async fn checked(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<BTreeSet<Sha>, Failure> {
    let mut found: BTreeSet<Sha> = row.commits().cloned().collect();
    for pull in repo.open_pulls().await.or_fail(ctx)? {
        if apply::has_check(ctx, repo, &pull.head, &row.release.checklist).await? {
            found.insert(pull.head);
        }
    }
    Ok(found)
}
