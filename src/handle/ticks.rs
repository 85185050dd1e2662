//! A release issue was edited, or is gone: what that means is noted, shown, and decided.

use super::issue_reading::{Edit, Look, Seen, look, lose};
use super::{Context, Failure, gate, progress_comment, read_ahead, release};
use crate::github::repo::Repo;
use crate::ids::IssueNumber;

/// Edits of one issue, oldest first. `touched` says that something else happened to it too, such as closing.
pub(super) async fn edited(
    ctx: &Context,
    repo: &Repo,
    number: IssueNumber,
    edits: &[&Edit],
    touched: bool,
) -> Result<(), Failure> {
    let row = match ctx.store.release_of_issue(repo.repository.id, number).await? {
        Some(row) => row,
        None => {
            match release::recover(ctx, repo, number, edits.iter().any(|e| e.edit.body.contains("<!-- holdpoint v")))
                .await?
            {
                Some(row) => row,
                None => return Ok(()),
            }
        }
    };
    let ahead = if touched && !repo.is_recent() { read_ahead::release_issue(ctx, repo, number).await } else { Ok(()) };
    let looked = match ahead {
        Ok(()) => look(ctx, repo, row, number, edits, touched).await,
        Err(failure) => Err(failure),
    };
    repo.drop_issues();
    match looked? {
        Look::Undecided(row) | Look::Remains(row) => gate::release(ctx, repo, &row).await,
        Look::Gone(lost) => issue_removed(ctx, repo, lost, "deleted").await,
        Look::Seen(seen) => {
            let Seen { row, config, open, repo } = *seen;
            // People wait for the check, not for the comment. What the gate read may have changed the release meanwhile.
            gate::release(ctx, &repo, &row).await?;
            let row = ctx.store.release_by_id(row.id).await?.unwrap_or(row);
            progress_comment::show_present(ctx, &repo, &row, &config, &open).await
        }
    }
}

/// The issue of a release is gone: its evidence is, and the gate falls back.
pub(super) async fn issue_removed(ctx: &Context, repo: &Repo, number: IssueNumber, how: &str) -> Result<(), Failure> {
    let Some(row) = ctx.store.release_of_issue(repo.repository.id, number).await? else { return Ok(()) };
    let row = lose(ctx, row, number, how).await?;
    gate::release(ctx, repo, &row).await
}
