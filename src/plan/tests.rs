//! Plans, case by case.

mod configurations;
mod histories;
mod own_boxes;
mod reviews;

use super::ticks::{Person, refusal};
use crate::checklist::parse::parse;
use crate::config::{After, GateConfig, Incomplete, Unreleased};
use crate::config::{ChecklistConfig, Role, Tickers, Ticks};
use crate::event::Sender;
use crate::gate::{Conclusion, IssueState, Reading, Relation, ReleaseStatus, verdict};
use crate::ids::{IssueNumber, Sha};
use crate::release::Release;
use crate::release::candidates::{Candidate, Candidates};
use crate::release::key::ReleaseKey;
use crate::release::people::{Named, People};
use crate::release::progress::{Progress, progress};
use crate::release::verify::Verified;
use std::collections::BTreeSet;

/// A release that was never at another commit.
fn alone() -> Candidates {
    let commit = Sha::parse(&"a".repeat(40)).unwrap();
    Candidates::new(Vec::new(), Candidate { label: "v1.4.0".to_owned(), commit })
}

fn sha() -> Sha {
    Sha::parse(&"c".repeat(40)).unwrap()
}

fn release() -> Release {
    Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse("k"),
        label: "v1".to_owned(),
        tag: None,
        commit: sha(),
        previous: None,
        actor: "alice".into(),
        date: String::new(),
    }
}

#[test]
fn who_may_tick_what() {
    let (list, _) =
        parse("- [ ] any\n- [ ] qa <!-- hp: owner=@acme/qa owner=@dave -->\n- [ ] two <!-- hp: second-person -->\n");
    let person = |login: &str, role: Role, qa: bool, bot: bool| Person {
        sender: Sender { login: login.to_owned(), id: None, bot, app: None },
        role,
        collaborator: role > Role::None,
        teams: [("@acme/qa".to_owned(), qa), ("@acme/ops".to_owned(), false)].into_iter().collect(),
        hidden_teams: BTreeSet::default(),
    };
    let by = |by: Tickers, bots: bool| ChecklistConfig { ticks: Ticks { by, bots }, ..ChecklistConfig::default() };
    let write = by(Tickers::Role(Role::Write), false);
    let cases = [
        (person("bob", Role::Write, false, false), 0, &write, true),
        (person("carol", Role::Triage, false, false), 0, &write, false),
        (person("bob", Role::Admin, false, true), 0, &write, false),
        (person("ci", Role::None, false, true), 0, &by(Tickers::List(vec!["@ci".to_owned()]), true), true),
        // Where bots may tick, one stands for write access: everybody who has that can have a workflow tick.
        (person("ci", Role::None, false, true), 0, &by(Tickers::Role(Role::Write), true), true),
        (person("ci", Role::None, false, true), 0, &by(Tickers::Role(Role::Maintain), true), false),
        (person("ci", Role::None, false, true), 0, &by(Tickers::List(vec!["@bob".to_owned()]), true), false),
        (person("ci", Role::None, false, true), 1, &by(Tickers::Role(Role::Write), true), false),
        (person("ci", Role::None, false, true), 2, &by(Tickers::Role(Role::Write), true), false),
        // Somebody who is named and was never given access is a stranger.
        (person("dave", Role::None, false, false), 1, &write, false),
        (person("quinn", Role::None, true, false), 1, &write, false),
        (person("bob", Role::Admin, false, false), 1, &write, false),
        (person("quinn", Role::Triage, true, false), 1, &write, true),
        (person("Dave", Role::Read, false, false), 1, &write, true),
        (person("alice", Role::Admin, false, false), 2, &write, false),
        (person("erin", Role::Admin, false, false), 2, &write, false),
        (person("bob", Role::Write, false, false), 2, &write, true),
        (person("bob", Role::Admin, false, false), 0, &by(Tickers::List(vec!["@acme/ops".to_owned()]), false), false),
        (person("bob", Role::Read, false, false), 0, &by(Tickers::List(vec!["@BOB".to_owned()]), false), true),
    ];
    for (n, (person, item, config, may)) in cases.iter().enumerate() {
        let (release, authors) = (release(), ["erin".into()]);
        let people =
            People { actor: &release.actor, authors: &authors, unnamed: &BTreeSet::new(), named: &Named::default() };
        let refused = refusal(person, list.items.get(*item), &people, config);
        assert_eq!(refused.is_none(), *may, "case {n}: {refused:?}");
    }
}

