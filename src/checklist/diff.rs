//! What changed between two versions of a checklist, item by item: what a reviewer wants to know instead of lines.
//!
//! White space, list markers, numbering and the places of line breaks are no change. A diff is a value; how it looks is the
//! business of `message`.

use super::boxes::Boxes;
use super::directive::Phase;
use super::matching::{Matching, match_items};
use super::seat::{Seats, moved_sections};
use super::{Checklist, Item, identity};
use serde::Serialize;
use std::collections::BTreeMap;

pub use super::words::words;

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
    /// The same without markup or case.
    #[serde(skip)]
    pub plain: String,
    /// Texts of the bullets that it is nested in, outermost first, without markup or case.
    pub under: Vec<String>,
    /// The item's id in the version that it stands in.
    pub id: identity::ItemId,
    /// Line in the new version; in the old one for a removed item.
    pub line: usize,
    /// Whether the gate waited for it: neither optional nor for after the release. Of the old version for a removed item.
    pub required: bool,
    /// The phase, likewise.
    pub phase: Phase,
    /// Only its box came or went: it was a plain bullet, or is one now.
    pub only_box: bool,
    /// How many items below it moved along with it.
    pub below: usize,
    /// All that happened to it, the weightiest first.
    pub facets: Vec<Facet>,
}

/// The changed items under one heading.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SectionChange {
    /// Path of the heading in the new version; in the old one where the section is gone.
    pub path: Vec<String>,
    /// The title that it had, where it was renamed.
    pub renamed_from: Option<String>,
    /// The heading is new, or gone.
    pub existence: Option<Existence>,
    /// It stands elsewhere among the headings around it, with all that is in it.
    pub moved: bool,
    /// Items that only came under a new heading, or lost one that is gone: they stand where they stood.
    pub kept: usize,
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
    /// Headings in another order.
    pub sections_moved: usize,
    /// Added items that were plain bullets.
    pub boxes_got: usize,
    /// Removed items that are plain bullets now.
    pub boxes_lost: usize,
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
            plain: item.plain.clone(),
            under: item.groups.iter().map(|group| group.to_string()).collect(),
            id: item.id.clone(),
            line: item.line,
            required: !item.directives.optional && phase == Phase::Before,
            phase,
            only_box: false,
            below: 0,
            facets,
        }
    }
}

