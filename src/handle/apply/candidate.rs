//! A release is at another candidate: what must be done anew for it is open again in its issue.
//!
//! Races, and the choices made. Whether a tick counts is decided by its time and never by its box, so a box that stays ticked
//! opens nothing. Somebody may tick between the reading of a text and its change: the delivery of our own edit shows what it
//! wrote over, and `ticks` puts it back. A list of issues may lag behind a tick, and an answer to a change does not: so an issue
//! is changed even where nothing in it is to change.

use super::super::{Context, Failure, OrFail as _, facts, release_state};
use crate::checklist::identity::ItemId;
use crate::checklist::parse::parse;
use crate::config::ChecklistConfig;
use crate::github::repo::Repo;
use crate::github::wire::IssueChange;
use crate::ids::{IssueNumber, Timestamp};
use crate::release::addition::emptied;
use crate::release::progress::ItemState;
use crate::store::{PartRow, ReleaseRow};
use std::collections::BTreeSet;

/// Empties the boxes of what was done for an earlier candidate and must be done for this one, and notes until when the issues
/// asked about the earlier one.
pub(super) async fn begin(ctx: &Context, repo: &Repo, first: IssueNumber, parts: &[PartRow]) -> Result<(), Failure> {
    let Some(row) = ctx.store.release_of_issue(repo.repository.id, first).await? else { return Ok(()) };
    // With errors in the configuration nothing passes, and no box is emptied on a guess.
    let Ok(config) = facts::rules(ctx, repo, &row.release.checklist).await? else { return Ok(()) };
    let state = release_state::progress_of(ctx, &row, &config).await?;
    let anew: BTreeSet<ItemId> = state
        .entries
        .iter()
        .filter(|entry| matches!(entry.standing, ItemState::OtherCandidate { .. }))
        .map(|entry| entry.id.clone())
        .collect();
    let is_asked = state.entries.iter().any(|entry| entry.every_candidate);
    let issues = parts.iter().filter_map(|part| part.issue).chain((parts.is_empty()).then_some(first));
    let mut until = Timestamp::default();
    for number in issues {
        let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { continue };
        until = until.max(issue.updated_at);
        if !is_asked {
            continue;
        }
        let body = emptied(&row.opened_body, &issue.body, &anew, again(&config));
        let change = match &body {
            Some(body) => IssueChange { body: Some(body), state: (!issue.open).then_some("open"), title: None },
            None => IssueChange { title: Some(&issue.title), body: None, state: None },
        };
        until = until.max(repo.change_issue(number, &change).await.or_fail(ctx)?);
    }
    // Without a time nothing of what was done counts for this candidate, until the issue is read again.
    if until != Timestamp::default() {
        ctx.store.end_candidates(row.id, until).await?;
    }
    Ok(())
}

/// Notes until when an issue asked about the earlier candidates of a release, where that was not known: `at` is when it last
/// changed, as it was just read.
pub(in super::super) async fn end(ctx: &Context, row: &mut ReleaseRow, at: Timestamp) -> Result<(), Failure> {
    let is_known = row.earlier.iter().all(|earlier| earlier.until.is_some());
    if !is_known && row.pending.is_none() && ctx.dry_run.is_none() && at != Timestamp::default() {
        row.earlier = ctx.store.end_candidates(row.id, at).await?;
    }
    Ok(())
}

/// The text that another edit wrote over, with the boxes emptied that this edit was to empty; `None` where it emptied none.
pub(in super::super) fn emptied_anew(
    row: &ReleaseRow,
    config: &ChecklistConfig,
    from: &str,
    ours: &str,
) -> Option<String> {
    let (opened, was, now) = (parse(&row.opened_body).0, parse(from).0, parse(ours).0);
    let marks = |list| crate::release::progress::marks(&opened, list);
    let changed = crate::release::progress::changes(&marks(&was), &marks(&now));
    let ids: BTreeSet<ItemId> = changed.into_iter().map(|change| change.item).collect();
    emptied(&row.opened_body, from, &ids, again(config))
}

/// Whether every item is done anew for each candidate.
fn again(config: &ChecklistConfig) -> bool {
    config.open.again()
}
