//! How a commit stands to a release, and to those that stand in for one another.
//!
//! Asks git through GitHub, and decides nothing about passing.

use super::super::landed::carries;
use super::super::{Context, Failure, OrFail as _};
use crate::gate::{Evidence, Relation, Standing};
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha};
use std::collections::BTreeSet;

/// What ships a release ships the steps that stand in another one's issue: that one has its say too, wherever its commit is. What
/// it says of the branch that has it already it says all the same.
pub(in super::super) fn linked(standings: &[Standing], found: &mut Vec<(Standing, Relation)>) {
    let shipped = found.iter().filter(|(_, relation)| *relation == Relation::Ships);
    let links: BTreeSet<IssueNumber> = shipped.flat_map(|(standing, _)| standing.links.iter().copied()).collect();
    let refers = |standing: &Standing| standing.issue.is_some_and(|issue| links.contains(&issue));
    found.retain(|(standing, relation)| *relation == Relation::Shipped || !refers(standing));
    found.extend(standings.iter().filter(|s| refers(s)).map(|s| (s.clone(), Relation::Ships)));
}

/// How a candidate stands to a release that had several commits: a candidate that brings any of them ships it. Where one was
/// squashed or rebased, the commit as which it was merged stands for it. The newest that it brings is the one that counts.
///
/// What the base has is out, whether the candidate has it or not: merged into the base, it is on top of it all the same. So the
/// base is asked first; pull requests share its answers.
pub(super) async fn relation(
    ctx: &Context,
    repo: &Repo,
    standing: &Standing,
    head: &Sha,
    tip: &Sha,
) -> Result<(Standing, Relation), Failure> {
    let mut relation = Relation::Apart;
    for commit in std::iter::once(&standing.commit).chain(standing.earlier.iter().rev()) {
        if carries(ctx, repo, tip, commit).await? {
            relation = Relation::Shipped;
        } else if carries(ctx, repo, head, commit).await? {
            return Ok((standing.at(commit), Relation::Ships));
        }
    }
    Ok((standing.clone(), relation))
}

/// A release whose issue is broken has no say any more where a later one that ships with it asks for all that it would have
/// asked for: its commit lies in the later one's range.
pub(in super::super) async fn superseded(
    ctx: &Context,
    repo: &Repo,
    found: &mut [(Standing, Relation)],
) -> Result<(), Failure> {
    let whole: Vec<Standing> = found
        .iter()
        .filter(|(s, r)| *r == Relation::Ships && matches!(s.evidence, Evidence::Read { .. }))
        .map(|(s, _)| s.clone())
        .collect();
    for (standing, relation) in found.iter_mut() {
        if *relation != Relation::Ships || !matches!(standing.evidence, Evidence::Broken(_)) {
            continue;
        }
        for later in &whole {
            let older_than_range = match &later.since {
                Some(since) => repo.contains(since, &standing.commit).await.or_fail(ctx)?,
                None => false,
            };
            if !older_than_range && repo.contains(&later.commit, &standing.commit).await.or_fail(ctx)? {
                *relation = Relation::Apart;
            }
        }
    }
    Ok(())
}
