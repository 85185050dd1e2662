//! `holdpoint open`: a release that somebody asks for at the command line.
//!
//! It asks and writes with the App's own credentials, on the database that `serve` keeps, and puts nothing into the queue.
//! With `--dry-run` it writes to neither GitHub nor the database, and prints what would be done.

use super::outcome::Outcome;
use crate::app::App;
use crate::handle::{self, Failure, ManualRelease};
use crate::ids::{PullNumber, RepoName};
use crate::settings::Settings;
use crate::store::{ReleaseRow, ReleaseState};
use anyhow::{Context as _, ensure};
use clap::Args;
use std::io::Write;
use std::sync::Arc;

/// Flags of `open`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub struct Open {
    /// The repository, as `owner/name`
    repository: String,
    /// The tag that is released: the same release as if it were pushed now
    #[arg(long, group = "what", value_name = "TAG")]
    tag: Option<String>,
    /// The commit, or the branch, that is released
    #[arg(long, group = "what", value_name = "SHA")]
    commit: Option<String>,
    /// The pull request that is released
    #[arg(long, group = "what", value_name = "NUMBER")]
    pull: Option<u64>,
    /// The checklist, where the configuration has several
    #[arg(long, value_name = "NAME")]
    checklist: Option<String>,
    /// Print the effects as JSON instead of applying them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Opens the release and prints its issue's address.
///
/// # Errors
/// Where the App cannot see the repository, or a setting, the database or GitHub keeps it from working.
pub fn run(open: Open, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    runtime.block_on(work(open, out))
}

async fn work(open: Open, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let Open { repository, tag, commit, pull, checklist, dry_run, mut settings } = open;
    let name = RepoName::parse(&repository)
        .with_context(|| format!("`{repository}` is no repository: it is written `owner/name`"))?;
    let what = match (tag, commit, pull) {
        (Some(tag), _, _) => ManualRelease::Tag(tag),
        (None, Some(commit), _) => ManualRelease::Commit(commit),
        (None, None, Some(number)) => ManualRelease::Pull(PullNumber(number)),
        (None, None, None) => anyhow::bail!("give one of --tag, --commit and --pull"),
    };
    // A dry run leaves nothing behind: where there is no database yet, it makes none.
    let scratch = std::env::temp_dir().join(format!("holdpoint-open-{}", std::process::id()));
    if dry_run && !settings.database_path()?.exists() {
        settings.database_url = Some(format!("sqlite://{}", scratch.join("holdpoint.db").display()));
    }
    let app = App::build(settings).await?;
    let asked = ask(&app, &name, &what, checklist.as_deref(), dry_run, out).await;
    app.context().store.close().await;
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch).with_context(|| format!("remove {}", scratch.display()))?;
    }
    asked
}

async fn ask(
    app: &App,
    name: &RepoName,
    what: &ManualRelease,
    checklist: Option<&str>,
    dry_run: bool,
    out: &mut impl Write,
) -> anyhow::Result<Outcome> {
    let context = app.context();
    let found = context.github.repository(name).await.with_context(|| format!("look for {name}"))?;
    let repository = found.with_context(|| format!("the App is not installed on {name}"))?;
    let planning = dry_run.then(Arc::default);
    let context = handle::Context { dry_run: planning, ..handle::Context::clone(context) };
    let opened = match handle::open_by_hand(&context, &repository, what, checklist).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(why)) => anyhow::bail!(why),
        Err(Failure::Retry { message, .. } | Failure::Dead { message }) => anyhow::bail!(message),
    };
    if dry_run {
        serde_json::to_writer_pretty(&mut *out, &context.planned()).context("write the effects")?;
        writeln!(out).context("write the effects")?;
        return Ok(Outcome::Fine);
    }
    ensure!(!opened.is_empty(), "no release was opened");
    let url = context.settings.github_url.trim_end_matches('/');
    let mut outcome = Outcome::Fine;
    for row in opened {
        let (line, fine) = describe(&row, &format!("{url}/{}/issues", repository.name));
        writeln!(out, "{line}").context("write what was opened")?;
        if !fine {
            outcome = Outcome::Problems;
        }
    }
    Ok(outcome)
}

/// A release in one line: its issue's address, or why it has none.
fn describe(row: &ReleaseRow, issues: &str) -> (String, bool) {
    let label = &row.release.label;
    let why = row.failure.as_deref();
    match (row.state, row.issue) {
        (ReleaseState::Open, Some(number)) => (format!("{issues}/{number}"), true),
        (ReleaseState::Nothing, _) => {
            (format!("{label}: {}", why.unwrap_or("nothing to do, so there is no issue")), true)
        }
        (ReleaseState::Open | ReleaseState::Claimed | ReleaseState::Failed | ReleaseState::Gone, _) => {
            (format!("{label}: {}", why.unwrap_or("its issue is not there yet")), false)
        }
    }
}
