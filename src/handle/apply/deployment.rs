//! Answers a deployment that waits.

use super::super::{Context, Failure, OrFail as _};
use crate::effect::{DeploymentAnswer, DeploymentState};
use crate::github::Error;
use crate::github::repo::Repo;
use crate::plan::deployments::REPORTS;
use crate::store::{DeploymentEnd, PendingDeployment};

/// Answers GitHub. What is answered is kept before and after, so that a crash in between repeats no approval and loses no place.
pub(super) async fn put(ctx: &Context, repo: &Repo, answer: &DeploymentAnswer) -> Result<(), Failure> {
    let id = repo.repository.id;
    let waiting = ctx.store.waiting_deployments(id).await?;
    let own = |row: &&PendingDeployment| row.run == answer.run && row.environment == answer.environment;
    let Some(row) = waiting.iter().find(own) else { return Ok(()) };
    let state = match answer.state {
        DeploymentState::Approved => {
            ctx.store.mark_approving(id, row).await?;
            Some("approved")
        }
        DeploymentState::Waits => {
            ctx.store.record_report(id, row, row.reports + 1, row.told.clone()).await?;
            None
        }
    };
    let sent = repo.answer_deployment(answer.run, &answer.environment, state, &answer.comment).await;
    match (sent, answer.state) {
        (Ok(()), DeploymentState::Approved) => ctx.store.finish_deployment(id, row, DeploymentEnd::Approved).await?,
        (Ok(()), DeploymentState::Waits) => {
            ctx.store.record_report(id, row, row.reports + 1, answer.gist.clone()).await?;
        }
        (Err(error @ (Error::NotFound | Error::Gone { .. } | Error::Validation { .. })), DeploymentState::Approved) => {
            return refused(ctx, repo, row, &error).await;
        }
        (Err(Error::NotFound | Error::Gone { .. } | Error::Validation { .. }), DeploymentState::Waits) => {
            let run = repo.run(answer.run).await.or_fail(ctx)?;
            if run.is_none_or(|run| run.status == "completed") {
                ctx.store.finish_deployment(id, row, DeploymentEnd::Gone).await?;
            } else {
                // It waits, and takes no more reports. It must not be lost for that.
                ctx.store.record_report(id, row, REPORTS, answer.gist.clone()).await?;
            }
        }
        // An owner has not agreed to the permission. Nothing else may suffer from it, and the doctor tells.
        (Err(Error::Forbidden { message }), _) => {
            tracing::warn!(reason = message, environment = row.environment, "a deployment may not be answered");
            ctx.store.record_report(id, row, row.reports, row.told.clone()).await?;
        }
        (Err(error), state) => {
            if state == DeploymentState::Waits && !error.outcome_unknown() {
                ctx.store.record_report(id, row, row.reports, row.told.clone()).await?;
            }
            return Err(ctx.failed(&error));
        }
    }
    Ok(())
}

/// GitHub took no approval. Cancelled, deleted, let through by somebody else or by a try of ours whose answer was lost; or it was
/// asked before the deployment was ready. Only a run that is over needs none any more.
async fn refused(ctx: &Context, repo: &Repo, row: &PendingDeployment, error: &Error) -> Result<(), Failure> {
    let run = repo.run(row.run).await.or_fail(ctx)?;
    let Some(run) = run.filter(|run| run.status != "completed") else {
        return Ok(ctx.store.finish_deployment(repo.repository.id, row, DeploymentEnd::Gone).await?);
    };
    tracing::warn!(%error, environment = row.environment, status = run.status, "an approval was refused");
    // What runs has most likely been let through. It is kept, and asked again with the next look, until it is over.
    if run.status == "in_progress" { Ok(()) } else { Err(ctx.failed(error)) }
}
