//! Notes in the index and the ledger what a reading showed. A dry run notes nothing.

use super::super::release_parts::ReleaseParts;
use super::super::{Context, Failure};
use crate::ids::Account;
use crate::release::people::Named;
use crate::store::{LedgerLine, ReleaseRow};

/// Appends lines to the ledger, and notes the texts that were seen with them.
pub(in super::super) async fn record(
    ctx: &Context,
    parts: &ReleaseParts,
    lines: Vec<LedgerLine>,
) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let mut seen = parts.seen();
    if parts.are_several() {
        return Ok(ctx.store.record_parts(parts.release(), lines, seen, parts.text()).await?);
    }
    match seen.pop() {
        Some(one) => Ok(ctx.store.record(parts.release(), lines, one.body, one.at).await?),
        None => Ok(()),
    }
}

/// Notes whom the names in a release's checklist and rules mean.
pub(in super::super) async fn note_named(ctx: &Context, row: ReleaseRow, named: Named) -> Result<ReleaseRow, Failure> {
    if named != row.named && ctx.dry_run.is_none() {
        ctx.store.note_named(row.id, &named).await?;
    }
    Ok(ReleaseRow { named, ..row })
}

/// Notes that somebody behind a release is not known, where its issue was opened before a database was lost: this one does not
/// know that it was posted. With the other one went who else put the tag there. A transferred issue comes back to its own row.
pub(in super::super) async fn note_lost_people(ctx: &Context, row: &ReleaseRow) -> Result<(), Failure> {
    if row.posted_at.is_none() && !row.is_transferred() {
        ctx.store.add_authors(row.id, &[Account::nobody()]).await?;
    }
    Ok(())
}
