//! Sentences for people are in `message` and in `templates`, and not where things are decided and done.

use super::assert_none;
use super::source::{Source, Token, sources, tokens_and_literals};
use std::io;

/// Rooms that say nothing themselves.
const SILENT: [&str; 4] = ["gate", "handle", "plan", "release"];

/// Files of those rooms that word a text, each with its reason.
const FORMAT_FILES: &[(&str, &str)] = &[(
    "src/release/issue_text.rs",
    "the text of a release issue: compared with what the issue was opened with, and read back",
)];

/// Literals that look like sentences and are for no reader, each with its reason.
const FORMATS: &[(&str, &str, &str)] = &[
    ("src/handle/edit_history.rs", "edit {id}, again after {lines}", "names a delivery in the ledger"),
    ("src/handle/issue_reading.rs", "found in the issue", "names a delivery in the ledger"),
    ("src/plan/deployments.rs", "{label} has nothing to do", "is compared with the last report, and never shown"),
    ("src/plan/deployments.rs", "{label} is being opened", "is compared with the last report, and never shown"),
    ("src/release/suffix.rs", "by a second person", "is read back from the text of an issue"),
];

/// What a literal says, on one line.
fn spoken(literal: &str) -> String {
    let (Some(from), Some(to)) = (literal.find('"'), literal.rfind('"')) else { return String::new() };
    let inside = literal.get(from + 1..to).unwrap_or_default();
    inside.replace("\\\n", " ").replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At least four words, of which at least three are plain words of a text.
fn is_sentence(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_plain = |word: &&&str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation() && !matches!(c, '{' | '}'));
        !word.is_empty() && word.chars().all(|c| c.is_lowercase() || matches!(c, '\'' | '-'))
    };
    words.len() >= 4 && words.iter().filter(is_plain).count() >= 3
}

/// Where the part of a source ends that begins here and is for developers or operators: an attribute, a log line, an assertion.
fn end_of_aside(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let text = |ahead: usize| tokens.get(at + ahead).map_or("", |token| token.text);
    let open = match text(0) {
        "#" if text(1) == "[" => 1,
        "tracing" if text(1) == "::" && text(3) == "!" => 4,
        "expect" if text(1) == "(" => 1,
        word if (word.starts_with("assert") || word.starts_with("debug_assert")) && text(1) == "!" => 2,
        _ => return None,
    };
    let mut depth = 0_usize;
    for (ahead, token) in tokens.iter().enumerate().skip(at + open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(ahead);
        }
    }
    None
}

fn sentences(source: &Source) -> Vec<String> {
    let tokens = tokens_and_literals(&source.text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at = end_of_aside(&tokens, at).unwrap_or(at) + 1;
        let said = spoken(token.text);
        let is_format = FORMATS.iter().any(|(path, text, _)| *path == source.path && *text == said);
        if is_sentence(&said) && !is_format {
            found.push(format!("{}:{}: \"{said}\" belongs into src/message", source.path, token.line));
        }
    }
    found
}

#[test]
fn what_decides_and_acts_words_nothing() -> io::Result<()> {
    let sources = sources()?;
    let silent: Vec<&Source> =
        sources.iter().filter(|source| SILENT.contains(&source.room()) && !source.is_test()).collect();
    let is_format = |source: &&&Source| FORMAT_FILES.iter().any(|(path, _)| *path == source.path);
    let (formats, others): (Vec<&Source>, Vec<&Source>) = silent.iter().partition(is_format);
    assert_none(&others.iter().flat_map(|source| sentences(source)).collect::<Vec<_>>());
    assert_eq!(formats.len(), FORMAT_FILES.len(), "a file of the list is not there any more");
    for source in formats {
        assert!(!sentences(source).is_empty(), "{} words nothing any more: take it off the list", source.path);
    }
    for (path, text, _) in FORMATS {
        let source = silent.iter().find(|source| source.path == *path).expect("a file that is there");
        assert!(source.text.contains(text), "{path} has no \"{text}\" any more: take it off the list");
    }
    Ok(())
}

#[test]
fn a_planted_sentence_is_found_on_its_line() {
    let planted = |text: &str| sentences(&Source { path: "src/plan/ticks.rs".to_owned(), text: text.to_owned() });
    let found = |line: usize, text: &str| [format!("src/plan/ticks.rs:{line}: \"{text}\" belongs into src/message")];
    assert_eq!(planted("\nconst A: &str = \"bots may not tick here\";"), found(2, "bots may not tick here"));
    assert_eq!(
        planted("fn f() {\n    g(format!(\"#{number} is for {branch} now, and not here\"))\n}"),
        found(2, "#{number} is for {branch} now, and not here")
    );
    assert_eq!(planted("const A: &str = \"it is\\n\\\n    not there\";"), found(1, "it is not there"));
    assert_eq!(planted("const A: &str = r#\"it is \"not\" there\"#;"), found(1, "it is \"not\" there"));
    assert_eq!(
        planted("fn f() { tracing::warn!(%error, \"this is for a log\"); g(\"this is for a reader\") }"),
        found(1, "this is for a reader")
    );
    for text in [
        "// \"this is in a comment\"\n/* \"and this is another one\" */",
        "#[expect(clippy::expect_used, reason = \"it is there by now\")]\nfn f() {}",
        "fn f() { tracing::info!(a = f(1), \"this is for a log\") }",
        "fn f() { assert_eq!(a, [b], \"these must be the same\"); debug_assert!(a, \"{} is of the right kind\", b) }",
        "fn f() { a.expect(\"it was put there before\") }",
        "const A: [&str; 4] = [\"three short words\", \"Not A Plain Text\", \"{a} {b} and {c}\", \"holdpoint/review\"];",
    ] {
        assert_eq!(planted(text), Vec::<String>::new(), "{text}");
    }
}
