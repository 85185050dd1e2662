//! Reads what a release's issue is made from: templates, new steps, merged pull requests.
//!
//! Plans nothing: what is wrong with what was read is said in `plan`.

use super::super::facts::{self, Base};
use super::super::{Context, Failure, OrFail as _};
use super::backported_steps;
use super::steps::{Files, merged_pull, steps};
use crate::config::ChecklistConfig;
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::github::wire::{Comparison, Pull, Tree};
use crate::ids::Sha;
use crate::message::release_issue::{TOO_MANY_FILES, no_template, too_large};
use crate::plan::{self, Configuration};
use crate::release::contents::{File, IssueInputs, RangeFacts, Reference, Step};
use crate::release::{Merged, Release};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Pages of closed pull requests, of 100 each, that are searched for those of the range.
const PAGES: usize = 10;

/// What was read for a release.
pub(super) struct Gathered {
    pub(super) templates: Vec<File>,
    pub(super) steps: Vec<Step>,
    pub(super) range: RangeFacts,
    pub(super) reference: Option<Reference>,
}

/// By which checklist that of the released commit is judged.
#[derive(Clone, Debug)]
pub(super) enum Judge {
    /// By that of a branch as it is now: of a pull request its base, else the default branch.
    Branch,
    /// By that of a commit, as the issue was when it was opened; by none where it was opened without.
    Commit(Option<Sha>),
}

fn impossible(release: &Release, why: String) -> Effect {
    Effect::SkipRelease { release: Box::new(release.clone()), failure: Some(why) }
}

/// Whether the default branch or a commit has a configuration, a template or a step file. Where neither has, Holdpoint has
/// nothing to do with the repository.
pub(super) async fn has_checklist(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    commit: &Sha,
) -> Result<bool, Failure> {
    let is_given = match &base.configuration {
        Configuration::Usable(config) => config.given,
        Configuration::Broken { .. } => true,
    };
    if is_given || !facts::templates(ctx, repo, config, &base.tree).await?.is_empty() {
        return Ok(true);
    }
    let steps = config.step_globs();
    let tree = repo.tree(commit).await.or_fail(ctx)?;
    let has =
        |tree: &Tree| tree.files().known_part().keys().any(|path| steps.is_match(path)) || !tree.files().is_complete();
    Ok(has(&base.tree) || has(&tree) || !facts::templates(ctx, repo, config, &tree).await?.is_empty())
}

/// Reads all that the issue is made from, and plans it.
pub(super) async fn draft(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &Release,
    judge: &Judge,
) -> Result<Effect, Failure> {
    let gathered = gather(ctx, repo, base, config, release, None, judge).await?;
    let Gathered { templates, steps, range, reference } = match gathered {
        Ok(gathered) => gathered,
        Err(why) => return Ok(impossible(release, why)),
    };
    let site = ctx.site(&repo.repository);
    let ingredients = IssueInputs {
        release,
        named: release,
        config,
        site: &site,
        templates: &templates,
        reference: reference.as_ref(),
        steps: &steps,
        range: &range,
    };
    Ok(plan::release::open(&ingredients, repo.repository.id, &ctx.keys))
}

