//! `holdpoint receive`: one recorded payload, handled as if it had just come in.
//!
//! With `--dry-run` it reads GitHub and the database, writes to neither, and prints what would be done.

use super::outcome::Outcome;
use crate::app::App;
use crate::handle::{self, Failure};
use crate::settings::Settings;
use crate::store::{Batch, Job, NewDelivery};
use crate::telemetry::now_ms;
use anyhow::{Context as _, ensure};
use clap::Args;
use sha2::{Digest, Sha256};
use std::io::{Read as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Flags of `receive`.
#[derive(Debug, Args)]
pub struct Receive {
    /// The event's name, as in `X-GitHub-Event`: `pull_request`, `push`, `issues`, …
    event: String,
    /// The file with the payload; `-` reads standard input
    file: PathBuf,
    /// Print the effects as JSON instead of applying them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Handles one payload.
///
/// # Errors
/// Where the file cannot be read, or a setting or the database keeps it from starting.
pub fn run(receive: Receive, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let body = read(&receive.file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(work(receive, body, out))
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).context("read standard input")?;
        return Ok(body);
    }
    std::fs::read(file).with_context(|| format!("read {}", file.display()))
}

async fn work(receive: Receive, body: Vec<u8>, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let Receive { event, dry_run, mut settings, .. } = receive;
    ensure!(
        crate::github::webhook::HANDLED_EVENTS.contains(&event.as_str()),
        "`{event}` is no event that Holdpoint handles; known are {}",
        crate::github::webhook::HANDLED_EVENTS.join(", ")
    );
    // A dry run leaves nothing behind: where there is no database yet, it makes none.
    let scratch = std::env::temp_dir().join(format!("holdpoint-receive-{}", std::process::id()));
    if dry_run && !settings.database_path()?.exists() {
        settings.database_url = Some(format!("sqlite://{}", scratch.join("holdpoint.db").display()));
    }
    let app = App::build(settings).await?;
    // The same payload twice is the same delivery twice.
    let guid = Sha256::digest(&body).iter().take(8).fold("receive-".to_owned(), |id, byte| format!("{id}{byte:02x}"));
    let outcome = if dry_run {
        Box::pin(plan(&app, event, guid, body, out)).await
    } else {
        apply(&app, event, guid, body, out).await
    };
    app.context().store.close().await;
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).with_context(|| format!("remove {}", scratch.display()))?;
    }
    outcome
}

async fn plan(app: &App, event: String, guid: String, body: Vec<u8>, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let context = handle::Context { dry_run: Some(Arc::default()), ..handle::Context::clone(app.context()) };
    let job = Job { id: 0, key: "receive".to_owned(), guid, event, attempts: 1, received_at: now_ms(), body };
    let batch = Batch { lane: "receive".to_owned(), key: "receive".to_owned(), claimed_at: now_ms(), jobs: vec![job] };
    let handled = handle::handle(&context, &batch).await;
    serde_json::to_writer_pretty(&mut *out, &context.planned()).context("write the effects")?;
    writeln!(out).context("write the effects")?;
    match handled {
        Ok(()) => Ok(Outcome::Fine),
        Err(Failure::Retry { message, .. } | Failure::Dead { message }) => Err(anyhow::anyhow!(message)),
    }
}

async fn apply(app: &App, event: String, guid: String, body: Vec<u8>, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let envelope = crate::github::webhook::envelope(&event, &body).context("read the payload")?;
    let delivery = NewDelivery {
        guid: guid.clone(),
        event,
        action: envelope.action,
        installation_id: envelope.installation,
        repository_id: envelope.repository.map(|(id, _)| id),
        lane: envelope.lane,
        key: envelope.key,
        body: body.into(),
        received_at: now_ms(),
    };
    let store = &app.context().store;
    store.enqueue(delivery).await.context("store the delivery")?;
    app.drain().await?;
    let dead = store.dead(100).await.context("look for dead letters")?;
    if let Some(dead) = dead.into_iter().find(|d| d.guid == guid) {
        writeln!(out, "delivery {guid} could not be worked off: {}", dead.error)?;
        return Ok(Outcome::Problems);
    }
    writeln!(out, "delivery {guid} is worked off")?;
    Ok(Outcome::Fine)
}
