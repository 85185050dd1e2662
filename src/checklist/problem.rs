//! What is wrong in a user's text, and where.

use serde::Serialize;

/// How much a [`Problem`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A suggestion for whoever writes the file: it never counts, and reviewers of a change find it folded away.
    Note,
    /// Worth a look; a release would still come out as its authors meant.
    Warning,
    /// A release made from this text would be wrong; the review check fails.
    Error,
}

/// Something wrong in a user's text. Never an `Err`: the text is read all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it breaks a release.
    pub severity: Severity,
    /// Line, counted from 1.
    pub line: usize,
    /// First column of the offending text in characters, counted from 1.
    pub column: usize,
    /// How many characters to underline; at least 1.
    pub width: usize,
    /// One sentence that says what is wrong.
    pub message: String,
    /// One sentence that says what to do about it.
    pub hint: String,
}
