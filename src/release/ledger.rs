//! The ledger as evidence: what a line says, and the chain of hashes in which a line that was changed, taken out, put in or
//! moved shows.
//!
//! Each repository has a chain of its own. The hash of a line covers the hash of the line before it and everything that the
//! line says, its own position included. What the chain cannot show by itself is that lines were taken from its end, or that
//! all of it was written anew: for that, a hash that was noted earlier must still be part of it.
//! Pure: where lines are kept is the business of `store`.

pub use super::mark::MarkSource;

use super::mark::Mark;
use crate::ids::{AccountId, IssueNumber, RepositoryId, Timestamp};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Names the form of [`LedgerEntry::hash`]'s bytes, so that another form can never be taken for this one.
const FORM: &str = "holdpoint ledger 1\n";

/// The same of lines that say the number of an account: it comes last.
const NUMBERED_FORM: &str = "holdpoint ledger 2\n";

/// One line of the ledger, complete in itself: it can be read without the issue, and without the database's other tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The repository, whose chain it is in.
    pub repository: RepositoryId,
    /// Its place in that chain, from 1.
    pub position: u64,
    /// The repository's name when the line was written; `None` where it was not known.
    pub name: Option<String>,
    /// The store's own number of the release.
    pub release_id: i64,
    /// What people call the release.
    pub release: String,
    /// Name of the checklist.
    pub checklist: String,
    /// The released commit.
    pub commit: String,
    /// The issue.
    pub issue: Option<IssueNumber>,
    /// The item's stable name.
    pub item: String,
    /// Its text as it was asked for; `None` in lines from before texts were kept.
    pub text: Option<String>,
    /// What it became, as [`mark_text`] writes it.
    pub mark: String,
    /// How, as [`MarkSource::word`] says it.
    pub how: String,
    /// What was given as the reason, where the mark holds none: of an override, above all.
    pub reason: Option<String>,
    /// Why it does not count; `None` where it does.
    pub refused: Option<String>,
    /// Login of who did it, at that time.
    pub by: String,
    /// The number of that account; `None` in lines from before numbers were kept, and where GitHub says none.
    pub by_id: Option<AccountId>,
    /// When, by GitHub's clock.
    pub at: Timestamp,
    /// The delivery that told of it.
    pub delivery: String,
}

/// A mark as it is stored: JSON without spaces.
#[must_use]
pub fn mark_text(mark: &Mark) -> String {
    serde_json::to_string(mark).unwrap_or_default()
}

/// Reads a stored mark; one that cannot be read is none that could count.
#[must_use]
pub fn mark_of_text(text: &str) -> Mark {
    serde_json::from_str(text).unwrap_or(Mark::Missing)
}

/// Why a line does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Whoever did it may not: the reason as the line has it.
    Refused(String),
    /// What the item became cannot be read.
    UnreadableMark,
    /// The item was struck out, and no reason was given.
    NoReason,
}

impl LedgerEntry {
    /// What the item became; `None` where the stored mark cannot be read.
    #[must_use]
    pub fn change(&self) -> Option<Mark> {
        serde_json::from_str(&self.mark).ok()
    }

    /// The reason that was given: behind a struck item, or for an override.
    #[must_use]
    pub fn given_reason(&self) -> Option<String> {
        match self.change() {
            Some(Mark::Skipped(reason)) if !reason.is_empty() => Some(reason),
            Some(Mark::Open | Mark::Done | Mark::Skipped(_) | Mark::Missing | Mark::Reworded) | None => {
                self.reason.clone()
            }
        }
    }

