//! Branches that a green check opens.

use super::super::{Context, Failure, OrFail as _, facts, own_checks};
use super::required_checks;
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::plan::Configuration;
use std::collections::BTreeSet;

/// Commits are judged for at most this many branches that require a check and that the configuration does not name in full. Where
/// there are more, nothing passes.
pub(super) const MAX_OTHER_BRANCHES: usize = 50;

/// Branches that a green check opens.
#[derive(Default)]
pub(super) struct Gated {
    pub(super) branches: BTreeSet<String>,
    /// There are no others.
    pub(super) are_all: bool,
}

/// Branches that a green check of a checklist, or of any, would open: those that the default branch's configuration names, and
/// those of which GitHub said that they require one.
pub(super) async fn gated_branches(ctx: &Context, repo: &Repo, only: Option<&str>) -> Result<Gated, Failure> {
    let config = match facts::default_base(ctx, repo).await?.map(|base| base.configuration) {
        Some(Configuration::Usable(config)) => config,
        Some(Configuration::Broken { .. }) | None => return Ok(Gated::default()),
    };
    let checklists = || config.checklists.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let mut branches: BTreeSet<String> = checklists().flat_map(|(_, c)| c.literal_branches()).collect();
    let most = branches.len() + MAX_OTHER_BRANCHES;
    for branch in own_checks::gated_branches(ctx, repo).await? {
        let mut is_required = false;
        for (name, _) in checklists().filter(|_| !branches.contains(&branch)) {
            is_required = is_required || required_checks::requires(ctx, repo, &branch, name).await?;
        }
        if is_required && branches.len() == most {
            return Ok(Gated { branches, are_all: false });
        }
        if is_required {
            branches.insert(branch);
        }
    }
    Ok(Gated { branches, are_all: true })
}

/// Whether every branch that a checklist gates contains a commit: merging it brings nothing. Where no branch is gated it is
/// nowhere.
pub(in super::super) async fn is_everywhere(
    ctx: &Context,
    repo: &Repo,
    checklist: &str,
    commit: &Sha,
) -> Result<bool, Failure> {
    let gated = gated_branches(ctx, repo, Some(checklist)).await?;
    for branch in &gated.branches {
        if let Some(tip) = repo.branch_tip(branch).await.or_fail(ctx)?
            && !repo.contains(&tip, commit).await.or_fail(ctx)?
        {
            return Ok(false);
        }
    }
    Ok(gated.are_all && !gated.branches.is_empty())
}
