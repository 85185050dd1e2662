//! How far a release is: the issue as it was opened, the issue as people left it, and the ledger of who did what.
//!
//! An item that Holdpoint verifies itself is done when the evidence says so, and not before.
//! Any other box counts when it is ticked **and** the ledger knows who ticked it **and** that person may. Everything else is open:
//! a missing or reworded item, a tick by somebody who may not, a tick that nobody was seen making.

pub use super::item_state::{Attribution, Entry, ItemState, PhaseCounts, Progress, SkipReason, SkipRefusal};
pub use super::mark::Mark;

use super::candidates::Candidates;
use super::continued::Continued;
use super::mark::MarkSource;
use super::rules::Rules;
use super::strikes::{covered, strikes};
use super::suffix::{before_suffix, core, without_suffix};
use super::verify::Verified;
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::checklist::matching::{continues, match_items};
use crate::checklist::parse::parse;
use crate::checklist::{Checklist, Item};
use crate::config::{ChecklistConfig, Skip};
use crate::ids::{Account, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One line of the ledger, as far as the state needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The item.
    pub item: ItemId,
    /// What it became.
    pub mark: Mark,
    /// Who did it.
    pub by: Account,
    /// When, by GitHub's clock.
    pub at: Timestamp,
    /// Why it does not count; `None` where it does.
    pub refused: Option<String>,
    /// How it was done.
    pub how: MarkSource,
}

/// A body's items by the ids of the body as it was opened, and what they show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The mark of each item that was asked for, and of each that was added (`+` before its id).
    pub marks: BTreeMap<ItemId, Mark>,
}

/// Reads what a body shows of the items that were asked for.
#[must_use]
pub fn marks(opened: &Checklist, current: &Checklist) -> Marks {
    let matching = match_items(opened, current);
    let partner = |at: usize| matching.head_of.get(at).copied().flatten().and_then(|h| current.items.get(h));
    let lost = |(at, item): &(usize, &Item)| partner(*at).is_none_or(|now| !same_text(item, now));
    let wanted: Vec<(usize, &Item)> = opened.items.iter().enumerate().filter(lost).collect();
    let struck = strikes(opened, current, &wanted);
    let mut marks = BTreeMap::new();
    for (at, item) in opened.items.iter().enumerate() {
        let mark = match (struck.get(&at), partner(at)) {
            (Some(line), _) => Mark::Skipped(reason(item, line)),
            (None, Some(now)) if same_text(item, now) => mark_of(item, now),
            (None, Some(_)) => Mark::Reworded,
            (None, None) => Mark::Missing,
        };
        marks.insert(item.id.clone(), mark);
    }
    for (at, item) in current.items.iter().enumerate() {
        if matching.base_of.get(at).copied().flatten().is_none() {
            marks.insert(added_id(item), mark_of(item, item));
        }
    }
    Marks { marks }
}

/// What the ids of items begin with that people added in the issue.
const ADDED: char = '+';

pub(super) fn added_id(item: &Item) -> ItemId {
    ItemId(format!("{ADDED}{}", item.id))
}

/// Whether people added the item in the issue.
#[must_use]
pub fn is_added(id: &ItemId) -> bool {
    id.0.starts_with(ADDED)
}

/// The text of an item as it was asked for, or as people added it.
#[must_use]
pub fn text_of(id: &ItemId, opened: &Checklist, current: &Checklist) -> Option<String> {
    let asked = opened.items.iter().find(|i| i.id == *id);
    let added = || id.0.strip_prefix(ADDED).and_then(|own| current.items.iter().find(|i| i.id.0 == own));
    let item = asked.or_else(added);
    item.map(|i| without_suffix(i).to_owned())
}

/// Evidence typed behind a text is no rewording. An explicit id does not help a text that was changed.
fn same_text(asked: &Item, now: &Item) -> bool {
    continues(core(asked), &now.plain)
}

