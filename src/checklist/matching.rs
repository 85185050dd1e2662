//! Which item of one version is which item of the other: the engine under the review diff and under the reading of an issue.
//!
//! Pairs are made in rounds, the surest first: explicit id or unchanged identity; same text elsewhere; similar text in the
//! same section (sections are mapped by the items that they share, so a renamed section is the same section); similar text
//! anywhere. It only pairs; what a pair means is for the caller.

use super::{Checklist, Item, identity};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
/// Above this many candidate pairs only the cheap rounds are run: the rest shows as removed and added.
const MOST_PAIRS: usize = 250_000;

/// Of so many equal texts the likeliest is looked for.
const MOST_EQUALS: usize = 64;

/// Pairs the items of two versions of a checklist.
#[must_use]
pub fn match_items(base: &Checklist, head: &Checklist) -> Matching {
    let mut pairing = Pairing {
        base: &base.items,
        head: &head.items,
        head_of: vec![None; base.items.len()],
        base_of: vec![None; head.items.len()],
    };
    pairing.by_id();
    pairing.by_text(base, head, true);
    let first_guess = map_sections(base, head, &pairing.head_of);
    pairing.by_similarity(SAME_SECTION, |b, h| {
        b.section.and_then(|s| first_guess.get(s).copied().flatten()) == h.section
            && (b.section.is_some() || h.section.is_none())
    });
    pairing.by_text(base, head, false);
    pairing.by_similarity(ANYWHERE, |_, _| true);
    pairing.by_rare_words();
    let section_head_of = map_sections(base, head, &pairing.head_of);
    Matching { head_of: pairing.head_of, base_of: pairing.base_of, section_head_of }
}

struct Pairing<'c> {
    base: &'c [Item],
    head: &'c [Item],
    head_of: Vec<Option<usize>>,
    base_of: Vec<Option<usize>>,
}

impl Pairing<'_> {
    fn pair(&mut self, b: usize, h: usize) {
        if let (Some(to), Some(from)) = (self.head_of.get_mut(b), self.base_of.get_mut(h))
            && to.is_none()
            && from.is_none()
        {
            *to = Some(h);
            *from = Some(b);
        }
    }

    fn free_base(&self) -> Vec<usize> {
        (0..self.base.len()).filter(|b| self.head_of.get(*b).copied().flatten().is_none()).collect()
    }

    fn free_head(&self) -> Vec<usize> {
        (0..self.head.len()).filter(|h| self.base_of.get(*h).copied().flatten().is_none()).collect()
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
    fn by_text(&mut self, base: &Checklist, head: &Checklist, near: bool) {
        let mut texts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for h in self.free_head() {
            if let Some(item) = self.head.get(h)
                && !item.plain.is_empty()
            {
                texts.entry(&item.plain).or_default().push(h);
            }
        }
        let mut pairs = Vec::new();
        let mut taken = BTreeSet::new();
        for b in self.free_base() {
            let Some(item) = self.base.get(b) else { continue };
            let Some(candidates) = texts.get(item.plain.as_str()) else { continue };
            let unique = candidates.len() == 1;
            let best = candidates
                .iter()
                .filter(|h| !taken.contains(*h))
                .take(MOST_EQUALS)
                .filter_map(|h| {
                    self.head.get(*h).map(|other| (closeness(base, item, head, other), std::cmp::Reverse(*h)))
                })
                .max();
            if let Some((close, std::cmp::Reverse(h))) = best
                && (!near || unique || close > 0)
            {
                taken.insert(h);
                pairs.push((b, h));
            }
        }
        for (b, h) in pairs {
            self.pair(b, h);
        }
    }

    fn by_similarity(&mut self, least: f64, may: impl Fn(&Item, &Item) -> bool) {
        let free_base = self.free_base();
        let free_head = self.free_head();
        if free_base.len().saturating_mul(free_head.len()) > MOST_PAIRS {
            return;
        }
        let words: Vec<Words<'_>> =
            free_head.iter().filter_map(|h| self.head.get(*h)).map(|i| Words::of(&i.plain)).collect();
        let mut scored = Vec::new();
        for b in free_base {
            let Some(item) = self.base.get(b) else { continue };
            let own = Words::of(&item.plain);
            for (h, theirs) in free_head.iter().zip(&words) {
                let Some(other) = self.head.get(*h) else { continue };
                // An explicit id on both sides that differs is the authors' word that these are two items.
                let told_apart = item.directives.id.is_some() && other.directives.id.is_some();
                if told_apart || !may(item, other) {
                    continue;
                }
                let score = own.similarity(theirs);
                if score >= least {
                    let bonus = if item.groups == other.groups { 0.05 } else { 0.0 };
                    scored.push((score + bonus, b, *h));
                }
            }
        }
        scored.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.abs_diff(x.2).cmp(&y.1.abs_diff(y.2))).then(x.1.cmp(&y.1)));
        for (_, b, h) in scored {
            self.pair(b, h);
        }
    }
}

