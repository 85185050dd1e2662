//! A checklist file that a pull request changes, as its messages show it.

use crate::checklist::diff::{Diff, FileStatus};

/// A checklist file that changed.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    /// Its path in the new version.
    pub path: String,
    /// Its path in the old version, where that was another one.
    pub renamed_from: Option<String>,
    /// The checklist that it belongs to.
    pub checklist: String,
    /// It is a step file, and no standing one.
    pub is_step: bool,
    /// What its front matter would change about the release issue, in sentences.
    pub front_matter: Vec<String>,
    /// What changed.
    pub diff: Diff,
    /// The file is only in one of the versions.
    pub existence: Option<FileStatus>,
}

impl ChangedFile {
    /// What became of the file itself: `checklist removed`.
    #[must_use]
    pub fn fate(&self) -> Option<&'static str> {
        self.existence.map(|existence| match (existence, self.is_step) {
            (FileStatus::Added, false) => "new checklist",
            (FileStatus::Added, true) => "new step file",
            (FileStatus::Removed, false) => "checklist removed",
            (FileStatus::Removed, true) => "step file removed",
        })
    }
}
