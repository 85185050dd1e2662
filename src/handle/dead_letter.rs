//! Deliveries that were given up: whoever waits for one of them is told.

use super::{Context, Failure, gate, repository_name};
use crate::event::Delivery;
use crate::github::payload;
use crate::store::Batch;

/// Told of a batch that was given up, so that whoever waits for it can be told; best effort.
pub async fn report_dead_letter(ctx: &Context, batch: &Batch, message: &str) {
    for job in &batch.jobs {
        let Ok(Some(delivery)) = payload::parse(&job.event, &job.guid, &job.body) else { continue };
        if let Err(failure) = mourn(ctx, &delivery, message).await {
            tracing::warn!(?failure, "a dead letter could not be reported on GitHub");
        }
    }
}

/// Tells of one delivery that was given up, where its repository is by now.
async fn mourn(ctx: &Context, delivery: &Delivery, message: &str) -> Result<(), Failure> {
    let Some(told) = &delivery.repository else { return Ok(()) };
    let ctx = &ctx.anew();
    let repository = repository_name::present(ctx, told).await?;
    let done = gate::give_up(ctx, &ctx.repo(&repository), delivery, message).await;
    match repository_name::find_new(ctx, &repository).await? {
        Some(found) => gate::give_up(ctx, &ctx.repo(&found), delivery, message).await,
        None => done,
    }
}
