//! What follows from what was found.

use super::super::finding::{Doubt, Finding, decide};
use super::super::progress::{ItemState, Progress, progress};
use super::super::verify::{Check, Ending, Fact, Lack, Verified, VerifyResult, required_checks, turns};
use super::super::{Release, Site};
use super::{alone, release, sha};
use crate::checklist::parse::parse;
use crate::checklist::verification::Verification;
use crate::config::ChecklistConfig;
use crate::ids::{RepoName, Timestamp};
use crate::message::evidence::result;
use std::collections::BTreeMap;

fn site() -> Site {
    Site { url: "https://github.test".to_owned(), name: RepoName::parse("acme/rocket").unwrap() }
}

fn decided(word: &str, fact: &Fact, release: &Release) -> String {
    match result(decide(&Verification::parse(word).unwrap(), fact, release, &site()), &release.commit) {
        VerifyResult::Yes { says, url } => format!("yes: {says} {url}"),
        VerifyResult::No(why) => format!("no: {why}"),
        VerifyResult::Unknown(why) => format!("unknown: {why}"),
    }
}

fn run(name: &str, outcome: Option<&str>) -> Check {
    Check { name: name.to_owned(), run: Some(7), outcome: outcome.map(str::to_owned) }
}

fn status(name: &str, outcome: Option<&str>) -> Check {
    Check { run: None, ..run(name, outcome) }
}

/// What is asked for, what was found, of which release, and what follows.
type Case = (&'static str, Fact, Release, &'static str);

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|t| (*t).to_owned()).collect()
}

fn assert_decided(cases: impl IntoIterator<Item = Case>) {
    for (word, fact, release, expected) in cases {
        assert_eq!(decided(word, &fact, &release), expected, "{word}");
    }
}

#[test]
fn only_a_plain_yes_of_every_check_is_one() {
    assert_decided([
        ("checks(a)", Fact::Checks(vec![]), release(), "no: there is no check `a` on bbbbbbb"),
        ("checks(a)", Fact::Checks(vec![run("A", Some("success"))]), release(), "no: there is no check `a` on bbbbbbb"),
        ("checks(a)", Fact::Checks(vec![run("a", None)]), release(), "no: the check `a` on bbbbbbb has not ended"),
        (
            "checks(a, b)",
            Fact::Checks(vec![run("a", Some("neutral")), run("b", Some("action_required"))]),
            release(),
            "no: the check `a` on bbbbbbb ended with neutral; the check `b` on bbbbbbb ended with action required",
        ),
        (
            "checks(a)",
            Fact::Checks(vec![run("a", Some("success")), status("A", Some("failure"))]),
            release(),
            "no: the check `a` on bbbbbbb ended with failure",
        ),
        (
            "checks(a)",
            Fact::Checks(vec![run("a", Some("success"))]),
            release(),
            "yes: `a` succeeded on bbbbbbb https://github.test/acme/rocket/runs/7",
        ),
        ("checks(a)", Fact::Unknown("no answer".to_owned()), release(), "unknown: no answer"),
        // A fact of another kind is none.
        ("checks(a)", Fact::Tags(texts(&["v1"])), release(), "unknown: it was not looked for"),
    ]);
}

#[test]
fn only_a_tag_and_a_published_release_of_the_commit_are_a_yes() {
    let untagged = || Release { tag: None, ..release() };
    assert_decided([
        ("tag()", Fact::Tags(vec![]), release(), "no: the tag `v1.4.0` does not name bbbbbbb"),
        ("tag()", Fact::Tags(vec![]), untagged(), "no: no tag names bbbbbbb"),
        ("tag(v*)", Fact::Tags(vec![]), untagged(), "no: no tag like `v*` names bbbbbbb"),
        (
            "tag()",
            Fact::Tags(texts(&["a/`b"])),
            release(),
            "yes: the tag `a/'b` names bbbbbbb https://github.test/acme/rocket/releases/tag/a/%60b",
        ),
        (
            "release()",
            Fact::Release { tags: texts(&["v1.4.0"]), published: None },
            release(),
            "no: no release of `v1.4.0` is published",
        ),
        (
            "release()",
            Fact::Release { tags: vec![], published: None },
            untagged(),
            "no: no tag names bbbbbbb, so no release of it is published",
        ),
    ]);
}

#[test]
fn only_a_deployment_that_succeeded_is_a_yes() {
    assert_decided([
        ("deployment(qa)", Fact::Deployment(None), release(), "no: bbbbbbb was not deployed to `qa`"),
        (
            "deployment(qa)",
            Fact::Deployment(Some(vec![])),
            release(),
            "no: the deployment of bbbbbbb to `qa` has not begun",
        ),
        (
            "deployment(qa)",
            Fact::Deployment(Some(texts(&["failure", "success"]))),
            release(),
            "no: the deployment of bbbbbbb to `qa` is at failure",
        ),
        (
            "deployment(qa)",
            Fact::Deployment(Some(texts(&["inactive", "failure"]))),
            release(),
            "no: the deployment of bbbbbbb to `qa` is at inactive",
        ),
        (
            "deployment(qa)",
            Fact::Deployment(Some(texts(&["inactive", "success", "queued"]))),
            release(),
            "yes: bbbbbbb is deployed to `qa` https://github.test/acme/rocket/deployments",
        ),
    ]);
}