fn mark_of(asked: &Item, now: &Item) -> Mark {
    if now.checked {
        Mark::Done
    } else if now.struck && covered(asked, now) {
        Mark::Skipped(reason(asked, now))
    } else {
        Mark::Open
    }
}

/// What was typed behind the struck text, without our own suffix: before it, behind it, or both.
fn reason(asked: &Item, now: &Item) -> String {
    let behind = format!(" {}", now.behind_strike.trim());
    let shown = asked.text.strip_prefix(without_suffix(asked)).unwrap_or_default().replace(['`', '\\'], "");
    let typed = match behind.split_once(shown.as_str()).filter(|_| !shown.is_empty()) {
        Some((before, after)) => format!("{} {}", before.trim(), after.trim()),
        None => before_suffix(asked, &behind).to_owned(),
    };
    typed.trim().trim_start_matches([':', '-', '–', '—', '·']).trim().to_owned()
}

/// One change between two readings of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkChange {
    /// The item.
    pub item: ItemId,
    /// What it was.
    pub was: Mark,
    /// What it became.
    pub now: Mark,
}

/// What changed from one reading to the next. An item that was not there before counts as open. That people added one, or took
/// it out again, is a change too: the texts alone do not tell it later.
#[must_use]
pub fn changes(before: &Marks, after: &Marks) -> Vec<MarkChange> {
    let mut changes = Vec::new();
    for (id, now) in &after.marks {
        let new = is_added(id) && *now == Mark::Open;
        let was = before.marks.get(id).unwrap_or(if new { &Mark::Missing } else { &Mark::Open });
        if was != now {
            changes.push(MarkChange { item: id.clone(), was: was.clone(), now: now.clone() });
        }
    }
    let gone =
        before.marks.iter().filter(|(id, was)| is_added(id) && **was != Mark::Missing && !after.marks.contains_key(id));
    changes.extend(gone.map(|(id, was)| MarkChange { item: id.clone(), was: was.clone(), now: Mark::Missing }));
    changes
}

/// Items that the text shows as done or skipped while the ledger's last line about them says otherwise, or there is none: nobody
/// was seen doing it.
///
/// And those of which only the edit history can tell who did it last: [`Contests`].
#[must_use]
pub fn unexplained(opened: &Checklist, current: &Checklist, ledger: &[Record]) -> BTreeSet<ItemId> {
    // By GitHub's clock; of one second, the line that was written last.
    let mut last: BTreeMap<&ItemId, &Record> = BTreeMap::new();
    for record in ledger.iter().filter(|r| r.how.is_edit()) {
        let known = last.entry(&record.item).or_insert(record);
        if record.at >= known.at {
            *known = record;
        }
    }
    let contests = Contests::of(ledger);
    let signed = |(id, seen): &(ItemId, Mark)| {
        last.get(id).is_some_and(|r| same_mark(&r.mark, seen) && contests.against(r).is_none())
    };
    let shown = marks(opened, current).marks.into_iter();
    let shown = shown.filter(|(_, mark)| matches!(mark, Mark::Done | Mark::Skipped(_)));
    shown.filter(|entry| !signed(entry)).map(|(id, _)| id).collect()
}

/// Edits that do not count, by their items.
///
/// GitHub's clock has whole seconds, and deliveries come in any order: of two edits of one second that made the same mark, one
/// that counts and one that does not, the ledger cannot tell which came last. Neither counts until the edit history says.
struct Contests<'r> {
    refused: BTreeMap<&'r ItemId, Vec<&'r Record>>,
}

impl<'r> Contests<'r> {
    fn of(ledger: &'r [Record]) -> Self {
        let mut refused: BTreeMap<&ItemId, Vec<&Record>> = BTreeMap::new();
        for record in ledger.iter().filter(|r| r.refused.is_some() && r.how.is_edit()) {
            refused.entry(&record.item).or_default().push(record);
        }
        Self { refused }
    }

