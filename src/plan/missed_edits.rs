//! What happened to a release issue while nobody told of it: which edit of GitHub's history changed which box.
//!
//! Only what the history says for certain is taken: two versions that follow each other, both with their text, and the account
//! that wrote the second. Where a version was taken out of the history, what changed across it is nobody's.
//! A history that does not hold the present text is believed nothing.

use super::ticks::are_typed;
use crate::checklist::Checklist;
use crate::checklist::identity::ItemId;
use crate::checklist::parse::parse;
use crate::event::{IssueEdit, PreviousBody, Revision, Sender};
use crate::ids::{Account, Timestamp};
use crate::message::refusal::NO_ACCOUNT;
use crate::release::progress::{Mark, MarkChange, Marks, Record, changes, is_added, marks, unexplained};
use std::collections::BTreeSet;

/// The clocks of a payload and of the history are one, and may be a second apart about one edit.
const APART: i64 = 1;

/// What the history is judged by.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The versions, the newest first, as far as they were read.
    pub revisions: &'f [Revision],
    /// The text as it is.
    pub body: &'f str,
    /// The text as it was seen last.
    pub seen: &'f str,
    /// When that was written.
    pub seen_at: Timestamp,
    /// When anything about the issue was last changed: its text, or a comment.
    pub changed_at: Timestamp,
    /// The edits that deliveries tell of now.
    pub told: &'f [&'f IssueEdit],
    /// What the release asked for.
    pub opened: &'f Checklist,
    /// What the ledger says, together with what follows from the deliveries.
    pub ledger: &'f [Record],
    /// Our own login: what we write says nothing of people.
    pub us: &'f str,
}

/// An edit that nobody told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedEdit<'f> {
    /// GitHub's name for the version that it made.
    pub id: &'f str,
    /// When, by GitHub's clock.
    pub at: Timestamp,
    /// Who; `None` where nobody can be named.
    pub editor: Option<&'f Sender>,
    /// What it changed.
    pub changes: Vec<MarkChange>,
    /// As [`are_typed`] says.
    pub typed: bool,
    /// The text that it made.
    pub text: &'f str,
    /// The text that it was made upon.
    pub from: &'f str,
    /// The ledger has it, and behind it another edit of the same second that came before: it is said again, behind so many lines
    /// about the item.
    pub again: Option<usize>,
}

/// Two texts but for how their lines end: browsers send `\r\n`.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one.lines().eq(other.lines())
}

/// Whether the edits that deliveries tell of lead from the text that was seen last to the present one.
#[must_use]
pub fn joined(seen: &str, body: &str, told: &[&IssueEdit]) -> bool {
    let mut at = seen;
    let mut left = told.to_vec();
    while !same(at, body) {
        let next = left.iter().position(|edit| matches!(&edit.before, PreviousBody::Known(from) if same(from, at)));
        let Some(next) = next else { return false };
        at = &left.remove(next).body;
    }
    true
}

/// Whether an edit was made upon the text that was seen last. Then nothing can have told of it before: the history tells of what
/// led to that text, and a like edit of a second ago was another one.
#[must_use]
pub fn is_new(edit: &IssueEdit, seen: &str, seen_at: Timestamp) -> bool {
    edit.at >= seen_at && matches!(&edit.before, PreviousBody::Known(from) if same(from, seen))
}

