//! Two texts of one item, word by word.

use serde::Serialize;
use similar::{Algorithm, ChangeTag};

/// One run of words of a reworded text, with the blanks behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Whether it stayed, went or came.
    pub kind: WordKind,
    /// The words.
    pub text: String,
}

/// Whether a word stayed, went or came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WordKind {
    /// In both texts.
    Kept,
    /// Only in the old one.
    Gone,
    /// Only in the new one.
    New,
}

/// Where more pairs of words than this are left between the equal ends of two texts, they are not aligned any more: one went,
/// the other came. Nobody could read the difference of two such texts, and a stranger could make it dear.
const MOST_PAIRS: usize = 40_000;

/// The two texts word by word.
#[must_use]
pub fn words(old: &str, new: &str) -> Vec<Word> {
    // Every word has its blank, the last one too: it is the same word where more follows it.
    let split = |text: &str| -> Vec<String> { text.split_whitespace().map(|word| format!("{word} ")).collect() };
    let (old, new) = (split(old), split(new));
    let start = old.iter().zip(&new).take_while(|(x, y)| x == y).count();
    let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(x, y)| x == y).count();
    let middle = |rest: &[String]| rest.get(..rest.len().saturating_sub(end)).unwrap_or_default().to_vec();
    let (old_middle, new_middle) = (middle(old_rest), middle(new_rest));
    let mut words = Runs::default();
    words.add(WordKind::Kept, old.get(..start).unwrap_or_default());
    if old_middle.len().saturating_mul(new_middle.len()) > MOST_PAIRS {
        words.add(WordKind::Gone, &old_middle);
        words.add(WordKind::New, &new_middle);
    } else {
        let changes = similar::capture_diff_slices(Algorithm::Myers, &old_middle, &new_middle);
        for change in changes.iter().flat_map(|op| op.iter_changes(&old_middle, &new_middle)) {
            let kind = match change.tag() {
                ChangeTag::Equal => WordKind::Kept,
                ChangeTag::Delete => WordKind::Gone,
                ChangeTag::Insert => WordKind::New,
            };
            words.add(kind, std::slice::from_ref(&change.value()));
        }
    }
    words.add(WordKind::Kept, old_rest.get(old_rest.len().saturating_sub(end)..).unwrap_or_default());
    words.0
}

#[derive(Default)]
struct Runs(Vec<Word>);

impl Runs {
    fn add(&mut self, kind: WordKind, words: &[String]) {
        let text = words.concat();
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(&text),
            _ => self.0.push(Word { kind, text }),
        }
    }
}

/// Whether nothing but the numbers of versions changed: `3.1` to `3.2`, `v5` to `v6`. Other numbers may mean something.
pub(super) fn only_versions(words: &[Word]) -> bool {
    let of = |kind: WordKind| {
        words.iter().filter(move |word| word.kind == kind).flat_map(|word| word.text.split_whitespace())
    };
    let (gone, new): (Vec<&str>, Vec<&str>) = (of(WordKind::Gone).collect(), of(WordKind::New).collect());
    !gone.is_empty()
        && gone.len() == new.len()
        && gone.iter().zip(&new).all(|(old, new)| is_version(old) && is_version(new) && shape(old) == shape(new))
}

/// A word without its digits; a number of any length counts as one.
fn shape(word: &str) -> String {
    let mut shape = String::new();
    for c in word.chars() {
        match c {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            c => shape.push(c),
        }
    }
    shape
}

fn is_version(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let rest = bare.strip_prefix(['v', 'V']);
    let numbered = rest.unwrap_or(bare);
    numbered.starts_with(|c: char| c.is_ascii_digit()) && (rest.is_some() || shape(numbered).starts_with("0.0"))
}
