//! How far a release is: the issue as it was opened, the issue as people left it, and the ledger of who did what.
//!
//! An item that Holdpoint verifies itself is done when the evidence says so, and not before.
//! Any other box counts when it is ticked **and** the ledger knows who ticked it **and** that person may. Everything else is open:
//! a missing or reworded item, a tick by somebody who may not, a tick that nobody was seen making.

use super::verify::{Shown, Verified};
use crate::checklist::directive::{Directives, Phase};
use crate::checklist::identity::ItemId;
use crate::checklist::matching::{continues, match_items};
use crate::checklist::{Checklist, Item};
use crate::config::{ChecklistConfig, Skip};
use crate::ids::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a reader of the issue sees of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// An empty box.
    Open,
    /// A ticked box.
    Done,
    /// Struck out, with what was typed behind it.
    Skipped(String),
    /// The item is not there any more.
    Missing,
    /// Its text is another one.
    Reworded,
}

/// One line of the ledger, as far as the state needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The item.
    pub item: ItemId,
    /// What it became.
    pub mark: Mark,
    /// Login of who did it.
    pub by: String,
    /// When, by GitHub's clock.
    pub at: Timestamp,
    /// Why it does not count; `None` where it does.
    pub refused: Option<String>,
}

/// How an item stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody did it yet.
    Open,
    /// Done, by whom and when.
    Done(Signature),
    /// Skipped with a reason.
    Skipped {
        /// Who struck it out.
        by: Signature,
        /// What they typed behind it.
        reason: String,
    },
    /// Holdpoint verified it itself.
    Verified {
        /// What was found.
        evidence: Vec<Shown>,
        /// When the last of it was found.
        at: Timestamp,
    },
    /// Holdpoint verifies it itself, and this is missing.
    Unverified(Vec<String>),
    /// Another item of its one-of group is done.
    NotNeeded,
    /// Struck out, but a reason is wanted or skipping is forbidden.
    SkipRefused(String),
    /// Ticked by somebody who may not.
    Refused {
        /// Who did it.
        by: Signature,
        /// Why it does not count.
        why: String,
    },
    /// Ticked, and nobody was seen doing it.
    Unattributed,
    /// Taken out of the issue.
    Missing,
    /// Its text was changed in the issue.
    Reworded,
}

/// Who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Login.
    pub by: String,
    /// By GitHub's clock.
    pub at: Timestamp,
}

/// One item of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its stable name.
    pub id: ItemId,
    /// Its text as it was asked for.
    pub text: String,
    /// The heading that it stands under; empty where there is none.
    pub section: String,
    /// Which gate waits for it.
    pub phase: Phase,
    /// Shown, never blocks.
    pub optional: bool,
    /// Only these may tick it.
    pub owners: Vec<String>,
    /// Somebody added it in the issue.
    pub added: bool,
    /// How it stands.
    pub standing: Standing,
}

impl Entry {
    /// Nothing more is wanted of it.
    #[must_use]
    pub fn settled(&self) -> bool {
        match self.standing {
            Standing::Done(_) | Standing::Skipped { .. } | Standing::Verified { .. } | Standing::NotNeeded => true,
            Standing::Open
            | Standing::Unverified(_)
            | Standing::SkipRefused(_)
            | Standing::Refused { .. }
            | Standing::Unattributed
            | Standing::Missing
            | Standing::Reworded => false,
        }
    }

    /// The gate waits for it.
    #[must_use]
    pub fn blocks(&self, phase: Phase) -> bool {
        self.phase == phase && !self.optional && !self.settled()
    }
}

/// How far a release is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every item that was asked for, in order, and after them those that people added.
    pub entries: Vec<Entry>,
}

/// Numbers of one phase; optional items are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Done, or not needed because of an alternative.
    pub done: usize,
    /// Skipped with a reason.
    pub skipped: usize,
    /// All required items.
    pub total: usize,
}

impl Tally {
    /// What is still wanted.
    #[must_use]
    pub fn open(self) -> usize {
        self.total - self.done - self.skipped
    }
}

impl Progress {
    /// The numbers of a phase.
    #[must_use]
    pub fn tally(&self, phase: Phase) -> Tally {
        let mut tally = Tally::default();
        for entry in self.entries.iter().filter(|e| e.phase == phase && !e.optional) {
            tally.total += 1;
            match entry.standing {
                Standing::Done(_) | Standing::Verified { .. } | Standing::NotNeeded => tally.done += 1,
                Standing::Skipped { .. } => tally.skipped += 1,
                Standing::Open
                | Standing::Unverified(_)
                | Standing::SkipRefused(_)
                | Standing::Refused { .. }
                | Standing::Unattributed
                | Standing::Missing
                | Standing::Reworded => {}
            }
        }
        tally
    }

