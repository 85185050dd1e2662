//! What is open while the parser walks the Markdown: lists, bullets, quotes, and the inline text being collected.
//!
//! Holds state; decides nothing.

use std::ops::Range;

/// What is open while walking the events.
pub(super) enum Frame {
    List,
    /// A list item with or without a box.
    Bullet(Bullet),
    Quote,
    Paragraph,
}

pub(super) struct Bullet {
    pub(super) span: Range<usize>,
    /// Index into `items` once a box was found.
    pub(super) item: Option<usize>,
    /// Byte of the character in the box.
    pub(super) box_at: Option<usize>,
    pub(super) checked: bool,
    /// Still in the first paragraph.
    pub(super) open: bool,
    pub(super) first: Inline,
    pub(super) details: String,
    pub(super) depth: usize,
    pub(super) quoted: bool,
}

/// The inline content of a first paragraph or of a heading.
#[derive(Default)]
pub(super) struct Inline {
    pub(super) start: Option<usize>,
    pub(super) end: usize,
    pub(super) plain: String,
    pub(super) comments: Vec<Range<usize>>,
    pub(super) struck_from_start: bool,
    pub(super) behind_strike: String,
    pub(super) strikes: usize,
}

impl Inline {
    pub(super) fn touch(&mut self, range: &Range<usize>) {
        self.start.get_or_insert(range.start);
        self.end = self.end.max(range.end);
    }

    pub(super) fn say(&mut self, text: &str) {
        if self.struck_from_start && self.strikes == 0 {
            self.behind_strike.push_str(text);
        }
        self.plain.push_str(text);
    }
}
