//! What the edit history says for certain, case by case.

use crate::checklist::parse::parse;
use crate::event::{IssueEdit, PreviousBody, Revision, Sender};
use crate::ids::{IssueNumber, Timestamp};
use crate::plan::missed_edits::{Facts, is_new, joined, take_one, unattributed, unseen, worth_asking};
use crate::release::ledger::MarkSource;
use crate::release::progress::{Mark, Record};

/// A text with three boxes: `x` is ticked, `_` is not.
fn text(boxes: &str) -> String {
    let mark = |c: char| if c == 'x' { 'x' } else { ' ' };
    boxes.chars().zip(["a", "b", "c"]).map(|(c, name)| format!("- [{}] {name}\n", mark(c))).collect()
}

/// A version: when, who, and its boxes; `-` for one that was taken out.
fn version((at, who, boxes): (i64, &str, &str)) -> Revision {
    Revision {
        id: format!("{at}{who}{boxes}"),
        at: Timestamp(at),
        editor: (who != "gone").then(|| Sender {
            login: who.to_owned(),
            id: None,
            bot: who.ends_with("[bot]"),
            app: None,
        }),
        text: (boxes != "-").then(|| text(boxes)),
    }
}

fn record((at, who, item, mark): (i64, &str, &str, Mark)) -> Record {
    let (opened, _) = parse(&text("___"));
    let item = opened.items.iter().find(|i| i.text == item).unwrap().id.clone();
    Record { item, mark, by: who.into(), at: Timestamp(at), refused: None, how: MarkSource::Box }
}

/// What is found, as `who: item mark, …` for each edit, oldest first.
fn missed(
    versions: &[(i64, &str, &str)],
    body: &str,
    (seen, seen_at): (&str, i64),
    ledger: &[(i64, &str, &str, Mark)],
) -> Option<Vec<String>> {
    let revisions: Vec<_> = versions.iter().rev().copied().map(version).collect();
    let (opened, _) = parse(&text("___"));
    let ledger: Vec<_> = ledger.iter().cloned().map(record).collect();
    let facts = Facts {
        revisions: &revisions,
        body: &text(body),
        seen: &text(seen),
        seen_at: Timestamp(seen_at),
        changed_at: Timestamp(seen_at),
        told: &[],
        opened: &opened,
        ledger: &ledger,
        us: "holdpoint[bot]",
    };
    let name = |id: &crate::checklist::identity::ItemId| {
        opened.items.iter().find(|i| i.id == *id).map(|i| i.text.clone()).unwrap_or_default()
    };
    let told = |edit: crate::plan::missed_edits::MissedEdit<'_>| {
        let who = edit.editor.map_or("nobody", |e| e.login.as_str()).to_owned();
        let changes: Vec<_> = edit.changes.iter().map(|c| format!("{} {:?}", name(&c.item), c.now)).collect();
        format!("{who}: {}", changes.join(", "))
    };
    unseen(&facts).map(|found| found.into_iter().map(told).collect())
}

#[test]
fn each_change_is_that_of_the_version_that_made_it() {
    let versions = [(1, "holdpoint[bot]", "___"), (5, "bob", "x__"), (9, "ann", "xx_"), (12, "bob", "_xx")];
    let all = ["bob: a Done", "ann: b Done", "bob: a Open, c Done"];
    for (seen, seen_at, expected) in [
        ("___", 0, &all[..]),
        ("___", 1, &all[..]),
        ("x__", 6, &all[1..]),
        ("xx_", 9, &all[2..]),
        ("_xx", 12, &[][..]),
        // A text that the history does not have: what is newer than it.
        ("__x", 6, &all[1..]),
    ] {
        let signed: Vec<_> = [(5, "bob", "a", Mark::Done), (9, "ann", "b", Mark::Done), (12, "bob", "c", Mark::Done)]
            .into_iter()
            .filter(|(at, ..)| *at <= seen_at)
            .collect();
        assert_eq!(missed(&versions, "_xx", (seen, seen_at), &signed).unwrap(), expected, "{seen}");
    }
}

