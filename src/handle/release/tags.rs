//! Tags and merges that no event told of: GitHub sends none for a push of more than three tags, and any delivery may be lost or
//! late.
//!
//! The index keeps each tag that was looked at, with its commit. Those that a repository had when it was first looked at were
//! there before Holdpoint and are no releases, but for the newest. Whatever is listed beside them, by name or by commit, is
//! opened: at once where a commit that is about to pass contains it, else by the sweep.
//!
//! Races, and the choices made. A tag may be pushed after the list was read: it has a delivery of its own, and a check that
//! turned green meanwhile goes back with it. Dates of tags and commits decide nothing, because who pushes them writes them.

use super::super::{Context, Failure, OrFail as _};
use super::super::{facts, merges};
use super::naming::{Tag, alias_of, opens, words_of_all};
use super::recovery::recover_all;
use super::triggers::{merged, opened_late, tagged};
use crate::config::{ChecklistConfig, Config, Trigger};
use crate::github::repo::Repo;
use crate::github::webhook::TAG_KEY;
use crate::ids::{Account, PullNumber, Sha};
use crate::plan::Configuration;
use crate::release::version;
use crate::store::Listed;
use std::collections::{BTreeMap, BTreeSet};

/// The sweep opens at most this many releases of a repository in one go.
const MAX_OPENED: usize = 25;

/// Which of the releases that a commit contains matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Among {
    /// Those of the commit itself.
    Own,
    /// Those that one of these commits does not contain: what all of them contain is out already.
    NotIn(BTreeSet<Sha>),
    /// All that it contains, and all that one of these commits contains: what is out may have something left to do.
    With(BTreeSet<Sha>),
    /// All.
    All,
}

/// Reads the tags, and the merges where they open releases, and opens each release that one of these commits contains and the
/// index lacks.
pub(in super::super) async fn hear(ctx: &Context, repo: &Repo, commits: &BTreeMap<Sha, Among>) -> Result<(), Failure> {
    let commits: BTreeMap<&Sha, &Among> =
        commits.iter().filter(|(commit, _)| !ctx.reading().knows_releases_in(commit)).collect();
    let Some(config) = usable(ctx, repo).await? else { return Ok(()) };
    if commits.is_empty() {
        return Ok(());
    }
    Box::pin(recover_all(ctx, repo)).await?;
    // A squash or rebase that put a release out may be newer than what was heard of.
    if commits.values().any(|among| matches!(among, Among::With(_))) {
        merges::catch_up(ctx, repo).await?;
    }
    if config.checklists.values().any(ChecklistConfig::opens_by_tag) {
        let listed = repo.tags_with_commits().await.or_fail(ctx)?.complete().or_fail(ctx)?;
        for tag in unknown(ctx, repo, &config, &listed, true).await? {
            let mut carried = false;
            for (commit, among) in &commits {
                carried = carried || carries(ctx, repo, commit, among, &tag.1).await?;
            }
            if carried {
                look_at(ctx, repo, &config, &tag).await?;
            }
        }
    }
    if config.checklists.values().any(|c| c.open.on.contains(&Trigger::Merge)) {
        for merge in unknown_merges(ctx, repo, &config).await? {
            let mut carried = false;
            for (commit, among) in &commits {
                carried = carried || carries(ctx, repo, commit, among, &merge.commit).await?;
            }
            if carried {
                Box::pin(merged(ctx, repo, merge.pull, &merge.commit, &merge.branch, &Account::nobody())).await?;
            }
        }
    }
    for commit in commits.into_keys() {
        ctx.reading().releases_in(commit);
    }
    Ok(())
}

/// A pull request that was merged.
struct Merge {
    pull: PullNumber,
    commit: Sha,
    branch: String,
}