    /// What may have come after the last line about an item, and does not count.
    fn against(&self, last: &Record) -> Option<&'r Record> {
        if last.how != MarkSource::Box || last.refused.is_some() {
            return None;
        }
        // The times of deliveries and of the history may be a second apart.
        let apart = |r: &Record| if r.how == MarkSource::History { 1 } else { 0 };
        let of_one_second = |r: &&&Record| (last.at.0 - r.at.0).abs() <= apart(r) && same_mark(&r.mark, &last.mark);
        self.refused.get(&last.item)?.iter().rev().find(of_one_second).copied()
    }
}

/// Puts together what was asked, what the body shows, what the ledger knows, and what Holdpoint found.
///
/// `added` are the texts of the items that people ever added, as the ledger has them; `verified` is what was found about the
/// release's present commit; `candidates` tell for which of its commits something was done.
#[must_use]
pub fn progress(
    opened: &Checklist,
    current: &Checklist,
    ledger: &[Record],
    added: &BTreeMap<ItemId, String>,
    verified: &Verified,
    candidates: &Candidates,
    config: &ChecklistConfig,
) -> Progress {
    by_rules(opened, current, ledger, added, verified, candidates, &Rules::of(config))
}

/// Without a look at anything else of the configuration: answers that are kept are kept under these rules.
fn by_rules(
    opened: &Checklist,
    current: &Checklist,
    ledger: &[Record],
    added: &BTreeMap<ItemId, String>,
    verified: &Verified,
    candidates: &Candidates,
    rules: &Rules,
) -> Progress {
    let (again, skip) = (rules.again, rules.skip);
    let seen = marks(opened, current);
    let last = last_records(ledger);
    let after = rules.after.set();
    let mut entries = Vec::new();
    let there = || current.items.iter().filter(|i| seen.marks.contains_key(&added_id(i)));
    let matched_ids: BTreeSet<ItemId> = opened.items.iter().map(|i| i.id.clone()).collect();
    let asked = opened.items.iter().map(|i| (opened, i, i.id.clone(), false));
    for (list, item, id, added) in asked.chain(there().map(|i| (current, i, added_id(i), true))) {
        if added && matched_ids.contains(&id) {
            continue;
        }
        let Some(mark) = seen.marks.get(&id) else { continue };
        let record = last.get(&id).copied();
        entries.push(Entry {
            number: entries.len() + 1,
            id,
            text: without_suffix(item).to_owned(),
            section: list.path(item.section).last().map(|t| (*t).to_owned()).unwrap_or_default(),
            // What people add themselves is asked for before the release, whatever heading they put it under.
            phase: if added { Phase::Before } else { list.phase(item, after) },
            optional: item.directives.optional && !added,
            owners: item.directives.owners.clone(),
            added,
            standing: match verified.proof(&item.id, &item.directives.verify).filter(|_| !added) {
                Some(proof) => proof.over(standing(mark, record, skip)),
                None => standing(mark, record, skip),
            },
            group: item.directives.one_of.clone().filter(|_| !added),
            every_candidate: again || (item.directives.every_candidate && !added),
            made_for: None,
        });
    }
    for (id, text, record) in taken_out(added, &there().collect::<Vec<_>>(), ledger, &last) {
        entries.push(entry_taken_out(entries.len() + 1, (id, text, record), rules));
    }
    for entry in &mut entries {
        entry.made_for = entry.signature().map(|by| candidates.made_for(by.at));
    }
    Progress { entries }.at(candidates.present())
}

/// The ledger's last word on each item.
fn last_records(ledger: &[Record]) -> BTreeMap<&ItemId, &Record> {
    // A command that was refused changes nothing; a box that somebody ticked who may not, shows.
    let counts = |r: &&Record| r.refused.is_none() || r.how.is_edit();
    let mut last: BTreeMap<&ItemId, &Record> = ledger.iter().filter(counts).map(|r| (&r.item, r)).collect();
    let contests = Contests::of(ledger);
    last.values_mut().for_each(|r| *r = contests.against(r).unwrap_or(r));
    last
}

