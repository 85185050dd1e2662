//! Which of many texts a line continues, found by the line's beginnings: not by a search through all texts.
//!
//! A line has few beginnings that are texts: at most one for each length that occurs. Decides nothing about what that means.

use crate::checklist::matching::continues;
use std::collections::{BTreeMap, BTreeSet};

/// Texts that lines may continue, each with a number.
#[derive(Debug, Default)]
pub(super) struct Continued<'t> {
    numbers: BTreeMap<&'t str, usize>,
    lengths: BTreeSet<usize>,
}

impl<'t> Continued<'t> {
    /// The number of a text, the same for equal ones: the first is 0, and none is left out.
    pub(super) fn number(&mut self, text: &'t str) -> usize {
        self.lengths.insert(text.len());
        let next = self.numbers.len();
        *self.numbers.entry(text).or_insert(next)
    }

    /// Every text with its number.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'t str, usize)> {
        self.numbers.iter().map(|(text, number)| (*text, *number))
    }

    /// The numbers of the texts that a line continues.
    pub(super) fn begin(&self, line: &str) -> impl Iterator<Item = usize> {
        let begins = self.lengths.range(..=line.len()).filter_map(|length| line.get(..*length));
        begins.filter(|text| continues(text, line)).filter_map(|text| self.numbers.get(text).copied())
    }
}
