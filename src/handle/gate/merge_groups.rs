//! Merge groups: a queue puts pull requests on top of one another and asks for the checks of each such commit.
//!
//! GitHub asks once, so the index keeps the groups that wait: whatever makes a pull request be looked at again makes them be too,
//! and the last tick lets a group through. It ends with the group's branch, which is looked for before each write but the first:
//! `merge_group.destroyed` may be lost, or overtaken by what it ends. A queue gives up a group of which no check came within at
//! most 360 minutes, and one behind others may wait longer than that; after a day nobody waits.
//!
//! The race that stays: GitHub merges a green group at once, so a box that is unticked in that moment comes too late, as it does
//! for whoever presses the button of a pull request.

use super::super::{Context, Failure, OrFail as _, apply, pull_request_tasks};
use super::candidate::{Candidate, Members};
use crate::config::Tasks;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use crate::message;
use crate::plan;
use crate::store::MergeGroup;
use std::collections::BTreeSet;

/// How long a group is kept of which nothing is heard, in seconds: four times the longest time that a queue waits for a check.
const GROUP_LIFETIME: i64 = 24 * 3_600;

/// Below this stand the branches of all groups.
const BRANCHES: &str = "gh-readonly-queue/";

/// The checks that a group has whatever it holds: its pull requests were asked one by one.
pub(super) async fn answer(ctx: &Context, repo: &Repo, head: &Sha) -> Result<(), Failure> {
    let mut effects = vec![plan::review::group(head)];
    if pull_request_tasks::wanted_somewhere(ctx, repo).await?.is_some_and(|known| known != Tasks::Off) {
        effects.push(plan::tasks::group(head));
    }
    apply::all(ctx, repo, effects).await
}

/// A merge group is no more.
pub(in super::super) async fn destroyed(ctx: &Context, repo: &Repo, head: &Sha) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    Ok(ctx.store.delete_merge_group(repo.repository.id, head).await?)
}

/// Groups of which no event reached us: GitHub has no list of groups, but one of branches. What is found is answered; the gates
/// follow with all others.
pub(in super::super) async fn discover(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let known = ctx.store.merge_groups(repo.repository.id).await?;
    // A group that is not among them gets no check, and so is not merged.
    let there = repo.branches_below(BRANCHES).await.or_fail(ctx)?.known_part();
    for (name, head) in there.into_iter().filter(|(_, head)| known.iter().all(|group| group.head != *head)) {
        let Some(own) = read(&name) else { continue };
        let group = MergeGroup { head: head.clone(), base: own.base, branch: own.branch, name, asked_at: ctx.now() };
        ctx.store.insert_merge_group(repo.repository.id, group).await?;
        answer(ctx, repo, &head).await?;
    }
    Ok(())
}

/// What the name of a group's branch says.
struct Named {
    branch: String,
    pull: PullNumber,
    base: Sha,
}

/// `gh-readonly-queue/production/pr-12-` and what it is on top of.
/// Source: <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>.
fn read(name: &str) -> Option<Named> {
    let (branch, last) = name.strip_prefix(BRANCHES)?.rsplit_once('/')?;
    let (number, base) = last.strip_prefix("pr-")?.split_once('-')?;
    Some(Named { branch: branch.to_owned(), pull: PullNumber(number.parse().ok()?), base: Sha::parse(base)? })
}

/// The groups that wait and are wanted, as candidates.
pub(super) async fn waiting(
    ctx: &Context,
    repo: &Repo,
    pulls: &[Pull],
    asked: Option<&MergeGroup>,
    wanted: impl Fn(&Sha, &str) -> bool,
) -> Result<Vec<Candidate>, Failure> {
    let mut groups = ctx.store.merge_groups(repo.repository.id).await?;
    // A dry run keeps nothing, so there it is not among them.
    groups.extend(asked.filter(|asked| groups.iter().all(|group| group.head != asked.head)).cloned());
    let heard = groups.len();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(group) = groups.get(at).cloned() {
        at += 1;
        // One that was found below another of these has no check yet.
        if at <= heard && !wanted(&group.head, &group.branch) {
            continue;
        }
        let asks = asked.is_some_and(|asked| asked.head == group.head);
        if !asks && !still_there(ctx, repo, &group).await? {
            destroyed(ctx, repo, &group.head).await?;
            continue;
        }
        let (head, base) = (group.head.clone(), group.branch.clone());
        let members = members(ctx, repo, &group, &mut groups, pulls).await?;
        found.push(Candidate { head, base, pull: None, group: Some(members) });
    }
    Ok(found)
}

