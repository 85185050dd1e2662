//! Names and keys of releases: which checklist a tag is for, and which release an event is about.

use super::super::{Context, Failure, OrFail as _};
use crate::config::{ChecklistConfig, Config, Prereleases};
use crate::github::repo::Repo;
use crate::ids::{Account, PullNumber, Sha};
use crate::release::key::ReleaseKey;
use crate::release::{Release, version};
use crate::store::Listed;

/// A tag and the commit that it leads to.
pub(super) type Tag = (String, Sha);

/// Whether a tag belongs to a checklist's line of releases: pre-releases may be ignored.
pub(super) fn opens(config: &ChecklistConfig, tag: &str) -> bool {
    let ignored =
        config.open.prereleases == Prereleases::Ignore && version::is_prerelease(tag, &config.open.prerelease_words);
    config.matches_tag(tag) && !ignored
}

/// The pre-release words of all checklists, to sort tags that may be for any of them.
pub(super) fn words_of_all(config: &Config) -> Vec<String> {
    config.checklists.values().flat_map(|checklist| checklist.open.prerelease_words.clone()).collect()
}

/// The release of a tag. A tag that is moved to another commit is another release: its steps are others.
pub(super) fn of_tag(ctx: &Context, checklist: &str, tag: &str, commit: &Sha, actor: &Account) -> Release {
    let key = ReleaseKey::Tag { name: tag.to_owned(), commit: commit.clone() };
    Release { tag: Some(tag.to_owned()), ..untagged(ctx, checklist, key, tag, commit, actor) }
}

/// A release without a tag.
pub(super) fn untagged(
    ctx: &Context,
    checklist: &str,
    key: ReleaseKey,
    label: &str,
    commit: &Sha,
    actor: &Account,
) -> Release {
    Release {
        checklist: checklist.to_owned(),
        key,
        label: label.to_owned(),
        tag: None,
        commit: commit.clone(),
        previous: None,
        actor: actor.clone(),
        date: ctx.now().date(),
    }
}

/// The full version that a tag is a short name for: one of its line at the same commit, `v5.0.0` for `v5`.
pub(super) fn alias_of<'t>(listed: &'t [Tag], tag: &str, commit: &Sha, words: &[String]) -> Option<&'t str> {
    let there = listed.iter().filter(|(_, at)| at == commit).map(|(name, _)| name.as_str());
    there.filter(|full| version::is_short_for(tag, full, words)).max_by_key(|full| version::of_tag(full, words))
}

/// The branch that a pull request's release is for, and its tip; `None` for another release, and where the branch is gone.
pub(super) async fn base_of(ctx: &Context, repo: &Repo, release: &Release) -> Result<Option<(String, Sha)>, Failure> {
    let Some(number) = release.key.pull_request() else { return Ok(None) };
    let Some(pull) = repo.pull(number).await.or_fail(ctx)? else { return Ok(None) };
    let tip = repo.branch_tip(&pull.base).await.or_fail(ctx)?;
    Ok(tip.map(|tip| (pull.base, tip)))
}

/// Whether a pull request's merge only ships what has a release under another name, such as its head's tag.
pub(super) async fn ships_another(
    ctx: &Context,
    repo: &Repo,
    rows: &[Listed],
    checklist: &str,
    number: PullNumber,
) -> Result<bool, Failure> {
    let head = repo.pull(number).await.or_fail(ctx)?.map(|pull| pull.head);
    let own = ReleaseKey::PullRequest(number);
    Ok(rows.iter().filter(|r| r.release.checklist == checklist && r.release.key != own && !r.withdrawn()).any(|r| {
        r.is_of(checklist, &own) || head.as_ref().is_some_and(|head| r.commits().any(|commit| commit == head))
    }))
}
