//! What the YAML reader says, in words for whoever wrote the file.
//!
//! Knows no file and none of its keys.

use super::problem::{Problem, Severity};
use super::spelling::nearest;

/// Of values that are of another kind than their key wants: what the reader says, what we say, and what helps.
const KINDS: [(&str, &str, &str); 6] = [
    ("expected mapping start", "keys are expected here", "write them below, indented, each as `key: value`"),
    ("expected sequence start", "a list is expected here", "begin each entry with `- `"),
    (
        "one text or a list of texts",
        "one text or a list of texts is expected here",
        "write `a` or `[a, b]`; a number needs quotes",
    ),
    ("externally tagged enum", "one word is expected here", "write the word alone, without brackets and braces"),
    ("invalid boolean", "`true` or `false` is expected here", "write `true` or `false`, without quotes"),
    (
        "expected string scalar",
        "a text is expected here",
        "write one text; one that begins with `{` or `[` needs quotes",
    ),
];

/// The same of text that is no YAML.
const FORM: [(&str, &str, &str); 12] = [
    ("tabs disallowed", "this line is indented with a tab", "indent with spaces"),
    (
        "unknown anchor",
        "a word that begins with `*` needs quotes",
        "write `\"*…\"`: without quotes `*` has a meaning in YAML",
    ),
    ("unexpected character: `@'", "a word that begins with `@` needs quotes", "write `\"@…\"`"),
    ("mapping values are not allowed", "`: ` is in a text without quotes", "put the text into quotes"),
    (
        "budget breached",
        "this holds or repeats more than can be read",
        "write it without `&` and `*`, or split the file",
    ),
    ("unclosed bracket", "this bracket is not closed", "close it; a text that begins with a bracket needs quotes"),
    (
        "did not find expected '-'",
        "the indentation of this line fits no line above it",
        "keys of one level begin in one column",
    ),
    ("expected key", "the indentation of this line fits no line above it", "keys of one level begin in one column"),
    ("expected ',' or '}'", "a comma or `}` is missing here", "text that holds braces or commas needs quotes"),
    ("expected ',' or ']'", "a comma or `]` is missing here", "text that holds brackets or commas needs quotes"),
    ("unclosed quote", "this quote is not closed", "close it with the sign that opens it"),
    ("recursion", "this is nested too deeply", "write it without the outer lists and keys"),
];

/// A problem of what the reader could not read, and whether it stands alone: the rest of the file can be read without it.
/// `manual` says where every key is told.
pub(crate) fn problem(text: &str, error: &serde_saphyr::Error, manual: &str) -> (Problem, bool) {
    let number = |n: u64| usize::try_from(n).unwrap_or(1);
    let (line, mut column) = error.location().map_or((1, 1), |at| (number(at.line()), number(at.column())));
    let line = git_line(text, line);
    let sentence = yaml_sentence(error);
    let rest = |column: usize| -> String {
        text.lines().nth(line.saturating_sub(1)).map_or_else(String::new, |l| l.chars().skip(column - 1).collect())
    };
    let key = rest(column.max(1));
    // The reader points at the key of a single value that it could not use; the mistake is the value.
    if (sentence.starts_with("unknown variant") || sentence.contains("one text or a list"))
        && let Some((key, value)) = key.split_once(": ").filter(|(key, _)| !key.contains([' ', ',', '[', '{']))
    {
        let blanks = value.len() - value.trim_start_matches(' ').len();
        column += key.chars().count() + 2 + blanks;
    }
    let value = rest(column.max(1));
    let width = value.chars().take_while(|c| !c.is_whitespace() && *c != ':').count().max(1);
    let (message, hint, alone) = words(&sentence, manual);
    (Problem { severity: Severity::Error, line, column, width, message, hint }, alone)
}

fn words(sentence: &str, manual: &str) -> (String, String, bool) {
    let quoted = sentence.split('`').nth(1).unwrap_or_default();
    if sentence.starts_with("unknown field") {
        let hint = elsewhere(quoted).unwrap_or_else(|| offer(quoted, sentence));
        return (format!("unknown field `{quoted}`"), hint, true);
    }
    if sentence.starts_with("unknown variant") {
        return (format!("`{quoted}` is no value of this key"), offer(quoted, sentence), true);
    }
    if let Some(key) = sentence.strip_prefix("duplicate mapping key: ") {
        return (format!("`{key}` is given twice"), "keep one of the two".to_owned(), true);
    }
    if sentence.starts_with("missing field") {
        return (format!("`{quoted}` is missing here"), format!("add `{quoted}:`"), false);
    }
    let said = |table: &[(&str, &str, &str)], alone: bool| {
        let found = table.iter().find(|(said, ..)| sentence.contains(said));
        found.map(|(_, message, hint)| ((*message).to_owned(), (*hint).to_owned(), alone))
    };
    said(&KINDS, true)
        .or_else(|| said(&FORM, false))
        .unwrap_or_else(|| (sentence.to_owned(), format!("see {manual} for every key and its values"), false))
}

/// Where a key belongs that is none here.
fn elsewhere(key: &str) -> Option<String> {
    Some(match key {
        "branches" | "environments" | "unreleased" | "incomplete" => format!("`{key}` belongs below `gate:`"),
        "on" | "match" | "prereleases" | "candidates" | "prerelease_words" => format!("`{key}` belongs below `open:`"),
        "title" | "labels" | "assignees" | "type" | "milestone" | "close" => format!("`{key}` belongs below `issue:`"),
        "by" | "bots" => format!("`{key}` belongs below `ticks:`"),
        "every" | "mention" => format!("`{key}` belongs below `remind:`"),
        "comment" | "tasks" => format!("`{key}` belongs below `pull_requests:`"),
        "paths" | "unless_label" => format!("`{key}` belongs to an entry of `require_steps:`"),
        "extends" | "checklists" | "pull_requests" | "require_steps" => {
            format!("`{key}` is at the left edge of the file")
        }
        "template" | "after" | "replace" | "steps" | "open" | "issue" | "gate" | "ticks" | "skip" | "remind" => {
            format!("`{key}` belongs to a checklist: `checklists:`, below it its name, below that `{key}:`")
        }
        _ => return None,
    })
}

/// The reader lists what it knows: the nearest of it, else all.
fn offer(typed: &str, sentence: &str) -> String {
    let list = sentence.split_once("expected one of ").or_else(|| sentence.split_once("expected "));
    let known: Vec<&str> =
        list.map(|(_, list)| list.split(',').map(|word| word.trim().trim_matches('`')).collect()).unwrap_or_default();
    match nearest(typed, &known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// The line that git counts, of one that YAML counts: there a carriage return alone ends a line too.
pub(super) fn git_line(yaml: &str, line: usize) -> usize {
    let mut bytes = yaml.bytes().peekable();
    let (mut passed, mut git) = (1, 1);
    while passed < line {
        match bytes.next() {
            Some(b'\n') => (passed, git) = (passed + 1, git + 1),
            Some(b'\r') if bytes.peek() != Some(&b'\n') => passed += 1,
            Some(_) => {}
            None => break,
        }
    }
    git
}

/// What the YAML reader has to say, in one sentence: without the place, which a problem tells itself, and without advice for
/// the programmer.
pub(super) fn yaml_sentence(error: &serde_saphyr::Error) -> String {
    let said = error.without_snippet().to_string();
    let line = said.lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = match line.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, sentence)) => sentence,
        None => line.split(" at line ").next().unwrap_or(line),
    };
    let line = line.split(" in line ").next().unwrap_or(line);
    line.split(", set ").next().unwrap_or(line).to_owned()
}
