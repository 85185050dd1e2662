//! What was found, put on lines and columns in one pass: a line of 64 KiB may hold thousands of findings.
//!
//! Knows no rule.

use super::super::{Problem, Severity};
use std::ops::Range;

struct Finding {
    severity: Severity,
    span: Range<usize>,
    message: String,
    hint: String,
}

/// Findings in one text.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    pub(super) fn note(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Note, span, message, hint);
    }

    pub(super) fn warn(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, span, message, hint);
    }

    pub(super) fn error(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, span, message, hint);
    }

    fn push(&mut self, severity: Severity, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Finding { severity, span, message: message.into(), hint: hint.into() });
    }

    /// As problems, in order of the text.
    pub(super) fn problems(mut self, source: &str) -> Vec<Problem> {
        self.found.sort_by_key(|finding| finding.span.start);
        let (mut at, mut line, mut column) = (0, 1, 1);
        let place = |finding: Finding| {
            for c in source.get(at..finding.span.start).unwrap_or_default().chars() {
                (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            at = finding.span.start.max(at);
            let Finding { severity, span, message, hint } = finding;
            let marked = source.get(span).and_then(|text| text.lines().next()).unwrap_or_default();
            Problem { severity, line, column, width: marked.chars().count().max(1), message, hint }
        };
        self.found.into_iter().map(place).collect()
    }
}

/// `1 box`, `2 boxes`.
pub(super) fn boxes_in_words(number: usize) -> String {
    if number == 1 { "a box".to_owned() } else { format!("{number} boxes") }
}
