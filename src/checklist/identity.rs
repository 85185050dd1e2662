//! What makes an item the same item: an explicit id, or where it stands and what it says.
//!
//! Two items are equal when their ids are; everything softer than that (rewording, moving) is the business of
//! [`super::matching`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The stable name of an item within its file: `#name` where the author gave one, else 16 hexadecimal digits of a hash over
/// heading path, parents, text and the ordinal among equals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub String);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an item stands: a hash over the headings and bullets above it, so that long ones are read once and not for each item.
#[derive(Clone, Debug, Default)]
pub struct Place(Sha256);

impl Place {
    /// One heading or bullet further in.
    #[must_use]
    pub fn below(&self, part: &str) -> Self {
        Self(self.0.clone().chain_update(part).chain_update("\u{1f}"))
    }
}

/// Gives out ids in the order of the source, so that equals get ordinals.
#[derive(Debug, Default)]
pub struct Ids {
    named: BTreeMap<String, usize>,
    hashed: BTreeMap<[u8; 32], usize>,
}

impl Ids {
    /// The id of the next item. The flag says that an explicit id was used before in this file.
    #[must_use]
    pub fn next(&mut self, explicit: Option<&str>, place: &Place, plain: &str) -> (ItemId, bool) {
        if let Some(name) = explicit {
            let seen = self.named.entry(name.to_owned()).or_default();
            *seen += 1;
            return match *seen {
                1 => (ItemId(format!("#{name}")), false),
                again => (ItemId(format!("#{name}~{again}")), true),
            };
        }
        let key = place.0.clone().chain_update("\u{1e}").chain_update(plain);
        let first = key.clone().finalize();
        let ordinal = self.hashed.entry(first.into()).or_default();
        *ordinal += 1;
        let hash = match *ordinal {
            1 => first,
            again => key.chain_update(format!("\u{1e}{again}")).finalize(),
        };
        let digits = hash.iter().take(8).flat_map(|byte| [byte >> 4, byte & 0xf]);
        let id = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
        (ItemId(id.collect()), false)
    }
}

/// Normalises a text that is already free of markup: lower case, single spaces, no trailing mentions, no trailing punctuation. Doing it twice changes nothing.
#[must_use]
pub fn normalise(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        // What a capital becomes may depend on the letters around it, but not in ASCII.
        if word.is_ascii() {
            let start = joined.len();
            joined.push_str(word);
            if let Some(added) = joined.get_mut(start..) {
                added.make_ascii_lowercase();
            }
        } else {
            joined.push_str(&word.to_lowercase());
        }
    }
    let mut rest = joined.as_str();
    loop {
        let bare = rest.trim_end_matches(['.', ':', ';', ',', '!', ' ']);
        let next = match bare.rsplit_once(' ') {
            Some((before, last)) if is_mention(last) => without_dashes(before),
            Some(_) | None => bare,
        };
        if next.len() == rest.len() {
            let end = rest.len();
            joined.truncate(end);
            return joined;
        }
        rest = next;
    }
}

/// What stood between a text and the names behind it: `Tag it - @ann`.
fn without_dashes(mut text: &str) -> &str {
    while let Some((before, "-" | "–" | "—" | "·" | "(" | ")")) = text.rsplit_once(' ') {
        text = before;
    }
    text
}

/// A heading's text without its number.
#[must_use]
pub fn normalise_title(title: &str) -> String {
    let text = normalise(title);
    let numberless = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' '));
    if numberless.is_empty() { text } else { numberless.to_owned() }
}

fn is_mention(word: &str) -> bool {
    let bare = word.trim_matches(['(', ')', ',', '.', ';']);
    bare.len() > 1
        && bare
            .strip_prefix('@')
            .is_some_and(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')))
}
