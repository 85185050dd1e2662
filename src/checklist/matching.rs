//! Which item of one version is which item of the other: the engine under the review diff and under the reading of an issue.
//!
//! Pairs are made in rounds, the surest first: explicit id or unchanged identity; same text elsewhere; similar text in the
//! same section (sections are mapped by the items that they share, so a renamed section is the same section); similar text
//! anywhere; what was moved and rewritten. It only pairs; what a pair means is for the caller.

use super::sections::map_sections;
use super::similarity::{Index, Reader, Text};
use super::{Checklist, Item, identity};
use std::collections::{BTreeMap, VecDeque};

pub use super::similarity::continues;

/// Pairs of indices, and the section that became which.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matching {
    /// For each item of the base, its partner in the head.
    pub head_of: Vec<Option<usize>>,
    /// For each item of the head, its partner in the base.
    pub base_of: Vec<Option<usize>>,
    /// For each section of the base, its partner in the head.
    pub section_head_of: Vec<Option<usize>>,
}

/// Two texts this similar in one section are one item, reworded.
const SAME_SECTION: f64 = 0.5;
/// Across sections it takes more.
const ANYWHERE: f64 = 0.72;
/// Of so many equal texts the likeliest is looked for.
const MOST_EQUALS: usize = 64;
/// Of so many parents, the innermost, an item's place is told.
const NEAREST_PARENTS: usize = 8;

/// Pairs the items of two versions of a checklist.
#[must_use]
pub fn match_items(base: &Checklist, head: &Checklist) -> Matching {
    let mut reader = Reader::default();
    let base_texts: Vec<Text<'_>> = base.items.iter().map(|item| reader.read(&item.plain)).collect();
    let head_texts: Vec<Text<'_>> = head.items.iter().map(|item| reader.read(&item.plain)).collect();
    let titles = (titles(base), titles(head));
    let mut places = Reader::default();
    let base_places = Place::of_all(base, &titles.0, &mut places);
    let head_places = Place::of_all(head, &titles.1, &mut places);
    let mut pairing = Pairing {
        base: &base.items,
        head: &head.items,
        base_texts,
        head_texts,
        base_places,
        head_places,
        words: reader.len(),
        head_of: vec![None; base.items.len()],
        base_of: vec![None; head.items.len()],
    };
    pairing.by_id();
    pairing.by_text(true);
    let first_guess = map_sections(base, head, &pairing.head_of);
    let expected = |b: &Item| b.section.and_then(|s| first_guess.get(s).copied().flatten());
    pairing.by_similarity(SAME_SECTION, |b| expected(b).map_or(0, |s| s + 1), |h| h.section.map_or(0, |s| s + 1));
    pairing.by_text(false);
    pairing.by_similarity(ANYWHERE, |_| 0, |_| 0);
    pairing.rewritten();
    pairing.uncross();
    let section_head_of = map_sections(base, head, &pairing.head_of);
    Matching { head_of: pairing.head_of, base_of: pairing.base_of, section_head_of }
}

fn titles(list: &Checklist) -> Vec<String> {
    list.sections.iter().map(|section| identity::normalise_title(&section.title)).collect()
}

/// Where an item stands, as numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    headings: Vec<usize>,
    parents: Vec<usize>,
}

impl Place {
    fn of_all<'t>(list: &'t Checklist, titles: &'t [String], reader: &mut Reader<'t>) -> Vec<Self> {
        let numbers: Vec<usize> = titles.iter().map(|title| reader.number(title)).collect();
        let place = |item: &'t Item, reader: &mut Reader<'t>| {
            let mut headings = Vec::new();
            let mut next = item.section;
            while let Some((at, section)) = next.and_then(|at| Some((at, list.sections.get(at)?))) {
                headings.extend(numbers.get(at));
                next = section.parent;
            }
            let parents =
                item.groups.iter().rev().take(NEAREST_PARENTS).map(|group| reader.number(&group.plain)).collect();
            Self { headings, parents }
        };
        list.items.iter().map(|item| place(item, reader)).collect()
    }

    /// How alike two places are: shared headings and shared parents.
    fn closeness(&self, other: &Self) -> usize {
        let headings = self.headings.iter().filter(|heading| other.headings.contains(heading)).count();
        let parents = self.parents.iter().filter(|parent| other.parents.contains(parent)).count();
        headings + 2 * parents + usize::from(self.parents.first() == other.parents.first())
    }
}

pub(super) struct Pairing<'c> {
    pub(super) base: &'c [Item],
    pub(super) head: &'c [Item],
    pub(super) base_texts: Vec<Text<'c>>,
    pub(super) head_texts: Vec<Text<'c>>,
    base_places: Vec<Place>,
    head_places: Vec<Place>,
    /// How many different words there are.
    pub(super) words: usize,
    head_of: Vec<Option<usize>>,
    base_of: Vec<Option<usize>>,
}

