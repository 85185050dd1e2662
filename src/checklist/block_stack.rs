//! What is open while the parser walks the Markdown: lists, bullets, quotes, and the inline text being collected.
//!
//! Holds state; decides nothing.

use super::Group;
use super::identity::Place;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

/// What is open while walking the events.
pub(super) enum Frame {
    List,
    /// A list item with or without a box.
    Bullet(Box<Bullet>),
    Quote,
    Paragraph,
}

pub(super) struct Bullet {
    pub(super) span: Range<usize>,
    /// Index into `items` once a box was found.
    pub(super) item: Option<usize>,
    pub(super) tick: Option<Tick>,
    /// Still in the first paragraph.
    pub(super) open: bool,
    /// What its first paragraph is, where that is a heading.
    pub(super) heading: Option<HeadingForm>,
    pub(super) first: Inline,
    pub(super) details: String,
    pub(super) depth: usize,
    pub(super) quoted: bool,
    /// The frame of the innermost bullet with a box, itself included.
    pub(super) holder: Option<usize>,
    /// Its text, once the first paragraph is over.
    pub(super) group: Arc<Group>,
    /// Where it stands, once the first paragraph is over.
    pub(super) above: Place,
    /// Where its children stand, once there are any.
    pub(super) place: OnceCell<Place>,
}

/// How a heading in a bullet is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadingForm {
    /// `# text`: nobody sees a box in it.
    Hashes,
    /// By the line below it.
    Underlined,
}

/// A box at the beginning of a bullet.
pub(super) struct Tick {
    /// Byte of the character in the box.
    pub(super) at: usize,
    pub(super) checked: bool,
    /// The line ends with it.
    pub(super) touching: bool,
    pub(super) doubt: Option<Ambiguity>,
}

/// Why GitHub's views do not agree whether a box is one. It is counted: a box too many shuts the gate, one too few opens it.
#[derive(Clone, Copy)]
pub(super) enum Ambiguity {
    /// `> - [ ] text`
    Quote,
    /// `- - [ ] text`
    TwoMarkers,
    /// The text begins on the line below the box.
    TextBelow,
    /// The box stands on the line below the bullet.
    BoxBelow,
    /// The line below makes a heading of it.
    Underlined,
}

impl Ambiguity {
    /// What is wrong, and what to do about it.
    pub(super) fn message_and_hint(self) -> (&'static str, &'static str) {
        match self {
            Self::Quote => {
                ("a box inside a quote: GitHub's views do not agree about it", "take the item out of the quote")
            }
            Self::TwoMarkers => (
                "a box behind two list markers: GitHub's views do not agree about it",
                "give the outer bullet a text, and the box a line of its own",
            ),
            Self::TextBelow => (
                "a box whose text is on the line below: GitHub's views do not agree about it",
                "write the text behind the box",
            ),
            Self::BoxBelow => (
                "a box on the line below its bullet: GitHub's views do not agree about it",
                "write both on one line: `- [ ] text`",
            ),
            Self::Underlined => (
                "a box in a heading: GitHub's views do not agree about it",
                "leave a blank line above the line of dashes or equals signs, or take that line away",
            ),
        }
    }
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
    /// What lies before this byte is the box, and no text.
    pub(super) from: usize,
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
