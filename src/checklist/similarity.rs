//! Texts as numbered words, and the search for texts that share words: no pair is looked at that has nothing in common, and
//! however many texts there are, one text is compared with few others.
//!
//! Knows nothing of items or sections.

use std::collections::BTreeMap;

/// Numbers for words; the same word has the same number in every text that one reader read.
#[derive(Debug, Default)]
pub(super) struct Reader<'t> {
    numbers: BTreeMap<&'t str, usize>,
}

/// A text as words.
#[derive(Debug)]
pub(super) struct Text<'t> {
    raw: &'t str,
    /// As they follow one another.
    pub(super) words: Vec<usize>,
    /// The same, sorted.
    sorted: Vec<usize>,
}

impl<'t> Reader<'t> {
    /// Splits at everything that is neither letter nor digit, and between characters that are words by themselves.
    pub(super) fn read(&mut self, raw: &'t str) -> Text<'t> {
        let mut words = Vec::new();
        for run in raw.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            let mut rest = run;
            while let Some(first) = rest.chars().next() {
                let end = if is_a_word(first) { first.len_utf8() } else { rest.find(is_a_word).unwrap_or(rest.len()) };
                let (word, behind) = rest.split_at(end);
                let next = self.numbers.len();
                words.push(*self.numbers.entry(word).or_insert(next));
                rest = behind;
            }
        }
        let mut sorted = words.clone();
        sorted.sort_unstable();
        Text { raw, words, sorted }
    }

    /// A number for a whole text, the same for equal ones.
    pub(super) fn number(&mut self, whole: &'t str) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(whole).or_insert(next)
    }

    /// All numbers are below this.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }
}

/// Characters of scripts that put no blanks between words.
fn is_a_word(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

impl Text<'_> {
    /// 0 for nothing in common, 1 for the same words: twice the shared words over all words. A text that the other one only
    /// continues counts as nearly the same, however long the continuation.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        if self.raw == other.raw {
            return 1.0;
        }
        let (own, theirs) = (self.sorted.len(), other.sorted.len());
        if own == 0 || theirs == 0 {
            return 0.0;
        }
        let long_enough = self.raw.len().min(other.raw.len()) >= 12;
        let continued = long_enough && (continues(self.raw, other.raw) || continues(other.raw, self.raw));
        let least = if continued { 0.9 } else { 0.0 };
        // Of texts of very different length only the continued ones can be alike: no need to count.
        if own.min(theirs) * 4 < own.max(theirs) {
            return least;
        }
        let dice = 2.0 * float(self.shared(other)) / float(own + theirs);
        dice.max(least)
    }

    /// How many words both have, a word that both have twice counted twice.
    pub(super) fn shared(&self, other: &Self) -> usize {
        let (mut i, mut j, mut shared) = (0, 0, 0);
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
        shared
    }

    /// Its different words, sorted.
    pub(super) fn vocabulary(&self) -> Vec<usize> {
        let mut words = self.sorted.clone();
        words.dedup();
        words
    }
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

/// Whether `text` is `template` with something typed behind it: evidence, a name, a reason.
#[must_use]
pub fn continues(template: &str, text: &str) -> bool {
    text.strip_prefix(template).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric()))
}

/// Through so many entries of the index it is looked for one text's likes, the rarest words first …
const MOST_ENTRIES: usize = 640;
/// … and so many of those found are compared.
const MOST_LIKES: usize = 40;

/// Which texts have a word, for each group of texts.
#[derive(Debug)]
pub(super) struct Index {
    texts: BTreeMap<(usize, usize), Vec<usize>>,
    /// How many words of the one text that is asked for each text has; all 0 between two questions.
    shared: Vec<u32>,
}

impl Index {
    /// Of texts by their places, each with its group.
    pub(super) fn of<'x, 't: 'x>(texts: impl Iterator<Item = (usize, usize, &'x Text<'t>)>) -> Self {
        let mut index = Self { texts: BTreeMap::new(), shared: Vec::new() };
        for (at, group, text) in texts {
            for word in text.vocabulary() {
                index.texts.entry((group, word)).or_default().push(at);
            }
            index.shared.resize(index.shared.len().max(at + 1), 0);
        }
        index
    }

    /// Those of a group that share the most words with a text, the best first; of a few all that share any.
    pub(super) fn likes(&mut self, group: usize, text: &Text<'_>) -> Vec<usize> {
        let vocabulary = text.vocabulary();
        let mut lists: Vec<&Vec<usize>> =
            vocabulary.iter().filter_map(|word| self.texts.get(&(group, *word))).collect();
        lists.sort_by_key(|list| list.len());
        let mut found = Vec::new();
        for at in lists.into_iter().flatten().take(MOST_ENTRIES) {
            if let Some(shared) = self.shared.get_mut(*at) {
                if *shared == 0 {
                    found.push(*at);
                }
                *shared += 1;
            }
        }
        let count = |at: &usize| self.shared.get(*at).copied().unwrap_or_default();
        if found.len() > MOST_LIKES {
            found.select_nth_unstable_by_key(MOST_LIKES, |at| (std::cmp::Reverse(count(at)), *at));
        }
        let seen = found.clone();
        found.truncate(MOST_LIKES);
        found.sort_by_key(|at| (std::cmp::Reverse(count(at)), *at));
        for at in seen {
            if let Some(shared) = self.shared.get_mut(at) {
                *shared = 0;
            }
        }
        found
    }
}
