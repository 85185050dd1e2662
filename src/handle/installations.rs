//! What happens to installations.

use super::context::ask_to_recheck;
use super::{Context, Failure, repository_name};
use crate::event::{Delivery, Event};

/// Repositories came or went. Each new one is looked at by a job of its own.
pub(super) async fn installed(ctx: &Context, delivery: &Delivery) -> Result<(), Failure> {
    match &delivery.event {
        Event::Installed { repositories } => {
            if let Some(installation) = delivery.installation {
                ctx.store.note_suspension(installation, None).await?;
            }
            for repository in repositories {
                let repository = &repository_name::present(ctx, repository).await?;
                ask_to_recheck(ctx, repository, &format!("installed-{}-{}", delivery.guid, repository.id)).await?;
            }
        }
        Event::Uninstalled { repositories } => {
            if let Some(installation) = delivery.installation {
                ctx.store.remove_repositories(installation, repositories.clone(), ctx.now()).await?;
            }
        }
        Event::Suspended => {
            if let Some(installation) = delivery.installation {
                ctx.store.note_suspension(installation, Some(ctx.now())).await?;
            }
        }
        Event::PullRequest { .. }
        | Event::PullRequestClosed { .. }
        | Event::Tag { .. }
        | Event::TagChanged { .. }
        | Event::CommitResult { .. }
        | Event::Deployed { .. }
        | Event::DeploymentRequested(_)
        | Event::RecheckDeployments
        | Event::Push { .. }
        | Event::Comment(_)
        | Event::PullRequestComment { .. }
        | Event::IssueEdited(_)
        | Event::IssueChanged { .. }
        | Event::IssueRemoved { .. }
        | Event::Rerequested { .. }
        | Event::MergeGroup { .. }
        | Event::MergeGroupDestroyed { .. }
        | Event::Renamed
        | Event::Recheck { .. }
        | Event::RecheckPulls { .. }
        | Event::RecheckIssues { .. } => {}
    }
    Ok(())
}
