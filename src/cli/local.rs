//! The commands that work on the files of this machine, and need no account and no network.
//!
//! Only says which there are, and runs them.

use super::{Outcome, audit, diff, init, items, lint, preview, terminal};
use clap::Subcommand;

/// One of them.
#[derive(Debug, Subcommand)]
pub(super) enum Local {
    /// Propose a configuration and a checklist for a repository, and write them
    Init(init::Args),
    /// Find problems in checklist and configuration files
    Lint(lint::Args),
    /// Show what is an item in a file, and what is not
    Items(items::Args),
    /// Show what changed in the checklists, item by item, as a reviewer would see it
    Diff(diff::Args),
    /// Show the release issue that would be opened
    Preview(preview::Args),
    /// Print the ledger of who did what and when, or verify that nobody changed it
    Audit(Box<audit::Args>),
}

impl Local {
    /// Runs the command on the process's own streams.
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        terminal::standard(|console| self.on(console))
    }

    /// Runs the command on the streams that are handed in.
    pub(super) fn on(self, console: &mut terminal::Console<'_>) -> anyhow::Result<Outcome> {
        match self {
            Self::Init(args) => init::run(&args, console),
            Self::Lint(args) => lint::run(&args, console),
            Self::Items(args) => items::run(&args, console),
            Self::Diff(args) => diff::run(&args, console),
            Self::Preview(args) => preview::run(&args, console),
            Self::Audit(args) => audit::run(&args, console),
        }
    }
}
