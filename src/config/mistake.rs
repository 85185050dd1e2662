//! What the YAML reader says, in words for whoever wrote the file.

use crate::checklist::directive::nearest;
use crate::checklist::front_matter::{git_line, yaml_sentence};
use crate::checklist::{Problem, Severity};

/// What the reader says, what we say, and what helps.
const SAID: [(&str, &str, &str); 14] = [
    ("expected mapping start", "keys are expected here", "write them below, indented, each as `key: value`"),
    ("expected sequence start", "a list is expected here", "begin each entry with `- `"),
    ("untagged enum", "one text or a list of texts is expected here", "write `a` or `[a, b]`; a number needs quotes"),
    ("externally tagged enum", "one word is expected here", "write the word alone, without brackets and braces"),
    ("invalid boolean", "`true` or `false` is expected here", "write `true` or `false`, without quotes"),
    (
        "expected string scalar",
        "a text is expected here",
        "write one text; one that begins with `{` or `[` needs quotes",
    ),
    ("tabs disallowed", "this line is indented with a tab", "indent with spaces"),
    (
        "unknown anchor",
        "a word that begins with `*` needs quotes",
        "write `\"*…\"`: without quotes `*` has a meaning in YAML",
    ),
    ("unexpected character: `@'", "a word that begins with `@` needs quotes", "write `\"@…\"`"),
    ("expected key", "the indentation of this line fits no line above it", "keys of one level begin in one column"),
    ("expected ',' or '}'", "a comma or `}` is missing here", "text that holds braces or commas needs quotes"),
    ("expected ',' or ']'", "a comma or `]` is missing here", "text that holds brackets or commas needs quotes"),
    ("unclosed quote", "this quote is not closed", "close it with the sign that opens it"),
    ("recursion", "this is nested too deeply", "see docs/configuration.md for every key and its values"),
];

/// A problem of what the reader could not read.
pub(super) fn problem(text: &str, error: &serde_saphyr::Error) -> Problem {
    let number = |n: u64| usize::try_from(n).unwrap_or(1);
    let (line, column) = error.location().map_or((1, 1), |at| (number(at.line()), number(at.column())));
    let line = git_line(text, line);
    let width = text.lines().nth(line.saturating_sub(1)).map_or(1, |l| {
        let rest = l.chars().skip(column.saturating_sub(1));
        rest.take_while(|c| !c.is_whitespace() && *c != ':').count().max(1)
    });
    let (message, hint) = words(&yaml_sentence(error));
    Problem { severity: Severity::Error, line, column, width, message, hint }
}

fn words(sentence: &str) -> (String, String) {
    let quoted = sentence.split('`').nth(1).unwrap_or_default();
    if sentence.starts_with("unknown field") {
        return (format!("unknown field `{quoted}`"), offer(quoted, sentence));
    }
    if sentence.starts_with("unknown variant") {
        return (format!("`{quoted}` is no value of this key"), offer(quoted, sentence));
    }
    if let Some(key) = sentence.strip_prefix("duplicate mapping key: ") {
        return (format!("`{key}` is given twice"), "keep one of the two".to_owned());
    }
    if sentence.starts_with("missing field") {
        return (format!("`{quoted}` is missing here"), format!("add `{quoted}:`"));
    }
    SAID.iter().find(|(said, ..)| sentence.contains(said)).map_or_else(
        || (sentence.to_owned(), "see docs/configuration.md for every key and its values".to_owned()),
        |(_, message, hint)| ((*message).to_owned(), (*hint).to_owned()),
    )
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
