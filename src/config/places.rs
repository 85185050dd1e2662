//! Where a checklist lies when no configuration says it.
//!
//! Knows paths; whoever has the files reads those of which the text decides.

use super::{ChecklistConfig, usual};
use crate::checklist::globs::Globs;
use std::sync::LazyLock;

/// Where a template is looked for when none is configured, in this order. Globs, matched without case.
pub const USUAL_TEMPLATES: [&str; 10] = [
    ".github/release-checklist.md",
    ".github/release_checklist.md",
    ".github/issue_template/*release*.md",
    "release-checklist.md",
    "release_checklist.md",
    "docs/release-checklist.md",
    "docs/release_checklist.md",
    ".github/releasing.md",
    "releasing.md",
    "docs/releasing.md",
];

/// The same where none of those exists. Not every such file is a checklist: only one in which boxes stand.
pub const USUAL_WITH_BOXES: [&str; 2] =
    [".github/issue_template/*release*.{yml,yaml}", ".github/pull_request_template/*release*.md"];

/// [`USUAL_TEMPLATES`], compiled once.
static GLOBS: LazyLock<Vec<Globs>> = LazyLock::new(|| USUAL_TEMPLATES.iter().map(|one| usual(&[one])).collect());

/// [`USUAL_WITH_BOXES`], compiled once.
static GLOBS_WITH_BOXES: LazyLock<Vec<Globs>> =
    LazyLock::new(|| USUAL_WITH_BOXES.iter().map(|one| usual(&[one])).collect());

/// So many files are looked into. The next one is taken unread: it may be the checklist, and what is not known is not nothing.
const MOST_READ: usize = 20;

/// Which files of a tree are the templates of a checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Templates {
    /// These, whatever stands in them.
    Known(Vec<String>),
    /// The first of these that [has items](crate::checklist::file::has_items); if there are `more`, else that one.
    FirstWithItems {
        /// In order.
        paths: Vec<String>,
        /// One more of them than are read.
        more: Option<String>,
    },
}

impl Templates {
    /// Whether a path is one of them, or may be.
    #[must_use]
    pub fn may_be(&self, path: &str) -> bool {
        match self {
            Self::Known(paths) => paths.iter().any(|known| known == path),
            Self::FirstWithItems { paths, more } => paths.iter().chain(more).any(|known| known == path),
        }
    }
}

impl ChecklistConfig {
    /// The template files of this checklist among the paths of a tree: those configured, existing or not; else the first of the
    /// usual places that exists.
    #[must_use]
    pub fn templates(&self, paths: &[&str]) -> Templates {
        if let Some(configured) = &self.template {
            return Templates::Known(configured.clone());
        }
        let at = |usual: &Globs| -> Vec<&str> {
            paths.iter().filter(|path| usual.is_match(&path.to_lowercase())).copied().collect()
        };
        if let Some(found) = GLOBS.iter().find_map(|usual| at(usual).into_iter().min()) {
            return Templates::Known(vec![found.to_owned()]);
        }
        let mut found = Vec::new();
        for usual in &*GLOBS_WITH_BOXES {
            let mut here = at(usual);
            here.sort_unstable();
            found.extend(here.into_iter().map(str::to_owned));
        }
        let more = found.get(MOST_READ).cloned();
        found.truncate(MOST_READ);
        if found.is_empty() { Templates::Known(found) } else { Templates::FirstWithItems { paths: found, more } }
    }
}