/// Of what is left, two texts are one item if they share this much, weighted by how rare the words are …
const RARE: f64 = 0.45;
/// … and each is nearer to the other than to anything else by so much …
const MARGIN: f64 = 0.15;
/// … and they share so many different words.
const SHARED_WORDS: usize = 5;

impl Pairing<'_> {
    /// Moved and rewritten: only where each is the other's clear best.
    fn by_rare_words(&mut self) {
        let (free_base, free_head) = (self.free_base(), self.free_head());
        if free_base.len().saturating_mul(free_head.len()) > MOST_PAIRS / 10 {
            return;
        }
        let bag = |item: &Item| -> BTreeSet<String> {
            let words = item.plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
            words.map(str::to_lowercase).collect()
        };
        let (mut base_in, mut head_in) = (BTreeMap::new(), BTreeMap::new());
        if free_base.is_empty() || free_head.is_empty() {
            return;
        }
        for (items, seen) in [(self.base, &mut base_in), (self.head, &mut head_in)] {
            for word in items.iter().flat_map(bag) {
                *seen.entry(word).or_insert(0_u32) += 1;
            }
        }
        let weight = |word: &String| {
            let often = |seen: &BTreeMap<String, u32>| seen.get(word).copied().unwrap_or_default();
            1.0 / f64::from(1 + often(&base_in).max(often(&head_in)).ilog2())
        };
        let mut scored = Vec::new();
        for b in &free_base {
            let Some(old) = self.base.get(*b) else { continue };
            let own = bag(old);
            for h in &free_head {
                let Some(new) = self.head.get(*h) else { continue };
                let theirs = bag(new);
                let told_apart = old.directives.id.is_some() && new.directives.id.is_some();
                if told_apart || own.intersection(&theirs).count() < SHARED_WORDS {
                    continue;
                }
                let shared: f64 = own.intersection(&theirs).map(weight).sum();
                let (all, others): (f64, f64) = (own.iter().map(weight).sum(), theirs.iter().map(weight).sum());
                scored.push((shared / (all * others).sqrt(), *b, *h));
            }
        }
        scored.sort_by(|x, y| y.0.total_cmp(&x.0));
        let rivals = |score: f64, b: usize, h: usize| {
            scored.iter().any(|(s, x, y)| ((*x == b) != (*y == h)) && *s > score - MARGIN)
        };
        let sure: Vec<(usize, usize)> =
            scored.iter().filter(|(s, b, h)| *s >= RARE && !rivals(*s, *b, *h)).map(|(_, b, h)| (*b, *h)).collect();
        for (b, h) in sure {
            self.pair(b, h);
        }
    }
}

/// How alike the places of two items are: shared headings and shared parents.
fn closeness(base: &Checklist, b: &Item, head: &Checklist, h: &Item) -> usize {
    let theirs: BTreeSet<String> = head.path(h.section).iter().map(|t| identity::normalise_title(t)).collect();
    let headings = base.path(b.section).iter().filter(|t| theirs.contains(&identity::normalise_title(t))).count();
    let parents = b.groups.iter().filter(|g| h.groups.contains(g)).count();
    let innermost = usize::from(b.groups.last() == h.groups.last());
    headings + 2 * parents + innermost
}

