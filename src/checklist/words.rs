//! Two texts of one item, word by word.

use super::diff::{Word, WordKind};
use similar::{Algorithm, ChangeTag};

/// The two texts word by word.
#[must_use]
pub fn words(old: &str, new: &str) -> Vec<Word> {
    // Every word has its blank, the last one too: it is the same word where more follows it.
    let split = |text: &str| -> Vec<String> { text.split_whitespace().map(|word| format!("{word} ")).collect() };
    let (old, new) = (split(old), split(new));
    let changes = similar::capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut words: Vec<Word> = Vec::new();
    for change in changes.iter().flat_map(|op| op.iter_changes(&old, &new)) {
        let kind = match change.tag() {
            ChangeTag::Equal => WordKind::Kept,
            ChangeTag::Delete => WordKind::Gone,
            ChangeTag::Insert => WordKind::New,
        };
        match words.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(&change.value()),
            _ => words.push(Word { kind, text: change.value() }),
        }
    }
    words
}
