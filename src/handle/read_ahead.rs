//! Reads side by side what a batch is about to need, so that its round trips are those that the data force on it.
//!
//! It decides nothing and gives nothing: what it read, the batch's view of the repository and the cache of git's objects have, and
//! the flows read it there, one after the other, as they would without. A read that fails fails the batch here, as it would there.

use super::{Context, Failure, OrFail as _, facts, own_checks};
use crate::event::Head;
use crate::github::repo::Repo;
use crate::github::wire::Tree;
use crate::ids::{IssueNumber, PullNumber, Sha};
use futures_util::future::{join_all, try_join_all};
use std::collections::{BTreeMap, BTreeSet};

/// Files of a change whose texts are read side by side.
const MAX_TEXTS: usize = 10;

/// Gated branches whose tips are read before it is known that a pull request is for them.
const MAX_GATED: usize = 3;

/// For the look at pull requests; `heads` are what they were by their events. Each is compared with the tip that its branch had when it
/// was read last, which most often is the tip still: else that was a read for nothing.
pub(super) async fn pull_requests(
    ctx: &Context,
    repo: &Repo,
    numbers: &BTreeSet<PullNumber>,
    heads: &BTreeMap<PullNumber, Head>,
) -> Result<(), Failure> {
    if numbers.is_empty() {
        return Ok(());
    }
    let default = async { facts::default_base(ctx, repo).await.map(drop) };
    let branches: BTreeSet<&String> = heads.values().map(|head| &head.base).collect();
    let bases = try_join_all(branches.into_iter().map(|branch| facts::base(ctx, repo, branch)));
    let pulls = try_join_all(numbers.iter().map(|number| pull_request(ctx, repo, *number)));
    let likely = heads.values().filter_map(|head| Some((repo.likely_tip(&head.base)?, &head.commit)));
    // Whether one of these fails says nothing: what is needed is read below.
    let comparisons = join_all(likely.map(async |(tip, head)| drop(repo.compare(&tip, head).await)));
    tokio::try_join!(default, bases, pulls, async { Ok(comparisons.await) }).map(drop)
}

async fn pull_request(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<(), Failure> {
    let Some(pull) = repo.pull(number).await.or_fail(ctx)?.filter(|pull| pull.open) else { return Ok(()) };
    let Some(base) = facts::base(ctx, repo, &pull.base).await? else { return Ok(()) };
    let comparison = async { repo.compare(&base.tip, &pull.head).await.or_fail(ctx).map(drop) };
    let open = async {
        if base.may_gate(&pull.base) {
            repo.open_pulls().await.or_fail(ctx)?;
        }
        Ok(())
    };
    tokio::try_join!(comparison, open).map(drop)
}

/// For a tag that is a release: its commit, and the names of all tags.
pub(super) async fn tag(ctx: &Context, repo: &Repo, name: &str) -> Result<(), Failure> {
    tokio::try_join!(repo.tag(name), repo.tags()).or_fail(ctx).map(drop)
}

/// For deciding the checks of a repository: its open pull requests and what holds on its default branch, on gated ones, and on
/// `branch`. What this batch knows is not read again.
pub(super) async fn gate(ctx: &Context, repo: &Repo, branch: Option<&str>) -> Result<(), Failure> {
    let mut branches = own_checks::gated_branches(ctx, repo).await?;
    branches.truncate(MAX_GATED);
    branches.extend(branch.map(str::to_owned));
    let open = async { repo.open_pulls().await.or_fail(ctx).map(drop) };
    let default = async { facts::default_base(ctx, repo).await.map(drop) };
    let bases = try_join_all(branches.iter().map(|branch| facts::base(ctx, repo, branch)));
    tokio::try_join!(open, default, bases).map(drop)
}

/// For a release issue by which checks may turn: the issue, and what [`gate`] reads.
pub(super) async fn release_issue(ctx: &Context, repo: &Repo, number: IssueNumber) -> Result<(), Failure> {
    let issue = async { repo.read_issue_ahead(number).await.or_fail(ctx) };
    tokio::try_join!(issue, gate(ctx, repo, None)).map(drop)
}

/// For a check that would turn green: these release issues, and the tags where they open releases.
pub(super) async fn green_check(ctx: &Context, repo: &Repo, issues: &BTreeSet<IssueNumber>) -> Result<(), Failure> {
    let unread: Vec<IssueNumber> = issues.iter().filter(|number| !ctx.reading().has_read(**number)).copied().collect();
    let issues = try_join_all(unread.into_iter().map(|number| repo.read_issue_ahead(number)));
    let tags = async {
        match facts::default_base(ctx, repo).await? {
            Some(base) if base.opens_by_tag() => repo.tags_with_commits().await.or_fail(ctx).map(drop),
            Some(_) | None => Ok(()),
        }
    };
    tokio::try_join!(async { issues.await.or_fail(ctx) }, tags).map(drop)
}

/// For comparing two trees: both texts of files that differ, of the first few. More may be too much to be looked at.
pub(super) async fn texts<'p>(
    ctx: &Context,
    repo: &Repo,
    trees: [&Tree; 2],
    paths: impl Iterator<Item = &'p str>,
) -> Result<(), Failure> {
    let [old, new] = trees.map(|tree| tree.files().known_part());
    let differing = paths.filter(|path| old.get(*path) != new.get(*path)).take(MAX_TEXTS);
    let blobs: BTreeSet<&Sha> = differing.flat_map(|path| [old.get(path), new.get(path)]).flatten().collect();
    let read = blobs.into_iter().map(|blob| async { repo.blob(blob).await.or_fail(ctx).map(drop) });
    try_join_all(read).await.map(drop)
}

/// How commits stand to each other: for each pair whether the first contains the second.
pub(super) async fn ancestry(ctx: &Context, repo: &Repo, pairs: &BTreeSet<(Sha, Sha)>) -> Result<(), Failure> {
    let read = pairs.iter().map(|(head, commit)| async { repo.contains(head, commit).await.or_fail(ctx) });
    try_join_all(read).await.map(drop)
}