    /// What a phase still waits for, in order.
    pub fn missing(&self, phase: Phase) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.blocks(phase))
    }

    /// Whether something of it rests on what Holdpoint found itself.
    #[must_use]
    pub fn rests_on_evidence(&self) -> bool {
        self.entries.iter().any(|e| matches!(e.standing, Standing::Verified { .. }))
    }

    /// Nothing more is wanted in either phase.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.missing(Phase::Before).chain(self.missing(Phase::After)).next().is_none()
    }
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

fn added_id(item: &Item) -> ItemId {
    ItemId(format!("+{}", item.id))
}

/// The text of an item as it was asked for, or as people added it.
#[must_use]
pub fn text_of(id: &ItemId, opened: &Checklist, current: &Checklist) -> Option<String> {
    let asked = opened.items.iter().find(|i| i.id == *id);
    let item = asked.or_else(|| current.items.iter().find(|i| added_id(i) == *id));
    item.map(|i| without_suffix(i).to_owned())
}

/// The normalised text without the suffix that shows the directives.
pub(super) fn core(item: &Item) -> &str {
    before_suffix(item, &item.plain)
}

/// The text as it was written, without that suffix.
fn without_suffix(item: &Item) -> &str {
    before_suffix(item, &item.text)
}

/// Takes from the end what was put there when the issue was opened, part by part: the same words in the item's own text stay.
fn before_suffix<'t>(item: &Item, text: &'t str) -> &'t str {
    let Directives { optional, owners, second_person, one_of, verify, when, .. } = &item.directives;
    let ours = |part: &str| {
        let same = |word: &str| part.eq_ignore_ascii_case(word);
        (*optional && same("optional"))
            || same("after the release")
            || owners.iter().any(|o| same(o))
            || (*second_person && same("by a second person"))
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

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The words of a struck item that are struck out.
fn struck_words(struck: &Item) -> Vec<String> {
    let mut left = words(&struck.plain);
    for word in words(&struck.behind_strike) {
        // From behind: the reason may repeat the item's words.
        if let Some(at) = left.iter().rposition(|w| *w == word) {
            left.remove(at);
        }
    }
    left
}

/// The strike covers the whole text as it was asked for: striking a part skips nothing, and a part that its author struck
/// is no skip either.
fn covered(asked: &Item, struck: &Item) -> bool {
    let mut left = struck_words(struck);
    words(core(asked)).iter().all(|word| match left.iter().position(|w| w == word) {
        Some(at) => {
            left.remove(at);
            true
        }
        None => false,
    })
}

/// Items whose box went with the strike: `- ~~text~~ reason`, `~~- [ ] text~~`. Each struck line is one item's: that of the
/// same text in the same place, before one that it only continues.
fn strikes<'c>(opened: &Checklist, current: &'c Checklist, wanted: &[(usize, &Item)]) -> BTreeMap<usize, &'c Item> {
    let mut found: BTreeMap<usize, &Item> = BTreeMap::new();
    let mut used = BTreeSet::new();
    let place = |list: &Checklist, item: &Item| list.path(item.section).join("\u{1f}").to_lowercase();
    let lines: Vec<(&Item, String, usize)> =
        current.struck.iter().map(|s| (s, place(current, s), struck_words(s).len())).collect();
    for (exact, near) in [(true, true), (true, false), (false, true), (false, false)] {
        for (at, item) in wanted {
            if lines.is_empty() || found.contains_key(at) {
                continue;
            }
            let (text, length, here) = (core(item), words(core(item)).len(), place(opened, item));
            let fits = |(n, (line, there, count)): &(usize, &(&Item, String, usize))| {
                !used.contains(n)
                    && continues(text, &line.plain)
                    && (!exact || *count == length)
                    && (!near || *there == here)
                    && covered(item, line)
            };
            if let Some((n, (line, ..))) = lines.iter().enumerate().find(fits) {
                used.insert(n);
                found.insert(*at, line);
            }
        }
    }
    found
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

