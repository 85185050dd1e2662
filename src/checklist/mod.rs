//! The checklist language: what is a section, an item, a directive, a problem.
//!
//! A checklist is plain GitHub Flavored Markdown. Nothing in this room ever fails on a user's text: [`parse::parse`]
//! returns the checklist and a list of [`Problem`]s. Nothing here re-serialises Markdown either: an item knows the bytes it
//! came from, and whoever edits a text edits those bytes and no others.

mod arguments;
mod block_stack;
pub mod blocks;
mod bullet_conversion;
mod commented_out;
mod compare;
pub mod diff;
pub mod directive;
pub mod file;
pub mod form;
pub mod front_matter;
pub mod globs;
pub mod identity;
pub mod invisible;
mod item_changes;
pub mod line_index;
mod links;
pub mod lint;
mod list_items;
pub mod matching;
pub mod parse;
pub mod placeholder;
mod position;
mod preprocess;
mod problem;
pub mod renames;
mod rewrites;
mod sections;
mod similarity;
pub mod spelling;
mod strikethrough;
pub mod verification;
mod word_diff;
pub(crate) mod yaml;

#[cfg(test)]
mod tests;

pub use problem::{Problem, Severity};

use directive::{Directives, Phase};
use front_matter::FrontMatter;
use identity::ItemId;
use std::ops::Range;
use std::sync::Arc;

/// One checklist file as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checklist {
    /// The YAML block of a GitHub issue template, where there is one.
    pub front_matter: Option<FrontMatter>,
    /// Where the Markdown begins: the byte after the byte order mark and the front matter.
    pub body_start: usize,
    /// Every heading outside lists and quotes, in order.
    pub sections: Vec<Section>,
    /// Every task list item, in order of the source.
    pub items: Vec<Item>,
    /// List items without a box whose text is struck out, and struck lines that are no list item any more: what is left of a
    /// skipped item in an issue. They are never items of a template.
    pub struck: Vec<Item>,
    /// Bullets without a box that are not nested in an item, in no order that matters.
    pub bullets: Vec<Arc<Group>>,
    /// Byte ranges of code, HTML blocks and comments, in order: no link or placeholder hint is looked for in them.
    pub verbatim: Vec<Range<usize>>,
    /// Inline links with a relative target: the byte range of the target in the source.
    pub relative_links: Vec<Range<usize>>,
}

/// A heading's part of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The heading's text without markup and comments.
    pub title: String,
    /// 1 to 6.
    pub level: u8,
    /// The index of the heading above it.
    pub parent: Option<usize>,
    /// Line of the heading, counted from 1.
    pub line: usize,
    /// The heading's own bytes.
    pub span: Range<usize>,
    /// What the comment on the heading says; inherited by the items and headings below.
    pub directives: Arc<Directives>,
}

/// One task list item with everything nested below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Stable name within the file.
    pub id: ItemId,
    /// The heading that it stands under.
    pub section: Option<usize>,
    /// The item that it is nested in.
    pub parent: Option<usize>,
    /// The bullets that it is nested in, outermost first: items and plain groups alike.
    pub groups: Vec<Arc<Group>>,
    /// 0 for a top-level item; plain bullets count too.
    pub depth: usize,
    /// The first paragraph as written, on one line, without HTML comments.
    pub text: String,
    /// The first paragraph without markup, case or trailing mentions: what identity and similarity look at.
    pub plain: String,
    /// Whether the box holds an `x`.
    pub checked: bool,
    /// The whole text, or its beginning, is struck out (`~~…~~`).
    pub struck: bool,
    /// What stands behind a struck text: the reason.
    pub behind_strike: String,
    /// Line of the box, counted from 1.
    pub line: usize,
    /// Byte offset of the one character between the brackets.
    pub box_at: usize,
    /// The item's bytes, its nested content included.
    pub span: Range<usize>,
    /// The end of the item's first line without trailing blanks, and without the directive comment: where a suffix goes.
    pub suffix_at: usize,
    /// What its own comment and those of the headings above say, resolved.
    pub directives: Arc<Directives>,
    /// The nested plain content (bullets, code, paragraphs) that belongs to it and is no item, as one normalised text.
    pub details: String,
}

/// A bullet by its text, with a box or without.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Its first paragraph without markup, case or trailing mentions, as in [`Item::plain`].
    pub plain: String,
    /// Its first paragraph as written, as in [`Item::text`].
    pub text: Arc<str>,
}

impl Checklist {
    /// The heading under which the next one of `level` will stand: up the line of those that are open, not through all.
    fn open_heading_above(&self, level: u8) -> Option<usize> {
        let mut parent = self.sections.len().checked_sub(1);
        while let Some(above) = parent.and_then(|at| self.sections.get(at)).filter(|s| s.level >= level) {
            parent = above.parent;
        }
        parent
    }

    /// The titles of the headings above `section`, outermost first, itself included.
    #[must_use]
    pub fn path(&self, section: Option<usize>) -> Vec<&str> {
        let mut titles = Vec::new();
        let mut next = section;
        while let Some(found) = next.and_then(|index| self.sections.get(index)) {
            titles.push(found.title.as_str());
            next = found.parent;
        }
        titles.reverse();
        titles
    }

    /// The phase of an item: what it says itself, or the headings above it say, else whether a heading above matches one of the
    /// configured globs of "after" sections (compared without case), else `before`.
    #[must_use]
    pub fn phase(&self, item: &Item, after: &globset::GlobSet) -> Phase {
        if let Some(phase) = item.directives.phase {
            return phase;
        }
        let matched = self.path(item.section).iter().any(|title| after.is_match(title.to_lowercase()));
        if matched { Phase::After } else { Phase::Before }
    }
}
