//! `holdpoint doctor`: is it set up right, here, at GitHub and in a repository? And how to mend what is not.
//!
//! Reads only: it changes nothing at GitHub, makes no database, and one check that cannot be made does not stop the others.

mod app;
mod environments;
mod findings;
mod repository;
mod settings;

use super::format::Format;
use super::outcome::Outcome;
use super::terminal::{self, Console, Tone, shown};
use crate::ids::RepoName;
use crate::settings::Settings;
use anyhow::{Context as _, ensure};
use findings::{Finding, Findings, Level, Pages};

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

fn repository(text: &str) -> Result<RepoName, String> {
    RepoName::parse(text).ok_or_else(|| "write OWNER/REPO, such as acme/rocket".to_owned())
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
    let Some(registration) = app::authenticate(&app, &doctor.settings, &mut findings).await else {
        return Ok(findings);
    };
    let pages = Pages {
        settings: app::settings_page(&registration, &doctor.settings.github_url),
        github: doctor.settings.github_url.clone(),
    };
    app::grants(&registration, &pages, &mut findings);
    app::webhook(&app, doctor.settings.public_url.as_deref(), &pages, &mut findings).await;
    app::installations(&app, &registration, &pages, &mut findings).await;
    let look = repository::RepositoryCheck::new(&app, &registration, &pages);
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
