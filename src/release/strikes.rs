//! Which items of a release issue are struck out: what a strike has to cover, and whose strike a line without a box is.
//!
//! Reads texts and decides nothing about people.

use super::continued::Continued;
use super::suffix::core;
use crate::checklist::{Checklist, Item};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort_unstable();
    words
}

/// The words of a struck item that are struck out, sorted: those of its text without those of the reason behind it.
fn struck_words(struck: &Item) -> Vec<String> {
    let mut behind = words(&struck.behind_strike).into_iter().peekable();
    let mut left = words(&struck.plain);
    left.retain(|word| {
        while behind.next_if(|other| other < word).is_some() {}
        behind.next_if(|other| other == word).is_none()
    });
    left
}

/// The strike covers the whole text as it was asked for: striking a part skips nothing, and a part that its author struck
/// is no skip either.
pub(super) fn covered(asked: &Item, struck: &Item) -> bool {
    is_within(&words(core(asked)), &struck_words(struck))
}

/// Whether each word of the one is in the other, as often; both are sorted.
fn is_within(few: &[String], many: &[String]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|word| rest.any(|other| other == word))
}

/// Headings as numbers, the same for those of the same titles.
#[derive(Default)]
struct Places {
    numbers: BTreeMap<String, usize>,
}

impl Places {
    fn number(&mut self, list: &Checklist, section: Option<usize>) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(list.path(section).join("\u{1f}").to_lowercase()).or_insert(next)
    }

    /// The number of each of these items' places. Items of one section have one, which is made once.
    fn of<'i>(&mut self, list: &Checklist, items: impl Iterator<Item = &'i Item>) -> Vec<usize> {
        let mut known: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        items.map(|item| *known.entry(item.section).or_insert_with(|| self.number(list, item.section))).collect()
    }
}

/// What an item looks for in one round: its text, in its place or anywhere, and nothing but its words or more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sought {
    text: usize,
    place: Option<usize>,
    exact: bool,
}

/// Struck lines by what finds them, in their order.
#[derive(Default)]
struct Lines {
    found: BTreeMap<Sought, VecDeque<usize>>,
    taken: BTreeSet<usize>,
}

impl Lines {
    fn of(struck: &[Item], places: &[usize], texts: &Continued<'_>) -> Self {
        let asked: BTreeMap<usize, Vec<String>> = texts.texts().map(|(text, number)| (number, words(text))).collect();
        let mut lines = Self::default();
        for (at, (line, place)) in struck.iter().zip(places).enumerate() {
            let own = struck_words(line);
            for (text, asked) in texts.begin(&line.plain).filter_map(|text| Some((text, asked.get(&text)?))) {
                if !is_within(asked, &own) {
                    continue;
                }
                let rounds: &[bool] = if asked.len() == own.len() { &[true, false] } else { &[false] };
                for (place, exact) in [Some(*place), None].into_iter().flat_map(|p| rounds.iter().map(move |e| (p, *e)))
                {
                    lines.found.entry(Sought { text, place, exact }).or_default().push_back(at);
                }
            }
        }
        lines
    }

    /// The first line that fits and is no other item's yet.
    fn take(&mut self, sought: Sought) -> Option<usize> {
        let fitting = self.found.get_mut(&sought)?;
        while let Some(at) = fitting.pop_front() {
            if self.taken.insert(at) {
                return Some(at);
            }
        }
        None
    }
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
    let mut places = Places::default();
    let own = places.of(opened, wanted.iter().map(|(_, item)| *item));
    let lines = places.of(current, current.struck.iter());
    let mut texts = Continued::default();
    let mut left: Vec<(usize, usize, usize)> = Vec::new();
    for ((at, item), place) in wanted.iter().zip(own) {
        left.push((*at, texts.number(core(item)), place));
    }
    let mut lines = Lines::of(&current.struck, &lines, &texts);
    for (exact, near) in [(true, true), (true, false), (false, true), (false, false)] {
        left.retain(|(at, text, place)| {
            let sought = Sought { text: *text, place: near.then_some(*place), exact };
            let Some(line) = lines.take(sought).and_then(|line| current.struck.get(line)) else { return true };
            found.insert(*at, line);
            false
        });
    }
    found
}
