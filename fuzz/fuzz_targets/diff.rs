//! Any two texts are compared: a text does not differ from itself, and the counts add up.
#![no_main]

use holdpoint_fuzz::checklist::diff::{Version, diff};
use holdpoint_fuzz::checklist::parse::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: &str| {
    let (old, new) = texts.split_once('\u{1f}').unwrap_or_else(|| {
        let middle = (0..=texts.len() / 2).rev().find(|at| texts.is_char_boundary(*at)).unwrap_or_default();
        texts.split_at(middle)
    });
    let ((was, _), (is, _)) = (parse(old), parse(new));
    let none = globset::GlobSet::empty();
    let base = Version { text: old, list: &was, after: &none };
    let head = Version { text: new, list: &is, after: &none };
    assert!(diff(base, base).is_empty(), "a text differs from itself");
    let there = diff(base, head);
    assert_eq!(was.items.len() + there.counts.added, is.items.len() + there.counts.removed);
});
