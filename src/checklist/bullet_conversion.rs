//! Plain bullets that became items, and items that became plain bullets again: the same text, with a box or without.

use super::matching::Matching;
use super::{Checklist, Item};
use std::collections::{BTreeMap, BTreeSet};

/// Which items got or lost only their box, by what they are nested in.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    /// Items of the head whose text was a plain bullet: below the same item, or below none.
    got: BTreeSet<usize>,
    /// Their texts, by the item of the head that they stand below.
    got_below: BTreeMap<usize, Vec<String>>,
    /// Items of the base whose text is a plain bullet now, likewise.
    lost: BTreeSet<usize>,
    /// Their texts, by the item of the base that they stood below.
    lost_below: BTreeMap<usize, Vec<String>>,
}

impl Boxes {
    pub(super) fn of(base: &Checklist, head: &Checklist, matching: &Matching) -> Self {
        let (got, got_below) = only_box((head, &matching.base_of), base);
        let (lost, lost_below) = only_box((base, &matching.head_of), head);
        Self { got, got_below, lost, lost_below }
    }

    /// Whether an item of the head was a plain bullet.
    pub(super) fn got(&self, h: usize) -> bool {
        self.got.contains(&h)
    }

    /// Whether an item of the base is a plain bullet now.
    pub(super) fn lost(&self, b: usize) -> bool {
        self.lost.contains(&b)
    }

    /// Whether the nested texts of a pair differ by nothing but the bullets that got or lost a box.
    pub(super) fn explain(&self, (b, old): (usize, &Item), (h, new): (usize, &Item)) -> bool {
        let got = self.got_below.get(&h).map(Vec::as_slice).unwrap_or_default();
        let lost = self.lost_below.get(&b).map(Vec::as_slice).unwrap_or_default();
        if got.is_empty() && lost.is_empty() {
            return false;
        }
        without(&old.details, got) == without(&new.details, lost)
    }
}

/// A nested text without the bullets that are told apart from it. They stand in it in their order, so one pass finds them.
fn without(details: &str, gone: &[String]) -> String {
    let text = spaced(details);
    let (mut left, mut rest) = (String::new(), text.as_str());
    for bullet in gone {
        if let Some((before, _)) = rest.split_once(bullet.as_str()) {
            left.push_str(before);
            // The blank behind it stands before the next one.
            rest = rest.get(before.len() + bullet.len() - 1..).unwrap_or_default();
        }
    }
    left.push_str(rest);
    left.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Items by themselves, and their texts by the item that they stand below.
type Found = (BTreeSet<usize>, BTreeMap<usize, Vec<String>>);

fn only_box((own, partners): (&Checklist, &[Option<usize>]), other: &Checklist) -> Found {
    let partner = |at: usize| partners.get(at).copied().flatten();
    let mut below: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, item) in own.items.iter().enumerate() {
        if let Some(parent) = item.parent.filter(|_| partner(at).is_none() && !item.plain.is_empty()) {
            below.entry(parent).or_default().push(at);
        }
    }
    let mut found = Found::default();
    for (parent, children) in below {
        let there = partner(parent).and_then(|there| other.items.get(there));
        let (Some(there), Some(here)) = (there, own.items.get(parent)) else { continue };
        let (there, here) = (spaced(&there.details), spaced(&here.details));
        let mut searched = 0;
        for at in children {
            let Some(text) = own.items.get(at).map(|item| spaced(&item.plain)) else { continue };
            // Usually the bullets stand in the order of the items: it is looked on from the last one first.
            let rest = there.get(searched..).unwrap_or_default();
            let hit = rest.find(&text).map(|from| searched + from).or_else(|| there.find(&text));
            if let Some(hit) = hit.filter(|_| !here.contains(&text)) {
                searched = hit + text.len() - 1;
                found.0.insert(at);
                found.1.entry(parent).or_default().push(text);
            }
        }
    }
    loose_bullets((own, partners), other, &mut found.0);
    found
}

/// Items whose text is a bullet of the other version that is nested in no item, more often there than here.
fn loose_bullets((own, partners): (&Checklist, &[Option<usize>]), other: &Checklist, found: &mut BTreeSet<usize>) {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for bullet in &other.bullets {
        *left.entry(spaced(&bullet.plain)).or_default() += 1;
    }
    if left.is_empty() {
        return;
    }
    for bullet in &own.bullets {
        if let Some(times) = left.get_mut(&spaced(&bullet.plain)) {
            *times = times.saturating_sub(1);
        }
    }
    let alone = |at: usize| partners.get(at).copied().flatten().is_none();
    for (at, item) in own.items.iter().enumerate().filter(|(at, item)| alone(*at) && !item.plain.is_empty()) {
        if let Some(times) = left.get_mut(&spaced(&item.plain)).filter(|times| **times > 0 && !found.contains(&at)) {
            *times -= 1;
            found.insert(at);
        }
    }
}

/// The words between single blanks, with one at each end, so that only whole words are found.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}
