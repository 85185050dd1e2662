//! A release that goes on under another name or commit.
//!
//! Candidates of one version share one issue, and so does a pull request with each push to it. What the newer commit asks for
//! in addition is put behind what was asked before; nothing else of the issue is touched, so every tick stays.
//!
//! Pure. How the text gets into an issue that people edit meanwhile is the business of `handle`.

use super::contents::ItemRules;
use super::progress::added_id;
use super::suffix::core;
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::checklist::matching::match_items;
use crate::checklist::parse::parse;
use crate::checklist::{Checklist, Item};
use globset::GlobSet;
use std::collections::BTreeSet;

/// What a renewed release asks for in addition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addition {
    /// The text to put before the marker.
    pub text: String,
    /// How many boxes it brings.
    pub items: usize,
}

/// What is new: of the items that the newer commit asks for, those that were not asked for in these words and under these
/// rules.
///
/// `named` are the newer commit's issues with each name and its values in it that the release had so far, so that a
/// version in an item's text makes no new item; `new` is the one with the name that it gets. `None` where the addition could
/// not be put there without changing what some item asks for.
#[must_use]
pub fn addition(opened: &str, named: &[String], new: &str, title: &str, after: &GlobSet) -> Option<Addition> {
    let (asked, list) = (parse(opened).0, parse(new).0);
    let mut fresh: BTreeSet<usize> = (0..list.items.len()).collect();
    for old in named {
        let old = parse(old).0;
        if old.items.len() != list.items.len() {
            return None;
        }
        let matching = match_items(&asked, &old);
        fresh.retain(|at| {
            let base = matching.base_of.get(*at).copied().flatten().and_then(|b| asked.items.get(b));
            base.zip(old.items.get(*at))
                .is_none_or(|(was, now)| core(was) != core(now) || rules(&asked, was, after) != rules(&old, now, after))
        });
    }
    let text = render(&asked, &list, new, &fresh, title);
    let whole = parse(&insert(opened, &text)).0;
    asks_for_both(&asked, &list, &fresh, &whole, after).then_some(Addition { items: fresh.len(), text })
}

/// Whether a text asks for what was asked, and behind that for what is fresh in a list, and for nothing else.
fn asks_for_both(
    asked: &Checklist,
    list: &Checklist,
    fresh: &BTreeSet<usize>,
    whole: &Checklist,
    after: &GlobSet,
) -> bool {
    let expected = asked.items.iter().map(|i| (core(i), rules(asked, i, after)));
    let added = fresh.iter().filter_map(|at| list.items.get(*at)).map(|i| (core(i), rules(list, i, after)));
    expected.chain(added).eq(whole.items.iter().map(|i| (core(i), rules(whole, i, after))))
}

/// The required items of a reference that a release's content lacks.
///
/// Those are the items that it does not ask for in these words under rules that are at least as strict. Each item of the content stands for one of the reference, over all its files: `used` are those
/// that did so already. `None` where they could not be put behind it without changing what some item asks for.
#[must_use]
pub fn lacking(
    content: &str,
    reference: &str,
    title: &str,
    after: &GlobSet,
    used: &mut BTreeSet<usize>,
) -> Option<Addition> {
    let (own, list) = (parse(content).0, parse(reference).0);
    let mut fresh = BTreeSet::new();
    for (at, item) in list.items.iter().enumerate().filter(|(_, item)| !item.directives.optional) {
        let stands_for = |(n, i): &(usize, &Item)| {
            !used.contains(n) && core(i) == core(item) && asks_as_much(&own, i, &list, item, after)
        };
        match own.items.iter().enumerate().find(stands_for) {
            Some((n, _)) => {
                used.insert(n);
            }
            None => {
                fresh.insert(at);
            }
        }
    }
    let text = render(&own, &list, reference, &fresh, title);
    let whole = parse(&format!("{content}{text}")).0;
    asks_for_both(&own, &list, &fresh, &whole, after).then_some(Addition { items: fresh.len(), text })
}

/// Whether nobody gets past the one item who would not get past the other.
fn asks_as_much(own: &Checklist, item: &Item, list: &Checklist, reference: &Item, after: &GlobSet) -> bool {
    let (mine, theirs) = (&item.directives, &reference.directives);
    let group = |list: &Checklist, item: &Item| -> BTreeSet<String> {
        let same =
            |other: &&Item| item.directives.one_of.is_some() && other.directives.one_of == item.directives.one_of;
        list.items.iter().filter(same).map(|other| core(other).to_owned()).collect()
    };
    let alternatives = group(own, item);
    let owned = theirs.owners.is_empty()
        || (!mine.owners.is_empty() && mine.owners.iter().all(|owner| theirs.owners.contains(owner)));
    !mine.optional
        && (own.phase(item, after) == Phase::Before || list.phase(reference, after) == Phase::After)
        && owned
        && (mine.second_person || !theirs.second_person)
        && (mine.every_candidate || !theirs.every_candidate)
        && mine.verify == theirs.verify
        && (alternatives.is_empty() || alternatives.is_subset(&group(list, reference)))
}

fn rules(list: &Checklist, item: &Item, after: &GlobSet) -> ItemRules {
    ItemRules::of(item, list.phase(item, after))
}

