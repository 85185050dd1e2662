//! Logs: where they go, in which form, and the names of their fields. Also the one place that asks what time it is.
//!
//! Nothing here decides what is worth logging, and no log line carries a body or a secret.

use anyhow::Context as _;
use std::io::IsTerminal as _;
use std::time::{SystemTime, UNIX_EPOCH};
use tracing_subscriber::EnvFilter;

/// Names of log fields, so that one search finds a delivery in every line about it. Use as `{ field::DELIVERY_ID } = …`.
pub mod field {
    /// GitHub's GUID of a delivery.
    pub const DELIVERY_ID: &str = "delivery.id";
    /// The event's name, as in `X-GitHub-Event`.
    pub const EVENT_NAME: &str = "event.name";
    /// The payload's `action`.
    pub const EVENT_ACTION: &str = "event.action";
    /// `owner/name` of the repository.
    pub const REPO_NAME: &str = "repo.name";
    /// Number of the pull request.
    pub const PR_NUMBER: &str = "pr.number";
    /// Number of the issue.
    pub const ISSUE_NUMBER: &str = "issue.number";
    /// Id of the check run.
    pub const CHECK_RUN_ID: &str = "check_run.id";
    /// Id of the App's installation.
    pub const INSTALLATION_ID: &str = "installation.id";
    /// How long it took, in milliseconds.
    pub const DURATION_MS: &str = "duration_ms";
    /// How many texts of releases were read from the database meanwhile, for this batch and for others beside it.
    pub const TEXTS_READ: &str = "texts_read";
    /// Which try this is, from 1.
    pub const ATTEMPT: &str = "attempt";
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Starts logging to standard error; standard output is for data.
///
/// # Errors
/// Where `filter` is no `tracing` filter (`info`, `holdpoint=debug,warn`), or logging has been started before.
pub fn init(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter =
        EnvFilter::try_new(filter).context("HOLDPOINT_LOG is not a filter such as `info` or `holdpoint=debug,warn`")?;
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(coloured);
    match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("start logging: {error}"))
}

/// The present, in milliseconds since 1970-01-01T00:00:00Z; 0 where the system's clock stands before that.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
