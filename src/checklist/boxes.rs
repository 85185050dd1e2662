//! Plain bullets that became items, and items that became plain bullets again: the same text, with a box or without.

use super::matching::Matching;
use super::{Checklist, Item};
use std::collections::BTreeMap;

/// Which items got or lost only their box, by what they are nested in.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    /// Items of the head whose text was a plain bullet below the same item: index and text.
    got: BTreeMap<usize, String>,
    /// Items of the base whose text is a plain bullet below the same item now.
    lost: BTreeMap<usize, String>,
}

impl Boxes {
    pub(super) fn of(base: &Checklist, head: &Checklist, matching: &Matching) -> Self {
        Self { got: only_box((head, &matching.base_of), base), lost: only_box((base, &matching.head_of), head) }
    }

    /// Whether an item of the head was a plain bullet.
    pub(super) fn got(&self, h: usize) -> bool {
        self.got.contains_key(&h)
    }

    /// Whether an item of the base is a plain bullet now.
    pub(super) fn lost(&self, b: usize) -> bool {
        self.lost.contains_key(&b)
    }

    /// Whether the nested texts of a pair differ by nothing but the bullets that got or lost a box.
    pub(super) fn explain(
        &self,
        base: &Checklist,
        (b, old): (usize, &Item),
        head: &Checklist,
        (h, new): (usize, &Item),
    ) -> bool {
        let got = self.got.iter().filter(|(at, _)| head.items.get(**at).is_some_and(|i| i.parent == Some(h)));
        let lost = self.lost.iter().filter(|(at, _)| base.items.get(**at).is_some_and(|i| i.parent == Some(b)));
        let (got, lost): (Vec<&String>, Vec<&String>) =
            (got.map(|(_, text)| text).collect(), lost.map(|(_, text)| text).collect());
        if got.is_empty() && lost.is_empty() {
            return false;
        }
        let without = |details: &str, gone: Vec<&String>| {
            let left = gone.iter().fold(spaced(details), |text, bullet| text.replacen(bullet.as_str(), " ", 1));
            left.trim().to_owned()
        };
        without(&old.details, got) == without(&new.details, lost)
    }
}

fn only_box((own, partners): (&Checklist, &[Option<usize>]), other: &Checklist) -> BTreeMap<usize, String> {
    let partner = |at: usize| partners.get(at).copied().flatten();
    let found = own.items.iter().enumerate().filter(|(at, _)| partner(*at).is_none()).filter_map(|(at, item)| {
        let text = spaced(&item.plain);
        let parent = item.parent?;
        let there = other.items.get(partner(parent)?)?;
        let here = own.items.get(parent)?;
        let moved_out = spaced(&there.details).contains(&text) && !spaced(&here.details).contains(&text);
        (!item.plain.is_empty() && moved_out).then_some((at, text))
    });
    found.collect()
}

/// The words between single blanks, with one at each end, so that only whole words are found.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}