/// The edits that nobody told of, oldest first. `None` where the history does not fit the text.
#[must_use]
pub fn unseen<'f>(facts: &Facts<'f>) -> Option<Vec<MissedEdit<'f>>> {
    let Facts { revisions, body, seen, seen_at, .. } = *facts;
    let is = |revision: &Revision, text: &str| revision.text.as_deref().is_some_and(|own| same(own, text));
    // Newer ones were written after we read the text. Their deliveries are on their way, or the next look finds them.
    let present = revisions.iter().position(|r| is(r, body))?;
    let revisions = revisions.get(present..)?;
    if !revisions.is_sorted_by(|newer, older| newer.at >= older.at) {
        return None;
    }
    let last_seen = last_seen(revisions, seen, seen_at);
    let waiting = unexplained(facts.opened, &parse(body).0, facts.ledger);
    let mut told = facts.told.to_vec();
    let mut known: Vec<&Record> = facts.ledger.iter().filter(|r| r.how.is_edit()).collect();
    let mut found = Vec::new();
    // Of the version that was looked at last, which mostly is the one before the next.
    let mut shown: Option<(&str, Marks)> = None;
    for (at, pair) in revisions.windows(2).enumerate().rev() {
        let [newer, older] = pair else { continue };
        let (Some(before), Some(after)) = (older.text.as_deref(), newer.text.as_deref()) else { continue };
        if take_delivery(&mut told, newer.at, (before, after)) {
            continue;
        }
        if newer.editor.as_ref().is_some_and(|editor| editor.login == facts.us) {
            continue;
        }
        let fresh = last_seen.map_or(newer.at > seen_at, |last| at < last);
        // What was seen a moment ago has its lines in the ledger, which must not be taken for those of a like edit after it.
        let close = seen_at.0 - newer.at.0 <= 2 * APART;
        if !fresh && !close && waiting.is_empty() {
            continue;
        }
        let was = match shown.take() {
            Some((text, marks)) if std::ptr::eq(text, before) => marks,
            Some(_) | None => marks(facts.opened, &parse(before).0),
        };
        let now = marks(facts.opened, &parse(after).0);
        let changed = changes(&was, &now);
        shown = Some((after, now));
        let typed = are_typed(&changed, before, after);
        let unknown = changed.into_iter().filter(|c| !take(&mut known, c, newer));
        let changes: Vec<_> = unknown.filter(|c| fresh || waiting.contains(&c.item)).collect();
        if !changes.is_empty() {
            let editor = newer.editor.as_ref();
            let (id, at, text, from) = (&newer.id, newer.at, after, before);
            found.push(MissedEdit { id, at, editor, changes, typed, text, from, again: None });
        }
    }
    for item in &waiting {
        let Some(last) = out_of_order(facts, revisions, item) else { continue };
        let is_found = found.iter().any(|edit| edit.id == last.id && edit.changes.iter().any(|c| c.item == *item));
        if !is_found {
            found.push(last);
        }
    }
    Some(found)
}

/// Takes the edit that a delivery tells of and that made this version, if there is one.
fn take_delivery(told: &mut Vec<&IssueEdit>, at: Timestamp, (before, after): (&str, &str)) -> bool {
    let near = |when: Timestamp| (when.0 - at.0).abs() <= APART;
    let delivered = |edit: &&IssueEdit| {
        near(edit.at)
            && same(&edit.body, after)
            && matches!(&edit.before, PreviousBody::Known(from) if same(from, before))
    };
    let own = told.iter().position(delivered);
    if let Some(own) = own {
        told.remove(own);
    }
    own.is_some()
}

/// The last change of an item, where the ledger has it and behind it another one of the same second: GitHub's clock has whole
/// seconds, and deliveries come in any order, so only the history knows which of the two came last.
fn out_of_order<'f>(facts: &Facts<'f>, revisions: &'f [Revision], item: &ItemId) -> Option<MissedEdit<'f>> {
    let near = |one: Timestamp, other: Timestamp| (one.0 - other.0).abs() <= APART;
    let of_item = |r: &&Record| r.how.is_edit() && r.item == *item;
    let lines = facts.ledger.iter().filter(of_item).count();
    let last = facts.ledger.iter().filter(of_item).map(|r| r.at).max()?;
    for pair in revisions.windows(2) {
        let [newer, older] = pair else { continue };
        if newer.at.0 < last.0 - APART {
            return None;
        }
        // Across a version that was taken out nothing is certain.
        let (before, after) = (older.text.as_deref()?, newer.text.as_deref()?);
        let [was, now] = [before, after].map(|text| marks(facts.opened, &parse(text).0));
        let Some(change) = changes(&was, &now).into_iter().find(|change| change.item == *item) else { continue };
        let editor = newer.editor.as_ref().filter(|editor| editor.login != facts.us)?;
        let mut known: Vec<&Record> = facts.ledger.iter().filter(|r| r.how.is_edit()).collect();
        if !near(last, newer.at) || !take(&mut known, &change, newer) {
            return None;
        }
        let changed = vec![change];
        let typed = are_typed(&changed, before, after);
        // Its clock and that of the deliveries may be a second apart, and it came last.
        let at = newer.at.max(last);
        let (id, text, from) = (newer.id.as_str(), after, before);
        return Some(MissedEdit {
            id,
            at,
            editor: Some(editor),
            changes: changed,
            typed,
            text,
            from,
            again: Some(lines),
        });
    }
    None
}

