//! Releases that a deployment would carry and that nobody told us of: a workflow that a tag or a merge started asks within
//! seconds, before the delivery of the tag or merge itself is worked off. They are opened here, as that delivery would.

use super::super::facts;
use super::super::{Context, Failure, OrFail as _};
use super::naming::opens;
use super::triggers::{deployed, merged, tagged};
use crate::config::{ChecklistConfig, Trigger};
use crate::github::repo::Repo;
use crate::ids::{Account, Sha};
use crate::plan::Configuration;
use crate::release::version;
use crate::store::{Listed, PendingDeployment};
use std::collections::BTreeMap;

/// Opens whatever is released at the commit of a deployment, and the newest release that it contains, unless that was there
/// `before`.
pub(in super::super) async fn aboard(
    ctx: &Context,
    repo: &Repo,
    row: &PendingDeployment,
    before: Option<&Sha>,
) -> Result<(), Failure> {
    let PendingDeployment { commit, git_ref, environment, actor, .. } = row;
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(()) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(()) };
    let on = |trigger| config.checklists.values().any(|c| c.open.on.contains(&trigger));
    let rows = ctx.store.releases(repo.repository.id).await?;
    // The same commit is the same release, whatever brought it.
    let known = |name: &str| rows.iter().any(|r| r.release.checklist == name && r.commits().any(|own| own == commit));
    if on(Trigger::Tag) || on(Trigger::Release) {
        for (tag, at) in candidates(ctx, repo, &config.checklists, commit, git_ref).await? {
            let unknown = |(name, checklist): (&String, &ChecklistConfig)| {
                opens(checklist, &tag) && !rows.iter().any(|r| is_of(r, name, &tag, &at))
            };
            let lacks: Vec<_> = config.checklists.iter().filter(|entry| unknown(*entry)).collect();
            let wants_published = lacks.iter().any(|(_, c)| !c.open.on.contains(&Trigger::Tag));
            if lacks.is_empty() || !carries(ctx, repo, commit, before, &at).await? {
                continue;
            }
            let published = wants_published && on(Trigger::Release) && repo.is_published(&tag).await.or_fail(ctx)?;
            // Anybody with write access may start a workflow of somebody else's tag: its own event tells who pushed it.
            tagged(ctx, repo, &tag, published, &Account::nobody()).await?;
        }
    }
    let merges = |branch: &str| config.checklists.iter().any(|(name, c)| c.opens_on_merge(branch) && !known(name));
    if on(Trigger::Merge) {
        for pull in repo.pulls_of(commit).await.or_fail(ctx)?.complete().or_fail(ctx)? {
            if pull.merged && pull.merge_commit.as_ref() == Some(commit) && merges(&pull.base) {
                merged(ctx, repo, pull.number, commit, &pull.base, &Account::nobody()).await?;
            }
        }
    }
    if config.checklists.iter().any(|(name, c)| c.opens_on_deployment(environment) && !known(name)) {
        deployed(ctx, repo, environment, commit, actor).await?;
    }
    Ok(())
}

/// Whether a deployment of `commit` brings what was released at `at`.
async fn carries(ctx: &Context, repo: &Repo, commit: &Sha, before: Option<&Sha>, at: &Sha) -> Result<bool, Failure> {
    if at == commit {
        return Ok(true);
    }
    let there = match before {
        Some(before) => repo.contains(before, at).await.or_fail(ctx)?,
        None => false,
    };
    Ok(!there && repo.contains(commit, at).await.or_fail(ctx)?)
}

fn is_of(row: &Listed, checklist: &str, tag: &str, at: &Sha) -> bool {
    row.release.checklist == checklist && row.tags().any(|t| t == tag) && row.commits().any(|own| own == at)
}

/// Tags that may be releases, with their commits: the one that the workflow was started for, all that name the commit, and the
/// newest of each checklist.
async fn candidates(
    ctx: &Context,
    repo: &Repo,
    checklists: &BTreeMap<String, ChecklistConfig>,
    commit: &Sha,
    git_ref: &str,
) -> Result<BTreeMap<String, Sha>, Failure> {
    let tags = repo.tags_with_commits().await.or_fail(ctx)?.complete().or_fail(ctx)?;
    let newest = |checklist: &ChecklistConfig| {
        let versions = tags.iter().filter(|(t, _)| opens(checklist, t));
        versions
            .filter_map(|(t, at)| Some((version::of_tag(t, &checklist.open.prerelease_words)?, t, at)))
            .max()
            .map(|(_, t, at)| (t.clone(), at.clone()))
    };
    let mut found: BTreeMap<String, Sha> = checklists.values().filter_map(newest).collect();
    found.extend(tags.iter().filter(|(_, at)| at == commit).cloned());
    let named = git_ref.strip_prefix("refs/tags/").unwrap_or(git_ref);
    // A list may lag behind a push.
    if !named.is_empty()
        && !named.starts_with("refs/")
        && !found.contains_key(named)
        && checklists.values().any(|c| opens(c, named))
        && let Some(at) = repo.tag(named).await.or_fail(ctx)?
    {
        found.insert(named.to_owned(), at);
    }
    Ok(found)
}
