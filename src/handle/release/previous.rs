//! Which release was the one before.

use super::super::{Context, Failure, OrFail as _};
use super::naming::alias_of;
use super::naming::opens;
use crate::config::{ChecklistConfig, Prereleases};
use crate::github::repo::Repo;
use crate::ids::Sha;
use crate::release::{Previous, Release, version};
use crate::store::{Listed, ReleaseState};
use std::collections::BTreeSet;

/// Of older tags, so many are tried as the previous release.
const CANDIDATES: usize = 50;

/// Of releases that are known, so many are compared, the newest first.
const KNOWN: usize = 10;

/// The nearest older release that the new one contains: among the tags of its line, and among the releases that have no tag.
/// What has a tag in another line of the checklist counts only where this line has none yet.
pub(super) async fn previous(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    rows: &[Listed],
) -> Result<Option<Previous>, Failure> {
    let nearest = match &release.tag {
        Some(tag) => of_line(ctx, repo, config, (&release.checklist, &release.commit), tag, rows, true).await?,
        None => None,
    };
    let lineless = nearest.is_none();
    // The same version: its candidates where they share one issue, and its tag where that was before it was moved.
    let words = &config.open.prerelease_words;
    let version = |row: &Listed| match (&row.release.tag, &release.tag) {
        (Some(was), Some(tag)) => {
            was == tag || (config.open.prereleases == Prereleases::Same && same_version(was, tag, words))
        }
        _ => false,
    };
    let earlier = rows.iter().filter(|r| {
        r.release.checklist == release.checklist
            && r.commits().all(|c| *c != release.commit)
            && !r.is_of(&release.checklist, &release.key)
            && (lineless || r.release.tag.is_none())
            && !version(r)
            && counts(r)
    });
    nearer(ctx, repo, &release.commit, earlier, nearest).await
}

/// Which release the next one of a branch comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Last {
    /// Nobody knows: the checklist has tags of several lines, or more than GitHub lists.
    Unknown,
    /// None: the next one will be the first.
    None,
    /// The one at this commit.
    At(Sha),
}

