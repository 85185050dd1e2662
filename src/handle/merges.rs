//! Finds out which released commits a squash or rebase brought into a branch.
//!
//! The branch never contains such a commit, so git says that the release is not out there. What was merged contained it, and
//! that is noted when the merge is heard of; a merge of which no delivery came, or whose head was tagged afterwards, is found in
//! the list of closed pull requests.

use super::{Context, Failure, OrFail as _};
use crate::github::repo::Repo;
use crate::github::wire::Pull;
use crate::ids::{PullNumber, Sha};
use crate::store::{Listed, Written};

/// Of releases, the newest so many are looked at for a merge.
const RELEASES: usize = 20;

/// At the first look, of merged pull requests those that changed last. Later, all since the one before.
const MERGES: usize = 30;

/// Under this name the index keeps up to where everything was looked at.
const SEEN: &str = "landed";

/// Where the index keeps as which commits a released one was merged.
fn below(commit: &Sha) -> String {
    format!("landed:{commit}:")
}

/// A pull request was merged.
pub(super) async fn merged(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    let rows = releases(ctx, repo).await?;
    if rows.is_empty() {
        return Ok(());
    }
    match repo.pull(number).await.or_fail(ctx)? {
        Some(pull) => note(ctx, repo, &pull, &rows).await,
        None => Ok(()),
    }
}

/// Merges that nobody told of, and those of heads that were released later. Nothing is read where neither can be.
pub(super) async fn catch_up(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let rows = releases(ctx, repo).await?;
    let Some(newest) = rows.first() else { return Ok(()) };
    let id = repo.repository.id;
    let pulls = repo.closed_pulls(1).await.or_fail(ctx)?;
    let last = pulls.first().map(|pull| pull.updated_at).unwrap_or_default();
    let seen = format!("{} {}", newest.id, newest.release.commit);
    let known = ctx.store.last_written(id, SEEN.to_owned()).await?;
    let known = known.filter(|put| put.digest == seen).map(|put| put.github_id);
    let merged = pulls.iter().filter(|pull| pull.merged);
    let most = if known.is_some() { pulls.len() } else { MERGES };
    for pull in merged.filter(|p| known.is_none_or(|at| seconds(p) >= at)).take(most) {
        note(ctx, repo, pull, &rows).await?;
    }
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let put = Written { github_id: u64::try_from(last.0).unwrap_or_default(), digest: seen };
    Ok(ctx.store.record_written(id, SEEN.to_owned(), put).await?)
}

fn seconds(pull: &Pull) -> u64 {
    u64::try_from(pull.updated_at.0).unwrap_or_default()
}

async fn releases(ctx: &Context, repo: &Repo) -> Result<Vec<Listed>, Failure> {
    Ok(ctx.store.newest_with_a_say(repo.repository.id, RELEASES).await?)
}

async fn note(ctx: &Context, repo: &Repo, pull: &Pull, rows: &[Listed]) -> Result<(), Failure> {
    let Some(merge) = pull.merge_commit.as_ref().filter(|_| pull.merged && ctx.dry_run.is_none()) else {
        return Ok(());
    };
    // A merge commit contains all that it merges, and git tells the rest.
    if repo.contains(merge, &pull.head).await.or_fail(ctx)? {
        return Ok(());
    }
    let mut commits: Vec<&Sha> = rows.iter().flat_map(Listed::commits).collect();
    commits.sort();
    commits.dedup();
    for commit in commits {
        let brought = repo.contains(&pull.head, commit).await.or_fail(ctx)?;
        if brought && !repo.contains(merge, commit).await.or_fail(ctx)? {
            let put = Written { github_id: pull.number.0, digest: String::new() };
            ctx.store.record_written(repo.repository.id, format!("{}{merge}", below(commit)), put).await?;
        }
    }
    Ok(())
}

/// Whether a commit holds what a released one holds: it contains it, or a commit as which that was merged.
pub(super) async fn carries(ctx: &Context, repo: &Repo, head: &Sha, commit: &Sha) -> Result<bool, Failure> {
    if repo.contains(head, commit).await.or_fail(ctx)? {
        return Ok(true);
    }
    let below = below(commit);
    let known = ctx.store.written_below(repo.repository.id, below.clone()).await?;
    for merged_as in known.iter().filter_map(|key| Sha::parse(key.strip_prefix(&below)?)) {
        if repo.contains(head, &merged_as).await.or_fail(ctx)? {
            return Ok(true);
        }
    }
    Ok(false)
}
