//! `holdpoint demo`: the whole chain on this machine, with no account and no network.
//!
//! The real server on a database of its own, real webhooks over real HTTP, and a GitHub that is none. Nothing here is
//! played back: take Holdpoint away, and the pages stay empty.

mod patience;
mod script;
mod world;

use super::outcome::Outcome;
use super::serve;
use crate::app::App;
use crate::sandbox::{Delivering, Options, REPO, Sandbox};
use crate::settings::{Secret, Settings};
use crate::telemetry::{self, LogFormat};
use anyhow::{Context as _, bail};
use patience::settled;
use std::fs::DirBuilder;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use world::Prepared;

/// Where the pages are, unless somebody else is there.
const PORT: u16 = 4000;

/// What may be chosen about the demo.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Port of the pages on this machine; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,

    /// Go through all of it here, without a browser; the exit code says whether every step ended as it should
    #[arg(long)]
    script: bool,

    /// Which log lines of the server to write to standard error, as a filter; none without
    #[arg(long, env = "HOLDPOINT_LOG", value_name = "FILTER")]
    log: Option<String>,
}

pub(super) fn run(demo: &Demo) -> anyhow::Result<Outcome> {
    if let Some(filter) = demo.log.as_deref().filter(|f| !f.trim().is_empty()) {
        telemetry::init(filter, LogFormat::Text)?;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the async runtime")?;
    let outcome = runtime.block_on(show(demo, &mut std::io::stdout()));
    // A blocking task that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// A folder that only this user may read, and that goes with the demo.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let place = std::env::temp_dir();
        for attempt in 0_u32..100 {
            let path = place.join(format!("holdpoint-demo-{}-{attempt}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("make the folder {}", path.display())),
            }
        }
        bail!("no folder could be made in {}: all names are taken", place.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind then is a small database in the folder for temporary files.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn settings(github: &Sandbox, folder: &Path) -> Settings {
    Settings {
        database_url: Some(format!("sqlite://{}", folder.join("holdpoint.db").display())),
        github_app_id: Some(github.app_id()),
        github_private_key: Some(Secret::new(github.private_key_pem())),
        webhook_secret: Some(Secret::new(github.webhook_secret())),
        github_api_url: github.url().to_owned(),
        github_url: github.url().to_owned(),
        write_interval_ms: 0,
        ..Settings::default()
    }
}

/// Listens on a port of this machine, or on a free one where somebody else has it. `true`: it is not the one asked for.
async fn listen(port: u16) -> anyhow::Result<(TcpListener, bool)> {
    match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok((listener, false)),
        Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
            let listener = TcpListener::bind("127.0.0.1:0").await.context("listen on a free port of 127.0.0.1")?;
            Ok((listener, true))
        }
        Err(error) => Err(error).with_context(|| format!("listen on 127.0.0.1:{port}")),
    }
}

async fn show(demo: &Demo, out: &mut impl Write) -> anyhow::Result<Outcome> {
    // From here on a signal is an orderly end.
    let stop = serve::stop_on_signals()?;
    let folder = Folder::new()?;
    let Prepared { world, review, ship } = world::prepared().context("prepare the demo's world")?;
    // The script needs no address that anybody would type.
    let (pages, elsewhere) = listen(if demo.script { 0 } else { demo.port }).await?;
    let options = Options { listener: Some(pages), key: None, delivering: Delivering::AtOnce };
    let github = Sandbox::start_with(world, options).await?;

    let app = App::build(settings(&github, &folder.0)).await?;
    let holdpoint = Arc::clone(app.context());
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listen on a free port of 127.0.0.1")?;
    let address = listener.local_addr().context("ask for the listening address")?;
    github.set_hook_url(&format!("http://{address}/webhook"));
    let server = tokio::spawn(app.run(listener, stop.clone()));

    let shown = async {
        // Installing the App is how every team begins: Holdpoint looks at what is open and says what it has to say.
        let (owner, _) = REPO.split_once('/').unwrap_or_default();
        github.world().install(owner, None, "alice")?;
        settled(&github, &holdpoint).await?;
        if demo.script {
            return script::play(&github, &holdpoint, review, ship, out).await;
        }
        if elsewhere {
            writeln!(out, "Port {} cannot be had, so the pages are at another one.\n", demo.port)?;
        }
        invite(&github, out)?;
        stop.cancelled().await;
        Ok(Outcome::Fine)
    };
    // Being stopped goes first: what fails after it fails because of it.
    let shown = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        shown = shown => Some(shown),
    };
    stop.cancel();
    let served = server.await.context("stop the server")?;
    drop(github);
    drop(folder);
    served?;
    match shown {
        Some(outcome) => outcome,
        None if demo.script => {
            writeln!(out, "\nstopped before its end")?;
            Ok(Outcome::Problems)
        }
        None => Ok(Outcome::Fine),
    }
}

fn invite(github: &Sandbox, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "Holdpoint runs, and with it a GitHub that is only on this machine. Open\n\n    {}/\n\n\
         and follow the tour there: read a pull request that changes the checklist, try to ship, tag {}, tick the boxes\n\
         of the release issue, and watch the gate open. You choose at the top of each page who you are.\n\n\
         Ctrl-C ends it. Nothing is kept, and nothing leaves this machine.",
        github.url(),
        world::TAG,
    )?;
    out.flush().context("write to standard output")
}
