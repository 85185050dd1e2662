//! The words for what changed in a checklist: the numbers of the headline, and the quiet changes told together. The comment on
//! a pull request and the terminal say the same.

use super::count;
use crate::checklist::diff::{CosmeticChange, Counts, Diff, Facet, ItemChange, WordKind};
use crate::checklist::identity::ItemId;

use std::collections::{BTreeMap, BTreeSet};

/// Fewer quiet changes of a kind than this are told one by one, where they stand.
const TOGETHER: usize = 3;
/// So many kinds of quiet change are named.
const NAMED: usize = 3;

/// One part of a headline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `2 removed`.
    pub text: String,
    /// How many items it speaks of.
    pub all: usize,
    /// How many of them weaken the gate.
    pub weaken: usize,
}

/// The parts of the headline, the weightiest first.
#[must_use]
pub fn parts(counts: &Counts) -> Vec<Part> {
    let removed = counts.removed.saturating_sub(counts.boxes_lost + counts.commented_out);
    let required = counts.removed_required.saturating_sub(counts.boxes_lost_required + counts.commented_out_required);
    let one = |n: usize, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let (lost, got) = (counts.boxes_lost, counts.boxes_got);
    let bullets = counts.bullets_reworded;
    let named = [
        (removed, "removed", required),
        (counts.commented_out, "commented out", counts.commented_out_required),
        (lost, one(lost, "no longer a checkbox", "no longer checkboxes"), counts.boxes_lost_required),
        (counts.no_longer_required, "no longer required", counts.no_longer_required),
        (counts.ticked, "ticked or unticked in the file", 0),
        (got, one(got, "now a checkbox", "now checkboxes"), 0),
        (counts.added.saturating_sub(got), "added", 0),
        (counts.reworded, "reworded", 0),
        (counts.moved, "moved", 0),
        (counts.rules, "with other rules", 0),
        (counts.invisible, "with other invisible characters", 0),
        (counts.details, "with other details", 0),
        (bullets, one(bullets, "bullet reworded", "bullets reworded"), 0),
        (counts.links, "with other links", 0),
        (counts.versions, "with other versions", 0),
        (counts.markup, "with other markup or case", 0),
    ];
    let mut parts: Vec<Part> = Vec::new();
    for (all, what, weaken) in named.into_iter().filter(|(all, _, _)| *all > 0) {
        parts.push(Part { text: format!("{all} {what}"), all, weaken });
    }
    for (all, what) in [(counts.sections_renamed, "renamed"), (counts.sections_moved, "moved")] {
        if all > 0 {
            parts.push(Part { text: format!("{} {what}", count(all, "section")), all, weaken: 0 });
        }
    }
    parts
}

/// `1 removed · 2 added · 1 reworded`; in Markdown what weakens the gate is bold.
#[must_use]
pub fn numbers(counts: &Counts, markdown: bool) -> String {
    let shown = |part: Part| if markdown && part.weaken > 0 { format!("**{}**", part.text) } else { part.text };
    parts(counts).into_iter().map(shown).collect::<Vec<_>>().join(" · ")
}

/// Quiet changes of one kind, all over a file.
#[derive(Debug)]
pub struct Together<'d> {
    /// The kind.
    pub kind: CosmeticChange,
    /// `12 items: only links lead elsewhere (docs.acme.example → acme.example)`.
    pub summary: String,
    /// The items.
    pub items: Vec<&'d ItemChange>,
}

