//! Which of the new files of a checklist is one that was taken away: the same file at another path, so that what changed in it
//! shows apart from what did not.
//!
//! Each file is one half of one pair at most: of two copies, one is new.

use super::matching::match_items;
use super::{Checklist, file};
use std::collections::BTreeMap;

/// Where more files than this are left on a side, only those with the same text are paired.
const MAX_FILES: usize = 8;

/// A file's path and text.
pub type Text<'t> = (&'t str, &'t str);

/// For each new file the one that it was, both by their places in the lists: the same text, else one that shares at least half of
/// the items of the longer one.
#[must_use]
pub fn pairs(gone: &[Text<'_>], new: &[Text<'_>]) -> BTreeMap<usize, usize> {
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    let mut left: Vec<usize> = (0..gone.len()).collect();
    for (at, (_, text)) in new.iter().enumerate() {
        let same = |old: &usize| gone.get(*old).is_some_and(|(_, own)| own == text);
        if let Some(place) = left.iter().position(same) {
            found.insert(at, left.remove(place));
        }
    }
    let others: Vec<usize> = (0..new.len()).filter(|at| !found.contains_key(at)).collect();
    if left.len() > MAX_FILES || others.len() > MAX_FILES {
        return found;
    }
    let read = |files: &[Text<'_>], at: usize| files.get(at).map(|(path, text)| (at, file::parse(path, text).list));
    let gone: Vec<(usize, Checklist)> = left.iter().filter_map(|at| read(gone, *at)).collect();
    let new: Vec<(usize, Checklist)> = others.iter().filter_map(|at| read(new, *at)).collect();
    let mut alike: Vec<(usize, usize, usize)> = Vec::new();
    for (from, old) in &gone {
        for (to, list) in &new {
            let shared = match_items(old, list).head_of.iter().flatten().count();
            if shared > 0 && 2 * shared >= old.items.len().max(list.items.len()) {
                alike.push((shared, *from, *to));
            }
        }
    }
    // The most alike first.
    alike.sort_by(|(one, ..), (other, ..)| other.cmp(one));
    for (_, from, to) in alike {
        if !found.contains_key(&to) && !found.values().any(|taken| *taken == from) {
            found.insert(to, from);
        }
    }
    found
}
