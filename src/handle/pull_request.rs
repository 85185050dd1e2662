//! A pull request: its review, the release that it may be, and its gates.

use super::{Context, Failure, OrFail as _, apply, gate, release, review};
use crate::github::repo::Repo;
use crate::ids::PullNumber;

/// A pull request: its review, and its gates.
pub(super) async fn look(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    let Some(pull) = repo.pull(number).await.or_fail(ctx)? else { return Ok(()) };
    if !pull.open {
        return Ok(());
    }
    let effects = review::look(ctx, repo, &pull).await?;
    apply::all(ctx, repo, effects).await?;
    release::opened_or_updated(ctx, repo, &pull).await?;
    if gate::concerns(ctx, repo, &pull).await? {
        gate::heads(ctx, repo, std::slice::from_ref(&pull.head)).await?;
    }
    Ok(())
}