/// The entry of an item that people added and that the issue does not show any more.
fn entry_taken_out(number: usize, (id, text, record): (&ItemId, &str, Option<&Record>), rules: &Rules) -> Entry {
    Entry {
        number,
        id: id.clone(),
        text: text.to_owned(),
        section: String::new(),
        phase: Phase::Before,
        optional: false,
        owners: Vec::new(),
        added: true,
        standing: without(record, rules.skip),
        group: None,
        every_candidate: rules.again,
        made_for: None,
    }
}

/// Items that people added and that the issue does not show any more, with the ledger's last word on each. One whose text was
/// continued or moved is another item by now, which is asked for in its place.
fn taken_out<'p>(
    added: &'p BTreeMap<ItemId, String>,
    there: &[&Item],
    ledger: &[Record],
    last: &BTreeMap<&ItemId, &'p Record>,
) -> Vec<(&'p ItemId, &'p str, Option<&'p Record>)> {
    let plain = |text: &str| {
        let (list, _) = parse(&format!("- [ ] {text}\n"));
        list.items.into_iter().next().map(|item| item.plain).unwrap_or_default()
    };
    let shown: BTreeSet<ItemId> = there.iter().map(|i| added_id(i)).collect();
    let out: Vec<(&ItemId, &String, String)> =
        added.iter().filter(|(id, _)| !shown.contains(*id)).map(|(id, text)| (id, text, plain(text))).collect();
    let mut found = Vec::new();
    if out.is_empty() {
        return found;
    }
    let mut texts = Continued::default();
    let numbers: Vec<usize> = out.iter().map(|(_, _, own)| texts.number(own)).collect();
    let mut first: BTreeMap<&ItemId, &Record> = BTreeMap::new();
    for record in ledger {
        first.entry(&record.item).or_insert(record);
    }
    // What an edit brought, by that edit and the text that it continues.
    let mut brought: BTreeMap<(Timestamp, &Account, usize), VecDeque<ItemId>> = BTreeMap::new();
    for (id, now) in added {
        let Some(edit) = first.get(id).filter(|r| r.mark != Mark::Missing) else { continue };
        for text in texts.begin(&plain(now)) {
            brought.entry((edit.at, &edit.by, text)).or_default().push_back(id.clone());
        }
    }
    // What stands there and nobody was seen adding.
    let mut moved: BTreeMap<usize, VecDeque<ItemId>> = BTreeMap::new();
    for item in there.iter().filter(|i| !added.contains_key(&added_id(i))) {
        for text in texts.begin(&item.plain) {
            moved.entry(text).or_default().push_back(added_id(item));
        }
    }
    let mut used: BTreeSet<ItemId> = BTreeSet::new();
    for ((id, text, _), own) in out.into_iter().zip(numbers) {
        let record = last.get(id).copied();
        let others = match record.filter(|r| r.how.is_edit() && r.mark == Mark::Missing) {
            // What the same edit brought in its place.
            Some(gone) => brought.get_mut(&(gone.at, &gone.by, own)),
            // Nobody was seen taking it out, and what stands there instead nobody was seen adding: an edit of ours moved it.
            None => moved.get_mut(&own),
        };
        match others.and_then(|others| take_other(others, id, &used)) {
            Some(other) => {
                used.insert(other);
            }
            None => found.push((id, text.as_str(), record)),
        }
    }
    found
}

/// The first that is another item and stands in for none yet.
fn take_other(others: &mut VecDeque<ItemId>, id: &ItemId, used: &BTreeSet<ItemId>) -> Option<ItemId> {
    while let Some(at) = others.iter().position(|other| other != id) {
        let other = others.remove(at)?;
        if !used.contains(&other) {
            return Some(other);
        }
    }
    None
}

