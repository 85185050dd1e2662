//! Pull requests: their reviews, the releases that they may be, and their gates.
//!
//! Reviews of different heads are done side by side: each writes the check and the comment of its own pull requests, and reads
//! nothing that another one writes. Pull requests that share a head share its check, so their reviews are done one after the
//! other. Releases and gates concern more than one pull request, and are decided one at a time.

use super::{Context, Failure, OrFail as _, apply, gate, read_ahead, release, review, side_by_side};
use crate::event::Head;
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use futures_util::FutureExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// One pull request, as [`look_at_all`].
pub(super) async fn look(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    look_at_all(ctx, repo, &BTreeSet::from([number]), &BTreeMap::new()).await
}

/// Pull requests: their reviews, their releases and their gates. `heads` are what they were by their events.
pub(super) async fn look_at_all(
    ctx: &Context,
    repo: &Repo,
    numbers: &BTreeSet<PullNumber>,
    heads: &BTreeMap<PullNumber, Head>,
) -> Result<(), Failure> {
    read_ahead::pull_requests(ctx, repo, numbers, heads).await?;
    let mut open = Vec::new();
    for number in numbers {
        open.extend(repo.pull(*number).await.or_fail(ctx)?.filter(|pull| pull.open));
    }
    decide(ctx, repo, &open).await
}

async fn decide(ctx: &Context, repo: &Repo, open: &[Pull]) -> Result<(), Failure> {
    review_all(ctx, repo, open).await?;
    let mut gated = Vec::new();
    for pull in open {
        release::opened_or_updated(ctx, repo, pull).await?;
        if gate::concerns(ctx, repo, pull).await? && !gated.contains(&pull.head) {
            gated.push(pull.head.clone());
        }
    }
    if gated.is_empty() { Ok(()) } else { gate::heads(ctx, repo, &gated).await }
}

/// Open pull requests of which nothing came: as [`look_at_all`], by the list of those that are open.
pub(super) async fn look_again(ctx: &Context, repo: &Repo, numbers: &BTreeSet<PullNumber>) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut open = repo.open_pulls().await.or_fail(ctx)?;
    open.retain(|pull| numbers.contains(&pull.number));
    decide(ctx, repo, &open).await
}

/// Reviews pull requests, those of different heads side by side.
pub(super) async fn review_all(ctx: &Context, repo: &Repo, pulls: &[Pull]) -> Result<(), Failure> {
    let mut by_head: BTreeMap<&Sha, Vec<&Pull>> = BTreeMap::new();
    for pull in pulls {
        by_head.entry(&pull.head).or_default().push(pull);
    }
    side_by_side(by_head.into_values().map(|pulls| review_head(ctx, repo, pulls).boxed()).collect()).await
}

/// Reviews the pull requests of one head, one after the other.
async fn review_head(ctx: &Context, repo: &Repo, pulls: Vec<&Pull>) -> Result<(), Failure> {
    for pull in pulls {
        let effects = review::look(ctx, repo, pull).await?;
        apply::all(ctx, repo, effects).await?;
    }
    Ok(())
}