#[test]
fn only_a_change_that_is_known_and_an_issue_that_was_done_are_a_yes() {
    let first = || Release { previous: None, ..release() };
    assert_decided([
        (
            "changed(*.md)",
            Fact::Changed(Some(texts(&["docs/a.md"]))),
            release(),
            "no: no file like `*.md` changed since `v1.3.2`",
        ),
        (
            "changed(*.md)",
            Fact::Changed(Some(texts(&["a.md"]))),
            first(),
            "unknown: there is no release before it to compare it with",
        ),
        ("changed(*.md)", Fact::Changed(None), release(), "unknown: there is no release before it to compare it with"),
        (
            "closed(#1, #2, #3, #4)",
            Fact::Closed(vec![
                (1, Some(Ending::Open)),
                (2, None),
                (3, Some(Ending::Completed)),
                (4, Some(Ending::Otherwise("as duplicate".to_owned()))),
            ]),
            release(),
            "no: #1 is open; there is no #2 here; #4 was closed as duplicate",
        ),
        (
            "closed(#3)",
            Fact::Closed(vec![(3, Some(Ending::Completed))]),
            release(),
            "yes: #3 is closed https://github.test/acme/rocket/issues/3",
        ),
    ]);
}

fn yes(says: &str) -> VerifyResult {
    VerifyResult::Yes { says: says.to_owned(), url: "https://github.test".to_owned() }
}

fn results(list: &[(&str, VerifyResult)]) -> BTreeMap<String, VerifyResult> {
    list.iter().map(|(word, evidence)| ((*word).to_owned(), evidence.clone())).collect()
}

fn read(text: &str, verified: &Verified) -> Progress {
    let (list, _) = parse(text);
    progress(&list, &list, &[], &BTreeMap::new(), verified, &alone(), &ChecklistConfig::default())
}

#[test]
fn what_is_still_so_keeps_its_time_and_all_words_of_an_item_must_hold() {
    let text = "- [x] a <!-- hp: verify=tag() verify=release() -->\n";
    let none = Verified::default();
    let one = none.next(
        &sha("b"),
        results(&[("tag()", yes("t")), ("release()", VerifyResult::No("r".to_owned()))]),
        BTreeMap::new(),
        Timestamp(5),
    );
    let both =
        one.next(&sha("b"), results(&[("tag()", yes("t")), ("release()", yes("r"))]), BTreeMap::new(), Timestamp(9));
    assert_eq!((both.found["tag()"].at, both.found["release()"].at), (Timestamp(5), Timestamp(9)));
    let standing = |verified: &Verified| read(text, verified).entries[0].standing.clone();
    assert!(matches!(standing(&none), ItemState::Unverified(lacks) if lacks.len() == 2));
    assert!(matches!(standing(&one), ItemState::Unverified(lacks) if lacks == [Lack::Kept("r".to_owned())]));
    assert!(
        matches!(standing(&both), ItemState::Verified { evidence, at } if evidence.len() == 2 && at == Timestamp(9))
    );
    assert!(matches!(standing(&both.clone().of(&sha("c"))), ItemState::Unverified(_)), "another commit");
    assert_eq!(both.clone().of(&sha("b")), both);
}

#[test]
fn a_turn_is_told_once_in_each_direction_and_again_for_another_commit() {
    let (list, _) = parse("- [ ] a <!-- hp: verify=tag() -->\n- [ ] b\n");
    assert_eq!(required_checks(&list).into_iter().collect::<Vec<_>>(), ["tag()"]);
    let none = Verified::default();
    let no =
        none.next(&sha("b"), results(&[("tag()", VerifyResult::No("none".to_owned()))]), BTreeMap::new(), Timestamp(1));
    let done = no.next(&sha("b"), results(&[("tag()", yes("t"))]), BTreeMap::new(), Timestamp(2));
    let same = done.next(&sha("b"), results(&[("tag()", yes("t"))]), BTreeMap::new(), Timestamp(3));
    let other = done.next(&sha("c"), results(&[("tag()", yes("t"))]), BTreeMap::new(), Timestamp(4));
    let gone = done.next(
        &sha("c"),
        results(&[("tag()", VerifyResult::Unknown("who knows".to_owned()))]),
        BTreeMap::new(),
        Timestamp(4),
    );
    let told =
        |was: &Verified, now: &Verified| turns(&list, was, now).iter().map(|t| t.proof.is_whole()).collect::<Vec<_>>();
    assert!(told(&none, &no).is_empty());
    assert_eq!(told(&no, &done), [true]);
    assert!(told(&done, &same).is_empty());
    assert_eq!(told(&done, &other), [true]);
    assert_eq!(told(&done, &gone), [false]);
    assert!(told(&gone, &no).is_empty());
}

#[test]
fn what_was_not_looked_for_is_never_a_yes() {
    let one = (1, Some(Ending::Completed));
    for (verification, fact) in [
        (Verification::Closed(Vec::new()), Fact::Closed(Vec::new())),
        (Verification::Closed(vec![1]), Fact::Closed(Vec::new())),
        (Verification::Closed(vec![1, 2]), Fact::Closed(vec![one])),
        (Verification::Checks(Vec::new()), Fact::Checks(Vec::new())),
    ] {
        let found = decide(&verification, &fact, &release(), &site());
        assert_eq!(found, Finding::Unknown(Doubt::NotLookedFor), "{verification:?}");
    }
}
