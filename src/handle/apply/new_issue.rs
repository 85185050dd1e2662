//! An issue takes the place of one that is gone: what was done there was done there.
//!
//! The ledger keeps its lines, and says of each item that was done or skipped that it is open again. Whatever comes after that
//! counts. Lines are written before the index names the new issue, so that no end of the process leaves them out.

use super::super::{Context, Failure, own_checks};
use crate::checklist::identity::ItemId;
use crate::checklist::parse::parse;
use crate::ids::IssueNumber;
use crate::message::release_issue::DONE_IN_LOST_ISSUE;
use crate::release::ledger::MarkSource;
use crate::release::parts::join;
use crate::release::progress::{Mark, Record, is_added};
use crate::store::{LedgerLine, PartRow, ReleaseRow};
use std::collections::{BTreeMap, BTreeSet};

/// All of a release is asked for in another issue than before; nothing where it is the same one.
pub(in super::super) async fn whole(ctx: &Context, row: &ReleaseRow, issue: IssueNumber) -> Result<(), Failure> {
    if row.issue == Some(issue) {
        return Ok(());
    }
    again(ctx, row, issue, |_| true).await
}

/// What one part asks for is asked for in another issue than before. Where a release is opened for the first time, what people
/// tick in a part counts before the others are there.
pub(super) async fn part(
    ctx: &Context,
    row: &ReleaseRow,
    parts: &[PartRow],
    part: &PartRow,
    issue: IssueNumber,
) -> Result<(), Failure> {
    if part.issue == Some(issue) || (part.issue.is_none() && row.issue.is_none()) {
        return Ok(());
    }
    let items = |text: &str| parse(text).0.items.len();
    let before: usize = parts.iter().filter(|p| p.part < part.part).map(|p| items(&p.opened)).sum();
    let (list, _) = parse(&join(parts.iter().map(|p| p.opened.as_str())));
    let own: BTreeSet<ItemId> =
        list.items.into_iter().skip(before).take(items(&part.opened)).map(|item| item.id).collect();
    again(ctx, row, issue, |item| own.contains(item)).await
}

async fn again(
    ctx: &Context,
    row: &ReleaseRow,
    issue: IssueNumber,
    of: impl Fn(&ItemId) -> bool,
) -> Result<(), Failure> {
    let lines = ctx.store.ledger_lines(row.id).await?.into_iter();
    let lines: Vec<_> = lines.filter(|line| line.how != MarkSource::Verified.word()).collect();
    let Some(at) = lines.iter().map(|line| line.at).max().filter(|_| ctx.dry_run.is_none()) else { return Ok(()) };
    // What people took out again stays out.
    let out = |line: &Record| is_added(&line.item) && line.mark == Mark::Missing && line.refused.is_none();
    let texts: BTreeMap<ItemId, Option<String>> =
        lines.iter().map(|line| (ItemId(line.item.clone()), line.text.clone())).collect();
    let last: BTreeMap<ItemId, Record> =
        lines.into_iter().map(crate::store::record_of).map(|record| (record.item.clone(), record)).collect();
    let us = own_checks::bot(ctx).await?;
    let open = |(item, _): (ItemId, Record)| LedgerLine {
        text: texts.get(&item).cloned().flatten(),
        record: Record { item, mark: Mark::Open, by: us.as_str().into(), at, refused: None, how: MarkSource::Box },
        delivery: format!("anew in #{issue}"),
        reason: Some(DONE_IN_LOST_ISSUE.to_owned()),
    };
    let lines = last.into_iter().filter(|(item, record)| of(item) && !out(record)).map(open).collect();
    Ok(ctx.store.append(row.id, lines).await?)
}
