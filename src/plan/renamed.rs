//! Which of the new checklist files is one that is gone: a template that was only put elsewhere is told as one file, so that what
//! changed in it stands out from what did not.

use super::review::{FileChange, Role};
use crate::checklist::matching::match_items;
use crate::checklist::{Checklist, parse};
use std::collections::BTreeMap;

/// More gone or new files than this are not compared with each other.
const MOST: usize = 8;

/// A template that is only in one of the versions.
struct One<'f> {
    /// Its place among the files.
    at: usize,
    checklist: &'f str,
    text: &'f str,
    list: Checklist,
}

/// The file that each new one was, both by their places among `files`. Both are templates of one checklist, and at least half of
/// the items of the longer one are in both. A step file is never a renamed one: at its new place it is asked for again.
#[must_use]
pub(super) fn pairs(files: &[FileChange]) -> BTreeMap<usize, usize> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (at, file) in files.iter().enumerate() {
        let Role::Template(checklist) = &file.role else { continue };
        let (text, side) = match (&file.before, &file.after) {
            (Some(text), None) => (text, &mut gone),
            (None, Some(text)) => (text, &mut new),
            (Some(_), Some(_)) | (None, None) => continue,
        };
        side.push(One { at, checklist, text, list: parse::parse(text).0 });
    }
    if gone.len() > MOST || new.len() > MOST {
        return BTreeMap::new();
    }
    let mut alike: Vec<(usize, usize, usize)> = Vec::new();
    for old in &gone {
        for file in new.iter().filter(|file| file.checklist == old.checklist) {
            let shared = match_items(&old.list, &file.list).head_of.iter().flatten().count();
            let most = old.list.items.len().max(file.list.items.len());
            if old.text == file.text || (shared > 0 && 2 * shared >= most) {
                alike.push((shared, old.at, file.at));
            }
        }
    }
    // The most alike first.
    alike.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, from, to) in alike {
        if !found.contains_key(&to) && !found.values().any(|taken| *taken == from) {
            found.insert(to, from);
        }
    }
    found
}
