//! What changed between two versions of a checklist, item by item: what a reviewer wants to know instead of lines.
//!
//! White space, list markers, numbering and the places of line breaks are no change. A diff is a value; how it looks is the
//! business of `message`.

use super::directive::Phase;
use super::matching::{Matching, match_items};
use super::{Checklist, Item, identity};
use serde::Serialize;
use similar::{Algorithm, ChangeTag};

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Facet {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text changed.
    Reworded {
        /// The two texts, word by word.
        words: Vec<Word>,
    },
    /// It stands under another heading.
    Moved {
        /// The path of the heading that it stood under; empty where there was none.
        from: Vec<String>,
    },
    /// It stands elsewhere in its section.
    Reordered,
    /// It is nested under another item or bullet, or no longer.
    Renested,
    /// It became optional, or required.
    Optional {
        /// What it is now.
        now: bool,
    },
    /// The gate that waits for it changed.
    Phase {
        /// What it is now.
        now: Phase,
    },
    /// Other people may tick it.
    Owners {
        /// Who may now.
        now: Vec<String>,
    },
    /// Another directive changed: conditions, verification, group or the rule of two people.
    Rule {
        /// The directive's word.
        which: String,
    },
    /// The plain text nested under it changed.
    Details,
    /// Only markup or a link's target changed.
    Markup,
    /// The box is ticked in the file, or no longer.
    Ticked {
        /// What it is now.
        now: bool,
    },
}

/// One word of a reworded text, with the blanks behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// Whether it stayed, went or came.
    pub kind: WordKind,
    /// The word.
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

/// One item that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemChange {
    /// The item's text: the new one where there is one.
    pub text: String,
    /// The item's id in the version that it stands in.
    pub id: identity::ItemId,
    /// Line in the new version; in the old one for a removed item.
    pub line: usize,
    /// Whether the gate waited for it: neither optional nor for after the release. Of the old version for a removed item.
    pub required: bool,
    /// The phase, likewise.
    pub phase: Phase,
    /// All that happened to it, the weightiest first.
    pub facets: Vec<Facet>,
}

/// The changed items under one heading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionChange {
    /// Path of the heading in the new version; in the old one where the section is gone.
    pub path: Vec<String>,
    /// The title that it had, where it was renamed.
    pub renamed_from: Option<String>,
    /// The heading is new, or gone.
    pub existence: Option<Existence>,
    /// The items that changed, in order of the file.
    pub items: Vec<ItemChange>,
}

/// A heading that is only in one of the versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// How many items changed in which way; an item that was moved and reworded counts in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New items.
    pub added: usize,
    /// Items that are gone.
    pub removed: usize,
    /// Removed items that the gate waited for.
    pub removed_required: usize,
    /// Items with another text.
    pub reworded: usize,
    /// Items under another heading or in another order or nesting.
    pub moved: usize,
    /// Items whose rules (optional, phase, owner, conditions) changed.
    pub rules: usize,
    /// Items of which only nested text, markup or links changed.
    pub details: usize,
    /// Renamed headings.
    pub sections_renamed: usize,
    /// Items of the old version.
    pub items_before: usize,
    /// Items of the new version.
    pub items_after: usize,
}

/// The difference of two versions of one checklist.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// The numbers of the headline.
    pub counts: Counts,
    /// Changed sections in order of the new version; those that are gone stand where they were.
    pub sections: Vec<SectionChange>,
}

impl Diff {
    /// Nothing that a reviewer would have to know.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Something that weakens the gate: a required item removed, made optional or put off until after the release.
    #[must_use]
    pub fn weakens(&self) -> bool {
        self.sections.iter().flat_map(|s| &s.items).any(|i| {
            i.facets.iter().any(|f| match f {
                Facet::Removed => i.required,
                Facet::Optional { now } => *now,
                Facet::Phase { now } => *now == Phase::After,
                Facet::Added
                | Facet::Reworded { .. }
                | Facet::Moved { .. }
                | Facet::Reordered
                | Facet::Renested
                | Facet::Owners { .. }
                | Facet::Rule { .. }
                | Facet::Details
                | Facet::Markup
                | Facet::Ticked { .. } => false,
            })
        })
    }
}

/// A version of a file, and the configured headings of the phase "after" that hold for it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'c> {
    /// The file as parsed.
    pub list: &'c Checklist,
    /// Globs of headings whose items belong to the phase "after", in lower case.
    pub after: &'c globset::GlobSet,
}

impl Version<'_> {
    fn phase(&self, item: &Item) -> Phase {
        self.list.phase(item, self.after)
    }

    fn change(&self, item: &Item, facets: Vec<Facet>) -> ItemChange {
        let phase = self.phase(item);
        ItemChange {
            text: item.text.clone(),
            id: item.id.clone(),
            line: item.line,
            required: !item.directives.optional && phase == Phase::Before,
            phase,
            facets,
        }
    }
}

