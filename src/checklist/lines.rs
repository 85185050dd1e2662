//! Bytes to lines and columns, for problems.
//!
//! Knows nothing of Markdown.

use super::{Problem, Severity};
use std::ops::Range;

/// Where a byte stands, in lines and characters from 1.
#[derive(Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Indexes a text once.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
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
        text.get(self.start(self.line(at))..at).map_or(1, |before| before.chars().count() + 1)
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
