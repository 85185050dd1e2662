//! What Holdpoint wrote on GitHub, by what the index has of it, and under which name it writes. Reads only.

use super::{Context, Failure, OrFail as _};
use crate::config;
use crate::github::repo::Repo;
use crate::ids::Sha;

pub(super) fn check_key(sha: &Sha, name: &str) -> String {
    format!("check:{sha}:{name}")
}

/// Names of the checklists whose check was ever written on a commit.
pub(super) async fn checklists_on(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<Vec<String>, Failure> {
    let prefix = check_key(sha, "");
    let keys = ctx.store.written_below(repo.repository.id, prefix.clone()).await?;
    let checks = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
    Ok(checks.filter_map(config::checklist_of_check).map(str::to_owned).collect())
}

/// Whether the check of a checklist was ever written on a commit.
pub(super) async fn has_check(ctx: &Context, repo: &Repo, sha: &Sha, checklist: &str) -> Result<bool, Failure> {
    let key = check_key(sha, &config::check_name(checklist));
    Ok(ctx.store.last_written(repo.repository.id, key).await?.is_some())
}

/// The login under which the App writes, as it was a few minutes ago or is now.
pub(super) async fn bot(ctx: &Context) -> Result<String, Failure> {
    Ok(ctx.github.me().await.or_fail(ctx)?.login())
}

/// The login under which the App writes now. GitHub lists an account's issues by its login alone, and under an old one it lists none:
/// what was opened already would be opened again.
pub(super) async fn present_bot(ctx: &Context) -> Result<String, Failure> {
    Ok(ctx.github.check().await.or_fail(ctx)?.login())
}

/// What the names begin with under which the index keeps gated branches; the branch follows.
pub(super) const GATED: &str = "gated:";

/// Branches into which pull requests ever waited.
pub(super) async fn gated_branches(ctx: &Context, repo: &Repo) -> Result<Vec<String>, Failure> {
    let known = ctx.store.written_below(repo.repository.id, GATED.to_owned()).await?;
    Ok(known.iter().filter_map(|key| key.strip_prefix(GATED)).map(str::to_owned).collect())
}
