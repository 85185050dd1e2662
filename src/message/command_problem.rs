//! What is the matter with a line that begins with `/hp` and is no command: the answer to it.
//!
//! Decides nothing: `release/command.rs` says what could not be read.

use crate::release::command::{CommandProblem, WORDS};

/// Why a command cannot be read.
#[must_use]
pub fn sentence(problem: &CommandProblem) -> String {
    let needs = |command: &str, what: &str| format!("`/hp {command}` needs {what}");
    match problem {
        CommandProblem::NoItem { command } => needs(command, "an item: its number, or its id"),
        CommandProblem::NoItemToSkip => needs("skip", "an item, and the reason behind it"),
        CommandProblem::NoReasonToSkip => needs("skip", "a reason behind the item"),
        CommandProblem::NoReason { command } => needs(command, "a reason"),
        CommandProblem::MoreThanItems { text } => {
            format!("`/hp undo` takes items and nothing else, and not `{}`", tame(text))
        }
        CommandProblem::SeveralTargets => "`/hp open` takes one tag, branch or commit".to_owned(),
        CommandProblem::Unknown { word, nearest } => {
            let offer = nearest.map_or_else(
                || format!("known are {}", WORDS.join(", ")),
                |word| format!("did you mean `/hp {word}`?"),
            );
            format!("`/hp {}` is no command; {offer}", tame(word))
        }
    }
}

/// Somebody's word within code.
fn tame(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && *c != '`').take(60).collect()
}
