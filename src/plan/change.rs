//! What is gathered of a pull request before it is reviewed.

use super::Configuration;
use crate::config::named::There;
use crate::ids::{PullNumber, RepoName, Sha};

/// What a file is to Holdpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A standing file of a checklist.
    Template(String),
    /// A one-off file of a checklist.
    Step(String),
    /// The configuration.
    Configuration,
}

/// A file that matters and differs between merge base and head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// What it is.
    pub role: Role,
    /// Its text at the merge base.
    pub before: Option<String>,
    /// Its text at the head.
    pub after: Option<String>,
    /// Of a step file, what the last release had of it.
    pub released: Released,
}

/// A file as the last release had it that the next one comes after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Released {
    /// Nobody knows which release that is, or nobody needs to.
    #[default]
    Unknown,
    /// It had no such file, or there was no release yet.
    Not,
    /// With this text.
    As(String),
}

/// What a pull request is made of: where a file could be added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `https://github.com`, without a slash at its end.
    pub site: String,
    /// The repository of its branch, which may be a fork; `None` where it is gone.
    pub home: Option<RepoName>,
    /// Its branch.
    pub branch: String,
}

/// What was gathered of a pull request.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its number.
    pub number: PullNumber,
    /// Its title, as its author typed it.
    pub title: String,
    /// What it is made of.
    pub source: Source,
    /// The commit to put the check on.
    pub head: Sha,
    /// The configuration of the base branch.
    pub configuration: Configuration,
    /// The text of the organisation's file, where the change brings a configuration that begins with it.
    pub organisation: Option<String>,
    /// The repository has a checklist, or will have one with this pull request.
    pub has_checklist: bool,
    /// Files that matter.
    pub files: Vec<FileChange>,
    /// What is known of the repository at the head, where the change brings a configuration.
    pub there: There,
    /// All paths that differ.
    pub paths: Vec<String>,
    /// Those of them that the change brings.
    pub added: Vec<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Why not everything could be read; the check fails closed.
    pub unreadable: Option<String>,
}
