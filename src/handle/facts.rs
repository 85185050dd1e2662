//! Facts that several flows need: the configuration that holds, and the text of files at a commit.

use super::{Context, Failure, OrFail as _};
use crate::checklist::file;
use crate::config::{self, ChecklistConfig, Config, Templates};
use crate::github::repo::Repo;
use crate::github::wire::Tree;
use crate::ids::{Sha, Timestamp};
use crate::message::no_rules::NoRules;
use crate::message::release_issue::too_large;
use crate::plan::configuration::OrgConfig;
use crate::plan::{self, Configuration};
use std::sync::Arc;

/// A branch's tip and the configuration that it carries.
pub(super) struct Base {
    /// The commit at the tip.
    pub(super) tip: Sha,
    /// Its files.
    pub(super) tree: Arc<Tree>,
    /// The configuration that holds for it.
    pub(super) configuration: Configuration,
}

impl Base {
    /// Whether some checklist opens its releases by tags.
    pub(super) fn opens_by_tag(&self) -> bool {
        match &self.configuration {
            Configuration::Usable(config) => config.checklists.values().any(ChecklistConfig::opens_by_tag),
            Configuration::Broken { .. } => false,
        }
    }

    /// Whether pull requests into this branch may have to wait.
    pub(super) fn may_gate(&self, branch: &str) -> bool {
        match &self.configuration {
            Configuration::Usable(config) => config.checklists.values().any(|c| c.gates(branch)),
            Configuration::Broken { .. } => true,
        }
    }
}

/// The text of a file at a commit; `None` where it is not there.
pub(super) async fn text(ctx: &Context, repo: &Repo, tree: &Tree, path: &str) -> Result<Option<String>, Failure> {
    let blob = match tree.blob(path) {
        Ok(blob) => blob.cloned(),
        // It has more files than GitHub lists: this one is looked for.
        Err(_) => repo.blob_of(tree.commit(), path).await.or_fail(ctx)?,
    };
    match blob {
        Some(blob) => text_of(ctx, repo, &blob, path).await.map(Some),
        None => Ok(None),
    }
}

/// The text of a file whose blob is known.
pub(super) async fn text_of(ctx: &Context, repo: &Repo, blob: &Sha, path: &str) -> Result<String, Failure> {
    let text = repo.blob(blob).await.or_fail(ctx)?;
    Ok(text.map_or_else(|| unread(path), |text| text.as_str().to_owned()))
}

/// The template files of a checklist in a tree, configured ones that are missing too. Of the usual places some are templates only
/// if boxes stand in them: those are read.
pub(super) async fn templates(
    ctx: &Context,
    repo: &Repo,
    checklist: &ChecklistConfig,
    tree: &Tree,
) -> Result<Vec<String>, Failure> {
    let names: Vec<&str> = tree.files().known_part().keys().map(String::as_str).collect();
    let (paths, more) = match checklist.templates(&names) {
        Templates::Known(paths) => return Ok(paths),
        Templates::FirstWithItems { paths, more } => (paths, more),
    };
    for path in paths {
        let Some(text) = text(ctx, repo, tree, &path).await? else { continue };
        // What was too large to be read may be a checklist.
        if text == unread(&path) || file::has_items(&path, &text) {
            return Ok(vec![path]);
        }
    }
    Ok(more.into_iter().collect())
}

/// What stands in for the text of a file that is too large to be a checklist.
pub(super) fn unread(path: &str) -> String {
    format!("{}.\n", too_large(path))
}

/// What the file in this tree says; `None` where the tree has none.
pub(super) async fn own_configuration(
    ctx: &Context,
    repo: &Repo,
    tree: &Tree,
) -> Result<Option<Configuration>, Failure> {
    let Some(text) = text(ctx, repo, tree, config::PATH).await? else { return Ok(None) };
    let (config, problems) = config::parse(&text);
    let organisation = match &config {
        Some(config) if config.extends => organisation_text(ctx, repo).await?,
        Some(_) | None => None,
    };
    Ok(Some(plan::configuration::extended(&text, config, problems, OrgConfig::Read(organisation.as_deref()))))
}

