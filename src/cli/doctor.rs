//! `holdpoint doctor`: is it set up right, here, at GitHub and in a repository? And how to mend what is not.
//!
//! Reads only: it changes nothing at GitHub, makes no database, and one check that cannot be made does not stop the others.

mod app;
mod environments;
mod repository;
mod settings;

use super::Outcome;
use super::terminal::{self, Console, Tone, shown};
use crate::github::Error;
use crate::ids::RepoName;
use crate::settings::Settings;
use anyhow::{Context as _, ensure};
use serde::Serialize;

/// Flags of `doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 fine, warnings allowed; 1 errors found; 2 usage or environment.\n\
                        Nothing is changed, at GitHub or here. Set the environment as for `holdpoint serve`.")]
pub struct Doctor {
    /// Look at these repositories too: is the check required of their gated branches, and can only the App post it?
    #[arg(value_name = "OWNER/REPO", value_parser = repository)]
    repositories: Vec<RepoName>,
    /// Look at every repository that the database knows
    #[arg(long, conflicts_with = "repositories")]
    all: bool,
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

fn repository(text: &str) -> Result<RepoName, String> {
    RepoName::parse(text).ok_or_else(|| "write OWNER/REPO, such as acme/rocket".to_owned())
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warning,
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// `settings`, `github`, `permissions`, `events`, `webhook`, `installations`, or a repository's name.
    about: String,
    level: Level,
    message: String,
    /// What to do about it.
    hint: Option<String>,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, about: &str, level: Level, message: impl Into<String>, hint: Option<String>) {
        self.list.push(Finding { about: about.to_owned(), level, message: message.into(), hint });
    }

    fn ok(&mut self, about: &str, message: impl Into<String>) {
        self.add(about, Level::Ok, message, None);
    }

    fn warning(&mut self, about: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Level::Warning, message, Some(hint.into()));
    }

    fn error(&mut self, about: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.add(about, Level::Error, message, Some(hint.into()));
    }

    /// A call that did not end as asked, while `doing` something.
    fn failed(&mut self, about: &str, doing: &str, error: &Error) {
        let hint = match error {
            Error::Transport { .. } if error.untrusted() => {
                "Where a private authority signed that certificate, or a proxy that decrypts put its own there, set HOLDPOINT_CA_FILE \
                 to a PEM file with the authority's certificate. Else look at the server's certificate: its names and dates."
            }
            Error::Transport { .. } if error.in_proxy() => {
                "The proxy that HTTPS_PROXY names did not let the call through: check its address, user and password. Hosts that \
                 need no proxy are listed in NO_PROXY."
            }
            Error::Transport { .. } => {
                "Check that this machine reaches GitHub (DNS, firewall, proxy), and run this again."
            }
            Error::RateLimited { .. } => "Too many calls were made with this App. Run this again in an hour.",
            Error::Forbidden { .. } => "The App lacks a permission for this, or the installation is suspended.",
            Error::Unauthorized { .. } => "The App's id and key do not fit together, or the installation is gone.",
            Error::NotFound | Error::Gone { .. } | Error::Elsewhere { .. } => {
                "Check the name, and that the App is installed there."
            }
            Error::Incomplete { .. } => "What is missing from the list was not looked at.",
            Error::Validation { .. } | Error::Redirected { .. } | Error::Status { .. } | Error::Decode { .. } => {
                "Run this again. Where it stays, look at https://www.githubstatus.com."
            }
        };
        self.error(about, format!("cannot {doing}: {error}"), hint);
    }

    fn count(&self, level: Level) -> usize {
        self.list.iter().filter(|finding| finding.level == level).count()
    }
}

/// Where an owner changes the App.
struct Pages {
    /// The App's settings, without a slash at the end.
    settings: String,
    /// GitHub's pages, without a slash at the end.
    github: String,
}

pub(super) fn run(doctor: &Doctor) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("start the runtime")?;
    let findings = runtime.block_on(examine(doctor))?;
    terminal::standard(|console| {
        match doctor.format {
            Format::Text => write_text(&findings, console)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *console.out, &findings.list)?;
                writeln!(console.out)?;
            }
        }
        Ok(if findings.count(Level::Error) > 0 { Outcome::Problems } else { Outcome::Fine })
    })
}

async fn examine(doctor: &Doctor) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let here = settings::look(&doctor.settings, &mut findings);
    let mut repositories = doctor.repositories.clone();
    if doctor.all {
        let archive = here.archive.as_ref();
        ensure!(archive.is_some(), "--all needs the server's database, and it cannot be read: {}", here.database);
        for known in archive.map(crate::store::Archive::repositories).transpose()?.unwrap_or_default() {
            // Names that a repository had are not asked for.
            let name = archive.map(|archive| archive.present_name(known.id)).transpose()?.flatten();
            repositories.extend(name.as_deref().and_then(RepoName::parse));
        }
    }
    let Some(app) = here.app else { return Ok(findings) };
    let Some(registration) = app::introduce(&app, &doctor.settings, &mut findings).await else { return Ok(findings) };
    let pages = Pages {
        settings: app::settings_page(&registration, &doctor.settings.github_url),
        github: doctor.settings.github_url.clone(),
    };
    app::grants(&registration, &pages, &mut findings);
    app::webhook(&app, doctor.settings.public_url.as_deref(), &pages, &mut findings).await;
    app::installations(&app, &registration, &pages, &mut findings).await;
    let look = repository::Look::new(&app, &registration, &pages);
    for name in &repositories {
        look.at(name, &mut findings).await;
    }
    Ok(findings)
}

fn write_text(findings: &Findings, console: &mut Console<'_>) -> anyhow::Result<()> {
    for Finding { about, level, message, hint } in &findings.list {
        let (word, tone) = match level {
            Level::Ok => ("ok", Tone::Green),
            Level::Warning => ("warning", Tone::Yellow),
            Level::Error => ("error", Tone::Red),
        };
        let word = console.paint.text(tone, &format!("{word:<8}"));
        writeln!(console.out, "{word} {}: {}", shown(about), shown(message))?;
        if let Some(hint) = hint {
            writeln!(console.out, "         {}", console.paint.text(Tone::Dim, &shown(hint)))?;
        }
    }
    let [errors, warnings] = [Level::Error, Level::Warning].map(|level| findings.count(level));
    let count = |n: usize, one: &str| crate::message::count(n, one);
    match (errors, warnings) {
        (0, 0) => writeln!(console.out, "All is well.")?,
        _ => writeln!(console.out, "{}, {}.", count(errors, "error"), count(warnings, "warning"))?,
    }
    Ok(())
}
