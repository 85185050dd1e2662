//! Something happened that may be evidence for an item: it is looked at again, and shown everywhere where something turned.

use super::evidence::look;
use super::{Context, Failure, REREAD, ticks};
use crate::checklist::parse;
use crate::github::repo::Repo;
use crate::ids::{IssueNumber, Sha};
use crate::release::verify::{Verified, waits_for_issue, waits_for_tag};
use crate::store::{Listed, ReleaseRow};
use std::sync::PoisonError;

/// Something ended that may be evidence about a commit. Most commits are no release, and cost one look at the index.
pub(super) async fn commit(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<(), Failure> {
    for row in ctx.store.releases_at(repo.repository.id, sha).await? {
        again(ctx, repo, row).await?;
    }
    Ok(())
}

/// A tag came, went or moved, or what is published of it changed.
pub(super) async fn tag(ctx: &Context, repo: &Repo, name: &str) -> Result<(), Failure> {
    for row in waiting(ctx, repo).await? {
        let (opened, _) = parse::parse(&row.opened_body);
        let own = row.release.tag.as_deref() == Some(name);
        if waits_for_tag(&opened) && (own || !row.verified.clone().of(&row.release.commit).is_whole()) {
            again(ctx, repo, row).await?;
        }
    }
    Ok(())
}

/// An issue or pull request was closed or opened again, or is gone.
pub(super) async fn issue(ctx: &Context, repo: &Repo, number: IssueNumber) -> Result<(), Failure> {
    for row in waiting(ctx, repo).await? {
        let (opened, _) = parse::parse(&row.opened_body);
        if waits_for_issue(&opened, number) {
            again(ctx, repo, row).await?;
        }
    }
    Ok(())
}

/// The newest releases with something to verify.
async fn waiting(ctx: &Context, repo: &Repo) -> Result<Vec<ReleaseRow>, Failure> {
    Ok(ctx.store.releases_to_verify(repo.repository.id, REREAD).await?)
}

/// What this batch found on its way, and showed only where it was going, is shown everywhere.
pub(super) async fn tell(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let untold = |(key, verified): (&(i64, Sha), &Verified)| (!verified.told).then_some(key.0);
    let found: Vec<i64> = ctx.looked.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(untold).collect();
    if found.is_empty() || ctx.dry_run.is_some() {
        return Ok(());
    }
    for row in ctx.store.releases_by_id(&found).await? {
        again(ctx, repo, row).await?;
    }
    Ok(())
}

/// Looks again, and shows it everywhere where something turned. What was kept and not shown, because the process ended in
/// between, is shown now.
async fn again(ctx: &Context, repo: &Repo, row: ReleaseRow) -> Result<(), Failure> {
    let Some(number) = row.issue else { return Ok(()) };
    let row = look(ctx, repo, row).await?;
    if row.verified.told || row.verified == Verified::default() {
        return Ok(());
    }
    Box::pin(ticks::edited(ctx, repo, number, &[], true)).await?;
    if ctx.dry_run.is_none() {
        let ReleaseRow { listed: Listed { id, release, .. }, verified, .. } = row;
        let told = Verified { told: true, ..verified };
        ctx.store.record_verification(id, &told, Vec::new()).await?;
        ctx.looked.lock().unwrap_or_else(PoisonError::into_inner).insert((id, release.commit), told);
    }
    Ok(())
}
