//! Steps that another release of the checklist asked for already: a hotfix took them from an old branch, and now they come along
//! again. They are shown there as a link and not asked twice.
//!
//! Pure, and careful: an item is the same only where its file, its id, its words and its rules are, where git says that the
//! other release asked for it, and where the other issue's text shows it exactly once. Anything else is asked for again.

pub use super::item_rules::{Elsewhere, reference};

use super::contents::new_items;
use super::item_rules::ItemRules;
use super::suffix::core;
use crate::checklist::identity::ItemId;
use crate::checklist::parse::parse;
use crate::checklist::{Checklist, Item, file};
use crate::ids::IssueNumber;
use globset::GlobSet;

/// Issues that a release issue's text refers to for steps of its own.
#[must_use]
pub fn references(opened: &str) -> Vec<IssueNumber> {
    let number = |rest: &str| {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest.get(digits..).filter(|behind| behind.starts_with(" ("))?;
        rest.get(..digits)?.parse().ok().map(IssueNumber)
    };
    let mut found: Vec<IssueNumber> = opened.split(": in #").skip(1).filter_map(number).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A step file as another release had it.
#[derive(Clone, Copy, Debug)]
pub struct Other<'o> {
    /// Its path, there and here.
    pub path: &'o str,
    /// Its text at that release's commit.
    pub text: &'o str,
    /// Its text at the release before that one, where it was there already.
    pub before: Option<&'o str>,
    /// The text that the release's issue was opened with.
    pub opened: &'o str,
}

/// The items of a step file that another release asked for.
#[must_use]
pub fn issued(text: &str, other: &Other<'_>, after: &GlobSet) -> Vec<ItemId> {
    let read = |text| file::parse(other.path, text).list;
    let (list, there, opened) = (read(text), read(other.text), parse(other.opened).0);
    let asked = other.before.map(|before| new_items(other.path, before, &there));
    let same = |item: &&Item| {
        let counterpart = there.items.iter().find(|i| i.id == item.id);
        counterpart.is_some_and(|was| {
            asked.as_ref().is_none_or(|asked| asked.contains(&was.id))
                && was.plain == item.plain
                && was.details == item.details
                && rules(&there, was, after) == rules(&list, item, after)
                // A condition may have left it out there, and of alternatives another one may have been chosen.
                && item.directives.when.is_empty()
                && item.directives.one_of.is_none()
                && opened.items.iter().filter(|shown| core(shown) == item.plain).count() == 1
        })
    };
    list.items.iter().filter(same).map(|item| item.id.clone()).collect()
}

fn rules(list: &Checklist, item: &Item, after: &GlobSet) -> ItemRules {
    ItemRules::of(item, list.phase(item, after))
}
