//! Repositories in which nothing has to do with a checklist: which of them have changed since they were looked at.
//!
//! A look at one costs several requests, and one question tells of fifty whether they changed. It only leaves out what was looked at
//! as a whole, had no checklist, and is like it was before that look. Whatever the index keeps of a repository that may wait or open
//! something has it looked at, and so does whatever GitHub does not say.
//!
//! Race: what happens between the question and the look is seen by the look, and the next question finds another state. It costs one
//! look too many.

use super::context::PULLS_OF_A_JOB;
use super::{Context, Failure, OrFail as _, apply, facts, gate};
use crate::config::Config;
use crate::github::repo::Repo;
use crate::github::wire::Tree;
use crate::ids::{InstallationId, Repository, RepositoryId};
use crate::plan::Configuration;
use crate::release::rules;
use crate::store;
use std::collections::BTreeMap;

/// How a repository in which nothing waits compares with what it was like at the last look.
#[derive(Debug)]
pub enum Change {
    /// It is as it was when it was looked at and had no checklist.
    None,
    /// It is like this now, as a digest.
    To(String),
}

/// Asks what repositories are like in which nothing waits. Those are left out of which GitHub does not say it.
///
/// # Errors
/// What the database says.
pub async fn changes(
    ctx: &Context,
    repositories: &[Repository],
) -> Result<BTreeMap<RepositoryId, Change>, store::Error> {
    let before = ctx.store.idle_repositories().await?;
    let mut idle: BTreeMap<InstallationId, Vec<Repository>> = BTreeMap::new();
    for repository in repositories.iter().filter(|repository| before.contains_key(&repository.id)) {
        idle.entry(repository.installation).or_default().push(repository.clone());
    }
    let mut changes = BTreeMap::new();
    for (installation, repositories) in idle {
        let states = match ctx.github.installation(installation).states(&repositories).await {
            Ok(states) => states,
            Err(error) => {
                tracing::warn!(%error, installation = installation.0, "whether repositories changed is not known");
                continue;
            }
        };
        for (id, state) in states {
            let now = format!("{}{}", rules::version(), apply::digest(&state));
            let is_same = before.get(&id).is_some_and(|before| before.as_ref() == Some(&now));
            changes.insert(id, if is_same { Change::None } else { Change::To(now) });
        }
    }
    Ok(changes)
}

/// Notes that a repository was looked at as a whole, and what it was like before: if nothing in it has to do with a checklist.
pub(super) async fn note(ctx: &Context, repo: &Repo, state: &str) -> Result<(), Failure> {
    if ctx.dry_run.is_some() {
        return Ok(());
    }
    let id = repo.repository.id;
    if !has_no_checklist(ctx, repo).await? {
        return Ok(ctx.store.note_idle(id, None).await?);
    }
    // The look is what keeps it up to date.
    gate::forget_requirements(ctx, repo).await?;
    Ok(ctx.store.note_idle(id, Some(state.to_owned())).await?)
}

async fn has_no_checklist(ctx: &Context, repo: &Repo) -> Result<bool, Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(false) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(false) };
    let pulls = repo.open_pulls().await.or_fail(ctx)?;
    if pulls.len() > PULLS_OF_A_JOB {
        return Ok(false);
    }
    for pull in &pulls {
        if facts::base(ctx, repo, &pull.base).await?.is_none_or(|base| base.may_gate(&pull.base)) {
            return Ok(false);
        }
    }
    names_no_file(ctx, repo, config, &base.tree).await
}

/// Whether a tree has no file that some checklist names.
async fn names_no_file(ctx: &Context, repo: &Repo, config: &Config, tree: &Tree) -> Result<bool, Failure> {
    if !tree.files().is_complete() {
        return Ok(false);
    }
    let files = tree.files().known_part();
    for checklist in config.checklists.values() {
        let templates = facts::templates(ctx, repo, checklist, tree).await?;
        if templates.iter().any(|path| files.contains_key(path))
            || files.keys().any(|path| checklist.step_globs().is_match(path))
        {
            return Ok(false);
        }
    }
    Ok(true)
}