/// Compares two versions.
#[must_use]
pub fn diff(base: Version<'_>, head: Version<'_>) -> Diff {
    let matching = match_items(base.list, head.list);
    let reordered = reordered(base.list, head.list, &matching);
    let mut counts =
        Counts { items_before: base.list.items.len(), items_after: head.list.items.len(), ..Counts::default() };
    // Changes are filed under a place: head sections by index, gone base sections behind the head section they followed.
    let mut filed: Vec<(Place, usize, ItemChange)> = Vec::new();
    for (h, item) in head.list.items.iter().enumerate() {
        let facets = match matching.base_of.get(h).copied().flatten().and_then(|b| base.list.items.get(b)) {
            None => vec![Facet::Added],
            Some(old) => facets(base, head, old, item, &matching, reordered.contains(&h)),
        };
        if !facets.is_empty() {
            filed.push((Place::head(item.section), item.line, head.change(item, facets)));
        }
    }
    for (b, item) in base.list.items.iter().enumerate() {
        if matching.head_of.get(b).copied().flatten().is_none() {
            let place = place_of_removed(base.list, item.section, &matching);
            filed.push((place, item.line, base.change(item, vec![Facet::Removed])));
        }
    }
    for (_, _, change) in &filed {
        count(&mut counts, change);
    }
    let mut sections = headings(base.list, head.list, &matching, &mut counts);
    filed.sort_by_key(|(place, line, _)| (*place, *line));
    for (place, _, change) in filed {
        match sections.iter_mut().find(|(p, _)| *p == place) {
            Some((_, section)) => section.items.push(change),
            None => sections.push((
                place,
                SectionChange {
                    path: place.path(base.list, head.list),
                    renamed_from: None,
                    existence: None,
                    items: vec![change],
                },
            )),
        }
    }
    sections.sort_by_key(|(place, _)| *place);
    Diff { counts, sections: sections.into_iter().map(|(_, s)| s).collect() }
}

/// Where a change is shown: under a section of the head, or under one of the base that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Section of the head + 1; for a gone section that of the one before it.
    head: usize,
    /// 0, or the gone section of the base + 1.
    gone: usize,
}

impl Place {
    fn head(section: Option<usize>) -> Self {
        Self { head: section.map_or(0, |s| s + 1), gone: 0 }
    }

    fn path(self, base: &Checklist, head: &Checklist) -> Vec<String> {
        let (list, section) = if self.gone > 0 { (base, self.gone) } else { (head, self.head) };
        list.path(section.checked_sub(1)).into_iter().map(str::to_owned).collect()
    }
}

fn place_of_removed(base: &Checklist, section: Option<usize>, matching: &Matching) -> Place {
    let Some(section) = section else { return Place::head(None) };
    if let Some(found) = matching.section_head_of.get(section).copied().flatten() {
        return Place::head(Some(found));
    }
    let before = (0..section.min(base.sections.len()))
        .rev()
        .find_map(|s| matching.section_head_of.get(s).copied().flatten())
        .map_or(0, |h| h + 1);
    Place { head: before, gone: section + 1 }
}

fn headings(
    base: &Checklist,
    head: &Checklist,
    matching: &Matching,
    counts: &mut Counts,
) -> Vec<(Place, SectionChange)> {
    let mut found = Vec::new();
    let mut known = vec![false; head.sections.len()];
    for (b, old) in base.sections.iter().enumerate() {
        let Some(h) = matching.section_head_of.get(b).copied().flatten() else {
            let place = place_of_removed(base, Some(b), matching);
            let path = place.path(base, head);
            found.push((
                place,
                SectionChange { path, renamed_from: None, existence: Some(Existence::Removed), items: Vec::new() },
            ));
            continue;
        };
        if let Some(slot) = known.get_mut(h) {
            *slot = true;
        }
        let Some(new) = head.sections.get(h) else { continue };
        if identity::normalise_title(&old.title) != identity::normalise_title(&new.title) {
            counts.sections_renamed += 1;
            let place = Place::head(Some(h));
            let path = place.path(base, head);
            let renamed_from = Some(old.title.clone());
            found.push((place, SectionChange { path, renamed_from, existence: None, items: Vec::new() }));
        }
    }
    for (h, _) in known.iter().enumerate().filter(|(_, known)| !**known) {
        let place = Place::head(Some(h));
        let path = place.path(base, head);
        found.push((
            place,
            SectionChange { path, renamed_from: None, existence: Some(Existence::Added), items: Vec::new() },
        ));
    }
    found
}

