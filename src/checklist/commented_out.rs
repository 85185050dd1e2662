//! Items within HTML comments: switched off for now, and so gone from every release until somebody takes them out again.

use super::{Checklist, parse};
use std::collections::BTreeMap;

/// How often each text stands as an item in a comment of one version and not of the other.
#[derive(Debug, Default)]
pub(super) struct Commented(BTreeMap<String, usize>);

impl Commented {
    /// What `text` has in comments and `other` has not.
    pub(super) fn news((text, list): (&str, &Checklist), (other, other_list): (&str, &Checklist)) -> Self {
        let mut found = in_comments(text, list);
        for (plain, times) in in_comments(other, other_list) {
            if let Some(left) = found.get_mut(&plain) {
                *left = left.saturating_sub(times);
            }
        }
        Self(found)
    }

    /// Whether one is left with this text; it is taken then.
    pub(super) fn take(&mut self, plain: &str) -> bool {
        match self.0.get_mut(plain) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            Some(_) | None => false,
        }
    }
}

fn in_comments(text: &str, list: &Checklist) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut done = 0;
    for range in &list.verbatim {
        let from = range.start.max(done);
        let Some(html) = text.get(from..range.end).filter(|html| html.trim_start().starts_with('<')) else { continue };
        done = done.max(range.end);
        for comment in html.split("<!--").skip(1) {
            let inside = comment.split_once("-->").map_or(comment, |(inside, _)| inside);
            if inside.contains('[') {
                for item in parse::parse(inside.trim_start_matches([' ', '\t'])).0.items {
                    *found.entry(item.plain).or_default() += 1;
                }
            }
        }
    }
    found
}