#[test]
fn what_the_ledger_has_is_not_told_again_and_each_line_stands_for_one_change() {
    let versions = [(1, "us", "___"), (5, "bob", "x__"), (6, "bob", "___"), (7, "bob", "x__"), (8, "ann", "x_x")];
    let seen = ("___", 0);
    let done = |at| (at, "bob", "a", Mark::Done);
    assert_eq!(missed(&versions, "x_x", seen, &[done(5)]).unwrap(), ["bob: a Open", "bob: a Done", "ann: c Done"]);
    let all = [done(5), (6, "bob", "a", Mark::Open), done(7), (9, "Ann", "c", Mark::Done)];
    assert_eq!(missed(&versions, "x_x", seen, &all).unwrap(), [""; 0]);
    // Somebody else's, or of another time.
    for other in [(5, "ann", "a", Mark::Done), (50, "bob", "a", Mark::Done)] {
        assert_eq!(missed(&versions, "x_x", seen, &[other]).unwrap()[0], "bob: a Done");
    }
}

#[test]
fn a_text_that_comes_back_is_the_version_of_the_time_when_it_was_seen() {
    let versions = [(1, "us", "___"), (5, "bob", "x__"), (8, "bob", "___"), (11, "carol", "x__"), (14, "bob", "xx_")];
    let signed = [(5, "bob", "a", Mark::Done)];
    let later = ["bob: a Open", "carol: a Done", "bob: b Done"];
    assert_eq!(missed(&versions, "xx_", ("x__", 5), &signed).unwrap(), later);
    assert_eq!(missed(&versions, "xx_", ("x__", 7), &signed).unwrap(), later);
}

#[test]
fn boxes_that_wait_for_somebody_are_looked_up_however_long_ago_it_was() {
    let versions = [(1, "us", "___"), (5, "bob", "x__"), (9, "carol", "xx_")];
    // The text was seen, and the history could not be had then.
    assert_eq!(missed(&versions, "xx_", ("xx_", 9), &[]).unwrap(), ["bob: a Done", "carol: b Done"]);
    let signed = [(5, "bob", "a", Mark::Done)];
    assert_eq!(missed(&versions, "xx_", ("xx_", 9), &signed).unwrap(), ["carol: b Done"]);
}

#[test]
fn nothing_is_said_across_a_version_that_was_taken_out_nor_of_what_was_not_read() {
    let versions = [(1, "us", "___"), (5, "bob", "x__"), (7, "bob", "-"), (9, "ann", "xxx"), (11, "ann", "xx_")];
    assert_eq!(missed(&versions, "xx_", ("___", 0), &[]).unwrap(), ["bob: a Done", "ann: c Open"]);
    // The oldest that was read has nothing before it.
    assert_eq!(missed(&versions[3..], "xx_", ("___", 0), &[]).unwrap(), ["ann: c Open"]);
    assert_eq!(missed(&[(9, "gone", "xx_")], "xx_", ("___", 0), &[]).unwrap(), [""; 0]);
}

#[test]
fn what_we_write_is_nobodys_tick_and_an_account_that_is_gone_is_nobody() {
    let versions = [(1, "us", "___"), (5, "holdpoint[bot]", "x__"), (7, "gone", "xx_")];
    assert_eq!(missed(&versions, "xx_", ("___", 0), &[]).unwrap(), ["nobody: b Done"]);
    let (opened, _) = parse(&text("___"));
    let change = |now| crate::release::progress::MarkChange { item: opened.items[0].id.clone(), was: Mark::Open, now };
    let lines = unattributed(&[change(Mark::Done), change(Mark::Open)], Timestamp(7));
    assert!(lines[0].refused.is_some() && lines[1].refused.is_none());
}

#[test]
fn a_history_that_does_not_fit_is_believed_nothing() {
    let versions = [(1, "us", "___"), (5, "bob", "x__")];
    assert_eq!(missed(&versions, "xx_", ("___", 0), &[]), None, "it does not hold the present text");
    assert_eq!(missed(&[], "x__", ("___", 0), &[]), None);
    // Of the wrong way round, or what GitHub calls a diff were no whole text.
    assert_eq!(missed(&[(5, "bob", "x__"), (1, "us", "___")], "___", ("___", 0), &[]), None);
    // What is newer than the text that was read is told by its own delivery.
    let newer = [(1, "us", "___"), (5, "bob", "x__"), (6, "ann", "xx_")];
    assert_eq!(missed(&newer, "x__", ("___", 0), &[]).unwrap(), ["bob: a Done"]);
}

