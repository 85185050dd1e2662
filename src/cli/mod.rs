//! The command line. Data goes to standard output, everything else to standard error.
//!
//! Exit codes: 0 fine, 1 problems found, 2 usage or environment.

mod audit;
mod demo;
mod diff;
mod doctor;
mod format;
mod git;
mod healthcheck;
mod init;
mod items;
mod lint;
mod local;
mod open;
mod outcome;
mod preview;
mod receive;
mod review;
mod schema;
mod serve;
mod source;
mod steps;
mod terminal;

#[cfg(test)]
mod tests;

pub use outcome::Outcome;

use crate::settings::Settings;
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;

/// Release checklists as code, for GitHub.
#[derive(Debug, Parser)]
#[command(name = "holdpoint", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the GitHub App: receive webhooks and work them off
    Serve(Box<Settings>),
    /// See the whole chain on this machine, with no account and no network
    Demo(demo::Demo),
    /// Check that the App is set up correctly, and show how to fix what is not
    Doctor(Box<doctor::Doctor>),
    #[command(flatten)]
    Local(local::Local),
    /// Print the JSON Schema of the configuration, for editors
    Schema,
    /// Check that the server on this machine answers, for containers
    Healthcheck(Box<Settings>),
    /// Open the release issue of a tag, a commit or a pull request by hand
    Open(Box<open::Open>),
    /// Handle one recorded payload, as if it had just come in
    Receive(Box<receive::Receive>),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    // clap ends the process itself on --help and on wrong usage, the latter with 2.
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(settings) => serve::run(*settings),
        Command::Demo(demo) => demo::run(&demo),
        Command::Doctor(doctor) => doctor::run(&doctor),
        Command::Receive(receive) => receive::run(*receive, &mut std::io::stdout()),
        Command::Open(open) => open::run(*open, &mut std::io::stdout()),
        Command::Healthcheck(settings) => healthcheck::run(&settings),
        Command::Schema => schema::run(&mut std::io::stdout()),
        Command::Local(local) => local.run(),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Problems) => ExitCode::from(1),
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            drop(writeln!(std::io::stderr(), "holdpoint: {error:#}"));
            ExitCode::from(2)
        }
    }
}
