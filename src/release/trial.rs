//! What would keep a checklist from being opened as an issue, before there is a release.
//!
//! The release is made up, and no condition is decided: what is said holds for every release that asks for all of it.

use super::contents::{File, IssueInputs, RangeFacts};
use super::issue_body::{Outcome, draft};
use super::marker::Keys;
use super::{Release, Site};
use crate::checklist::file::Parsed;
use crate::checklist::{Problem, Severity};
use crate::config::ChecklistConfig;
use crate::ids::{Account, RepoName, RepositoryId, Sha};
use crate::release::key::ReleaseKey;

/// Why these files could not be opened as an issue.
#[must_use]
pub fn hindrance(files: &[File], config: &ChecklistConfig) -> Option<String> {
    let release = Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse("tag:v0.0.0"),
        label: "v0.0.0".to_owned(),
        tag: Some("v0.0.0".to_owned()),
        commit: Sha::parse("0123456789abcdef0123456789abcdef01234567")?,
        previous: None,
        actor: Account::from("octocat"),
        date: "2026-01-01".to_owned(),
    };
    let name = RepoName { owner: "OWNER".to_owned(), name: "REPOSITORY".to_owned() };
    let site = Site { url: "https://github.com".to_owned(), name };
    let range = RangeFacts::default();
    let (release, site, range) = (&release, &site, &range);
    let ingredients =
        IssueInputs { release, named: release, config, site, templates: files, reference: None, steps: &[], range };
    match draft(&ingredients, RepositoryId(0), &Keys::derive(std::iter::empty())) {
        Outcome::Impossible(why) => Some(why),
        Outcome::Open(_) | Outcome::Nothing => None,
    }
}

/// The same of one file, on its line. Of one without items, or a form that cannot be used, there is nothing to say that its reader
/// does not.
#[must_use]
pub fn problem(path: &str, text: &str, parsed: &Parsed<'_>, config: &ChecklistConfig) -> Option<Problem> {
    if parsed.list.items.is_empty() || parsed.broken.is_some() {
        return None;
    }
    let why = hindrance(&[File { path: path.to_owned(), text: text.to_owned() }], config)?;
    // It quotes the beginning of what is too long.
    let quoted = why.split('`').nth(1).and_then(|text| text.split('…').next()).unwrap_or_default();
    let line = text.lines().position(|line| !quoted.is_empty() && line.contains(quoted)).map_or(1, |at| at + 1);
    Some(problem_at(&why, line))
}

/// What keeps an issue from being opened, on a line.
#[must_use]
pub fn problem_at(why: &str, line: usize) -> Problem {
    let (message, hint) = why.split_once(": ").unwrap_or((why, "correct it"));
    Problem {
        severity: Severity::Error,
        line,
        column: 1,
        width: 1,
        message: message.to_owned(),
        hint: format!("no issue could be opened, and the gate would stay shut: {hint}"),
    }
}
