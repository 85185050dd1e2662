//! What the index knows of gates: whose checks stand on a commit, and which branches are gated.
//!
//! Asks GitHub nothing. It is for what must reach every gate although the configuration cannot say which there are, and for
//! events of which most concern none.

use super::super::{Context, Failure, apply};
use super::possible_names;
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::store::{Put, ReleaseRow};
use std::collections::BTreeSet;

fn key(branch: &str) -> String {
    format!("gated:{branch}")
}

/// Names of checklists whose check may stand on a commit, or does.
pub(super) async fn names(
    ctx: &Context,
    repo: &Repo,
    rows: &[ReleaseRow],
    sha: &Sha,
) -> Result<BTreeSet<String>, Failure> {
    let mut names = possible_names(rows);
    names.extend(apply::checklists_on(ctx, repo, sha).await?);
    Ok(names)
}

/// Remembers that pull requests into a branch wait.
pub(super) async fn gates(ctx: &Context, repo: &Repo, branch: &str) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || gated(ctx, repo, branch).await? {
        return Ok(());
    }
    let put = Put { github_id: 0, digest: String::new() };
    Ok(ctx.store.note_put(repo.repository.id, key(branch), put).await?)
}

/// Whether pull requests into a branch ever waited. What moves any other branch moves no gate.
pub(in super::super) async fn gated(ctx: &Context, repo: &Repo, branch: &str) -> Result<bool, Failure> {
    Ok(ctx.store.last_put(repo.repository.id, key(branch)).await?.is_some())
}
