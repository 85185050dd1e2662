//! Waits for what the demo is about to see, and for how long.

use crate::handle::Context as Holdpoint;
use crate::sandbox::Sandbox;
use anyhow::bail;
use std::time::Duration;

/// How long anything may take that is waited for.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked at.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Waits until every webhook is answered and all that came of them is done.
pub(super) async fn settled(github: &Sandbox, holdpoint: &Holdpoint) -> anyhow::Result<()> {
    let until = tokio::time::Instant::now() + TIMEOUT;
    let sent = |github: &Sandbox| {
        let world = github.world();
        let answered = world.hooks.pending.is_empty() && world.hooks.log.values().all(|d| d.outcome.is_some());
        answered.then(|| world.hooks.log.len())
    };
    loop {
        // What is at work may cause more webhooks, so it has settled only where no more came meanwhile.
        let before = sent(github);
        let counts = holdpoint.store.counts().await?;
        if before.is_some() && counts.queued + counts.running == 0 && before == sent(github) {
            return Ok(());
        }
        if tokio::time::Instant::now() > until {
            bail!("Holdpoint did not get ready within {} s; HOLDPOINT_LOG=info shows what it does", TIMEOUT.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
