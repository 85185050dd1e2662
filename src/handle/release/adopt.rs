//! Issues that the index does not know any more.

use super::super::facts;
use super::super::{Context, Failure, OrFail as _, apply};
use super::contents::draft;
use crate::effect::Effect;
use crate::github::repo::Repo;
use crate::ids::IssueNumber;
use crate::plan::Configuration;
use crate::release::marker::{Found, read};
use crate::store::{ReleaseRow, ReleaseState};

/// An issue that the index does not know but that carries our marker: the database was lost. What was asked for is read again
/// from git; who ticked what is not known any more, so nothing counts until it is ticked again.
pub(in super::super) async fn adopt(
    ctx: &Context,
    repo: &Repo,
    number: IssueNumber,
    marked: bool,
) -> Result<Option<ReleaseRow>, Failure> {
    if !marked {
        return Ok(None);
    }
    let Some(issue) = repo.issue(number).await.or_fail(ctx)? else { return Ok(None) };
    let Found::Ours(marker) = read(&issue.body, &ctx.keys) else { return Ok(None) };
    // A copy of a marked body in somebody else's issue is no release.
    if marker.repository != repo.repository.id || issue.author != apply::bot(ctx).await? {
        return Ok(None);
    }
    let Some(base) = facts::default_base(ctx, repo).await? else { return Ok(None) };
    let Configuration::Usable(config) = &base.configuration else { return Ok(None) };
    let release = marker.release;
    let checklist = config.checklists.get(&release.checklist).cloned().unwrap_or_default();
    let effect = draft(ctx, repo, &base, &checklist, &release).await?;
    let Effect::OpenIssue { release, draft, authors } = effect else { return Ok(None) };
    if ctx.dry_run.is_some() {
        return Ok(None);
    }
    let row = ctx.store.claim_release(repo.repository.id, *release, ctx.now()).await?;
    if row.state == ReleaseState::Open {
        return Ok(None);
    }
    ctx.store.issue_opened(row.id, number, draft.body, &authors).await?;
    Ok(ctx.store.release_of_issue(repo.repository.id, number).await?)
}
