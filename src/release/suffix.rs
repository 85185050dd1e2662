//! An item's own text, without the suffix that an issue shows behind it for its directives.
//!
//! Knows the words of the suffix, which `contents` writes, and nothing of what people type.

use crate::checklist::Item;
use crate::checklist::directive::Directives;

/// The normalised text without the suffix that shows the directives.
pub(super) fn core(item: &Item) -> &str {
    before_suffix(item, &item.plain)
}

/// The text as it was written, without that suffix.
pub(super) fn without_suffix(item: &Item) -> &str {
    before_suffix(item, &item.text)
}

/// Takes from the end what was put there when the issue was opened, part by part: the same words in the item's own text stay.
pub(super) fn before_suffix<'t>(item: &Item, text: &'t str) -> &'t str {
    let Directives { optional, owners, second_person, every_candidate, one_of, verify, when, .. } = &*item.directives;
    let ours = |part: &str| {
        let same = |word: &str| part.eq_ignore_ascii_case(word);
        (*optional && same("optional"))
            || same("after the release")
            || owners.iter().any(|o| same(o))
            || (*second_person && same("by a second person"))
            || (*every_candidate && same("for every candidate"))
            || (one_of.is_some() && part.starts_with("one of "))
            || (!verify.is_empty() && part.starts_with("to verify: "))
            || (!when.is_empty() && part.starts_with("because "))
    };
    let mut text = text;
    while let Some((before, _)) = text.rsplit_once(" · ").filter(|(_, part)| ours(part)) {
        text = before;
    }
    text
}
