//! Facts that several flows need: the configuration that holds, and the text of files at a commit.

use super::{Context, Failure, OrFail as _};
use crate::config::{self, Config};
use crate::github::repo::Repo;
use crate::github::wire::Tree;
use crate::ids::Sha;
use crate::plan::configuration::Below;
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

/// The text of a file at a commit; `None` where it is not there.
pub(super) async fn text(ctx: &Context, repo: &Repo, tree: &Tree, path: &str) -> Result<Option<String>, Failure> {
    let Some(blob) = tree.files.get(path) else {
        if tree.complete {
            return Ok(None);
        }
        return Err(Failure::Retry {
            at_ms: None,
            message: format!("the repository has more files than GitHub lists at once, and `{path}` is not among them"),
        });
    };
    match repo.blob(blob).await.or_fail(ctx)? {
        Some(text) => Ok(Some(text.as_str().to_owned())),
        None => Ok(Some(unread(path))),
    }
}

/// What stands in for the text of a file that is too large to be a checklist.
pub(super) fn unread(path: &str) -> String {
    format!("`{path}` is larger than 1 MiB and was not read.\n")
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
    Ok(Some(plan::configuration::extended(&text, config, problems, Below::Read(organisation.as_deref()))))
}

/// The text of the organisation's file; `None` where there is none, or none that we may read.
pub(super) async fn organisation_text(ctx: &Context, repo: &Repo) -> Result<Option<String>, Failure> {
    repo.organisation_file(config::PATH).await.or_fail(ctx)
}

/// The name of the default branch, and what holds there: its own file, else the organisation's, else the defaults.
pub(super) async fn default_base(ctx: &Context, repo: &Repo) -> Result<Option<Base>, Failure> {
    let branch = repo.default_branch().await.or_fail(ctx)?;
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
            None => Configuration::Usable(Config::default()),
        },
    };
    Ok(Some(Base { tip, tree, configuration }))
}

async fn organisation(ctx: &Context, repo: &Repo) -> Result<Configuration, Failure> {
    Ok(match organisation_text(ctx, repo).await?.map(|text| config::parse(&text)) {
        Some((Some(config), _)) => Configuration::Usable(config),
        Some((None, problems)) => Configuration::Broken { problems, organisation: true },
        None => Configuration::Usable(Config::default()),
    })
}
