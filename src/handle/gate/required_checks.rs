//! What the index knows of gates: whose checks stand on a commit, which branches are gated, and whether these wait for the checks.
//!
//! It is for what must reach every gate although the configuration cannot say which there are, and for events of which most
//! concern none. GitHub is asked about a branch's rules only where a gate is new, where everything is looked at, and once before
//! the first green check of a repository. A call about one branch that fails leaves what was known; where the protected branches
//! cannot be listed, nothing turns green.

use super::super::own_checks::{self, GATED, gated_branches};
use super::super::{Context, Failure, OrFail as _, facts};
use crate::config::{ChecklistConfig, Config, check_name, checklist_of_check};
use crate::gate::Requirement;
use crate::github::app_settings::{BranchRules, Protected, Required};
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::message::gate::requirement;
use crate::plan::Configuration;
use crate::store::Written;
use futures_util::future::try_join_all;
use std::collections::BTreeSet;

/// Of gated branches, the rules of so many are looked at; of protected branches that are not known to be gated, too.
const MAX_BRANCHES: usize = 20;

/// Under this name the index keeps that the protected branches were looked through.
const LOOKED_THROUGH: &str = "protected";

fn key(branch: &str) -> String {
    format!("{GATED}{branch}")
}

/// Names of checklists whose check may stand on a commit, or does.
pub(super) async fn names(ctx: &Context, repo: &Repo, sha: &Sha) -> Result<BTreeSet<String>, Failure> {
    let mut names = ctx.store.released_checklists(repo.repository.id).await?;
    names.extend(Config::default().checklists.into_keys());
    names.extend(own_checks::checklists_on(ctx, repo, sha).await?);
    Ok(names)
}

/// Remembers that pull requests into a branch wait. Where that is new, its rules are looked at.
pub(super) async fn gates(ctx: &Context, repo: &Repo, branch: &str) -> Result<(), Failure> {
    if ctx.dry_run.is_some() || gated(ctx, repo, branch).await? {
        return Ok(());
    }
    examine(ctx, repo, branch).await
}

/// Looks at the rules of every branch that is known to be gated, and of those that the default branch's configuration names: what
/// they require holds on where a later configuration names them no more.
pub(in super::super) async fn examine_all(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    if let Some(Configuration::Usable(config)) = facts::default_base(ctx, repo).await?.map(|base| base.configuration) {
        let named: BTreeSet<String> = config.checklists.values().flat_map(ChecklistConfig::literal_branches).collect();
        try_join_all(named.iter().take(MAX_BRANCHES).map(|branch| gates(ctx, repo, branch))).await?;
    }
    let known = gated_branches(ctx, repo).await?;
    try_join_all(known.iter().take(MAX_BRANCHES).map(|branch| examine(ctx, repo, branch))).await?;
    if !known.is_empty() {
        find_required(ctx, repo).await?;
    }
    Ok(())
}

/// Before the first check of a repository turns green, its protected branches are looked through: one that requires a check of
/// ours may be named by no configuration any more, and the index that knew it may be lost.
pub(super) async fn find_required_once(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    if ctx.dry_run.is_some() || ctx.store.is_noted(id, LOOKED_THROUGH).await? {
        return Ok(());
    }
    find_required(ctx, repo).await?;
    Ok(ctx.store.note_once(id, LOOKED_THROUGH).await?)
}

/// Forgets what branches require, of a repository that is not looked at every hour from now on: it is read anew before the next check
/// turns green, and for the next pull request into a gated branch.
pub(in super::super) async fn forget(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    for branch in gated_branches(ctx, repo).await? {
        ctx.store.forget_written(id, key(&branch)).await?;
    }
    Ok(ctx.store.forget_written(id, LOOKED_THROUGH.to_owned()).await?)
}

/// Keeps which protected branches require a check of ours. Those of which GitHub's list says so come first; of the others,
/// rulesets may say so, and of these only [`MAX_BRANCHES`] are read.
async fn find_required(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    let id = repo.repository.id;
    let known = gated_branches(ctx, repo).await?;
    let mut listed = repo.protected_branches().await.or_fail(ctx)?.known_part();
    listed.retain(|(branch, _)| !known.contains(branch));
    let is_ours = |required: &Required| checklist_of_check(&required.check).is_some();
    let names_ours = |protected: &Protected| protected.required.iter().flatten().any(is_ours);
    let (named, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|(_, protected)| names_ours(protected));
    for (branch, protected) in named.into_iter().chain(others.into_iter().take(MAX_BRANCHES)) {
        let asked = repo.asked_beside(&branch, protected).await.or_fail(ctx)?;
        if asked.required.iter().any(is_ours) {
            ctx.store.record_written(id, key(&branch), Written { github_id: 0, digest: kept(&asked)? }).await?;
        }
    }
    Ok(())
}

/// Keeps what a branch asks for, check by check; where it cannot be read, what was known.
async fn examine(ctx: &Context, repo: &Repo, branch: &str) -> Result<(), Failure> {
    let id = repo.repository.id;
    let before = ctx.store.last_written(id, key(branch)).await?;
    let asked = match repo.required_checks(branch).await {
        Ok(Some(asked)) => kept(&asked)?,
        Ok(None) if before.is_some() => return Ok(ctx.store.forget_written(id, key(branch)).await?),
        Ok(None) | Err(_) => before.map(|put| put.digest).unwrap_or_default(),
    };
    Ok(ctx.store.record_written(id, key(branch), Written { github_id: 0, digest: asked }).await?)
}

/// What a branch asks for, as the index keeps it and [`requirement_of`] reads it.
fn kept(rules: &BranchRules) -> Result<String, Failure> {
    // Without a text a branch requires nothing, so none is written in place of one that failed.
    serde_json::to_string(rules).map_err(|error| Failure::Dead { message: error.to_string() })
}

/// Whether GitHub said that a branch requires the check of a checklist. What it did not say is no.
pub(super) async fn requires(ctx: &Context, repo: &Repo, branch: &str, checklist: &str) -> Result<bool, Failure> {
    let found = requirement_of(ctx, repo, branch, checklist).await?;
    Ok(matches!(found, Some(Requirement::Pinned | Requirement::AnySource)))
}

async fn requirement_of(
    ctx: &Context,
    repo: &Repo,
    branch: &str,
    checklist: &str,
) -> Result<Option<Requirement>, Failure> {
    let Some(put) = ctx.store.last_written(repo.repository.id, key(branch)).await? else { return Ok(None) };
    let Ok(asked) = serde_json::from_str::<BranchRules>(&put.digest) else { return Ok(None) };
    let (check, ours) = (check_name(checklist), ctx.settings.github_app_id.unwrap_or_default());
    Ok(Some(Requirement::of(&asked.sources(&check), asked.hidden, ours)))
}

/// What is to be said below the check of a checklist on pull requests into a branch.
pub(super) async fn remark(
    ctx: &Context,
    repo: &Repo,
    branch: &str,
    checklist: &str,
) -> Result<Option<String>, Failure> {
    let found = requirement_of(ctx, repo, branch, checklist).await?;
    Ok(found.and_then(|found| requirement(found, &check_name(checklist), branch, &ctx.site(&repo.repository))))
}

/// Whether pull requests into a branch ever waited. What moves any other branch moves no gate.
pub(in super::super) async fn gated(ctx: &Context, repo: &Repo, branch: &str) -> Result<bool, Failure> {
    Ok(ctx.store.last_written(repo.repository.id, key(branch)).await?.is_some())
}
