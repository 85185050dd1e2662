//! How a commit stands to a release, and to those that stand in for one another.
//!
//! Asks git through GitHub, and decides nothing about passing.

use super::super::merges::carries;
use super::super::{Context, Failure, OrFail as _, read_ahead};
use super::standings::{MAX_NEWEST, is_pending};
use crate::gate::{IssueState, Relation, ReleaseStatus};
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha};
use std::collections::BTreeSet;

/// What ships a release ships the steps that stand in another one's issue: that one has its say too, wherever its commit is. What
/// it says of the branch that has it already it says all the same.
pub(in super::super) fn linked(standings: &[ReleaseStatus], found: &mut Vec<(ReleaseStatus, Relation)>) {
    let shipped = found.iter().filter(|(_, relation)| *relation == Relation::WouldShip);
    let links: BTreeSet<IssueNumber> = shipped.flat_map(|(standing, _)| standing.links.iter().copied()).collect();
    let refers = |standing: &ReleaseStatus| standing.issue.is_some_and(|issue| links.contains(&issue));
    found.retain(|(standing, relation)| *relation == Relation::Shipped || !refers(standing));
    found.extend(standings.iter().filter(|s| refers(s)).map(|s| (s.clone(), Relation::WouldShip)));
}

/// How a candidate stands to a release that had several commits: a candidate that brings any of them ships it. Where one was
/// squashed or rebased, the commit as which it was merged stands for it. The newest that it brings is the one that counts.
///
/// What the base has is out, whether the candidate has it or not: merged into the base, it is on top of it all the same. So the
/// base is asked first; pull requests share its answers.
pub(super) async fn relation(
    ctx: &Context,
    repo: &Repo,
    standing: &ReleaseStatus,
    head: &Sha,
    tip: &Sha,
) -> Result<(ReleaseStatus, Relation), Failure> {
    let mut relation = Relation::Unrelated;
    for commit in std::iter::once(&standing.commit).chain(standing.earlier.iter().rev()) {
        if carries(ctx, repo, tip, commit).await? {
            relation = Relation::Shipped;
        } else if carries(ctx, repo, head, commit).await? {
            return Ok((standing.at(commit), Relation::WouldShip));
        }
    }
    Ok((standing.clone(), relation))
}

/// A release whose issue is broken has no say any more where a later one that ships with it asks for all that it would have
/// asked for: its commit lies in the later one's range.
pub(in super::super) async fn superseded(
    ctx: &Context,
    repo: &Repo,
    found: &mut [(ReleaseStatus, Relation)],
) -> Result<(), Failure> {
    let whole: Vec<ReleaseStatus> = found
        .iter()
        .filter(|(s, r)| *r == Relation::WouldShip && matches!(s.evidence, IssueState::Read { .. }))
        .map(|(s, _)| s.clone())
        .collect();
    for (standing, relation) in found.iter_mut() {
        if *relation != Relation::WouldShip || !matches!(standing.evidence, IssueState::Broken(_)) {
            continue;
        }
        for later in &whole {
            let older_than_range = match &later.since {
                Some(since) => repo.contains(since, &standing.commit).await.or_fail(ctx)?,
                None => false,
            };
            if !older_than_range && repo.contains(&later.commit, &standing.commit).await.or_fail(ctx)? {
                *relation = Relation::Unrelated;
            }
        }
    }
    Ok(())
}

/// How a candidate stands to each release that could have a say. All that wait are looked at. Of those that wait for nothing by
/// what is known, the newest that ship with the candidate are: their issues are read before anything passes.
///
/// A release contains the one before it. So below one that the base contains, that chain needs no look.
async fn relations(
    ctx: &Context,
    repo: &Repo,
    standings: &[ReleaseStatus],
    head: &Sha,
    tip: &Sha,
) -> Result<Vec<(ReleaseStatus, Relation)>, Failure> {
    let mut found = Vec::new();
    let mut settled = 0;
    let mut shipped: BTreeSet<Sha> = BTreeSet::new();
    for standing in standings {
        if !is_pending(standing) {
            if settled == MAX_NEWEST {
                continue;
            }
            settled += 1;
        }
        let (own, relation) = if standing.earlier.is_empty() && shipped.contains(&standing.commit) {
            (standing.clone(), Relation::Shipped)
        } else {
            relation(ctx, repo, standing, head, tip).await?
        };
        if relation == Relation::Shipped {
            shipped.extend(standing.since.clone());
        }
        found.push((own, relation));
    }
    superseded(ctx, repo, &mut found).await?;
    linked(standings, &mut found);
    Ok(found)
}

/// Reads side by side how the releases that may wait, and the newest that does not, stand to a branch, and then how those that are
/// not in it stand to each of these heads: what [`relations`] asks of every one of them.
pub(super) async fn read_ahead(
    ctx: &Context,
    repo: &Repo,
    standings: &[ReleaseStatus],
    heads: &BTreeSet<Sha>,
    tip: &Sha,
) -> Result<(), Failure> {
    let newest = standings.iter().find(|standing| !is_pending(standing));
    let commits: BTreeSet<&Sha> =
        standings.iter().filter(|standing| is_pending(standing)).chain(newest).map(|s| &s.commit).collect();
    let of_tip = commits.iter().map(|commit| (tip.clone(), (*commit).clone())).collect();
    read_ahead::ancestry(ctx, repo, &of_tip).await?;
    let mut of_heads = BTreeSet::new();
    for commit in commits {
        if !carries(ctx, repo, tip, commit).await? {
            of_heads.extend(heads.iter().map(|head| (head.clone(), commit.clone())));
        }
    }
    read_ahead::ancestry(ctx, repo, &of_heads).await
}

/// How a commit, and the members of the group that it is of, stand to the releases: where one of them ships a release, the
/// group does. The flag says that each of them is covered by a release of its own commit.
pub(super) async fn of_group(
    ctx: &Context,
    repo: &Repo,
    standings: &[ReleaseStatus],
    head: &Sha,
    members: &[Sha],
    tip: &Sha,
) -> Result<(Vec<(ReleaseStatus, Relation)>, bool), Failure> {
    let mut all = relations(ctx, repo, standings, head, tip).await?;
    let whole = |found: &[(ReleaseStatus, Relation)], head: &Sha| {
        found.iter().any(|(standing, relation)| *relation == Relation::WouldShip && standing.commit == *head)
    };
    let mut covered = whole(&all, head) || !members.is_empty();
    for member in members {
        let own = relations(ctx, repo, standings, member, tip).await?;
        covered &= whole(&own, member);
        for (standing, relation) in own {
            let same = |(known, _): &&mut (ReleaseStatus, Relation)| {
                known.label == standing.label && known.commit == standing.commit
            };
            match all.iter_mut().find(same) {
                Some((_, Relation::WouldShip)) => {}
                Some(known) if relation == Relation::WouldShip => *known = (standing, relation),
                Some((_, known)) if *known == Relation::Unrelated => *known = relation,
                Some(_) => {}
                None => all.push((standing, relation)),
            }
        }
    }
    Ok((all, covered))
}
