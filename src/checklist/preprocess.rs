//! A text as the Markdown parser gets it, and the way back to the bytes that people wrote.
//!
//! What GitHub counts as the same is made the same before parsing: a tab before a text is as many blanks as it is wide, a
//! carriage return alone ends a line, and lines that are struck out whole are blank. What the parser takes for a box and
//! GitHub does not, it does not get to see. Knows nothing of items.

use super::strikethrough;
use std::borrow::Cow;
use std::ops::Range;

/// A text ready to be parsed.
pub(super) struct Ready<'t> {
    pub(super) text: Cow<'t, str>,
    /// The lines that are struck out, in bytes of the source.
    pub(super) struck: Vec<Range<usize>>,
    /// For each tab that became blanks: where it ends in the text, and in the source.
    tabs: Vec<(usize, usize)>,
}

impl<'t> Ready<'t> {
    pub(super) fn of(source: &'t str) -> Self {
        let struck = strikethrough::lines(source);
        let as_it_is =
            !source.contains(['\t', '\r', '\u{b}', '\u{c}']) && !source.contains("]\n") && !source.ends_with(']');
        if struck.is_empty() && as_it_is {
            return Self { text: Cow::Borrowed(source), struck, tabs: Vec::new() };
        }
        let mut text = String::with_capacity(source.len() + 64);
        let mut tabs = Vec::new();
        let mut blanked = struck.iter().peekable();
        let (mut column, mut before_text) = (0, true);
        let mut chars = source.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if blanked.peek().is_some_and(|range| range.end <= at) {
                blanked.next();
            }
            if blanked.peek().is_some_and(|range| range.contains(&at)) {
                text.extend(std::iter::repeat_n(' ', c.len_utf8()));
                continue;
            }
            match c {
                '\n' | '\r' => {
                    let alone = c == '\r' && chars.peek().is_none_or(|(_, next)| *next != '\n');
                    text.push(if alone { '\n' } else { c });
                    (column, before_text) = (0, true);
                }
                '\t' if before_text => {
                    let width = 4 - column % 4;
                    text.extend(std::iter::repeat_n(' ', width));
                    column += width;
                    tabs.push((text.len(), at + 1));
                }
                _ if before_text && c == '[' && is_no_box(source.get(at..).unwrap_or_default()) => {
                    text.push_str("[-");
                    chars.next();
                    before_text = false;
                }
                _ => {
                    // What may stand before a text: quotes and the markers of lists.
                    before_text &= matches!(c, ' ' | '>' | '-' | '*' | '+' | '.' | ')' | '0'..='9');
                    column += 1;
                    text.push(c);
                }
            }
        }
        Self { text: Cow::Owned(text), struck, tabs }
    }

    /// The bytes of the source that a range of the text came from.
    pub(super) fn back(&self, range: &Range<usize>) -> Range<usize> {
        self.byte(range.start)..self.byte(range.end)
    }

    fn byte(&self, at: usize) -> usize {
        let next = self.tabs.partition_point(|(end, _)| *end <= at);
        let (text, source) = next.checked_sub(1).and_then(|last| self.tabs.get(last)).copied().unwrap_or_default();
        let byte = source + (at - text);
        // Within a tab is at the tab.
        self.tabs.get(next).map_or(byte, |(_, end)| byte.min(end - 1))
    }
}

/// Whether this looks like a box to the parser alone: other white space in it than a blank, or the end of the line behind it.
/// It would end the list item there.
fn is_no_box(text: &str) -> bool {
    match text.as_bytes() {
        [_, b'\t' | 0x0b | 0x0c, b']', ..] | [_, b' ' | b'x' | b'X', b']'] => true,
        [_, b' ' | b'x' | b'X', b']', behind, ..] => matches!(behind, b'\n' | b'\r'),
        _ => false,
    }
}
