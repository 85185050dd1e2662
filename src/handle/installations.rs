//! What happens to installations, and the deliveries that we send ourselves: "look at this repository again".

use super::{Context, Failure, named};
use crate::event::{Delivery, Event};
use crate::ids::Repository;
use crate::store::{self, NewDelivery};

/// Repositories came or went. Each new one is looked at by a job of its own.
pub(super) async fn installed(ctx: &Context, delivery: &Delivery) -> Result<(), Failure> {
    match &delivery.event {
        Event::Installed { repositories } => {
            if let Some(installation) = delivery.installation {
                ctx.store.note_suspension(installation, None).await?;
            }
            for repository in repositories {
                let repository = &named::present(ctx, repository).await?;
                ask_to_recheck(ctx, repository, &format!("installed-{}-{}", delivery.guid, repository.id)).await?;
            }
        }
        Event::Uninstalled { repositories } => {
            if let Some(installation) = delivery.installation {
                ctx.store.lose_repositories(installation, repositories.clone(), ctx.now()).await?;
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
        | Event::TagTouched { .. }
        | Event::Evidence { .. }
        | Event::Deployed { .. }
        | Event::DeploymentWaits(_)
        | Event::DeploymentsAgain
        | Event::Push { .. }
        | Event::Comment(_)
        | Event::PullRequestTalk { .. }
        | Event::IssueEdited(_)
        | Event::IssueTouched { .. }
        | Event::IssueGone { .. }
        | Event::Rerequested { .. }
        | Event::MergeGroup { .. }
        | Event::MergeGroupGone { .. }
        | Event::Renamed
        | Event::Recheck => {}
    }
    Ok(())
}

/// Puts a delivery of our own into the queue: "look at this repository again".
///
/// # Errors
/// What the database says.
pub async fn ask_to_recheck(ctx: &Context, repository: &Repository, guid: &str) -> Result<(), store::Error> {
    ask_ourselves(ctx, repository, guid, "recheck").await
}

/// Puts a delivery of our own into the queue; jobs of one kind wait for each other.
pub(super) async fn ask_ourselves(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
    kind: &str,
) -> Result<(), store::Error> {
    let body = serde_json::json!({
        "installation": { "id": repository.installation },
        "repository": { "id": repository.id, "full_name": repository.name.to_string() },
    });
    let delivery = NewDelivery {
        guid: guid.to_owned(),
        event: format!("holdpoint.{kind}"),
        action: None,
        installation_id: Some(repository.installation.0),
        repository_id: Some(repository.id.0),
        lane: repository.id.to_string(),
        key: kind.to_owned(),
        body: body.to_string().into(),
        received_at: ctx.github.now_ms(),
    };
    ctx.store.enqueue(delivery).await.map(drop)
}