    /// Why the line does not count; `None` where it does.
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        if let Some(why) = &self.refused {
            return Some(Rejection::Refused(why.clone()));
        }
        match self.change() {
            None => Some(Rejection::UnreadableMark),
            Some(Mark::Skipped(_)) if self.given_reason().is_none() => Some(Rejection::NoReason),
            Some(Mark::Open | Mark::Done | Mark::Skipped(_) | Mark::Missing | Mark::Reworded) => None,
        }
    }

    /// The line's hash, behind a line with this one. Numbers are written as decimals, and every field as its length in bytes,
    /// a colon, itself and a comma; one that is not there as `-,`. So no two lines have the same bytes.
    #[must_use]
    pub fn hash(&self, previous: LineHash) -> LineHash {
        let mut hasher = Sha256::new();
        hasher.update(if self.by_id.is_some() { NUMBERED_FORM } else { FORM }.as_bytes());
        let mut field = |value: Option<&str>| match value {
            Some(text) => {
                hasher.update(format!("{}:", text.len()).as_bytes());
                hasher.update(text.as_bytes());
                hasher.update(b",");
            }
            None => hasher.update(b"-,"),
        };
        // Taken apart, so that a new field cannot be forgotten here.
        let Self {
            repository,
            position,
            name,
            release_id,
            release,
            checklist,
            commit,
            issue,
            item,
            text,
            mark,
            how,
            reason,
            refused,
            by,
            by_id,
            at,
            delivery,
        } = self;
        field(Some(&previous.to_string()));
        field(Some(&repository.to_string()));
        field(Some(&position.to_string()));
        field(name.as_deref());
        field(Some(&release_id.to_string()));
        field(Some(release));
        field(Some(checklist));
        field(Some(commit));
        field(issue.map(|n| n.to_string()).as_deref());
        field(Some(item));
        field(text.as_deref());
        field(Some(mark));
        field(Some(how));
        field(reason.as_deref());
        field(refused.as_deref());
        field(Some(by));
        field(Some(&at.0.to_string()));
        field(Some(delivery));
        if let Some(id) = by_id {
            field(Some(&id.to_string()));
        }
        LineHash(hasher.finalize().into())
    }
}

/// The SHA-256 of a line and all lines before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What stands before the first line of every chain.
    pub const START: Self = Self([0; 32]);

    /// From its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From its 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineHash({self})")
    }
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// Another line stands where this one should.
    Position {
        /// The position that comes next.
        expected: u64,
        /// The one that was found.
        found: u64,
    },
    /// A line does not fit its hash, or the line before it.
    Hash {
        /// The line's position.
        position: u64,
        /// The hash that follows from what the line says.
        expected: LineHash,
        /// The hash that stands there.
        found: Option<LineHash>,
    },
}

/// The last line of a chain, which stands for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many lines there are.
    pub position: u64,
    /// The hash of the last.
    pub hash: LineHash,
}

impl Head {
    /// What stands before the first line of every chain.
    pub const START: Self = Self { position: 0, hash: LineHash::START };
}

/// Follows a chain from its first line, and remembers the first place where it is broken.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    head: Head,
    broken: Option<Break>,
}

impl Default for ChainVerifier {
    fn default() -> Self {
        Self::behind(Head::START)
    }
}

impl ChainVerifier {
    /// Follows a chain from the line behind this one, which has to be taken as it is.
    #[must_use]
    pub fn behind(head: Head) -> Self {
        Self { head, broken: None }
    }

    /// Takes the next line, with the hash that stands beside it.
    pub fn next(&mut self, line: &LedgerEntry, found: Option<LineHash>) {
        let next = self.head.position + 1;
        let expected = line.hash(self.head.hash);
        let broken = if line.position != next {
            Some(Break::Position { expected: next, found: line.position })
        } else if found != Some(expected) {
            Some(Break::Hash { position: next, expected, found })
        } else {
            None
        };
        self.broken = self.broken.take().or(broken);
        self.head = Head { position: line.position, hash: found.unwrap_or(expected) };
    }

    /// The last line that was taken.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The first place where the chain is broken; `None` where it is whole so far.
    #[must_use]
    pub fn broken(&self) -> Option<&Break> {
        self.broken.as_ref()
    }
}