async fn still_there(ctx: &Context, repo: &Repo, group: &MergeGroup) -> Result<bool, Failure> {
    if ctx.now().0 > group.asked_at.0 + GROUP_LIFETIME {
        return Ok(false);
    }
    Ok(repo.branch_tip(&group.name).await.or_fail(ctx)?.is_some_and(|tip| tip == group.head))
}

/// The pull requests of a group: its own, and those of the groups that it stands on, down to the branch. GitHub promises no order
/// and no delivery: a group below of which no event came is looked for by its branch.
async fn members(
    ctx: &Context,
    repo: &Repo,
    group: &MergeGroup,
    groups: &mut Vec<MergeGroup>,
    pulls: &[Pull],
) -> Result<Members, Failure> {
    let mut members = Members::default();
    let mut seen = BTreeSet::new();
    let mut at = group.clone();
    while seen.insert(at.head.clone()) {
        match head_of(ctx, repo, &at, pulls).await? {
            Some(head) => members.heads.push(head),
            None => members.unknown = Some(message::gate::group_member_is_unknown(&at.name)),
        }
        if let Some(below) = groups.iter().find(|below| below.head == at.base) {
            at = below.clone();
        } else if is_in_branch(ctx, repo, &at).await? {
            return Ok(members);
        } else if let Some(below) = unheard(ctx, repo, &at.base).await? {
            groups.push(below.clone());
            at = below;
        } else {
            break;
        }
    }
    members.unknown = Some(message::gate::group_below_is_unknown(&at.base));
    Ok(members)
}

/// The head of a group's own pull request; `None` where it cannot be read.
async fn head_of(ctx: &Context, repo: &Repo, group: &MergeGroup, pulls: &[Pull]) -> Result<Option<Sha>, Failure> {
    let Some(named) = read(&group.name) else { return Ok(None) };
    if let Some(pull) = pulls.iter().find(|pull| pull.number == named.pull) {
        return Ok(Some(pull.head.clone()));
    }
    Ok(repo.pull(named.pull).await.or_fail(ctx)?.map(|pull| pull.head))
}

/// Whether the branch of a group contains what the group is on top of.
async fn is_in_branch(ctx: &Context, repo: &Repo, group: &MergeGroup) -> Result<bool, Failure> {
    match repo.branch_tip(&group.branch).await.or_fail(ctx)? {
        Some(tip) => repo.contains(&tip, &group.base).await.or_fail(ctx),
        None => Ok(false),
    }
}

/// The group with this head of which no event came, found by its branch; it is kept from now on.
async fn unheard(ctx: &Context, repo: &Repo, head: &Sha) -> Result<Option<MergeGroup>, Failure> {
    // One that is not among them is not known, and what is on top of it waits.
    let branches = repo.branches_below(BRANCHES).await.or_fail(ctx)?.known_part();
    let named = branches.into_iter().filter(|(_, tip)| tip == head).find_map(|(name, _)| Some((read(&name)?, name)));
    let Some((own, name)) = named else { return Ok(None) };
    let group = MergeGroup { head: head.clone(), base: own.base, branch: own.branch, name, asked_at: ctx.now() };
    if ctx.dry_run.is_none() {
        ctx.store.insert_merge_group(repo.repository.id, group.clone()).await?;
        answer(ctx, repo, head).await?;
    }
    Ok(Some(group))
}
