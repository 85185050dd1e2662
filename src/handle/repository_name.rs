//! Which repository a delivery is about, by the name that it has now.
//!
//! A repository's id never changes; its name and its installation do. A delivery names it as it was called when GitHub made the
//! delivery, and one may wait in the queue, be late, or be asked for again. So a name that differs from the one that is known
//! changes nothing by itself: GitHub is asked, by the id.
//!
//! The race that stays: a repository is renamed while a batch is at work. GitHub then redirects the next call, which is not
//! followed and was not carried out; the repository is looked for, and all of the batch is done once more under its new name.
//! What was done twice finds itself done. Where somebody took the old name for another repository, what is read of the repository
//! and of its pull requests says so by its id.

use super::{Context, Failure};
use crate::ids::{InstallationId, Repository};
use crate::message::failure::not_installed;
use std::sync::atomic::Ordering;

/// The repository by its present name, as far as is known. One that was not seen before is noted.
pub(super) async fn present(ctx: &Context, told: &Repository) -> Result<Repository, Failure> {
    match ctx.store.repository(told.id).await? {
        Some(known) if known == *told => Ok(known),
        Some(known) => find(ctx, told, &[told.installation, known.installation]).await,
        None if ctx.dry_run.is_some() => Ok(told.clone()),
        // The delivery may have waited while the App was uninstalled, or tell of its coming back.
        None if ctx.store.is_lost(told.id).await? => find(ctx, told, &[told.installation]).await,
        None => {
            ctx.store.upsert_repository(told.clone()).await?;
            Ok(told.clone())
        }
    }
}

/// The repository by its new name, where a call of this batch was led elsewhere and it has one.
pub(super) async fn find_new(ctx: &Context, known: &Repository) -> Result<Option<Repository>, Failure> {
    if !ctx.moved.swap(false, Ordering::Relaxed) {
        return Ok(None);
    }
    let found = find(ctx, known, &[known.installation]).await?;
    Ok(Some(found).filter(|found| found != known))
}

/// Asks GitHub, and keeps the answer.
async fn find(ctx: &Context, told: &Repository, through: &[InstallationId]) -> Result<Repository, Failure> {
    let found = ctx.github.repository_of(told.id, through).await.map_err(|error| ctx.failed(&error))?;
    let Some(found) = found else {
        let message = not_installed(told.id, &told.name);
        return Err(Failure::Retry { at_ms: None, message });
    };
    if ctx.dry_run.is_none() {
        ctx.store.upsert_repository(found.clone()).await?;
    }
    tracing::info!(repo.name = %found.name, was = %told.name, "a repository has another name");
    Ok(found)
}