/// Merges that open a release and of which no event came, among the hundred pull requests that changed last: those since
/// Holdpoint first looked at the repository.
async fn unknown_merges(ctx: &Context, repo: &Repo, config: &Config) -> Result<Vec<Merge>, Failure> {
    let id = repo.repository.id;
    let Some(since) = ctx.store.first_seen(id).await? else {
        if ctx.dry_run.is_none() {
            ctx.store.mark_first_seen(id, ctx.now()).await?;
        }
        return Ok(Vec::new());
    };
    let rows = ctx.store.releases(id).await?;
    let mut found = Vec::new();
    for pull in repo.closed_pulls(1).await.or_fail(ctx)? {
        let (Some(at), Some(commit)) = (pull.merged_at, pull.merge_commit) else { continue };
        let lacks = |(name, c): (&String, &ChecklistConfig)| {
            let is_known = |row: &Listed| row.release.checklist == *name && row.commits().any(|own| *own == commit);
            c.opens_on_merge(&pull.base) && !rows.iter().any(is_known)
        };
        if at >= since && config.checklists.iter().any(lacks) {
            found.push(Merge { pull: pull.number, commit, branch: pull.base });
        }
    }
    Ok(found)
}

/// Keeps the tags that a repository has when the first delivery about it is processed, whatever that is about: what comes later
/// without an event is told from them. Where they cannot be read, as in an empty repository, the next look keeps them: nothing
/// turns green by this one.
pub(in super::super) async fn first_look(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    if ctx.store.first_seen(repo.repository.id).await?.is_some() {
        return Ok(());
    }
    let looked = async {
        let Some(config) = usable(ctx, repo).await? else { return Ok(()) };
        Box::pin(recover_all(ctx, repo)).await?;
        // What a cut list lacks is taken for new later.
        let listed = repo.tags_with_commits().await.or_fail(ctx)?.known_part();
        unknown(ctx, repo, &config, &listed, false).await.map(drop)
    };
    if let Err(Failure::Retry { message, .. } | Failure::Dead { message }) = looked.await {
        tracing::warn!(%message, "the tags of a new repository could not be read yet");
    }
    Ok(())
}

/// Opens the releases of tags that no event told of, the oldest versions first.
pub(in super::super) async fn catch_up(ctx: &Context, repo: &Repo) -> Result<(), Failure> {
    opened_late(ctx, repo).await?;
    let Some(config) = usable(ctx, repo).await? else { return Ok(()) };
    if !config.checklists.values().any(ChecklistConfig::opens_by_tag) {
        return Ok(());
    }
    // What a cut list lacks turns nothing green: that takes all of it.
    let listed = repo.tags_with_commits().await.or_fail(ctx)?.known_part();
    let mut unknown = unknown(ctx, repo, &config, &listed, false).await?;
    let words = words_of_all(&config);
    unknown.sort_by_key(|(name, _)| version::of_tag(name, &words));
    for tag in unknown.iter().take(MAX_OPENED) {
        look_at(ctx, repo, &config, tag).await?;
    }
    Ok(())
}

async fn usable(ctx: &Context, repo: &Repo) -> Result<Option<Config>, Failure> {
    Ok(match facts::default_base(ctx, repo).await?.map(|base| base.configuration) {
        Some(Configuration::Usable(config)) => Some(config),
        Some(Configuration::Broken { .. }) | None => None,
    })
}

