//! How far a release is, and the comment that shows it.

use super::{Context, Failure, apply};
use crate::checklist::parse;
use crate::config::ChecklistConfig;
use crate::github::repo::Repo;
use crate::plan;
use crate::release::marker::{Found, read};
use crate::release::progress::{Progress, progress};
use crate::store::{ReleaseRow, ReleaseState};

/// How far the release of a row is.
pub(super) async fn progress_of(
    ctx: &Context,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<Progress, Failure> {
    let (opened, _) = parse::parse(&row.opened_body);
    let (current, _) = parse::parse(&row.body);
    let ledger = ctx.store.ledger(row.id).await?;
    // What was found about an older commit is no evidence.
    let verified = row.verified.clone().of(&row.release.commit);
    Ok(progress(&opened, &current, &ledger, &verified, config))
}

/// The progress comment of a release that was just opened or looked at again.
pub(super) async fn show(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
) -> Result<(), Failure> {
    if row.state != ReleaseState::Open || row.issue.is_none() {
        return Ok(());
    }
    show_present(ctx, repo, row, config, true).await
}

pub(super) async fn show_present(
    ctx: &Context,
    repo: &Repo,
    row: &ReleaseRow,
    config: &ChecklistConfig,
    open: bool,
) -> Result<(), Failure> {
    let Some(number) = row.issue else { return Ok(()) };
    let progress = progress_of(ctx, row, config).await?;
    let note = match read(&row.body, &ctx.keys) {
        Found::Ours(_) => "",
        Found::UnknownVersion(_) | Found::Forged | Found::Nothing => {
            "The hidden line at the end of this issue was changed or removed. Holdpoint goes on by its own record."
        }
    };
    apply::all(ctx, repo, plan::ticks::show(number, open, &progress, config, note)).await
}
