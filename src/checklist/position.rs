//! Where an item stands when headings that only one version has are looked through: a heading that is put above items moves
//! none of them, and neither does one that is taken away.
//!
//! Speaks of places only; what a change of place is called is the business of [`super::diff`].

use super::matching::Matching;
use super::{Checklist, Group, Item};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A place that both versions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Before the first heading that both have.
    Top,
    /// Under this heading of the head.
    Section(usize),
    /// Under a heading that is gone, and whose items went apart.
    Nowhere,
}

/// The places of all items of two versions.
#[derive(Debug)]
pub(super) struct Positions {
    /// For each item of the base.
    old: Vec<Position>,
    /// For each item of the head.
    new: Vec<Position>,
    /// Items of the head, in order, that stand in another order than before among those of their place.
    reordered: Vec<usize>,
    /// For each heading of the base, how many of its items stand where they stood.
    stayed_old: Vec<usize>,
    /// For each heading of the head, likewise.
    stayed_new: Vec<usize>,
    /// Items of the head, in order, that stand under another plain bullet than before, and both bullets are in both versions.
    other_bullet: Vec<usize>,
}

impl Positions {
    pub(super) fn of(base: &Checklist, head: &Checklist, matching: &Matching) -> Self {
        let mut known = vec![false; head.sections.len()];
        for h in matching.section_head_of.iter().flatten() {
            if let Some(slot) = known.get_mut(*h) {
                *slot = true;
            }
        }
        let sections = looked_through(known.iter().enumerate().map(|(h, known)| known.then_some(h)));
        let position = |sections: &[Position], item: &Item| {
            item.section.map_or(Position::Top, |s| sections.get(s).copied().unwrap_or(Position::Nowhere))
        };
        let new: Vec<Position> = head.items.iter().map(|item| position(&sections, item)).collect();
        let mut old_sections = looked_through(matching.section_head_of.iter().copied());
        // A gone heading whose items did not all stay is a place that they left.
        for (b, item) in base.items.iter().enumerate() {
            let to = matching.head_of.get(b).copied().flatten().and_then(|h| new.get(h));
            let gone = item.section.filter(|s| matching.section_head_of.get(*s).copied().flatten().is_none());
            if let (Some(to), Some(slot)) = (to, gone.and_then(|s| old_sections.get_mut(s)))
                && to != slot
            {
                *slot = Position::Nowhere;
            }
        }
        let old: Vec<Position> = base.items.iter().map(|item| position(&old_sections, item)).collect();
        let (stayed_old, stayed_new) = (vec![0; base.sections.len()], vec![0; head.sections.len()]);
        let mut positions = Self { old, new, reordered: Vec::new(), stayed_old, stayed_new, other_bullet: Vec::new() };
        positions.reordered = positions.find_reordered(matching);
        positions.other_bullet = under_other_bullets(base, head, matching);
        for (b, h) in matching.head_of.iter().enumerate().filter_map(|(b, h)| Some((b, (*h)?))) {
            if !positions.same(b, h) || positions.is_reordered(h) {
                continue;
            }
            let section = |items: &[Item], at: usize| items.get(at).and_then(|item| item.section);
            if let Some(count) = section(&base.items, b).and_then(|s| positions.stayed_old.get_mut(s)) {
                *count += 1;
            }
            if let Some(count) = section(&head.items, h).and_then(|s| positions.stayed_new.get_mut(s)) {
                *count += 1;
            }
        }
        positions
    }

    /// How many items of a heading of the base stand where they stood.
    pub(super) fn stayed_under_old(&self, section: usize) -> usize {
        self.stayed_old.get(section).copied().unwrap_or_default()
    }

    /// How many items of a heading of the head stand where they stood.
    pub(super) fn stayed_under_new(&self, section: usize) -> usize {
        self.stayed_new.get(section).copied().unwrap_or_default()
    }

    /// Whether an item of the base and its partner in the head stand at one place.
    pub(super) fn same(&self, b: usize, h: usize) -> bool {
        self.old.get(b).is_some_and(|position| *position != Position::Nowhere && self.new.get(h) == Some(position))
    }

    /// Whether an item of the head stands elsewhere among those of its place.
    pub(super) fn is_reordered(&self, h: usize) -> bool {
        self.reordered.binary_search(&h).is_ok()
    }

