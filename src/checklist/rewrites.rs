//! The last rounds of pairing: items that were rewritten so much, or moved and rewritten, that counting shared words pairs
//! them no more. Each asks for a sign that chance does not give, and leaves alone what has two candidates.

use super::matching::Pairing;
use super::similarity::{Index, Text, float};
use std::collections::BTreeMap;

/// So many words in a row that no other item has, in neither version …
const PHRASE: usize = 6;
/// Two texts are one item if they share this much, weighted by how rare the words are …
const RARE: f64 = 0.45;
/// … and each is nearer to the other than to anything else by so much …
const MARGIN: f64 = 0.15;
/// … and they share so many different words.
const SHARED_WORDS: usize = 5;

impl Pairing<'_> {
    pub(super) fn rewritten(&mut self) {
        self.by_phrase();
        self.by_rare_words();
        self.by_neighbour();
    }

    /// A phrase that only these two have, and that is half of the shorter one.
    fn by_phrase(&mut self) {
        let mut seen: Vec<(&[usize], bool, usize)> = Vec::new();
        for (texts, is_head) in [(&self.base_texts, false), (&self.head_texts, true)] {
            for (at, text) in texts.iter().enumerate() {
                seen.extend(text.words.windows(PHRASE).map(|phrase| (phrase, is_head, at)));
            }
        }
        seen.sort_unstable();
        seen.dedup();
        let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for same in seen.chunk_by(|x, y| x.0 == y.0) {
            if let [(_, false, b), (_, true, h)] = same
                && self.is_free(*b, *h)
                && !self.told_apart(*b, *h)
            {
                *shared.entry((*b, *h)).or_default() += 1;
            }
        }
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for ((b, h), phrases) in shared {
            let (Some(old), Some(new)) = (self.base_texts.get(b), self.head_texts.get(h)) else { continue };
            let words = phrases + PHRASE - 1;
            if words * 2 >= old.words.len().min(new.words.len()) {
                found.push((words, b, h));
            }
        }
        found.sort_by_key(|(words, b, h)| (std::cmp::Reverse(*words), *b, *h));
        for (_, b, h) in found {
            self.pair(b, h);
        }
    }

    /// For each word what it weighs: less, the more often it is used.
    fn weigh_words(&self) -> Vec<f64> {
        let mut often = vec![(0_usize, 0_usize); self.words];
        for word in self.base_texts.iter().flat_map(Text::vocabulary) {
            if let Some((base, _)) = often.get_mut(word) {
                *base += 1;
            }
        }
        for word in self.head_texts.iter().flat_map(Text::vocabulary) {
            if let Some((_, head)) = often.get_mut(word) {
                *head += 1;
            }
        }
        often.iter().map(|(b, h)| 1.0 / f64::from(1 + b.max(h).max(&1).ilog2())).collect()
    }

    /// Rare words: only where each is the other's clear best.
    fn by_rare_words(&mut self) {
        let (free_base, free_head) = (self.free_base(), self.free_head());
        if free_base.is_empty() || free_head.is_empty() {
            return;
        }
        let weights = self.weigh_words();
        let weight = |words: &[usize]| -> f64 { words.iter().filter_map(|word| weights.get(*word)).sum() };
        let vocabularies = |texts: &[Text<'_>]| -> Vec<(Vec<usize>, f64)> {
            texts
                .iter()
                .map(Text::vocabulary)
                .map(|words| (weight(&words), words))
                .map(|(w, words)| (words, w))
                .collect()
        };
        let (old, new) = (vocabularies(&self.base_texts), vocabularies(&self.head_texts));
        let mut index = Index::of(free_head.iter().filter_map(|h| Some((*h, 0, self.head_texts.get(*h)?))));
        let mut scored = Vec::new();
        for b in free_base {
            let (Some(text), Some((own, all))) = (self.base_texts.get(b), old.get(b)) else { continue };
            if own.len() < SHARED_WORDS {
                continue;
            }
            for h in index.likes(0, text) {
                let Some((theirs, others)) = new.get(h).filter(|(theirs, _)| theirs.len() >= SHARED_WORDS) else {
                    continue;
                };
                // A text many times as long cannot be near enough.
                if self.told_apart(b, h) || own.len().max(theirs.len()) > 8 * own.len().min(theirs.len()) {
                    continue;
                }
                let both: Vec<usize> = in_both(own, theirs);
                if both.len() >= SHARED_WORDS {
                    scored.push((weight(&both) / (all * others).sqrt(), b, h));
                }
            }
        }
        let (mut best_of_base, mut best_of_head) = (BTreeMap::new(), BTreeMap::new());
        for (score, b, h) in &scored {
            best_of_base.entry(*b).or_insert_with(Best::default).see(*score, *h);
            best_of_head.entry(*h).or_insert_with(Best::default).see(*score, *b);
        }
        let clear =
            |best: Option<&Best>, score: f64, with: usize| best.is_some_and(|b| b.second(with) <= score - MARGIN);
        for (score, b, h) in scored {
            if score >= RARE && clear(best_of_base.get(&b), score, h) && clear(best_of_head.get(&h), score, b) {
                self.pair(b, h);
            }
        }
    }

    /// An item rewritten beside one that stayed itself, wherever both went: most of the shorter one's words are in the other.
    fn by_neighbour(&mut self) {
        for b in self.free_base() {
            for before in [true, false] {
                let step = |at: usize, back: bool| if back { at.checked_sub(1) } else { Some(at + 1) };
                let neighbour = step(b, before).and_then(|near| Some((near, self.head_of(near)?)));
                let Some((near, partner)) = neighbour else { continue };
                let Some(h) = step(partner, !before) else { continue };
                if self.is_free(b, h)
                    && !self.told_apart(b, h)
                    && (self.base.get(near).zip(self.base.get(b))).is_some_and(|(x, y)| beside(x, y))
                    && (self.head.get(partner).zip(self.head.get(h))).is_some_and(|(x, y)| beside(x, y))
                    && (self.base_texts.get(b).zip(self.head_texts.get(h))).is_some_and(|(x, y)| mostly_kept(x, y))
                {
                    self.pair(b, h);
                }
            }
        }
    }
}

/// The two best scores of one item, and with whom the best is.
#[derive(Default)]
struct Best {
    first: Option<(f64, usize)>,
    second: f64,
}

impl Best {
    fn see(&mut self, score: f64, with: usize) {
        match self.first {
            Some((best, _)) if score <= best => self.second = self.second.max(score),
            Some((best, _)) => {
                self.second = self.second.max(best);
                self.first = Some((score, with));
            }
            None => self.first = Some((score, with)),
        }
    }

    /// The best score with anybody else.
    fn second(&self, with: usize) -> f64 {
        match self.first {
            Some((best, other)) if other != with => best,
            Some(_) | None => self.second,
        }
    }
}

fn beside(one: &super::Item, other: &super::Item) -> bool {
    one.section == other.section && one.parent == other.parent && one.depth == other.depth
}

fn mostly_kept(old: &Text<'_>, new: &Text<'_>) -> bool {
    let shared = old.shared(new);
    shared >= 3 && float(shared) >= 0.6 * float(old.words.len().min(new.words.len()))
}

/// What two sorted lists share.
fn in_both(one: &[usize], other: &[usize]) -> Vec<usize> {
    one.iter().filter(|word| other.binary_search(word).is_ok()).copied().collect()
}
