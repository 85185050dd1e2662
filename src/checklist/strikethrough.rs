//! Lines that people strike out whole, `~~- [ ] text~~`: one of the spellings of "skipped".
//!
//! Finds them; what they mean is for whoever reads the issue.

use std::ops::Range;

/// People strike a whole line out as `~~- [ ] text~~`. That is no list item any more, and GFM glues it to the item above it
/// as lazy text. It is blanked before parsing, which keeps the neighbour's text clean.
pub(super) fn lines(body: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with('~') && trimmed.ends_with('~') && is_struck_box(trimmed) {
            let start = at + (line.len() - line.trim_start().len());
            found.push(start..start + trimmed.len());
        }
        at += line.len();
    }
    found
}

fn is_struck_box(trimmed: &str) -> bool {
    let inner = trimmed.trim_start_matches('~');
    let strikes = trimmed.len() - inner.len();
    if !(1..=2).contains(&strikes) || inner.len() < 2 {
        return false;
    }
    let mut chars = inner.chars();
    matches!(chars.next(), Some('-' | '*' | '+'))
        && chars.next() == Some(' ')
        && chars.next() == Some('[')
        && matches!(chars.next(), Some(' ' | 'x' | 'X'))
        && chars.next() == Some(']')
}