/// The release that the next one comes after, if that is made of `tip` or of what is merged into it.
pub(in super::super) async fn before_next(
    ctx: &Context,
    repo: &Repo,
    checklist: &str,
    config: &ChecklistConfig,
    tip: &Sha,
) -> Result<Last, Failure> {
    let Ok(names) = repo.tags().await.or_fail(ctx)?.complete() else { return Ok(Last::Unknown) };
    let words = &config.open.prerelease_words;
    let own: Vec<&str> = names.iter().map(String::as_str).filter(|name| opens(config, name)).collect();
    if own.iter().map(|name| version::line(name, words)).collect::<BTreeSet<_>>().len() > 1 {
        return Ok(Last::Unknown);
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let newest = own.iter().filter_map(|name| version::read(name, words)).max_by(|a, b| a.version.cmp(&b.version));
    let nearest = match newest {
        Some(newest) => {
            // What the next tag is called nobody knows; it is newer than all that are there.
            let next = format!("{}{}.0.0", newest.prefix, newest.version.major().saturating_add(1));
            of_line(ctx, repo, config, (checklist, tip), &next, &rows, false).await?
        }
        None => None,
    };
    let lineless = nearest.is_none();
    let earlier =
        rows.iter().filter(|r| r.release.checklist == checklist && (lineless || r.release.tag.is_none()) && counts(r));
    let last = nearer(ctx, repo, tip, earlier, nearest).await?;
    Ok(last.map_or(Last::None, |previous| Last::At(previous.commit)))
}

/// Whether people were shown what a release has to do.
fn counts(row: &Listed) -> bool {
    !row.withdrawn() && !matches!(row.state, ReleaseState::Failed | ReleaseState::Gone)
}

/// Of releases, the nearest one that a commit contains, if that is nearer than what is known.
async fn nearer(
    ctx: &Context,
    repo: &Repo,
    commit: &Sha,
    rows: impl Iterator<Item = &Listed>,
    mut nearest: Option<Previous>,
) -> Result<Option<Previous>, Failure> {
    let mut compared = 0;
    for row in rows.take(CANDIDATES) {
        let own = &row.release.commit;
        if !repo.contains(commit, own).await.or_fail(ctx)? || !shipped(ctx, repo, row).await? {
            continue;
        }
        let nearer = match &nearest {
            Some(Previous { commit, .. }) => repo.contains(own, commit).await.or_fail(ctx)?,
            None => true,
        };
        if nearer {
            nearest = Some(Previous { label: row.release.label.clone(), commit: own.clone() });
        }
        compared += 1;
        if compared == KNOWN {
            break;
        }
    }
    Ok(nearest)
}

/// Whether two tags name one version, or candidates of it.
fn same_version(one: &str, other: &str, words: &[String]) -> bool {
    let version = version::final_of(one, words);
    version.is_some() && version == version::final_of(other, words)
}

/// What a pull request asks for is not asked for elsewhere before it is merged: it may never be.
async fn shipped(ctx: &Context, repo: &Repo, row: &Listed) -> Result<bool, Failure> {
    let Some(number) = row.release.key.pull_request() else { return Ok(true) };
    let pull = repo.pull(number).await.or_fail(ctx)?;
    Ok(pull.is_some_and(|p| p.merged && p.merge_commit.as_ref() == Some(&row.release.commit)))
}

/// The nearest older tag of the same line that a commit contains; the commit itself `is_released`, or something on top of it will be.
async fn of_line(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    (checklist, commit): (&str, &Sha),
    tag: &str,
    rows: &[Listed],
    is_released: bool,
) -> Result<Option<Previous>, Failure> {
    // A tag that is not among them makes the range longer: more is asked for, never less.
    let names = repo.tags().await.or_fail(ctx)?.known_part();
    // A release that never got its issue, or lost it, asked for nothing: the range begins before it.
    let broken = |name: &String| {
        rows.iter().any(|r| {
            r.release.checklist == checklist
                && r.release.tag.as_ref() == Some(name)
                && matches!(r.state, ReleaseState::Failed | ReleaseState::Gone)
        })
    };
    // Nor is a candidate of the same version a release of its own, where they share one issue.
    let words = &config.open.prerelease_words;
    let shared = |name: &str| config.open.prereleases == Prereleases::Same && same_version(name, tag, words);
    // Neither did a tag that never was a release, although we watched already when it came.
    let known =
        |name: &str| rows.iter().filter(|r| r.release.checklist == checklist).flat_map(Listed::tags).any(|t| t == name);
    let watched = |name: &str| {
        let tags = rows.iter().filter(|r| r.release.checklist == checklist).flat_map(Listed::tags);
        tags.filter(|t| version::line(t, words) == version::line(name, words))
            .any(|t| version::of_tag(t, words) < version::of_tag(name, words))
    };
    let asked = |name: &String| !broken(name) && !shared(name) && (known(name) || !watched(name));
    let matching: Vec<String> = names.into_iter().filter(|n| opens(config, n) && asked(n)).collect();
    let mut listed = None;
    for older in version::older(tag, &matching, words).into_iter().take(CANDIDATES) {
        let Some(tagged) = repo.tag(older).await.or_fail(ctx)? else { continue };
        // It may have been released before Holdpoint, or without an event before the database was lost. Then nobody was asked for what
        // this commit brings.
        if is_released && tagged == *commit && !known(older) {
            continue;
        }
        // A short name that is moved from release to release was none itself.
        if matching.iter().map(String::as_str).chain([tag]).any(|full| version::is_short_for(older, full, words)) {
            if listed.is_none() {
                listed = repo.tags_with_commits().await.or_fail(ctx)?.complete().ok();
            }
            // Where the list is cut this is not known, and without it the range is longer.
            if listed.as_ref().is_none_or(|all| alias_of(all, older, &tagged, words).is_some()) {
                continue;
            }
        }
        if repo.contains(commit, &tagged).await.or_fail(ctx)? {
            return Ok(Some(Previous { label: older.to_owned(), commit: tagged }));
        }
    }
    Ok(None)
}
