//! Which release was the one before.

use super::super::{Context, Failure, OrFail as _};
use super::opens;
use crate::config::{ChecklistConfig, Prereleases};
use crate::github::repo::Repo;
use crate::release::{Previous, Release, version};
use crate::store::{ReleaseRow, ReleaseState};

/// Of older tags, so many are tried as the previous release.
const CANDIDATES: usize = 50;

/// The nearest older release that the new one contains: among the tags of its line, else among the releases that are known.
pub(super) async fn previous(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    rows: &[ReleaseRow],
) -> Result<Option<Previous>, Failure> {
    if let Some(tag) = &release.tag {
        let (names, _) = repo.tags().await.or_fail(ctx)?;
        // A release that never got its issue, or lost it, asked for nothing: the range begins before it.
        let broken = |name: &String| {
            rows.iter().any(|r| {
                r.release.checklist == release.checklist
                    && r.release.tag.as_ref() == Some(name)
                    && matches!(r.state, ReleaseState::Failed | ReleaseState::Gone)
            })
        };
        // Nor is a candidate of the same version a release of its own, where they share one issue.
        let shared =
            |name: &str| config.open.prereleases == Prereleases::Same && version::line(name) == version::line(tag);
        // Neither did a tag that never was a release, although we watched already when it came.
        let known = |name: &str| {
            rows.iter()
                .filter(|r| r.release.checklist == release.checklist)
                .flat_map(ReleaseRow::tags)
                .any(|t| t == name)
        };
        let watched = |name: &str| {
            let tags = rows.iter().filter(|r| r.release.checklist == release.checklist).flat_map(ReleaseRow::tags);
            tags.filter(|t| version::prefix(t) == version::prefix(name))
                .any(|t| version::of_tag(t) < version::of_tag(name))
        };
        let asked = |name: &String| !broken(name) && !shared(name) && (known(name) || !watched(name));
        let matching: Vec<String> = names.into_iter().filter(|n| opens(config, n) && asked(n)).collect();
        for older in version::older(tag, &matching).into_iter().take(CANDIDATES) {
            let Some(commit) = repo.tag(older).await.or_fail(ctx)? else { continue };
            if repo.contains(&release.commit, &commit).await.or_fail(ctx)? {
                return Ok(Some(Previous { label: older.to_owned(), commit }));
            }
        }
    }
    for row in rows.iter().filter(|r| {
        r.release.checklist == release.checklist
            && r.commits().all(|c| *c != release.commit)
            && r.release.key != release.key
    }) {
        if row.release.tag.is_some() != release.tag.is_some()
            || matches!(row.state, ReleaseState::Failed | ReleaseState::Gone)
        {
            continue;
        }
        if repo.contains(&release.commit, &row.release.commit).await.or_fail(ctx)? {
            return Ok(Some(Previous { label: row.release.label.clone(), commit: row.release.commit.clone() }));
        }
    }
    Ok(None)
}
