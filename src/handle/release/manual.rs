//! A release that somebody asks for: by a command in a comment, or at the command line.
//!
//! It is the same release that an event would open, where there is one. Whether this person may ask is the caller's to say.

use super::super::facts::{self, Base};
use super::super::{Context, Failure, OrFail as _};
use super::naming::{of_tag, untagged};
use super::opening::open;
use crate::config::{ChecklistConfig, Trigger};
use crate::github::repo::Repo;
use crate::ids::{Account, PullNumber};
use crate::message::manual_release as words;
use crate::plan::Configuration;
use crate::release::Release;
use crate::release::key::ReleaseKey;
use crate::store::{Listed, ReleaseRow, ReleaseState};

/// What is to be released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManualRelease {
    /// A tag, a branch or a commit: the first that there is of this name, in this order.
    Named(String),
    /// A tag.
    Tag(String),
    /// A branch or a commit; a commit may be named by its first digits.
    Commit(String),
    /// A pull request's head, or its merge commit.
    Pull(PullNumber),
}

/// Opens the releases that are asked for, in `only` or in each checklist that they belong to. Gives them, or a sentence that
/// says why there is none. A dry run gives none.
pub(in super::super) async fn by_hand(
    ctx: &Context,
    repo: &Repo,
    what: &ManualRelease,
    only: Option<&str>,
    actor: &Account,
) -> Result<Result<Vec<ReleaseRow>, String>, Failure> {
    let Some(base) = facts::default_base(ctx, repo).await? else {
        return Ok(Err(words::NO_DEFAULT_BRANCH.to_owned()));
    };
    let Configuration::Usable(config) = &base.configuration else {
        return Ok(Err(words::BROKEN.to_owned()));
    };
    let wanted = match find(ctx, repo, what).await? {
        Ok(wanted) => wanted,
        Err(why) => return Ok(Err(why)),
    };
    let names = match chosen(config.checklists.iter(), &wanted, only) {
        Ok(names) => names,
        Err(why) => return Ok(Err(why)),
    };
    let mut opened = Vec::new();
    for name in names {
        opened.extend(one(ctx, repo, &base, &name, &wanted, actor).await?);
    }
    if opened.is_empty() && ctx.dry_run.is_none() {
        return Ok(Err(words::NO_CHECKLISTS.to_owned()));
    }
    Ok(Ok(opened))
}

/// What is to be released, as it is on GitHub.
struct Wanted {
    /// The key, which with a tag or a pull request is that of their events.
    key: ReleaseKey,
    label: String,
    commit: crate::ids::Sha,
    tag: Option<String>,
    /// The branch that a pull request is for.
    base: Option<String>,
    /// Who opened the pull request.
    author: Option<Account>,
}

async fn find(ctx: &Context, repo: &Repo, what: &ManualRelease) -> Result<Result<Wanted, String>, Failure> {
    let (tag, commit) = match what {
        ManualRelease::Pull(number) => return pull(ctx, repo, *number).await,
        ManualRelease::Tag(name) => (Some(name), None),
        ManualRelease::Commit(name) => (None, Some(name)),
        ManualRelease::Named(name) => (Some(name), Some(name)),
    };
    if let Some(name) = tag
        && let Some(commit) = repo.tag(name).await.or_fail(ctx)?
    {
        let key = ReleaseKey::Tag { name: name.clone(), commit: commit.clone() };
        let (label, tag) = (name.clone(), Some(name.clone()));
        return Ok(Ok(Wanted { key, label, commit, tag, base: None, author: None }));
    }
    let Some(name) = commit else {
        return Ok(Err(words::no_tag(tag.map(String::as_str).unwrap_or_default())));
    };
    let branch = repo.branch_tip(name).await.or_fail(ctx)?;
    let label = if branch.is_some() { Some(name.clone()) } else { None };
    let commit = match branch {
        Some(tip) => Some(tip),
        None if name.chars().all(|c| c.is_ascii_hexdigit()) => repo.commit(name).await.or_fail(ctx)?,
        None => None,
    };
    let Some(commit) = commit else {
        return Ok(Err(words::no_commit(name, tag.is_some())));
    };
    let label = label.unwrap_or_else(|| commit.short().to_owned());
    Ok(Ok(Wanted { key: ReleaseKey::Manual(commit.clone()), label, commit, tag: None, base: None, author: None }))
}

