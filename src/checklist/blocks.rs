//! Where a text can be cut without cutting a block: before headings, before top-level blocks, and between the entries of
//! top-level lists. Nothing is ever cut out of an item.
//!
//! Knows nothing of limits, and of nothing that is longer than it should be.

use super::preprocess::Ready;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// A piece of a text, from its first line up to the next piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where its first line begins, in bytes.
    pub start: usize,
    /// The rank of the heading that it is, 1 being the highest.
    pub heading: Option<u8>,
    /// How many more `<details>` it opens than it closes.
    pub folds: isize,
}

/// The pieces of a text in order. They cover all of it from the first one on.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "all other events and tags are inside of a block")]
pub fn blocks(source: &str) -> Vec<Block> {
    let ready = Ready::of(source);
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut found: Vec<Block> = Vec::new();
    // Of each open container: whether it is a list at the top level.
    let mut open: Vec<bool> = Vec::new();
    let mut begin = |at: usize, heading: Option<u8>| {
        let line = source.get(..at).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |end| end + 1);
        if found.last().is_none_or(|last| last.start < line) {
            found.push(Block { start: line, heading, folds: 0 });
        }
    };
    let mut folds: Vec<(usize, isize)> = Vec::new();
    for (event, range) in Parser::new_ext(&ready.text, options).into_offset_iter() {
        let at = ready.back(&range).start;
        match event {
            Event::Start(tag) => {
                let top_list = open.is_empty() && matches!(tag, Tag::List(_));
                match tag {
                    Tag::Heading { level, .. } if open.is_empty() => begin(at, Some(level as u8)),
                    Tag::Item if open.as_slice() == [true] => begin(at, None),
                    _ if open.is_empty() && !top_list => begin(at, None),
                    _ => {}
                }
                open.push(top_list);
            }
            Event::End(_) => drop(open.pop()),
            Event::Rule if open.is_empty() => begin(at, None),
            Event::Html(html) if open.len() == 1 => {
                let html = html.to_ascii_lowercase();
                let more = html.matches("<details").count().cast_signed();
                folds.push((at, more - html.matches("</details").count().cast_signed()));
            }
            _ => {}
        }
    }
    for (at, more) in folds {
        let block = found.partition_point(|block| block.start <= at).checked_sub(1);
        if let Some(block) = block.and_then(|n| found.get_mut(n)) {
            block.folds += more;
        }
    }
    found
}

/// The lines that define where `[text][name]` leads, in bytes: cut off from them, such links are plain text.
#[must_use]
pub fn definitions(source: &str) -> Vec<std::ops::Range<usize>> {
    let ready = Ready::of(source);
    let parser = Parser::new_ext(&ready.text, Options::empty());
    let mut found: Vec<_> = parser.reference_definitions().iter().map(|(_, def)| ready.back(&def.span)).collect();
    found.sort_by_key(|range| range.start);
    found
}