#[test]
fn deliveries_that_lead_from_the_last_text_to_the_present_one_need_no_history() {
    let edit = |from: &str, to: &str| IssueEdit {
        number: IssueNumber(1),
        body: text(to),
        before: PreviousBody::Known(text(from).replace('\n', "\r\n")),
        at: Timestamp(5),
    };
    let (one, two, three) = (edit("___", "x__"), edit("x__", "xx_"), edit("xx_", "xxx"));
    for (told, yes) in [
        (vec![&one, &two, &three], true),
        (vec![&three, &one, &two], true),
        (vec![&one, &three], false),
        (vec![&two, &three], false),
        (vec![], false),
    ] {
        assert_eq!(joined(&text("___"), &text("xxx"), &told), yes, "{told:?}");
    }
    let (opened, _) = parse(&text("___"));
    let body = text("x__");
    let mut facts = Facts {
        revisions: &[],
        body: &body,
        seen: &body,
        seen_at: Timestamp(5),
        changed_at: Timestamp(5),
        told: &[],
        opened: &opened,
        ledger: &[],
        us: "",
    };
    assert!(worth_asking(&facts), "a box waits for somebody");
    let signed = [record((5, "bob", "a", Mark::Done))];
    facts.ledger = &signed;
    assert!(!worth_asking(&facts));
    facts.changed_at = Timestamp(7);
    assert!(worth_asking(&facts), "edits may have cancelled each other out");
}

/// A small generator, so that a seed replays.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

/// What Holdpoint knows: the text that it saw last, and its ledger.
struct Known {
    opened: crate::checklist::Checklist,
    seen: String,
    seen_at: i64,
    ledger: Vec<Record>,
}

impl Known {
    /// As `handle` does it: what the deliveries tell, and what the history says of the rest.
    fn look(&mut self, versions: &[Revision], told: &[(Sender, IssueEdit)]) {
        let mut lines: Vec<Record> = Vec::new();
        let line = |item, mark, by: &str, at, how| Record { item, mark, by: by.into(), at, refused: None, how };
        let mut from_history: Vec<&Record> = self.ledger.iter().filter(|r| r.how == MarkSource::History).collect();
        let (mut at, mut seen, mut coherent) = (self.seen_at, self.seen.clone(), !told.is_empty());
        let (mut last, mut last_at) = (self.seen.clone(), Timestamp(self.seen_at));
        for (sender, edit) in told {
            let PreviousBody::Known(from) = &edit.before else { panic!() };
            let new = is_new(edit, &last, last_at);
            if new {
                (last, last_at) = (edit.body.clone(), edit.at);
            }
            coherent &= *from == seen && edit.at.0 > at;
            (at, seen) = (edit.at.0, edit.body.clone());
            let shown = |text: &str| crate::release::progress::marks(&self.opened, &parse(text).0);
            for change in crate::release::progress::changes(&shown(from), &shown(&edit.body)) {
                if new || !take_one(&mut from_history, &change, &sender.account(), edit.at) {
                    lines.push(line(change.item, change.now, &sender.login, edit.at, MarkSource::Box));
                }
            }
        }
        let newest = versions.last().unwrap();
        if !coherent {
            (at, seen) = (newest.at.0, newest.text.clone().unwrap());
            let newest_first: Vec<_> = versions.iter().rev().cloned().collect();
            let edits: Vec<&IssueEdit> = told.iter().map(|(_, edit)| edit).collect();
            let ledger: Vec<_> = self.ledger.iter().chain(&lines).cloned().collect();
            let facts = Facts {
                revisions: &newest_first,
                body: &seen,
                seen: &self.seen,
                seen_at: Timestamp(self.seen_at),
                changed_at: newest.at,
                told: &edits,
                opened: &self.opened,
                ledger: &ledger,
                us: "us",
            };
            let found = if worth_asking(&facts) { unseen(&facts).unwrap() } else { Vec::new() };
            for edit in found {
                let by = edit.editor.unwrap().login.as_str();
                let new = edit.changes.into_iter().map(|c| line(c.item, c.now, by, edit.at, MarkSource::History));
                lines.extend(new);
            }
        }
        self.ledger.extend(lines);
        // As the database gives it.
        self.ledger.sort_by_key(|r| r.at);
        (self.seen_at, self.seen) = (at, seen);
    }