impl Pairing<'_> {
    pub(super) fn pair(&mut self, b: usize, h: usize) {
        if let (Some(to), Some(from)) = (self.head_of.get_mut(b), self.base_of.get_mut(h))
            && to.is_none()
            && from.is_none()
        {
            *to = Some(h);
            *from = Some(b);
        }
    }

    pub(super) fn head_of(&self, b: usize) -> Option<usize> {
        self.head_of.get(b).copied().flatten()
    }

    pub(super) fn is_free(&self, b: usize, h: usize) -> bool {
        self.head_of.get(b) == Some(&None) && self.base_of.get(h) == Some(&None)
    }

    pub(super) fn free_base(&self) -> Vec<usize> {
        (0..self.base.len()).filter(|b| self.head_of(*b).is_none()).collect()
    }

    pub(super) fn free_head(&self) -> Vec<usize> {
        (0..self.head.len()).filter(|h| self.base_of.get(*h).copied().flatten().is_none()).collect()
    }

    /// An explicit id on both sides that differs is the authors' word that these are two items.
    pub(super) fn told_apart(&self, b: usize, h: usize) -> bool {
        let named = |items: &[Item], at: usize| items.get(at).is_some_and(|item| item.directives.id.is_some());
        named(self.base, b) && named(self.head, h)
    }

    fn by_id(&mut self) {
        let ids: BTreeMap<&identity::ItemId, usize> = self.head.iter().enumerate().map(|(h, i)| (&i.id, h)).collect();
        let found: Vec<(usize, usize)> =
            self.base.iter().enumerate().filter_map(|(b, i)| ids.get(&i.id).map(|h| (b, *h))).collect();
        for (b, h) in found {
            self.pair(b, h);
        }
    }

    /// The same text somewhere else. With `near`, only where parents and section agree in part, so that of several equal
    /// texts the one in the likeliest place is taken; without it, in order.
    fn by_text(&mut self, near: bool) {
        let mut texts: BTreeMap<&str, (usize, VecDeque<usize>)> = BTreeMap::new();
        for h in self.free_head() {
            if let Some(item) = self.head.get(h)
                && !item.plain.is_empty()
            {
                let (all, left) = texts.entry(&item.plain).or_default();
                *all += 1;
                left.push_back(h);
            }
        }
        for b in self.free_base() {
            let (Some(item), Some(place)) = (self.base.get(b), self.base_places.get(b)) else { continue };
            let Some((all, left)) = texts.get_mut(item.plain.as_str()) else { continue };
            let close = |h: &usize| self.head_places.get(*h).map_or(0, |other| place.closeness(other));
            let scored = left.iter().take(MOST_EQUALS).enumerate().map(|(n, h)| (close(h), std::cmp::Reverse(n)));
            let Some((close, std::cmp::Reverse(n))) = scored.max() else { continue };
            if (!near || *all == 1 || close > 0)
                && let Some(h) = left.remove(n)
            {
                self.pair(b, h);
            }
        }
    }

    /// Similar texts of one group; each item of the base has a group, and each item of the head.
    fn by_similarity(&mut self, least: f64, of_base: impl Fn(&Item) -> usize, of_head: impl Fn(&Item) -> usize) {
        let (free_base, free_head) = (self.free_base(), self.free_head());
        let entries =
            free_head.iter().filter_map(|h| Some((*h, of_head(self.head.get(*h)?), self.head_texts.get(*h)?)));
        let mut index = Index::of(entries);
        let mut scored = Vec::new();
        for b in free_base {
            let (Some(item), Some(own)) = (self.base.get(b), self.base_texts.get(b)) else { continue };
            for h in index.likes(of_base(item), own) {
                let Some(theirs) = self.head_texts.get(h).filter(|_| !self.told_apart(b, h)) else { continue };
                let score = own.similarity(theirs);
                if score >= least {
                    let (from, to) = (self.base_places.get(b), self.head_places.get(h));
                    let together = from.map(|place| &place.parents) == to.map(|place| &place.parents);
                    scored.push((score + if together { 0.05 } else { 0.0 }, b, h));
                }
            }
        }
        scored.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.abs_diff(x.2).cmp(&y.1.abs_diff(y.2))).then(x.1.cmp(&y.1)));
        for (_, b, h) in scored {
            self.pair(b, h);
        }
    }

    /// Equal texts that stood in one place, or stand in one now, are told apart by nothing but their order: so it is kept.
    fn uncross(&mut self) {
        let mut old: BTreeMap<(&str, &Place), Vec<usize>> = BTreeMap::new();
        let mut new: BTreeMap<(&str, &Place), Vec<usize>> = BTreeMap::new();
        for (b, h) in self.head_of.iter().enumerate().filter_map(|(b, h)| Some((b, (*h)?))) {
            let (Some(was), Some(is)) = (self.base.get(b), self.head.get(h)) else { continue };
            if was.plain != is.plain || was.directives.id.is_some() || is.directives.id.is_some() {
                continue;
            }
            let (Some(from), Some(to)) = (self.base_places.get(b), self.head_places.get(h)) else { continue };
            old.entry((&was.plain, from)).or_default().push(b);
            new.entry((&is.plain, to)).or_default().push(h);
        }
        let (old, new): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (several(old), several(new));
        for bases in old {
            let mut heads: Vec<usize> = bases.iter().filter_map(|b| self.head_of(*b)).collect();
            heads.sort_unstable();
            self.put(bases.into_iter().zip(heads));
        }
        for heads in new {
            let mut bases: Vec<usize> = heads.iter().filter_map(|h| self.base_of.get(*h).copied().flatten()).collect();
            bases.sort_unstable();
            self.put(bases.into_iter().zip(heads));
        }
    }

    /// Pairs anew what was paired.
    fn put(&mut self, pairs: impl Iterator<Item = (usize, usize)>) {
        for (b, h) in pairs {
            if let (Some(to), Some(from)) = (self.head_of.get_mut(b), self.base_of.get_mut(h)) {
                *to = Some(h);
                *from = Some(b);
            }
        }
    }
}

/// Places with more than one item.
fn several<K>(found: BTreeMap<K, Vec<usize>>) -> Vec<Vec<usize>> {
    found.into_values().filter(|items| items.len() > 1).collect()
}
