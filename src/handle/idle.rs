//! Repositories in which nothing has to do with a checklist: which of them have changed since they were looked at.
//!
//! A look at one costs several requests, and one question tells of fifty whether they changed. It only leaves out what was looked at
//! as a whole, had no checklist, and is like it was before that look. Whatever the index keeps of a repository that may wait or open
//! something has it looked at, and so does whatever GitHub does not say.
//!
//! Race: what happens between the question and the look is seen by the look, and the next question finds another state. It costs one
//! look too many.

use super::{Context, Failure, OrFail as _, facts, gate};
use crate::config::Config;
use crate::github::repo::Repo;
use crate::github::wire::Tree;
use crate::ids::{InstallationId, Repository, RepositoryId};
use crate::plan::Configuration;
use crate::release::rules;
use std::collections::BTreeMap;

/// Open pull requests of a repository of which it is known that a look saw all.
const MAX_PULLS: usize = 20;

/// What is known of repositories before they are looked at.
#[derive(Debug, Default)]
pub struct Changes {
    now: BTreeMap<RepositoryId, String>,
    before: BTreeMap<RepositoryId, Option<String>>,
}

impl Changes {
    /// Whether a repository is as it was when it was looked at and had no checklist.
    #[must_use]
    pub fn is_unchanged(&self, id: RepositoryId) -> bool {
        let before = self.before.get(&id).and_then(Option::as_ref);
        before.is_some() && before == self.now.get(&id)
    }

    /// What a repository is like now; `None` where that is not known, or does not matter.
    #[must_use]
    pub fn state(&self, id: RepositoryId) -> Option<&str> {
        self.now.get(&id).map(String::as_str)
    }
}

/// Asks what repositories are like in which nothing waits. Where GitHub does not say it of an installation, they are looked at.
///
/// # Errors
/// What the database says.
pub async fn changes(ctx: &Context, repositories: &[Repository]) -> Result<Changes, crate::store::Error> {
    let mut before = ctx.store.idle_repositories().await?;
    let mut idle: BTreeMap<InstallationId, Vec<Repository>> = BTreeMap::new();
    for repository in repositories.iter().filter(|repository| before.contains_key(&repository.id)) {
        idle.entry(repository.installation).or_default().push(repository.clone());
    }
    let mut now = BTreeMap::new();
    for (installation, repositories) in idle {
        match ctx.github.installation(installation).states(&repositories).await {
            Ok(states) => {
                now.extend(states.into_iter().map(|(id, state)| (id, format!("{}{state}", rules::version()))));
            }
            Err(error) => {
                tracing::warn!(%error, installation = installation.0, "whether repositories changed is not known");
            }
        }
    }
    before.retain(|id, _| now.contains_key(id));
    Ok(Changes { now, before })
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
    if pulls.len() > MAX_PULLS {
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
