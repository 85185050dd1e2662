//! Which issue a signed line belongs to.
//!
//! The line is bound to a repository and a release, not to its issue: whoever may edit one issue can copy the line of another over
//! it, or take it out. So where the index does not know the issue, the line counts that the issue was **opened** with. GitHub keeps
//! the first version of a text that was edited; one that was never edited is its own first version.
//!
//! Where there is no such history (a server without it), the issue must be the only one of ours with the line, and not older than
//! the day that the line names. An issue about which there is doubt is none: the release is opened anew, with nothing ticked.

use super::{Context, Failure, OrFail as _, own_checks};
use crate::github::repo::Repo;
use crate::github::wire::Issue;
use crate::github::{Error, Listing};
use crate::release::Release;
use crate::release::marker::{Marker, MarkerStatus, read};
use crate::store::ReleaseRow;

/// So many pages of versions are read for the first: 2,000 versions. What has more is not believed.
const PAGES: usize = 40;

/// The issues that were opened for a release under one of its names, each with its line.
pub(super) async fn of_row(ctx: &Context, repo: &Repo, row: &ReleaseRow) -> Result<Vec<(Marker, Issue)>, Failure> {
    let names = row.names();
    let wanted = |marker: &Marker| {
        marker.release.checklist == row.release.checklist && names.iter().any(|name| name.key == marker.release.key)
    };
    let mut found = Vec::new();
    for (marker, issue) in ours(ctx, repo).await?.into_iter().filter(|(marker, _)| wanted(marker)) {
        if opened_with(ctx, repo, &marker, &issue).await? {
            found.push((marker, issue));
        }
    }
    Ok(found)
}

/// Whether an issue of ours was opened with the line that it carries.
async fn opened_with(ctx: &Context, repo: &Repo, marker: &Marker, issue: &Issue) -> Result<bool, Failure> {
    let first = opened_line(ctx, repo, issue).await?;
    let believed =
        first.is_some_and(|first| first.repository == marker.repository && is_of(&first, &marker.release, marker.part));
    if !believed {
        tracing::warn!(issue = issue.number.0, "an issue has a signed line that it was not opened with");
    }
    Ok(believed)
}

/// The line that an issue of ours was opened with, whatever it carries now; `None` where nobody can tell.
pub(super) async fn opened_line(ctx: &Context, repo: &Repo, issue: &Issue) -> Result<Option<Box<Marker>>, Failure> {
    let line = |text: &str| match read(text, &ctx.keys) {
        MarkerStatus::Ours(marker) => Some(marker),
        MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing => None,
    };
    match repo.revisions(issue.number, PAGES).await.and_then(Listing::complete) {
        Ok(versions) => Ok(match versions.last() {
            Some(first) => first.text.as_deref().and_then(line),
            None => line(&issue.body),
        }),
        Err(Error::Incomplete { .. }) => Ok(None),
        Err(Error::NotFound | Error::Forbidden { .. }) => match line(&issue.body) {
            Some(marker) if alone(ctx, repo, &marker, issue).await? => Ok(Some(marker)),
            Some(_) | None => Ok(None),
        },
        Err(error) => Err(ctx.failed(&error)),
    }
}

/// Whether no other issue of ours has the line, and this one is not older than it.
async fn alone(ctx: &Context, repo: &Repo, marker: &Marker, issue: &Issue) -> Result<bool, Failure> {
    let own = ours(ctx, repo).await?;
    let mut others = own.iter().filter(|(m, i)| is_of(m, &marker.release, marker.part) && i.number != issue.number);
    Ok(others.next().is_none() && issue.created_at.date() >= marker.release.date)
}

/// The issues that the App opened in this repository for releases, each with its signed line.
pub(super) async fn ours(ctx: &Context, repo: &Repo) -> Result<Vec<(Marker, Issue)>, Failure> {
    let bot = own_checks::present_bot(ctx).await?;
    let issues = repo.issues_by(&bot, None).await.or_fail(ctx)?;
    let marked = |issue: Issue| match read(&issue.body, &ctx.keys) {
        MarkerStatus::Ours(marker) if marker.repository == repo.repository.id => Some((*marker, issue)),
        MarkerStatus::Ours(_) | MarkerStatus::UnknownVersion(_) | MarkerStatus::Forged | MarkerStatus::Nothing => None,
    };
    Ok(issues.into_iter().filter_map(marked).collect())
}

/// Whether a signed line is that of a release, and of this part of it.
pub(super) fn is_of(marker: &Marker, release: &Release, part: Option<(usize, usize)>) -> bool {
    marker.release.checklist == release.checklist && marker.release.key == release.key && marker.part == part
}