/// The kinds of quiet change of which there are many: so that the one real change among thirty links stands out.
#[must_use]
pub fn together(diff: &Diff) -> Vec<Together<'_>> {
    let kinds = [CosmeticChange::Links, CosmeticChange::Versions, CosmeticChange::Case, CosmeticChange::Markup];
    let found = kinds.into_iter().filter_map(|kind| {
        let all = diff.sections.iter().flat_map(|section| &section.items);
        let mut items: Vec<&ItemChange> = all.filter(|item| item.quiet() == Some(kind)).collect();
        if kind == CosmeticChange::Links {
            // A link to a host that others do not go to as well is no quiet change: among thirty it would be overlooked.
            let mut often: BTreeMap<(String, String), usize> = BTreeMap::new();
            for step in items.iter().flat_map(|item| hosts(item)) {
                *often.entry(step).or_default() += 1;
            }
            items.retain(|item| hosts(item).iter().all(|step| often.get(step).is_some_and(|n| *n >= TOGETHER)));
        }
        (items.len() >= TOGETHER).then(|| Together { kind, summary: summary(kind, &items), items })
    });
    found.collect()
}

/// The hosts that links of an item left, and those that they lead to instead.
fn hosts(item: &ItemChange) -> Vec<(String, String)> {
    item.facets.iter().flat_map(steps).filter(|(from, to)| from != to).collect()
}

/// The items that are told together, by their ids.
#[must_use]
pub fn ids<'d>(groups: &[Together<'d>]) -> BTreeSet<&'d ItemId> {
    groups.iter().flat_map(|group| &group.items).map(|item| &item.id).collect()
}

fn summary(kind: CosmeticChange, items: &[&ItemChange]) -> String {
    let what = match kind {
        CosmeticChange::Links => "only links lead elsewhere",
        CosmeticChange::Versions => "only versions changed",
        CosmeticChange::Case => "only small and capital letters changed",
        CosmeticChange::Markup => "only markup or punctuation changed",
    };
    let mut named: Vec<String> = Vec::new();
    for item in items {
        for (from, to) in item.facets.iter().flat_map(steps) {
            let step = format!("{from} → {to}");
            if from != to && !named.contains(&step) && named.len() <= NAMED {
                named.push(step);
            }
        }
    }
    let more = named.len() > NAMED;
    named.truncate(NAMED);
    let named = if named.is_empty() {
        String::new()
    } else {
        format!(" ({}{})", named.join(", "), if more { ", …" } else { "" })
    };
    format!("{}: {what}{named}", count(items.len(), "item"))
}

/// What became what, in letters that mean nothing to Markdown or HTML.
fn steps(facet: &Facet) -> Vec<(String, String)> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ':' | ' '))
            .take(60)
            .collect()
    };
    if let Facet::Links { links } = facet {
        let host_of = |target: &Option<String>| plain(host(target.as_deref().unwrap_or_default()));
        links.iter().map(|link| (host_of(&link.from), host_of(&link.to))).collect()
    } else if let Facet::Versions { words } = facet {
        let of = |kind: WordKind| {
            let runs = words.iter().filter(move |word| word.kind == kind);
            runs.flat_map(|word| word.text.split_whitespace()).map(plain)
        };
        of(WordKind::Gone).zip(of(WordKind::New)).collect()
    } else {
        Vec::new()
    }
}

/// The host that a link leads to; a link within the repository has none.
fn host(target: &str) -> &str {
    let behind = target.split_once("//").map_or("", |(_, behind)| behind);
    match behind.split(['/', '?', '#']).next() {
        Some("") | None => "the repository",
        Some(host) => host,
    }
}

/// Two long texts that begin or end alike are shown from where they differ: what is cut off is never the difference.
#[must_use]
pub fn apart(old: &str, new: &str) -> (String, String) {
    const SHORT: usize = 80;
    const CONTEXT: usize = 20;
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let start = old.iter().zip(&new).take_while(|(x, y)| x == y).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let short = |text: &[char]| -> String {
        if text.len() <= SHORT {
            return text.iter().collect();
        }
        let from = if start > 2 * CONTEXT { start - CONTEXT } else { 0 };
        let to = if end > 2 * CONTEXT { text.len() - end + CONTEXT } else { text.len() };
        let cut: String = text.get(from..to).unwrap_or_default().iter().collect();
        format!("{}{cut}{}", if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" })
    };
    (short(&old), short(&new))
}
