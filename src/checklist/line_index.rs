//! Bytes to lines and columns, for problems.
//!
//! Knows nothing of Markdown.

use super::{Problem, Severity};
use std::ops::Range;

/// Where a byte stands, in lines and characters from 1. A line ends where git ends it: at `\\n`.
#[derive(Debug)]
pub struct Lines {
    starts: Vec<usize>,
    /// How many characters begin before each [`STEP`]th byte: a line may be as long as the text, and have many problems.
    characters: Vec<usize>,
}

const STEP: usize = 512;

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

impl Lines {
    /// Indexes a text once.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let steps = text.as_bytes().chunks(STEP).scan(0, |sum, chunk| {
            let before = *sum;
            *sum += characters(chunk);
            Some(before)
        });
        Self { starts: std::iter::once(0).chain(breaks).collect(), characters: steps.collect() }
    }

    /// The line of a byte.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The byte at which a line starts.
    #[must_use]
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The column of a byte.
    #[must_use]
    pub fn column(&self, text: &str, at: usize) -> usize {
        let start = self.start(self.line(at));
        self.before(text, at).saturating_sub(self.before(text, start)) + 1
    }

    /// How many characters begin before a byte.
    fn before(&self, text: &str, at: usize) -> usize {
        let step = (at / STEP).min(self.characters.len().saturating_sub(1));
        let rest = text.as_bytes().get(step * STEP..at).unwrap_or_default();
        self.characters.get(step).copied().unwrap_or_default() + characters(rest)
    }

    /// A problem that underlines the given bytes.
    #[must_use]
    pub fn problem(
        &self,
        text: &str,
        severity: Severity,
        span: &Range<usize>,
        message: String,
        hint: String,
    ) -> Problem {
        let width = text.get(span.clone()).and_then(|s| s.lines().next()).map_or(1, |s| s.chars().count().max(1));
        Problem { severity, line: self.line(span.start), column: self.column(text, span.start), width, message, hint }
    }
}