/// How an item stands that people added and that is not in the issue any more. Whoever may tick may take it out; by anybody else
/// it is missing, until it is put back, skipped with a reason, or overridden.
fn without(record: Option<&Record>, skip: Skip) -> ItemState {
    let Some(r) = record.filter(|r| r.refused.is_none()) else { return ItemState::Missing };
    let by = Attribution { by: r.by.login.clone(), at: r.at, how: r.how };
    match (r.how, &r.mark, skip) {
        (MarkSource::Override, Mark::Skipped(reason), _) => ItemState::Overridden { by, reason: reason.clone() },
        (MarkSource::Comment, Mark::Skipped(reason), Skip::Reason) => {
            ItemState::Skipped { by, reason: SkipReason::Typed(reason.clone()) }
        }
        (MarkSource::Box | MarkSource::History, Mark::Missing, Skip::Reason) => {
            ItemState::Skipped { by, reason: SkipReason::TakenOut }
        }
        (_, Mark::Skipped(_) | Mark::Missing, Skip::Forbid) => ItemState::SkipRefused(SkipRefusal::TakenOut),
        _ => ItemState::Missing,
    }
}

/// A reason that was typed later is still the same skip, if the ledger saw the strike.
fn same_mark(recorded: &Mark, seen: &Mark) -> bool {
    match (recorded, seen) {
        (Mark::Skipped(_), Mark::Skipped(_)) => true,
        _ => recorded == seen,
    }
}

/// The last word of the ledger on an item, together with what the issue shows of it. A command holds until somebody edits the
/// item in the issue; it does not bring back an item that was taken out or reworded, but for an override.
fn standing(seen: &Mark, record: Option<&Record>, skip: Skip) -> ItemState {
    let signature = |r: &Record| Attribution { by: r.by.login.clone(), at: r.at, how: r.how };
    if let Some(r) = record {
        let reason = match &r.mark {
            Mark::Skipped(reason) => reason.clone(),
            Mark::Open | Mark::Done | Mark::Missing | Mark::Reworded => String::new(),
        };
        match (r.how, seen) {
            (MarkSource::Override, _) => return ItemState::Overridden { by: signature(r), reason },
            (MarkSource::Comment, Mark::Open | Mark::Done | Mark::Skipped(_)) => {
                return match (&r.mark, skip) {
                    (Mark::Done, _) => ItemState::Done(signature(r)),
                    (Mark::Skipped(_), Skip::Reason) => {
                        ItemState::Skipped { by: signature(r), reason: SkipReason::Typed(reason) }
                    }
                    (Mark::Skipped(_), Skip::Forbid) => ItemState::SkipRefused(SkipRefusal::Forbidden),
                    (Mark::Open | Mark::Missing | Mark::Reworded, _) => ItemState::Open,
                };
            }
            (MarkSource::Comment, Mark::Missing | Mark::Reworded)
            | (MarkSource::Box | MarkSource::History | MarkSource::Verified, _) => {}
        }
    }
    let record = record.filter(|r| r.how.is_edit() && same_mark(&r.mark, seen));
    match seen {
        Mark::Open => ItemState::Open,
        Mark::Missing => ItemState::Missing,
        Mark::Reworded => ItemState::Reworded,
        Mark::Skipped(reason) => match (skip, record) {
            (Skip::Forbid, _) => ItemState::SkipRefused(SkipRefusal::Forbidden),
            (Skip::Reason, _) if reason.is_empty() => ItemState::SkipRefused(SkipRefusal::NoReason),
            (Skip::Reason, None) => ItemState::Unattributed,
            (Skip::Reason, Some(r)) => match &r.refused {
                Some(why) => ItemState::Refused { by: signature(r), why: why.clone() },
                None => ItemState::Skipped { by: signature(r), reason: SkipReason::Typed(reason.clone()) },
            },
        },
        Mark::Done => match record {
            None => ItemState::Unattributed,
            Some(r) => match &r.refused {
                Some(why) => ItemState::Refused { by: signature(r), why: why.clone() },
                None => ItemState::Done(signature(r)),
            },
        },
    }
}