async fn pull(ctx: &Context, repo: &Repo, number: PullNumber) -> Result<Result<Wanted, String>, Failure> {
    let Some(pull) = repo.pull(number).await.or_fail(ctx)? else {
        return Ok(Err(words::no_pull(number)));
    };
    let commit = match (pull.open, pull.merged, pull.merge_commit) {
        (true, _, _) => pull.head,
        (false, true, Some(commit)) => commit,
        (false, _, _) => return Ok(Err(words::unmerged_pull(number))),
    };
    let (key, label, author) = (ReleaseKey::PullRequest(number), format!("#{number}"), Some(pull.author));
    Ok(Ok(Wanted { key, label, commit, tag: None, base: Some(pull.base), author }))
}

/// The checklists of which it is a release: the one that was named, else those that an event of its kind would open, else
/// those that wait for a hand, else the only one that there is.
fn chosen<'c>(
    checklists: impl Iterator<Item = (&'c String, &'c ChecklistConfig)>,
    wanted: &Wanted,
    only: Option<&str>,
) -> Result<Vec<String>, String> {
    let all: Vec<_> = checklists.collect();
    let named = |fits: &dyn Fn(&ChecklistConfig) -> bool| -> Vec<String> {
        all.iter().filter(|(_, c)| fits(c)).map(|(name, _)| (*name).clone()).collect()
    };
    if let Some(only) = only {
        let found = all.iter().any(|(name, _)| *name == only);
        return if found { Ok(vec![only.to_owned()]) } else { Err(words::no_checklist(only)) };
    }
    let fitting = named(&|c| match (&wanted.tag, &wanted.base) {
        (Some(tag), _) => c.opens_on_tag(tag, true),
        (None, Some(base)) => c.opens_on_pull(base),
        (None, None) => false,
    });
    let manual = named(&|c| c.open.on.contains(&Trigger::Manual));
    let every = named(&|_| true);
    [fitting, manual]
        .into_iter()
        .find(|names| !names.is_empty())
        .or_else(|| (every.len() == 1).then(|| every.clone()))
        .ok_or_else(|| words::which_checklist(&every))
}

async fn one(
    ctx: &Context,
    repo: &Repo,
    base: &Base,
    name: &str,
    wanted: &Wanted,
    actor: &Account,
) -> Result<Option<ReleaseRow>, Failure> {
    let Configuration::Usable(config) = &base.configuration else { return Ok(None) };
    let Some(checklist) = config.checklists.get(name) else { return Ok(None) };
    let Wanted { key, label, commit, tag, author, .. } = wanted;
    let release: Release = match tag {
        Some(tag) => of_tag(ctx, name, tag, commit, actor),
        None => untagged(ctx, name, key.clone(), label, commit, actor),
    };
    let own = |r: &Listed| r.is_of(name, &release.key);
    let before = ctx.store.releases(repo.repository.id).await?;
    let was_open = before.iter().any(|row| own(row) && row.state == ReleaseState::Open);
    open(ctx, repo, base, checklist, release.clone()).await?;
    let rows = ctx.store.releases(repo.repository.id).await?;
    let same = |r: &Listed| {
        r.release.checklist == name && !r.withdrawn() && r.commits().any(|commit| *commit == release.commit)
    };
    let row = rows.iter().find(|r| own(r)).or_else(|| rows.iter().find(|r| same(r)));
    let Some(row) = row else { return Ok(None) };
    if own(row) && !was_open && ctx.dry_run.is_none() {
        let first: Vec<Account> = author.iter().chain([actor]).cloned().collect();
        ctx.store.add_authors(row.id, &first).await?;
    }
    Ok(ctx.store.release_by_id(row.id).await?)
}
