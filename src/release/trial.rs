//! What would keep a checklist from being opened as an issue, before there is a release.
//!
//! The release is made up, and no condition is decided: what is said holds for every release that asks for all of it.

use super::contents::{File, IssueInputs, RangeFacts};
use super::issue_body::{Outcome, draft};
use super::issue_problem::IssueProblem;
use super::marker::Keys;
use super::{Release, Site};
use crate::checklist::file::Parsed;
use crate::config::ChecklistConfig;
use crate::ids::{Account, RepoName, RepositoryId, Sha};
use crate::release::key::ReleaseKey;

/// Why these files could not be opened as an issue.
#[must_use]
pub fn hindrance(files: &[File], config: &ChecklistConfig) -> Option<IssueProblem> {
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

/// The same of one file. Of one without items, or a form that cannot be used, there is nothing to say that its reader does not.
#[must_use]
pub fn problem(path: &str, text: &str, parsed: &Parsed<'_>, config: &ChecklistConfig) -> Option<IssueProblem> {
    if parsed.list.items.is_empty() || parsed.broken.is_some() {
        return None;
    }
    hindrance(&[File { path: path.to_owned(), text: text.to_owned() }], config)
}