/// The text of the organisation's file; `None` where GitHub shows none. That there is one is remembered.
pub(super) async fn organisation_text(ctx: &Context, repo: &Repo) -> Result<Option<String>, Failure> {
    let text = repo.organisation_file(config::PATH).await.or_fail(ctx)?;
    if text.is_some() && ctx.dry_run.is_none() && organisation_had_file(ctx, repo).await?.is_none() {
        let (installation, owner) = (repo.repository.installation, &repo.repository.name.owner);
        ctx.store.organisation_has_file(installation, owner, ctx.now()).await?;
    }
    Ok(text)
}

/// Since when the organisation is known to have a file of its own; `None` where none was ever read.
async fn organisation_had_file(ctx: &Context, repo: &Repo) -> Result<Option<Timestamp>, Failure> {
    let repository = &repo.repository;
    Ok(ctx.store.organisation_file(repository.installation, &repository.name.owner).await?)
}

/// The name of the default branch, and what holds there: its own file, else the organisation's, else the defaults.
pub(super) async fn default_base(ctx: &Context, repo: &Repo) -> Result<Option<Base>, Failure> {
    let branch = match repo.likely_default_branch() {
        // It hardly ever changes: its tip is read beside its name.
        Some(likely) => tokio::try_join!(repo.default_branch(), repo.branch_tip(&likely)).or_fail(ctx)?.0,
        None => repo.default_branch().await.or_fail(ctx)?,
    };
    let Some(tip) = repo.branch_tip(&branch).await.or_fail(ctx)? else { return Ok(None) };
    let tree = repo.tree(&tip).await.or_fail(ctx)?;
    let configuration = match own_configuration(ctx, repo, &tree).await? {
        Some(own) => own,
        None => organisation(ctx, repo).await?,
    };
    Ok(Some(Base { tip, tree, configuration }))
}

/// What holds for pull requests into a branch: its own file; where that branch does not carry one, what holds on the default
/// branch. Never the pull request's head. `None` where the branch is gone.
pub(super) async fn base(ctx: &Context, repo: &Repo, branch: &str) -> Result<Option<Base>, Failure> {
    let Some(tip) = repo.branch_tip(branch).await.or_fail(ctx)? else { return Ok(None) };
    let tree = repo.tree(&tip).await.or_fail(ctx)?;
    let configuration = match own_configuration(ctx, repo, &tree).await? {
        Some(own) => own,
        None => match default_base(ctx, repo).await? {
            Some(default) => default.configuration,
            None => plan::configuration::without_default(),
        },
    };
    Ok(Some(Base { tip, tree, configuration }))
}

/// What the organisation's file says. GitHub answers alike where a file is gone and where it is hidden from us, so a file that was
/// there once is never taken for gone: who wants none leaves an empty one.
async fn organisation(ctx: &Context, repo: &Repo) -> Result<Configuration, Failure> {
    if let Some(text) = organisation_text(ctx, repo).await? {
        return Ok(match config::parse(&text) {
            (Some(config), _) => Configuration::Usable(config),
            (None, problems) => Configuration::Broken { problems, organisation: true },
        });
    }
    Ok(match organisation_had_file(ctx, repo).await? {
        Some(since) => plan::configuration::hidden(&repo.repository.name.owner, since),
        None => Configuration::Usable(Config::default()),
    })
}

/// The rules of a checklist: those of the default branch, by which its releases are opened and ticks count. Never the defaults
/// in their place: they would let people tick whom the file did not.
pub(super) async fn rules(
    ctx: &Context,
    repo: &Repo,
    checklist: &str,
) -> Result<Result<ChecklistConfig, NoRules>, Failure> {
    Ok(match default_base(ctx, repo).await?.map(|d| d.configuration) {
        Some(Configuration::Usable(mut config)) => config.checklists.remove(checklist).ok_or(NoRules::Unnamed),
        Some(Configuration::Broken { .. }) | None => Err(NoRules::Broken),
    })
}