/// Sections are the same when their paths are; else when most of the items of one went to the other.
fn map_sections(base: &Checklist, head: &Checklist, head_of: &[Option<usize>]) -> Vec<Option<usize>> {
    let path = |list: &Checklist, at: usize| -> Vec<String> {
        list.path(Some(at)).iter().map(|t| identity::normalise_title(t)).collect()
    };
    let mut head_paths: BTreeMap<Vec<String>, VecDeque<usize>> = BTreeMap::new();
    for at in 0..head.sections.len() {
        head_paths.entry(path(head, at)).or_default().push_back(at);
    }
    let mut mapped: Vec<Option<usize>> = vec![None; base.sections.len()];
    let mut taken = BTreeSet::new();
    for (at, slot) in mapped.iter_mut().enumerate() {
        if let Some(h) = head_paths.get_mut(&path(base, at)).and_then(VecDeque::pop_front) {
            taken.insert(h);
            *slot = Some(h);
        }
    }
    let mut votes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for (b, item) in base.items.iter().enumerate() {
        let Some(from) = item.section else { continue };
        *sizes.entry(from).or_default() += 1;
        let to = head_of.get(b).copied().flatten().and_then(|h| head.items.get(h)).and_then(|i| i.section);
        if let Some(to) = to {
            *votes.entry((from, to)).or_default() += 1;
        }
    }
    let mut ranked: Vec<(usize, usize, usize)> = votes.into_iter().map(|((from, to), n)| (n, from, to)).collect();
    ranked.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
    for (n, from, to) in ranked {
        let most = n * 2 > sizes.get(&from).copied().unwrap_or_default();
        if let Some(slot) = mapped.get_mut(from)
            && slot.is_none()
            && most
            && taken.insert(to)
        {
            *slot = Some(to);
        }
    }
    // A heading without items of its own goes where its children go, or where its title is most alike.
    let titles = |list: &Checklist| -> Vec<String> {
        list.sections.iter().map(|s| identity::normalise_title(&s.title)).collect()
    };
    let (old_titles, new_titles) = (titles(base), titles(head));
    let new_words: Vec<Words<'_>> = new_titles.iter().map(|t| Words::of(t)).collect();
    let free = mapped.iter().filter(|m| m.is_none()).count();
    let few = free.saturating_mul(head.sections.len()) <= MOST_PAIRS;
    let mut first_child: BTreeMap<usize, usize> = BTreeMap::new();
    for at in (0..base.sections.len()).rev() {
        if mapped.get(at).copied().flatten().is_none() {
            let parent_of_child = first_child
                .get(&at)
                .and_then(|h| head.sections.get(*h))
                .and_then(|s| s.parent)
                .filter(|p| !taken.contains(p));
            let own = Words::of(old_titles.get(at).map(String::as_str).unwrap_or_default());
            let alike = || {
                let untaken = new_words.iter().enumerate().filter(|(h, _)| few && !taken.contains(h));
                let scored = untaken.map(|(h, words)| (own.similarity(words), h)).filter(|(score, _)| *score >= 0.6);
                scored.max_by(|x, y| x.0.total_cmp(&y.0)).map(|(_, h)| h)
            };
            if let Some(h) = parent_of_child.or_else(alike)
                && let Some(slot) = mapped.get_mut(at)
            {
                taken.insert(h);
                *slot = Some(h);
            }
        }
        // Backwards, so that the first child is the last one to be noted.
        let parent = base.sections.get(at).and_then(|s| s.parent);
        if let (Some(parent), Some(h)) = (parent, mapped.get(at).copied().flatten()) {
            first_child.insert(parent, h);
        }
    }
    mapped
}

/// A text as a sorted bag of words, for similarity.
#[derive(Debug)]
pub struct Words<'t> {
    text: &'t str,
    sorted: Vec<&'t str>,
}

impl<'t> Words<'t> {
    /// Splits at everything that is neither letter nor digit.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let mut sorted: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        sorted.sort_unstable();
        Self { text, sorted }
    }

    /// 0 for nothing in common, 1 for the same words: twice the shared words over all words. A text that the other one only
    /// continues counts as nearly the same, however long the continuation.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        if self.text == other.text {
            return 1.0;
        }
        let total = self.sorted.len() + other.sorted.len();
        if self.sorted.is_empty() || other.sorted.is_empty() {
            return 0.0;
        }
        let (mut i, mut j, mut shared) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.sorted.get(i), other.sorted.get(j)) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    i += 1;
                    j += 1;
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "word counts are far below 2^52")]
        let dice = 2.0 * shared as f64 / total as f64;
        let long_enough = self.text.len().min(other.text.len()) >= 12;
        let continued = continues(self.text, other.text) || continues(other.text, self.text);
        if continued && long_enough { dice.max(0.9) } else { dice }
    }
}

/// Whether `text` is `template` with something typed behind it: evidence, a name, a reason.
#[must_use]
pub fn continues(template: &str, text: &str) -> bool {
    text.strip_prefix(template).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric()))
}
