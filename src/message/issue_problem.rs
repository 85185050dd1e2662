//! Why a release has no issue though there should be one: for the gate, for the command line, and as a problem of a file
//! before there is a release.
//!
//! Decides nothing: `release` says which case it is.

use crate::checklist::lint::grouped;
use crate::checklist::{Problem, Severity};
use crate::release::issue_body::LIMIT;
use crate::release::issue_problem::IssueProblem;
use crate::release::parts::MAX_PARTS;
use crate::release::placeholder::{harmless_cut, span};

/// Characters of an item that are shown where it is too long.
const LONGEST_QUOTED: usize = 80;

/// Characters of a branch's name that are shown.
const LONGEST_BRANCH: usize = 160;

/// Why there is no issue: what is the matter, and mostly behind a colon, what to do.
#[must_use]
pub fn sentence(problem: &IssueProblem) -> String {
    let limit = grouped(LIMIT);
    match problem {
        IssueProblem::EmptyTemplate { path } => format!("the template `{path}` is empty"),
        IssueProblem::NoItems { path } => format!("the template `{path}` has no items"),
        IssueProblem::UnreadableForm { path, line, message } => {
            format!("`{path}` cannot be used: line {line}: {message}")
        }
        IssueProblem::NoPlaceForRequired { path, branch } => {
            let branch = harmless_cut(branch, LONGEST_BRANCH);
            format!(
                "`{path}` of the branch `{branch}` requires items that the checklist of this commit lacks, and they cannot be put into one issue: bring the commit's checklist up to date"
            )
        }
        IssueProblem::NoPlaceForAllRequired => {
            "what the branch requires cannot be put into one issue: bring the commit's checklist up to date".to_owned()
        }
        IssueProblem::TooLong { text } => {
            let what = span(text, LONGEST_QUOTED);
            format!("{what} and what belongs to it is longer than the {limit} characters that Holdpoint puts into an issue: shorten it, or make it several items")
        }
        IssueProblem::TooManyParts { parts } => format!(
            "its text would need {parts} issues of {limit} characters, and {MAX_PARTS} are the most: shorten it"
        ),
        IssueProblem::DiffersInParts => format!(
            "its text is longer than the {limit} characters that Holdpoint puts into an issue, and cut into parts it would not ask for the same: shorten it"
        ),
        IssueProblem::LeftOpen { path } => format!(
            "`{path}` leaves a code fence, a comment or an HTML block open, and what follows it would be lost"
        ),
        IssueProblem::DiffersTogether => {
            "put together in one issue, its files would not ask for what they ask for one by one: look at their headings and lists".to_owned()
        }
    }
}

/// The same as an error of a file with this text, on the line that the sentence quotes.
#[must_use]
pub fn in_text(problem: &IssueProblem, text: &str) -> Problem {
    let why = sentence(problem);
    // It quotes the beginning of what is too long.
    let quoted = why.split('`').nth(1).and_then(|text| text.split('…').next()).unwrap_or_default();
    let line = text.lines().position(|line| !quoted.is_empty() && line.contains(quoted)).map_or(1, |at| at + 1);
    error(&why, line)
}

/// The same as an error of a file, on its first line.
#[must_use]
pub fn of_file(problem: &IssueProblem) -> Problem {
    error(&sentence(problem), 1)
}

fn error(why: &str, line: usize) -> Problem {
    let (message, hint) = why.split_once(": ").unwrap_or((why, "correct it"));
    Problem {
        severity: Severity::Error,
        line,
        column: 1,
        width: 1,
        message: message.to_owned(),
        hint: format!("no issue could be opened, and the gate would stay shut: {hint}"),
    }
}
