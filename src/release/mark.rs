//! What somebody did to an item, and how.

use serde::{Deserialize, Serialize};

/// What a reader of the issue sees of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// An empty box.
    Open,
    /// A ticked box.
    Done,
    /// Struck out, with what was typed behind it.
    Skipped(String),
    /// The item is not there any more.
    Missing,
    /// Its text is another one.
    Reworded,
}

/// How a line came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkSource {
    /// Somebody edited the issue: ticked a box, struck an item out, changed its text.
    Box,
    /// Somebody edited the issue and no delivery told of it: GitHub's edit history did.
    History,
    /// Somebody wrote a command in a comment.
    Comment,
    /// Holdpoint looked for itself.
    Verified,
    /// A maintainer let the release pass as it was.
    Override,
}

impl MarkSource {
    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Box, Self::History, Self::Comment, Self::Verified, Self::Override]
            .into_iter()
            .find(|how| how.word() == word)
    }

    /// Whether it was an edit of the text, which the text still shows.
    #[must_use]
    pub fn is_edit(self) -> bool {
        matches!(self, Self::Box | Self::History)
    }

    /// The word that is stored and printed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::History => "history",
            Self::Comment => "comment",
            Self::Verified => "verified",
            Self::Override => "override",
        }
    }
}
