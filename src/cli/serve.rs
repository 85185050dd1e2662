//! `holdpoint serve`: the App, until it is told to stop.

use super::outcome::Outcome;
use crate::app::App;
use crate::github::Error;
use crate::settings::Settings;
use crate::telemetry;
use anyhow::{Context as _, bail, ensure};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the start waits for GitHub's word on the App: GitHub's deliveries fail meanwhile.
const START_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn run(settings: Settings) -> anyhow::Result<Outcome> {
    let missing = settings.missing();
    ensure!(
        missing.is_empty(),
        "serve needs a GitHub App, and these settings are not given: {}. Set them in the environment, or see `holdpoint serve --help`",
        missing.join(", ")
    );
    settings.ensure_strong_secrets()?;
    telemetry::init(&settings.log, settings.log_format)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the async runtime")?;
    let served = runtime.block_on(serve(settings));
    // A blocking task that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(settings: Settings) -> anyhow::Result<Outcome> {
    // Before anything is promised: a signal from here on is a graceful stop.
    let stop = stop_on_signals()?;
    let address = settings.listen();
    let app = App::build(settings).await?;
    ensure_known(&app).await?;
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!(
            "listen on {address} (HOLDPOINT_LISTEN is ADDRESS:PORT, such as 0.0.0.0:3000, and the port must be free)"
        )
    })?;
    let address = listener.local_addr().context("ask for the listening address")?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    app.run(listener, stop).await?;
    tracing::info!("stopped");
    Ok(Outcome::Fine)
}

/// Ends the start where GitHub says that the App's id and key are wrong: no delivery could be handled. Where GitHub is not
/// reached, or does not answer in time, nobody knows, and deliveries are taken all the same.
async fn ensure_known(app: &App) -> anyhow::Result<()> {
    let asked = tokio::time::timeout(START_TIMEOUT, app.context().github.check()).await;
    match asked {
        Ok(Ok(me)) => tracing::info!(slug = me.slug, "GitHub accepts the App's id and key"),
        Ok(Err(error @ (Error::Unauthorized { .. } | Error::NotFound))) => bail!(
            "GitHub does not accept this App id and key ({error}): compare HOLDPOINT_GITHUB_APP_ID, \
             HOLDPOINT_GITHUB_PRIVATE_KEY and HOLDPOINT_GITHUB_API_URL with the App's settings page; `holdpoint doctor` \
             looks at each of them"
        ),
        Ok(Err(error)) => tracing::warn!(
            %error,
            "GitHub could not say whether it accepts the App's id and key; deliveries are taken and wait. `holdpoint doctor` says more"
        ),
        Err(_) => tracing::warn!(
            seconds = START_TIMEOUT.as_secs(),
            "GitHub did not say in time whether it accepts the App's id and key; deliveries are taken and wait"
        ),
    }
    Ok(())
}

/// Cancelled by the first SIGTERM or SIGINT. A second one ends the process at once: every promise is on the disk.
pub(super) fn stop_on_signals() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping on SIGTERM"),
            _ = interrupt.recv() => tracing::info!("stopping on SIGINT"),
        }
        token.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("ended by a second signal; what was at work is taken up again after its lease");
        #[expect(clippy::exit, reason = "somebody who asks twice does not want to wait for anything in order")]
        std::process::exit(130);
    });
    Ok(stop)
}
