//! The configuration that holds, where files are laid over each other, missing or hidden.

use super::Configuration;
use crate::checklist::{Problem, Severity};
use crate::config::{self, Config};
use crate::ids::Timestamp;
use crate::message::no_rules::{hidden_organisation_file, no_default_branch, no_organisation_file};

/// What is known of the organisation's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgConfig<'t> {
    /// Nobody could ask: what a file itself says is all there is.
    Unread,
    /// It was asked for, and this is its text, if there is one.
    Read(Option<&'t str>),
}

/// What holds by a file's `text`: its `config` as [`config::parse`] read it, laid over the organisation's where it says so.
#[must_use]
pub fn extended(text: &str, config: Option<Config>, problems: Vec<Problem>, below: OrgConfig<'_>) -> Configuration {
    let Some(config) = config else { return Configuration::Broken { problems, organisation: false } };
    let below = match below {
        OrgConfig::Read(below) if config.extends => below,
        OrgConfig::Read(_) | OrgConfig::Unread => return Configuration::Usable(config),
    };
    let Some(below) = below else {
        let line = text.lines().position(|line| line.starts_with("extends")).map_or(1, |at| at + 1);
        let (message, hint) = no_organisation_file();
        let width = "extends".len();
        let problem = Problem { severity: Severity::Error, line, column: 1, width, message, hint };
        return Configuration::Broken { problems: vec![problem], organisation: false };
    };
    match config::parse_over(text, below) {
        (Some(config), _) => Configuration::Usable(config),
        (None, problems) => Configuration::Broken { problems, organisation: config::parse(below).0.is_none() },
    }
}

/// What holds where the organisation's file was read before and GitHub shows it no longer: nothing that anybody could rest on.
#[must_use]
pub fn hidden(owner: &str, since: Timestamp) -> Configuration {
    let (message, hint) = hidden_organisation_file(owner, since);
    let problem = Problem { severity: Severity::Error, line: 1, column: 1, width: 0, message, hint };
    Configuration::Broken { problems: vec![problem], organisation: true }
}

/// What holds on a branch without a file of its own while GitHub does not show the default branch: nobody knows.
#[must_use]
pub fn without_default() -> Configuration {
    let (message, hint) = no_default_branch();
    let problem = Problem { severity: Severity::Error, line: 1, column: 1, width: 0, message, hint };
    Configuration::Broken { problems: vec![problem], organisation: false }
}
