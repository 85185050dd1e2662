//! What people ask for in comments: lines that begin with `/hp`.
//!
//! Reads only. Quoted text, code and HTML comments hold no commands: a mail answer repeats what it answers, and an example is
//! no order. Who may, and what follows, is decided in `plan`.

use crate::checklist::directive::Phase;
use crate::checklist::spelling::nearest;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// The words that there are.
pub const WORDS: [&str; 9] =
    ["done", "undo", "skip", "override", "override-after", "open", "status", "recheck", "help"];

/// One command of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The items are done; what else was said of it.
    Done(Vec<String>, String),
    /// The items are not done, not skipped, not overridden.
    Undo(Vec<String>),
    /// The items are not needed this time, and why.
    Skip(Vec<String>, String),
    /// What is open of this phase needs not be done, and why.
    Override(Phase, String),
    /// A release is to be opened by hand: for a tag, a branch or a commit; `None` for what the comment stands under.
    Open(Option<String>),
    /// Say how far the release is.
    Status,
    /// Look again.
    Recheck,
    /// Say what can be said.
    Help,
    /// It cannot be read.
    Unclear(CommandProblem),
}

/// Why a command cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandProblem {
    /// `done` or `undo` names no item.
    NoItem {
        /// The command's word as it was written, in lower case.
        command: String,
    },
    /// `skip` names no item.
    NoItemToSkip,
    /// `skip` names items and no reason.
    NoReasonToSkip,
    /// An override has no reason.
    NoReason {
        /// The command's word.
        command: String,
    },
    /// `undo` has something behind its items.
    MoreThanItems {
        /// What was written there.
        text: String,
    },
    /// `open` has more than one word behind it.
    SeveralTargets,
    /// There is no such command.
    Unknown {
        /// The word that was written, in lower case.
        word: String,
        /// The command that is spelled nearly like it.
        nearest: Option<&'static str>,
    },
}

/// The commands of a comment, in order. More than [`MAX_COMMANDS`] are not read.
#[must_use]
pub fn commands(body: &str) -> Vec<Command> {
    let silent = silent(body);
    let mut at = 0;
    let mut found = Vec::new();
    for line in body.split_inclusive(['\n', '\r']) {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let Some(rest) = line.trim().strip_prefix("/hp") else { continue };
        if !(rest.is_empty() || rest.starts_with(char::is_whitespace)) || silent.iter().any(|r| r.contains(&start)) {
            continue;
        }
        found.push(command(rest.trim()));
        if found.len() == MAX_COMMANDS {
            break;
        }
    }
    found
}

/// So many commands of one comment are read.
pub const MAX_COMMANDS: usize = 50;

/// What holds no commands.
fn silent(body: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut quotes = 0_usize;
    for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::BlockQuote(_)) => {
                if quotes == 0 {
                    ranges.push(range);
                }
                quotes += 1;
            }
            Event::End(TagEnd::BlockQuote(_)) => quotes = quotes.saturating_sub(1),
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock)
            | Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_) => ranges.push(range),
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    ranges
}

fn command(text: &str) -> Command {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    match word.as_str() {
        "done" => match items(rest) {
            (items, _) if items.is_empty() => Command::Unclear(CommandProblem::NoItem { command: word }),
            (items, said) => Command::Done(items, said),
        },
        // What people write who look for `undo`.
        "undo" | "undone" | "untick" | "reopen" => match items(rest) {
            (items, _) if items.is_empty() => Command::Unclear(CommandProblem::NoItem { command: word }),
            (items, said) if said.is_empty() => Command::Undo(items),
            (_, text) => Command::Unclear(CommandProblem::MoreThanItems { text }),
        },
        "skip" => match items(rest) {
            (items, _) if items.is_empty() => Command::Unclear(CommandProblem::NoItemToSkip),
            (_, reason) if reason.is_empty() => Command::Unclear(CommandProblem::NoReasonToSkip),
            (items, reason) => Command::Skip(items, reason),
        },
        "override" | "override-after" if rest.is_empty() => {
            Command::Unclear(CommandProblem::NoReason { command: word })
        }
        "override" => Command::Override(Phase::Before, rest.to_owned()),
        // A word of its own: a reason may well begin with `after`.
        "override-after" => Command::Override(Phase::After, rest.to_owned()),
        "open" if rest.contains(char::is_whitespace) => Command::Unclear(CommandProblem::SeveralTargets),
        "open" => Command::Open((!rest.is_empty()).then(|| rest.to_owned())),
        "status" => Command::Status,
        "recheck" => Command::Recheck,
        "help" | "" => Command::Help,
        other => {
            let nearest = nearest(other, &WORDS);
            Command::Unclear(CommandProblem::Unknown { word, nearest })
        }
    }
}

/// The items at the beginning, and the rest. A comma joins items, and so do blanks where nothing but numbers follows: in
/// `3 2 servers are down` only the first word is an item.
fn items(text: &str) -> (Vec<String>, String) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        found.extend(item(word));
        rest = behind.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => break,
        }
    }
    let more: Option<Vec<Vec<String>>> =
        rest.split_whitespace().map(|word| numbers(word.trim_matches([',', '#']))).collect();
    if let Some(more) = more {
        found.extend(more.into_iter().flatten());
        rest = "";
    }
    (found, rest.trim_start_matches(['-', '–', '—', ':']).trim().to_owned())
}

fn item(word: &str) -> Vec<String> {
    let word = word.trim_end_matches(':');
    let number = numbers(word.trim_start_matches('#').trim_end_matches('.'));
    number.unwrap_or_else(|| if word.is_empty() { Vec::new() } else { vec![word.to_owned()] })
}

/// `7`, or `2-4` as its numbers; a range of more than 100 is none.
fn numbers(word: &str) -> Option<Vec<String>> {
    let number = |text: &str| -> Option<u32> {
        (!text.is_empty() && text.len() < 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    if let Some(one) = number(word) {
        return Some(vec![one.to_string()]);
    }
    let (from, to) = word.split_once('-')?;
    let (from, to) = (number(from)?, number(to)?);
    (from <= to && to - from < 100).then(|| (from..=to).map(|n| n.to_string()).collect())
}
