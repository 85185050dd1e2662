//! `holdpoint init`: proposes a configuration and a checklist for the repository around the current folder, and writes them.
//!
//! Looks, asks and writes; what is proposed is decided by `proposal`. Runs no program and asks no network, and writes nothing that
//! nobody agreed to.

mod destination;
mod environments;
mod findings;
mod next_steps;
mod project;
mod proposal;
mod report;
mod ruleset;
mod survey;
mod tags;
mod texts;

#[cfg(test)]
mod tests;

use super::format::Format;
use super::git::Git;
use super::outcome::Outcome;
use super::source::seen_from;
use super::terminal::Console;
use crate::config;
use crate::message::count;
use anyhow::{anyhow, bail};
use destination::Destination;
use findings::Findings;
use next_steps::{NextStep, Setting, next_steps};
use project::Kind;
use proposal::{Choice, File, Proposal, Purpose, propose};
use report::{Action, Report};
use ruleset::Required;
use std::path::{Path, PathBuf};
use survey::MOST_ENTRIES;

/// What `init` can be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  holdpoint init                        show the files, and ask before writing\n  \
                        holdpoint init --template library     choose the checklist\n  \
                        holdpoint init --yes                  write new files without a question, as in a script\n  \
                        holdpoint init --format json          print the files and the ruleset, and write nothing\n\n\
                        Without a terminal nothing is written unless you pass --yes. A file that exists is replaced only after \
                        you answer yes to that, or with --force.\n\
                        Exit codes: 0 the files are there; 1 a proposed file was not written, or the configuration has \
                        errors; 2 usage, no repository, or a file that cannot be written.")]
pub struct Args {
    /// The checklist to propose [default: the one that fits the files; none where the repository has a checklist]
    #[arg(long, value_enum, value_name = "NAME")]
    template: Option<Kind>,
    /// Write new files without asking
    #[arg(long, short)]
    yes: bool,
    /// Replace files that exist and differ
    #[arg(long)]
    force: bool,
    /// The App's number, for the ruleset
    #[arg(long, env = "HOLDPOINT_GITHUB_APP_ID", value_name = "NUMBER")]
    app_id: Option<u64>,
    /// For people, or for programs: JSON asks nothing
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let (git, root) = repository(&console.directory)?;
    let findings = Findings::of(survey::survey(&git, &root, MOST_ENTRIES)?);
    let run = Run { args, root, findings };
    if args.format == Format::Text {
        report::write_findings(&run.root, &run.findings, console)?;
    }
    let (proposal, kept) = run.settle_configuration(console)?;
    let actions = run.settle_files(&proposal, kept.as_ref(), console)?;
    let changes: Vec<&(Action, File)> =
        actions.iter().filter(|(action, _)| matches!(action, Action::Create | Action::Replace)).collect();
    let agreed = !changes.is_empty() && run.agree(&changes, console)?;
    if agreed {
        run.write(&changes, console)?;
    }
    let has_errors = proposal.config.is_none();
    run.report(&proposal, &actions, agreed, console)?;
    Ok(if has_errors || (!agreed && !changes.is_empty()) { Outcome::Problems } else { Outcome::Fine })
}

/// The repository around a folder, and its root.
fn repository(directory: &Path) -> anyhow::Result<(Git, PathBuf)> {
    let Some(git) = Git::around(directory)? else {
        bail!(
            "{} is in no git repository. Go to the folder of your repository, or make one with `git init`, and run `holdpoint init` again",
            directory.display()
        );
    };
    let root = git.root().ok_or_else(|| {
        anyhow!(
            "the repository around {} is bare: it has no files to add to. Run `holdpoint init` in a clone of it",
            directory.display()
        )
    })?;
    // Without the slash at its end.
    Ok((git, root.components().collect()))
}

/// One run, with what was found.
struct Run<'a> {
    args: &'a Args,
    root: PathBuf,
    findings: Findings,
}

