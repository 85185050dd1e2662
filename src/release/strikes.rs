//! Which items of a release issue are struck out: what a strike has to cover, and whose strike a line without a box is.
//!
//! Reads texts and decides nothing about people.

use super::suffix::core;
use crate::checklist::matching::continues;
use crate::checklist::{Checklist, Item};
use std::collections::BTreeMap;

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The words of a struck item that are struck out.
fn struck_words(struck: &Item) -> Vec<String> {
    let mut left = words(&struck.plain);
    for word in words(&struck.behind_strike) {
        // From behind: the reason may repeat the item's words.
        if let Some(at) = left.iter().rposition(|w| *w == word) {
            left.remove(at);
        }
    }
    left
}

/// The strike covers the whole text as it was asked for: striking a part skips nothing, and a part that its author struck
/// is no skip either.
pub(super) fn covered(asked: &Item, struck: &Item) -> bool {
    is_within(&sorted(words(core(asked))), &sorted(struck_words(struck)))
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words
}

/// Whether each word of the one is in the other, as often; both are sorted.
fn is_within(few: &[String], many: &[String]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|word| rest.any(|other| other == word))
}

/// An item or a struck line, with what it is compared by.
struct Compared<'i> {
    item: &'i Item,
    place: String,
    words: Vec<String>,
}

/// Items whose box went with the strike: `- ~~text~~ reason`, `~~- [ ] text~~`. Each struck line is one item's: that of the
/// same text in the same place, before one that it only continues.
pub(super) fn strikes<'c>(
    opened: &Checklist,
    current: &'c Checklist,
    wanted: &[(usize, &Item)],
) -> BTreeMap<usize, &'c Item> {
    let mut found: BTreeMap<usize, &Item> = BTreeMap::new();
    if current.struck.is_empty() {
        return found;
    }
    let place = |list: &Checklist, item: &Item| list.path(item.section).join("\u{1f}").to_lowercase();
    let struck = |item: &'c Item| Compared { item, place: place(current, item), words: sorted(struck_words(item)) };
    let mut lines: Vec<Compared<'c>> = current.struck.iter().map(struck).collect();
    let asked = |item: &Item| (place(opened, item), sorted(words(core(item))));
    let mut wanted: Vec<_> = wanted.iter().map(|(at, item)| (*at, *item, asked(item))).collect();
    for (exact, near) in [(true, true), (true, false), (false, true), (false, false)] {
        wanted.retain(|(at, item, (here, own))| {
            let text = core(item);
            let fits = |line: &Compared<'_>| {
                (!exact || line.words.len() == own.len())
                    && (!near || line.place == *here)
                    && continues(text, &line.item.plain)
                    && is_within(own, &line.words)
            };
            let Some(line) = lines.iter().position(fits) else { return true };
            found.insert(*at, lines.remove(line).item);
            false
        });
    }
    found
}