fn state(text: &str) -> Progress {
    let (list, _) = parse(text);
    progress(&list, &list, &[], &Default::default(), &Verified::default(), &alone(), &ChecklistConfig::default())
}

/// What the cases rest on was read.
fn reading() -> Reading {
    let mut reading = Reading::default();
    reading.issue(IssueNumber(1));
    reading.releases_in(&sha());
    reading
}

#[test]
fn the_gate_in_each_situation() {
    let open = IssueState::Read { issue: IssueNumber(1), progress: state("- [ ] before\n") };
    let after = IssueState::Read { issue: IssueNumber(1), progress: state("- [ ] then <!-- hp: phase=after -->\n") };
    let usual = ChecklistConfig::default().gate;
    let strict = GateConfig { after: After::Block, unreleased: Unreleased::Block, ..usual.clone() };
    let spinning = GateConfig { incomplete: Incomplete::InProgress, ..usual.clone() };
    let cases = [
        (Some((open.clone(), Relation::WouldShip)), &usual, Conclusion::ActionRequired),
        (Some((open.clone(), Relation::Released)), &usual, Conclusion::ActionRequired),
        (Some((open.clone(), Relation::WouldShip)), &spinning, Conclusion::InProgress),
        (Some((open.clone(), Relation::Shipped)), &usual, Conclusion::Success),
        (Some((open.clone(), Relation::Unrelated)), &usual, Conclusion::Success),
        (Some((open, Relation::Unrelated)), &strict, Conclusion::ActionRequired),
        (Some((after.clone(), Relation::WouldShip)), &usual, Conclusion::Success),
        (Some((after.clone(), Relation::Shipped)), &usual, Conclusion::Success),
        (Some((after, Relation::Shipped)), &strict, Conclusion::ActionRequired),
        (Some((IssueState::Opening, Relation::WouldShip)), &usual, Conclusion::ActionRequired),
        (Some((IssueState::Broken("gone".to_owned()), Relation::WouldShip)), &usual, Conclusion::Failure),
        (Some((IssueState::NothingToDo, Relation::WouldShip)), &strict, Conclusion::Success),
        (None, &usual, Conclusion::Success),
        (None, &strict, Conclusion::ActionRequired),
    ];
    for (n, (release, config, expected)) in cases.into_iter().enumerate() {
        let releases: Vec<(ReleaseStatus, Relation)> = release
            .into_iter()
            .map(|(evidence, relation)| {
                (
                    ReleaseStatus {
                        label: "v1".to_owned(),
                        commit: sha(),
                        earlier: Vec::new(),
                        links: Vec::new(),
                        issue: None,
                        since: None,
                        evidence,
                    },
                    relation,
                )
            })
            .collect();
        let covered = releases.iter().any(|(_, r)| matches!(r, Relation::WouldShip | Relation::Released));
        assert_eq!(verdict(&sha(), &releases, covered, config, &reading()).conclusion, expected, "case {n}");
        let unread = verdict(&sha(), &releases, covered, config, &Reading::default()).conclusion;
        assert_eq!(unread, if expected == Conclusion::Success { Conclusion::Unread } else { expected }, "case {n}");
    }
}

#[test]
fn of_two_releases_the_blocking_one_speaks_first_and_decides() {
    let standing = |label: &str, evidence| ReleaseStatus {
        label: label.to_owned(),
        commit: sha(),
        earlier: Vec::new(),
        links: Vec::new(),
        issue: None,
        since: None,
        evidence,
    };
    let releases = [
        (standing("done", IssueState::NothingToDo), Relation::WouldShip),
        (
            standing("open", IssueState::Read { issue: IssueNumber(1), progress: state("- [ ] a\n") }),
            Relation::WouldShip,
        ),
    ];
    let verdict = verdict(&sha(), &releases, true, &ChecklistConfig::default().gate, &reading());
    assert_eq!(verdict.conclusion, Conclusion::ActionRequired);
    assert_eq!(verdict.voices.first().map(|v| v.standing.label.as_str()), Some("open"));
}