impl Run<'_> {
    /// Whether questions are answered.
    fn asks(&self, console: &Console<'_>) -> bool {
        console.interactive && !self.args.yes && self.args.format == Format::Text
    }

    /// The proposal, with a new configuration or with the one that exists; then also what was proposed instead of that.
    fn settle_configuration(&self, console: &mut Console<'_>) -> anyhow::Result<(Proposal, Option<File>)> {
        let choice = |keep| Choice { kind: self.args.template, keep };
        let new = propose(&self.findings, choice(false));
        let differs = |file: &&File| file.purpose == Purpose::Configuration && file.before.is_some();
        match new.files.iter().find(|file| differs(file) && !file.is_unchanged()) {
            Some(file) if !self.may_replace(file, console)? => {
                Ok((propose(&self.findings, choice(true)), Some(file.clone())))
            }
            _ => Ok((new, None)),
        }
    }

    /// What becomes of each file.
    fn settle_files(
        &self,
        proposal: &Proposal,
        kept: Option<&File>,
        console: &mut Console<'_>,
    ) -> anyhow::Result<Vec<(Action, File)>> {
        let mut actions = Vec::new();
        for file in &proposal.files {
            if let Some(kept) = kept.filter(|kept| kept.path == file.path) {
                actions.push((Action::Keep, kept.clone()));
                continue;
            }
            let action = if file.is_unchanged() {
                Action::None
            } else if file.before.is_none() {
                if self.args.format == Format::Text {
                    report::write_diff(file, console)?;
                }
                Action::Create
            } else if file.purpose == Purpose::Configuration || self.may_replace(file, console)? {
                // Of the configuration it is settled already.
                Action::Replace
            } else {
                Action::Keep
            };
            actions.push((action, file.clone()));
        }
        Ok(actions)
    }

    /// Shows what would change in a file that exists, and whether it may. A configuration without errors stays unless it is forced.
    fn may_replace(&self, file: &File, console: &mut Console<'_>) -> anyhow::Result<bool> {
        let is_settled = file.purpose == Purpose::Configuration && self.findings.is_configured();
        if self.args.format == Format::Json || (is_settled && !self.args.force) {
            return Ok(self.args.force);
        }
        report::write_diff(file, console)?;
        if self.args.force {
            return Ok(true);
        }
        if self.asks(console) {
            return console.confirm(&format!("{} exists, and differs. Replace it?", file.path), false);
        }
        console.remark(&format!("{} exists, and stays as it is; --force replaces it", file.path))?;
        Ok(false)
    }

    /// Whether the files may be written.
    fn agree(&self, changes: &[&(Action, File)], console: &mut Console<'_>) -> anyhow::Result<bool> {
        for (_, file) in changes {
            self.destination(file).verify()?;
        }
        if self.args.yes {
            return Ok(true);
        }
        if self.asks(console) {
            let names: Vec<&str> = changes.iter().map(|(_, file)| file.path.as_str()).collect();
            return console.confirm(&format!("Write {}?", names.join(", ")), true);
        }
        if self.args.format == Format::Text {
            console.remark("nothing was written; to write the files, run `holdpoint init --yes`")?;
        }
        Ok(false)
    }

    fn destination<'f>(&'f self, file: &'f File) -> Destination<'f> {
        Destination { root: &self.root, path: &file.path, before: file.before.as_deref() }
    }

    fn write(&self, changes: &[&(Action, File)], console: &mut Console<'_>) -> anyhow::Result<()> {
        for (at, (_, file)) in changes.iter().enumerate() {
            if let Err(error) = self.destination(file).write(&file.text) {
                let before = match at {
                    0 => "nothing was written".to_owned(),
                    number => format!("{} written before", count(number, "file")),
                };
                return Err(error.context(before));
            }
            if self.args.format == Format::Text {
                writeln!(console.out, "wrote {}", seen_from(&console.directory, &self.root.join(&file.path)))?;
            }
        }
        Ok(())
    }

    /// Says what came of it, and what to do next.
    fn report(
        &self,
        proposal: &Proposal,
        actions: &[(Action, File)],
        written: bool,
        console: &mut Console<'_>,
    ) -> anyhow::Result<()> {
        let (required, next) = self.next(proposal, actions, console);
        if self.args.format == Format::Json {
            let (root, findings) = (&self.root, &self.findings);
            let report = Report { root, findings, proposal, actions, required: &required, next: &next, written };
            return report::write_json(&report, console);
        }
        if proposal.config.is_none() {
            let hint = "`holdpoint lint` shows them. Correct them, and run `holdpoint init` again";
            console.remark(&format!("{} has errors, so nothing fits it: {hint}", config::PATH))?;
            return Ok(());
        }
        let is_done = actions.iter().all(|(action, _)| matches!(action, Action::None | Action::Keep));
        if is_done {
            writeln!(console.out, "Nothing to do: the configuration and the checklist are there.")?;
        }
        if actions.iter().any(|(action, file)| *action == Action::Keep && file.purpose == Purpose::Configuration) {
            let hint = "--force shows what init would write instead, and replaces it";
            writeln!(console.out, "{} stays as it is; {hint}.", config::PATH)?;
        }
        if written || is_done {
            report::write_next(&next, console)?;
        }
        Ok(())
    }

    fn next(
        &self,
        proposal: &Proposal,
        actions: &[(Action, File)],
        console: &Console<'_>,
    ) -> (Vec<Required>, Vec<NextStep>) {
        let Some(config) = &proposal.config else { return (Vec::new(), Vec::new()) };
        let required = ruleset::rulesets(config, self.args.app_id);
        let changed = actions.iter().filter(|(action, _)| matches!(action, Action::Create | Action::Replace));
        let files: Vec<String> =
            changed.map(|(_, file)| seen_from(&console.directory, &self.root.join(&file.path))).collect();
        let next = next_steps(&Setting {
            config,
            required: &required,
            files: &files,
            site: self.findings.site.as_ref(),
            has_commits: self.findings.has_commits,
            has_app_id: self.args.app_id.is_some(),
        });
        (required, next)
    }
}
