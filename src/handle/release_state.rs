//! How far a release is, by what is in the index. Reads only.

use super::{Context, Failure};
use crate::checklist::identity::ItemId;
use crate::checklist::parse;
use crate::config::ChecklistConfig;
use crate::release::ledger::{LedgerEntry, MarkSource};
use crate::release::progress::{Progress, Record, is_added, progress};
use crate::store::{self, ReleaseRow};
use std::collections::BTreeMap;

/// How far the release of a row is.
pub(super) async fn progress_of(
    ctx: &Context,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<Progress, Failure> {
    Ok(of_lines(row, config, ctx.store.ledger_lines(row.id).await?))
}

/// How far it is by these lines, which are all of its ledger.
pub(super) fn of_lines(row: &ReleaseRow, config: &ChecklistConfig, lines: Vec<LedgerEntry>) -> Progress {
    let (opened, _) = parse::parse(&row.opened_body);
    let (current, _) = parse::parse(&row.body);
    let texts = lines.iter().filter_map(|line| Some((ItemId(line.item.clone()), line.text.clone()?)));
    let added: BTreeMap<ItemId, String> = texts.filter(|(item, _)| is_added(item)).collect();
    let people = lines.into_iter().filter(|line| line.how != MarkSource::Verified.word());
    let ledger: Vec<Record> = people.map(store::record_of).collect();
    // What was found about an older commit is no evidence.
    let verified = row.verified.clone().of(&row.release.commit);
    progress(&opened, &current, &ledger, &added, &verified, &row.candidates(), config)
}
