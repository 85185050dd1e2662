//! What happened to one item that both versions have.

use super::diff::Facet;
use super::directive::Phase;
use super::matching::Matching;
use super::position::Positions;
use super::word_diff::{only_versions, words};
use super::{Checklist, Group, Item, invisible, links};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An item in one version: its place in the list, itself, and its phase.
#[derive(Clone, Copy)]
pub(super) struct Seen<'c> {
    pub(super) at: usize,
    pub(super) item: &'c Item,
    pub(super) phase: Phase,
}

pub(super) fn facets(
    (base, old): (&Checklist, Seen<'_>),
    (head, new): (&Checklist, Seen<'_>),
    matching: &Matching,
    positions: &Positions,
) -> Vec<Facet> {
    let (b, h) = (old.at, new.at);
    let (was, is) = (old.item, new.item);
    let mut facets = of_text(&was.text, &is.text, was.plain == is.plain);
    let same_place = positions.same(b, h);
    let expected = was.section.and_then(|s| matching.section_head_of.get(s).copied().flatten());
    // What is nested goes with its parent: the parent's move is the one that is told.
    let goes_along = was.parent.zip(is.parent).is_some_and(|(b, h)| {
        let partners = matching.head_of.get(b).copied().flatten() == Some(h);
        partners && (!same_place || positions.is_reordered(h))
    });
    if !goes_along && (!same_place || positions.is_reordered(h)) {
        facets.push(if same_place && expected == is.section {
            Facet::Reordered
        } else {
            Facet::Moved { from: base.path(was.section).into_iter().map(str::to_owned).collect() }
        });
    }
    if parent_changed((base, was), (head, is), matching)
        || (is.parent.is_none() && positions.is_under_another_bullet(h))
    {
        facets.push(Facet::Renested);
    }
    if was.directives.optional != is.directives.optional {
        facets.push(Facet::Optional { now: is.directives.optional });
    }
    if old.phase != new.phase {
        facets.push(Facet::Phase { now: new.phase });
    }
    if was.directives.owners != is.directives.owners {
        facets.push(Facet::Owners { now: is.directives.owners.clone() });
    }
    for which in ["second-person", "every-candidate", "when", "verify", "one-of"] {
        let now = is.directives.texts_of(which);
        if was.directives.texts_of(which) != now {
            facets.push(Facet::Rule { which: which.to_owned(), now });
        }
    }
    if was.details != is.details {
        facets.push(Facet::Details { words: words(&was.details, &is.details) });
    }
    if was.checked != is.checked {
        facets.push(Facet::Ticked { now: is.checked });
    }
    facets
}

/// The plain bullets around an item that were reworded, and of which no item before it told. What is nested in an item is told
/// with that one.
pub(super) fn reworded_above(
    (base, old): (&Checklist, &Item),
    (head, new): (&Checklist, &Item),
    told: &mut BTreeSet<*const Group>,
) -> Vec<Facet> {
    if old.groups.len() != new.groups.len() {
        return Vec::new();
    }
    let outermost = outermost(base, old).min(outermost(head, new));
    let pairs = old.groups.iter().zip(&new.groups).take(outermost);
    let reworded = pairs.filter(|(was, is)| was.plain != is.plain && told.insert(Arc::as_ptr(is)));
    reworded.map(|(was, is)| Facet::Above { words: words(&was.text, &is.text) }).collect()
}

/// How deep the outermost item is that one is nested in; itself, if in none.
fn outermost(list: &Checklist, item: &Item) -> usize {
    let mut above = item;
    while let Some(next) = above.parent.and_then(|at| list.items.get(at)) {
        above = next;
    }
    above.depth
}

/// What happened to the text itself. `same` says that it is the same without markup, case and names behind it.
fn of_text(old: &str, new: &str, same: bool) -> Vec<Facet> {
    if old == new {
        return Vec::new();
    }
    if invisible::as_it_looks(old) == invisible::as_it_looks(new) {
        let (gone, came) = (invisible::names(old), invisible::names(new));
        return vec![Facet::Invisible { gone, new: came }];
    }
    let ((seen_old, old_links), (seen_new, new_links)) = (links::apart(old), links::apart(new));
    let links = links::changes(old_links, new_links);
    let mut facets = Vec::new();
    if !same || mentions(old) != mentions(new) {
        let words = words(&seen_old, &seen_new);
        facets.push(if only_versions(&words) { Facet::Versions { words } } else { Facet::Reworded { words } });
    } else if seen_old.to_lowercase() == seen_new.to_lowercase() && seen_old != seen_new {
        facets.push(Facet::Case { words: words(&seen_old, &seen_new) });
    } else if seen_old != seen_new || links.is_empty() {
        facets.push(Facet::Markup { words: words(&seen_old, &seen_new) });
    }
    if !links.is_empty() {
        facets.push(Facet::Links { links });
    }
    facets
}

/// How many items below one came along with it.
pub(super) fn came_along(
    (base, old): (&Checklist, &Item),
    (head, h, new): (&Checklist, usize, &Item),
    matching: &Matching,
) -> usize {
    let nested = head.items.iter().enumerate().skip(h + 1).take_while(|(_, item)| item.span.end <= new.span.end);
    let partner = |at: usize| matching.base_of.get(at).copied().flatten().and_then(|b| base.items.get(b));
    nested.filter(|(at, _)| partner(*at).is_some_and(|was| old.span.contains(&was.span.start))).count()
}

/// The people and teams that a text names: identity looks past them, a reviewer does not.
fn mentions(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'));
    words.filter(|word| word.len() > 1 && word.starts_with('@')).collect()
}

/// Whether the nesting changed: the parent item is another one, or the depth is.
fn parent_changed((base, old): (&Checklist, &Item), (head, new): (&Checklist, &Item), matching: &Matching) -> bool {
    match (old.parent, new.parent) {
        (None, None) => {
            // Groups: plain bullets. Their wording may change; their number is the nesting.
            old.groups.len() != new.groups.len()
        }
        (Some(b), Some(h)) => {
            let partner = matching.head_of.get(b).copied().flatten();
            // A parent that was removed or rewritten past recognition is reported itself.
            partner.is_some_and(|p| p != h) && base.items.get(b).is_some() && head.items.get(h).is_some()
        }
        (None, Some(_)) | (Some(_), None) => true,
    }
}
