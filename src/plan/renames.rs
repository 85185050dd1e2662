//! Which of the new checklist files is one that the change takes away: it is shown as one file that was renamed.

use super::change::{FileChange, Released, Role};
use crate::checklist::renames;
use std::collections::BTreeMap;

/// A file that is in one of the versions only, with its place among the files.
type One<'f> = (usize, renames::Text<'f>);

/// The files of one kind that are in one of the versions only.
#[derive(Default)]
struct Sides<'f> {
    gone: Vec<One<'f>>,
    new: Vec<One<'f>>,
}

/// The file that each new one was, both by their places among `files`. Both are of one kind and of one checklist.
#[must_use]
pub(super) fn pairs(files: &[FileChange]) -> BTreeMap<usize, usize> {
    let mut kinds: BTreeMap<(bool, &str), Sides<'_>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        let kind = match &file.role {
            Role::Template(checklist) => (false, checklist.as_str()),
            Role::Step(checklist) => (true, checklist.as_str()),
            Role::Configuration => continue,
        };
        let sides = kinds.entry(kind).or_default();
        match (&file.before, &file.after) {
            (Some(text), None) => sides.gone.push((at, (&file.path, text))),
            (None, Some(text)) => sides.new.push((at, (&file.path, text))),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    let mut found = BTreeMap::new();
    for Sides { mut gone, new } in kinds.into_values() {
        // Where a step goes that no release has yet, a new file may be that one, and no release takes it for another. See
        // `release::steps`.
        let released = |at: usize| files.get(at).map(|file| &file.released);
        if gone.iter().any(|(at, _)| released(*at) == Some(&Released::Not)) {
            gone.retain(|(at, _)| !matches!(released(*at), Some(Released::As(_))));
        }
        for (to, from) in renames::pairs(&texts(&gone), &texts(&new)) {
            if let (Some((to, now)), Some((from, was))) = (new.get(to), gone.get(from)) {
                // A release lists all of a step file that it had and that was edited as well.
                let is_anew = now.1 != was.1 && matches!(released(*from), Some(Released::As(_)));
                found.extend((!is_anew).then_some((*to, *from)));
            }
        }
    }
    found
}

fn texts<'f>(side: &[One<'f>]) -> Vec<renames::Text<'f>> {
    side.iter().map(|(_, text)| *text).collect()
}