/// What changed from one reading to the next. An item that was not there before counts as open.
#[must_use]
pub fn changes(before: &Marks, after: &Marks) -> Vec<MarkChange> {
    let mut changes = Vec::new();
    for (id, now) in &after.marks {
        let was = before.marks.get(id).unwrap_or(&Mark::Open);
        if was != now {
            changes.push(MarkChange { item: id.clone(), was: was.clone(), now: now.clone() });
        }
    }
    changes
}

/// Puts together what was asked, what the body shows, what the ledger knows, and what Holdpoint found about the release's
/// present commit.
#[must_use]
pub fn progress(
    opened: &Checklist,
    current: &Checklist,
    ledger: &[Record],
    verified: &Verified,
    config: &ChecklistConfig,
) -> Progress {
    let seen = marks(opened, current);
    let last: BTreeMap<&ItemId, &Record> = ledger.iter().map(|r| (&r.item, r)).collect();
    let after = config.after_headings();
    let mut entries = Vec::new();
    let mut groups: Vec<Option<String>> = Vec::new();
    let added = current.items.iter().filter(|i| seen.marks.contains_key(&added_id(i)));
    let matched_ids: BTreeSet<ItemId> = opened.items.iter().map(|i| i.id.clone()).collect();
    let asked = opened.items.iter().map(|i| (opened, i, i.id.clone(), false));
    for (list, item, id, added) in asked.chain(added.map(|i| (current, i, added_id(i), true))) {
        if added && matched_ids.contains(&id) {
            continue;
        }
        let Some(mark) = seen.marks.get(&id) else { continue };
        let record = last.get(&id).copied().filter(|r| same_mark(&r.mark, mark));
        entries.push(Entry {
            id,
            text: without_suffix(item).to_owned(),
            section: list.path(item.section).last().map(|t| (*t).to_owned()).unwrap_or_default(),
            // What people add themselves is asked for before the release, whatever heading they put it under.
            phase: if added { Phase::Before } else { list.phase(item, &after) },
            optional: item.directives.optional && !added,
            owners: item.directives.owners.clone(),
            added,
            standing: match verified.proof(&item.directives.verify).filter(|_| !added) {
                Some(proof) => proof.over(standing(mark, record, config.skip)),
                None => standing(mark, record, config.skip),
            },
        });
        groups.push(item.directives.one_of.clone().filter(|_| !added));
    }
    settle_groups(&mut entries, &groups);
    Progress { entries }
}

/// A reason that was typed later is still the same skip, if the ledger saw the strike.
fn same_mark(recorded: &Mark, seen: &Mark) -> bool {
    match (recorded, seen) {
        (Mark::Skipped(_), Mark::Skipped(_)) => true,
        _ => recorded == seen,
    }
}

fn standing(mark: &Mark, record: Option<&Record>, skip: Skip) -> Standing {
    let signature = |r: &Record| Signature { by: r.by.clone(), at: r.at };
    match mark {
        Mark::Open => Standing::Open,
        Mark::Missing => Standing::Missing,
        Mark::Reworded => Standing::Reworded,
        Mark::Skipped(reason) => match (skip, record) {
            (Skip::Forbid, _) => Standing::SkipRefused("skipping is not allowed here".to_owned()),
            (Skip::Reason, _) if reason.is_empty() => {
                Standing::SkipRefused("struck out without a reason behind it".to_owned())
            }
            (Skip::Reason, None) => Standing::Unattributed,
            (Skip::Reason, Some(r)) => match &r.refused {
                Some(why) => Standing::Refused { by: signature(r), why: why.clone() },
                None => Standing::Skipped { by: signature(r), reason: reason.clone() },
            },
        },
        Mark::Done => match record {
            None => Standing::Unattributed,
            Some(r) => match &r.refused {
                Some(why) => Standing::Refused { by: signature(r), why: why.clone() },
                None => Standing::Done(signature(r)),
            },
        },
    }
}

/// Of a one-of group, one done item suffices.
fn settle_groups(entries: &mut [Entry], groups: &[Option<String>]) {
    let done: BTreeSet<&String> = entries
        .iter()
        .zip(groups)
        .filter(|(e, _)| matches!(e.standing, Standing::Done(_) | Standing::Verified { .. }))
        .filter_map(|(_, g)| g.as_ref())
        .collect();
    for (entry, group) in entries.iter_mut().zip(groups) {
        let open = matches!(entry.standing, Standing::Open | Standing::Unverified(_));
        if open && group.as_ref().is_some_and(|g| done.contains(g)) {
            entry.standing = Standing::NotNeeded;
        }
    }
}
