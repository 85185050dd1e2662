//! The whole App put together: database, GitHub, server, worker; and how it stops.
//!
//! It decides nothing; every part can be had alone.

use crate::github;
use crate::handle::Context;
use crate::server::Server;
use crate::server::connections::serve;
use crate::settings::Settings;
use crate::store::Store;
use crate::sweep;
use crate::telemetry::now_ms;
use crate::worker::Worker;
use anyhow::Context as _;
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// How long a delivery that was worked off is kept: GitHub offers to send one again for three days.
const KEEP_DONE_MS: i64 = 4 * 24 * 3_600_000;
/// How long a dead letter is kept: somebody has to see it first.
const KEEP_DEAD_MS: i64 = 30 * 24 * 3_600_000;
/// How long what is kept of a repository from which the App was taken is kept: somebody may install it again.
const KEEP_LOST_MS: i64 = 30 * 24 * 3_600_000;
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// A Holdpoint, built and not yet running.
#[derive(Clone, Debug)]
pub struct App {
    context: Arc<Context>,
    server: Server,
    worker: Worker,
}

impl App {
    /// Opens the database and reads the credentials. GitHub is not asked for anything yet.
    ///
    /// # Errors
    /// Where a setting is missing or wrong, or the database cannot be used; the sentence names the setting.
    pub async fn build(settings: Settings) -> anyhow::Result<Self> {
        let secrets = settings.webhook_secrets()?;
        let github = Arc::new(github::App::new(&settings)?);
        let path = settings.database_path()?;
        let store = tokio::task::spawn_blocking(move || Store::open(&path)).await.context("open the database")??;
        let context = Arc::new(Context::new(store.clone(), Arc::clone(&github), Arc::new(settings))?);
        let server = Server::new(store, github, secrets);
        let worker = Worker::new(Arc::clone(&context));
        Ok(Self { context, server, worker })
    }

    /// What handling needs: database, GitHub, settings.
    #[must_use]
    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// The routes, to be served or called.
    pub fn router(&self) -> Router {
        self.server.router()
    }

    /// The worker, for stepping through work by hand.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Works until no job is open, without sleeping. See [`Worker::drain`].
    ///
    /// # Errors
    /// As [`Worker::drain`].
    pub async fn drain(&self) -> anyhow::Result<i64> {
        self.worker.drain().await
    }

    /// Serves on `listener` and works the queue off until `stop` is cancelled. Then: no new connections, no new claims,
    /// 20 s for batches at work, and the database closed in order.
    ///
    /// # Errors
    /// Where the queue cannot be taken over.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        let lost = self.context.store.take_over(now_ms()).await.context("take the queue over")?;
        if lost > 0 {
            tracing::warn!(lost, "the last process did not stop in order; what it was at is taken up again");
        }
        let worker = tokio::spawn({
            let (worker, stop) = (self.worker.clone(), stop.clone());
            async move { worker.run(stop).await }
        });
        let pruner = tokio::spawn(prune(self.context.store.clone(), stop.clone()));
        let sweeper = tokio::spawn(sweep::run(Arc::clone(&self.context), stop.clone()));
        serve(listener, self.router(), &stop).await;
        stop.cancel();
        for (name, task) in [("worker", worker), ("pruner", pruner), ("sweeper", sweeper)] {
            if let Err(error) = task.await {
                tracing::error!(%error, name, "a task did not end in order");
            }
        }
        self.context.store.close().await;
        Ok(())
    }
}

async fn prune(store: Store, stop: CancellationToken) {
    loop {
        match store.prune(now_ms() - KEEP_DONE_MS, now_ms() - KEEP_DEAD_MS).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "old deliveries were removed"),
            Err(error) => tracing::warn!(%error, "old deliveries were not removed"),
        }
        match store.delete_lost(now_ms() - KEEP_LOST_MS).await {
            Ok(0) => {}
            Ok(repositories) => tracing::info!(repositories, "what was kept of uninstalled repositories was deleted"),
            Err(error) => tracing::warn!(%error, "what was kept of uninstalled repositories was not deleted"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PRUNE_EVERY) => {}
        }
    }
}
