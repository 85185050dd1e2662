//! Single commits: what each did, and which one touched a path last.

use super::Error;
use super::repo::Repo;
use super::wire::{WireSha, sha};
use crate::ids::Sha;
use serde::Deserialize;

/// GitHub lists so many files of a commit at once.
/// Source: <https://docs.github.com/en/rest/commits/commits#get-a-commit>.
const FILES: usize = 300;

/// What a commit did to the files of its first parent.
#[derive(Clone, Debug)]
pub struct Done {
    /// Its parents, the first one first.
    pub parents: Vec<Sha>,
    /// The files that it touched; not all of them where `whole` says so.
    pub files: Vec<Touched>,
    /// Whether GitHub listed them all.
    pub whole: bool,
}

/// One file that a commit touched.
#[derive(Clone, Debug)]
pub struct Touched {
    /// Its path; the old one of a file that was removed.
    pub path: String,
    /// The path that it had, of a renamed one.
    pub was: Option<String>,
    /// What happened to it.
    pub fate: Fate,
}

/// What a commit did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is new, also as a copy of another one.
    #[serde(alias = "copied")]
    Added,
    /// It is not there any more.
    Removed,
    /// It is there under another path.
    Renamed,
    /// It has other contents, or another mode.
    #[serde(other)]
    Modified,
}

#[derive(Deserialize)]
struct WireDone {
    parents: Vec<WireSha>,
    files: Option<Vec<WireTouched>>,
}

#[derive(Deserialize)]
struct WireTouched {
    filename: String,
    previous_filename: Option<String>,
    status: Fate,
}

impl Repo {
    /// What a commit did.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn done(&self, commit: &Sha) -> Result<Done, Error> {
        let wire: WireDone = self.get(&self.path(&["commits", commit.as_str()])).await?;
        let whole = wire.files.as_ref().is_some_and(|files| files.len() < FILES);
        let touched = |file: WireTouched| {
            let was = file.previous_filename.filter(|_| file.status == Fate::Renamed);
            Touched { path: file.filename, was, fate: file.status }
        };
        Ok(Done {
            parents: wire.parents.iter().map(|parent| sha(&parent.sha)).collect::<Result<_, _>>()?,
            files: wire.files.into_iter().flatten().map(touched).collect(),
            whole,
        })
    }

    /// The newest commits, seen from `at`, that touched a folder; a hundred at most.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn commits_below(&self, at: &Sha, folder: &str) -> Result<Vec<Sha>, Error> {
        let path = self.path(&["commits"]).query("sha", at).query("path", folder).query("per_page", 100);
        let found: Vec<WireSha> = self.get(&path).await?;
        found.iter().map(|commit| sha(&commit.sha)).collect()
    }

    /// The newest commit, seen from `at`, that touched a path.
    ///
    /// # Errors
    /// As any call; see [`Error`].
    pub async fn last_commit(&self, at: &Sha, file: &str) -> Result<Option<Sha>, Error> {
        let path = self.path(&["commits"]).query("sha", at).query("path", file).query("per_page", 1);
        let found: Vec<WireSha> = self.get(&path).await?;
        found.first().map(|c| sha(&c.sha)).transpose()
    }
}