/// Reads all that the issue is made from, or says why there can be none. `own` is the row of a release that goes on.
pub(super) async fn gather(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &Release,
    own: Option<i64>,
    judge: &Judge,
) -> Result<Result<Gathered, String>, Failure> {
    let tree = repo.tree(&release.commit).await.or_fail(ctx)?;
    let too_many = || Ok(Err(TOO_MANY_FILES.to_owned()));
    let Ok(files) = tree.files().complete() else { return too_many() };
    let mut templates = Vec::new();
    for path in facts::templates(ctx, repo, config, &tree).await? {
        match facts::text(ctx, repo, &tree, &path).await? {
            Some(text) => templates.push(File { path, text }),
            None => return Ok(Err(no_template(&path, &release.commit))),
        }
    }
    // No template there although the default branch has one: the commit may be older than the checklist.
    if templates.is_empty() {
        if !base.tree.files().is_complete() {
            return too_many();
        }
        if let Some(path) = facts::templates(ctx, repo, config, &base.tree).await?.first() {
            return Ok(Err(no_template(path, &release.commit)));
        }
    }
    let (steps, range) = match &release.previous {
        Some(previous) => {
            let before = repo.tree(&previous.commit);
            let (before, comparison) =
                tokio::try_join!(before, repo.compare(&previous.commit, &release.commit)).or_fail(ctx)?;
            // What the cut list of the commit before does not show is asked for, and no item is left out for its paths.
            let paths = before.files().complete().ok().map(|before| changed(before, files));
            let before = before.files().known_part();
            let commits = comparison.as_ref().and_then(|found| found.commits.as_ref().complete().ok());
            let range = commits.map(Vec::as_slice);
            let steps = steps(ctx, repo, config, release, files, Some(before), range);
            let (steps, merged) = tokio::try_join!(steps, Box::pin(merged_in(ctx, repo, comparison.as_deref())))?;
            (steps, RangeFacts { paths, merged })
        }
        None => (steps(ctx, repo, config, release, files, None, None).await?, RangeFacts::default()),
    };
    let Some(mut steps) = steps else { return too_many() };
    backported_steps::find(ctx, repo, config, release, own, &mut steps).await?;
    let reference = reference(ctx, repo, base, config, release, judge, &templates).await?;
    let compared = reference.iter().flat_map(|r| &r.files);
    let files = templates.iter().chain(steps.iter().map(|s| &s.file)).chain(compared);
    if let Some(file) = files.into_iter().find(|f| f.text == facts::unread(&f.path)) {
        return Ok(Err(too_large(&file.path)));
    }
    Ok(Ok(Gathered { templates, steps, range, reference }))
}

/// The standing files of the branch by which a release is judged, where they differ. Which commit is released is up to whoever
/// pushes a tag or opens a pull request; what is merged into that branch was looked at.
async fn reference(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    config: &ChecklistConfig,
    release: &Release,
    judge: &Judge,
    own: &[File],
) -> Result<Option<Reference>, Failure> {
    let (branch, commit, tree) = match judge {
        Judge::Commit(None) => return Ok(None),
        Judge::Commit(Some(commit)) => {
            (repo.default_branch().await.or_fail(ctx)?, commit.clone(), repo.tree(commit).await.or_fail(ctx)?)
        }
        Judge::Branch => match super::naming::base_of(ctx, repo, release).await? {
            Some((branch, tip)) => (branch, tip.clone(), repo.tree(&tip).await.or_fail(ctx)?),
            None => (repo.default_branch().await.or_fail(ctx)?, base.tip.clone(), Arc::clone(&base.tree)),
        },
    };
    tree.files().complete().or_fail(ctx)?;
    let mut files = Vec::new();
    for path in facts::templates(ctx, repo, config, &tree).await? {
        let Some(text) = facts::text(ctx, repo, &tree, &path).await? else { continue };
        if own.iter().all(|file| file.path != path || file.text != text) {
            files.push(File { path, text });
        }
    }
    Ok((!files.is_empty()).then_some(Reference { branch, commit, files }))
}

/// Paths whose contents differ.
pub(in super::super) fn changed(before: &Files, after: &Files) -> Vec<String> {
    let new = after.iter().filter(|(path, blob)| before.get(*path) != Some(blob)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    new.chain(gone).cloned().collect()
}

/// Pull requests whose merge commit is in the range, oldest first; `None` where they could not all be looked at.
async fn merged_in(
    ctx: &Context,
    repo: &Repo,
    comparison: Option<&Comparison>,
) -> Result<Option<Vec<Merged>>, Failure> {
    let Some(comparison) = comparison else { return Ok(None) };
    let Ok(range) = comparison.commits.as_ref().complete() else { return Ok(None) };
    let range: BTreeSet<&Sha> = range.iter().collect();
    let mut found = Vec::new();
    for page in 1..=PAGES {
        let pulls = repo.closed_pulls(page).await.or_fail(ctx)?;
        let full = pulls.len() == 100;
        // They come by their last change, and who was merged with a commit of the range changed since that was made.
        let behind = match (pulls.last(), comparison.oldest) {
            (Some(last), Some(oldest)) => last.updated_at < oldest,
            (Some(_) | None, _) => false,
        };
        let of_range = |p: &Pull| p.merged && p.merge_commit.as_ref().is_some_and(|c| range.contains(c));
        found.extend(pulls.into_iter().filter(of_range).map(merged_pull));
        if !full || behind {
            found.sort_by_key(|m| m.number);
            return Ok(Some(found));
        }
    }
    Ok(None)
}
