//! The comparison itself: pairs the items, asks of each pair what happened, and files every change under its heading.

use super::bullet_conversion::Boxes;
use super::commented_out::Commented;
use super::diff::{
    CosmeticChange, Counts, Diff, Facet, FileStatus, ItemChange, OldItem, Remnant, SectionChange, Version,
};
use super::directive::Phase;
use super::item_changes::{Seen, came_along, facets, reworded_above};
use super::matching::{Matching, match_items};
use super::position::{Positions, moved_sections};
use super::{Checklist, Group, Item, identity};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The phases that the headings of one version give to the items below them.
struct Side {
    phases: BTreeMap<Option<usize>, Phase>,
}

impl Side {
    fn of(version: Version<'_>) -> Self {
        let mut phases = BTreeMap::new();
        for item in version.list.items.iter().filter(|item| item.directives.phase.is_none()) {
            phases.entry(item.section).or_insert_with(|| version.list.phase(item, version.after));
        }
        Self { phases }
    }

    fn seen<'c>(&self, at: usize, item: &'c Item) -> Seen<'c> {
        let below = || self.phases.get(&item.section).copied().unwrap_or(Phase::Before);
        Seen { at, item, phase: item.directives.phase.unwrap_or_else(below) }
    }
}

fn required(seen: Seen<'_>) -> bool {
    !seen.item.directives.optional && seen.phase == Phase::Before
}

fn change(seen: Seen<'_>, facets: Vec<Facet>) -> ItemChange {
    let item = seen.item;
    ItemChange {
        text: item.text.clone(),
        under: item.groups.iter().map(|group| Arc::clone(&group.text)).collect(),
        id: item.id.clone(),
        was: None,
        line: item.line,
        required: required(seen),
        no_longer_required: false,
        phase: seen.phase,
        instead: None,
        below: 0,
        facets,
    }
}

fn was(item: &Item) -> Option<OldItem> {
    Some(OldItem { id: item.id.clone(), line: item.line, text: item.text.clone() })
}

/// A bullet first: whoever took the box off an item did not hide it.
fn instead(bullet: bool, comments: &mut Commented, item: &Item) -> Option<Remnant> {
    if bullet {
        return Some(Remnant::Bullet);
    }
    comments.take(&item.plain).then_some(Remnant::Comment)
}

/// Compares two versions.
#[must_use]
pub fn diff(base: Version<'_>, head: Version<'_>) -> Diff {
    let matching = match_items(base.list, head.list);
    let positions = Positions::of(base.list, head.list, &matching);
    let boxes = Boxes::of(base.list, head.list, &matching);
    let (old_side, new_side) = (Side::of(base), Side::of(head));
    let mut went = Commented::news((head.text, head.list), (base.text, base.list));
    let mut came = Commented::news((base.text, base.list), (head.text, head.list));
    let gone = Gone::of(base.list, &matching);
    let mut counts =
        Counts { items_before: base.list.items.len(), items_after: head.list.items.len(), ..Counts::default() };
    // Changes are filed under a place: head sections by index, gone base sections behind the head section they followed.
    // A removed item stands behind the one that it followed: by that one's line, then by its own.
    let mut told = BTreeSet::new();
    let mut filed: Vec<(Place, (usize, usize), ItemChange)> = Vec::new();
    for (h, item) in head.list.items.iter().enumerate() {
        let new = new_side.seen(h, item);
        let partner = matching.base_of.get(h).copied().flatten().and_then(|b| Some((b, base.list.items.get(b)?)));
        let Some((b, before)) = partner else {
            let instead = instead(boxes.got(h), &mut came, item);
            let added = ItemChange { instead, ..change(new, vec![Facet::Added]) };
            filed.push((Place::head(item.section), (item.line, 0), added));
            continue;
        };
        let old = old_side.seen(b, before);
        let found = pair_facets((base.list, old), (head.list, new), (&matching, &positions, &boxes), &mut told);
        if !found.is_empty() {
            let kept = ItemChange {
                was: was(before),
                no_longer_required: required(old) && !required(new),
                below: came_along((base.list, before), (head.list, h, item), &matching),
                ..change(new, found)
            };
            filed.push((Place::head(item.section), (item.line, 0), kept));
        }
    }
    let mut followed: BTreeMap<Place, usize> = BTreeMap::new();
    for (b, item) in base.list.items.iter().enumerate() {
        if let Some(kept) = matching.head_of.get(b).copied().flatten().and_then(|h| head.list.items.get(h)) {
            followed.insert(Place::head(kept.section), kept.line);
        } else {
            let place = gone.place(item.section);
            let behind = followed.get(&place).copied().unwrap_or_default();
            let instead = instead(boxes.lost(b), &mut went, item);
            let removed = change(old_side.seen(b, item), vec![Facet::Removed]);
            filed.push((place, (behind, item.line), ItemChange { instead, was: was(item), ..removed }));
        }
    }
    for (_, _, change) in &filed {
        count(&mut counts, change);
    }
    let mut sections = headings(base.list, head.list, &matching, (&positions, &gone), &mut counts);
    filed.sort_by_key(|(place, line, _)| (*place, *line));
    for (place, _, change) in filed {
        let section = sections
            .entry(place)
            .or_insert_with(|| SectionChange { path: place.path(base.list, head.list), ..SectionChange::default() });
        section.items.push(change);
    }
    Diff { counts, sections: sections.into_values().collect() }
}