/// Compares two versions.
#[must_use]
pub fn diff(base: Version<'_>, head: Version<'_>) -> Diff {
    let matching = match_items(base.list, head.list);
    let seats = Seats::of(base.list, head.list, &matching);
    let boxes = Boxes::of(base.list, head.list, &matching);
    let mut counts =
        Counts { items_before: base.list.items.len(), items_after: head.list.items.len(), ..Counts::default() };
    // Changes are filed under a place: head sections by index, gone base sections behind the head section they followed.
    // A removed item stands behind the one that it followed: by that one's line, then by its own.
    let mut filed: Vec<(Place, (usize, usize), ItemChange)> = Vec::new();
    for (h, item) in head.list.items.iter().enumerate() {
        let mut below = 0;
        let facets = match matching.base_of.get(h).copied().flatten().and_then(|b| Some((b, base.list.items.get(b)?))) {
            None => vec![Facet::Added],
            Some((b, old)) => {
                below = came_along(base.list, old, head.list, (h, item), &matching);
                let mut found = facets(base, head, (b, old), (h, item), &matching, &seats);
                if boxes.explain(base.list, (b, old), head.list, (h, item)) {
                    found.retain(|facet| *facet != Facet::Details);
                }
                found
            }
        };
        if !facets.is_empty() {
            let change = ItemChange { only_box: boxes.got(h), below, ..head.change(item, facets) };
            filed.push((Place::head(item.section), (item.line, 0), change));
        }
    }
    let mut followed: BTreeMap<Place, usize> = BTreeMap::new();
    for (b, item) in base.list.items.iter().enumerate() {
        if let Some(kept) = matching.head_of.get(b).copied().flatten().and_then(|h| head.list.items.get(h)) {
            followed.insert(Place::head(kept.section), kept.line);
        } else {
            let place = place_of_removed(base.list, item.section, &matching);
            let behind = followed.get(&place).copied().unwrap_or_default();
            let change = ItemChange { only_box: boxes.lost(b), ..base.change(item, vec![Facet::Removed]) };
            filed.push((place, (behind, item.line), change));
        }
    }
    for (_, _, change) in &filed {
        count(&mut counts, change);
    }
    let mut sections = headings(base.list, head.list, &matching, &seats, &mut counts);
    filed.sort_by_key(|(place, line, _)| (*place, *line));
    for (place, _, change) in filed {
        let section = sections
            .entry(place)
            .or_insert_with(|| SectionChange { path: place.path(base.list, head.list), ..SectionChange::default() });
        section.items.push(change);
    }
    Diff { counts, sections: sections.into_values().collect() }
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
    seats: &Seats,
    counts: &mut Counts,
) -> BTreeMap<Place, SectionChange> {
    let mut found = BTreeMap::new();
    let moved = moved_sections(base, head, matching);
    let mut known = vec![false; head.sections.len()];
    for (b, old) in base.sections.iter().enumerate() {
        let Some(h) = matching.section_head_of.get(b).copied().flatten() else {
            let place = place_of_removed(base, Some(b), matching);
            let path = place.path(base, head);
            found.insert(
                place,
                SectionChange {
                    path,
                    existence: Some(Existence::Removed),
                    kept: seats.stayed_under_old(b),
                    ..SectionChange::default()
                },
            );
            continue;
        };
        if let Some(slot) = known.get_mut(h) {
            *slot = true;
        }
        let Some(new) = head.sections.get(h) else { continue };
        let renamed = identity::normalise_title(&old.title) != identity::normalise_title(&new.title);
        let moved = moved.contains(&h);
        if renamed || moved {
            counts.sections_renamed += usize::from(renamed);
            counts.sections_moved += usize::from(moved);
            let place = Place::head(Some(h));
            let path = place.path(base, head);
            let renamed_from = renamed.then(|| old.title.clone());
            found.insert(place, SectionChange { path, renamed_from, moved, ..SectionChange::default() });
        }
    }
    for (h, _) in known.iter().enumerate().filter(|(_, known)| !**known) {
        let place = Place::head(Some(h));
        let path = place.path(base, head);
        found.insert(
            place,
            SectionChange {
                path,
                existence: Some(Existence::Added),
                kept: seats.stayed_under_new(h),
                ..SectionChange::default()
            },
        );
    }
    found
}

fn facets(
    base: Version<'_>,
    head: Version<'_>,
    (b, old): (usize, &Item),
    (h, new): (usize, &Item),
    matching: &Matching,
    seats: &Seats,
) -> Vec<Facet> {
    let mut facets = Vec::new();
    if old.plain != new.plain || mentions(&old.text) != mentions(&new.text) {
        facets.push(Facet::Reworded { words: words(&old.text, &new.text) });
    } else if old.text != new.text {
        facets.push(Facet::Markup);
    }
    let same_place = seats.same(b, h);
    let expected = old.section.and_then(|s| matching.section_head_of.get(s).copied().flatten());
    // What is nested goes with its parent: the parent's move is the one that is told.
    let goes_along = old.parent.zip(new.parent).is_some_and(|(b, h)| {
        let partners = matching.head_of.get(b).copied().flatten() == Some(h);
        partners && (!same_place || seats.is_reordered(h))
    });
    if !goes_along && (!same_place || seats.is_reordered(h)) {
        facets.push(if same_place && expected == new.section {
            Facet::Reordered
        } else {
            Facet::Moved { from: base.list.path(old.section).into_iter().map(str::to_owned).collect() }
        });
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

/// How many items below one came along with it.
fn came_along(base: &Checklist, old: &Item, head: &Checklist, (h, new): (usize, &Item), matching: &Matching) -> usize {
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

fn count(counts: &mut Counts, change: &ItemChange) {
    let (mut moved, mut rules, mut details) = (false, false, false);
    for facet in &change.facets {
        match facet {
            Facet::Added => {
                counts.added += 1;
                counts.boxes_got += usize::from(change.only_box);
            }
            Facet::Removed => {
                counts.removed += 1;
                counts.boxes_lost += usize::from(change.only_box);
                counts.removed_required += usize::from(change.required && !change.only_box);
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