/// The fresh items under copies of their headings. The first heading ranks as high as the highest of both texts, so that no
/// heading above reaches into the addition.
fn render(asked: &Checklist, new: &Checklist, source: &str, fresh: &BTreeSet<usize>, title: &str) -> String {
    if fresh.is_empty() {
        return String::new();
    }
    let levels = asked.sections.iter().chain(&new.sections).map(|s| s.level);
    let rank = levels.min().unwrap_or(2).min(2);
    let mut out = format!("\n{} {title}\n", "#".repeat(usize::from(rank)));
    let mut shown: Vec<usize> = Vec::new();
    let mut covered = 0;
    for at in fresh {
        let Some(item) = new.items.get(*at) else { continue };
        // Its parent is fresh too, and brought it along.
        if item.span.start < covered {
            continue;
        }
        covered = item.span.end;
        let path = headings(new, item.section);
        let path: Vec<usize> = path.into_iter().flat_map(|h| lead(new, h).into_iter().chain([h])).collect();
        for heading in path.iter().filter(|h| !shown.contains(h)) {
            let span = new.sections.get(*heading).map(|s| s.span.clone()).unwrap_or_default();
            out.push_str(&format!("\n{}\n", source.get(span).unwrap_or_default().trim_end()));
        }
        if shown != path {
            out.push('\n');
        }
        shown = path;
        out.push_str(&own_text(new, source, *at, fresh));
    }
    out
}

/// The heading without items right before one of its rank: it says where the file below comes from.
fn lead(list: &Checklist, heading: usize) -> Option<usize> {
    let before = heading.checked_sub(1)?;
    let (above, own) = (list.sections.get(before)?, list.sections.get(heading)?);
    let empty = list.items.iter().all(|i| i.section != Some(before));
    (empty && above.level == own.level && above.parent == own.parent).then_some(before)
}

fn headings(list: &Checklist, section: Option<usize>) -> Vec<usize> {
    let mut path = Vec::new();
    let mut next = section;
    while let Some((at, found)) = next.and_then(|at| Some((at, list.sections.get(at)?))) {
        path.push(at);
        next = found.parent;
    }
    path.reverse();
    path
}

/// An item's lines, moved to the left margin, without the items below it that were asked for already.
fn own_text(list: &Checklist, source: &str, at: usize, fresh: &BTreeSet<usize>) -> String {
    let Some(item) = list.items.get(at) else { return String::new() };
    let known: Vec<&Item> = list
        .items
        .iter()
        .enumerate()
        .skip(at + 1)
        .take_while(|(_, below)| below.span.start < item.span.end)
        .filter(|(n, _)| !fresh.contains(n))
        .map(|(_, below)| below)
        .collect();
    let before = source.get(..item.span.start).unwrap_or_default();
    let margin = before.len() - before.rfind('\n').map_or(0, |n| n + 1);
    let mut out = String::new();
    let mut start = item.span.start;
    for line in source.get(item.span.clone()).unwrap_or_default().split_inclusive('\n') {
        let line_at = start + (line.len() - line.trim_start().len());
        start += line.len();
        if known.iter().any(|k| k.span.contains(&line_at)) {
            continue;
        }
        let blanks = line.len() - line.trim_start_matches(' ').len();
        out.push_str(line.get(blanks.min(margin)..).unwrap_or(line));
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// The body with the boxes of some items emptied: those that must be done for every candidate, or of all where `again` says so.
/// `None` where none of them is ticked.
#[must_use]
pub fn emptied(opened: &str, body: &str, anew: &BTreeSet<ItemId>, again: bool) -> Option<String> {
    let (asked, current) = (parse(opened).0, parse(body).0);
    let matching = match_items(&asked, &current);
    let mut bytes = body.as_bytes().to_vec();
    for (at, item) in current.items.iter().enumerate().filter(|(_, item)| item.checked) {
        let partner = matching.base_of.get(at).copied().flatten().and_then(|b| asked.items.get(b));
        let id = partner.map_or_else(|| added_id(item), |own| own.id.clone());
        if anew.contains(&id)
            && (again || item.directives.every_candidate)
            && let Some(byte) = bytes.get_mut(item.box_at)
        {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).ok().filter(|now| now != body)
}

/// The body with the addition in its place: before the marker, else at the end.
#[must_use]
pub fn insert(body: &str, addition: &str) -> String {
    if addition.is_empty() {
        return body.to_owned();
    }
    let at = body.rfind("<!-- holdpoint v").unwrap_or(body.len());
    let (above, below) = (body.get(..at).unwrap_or(body), body.get(at..).unwrap_or_default());
    let gap = if above.is_empty() || above.ends_with('\n') { "" } else { "\n" };
    format!("{above}{gap}{addition}\n{below}")
}

/// The body before the addition was put there.
#[must_use]
pub fn remove_addition(body: &str, addition: &str) -> String {
    match body.rsplit_once(&format!("{addition}\n")).filter(|_| !addition.is_empty()) {
        Some((above, below)) => format!("{above}{below}"),
        None => body.to_owned(),
    }
}

/// The beginning of the heading of an addition.
pub const TITLE: &str = "Added with ";

/// What an edit of ours added to the body that it wrote over: the heading of an addition that was not there before, and all that
/// follows it up to the marker.
#[must_use]
pub fn added(from: &str, ours: &str) -> Option<String> {
    let end = ours.rfind("<!-- holdpoint v").unwrap_or(ours.len());
    let mut at = 0;
    for line in ours.get(..end)?.split_inclusive('\n') {
        let title = line.starts_with('#') && line.trim_start_matches('#').trim().starts_with(TITLE);
        if title && !from.lines().any(|l| l.trim_end() == line.trim_end()) {
            return ours.get(at..end).map(|text| format!("\n{}\n", text.trim_end()));
        }
        at += line.len();
    }
    None
}

/// Whether the addition is in a body already: a try that was broken off put it there.
#[must_use]
pub fn contains_addition(body: &str, addition: &str) -> bool {
    let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    let title = lines(addition).into_iter().find(|l| !l.is_empty());
    title.is_none_or(|title| lines(body).contains(&title))
}