/// What happened to a pair of items. `told` are the bullets above items of which was said that they were reworded.
fn pair_facets(
    (base, old): (&Checklist, Seen<'_>),
    (head, new): (&Checklist, Seen<'_>),
    (matching, positions, boxes): (&Matching, &Positions, &Boxes),
    told: &mut BTreeSet<*const Group>,
) -> Vec<Facet> {
    let mut found = facets((base, old), (head, new), matching, positions);
    let is_details = |facet: &Facet| matches!(facet, Facet::Details { .. });
    if found.iter().any(is_details) && boxes.explain((old.at, old.item), (new.at, new.item)) {
        found.retain(|facet| !is_details(facet));
    }
    if !found.iter().any(|facet| matches!(facet, Facet::Moved { .. } | Facet::Renested)) {
        found.extend(reworded_above((base, old.item), (head, new.item), told));
    }
    found
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

/// Where each heading of the base is shown: as its partner in the head, or behind the partner of the nearest one before it.
struct Gone(Vec<Place>);

impl Gone {
    fn of(base: &Checklist, matching: &Matching) -> Self {
        let mut before = 0;
        let place = |(s, _)| {
            let partner = matching.section_head_of.get(s).copied().flatten();
            if let Some(h) = partner {
                before = h + 1;
            }
            partner.map_or(Place { head: before, gone: s + 1 }, |h| Place::head(Some(h)))
        };
        Self(base.sections.iter().enumerate().map(place).collect())
    }

    fn place(&self, section: Option<usize>) -> Place {
        section.and_then(|s| self.0.get(s)).copied().unwrap_or(Place::head(None))
    }
}

fn headings(
    base: &Checklist,
    head: &Checklist,
    matching: &Matching,
    (positions, gone): (&Positions, &Gone),
    counts: &mut Counts,
) -> BTreeMap<Place, SectionChange> {
    let mut found = BTreeMap::new();
    let moved = moved_sections(base, head, matching);
    let mut known = vec![false; head.sections.len()];
    for (b, old) in base.sections.iter().enumerate() {
        let Some(h) = matching.section_head_of.get(b).copied().flatten() else {
            let place = gone.place(Some(b));
            let path = place.path(base, head);
            found.insert(
                place,
                SectionChange {
                    path,
                    existence: Some(FileStatus::Removed),
                    kept: positions.stayed_under_old(b),
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
                existence: Some(FileStatus::Added),
                kept: positions.stayed_under_new(h),
                ..SectionChange::default()
            },
        );
    }
    found
}

fn count(counts: &mut Counts, change: &ItemChange) {
    let (bullet, comment) = (change.instead == Some(Remnant::Bullet), change.instead == Some(Remnant::Comment));
    let (mut moved, mut rules) = (false, false);
    for facet in &change.facets {
        match facet {
            Facet::Added => {
                counts.added += 1;
                counts.boxes_got += usize::from(bullet);
            }
            Facet::Removed => {
                counts.removed += 1;
                counts.removed_required += usize::from(change.required);
                counts.boxes_lost += usize::from(bullet);
                counts.boxes_lost_required += usize::from(bullet && change.required);
                counts.commented_out += usize::from(comment);
                counts.commented_out_required += usize::from(comment && change.required);
            }
            Facet::Reworded { .. } => counts.reworded += 1,
            Facet::Moved { .. } | Facet::Reordered | Facet::Renested => moved = true,
            Facet::Optional { .. } | Facet::Phase { .. } | Facet::Owners { .. } | Facet::Rule { .. } => rules = true,
            Facet::Details { .. } => counts.details += 1,
            Facet::Above { .. } => counts.bullets_reworded += 1,
            Facet::Invisible { .. } => counts.invisible += 1,
            Facet::Ticked { .. } => counts.ticked += 1,
            Facet::Links { .. } | Facet::Versions { .. } | Facet::Case { .. } | Facet::Markup { .. } => {}
        }
    }
    match change.quiet() {
        Some(CosmeticChange::Links) => counts.links += 1,
        Some(CosmeticChange::Versions) => counts.versions += 1,
        Some(CosmeticChange::Case | CosmeticChange::Markup) => counts.markup += 1,
        None => {}
    }
    counts.moved += usize::from(moved);
    counts.no_longer_required += usize::from(change.no_longer_required);
    counts.rules += usize::from(rules && !change.no_longer_required);
}