    /// Whether an item of the head stands under another plain bullet than before, though both bullets were and are there: the
    /// bullet was put above it, and not reworded.
    pub(super) fn is_under_another_bullet(&self, h: usize) -> bool {
        self.other_bullet.binary_search(&h).is_ok()
    }

    /// Those outside the longest run that kept its order.
    fn find_reordered(&self, matching: &Matching) -> Vec<usize> {
        let mut moved = Vec::new();
        let mut at = 0;
        while let Some(first) = self.new.get(at) {
            let end = self.new.iter().skip(at).take_while(|position| *position == first).count() + at;
            let run: Vec<(usize, usize)> = (at..end)
                .filter_map(|h| Some((h, matching.base_of.get(h).copied().flatten()?)))
                .filter(|(h, b)| self.same(*b, *h))
                .collect();
            let kept = longest_rising(&run.iter().map(|(_, b)| *b).collect::<Vec<_>>());
            moved.extend(run.iter().enumerate().filter(|(n, _)| kept.binary_search(n).is_err()).map(|(_, (h, _))| *h));
            at = end.max(at + 1);
        }
        moved
    }
}

fn under_other_bullets(base: &Checklist, head: &Checklist, matching: &Matching) -> Vec<usize> {
    let (were, are) = (bullets(base), bullets(head));
    let partner = |h: usize| matching.base_of.get(h).copied().flatten().and_then(|b| base.items.get(b));
    let moved = head.items.iter().enumerate().filter(|(h, new)| {
        let (Some(new), Some(old)) = (new.groups.last(), partner(*h).and_then(|old| old.groups.last())) else {
            return false;
        };
        old.plain != new.plain && were.contains(new.plain.as_str()) && are.contains(old.plain.as_str())
    });
    moved.map(|(h, _)| h).collect()
}

/// The texts of the bullets that items are nested in; one bullet's items follow each other.
fn bullets(list: &Checklist) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut last: Option<&Arc<Group>> = None;
    for group in list.items.iter().filter_map(|item| item.groups.last()) {
        if last.is_none_or(|last| !Arc::ptr_eq(last, group)) {
            found.insert(group.plain.as_str());
        }
        last = Some(group);
    }
    found
}

/// Sections of the head that stand in another order than before among those below the same heading.
pub(super) fn moved_sections(base: &Checklist, head: &Checklist, matching: &Matching) -> BTreeSet<usize> {
    let partner = |b: usize| matching.section_head_of.get(b).copied().flatten();
    let mut families: BTreeMap<Option<usize>, Vec<(usize, usize)>> = BTreeMap::new();
    for (b, old) in base.sections.iter().enumerate() {
        let Some((h, new)) = partner(b).and_then(|h| Some((h, head.sections.get(h)?))) else { continue };
        if old.parent.and_then(partner) == new.parent {
            families.entry(new.parent).or_default().push((h, b));
        }
    }
    let mut moved = BTreeSet::new();
    for mut family in families.into_values() {
        family.sort_unstable();
        let kept = longest_rising(&family.iter().map(|(_, b)| *b).collect::<Vec<_>>());
        moved.extend(family.iter().enumerate().filter(|(n, _)| kept.binary_search(n).is_err()).map(|(_, (h, _))| *h));
    }
    moved
}

/// The position of each section: its partner in the head, else that of the nearest section before it that has one.
fn looked_through(partners: impl Iterator<Item = Option<usize>>) -> Vec<Position> {
    let mut current = Position::Top;
    partners
        .map(|partner| {
            current = partner.map_or(current, Position::Section);
            current
        })
        .collect()
}

/// Indices of a longest strictly rising subsequence, in order; n log n.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (at, value) in values.iter().enumerate() {
        let place = tails.partition_point(|t| values.get(*t).is_some_and(|v| v < value));
        if let Some(slot) = before.get_mut(at) {
            *slot = place.checked_sub(1).and_then(|p| tails.get(p)).copied();
        }
        match tails.get_mut(place) {
            Some(tail) => *tail = at,
            None => tails.push(at),
        }
    }
    let mut next = tails.last().copied();
    let mut run = Vec::with_capacity(tails.len());
    while let Some(at) = next {
        run.push(at);
        next = before.get(at).copied().flatten();
    }
    run.reverse();
    run
}