fn facets(
    base: Version<'_>,
    head: Version<'_>,
    old: &Item,
    new: &Item,
    matching: &Matching,
    reordered: bool,
) -> Vec<Facet> {
    let mut facets = Vec::new();
    if old.plain != new.plain {
        facets.push(Facet::Reworded { words: words(&old.text, &new.text) });
    } else if old.text != new.text {
        facets.push(Facet::Markup);
    }
    let expected = old.section.and_then(|s| matching.section_head_of.get(s).copied().flatten());
    let same_section = expected == new.section && (old.section.is_some() || new.section.is_none());
    if !same_section {
        facets.push(Facet::Moved { from: base.list.path(old.section).into_iter().map(str::to_owned).collect() });
    } else if reordered {
        facets.push(Facet::Reordered);
    }
    if parent_changed(base.list, head.list, old, new, matching) {
        facets.push(Facet::Renested);
    }
    if old.directives.optional != new.directives.optional {
        facets.push(Facet::Optional { now: new.directives.optional });
    }
    let phase = head.phase(new);
    if base.phase(old) != phase {
        facets.push(Facet::Phase { now: phase });
    }
    if old.directives.owners != new.directives.owners {
        facets.push(Facet::Owners { now: new.directives.owners.clone() });
    }
    let rules = [
        ("second-person", old.directives.second_person != new.directives.second_person),
        ("when", old.directives.when != new.directives.when),
        ("verify", old.directives.verify != new.directives.verify),
        ("one-of", old.directives.one_of != new.directives.one_of),
    ];
    facets.extend(
        rules.iter().filter(|(_, changed)| *changed).map(|(which, _)| Facet::Rule { which: (*which).to_owned() }),
    );
    if old.details != new.details {
        facets.push(Facet::Details);
    }
    if old.checked != new.checked {
        facets.push(Facet::Ticked { now: new.checked });
    }
    facets
}

/// Whether the nesting changed: the parent item is another one, or the depth is.
fn parent_changed(base: &Checklist, head: &Checklist, old: &Item, new: &Item, matching: &Matching) -> bool {
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

/// Items of the head that changed places within their section: those outside the longest run that kept its order.
fn reordered(base: &Checklist, head: &Checklist, matching: &Matching) -> Vec<usize> {
    let mut moved = Vec::new();
    let mut at = 0;
    while let Some(first) = head.items.get(at) {
        let end = head.items.iter().skip(at).take_while(|i| i.section == first.section).count() + at;
        let run: Vec<(usize, usize)> = (at..end)
            .filter_map(|h| {
                let b = matching.base_of.get(h).copied().flatten()?;
                let section = base.items.get(b)?.section;
                let to = section.and_then(|s| matching.section_head_of.get(s).copied().flatten());
                (to == first.section).then_some((h, b))
            })
            .collect();
        let kept = longest_rising(&run.iter().map(|(_, b)| *b).collect::<Vec<_>>());
        moved.extend(run.iter().enumerate().filter(|(n, _)| kept.binary_search(n).is_err()).map(|(_, (h, _))| *h));
        at = end.max(at + 1);
    }
    moved
}

/// Indices of a longest strictly rising subsequence, in order; n log n.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (at, value) in values.iter().enumerate() {
        let place = tails.partition_point(|t| values.get(*t).is_some_and(|v| v < value));
        if let Some(slot) = before.get_mut(at) {
            *slot = place.checked_sub(1).and_then(|p| tails.get(p)).copied();
        }
        match tails.get_mut(place) {
            Some(tail) => *tail = at,
            None => tails.push(at),
        }
    }
    let mut next = tails.last().copied();
    let mut run = Vec::with_capacity(tails.len());
    while let Some(at) = next {
        run.push(at);
        next = before.get(at).copied().flatten();
    }
    run.reverse();
    run
}

/// The two texts word by word.
#[must_use]
pub fn words(old: &str, new: &str) -> Vec<Word> {
    let split = |text: &str| -> Vec<String> { text.split_inclusive(' ').map(str::to_owned).collect() };
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

fn count(counts: &mut Counts, change: &ItemChange) {
    let (mut moved, mut rules, mut details) = (false, false, false);
    for facet in &change.facets {
        match facet {
            Facet::Added => counts.added += 1,
            Facet::Removed => {
                counts.removed += 1;
                counts.removed_required += usize::from(change.required);
            }
            Facet::Reworded { .. } => counts.reworded += 1,
            Facet::Moved { .. } | Facet::Reordered | Facet::Renested => moved = true,
            Facet::Optional { .. } | Facet::Phase { .. } | Facet::Owners { .. } | Facet::Rule { .. } => rules = true,
            Facet::Details | Facet::Markup | Facet::Ticked { .. } => details = true,
        }
    }
    counts.moved += usize::from(moved);
    counts.rules += usize::from(rules);
    counts.details += usize::from(details);
}
