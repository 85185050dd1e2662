//! The words of the house: files are nouns, functions are not named by participles, and what people read is plain English.

use super::assert_none;
use super::source::{Source, files, literals, read, sources, tokens};
use std::io;

/// Participles and adjectives that say nothing about what a file holds or a function does.
const VAGUE: [&str; 18] = [
    "adopted",
    "asked",
    "buried",
    "forgotten",
    "found",
    "gone",
    "known",
    "landed",
    "lately",
    "old",
    "renamed",
    "renewed",
    "said",
    "told",
    "verified",
    "waits",
    "wanted",
    "written",
];

/// What GitHub's docs would not say.
const NOT_PLAIN: [&str; 16] = [
    "mend",
    "mends",
    "mended",
    "mending",
    "is told",
    "are told",
    "was told",
    "were told",
    "stands",
    "stand there",
    "stand behind",
    "goes on",
    "go on",
    "asked for",
    "is wanted",
    "are wanted",
];

fn vague_names(source: &Source) -> Vec<String> {
    let mut said = Vec::new();
    let stem = source.path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap_or_default();
    if VAGUE.contains(&stem) {
        said.push(format!("{}: `{stem}` is no noun of the field", source.path));
    }
    let tokens = tokens(&source.text);
    for pair in tokens.windows(2) {
        if let [word, name] = pair
            && word.text == "fn"
            && VAGUE.contains(&name.text)
        {
            said.push(format!("{}:{}: `fn {}` says nothing about what it does", source.path, name.line, name.text));
        }
    }
    said
}

/// The phrases in a text that are not plain, as whole words.
fn not_plain(text: &str) -> Vec<&'static str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let text = text.to_lowercase();
    let whole = |phrase: &&&str| {
        text.match_indices(**phrase).any(|(at, _)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at + phrase.len()..).and_then(|t| t.chars().next());
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    };
    NOT_PLAIN.iter().filter(whole).copied().collect()
}

#[test]
fn files_are_nouns_and_functions_are_not_named_by_participles() -> io::Result<()> {
    let sources = sources()?;
    assert_none(&sources.iter().filter(|source| !source.is_test()).flat_map(vague_names).collect::<Vec<_>>());
    let planted = Source { path: "src/gate/old.rs".to_owned(), text: "fn told() {}\nfn tell() {}\n".to_owned() };
    assert_eq!(
        vague_names(&planted),
        [
            "src/gate/old.rs: `old` is no noun of the field",
            "src/gate/old.rs:1: `fn told` says nothing about what it does"
        ]
    );
    Ok(())
}

#[test]
fn what_people_read_is_plain_english() -> io::Result<()> {
    let mut said = Vec::new();
    for source in sources()?.iter().filter(|source| !source.is_test()) {
        for literal in literals(&source.text) {
            for phrase in not_plain(literal.text) {
                said.push(format!("{}:{}: \"{phrase}\" in {}", source.path, literal.line, literal.text));
            }
        }
    }
    let pages = files("docs", ".md")?;
    for page in
        pages.iter().map(String::as_str).chain(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
    {
        for (number, line) in read(page)?.lines().enumerate() {
            // A test that is named keeps its name.
            let text = line.split("<!--").next().unwrap_or_default();
            said.extend(not_plain(text).into_iter().map(|phrase| format!("{page}:{}: \"{phrase}\"", number + 1)));
        }
    }
    assert_none(&said);
    assert_eq!(not_plain("It goes on. Mend it; amended."), ["mend", "goes on"]);
    Ok(())
}
