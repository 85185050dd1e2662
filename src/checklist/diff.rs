//! What changed between two versions of a checklist, item by item: what a reviewer wants to know instead of lines.
//!
//! White space, list markers, numbering and the places of line breaks are no change. A diff is a value; how it looks is the
//! business of `message`.

use super::directive::Phase;
use super::{Checklist, identity};
use serde::{Serialize, Serializer};
use std::sync::Arc;

pub use super::compare::diff;
pub use super::links::LinkChange;
pub use super::word_diff::{Word, WordKind, words};

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Facet {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text changed.
    Reworded {
        /// The two texts, word by word; of a link what is read.
        words: Vec<Word>,
    },
    /// It stands under another heading.
    Moved {
        /// The path of the heading that it stood under; empty where there was none.
        from: Vec<String>,
    },
    /// It stands elsewhere in its section.
    Reordered,
    /// It is nested under another item or bullet, or no longer.
    Renested,
    /// It became optional, or required.
    Optional {
        /// What it is now.
        now: bool,
    },
    /// The gate that waits for it changed.
    Phase {
        /// What it is now.
        now: Phase,
    },
    /// Other people may tick it.
    Owners {
        /// Who may now.
        now: Vec<String>,
    },
    /// Another directive changed: conditions, verification, group or the rule of two people.
    Rule {
        /// The directive's word.
        which: String,
        /// What stands there now, as in a file; empty where nothing does.
        now: Vec<String>,
    },
    /// A plain bullet that it is nested in was reworded; told of the first item below it.
    Above {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// The plain text nested under it changed.
    Details {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// Of its text only the numbers of versions changed.
    Versions {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// Links in its text lead elsewhere.
    Links {
        /// Those that do.
        links: Vec<LinkChange>,
    },
    /// Of its text only small and capital letters changed.
    Case {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// Of its text only markup or the punctuation at its end changed.
    Markup {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// The two texts look the same, and are not: they differ in characters that nobody sees.
    Invisible {
        /// Names of such characters in the old text, `U+200B`.
        gone: Vec<String>,
        /// Names of such characters in the new text.
        new: Vec<String>,
    },
    /// The box is ticked in the file, or no longer.
    Ticked {
        /// What it is now.
        now: bool,
    },
}

/// One item that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemChange {
    /// The item's text: the new one where there is one.
    pub text: String,
    /// Texts of the bullets that it is nested in, outermost first.
    #[serde(serialize_with = "texts")]
    pub under: Vec<Arc<str>>,
    /// The item's id in the version that it stands in.
    pub id: identity::ItemId,
    /// What it was in the old version; nothing for a new item.
    pub was: Option<OldItem>,
    /// Line in the new version; in the old one for a removed item.
    pub line: usize,
    /// Whether the gate waited for it: neither optional nor for after the release. Of the old version for a removed item.
    pub required: bool,
    /// It stands in both versions, and the gate waits for it no more.
    pub no_longer_required: bool,
    /// The phase, likewise.
    pub phase: Phase,
    /// What an added item was before, and what a removed one is now, where its text stands in the other version all the same.
    pub instead: Option<Remnant>,
    /// How many items below it moved along with it.
    pub below: usize,
    /// All that happened to it, the weightiest first.
    pub facets: Vec<Facet>,
}

fn texts<S: Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| &**text))
}

/// What stands instead of an item in the version that it is no item of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Remnant {
    /// A plain bullet: only its box came or went.
    Bullet,
    /// An HTML comment with the item in it.
    Comment,
}

/// An item in the old version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OldItem {
    /// Its id.
    pub id: identity::ItemId,
    /// Its line.
    pub line: usize,
    /// Its text.
    pub text: String,
}

/// Changes that seldom matter, and of which there are often many at once: they are told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CosmeticChange {
    /// Only links lead elsewhere.
    Links,
    /// Only numbers of versions changed.
    Versions,
    /// Only small and capital letters changed.
    Case,
    /// Only markup changed.
    Markup,
}