/// Tags that some checklist opens a release for, that were not there before Holdpoint, and of which no release is known. For
/// what is about to pass the `newest` of each checklist is among them, whenever it came.
async fn unknown(
    ctx: &Context,
    repo: &Repo,
    config: &Config,
    listed: &[Tag],
    newest: bool,
) -> Result<Vec<Tag>, Failure> {
    let id = repo.repository.id;
    let rows = ctx.store.releases(id).await?;
    let first = ctx.store.first_seen(id).await?.is_none();
    let mut seen = ctx.store.tags(id).await?;
    let wanted = |tag: &Tag| config.checklists.values().any(|c| c.opens_by_tag() && opens(c, &tag.0));
    if first {
        let words = words_of_all(config);
        // A tag of which a delivery waits is no older than Holdpoint.
        let waiting = ctx.store.waiting(id, TAG_KEY).await?;
        let is_older = |tag: &&Tag| !is_newer(&rows, &tag.0, &words) && !waiting.contains(&tag.0);
        seen.extend(listed.iter().filter(is_older).cloned());
    }
    let passed: Vec<Tag> = listed
        .iter()
        .filter(|tag| (first && seen.contains(*tag)) || (!seen.contains(*tag) && !wanted(tag)))
        .cloned()
        .collect();
    if ctx.dry_run.is_none() && (first || !passed.is_empty()) {
        ctx.store.note_tags(id, passed).await?;
        ctx.store.mark_first_seen(id, ctx.now()).await?;
    }
    let lacks = |tag: &Tag| {
        let of = |(name, c): (&String, &ChecklistConfig)| {
            c.opens_by_tag() && opens(c, &tag.0) && !is_known(&rows, name, tag)
        };
        config.checklists.iter().any(of)
    };
    let newest: BTreeSet<&Tag> = if newest {
        config.checklists.values().filter_map(|c| newest_of(c, listed)).collect()
    } else {
        BTreeSet::new()
    };
    let unknown = listed.iter().filter(|tag| (!seen.contains(*tag) || newest.contains(tag)) && lacks(tag));
    Ok(unknown.cloned().collect())
}

fn is_known(rows: &[Listed], checklist: &str, (name, commit): &Tag) -> bool {
    rows.iter().any(|row| {
        row.release.checklist == checklist
            && row.tags().any(|tag| tag == name)
            && row.commits().any(|own| own == commit)
    })
}

/// Whether a tag is newer than every known one of its line.
fn is_newer(rows: &[Listed], tag: &str, words: &[String]) -> bool {
    let Some(own) = version::of_tag(tag, words) else { return false };
    let known = rows.iter().flat_map(Listed::tags);
    let known = known.filter(|known| version::line(known, words) == version::line(tag, words));
    let mut line = known.filter_map(|known| version::of_tag(known, words)).peekable();
    line.peek().is_some() && line.all(|known| known < own)
}

fn newest_of<'t>(checklist: &ChecklistConfig, listed: &'t [Tag]) -> Option<&'t Tag> {
    let words = &checklist.open.prerelease_words;
    let own = listed.iter().filter(|tag| checklist.opens_by_tag() && opens(checklist, &tag.0));
    let own = own.filter(|(name, commit)| alias_of(listed, name, commit, words).is_none());
    own.filter_map(|tag| Some((version::of_tag(&tag.0, words)?, tag))).max_by(|a, b| a.0.cmp(&b.0)).map(|(_, tag)| tag)
}

/// Whether a commit contains what was released at `at`, and that matters.
async fn carries(ctx: &Context, repo: &Repo, commit: &Sha, among: &Among, at: &Sha) -> Result<bool, Failure> {
    if commit == at {
        return Ok(true);
    }
    let matters = match among {
        Among::Own => false,
        Among::All => true,
        Among::With(tips) => {
            for tip in tips {
                if repo.contains(tip, at).await.or_fail(ctx)? {
                    return Ok(true);
                }
            }
            true
        }
        Among::NotIn(tips) => {
            let mut lacks = false;
            for tip in tips {
                lacks = lacks || !repo.contains(tip, at).await.or_fail(ctx)?;
            }
            lacks
        }
    };
    Ok(matters && repo.contains(commit, at).await.or_fail(ctx)?)
}

/// A tag of which no event came: its release is opened, and the tag is not looked at again. One that only a published release
/// opens waits until there is one.
async fn look_at(ctx: &Context, repo: &Repo, config: &Config, tag: &Tag) -> Result<(), Failure> {
    let (name, commit) = tag;
    let on = |trigger| config.checklists.values().any(|c| opens(c, name) && c.open.on.contains(&trigger));
    let published = on(Trigger::Release) && repo.is_published(name).await.or_fail(ctx)?;
    Box::pin(tagged(ctx, repo, name, published, &Account::nobody())).await?;
    let settled = published || !on(Trigger::Release);
    if settled && ctx.dry_run.is_none() {
        ctx.store.note_tags(repo.repository.id, vec![(name.clone(), commit.clone())]).await?;
    }
    Ok(())
}
