//! What the next release will have to do because of a change to a step file: what it lists then, and would not have listed
//! without the change.
//!
//! Decides by the rule of the release itself, `release::contents::new_items`, so that the two say the same.

use super::change::{FileChange, Released};
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::checklist::matching::match_items;
use crate::checklist::{Checklist, file as checklist_file};
use crate::release::contents::new_items;
use globset::GlobSet;
use std::collections::BTreeSet;

/// What a change of one step file means for the next release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    /// The items that it will have in addition: text and phase.
    pub(super) items: Vec<(String, Phase)>,
    /// How many items that no release has yet are taken away; `None` where nobody knows what the releases have.
    pub(super) lost: Option<usize>,
    /// The file is new at its path, and a release has all of its items.
    pub(super) already: bool,
}

/// Compares what the next release would list before the change and after it. `from` is the file that this one was.
pub(super) fn announced(file: &FileChange, from: Option<&FileChange>, after: &GlobSet) -> Announced {
    let origin = from.unwrap_or(file);
    let (old, new) = (read(&origin.path, origin.before.as_deref()), read(&file.path, file.after.as_deref()));
    let known = origin.released != Released::Unknown;
    // A renamed file is compared with what the release had at its old path, unless that had one at the new path too.
    let released = |file: &FileChange| match &file.released {
        Released::As(text) => Some(text.clone()),
        Released::Unknown => origin.before.clone(),
        Released::Not => None,
    };
    let (was, is) = (released(origin), released(file).or_else(|| released(origin)));
    let listed = |list: &Checklist, before: Option<&String>| -> BTreeSet<ItemId> {
        before.map_or_else(
            || list.items.iter().map(|item| item.id.clone()).collect(),
            |text| new_items(&origin.path, text, list),
        )
    };
    let (before, now) = (listed(&old, was.as_ref()), listed(&new, is.as_ref()));
    let matching = match_items(&old, &new);
    let partner = |at: usize| matching.base_of.get(at).copied().flatten().and_then(|base| old.items.get(base));
    let fresh = new.items.iter().enumerate().filter(|(at, item)| {
        let same = partner(*at).is_some_and(|was| was.plain == item.plain && before.contains(&was.id));
        now.contains(&item.id) && !same
    });
    let already = known && now.is_empty() && !new.items.is_empty() && file.before.is_none();
    let items = fresh.map(|(_, item)| (item.text.clone(), new.phase(item, after))).collect();
    let gone =
        old.items.iter().zip(&matching.head_of).filter(|(item, head)| head.is_none() && before.contains(&item.id));
    Announced { items, lost: known.then(|| gone.count()), already }
}

fn read(path: &str, text: Option<&str>) -> Checklist {
    checklist_file::parse(path, text.unwrap_or_default()).list
}
