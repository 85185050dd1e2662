//! How far releases are, by what is in the index: of all that may wait, and of the newest that wait for nothing.
//!
//! That a release waits for nothing is noted once, and it is not read again until something changes that the answer rests on: a
//! repository has releases of years. Decides nothing about passing, and what is noted makes nothing pass: whatever passes was
//! read anew.

use super::super::{Context, Failure, release_state};
use crate::checklist::directive::Phase;
use crate::config::ChecklistConfig;
use crate::gate::{IssueState, ReleaseStatus};
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha};
use crate::message::release_issue::MISSING;
use crate::release::rules;
use crate::release::shared_steps::references;
use crate::store::{MayMatter, ReleaseRow, ReleaseState, Settled};
use std::collections::{BTreeMap, BTreeSet};

/// Of releases that wait for nothing any more, this many are looked at for one commit, the newest first.
pub(in super::super) const MAX_NEWEST: usize = 20;

/// So many releases that wait for nothing are noted in one write.
const NOTED: usize = 50;

/// How far a release is, and the place of the last line of its ledger that this rests on.
pub(super) async fn standing(
    ctx: &Context,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<(ReleaseStatus, Option<u64>), Failure> {
    let mut position = None;
    let evidence = match (row.state, row.issue) {
        (ReleaseState::Open, Some(issue)) => {
            let lines = ctx.store.ledger_lines(row.id).await?;
            position = lines.iter().map(|line| line.position).max();
            IssueState::Read { issue, progress: release_state::of_lines(row, config, lines) }
        }
        (ReleaseState::Claimed | ReleaseState::Open, _) => IssueState::Opening,
        (ReleaseState::Nothing, _) => IssueState::NothingToDo,
        (ReleaseState::Failed | ReleaseState::Gone, _) => {
            IssueState::Broken(row.failure.clone().unwrap_or_else(|| MISSING.to_owned()))
        }
    };
    let since = row.release.previous.as_ref().map(|p| p.commit.clone());
    let earlier = row.earlier.iter().map(|e| e.commit.clone()).collect();
    let standing = ReleaseStatus {
        label: row.release.label.clone(),
        commit: row.release.commit.clone(),
        earlier,
        links: references(&row.opened_body),
        issue: row.issue,
        since,
        evidence,
    };
    Ok((standing, position))
}

/// How far the releases of a checklist are that may matter to a gate, the newest first: all that wait, the newest that do not,
/// those that ever were at one of these commits, and those whose issues have steps of these. Releases that are left out wait for nothing.
pub(in super::super) async fn standings(
    ctx: &Context,
    repo: &Repo,
    name: &str,
    config: &ChecklistConfig,
    commits: &BTreeSet<Sha>,
) -> Result<Vec<ReleaseStatus>, Failure> {
    let (id, digest) = (repo.repository.id, rules::digest(config));
    let of_checklist = |row: &ReleaseRow| row.release.checklist == name && !row.withdrawn();
    let own = ctx.store.releases_of(id, commits).await?;
    let own: Vec<i64> = own.iter().filter(|row| row.release.checklist == name).map(|row| row.id).collect();
    let most = MAX_NEWEST + own.len();
    let MayMatter { others, settled } =
        ctx.store.releases_that_may_matter(id, name.to_owned(), digest.clone(), most).await?;
    let (mut found, mut judged): (BTreeMap<i64, ReleaseStatus>, Vec<Settled>) = (BTreeMap::new(), Vec::new());
    for row in others {
        let (standing, position) = standing(ctx, &row, config).await?;
        let waits = is_pending(&standing);
        found.insert(row.id, standing);
        if !waits && ctx.dry_run.is_none() {
            judged.push(Settled { row, position });
        }
        if judged.len() == NOTED {
            ctx.store.note_settled(id, digest.clone(), std::mem::take(&mut judged)).await?;
        }
    }
    if !judged.is_empty() {
        ctx.store.note_settled(id, digest, judged).await?;
    }
    let noted: BTreeSet<i64> = settled.iter().map(|row| row.id).collect();
    let mut rows: BTreeMap<i64, ReleaseRow> = settled.into_iter().map(|row| (row.id, row)).collect();
    let lacks: Vec<i64> = own.into_iter().filter(|id| !found.contains_key(id) && !rows.contains_key(id)).collect();
    rows.extend(ctx.store.releases_by_id(&lacks).await?.into_iter().filter(of_checklist).map(|row| (row.id, row)));
    for (id, row) in rows {
        let (standing, _) = standing(ctx, &row, config).await?;
        debug_assert!(
            !noted.contains(&id) || !is_pending(&standing),
            "{} is noted as settled, and waits",
            standing.label
        );
        found.insert(id, standing);
    }
    let known: BTreeSet<IssueNumber> = found.values().filter_map(|standing| standing.issue).collect();
    let links = found.values().flat_map(|standing| &standing.links).filter(|issue| !known.contains(issue)).copied();
    for row in linked_rows(ctx, repo, name, &links.collect::<Vec<_>>()).await? {
        found.insert(row.id, standing(ctx, &row, config).await?.0);
    }
    Ok(found.into_values().rev().collect())
}

/// The releases of a checklist whose issues these are, the newest first.
pub(super) async fn linked_rows(
    ctx: &Context,
    repo: &Repo,
    name: &str,
    links: &[IssueNumber],
) -> Result<Vec<ReleaseRow>, Failure> {
    let mut rows = ctx.store.releases_of_issues(repo.repository.id, &links.iter().copied().collect()).await?;
    rows.retain(|row| row.release.checklist == name && !row.withdrawn());
    Ok(rows)
}

/// Whether something of a release is open, before or after.
pub(in super::super) fn is_pending(standing: &ReleaseStatus) -> bool {
    match &standing.evidence {
        IssueState::Read { progress, .. } => {
            progress.missing(Phase::Before).next().is_some() || progress.missing(Phase::After).next().is_some()
        }
        IssueState::NothingToDo => false,
        IssueState::Opening | IssueState::Broken(_) => true,
    }
}
