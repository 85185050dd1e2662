//! Which step files a release takes for what: renamed ones, and those that its own commit deletes.
//!
//! Two commits' files alone do not tell. A file that is there under another name may be a new step in the words of an old one; and
//! of a step that came and went between two releases neither has a trace. What single commits did tells both. Whoever gathers reads
//! those commits; what follows from them is decided here, for the App and the command line alike. In doubt a release lists a step.

use crate::checklist::{file, renames};
use globset::GlobSet;
use std::collections::{BTreeMap, BTreeSet};

/// What one commit did to the files of its first parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// How many parents it has.
    pub parents: usize,
    /// Whether all the paths that it touched are known.
    pub whole: bool,
    /// Paths that it has and its first parent has not.
    pub brought: BTreeSet<String>,
    /// Paths that its first parent has and it has not.
    pub taken: BTreeSet<String>,
    /// Paths of both kinds, and those whose contents it changed.
    pub touched: BTreeSet<String>,
}

impl Change {
    /// Step files of the release before, of which one may be a file that this commit brought; none where that is in doubt.
    ///
    /// A merge does not say on which side a file was renamed. And where a step goes that no release has yet, the new file may
    /// be that one: it must not pass for another that a release has.
    pub fn renamed_from(&self, path: &str, steps: &GlobSet, released: impl Fn(&str) -> bool) -> Vec<&str> {
        let taken = || self.taken.iter().map(String::as_str).filter(|path| steps.is_match(path));
        if self.parents != 1 || !self.whole || !self.brought.contains(path) || !taken().all(released) {
            return Vec::new();
        }
        taken().collect()
    }

    /// Whether this commit may only take back what another one did: it touches the same files, none beside, and not step files
    /// alone, which somebody may have cleared away. Whether each file is as it was before is for whoever has the files.
    #[must_use]
    pub fn undoes(&self, other: &Self, steps: &GlobSet) -> bool {
        let more = other.touched.iter().any(|path| !steps.is_match(path));
        self.whole && other.whole && more && self.touched == other.touched
    }
}

/// The folders in which globs look for step files; none for a glob that looks everywhere.
#[must_use]
pub fn folders(globs: &[String]) -> BTreeSet<&str> {
    let folder = |glob: &'_ String| glob.find(['*', '?', '[', '{', '\\']).unwrap_or(glob.len());
    globs.iter().filter_map(|glob| glob.get(..folder(glob))?.rsplit_once('/').map(|(folder, _)| folder)).collect()
}

/// A path and the text of its file.
pub type Text<'p> = (&'p str, String);

/// The path that each new file had, by its path now. One that was edited as well may be a new step in the words of an old one.
#[must_use]
pub fn renames<'p>(gone: &[Text<'p>], new: &[Text<'p>]) -> BTreeMap<&'p str, &'p str> {
    let pairs = renames::pairs(&texts(gone), &texts(new));
    let pairs = pairs.into_iter().filter_map(|(to, from)| Some((new.get(to)?, gone.get(from)?)));
    pairs.filter(|(to, from)| to.1 == from.1).map(|(to, from)| (to.0, from.0)).collect()
}

fn texts<'t>(files: &'t [Text<'_>]) -> Vec<renames::Text<'t>> {
    files.iter().map(|(path, text)| (*path, text.as_str())).collect()
}

/// Whether a commit that has this text of a file, or none, took the steps away that its parent had there.
#[must_use]
pub fn took_away(path: &str, before: &str, now: Option<&str>) -> bool {
    let has_items = |text: &str| file::has_items(path, text);
    has_items(before) && !now.is_some_and(has_items)
}
