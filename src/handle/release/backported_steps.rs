//! Finds the steps that a release of a side line asked for already.
//!
//! Only a release that lies beside the range: what the release before contains was settled with it, and a file that comes back
//! later means it anew. Where the side line's step was taken over once already, it is asked for like any other.

use super::super::{Context, Failure, OrFail as _, facts};
use crate::config::ChecklistConfig;
use crate::github::repo::Repo;
use crate::release::contents::Step;
use crate::release::shared_steps::{Elsewhere, Other, issued, reference};
use crate::release::{Release, version};
use crate::store::{Listed, ReleaseState};

/// Of releases that may lie beside the range, so many are looked at, the newest first.
const BESIDE: usize = 10;

/// Notes at each step which of its items were asked for elsewhere, and where. `own` is the row of a release that goes on.
pub(super) async fn find(
    ctx: &Context,
    repo: &Repo,
    config: &ChecklistConfig,
    release: &Release,
    own: Option<i64>,
    steps: &mut [Step],
) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let rows = ctx.store.releases(repo.repository.id).await?;
    let others = |r: &&Listed| r.release.checklist == release.checklist && is_another(r, release, own);
    let rows: Vec<&Listed> = rows.iter().filter(others).collect();
    let after = config.after_headings();
    for row in rows.iter().filter(|r| older(&r.release, release, &config.open.prerelease_words)).take(BESIDE) {
        let Some(issue) = row.issue else { continue };
        if contained(ctx, repo, release, row).await? || taken_over(ctx, repo, release, own, issue).await? {
            continue;
        }
        // A tag that is gone or elsewhere by now was never released as that.
        if let Some(tag) = &row.release.tag
            && repo.tag(tag).await.or_fail(ctx)?.as_ref() != Some(&row.release.commit)
        {
            continue;
        }
        let Some(row) = ctx.store.release_by_id(row.id).await? else { continue };
        let tree = repo.tree(&row.release.commit).await.or_fail(ctx)?;
        let before = match &row.release.previous {
            Some(previous) => Some(repo.tree(&previous.commit).await.or_fail(ctx)?),
            None => None,
        };
        if !tree.files().is_complete() || before.as_ref().is_some_and(|b| !b.files().is_complete()) {
            continue;
        }
        for step in steps.iter_mut() {
            let path = &step.file.path;
            let Some(text) = facts::text(ctx, repo, &tree, path).await? else { continue };
            let old = match &before {
                Some(before) => facts::text(ctx, repo, before, path).await?,
                None => None,
            };
            let other = Other { path, text: &text, before: old.as_deref(), opened: &row.opened_body };
            for id in issued(&step.file.text, &other, after) {
                let elsewhere = Elsewhere { issue, label: row.release.label.clone() };
                step.issued.entry(id).or_insert(elsewhere);
            }
        }
    }
    Ok(())
}

/// Whether it is another release, with an open issue.
fn is_another(row: &Listed, release: &Release, own: Option<i64>) -> bool {
    Some(row.id) != own && !row.is_of(&release.checklist, &release.key) && row.state == ReleaseState::Open
}

/// Whether a release may be a side line of another one: an older version of the same line, or where neither has a tag, any that
/// is not of a pull request, which may never be merged.
fn older(row: &Release, release: &Release, words: &[String]) -> bool {
    match (&row.tag, &release.tag) {
        (Some(was), Some(tag)) => {
            version::line(was, words) == version::line(tag, words)
                && version::of_tag(was, words)
                    .is_some_and(|was| version::of_tag(tag, words).is_some_and(|own| was < own))
        }
        (None, None) => row.key.pull_request().is_none(),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether the release before contains any commit of a row.
async fn contained(ctx: &Context, repo: &Repo, release: &Release, row: &Listed) -> Result<bool, Failure> {
    let Some(previous) = &release.previous else { return Ok(false) };
    for commit in row.commits() {
        if repo.contains(&previous.commit, commit).await.or_fail(ctx)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a release that lies before this one took steps of that issue over.
async fn taken_over(
    ctx: &Context,
    repo: &Repo,
    release: &Release,
    own: Option<i64>,
    issue: crate::ids::IssueNumber,
) -> Result<bool, Failure> {
    let rows = ctx.store.referring(repo.repository.id, release.checklist.clone(), reference(issue)).await?;
    for row in rows.iter().filter(|row| is_another(row, release, own)) {
        if contained(ctx, repo, release, row).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