fn by_of(revision: &Revision) -> Account {
    revision.editor.as_ref().map_or_else(|| Account::from("ghost"), Sender::account)
}

/// The version that was seen last. A text may come back: of its versions it is that of the time, or the newest one before it.
/// Where one second holds several, it is the oldest: what is looked at twice is in the ledger.
fn last_seen(revisions: &[Revision], seen: &str, seen_at: Timestamp) -> Option<usize> {
    let own = |(_, r): &(usize, &Revision)| r.text.as_deref().is_some_and(|text| same(text, seen));
    let versions = || revisions.iter().enumerate().filter(own);
    let then = versions().rfind(|(_, r)| (r.at.0 - seen_at.0).abs() <= APART);
    let before = || versions().find(|(_, r)| r.at <= seen_at);
    then.or_else(before).or_else(|| versions().next_back()).map(|(at, _)| at)
}

/// Whether the ledger has the change already; each of its lines stands for one.
fn take(known: &mut Vec<&Record>, change: &MarkChange, revision: &Revision) -> bool {
    take_one(known, change, &by_of(revision), revision.at)
}

/// As [`Facts::ledger`] has it: takes the line about this change out of `known`, if there is one.
pub fn take_one(known: &mut Vec<&Record>, change: &MarkChange, by: &Account, at: Timestamp) -> bool {
    let own =
        |r: &&Record| r.item == change.item && r.mark == change.now && r.by.is(by) && (r.at.0 - at.0).abs() <= APART;
    let found = known.iter().position(own);
    if let Some(own) = found {
        known.remove(own);
    }
    found.is_some()
}

/// The ledger's lines for changes that nobody can be named for. Taking something back counts: it only shuts the gate.
#[must_use]
pub fn unattributed(changes: &[MarkChange], at: Timestamp) -> Vec<Record> {
    let record = |change: &MarkChange| Record {
        item: change.item.clone(),
        mark: change.now.clone(),
        by: Account::from("ghost"),
        at,
        refused: (matches!(change.now, Mark::Done | Mark::Skipped(_))
            || (change.now == Mark::Missing && is_added(&change.item)))
        .then(|| NO_ACCOUNT.to_owned()),
        how: crate::release::ledger::MarkSource::History,
    };
    changes.iter().map(record).collect()
}

/// Whether it is worth asking.
///
/// The text changed unseen, or boxes wait for somebody to be named and what is told now changed nothing: then it is late. Or the
/// issue was changed since, and though its text is the same, there may be edits that cancel each other out. Those of the second in
/// which the text was seen are not noticed until one of them is delivered.
#[must_use]
pub fn worth_asking(facts: &Facts<'_>) -> bool {
    let waits = || -> BTreeSet<ItemId> { unexplained(facts.opened, &parse(facts.body).0, facts.ledger) };
    let known_at = facts.told.iter().map(|edit| edit.at).max().map_or(facts.seen_at, |at| at.max(facts.seen_at));
    !joined(facts.seen, facts.body, facts.told)
        || facts.changed_at > known_at
        || (same(facts.seen, facts.body) && !waits().is_empty())
}