impl ItemChange {
    /// Which quiet change this is, if nothing else happened to the item.
    #[must_use]
    pub fn quiet(&self) -> Option<CosmeticChange> {
        match self.facets.as_slice() {
            [Facet::Links { .. }] => Some(CosmeticChange::Links),
            [Facet::Versions { .. }] => Some(CosmeticChange::Versions),
            [Facet::Case { .. }] => Some(CosmeticChange::Case),
            [Facet::Markup { .. }] => Some(CosmeticChange::Markup),
            _ => None,
        }
    }

    /// It weakens the gate: it was required, and is gone or is not any more.
    #[must_use]
    pub fn weakens(&self) -> bool {
        self.no_longer_required || (self.required && self.facets.contains(&Facet::Removed))
    }
}

/// The changed items under one heading.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SectionChange {
    /// Path of the heading in the new version; in the old one where the section is gone.
    pub path: Vec<String>,
    /// The title that it had, where it was renamed.
    pub renamed_from: Option<String>,
    /// The heading is new, or gone.
    pub existence: Option<FileStatus>,
    /// It stands elsewhere among the headings around it, with all that is in it.
    pub moved: bool,
    /// Items that only came under a new heading, or lost one that is gone: they stand where they stood.
    pub kept: usize,
    /// The items that changed, in order of the file.
    pub items: Vec<ItemChange>,
}

/// A heading that is only in one of the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// How many items changed in which way; an item that was moved and reworded counts in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New items.
    pub added: usize,
    /// Items that are gone.
    pub removed: usize,
    /// Removed items that the gate waited for.
    pub removed_required: usize,
    /// Items that stand, and that the gate waits for no more.
    pub no_longer_required: usize,
    /// Items with another text.
    pub reworded: usize,
    /// Items under another heading or in another order or nesting.
    pub moved: usize,
    /// Items whose rules (optional, phase, owner, conditions) changed.
    pub rules: usize,
    /// Items of which nested text changed.
    pub details: usize,
    /// Plain bullets above items that were reworded.
    pub bullets_reworded: usize,
    /// Items of which only links lead elsewhere.
    pub links: usize,
    /// Items of which only numbers of versions changed.
    pub versions: usize,
    /// Items of which only markup or the case of letters changed.
    pub markup: usize,
    /// Items that look the same, and differ in characters that nobody sees.
    pub invisible: usize,
    /// Items whose box is ticked in the file now, or no longer.
    pub ticked: usize,
    /// Renamed headings.
    pub sections_renamed: usize,
    /// Headings in another order.
    pub sections_moved: usize,
    /// Added items that were plain bullets.
    pub boxes_got: usize,
    /// Removed items that are plain bullets now.
    pub boxes_lost: usize,
    /// Those of them that the gate waited for.
    pub boxes_lost_required: usize,
    /// Removed items that stand in a comment now.
    pub commented_out: usize,
    /// Those of them that the gate waited for.
    pub commented_out_required: usize,
    /// Items of the old version.
    pub items_before: usize,
    /// Items of the new version.
    pub items_after: usize,
}

/// The difference of two versions of one checklist.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// The numbers of the headline.
    pub counts: Counts,
    /// Changed sections in order of the new version; those that are gone stand where they were.
    pub sections: Vec<SectionChange>,
}

impl Diff {
    /// Nothing that a reviewer would have to know.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Something that weakens the gate: a required item removed, commented out, without its box, made optional or put off until
    /// after the release.
    #[must_use]
    pub fn weakens(&self) -> bool {
        self.sections.iter().flat_map(|section| &section.items).any(ItemChange::weakens)
    }
}

/// A version of a file, and the configured headings of the phase "after" that hold for it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'c> {
    /// The file's text.
    pub text: &'c str,
    /// The file as parsed.
    pub list: &'c Checklist,
    /// Globs of headings whose items belong to the phase "after", in lower case.
    pub after: &'c globset::GlobSet,
}