    fn last(&self, item: usize) -> Option<(String, Mark)> {
        let id = &self.opened.items[item].id;
        self.ledger.iter().rfind(|r| r.item == *id).map(|r| (r.by.login.clone(), r.mark.clone()))
    }
}

/// Deliveries are lost, late and in any order, and now and then somebody looks without one.
fn history(seed: u64) -> (Known, Vec<Option<(String, Mark)>>, usize) {
    let mut dice = Dice(seed);
    let mut known = Known { opened: parse(&text("___")).0, seen: text("___"), seen_at: 0, ledger: Vec::new() };
    let mut versions = vec![version((1, "us", "___"))];
    let (mut boxes, mut now) = (vec!['_'; 3], 1);
    let mut truth = vec![None; 3];
    let mut told = Vec::new();
    for n in 0..30 {
        now += i64::try_from(1 + dice.roll(5)).unwrap();
        let who = ["ann", "bob", "carol"][dice.roll(3)];
        for _ in 0..=dice.roll(2) {
            let item = dice.roll(3);
            boxes[item] = if boxes[item] == 'x' { '_' } else { 'x' };
        }
        // No text comes back: people type evidence.
        let body = format!("{}\nnote {n}\n", text(&boxes.iter().collect::<String>()));
        let before = versions.last().unwrap().text.clone().unwrap();
        let mark = |text: &str, at: usize| parse(text).0.items[at].checked;
        for (at, last) in truth.iter_mut().enumerate() {
            if mark(&before, at) != mark(&body, at) {
                *last = Some((who.to_owned(), if mark(&body, at) { Mark::Done } else { Mark::Open }));
            }
        }
        let sender = Sender { login: who.to_owned(), id: None, bot: false, app: None };
        let at = Timestamp(now);
        versions.push(Revision { id: n.to_string(), at, editor: Some(sender.clone()), text: Some(body.clone()) });
        let edit = IssueEdit { number: IssueNumber(1), body, before: PreviousBody::Known(before), at };
        match dice.roll(4) {
            0 => {}
            1 => told.insert(dice.roll(told.len() + 1), (sender, edit)),
            _ => told.push((sender, edit)),
        }
        if dice.roll(3) == 0 {
            let some = told.split_off(dice.roll(told.len() + 1));
            known.look(&versions, &some);
        }
        if dice.roll(9) == 0 {
            known.look(&versions, &[]);
        }
    }
    known.look(&versions, &told);
    known.look(&versions, &[]);
    let changes = versions.windows(2).map(|pair| {
        let ticks =
            |r: &Revision| parse(r.text.as_deref().unwrap()).0.items.iter().map(|i| i.checked).collect::<Vec<_>>();
        ticks(&pair[0]).iter().zip(ticks(&pair[1])).filter(|(a, b)| **a != *b).count()
    });
    let changes = changes.sum();
    (known, truth, changes)
}

#[test]
fn whatever_is_lost_late_or_out_of_order_the_ledger_ends_with_every_change_once_and_whose_it_was() {
    for seed in 0..40 {
        let (known, truth, changes) = history(seed);
        for (item, last) in truth.iter().enumerate() {
            assert_eq!(known.last(item), *last, "seed {seed}, item {item}");
        }
        assert_eq!(known.ledger.len(), changes, "seed {seed}: lines for changes");
    }
}

#[test]
fn an_edit_of_the_text_that_was_seen_last_is_a_new_one_and_one_that_led_to_it_is_not() {
    let edit = |from: PreviousBody, at| IssueEdit {
        number: IssueNumber(1),
        body: text("x__"),
        before: from,
        at: Timestamp(at),
    };
    for (from, at, new) in [
        (PreviousBody::Known(text("___")), 5, true),
        (PreviousBody::Known(text("___")), 9, true),
        (PreviousBody::Known(text("___").replace('\n', "\r\n")), 5, true),
        // The text came back meanwhile: this is an edit of the time before.
        (PreviousBody::Known(text("___")), 4, false),
        (PreviousBody::Known(text("_x_")), 9, false),
        (PreviousBody::Unknown, 9, false),
        (PreviousBody::Unchanged, 9, false),
    ] {
        assert_eq!(is_new(&edit(from.clone(), at), &text("___"), Timestamp(5)), new, "{from:?} at {at}");
    }
}
