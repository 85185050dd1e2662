//! Awkward histories: which release was the one before, which steps stand where, and how many issues there are.

use super::random_ticks::{Dice, seeds};
use super::triggers::CHECK;
use super::{App, CHECKLIST, ROCKET};
use holdpoint::checklist::parse::parse;
use holdpoint::sandbox::{Method, Pick};
use std::collections::{BTreeMap, BTreeSet};

impl App {
    /// Adds a step file to a branch: one item that says its name.
    pub(super) fn step(&self, branch: &str, name: &str) {
        let (path, text) = (format!("release-steps/{name}.md"), format!("- [ ] Do {name}\n"));
        self.commit(branch, &[(&path, Some(&text))]);
    }

    pub(super) async fn tag(&self, tag: &str, rev: &str) {
        self.github.world().create_tag(ROCKET, tag, rev, "alice", None).unwrap();
        self.settle().await;
    }

    pub(super) fn branch(&self, name: &str, from: &str) {
        self.github.world().create_branch(ROCKET, name, from, "alice").unwrap();
    }

    pub(super) fn tip(&self, branch: &str) -> String {
        self.github.world().repo(ROCKET).unwrap().git.branches[branch].clone()
    }

    /// The issues by title: since when, the steps with a box, and those with a link.
    pub(super) fn told(&self) -> Vec<String> {
        self.github.issues(ROCKET).into_iter().map(|i| told(&i.title, &i.body.unwrap_or_default())).collect()
    }
}

/// An issue in a line: `1.4.0 since v1.3.0: a, b; v1.3.1 has c`.
fn told(title: &str, body: &str) -> String {
    let since = body.split("[changes since ").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("ever");
    let boxes: BTreeSet<String> =
        parse(body).0.items.iter().filter_map(|i| i.text.strip_prefix("Do ").map(str::to_owned)).collect();
    let links = body.lines().filter_map(|line| {
        let (item, place) = line.trim_start_matches(['-', ' ']).strip_prefix("Do ")?.split_once(": in #")?;
        let label = place.split_once('(')?.1.trim_end_matches(')');
        Some(format!("; {label} has {item}"))
    });
    let boxes: Vec<String> = boxes.into_iter().collect();
    let title = title.trim_start_matches("Release ");
    format!("{title} since {since}: {}{}", boxes.join(", "), links.collect::<String>()).replace('\u{2060}', "")
}

pub(super) async fn start() -> App {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n"))]);
    app.settle().await;
    app
}

#[tokio::test]
async fn a_hotfix_from_an_old_tag_and_the_next_release_ask_for_each_step_once() {
    let app = start().await;
    app.step("main", "a");
    app.tag("v1.3.0", "main").await;
    app.step("main", "b");
    app.tag("v1.4.0", "main").await;
    app.branch("hotfix", "v1.3.0");
    app.step("hotfix", "fix");
    app.tag("v1.3.1", "hotfix").await;
    app.step("main", "fix");
    app.step("main", "c");
    app.tag("v1.5.0", "main").await;
    // It was cleared away and comes back: it is meant anew.
    app.commit("main", &[("release-steps/fix.md", None)]);
    app.tag("v1.6.0", "main").await;
    app.step("main", "fix");
    app.tag("v1.7.0", "main").await;
    assert_eq!(
        app.told(),
        [
            "1.3.0 since ever: a",
            "1.4.0 since v1.3.0: b",
            "1.3.1 since v1.3.0: fix",
            "1.5.0 since v1.4.0: c; v1.3.1 has fix",
            "1.6.0 since v1.5.0: ",
            "1.7.0 since v1.6.0: fix",
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn a_step_of_a_side_line_is_asked_for_again_where_anything_of_it_differs() {
    for (name, theirs, ours, gone) in [
        ("other words", "- [ ] Do fix\n", "- [ ] Do fix twice\n", false),
        ("other rules", "- [ ] Do fix <!-- hp: optional -->\n", "- [ ] Do fix\n", false),
        (
            "another condition",
            "- [ ] Do fix <!-- hp: when=paths(src/**) -->\n",
            "- [ ] Do fix <!-- hp: when=paths(src/**) -->\n",
            false,
        ),
        ("a value", "- [ ] Do fix {{ tag }}\n", "- [ ] Do fix {{ tag }}\n", false),
        ("its issue is gone", "- [ ] Do fix\n", "- [ ] Do fix\n", true),
    ] {
        let app = start().await;
        app.tag("v1.3.0", "main").await;
        app.branch("hotfix", "v1.3.0");
        app.commit("hotfix", &[("release-steps/fix.md", Some(theirs))]);
        app.tag("v1.3.1", "hotfix").await;
        if gone {
            let number = app.github.issues(ROCKET).last().unwrap().number;
            app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
            app.settle().await;
        }
        app.commit("main", &[("release-steps/fix.md", Some(ours))]);
        app.commit("main", &[("src/engine.py", Some("pass\n"))]);
        app.tag("v1.4.0", "main").await;
        let body = app.github.issues(ROCKET).last().unwrap().body.clone().unwrap();
        assert!(body.contains("- [ ] Do fix") && !body.contains(": in #"), "{name}: {body}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_release_waits_for_the_steps_that_it_leaves_to_another_ones_issue() {
    let app = start().await;
    app.tag("v1.3.0", "main").await;
    app.branch("hotfix", "v1.3.0");
    app.step("hotfix", "fix");
    app.tag("v1.3.1", "hotfix").await;
    let hotfix = app.github.issues(ROCKET).last().unwrap().number;
    app.step("main", "fix");
    app.step("main", "c");
    app.tag("v1.4.0", "main").await;
    let next = app.github.issues(ROCKET).last().unwrap().number;
    let pull = app.github.world().open_pull_request(ROCKET, "alice", "main", "production", "Ship it", "").unwrap();
    for issue in [hotfix - 1, next] {
        for n in 0..parse(&app.github.body(ROCKET, issue)).0.items.len() {
            app.github.world().tick(ROCKET, issue, "alice", Pick::Nth(n)).unwrap();
        }
    }
    app.settle().await;
    assert!(app.github.body(ROCKET, next).contains(&format!(": in #{hotfix} (")), "{}", app.github.body(ROCKET, next));
    for commit in [app.head(pull), app.tip("main")] {
        let check = app.check(&commit, "holdpoint/release");
        assert!(check.starts_with("action_required · v1.3.1: 0 of 2 done"), "{check}");
    }
    for n in 0..2 {
        app.github.world().tick(ROCKET, hotfix, "alice", Pick::Nth(n)).unwrap();
    }
    app.settle().await;
    for commit in [app.head(pull), app.tip("main")] {
        let check = app.check(&commit, "holdpoint/release");
        assert!(check.starts_with("success"), "{check}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_merged_hotfix_is_a_link_and_the_newer_version_never_is_one_for_the_older() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.branch("line", "v1.0.0");
    app.step("main", "b");
    app.tag("v1.1.0", "main").await;
    app.step("line", "b");
    app.step("line", "fix");
    app.tag("v1.0.1", "line").await;
    let pull = app.github.world().open_pull_request(ROCKET, "alice", "line", "main", "Back", "").unwrap();
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap();
    app.settle().await;
    app.tag("v1.2.0", "main").await;
    assert_eq!(
        app.told(),
        [
            "1.0.0 since ever: ",
            "1.1.0 since v1.0.0: b",
            "1.0.1 since v1.0.0: b, fix",
            "1.2.0 since v1.1.0: ; v1.0.1 has fix"
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn a_step_whose_change_was_reverted_before_the_release_is_not_asked_for() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.commit("main", &[("release-steps/a.md", Some("- [ ] Do a\n")), ("src/a.py", Some("a\n"))]);
    app.step("main", "b");
    app.commit("main", &[("release-steps/a.md", None), ("src/a.py", None)]);
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.told(), ["1.0.0 since ever: ", "1.1.0 since v1.0.0: b"]);
    app.finish().await;
}

#[tokio::test]
async fn a_tag_that_is_moved_is_another_release_which_asks_for_all_of_its_steps() {
    for (to, steps) in [("newer", "a, b, c"), ("older", "a")] {
        let app = start().await;
        app.tag("v1.0.0", "main").await;
        app.step("main", "a");
        app.branch("older", "main");
        app.step("main", "b");
        app.tag("v1.1.0", "main").await;
        app.step("main", "c");
        app.branch("newer", "main");
        app.github.world().move_tag(ROCKET, "v1.1.0", to, "alice").unwrap();
        app.settle().await;
        let told = app.told();
        assert_eq!(told[1..], ["1.1.0 since v1.0.0: a, b".to_owned(), format!("1.1.0 since v1.0.0: {steps}")]);
        assert!(app.check(to, CHECK).starts_with("action_required"));
        app.tag("v1.2.0", "main").await;
        let rest = if to == "newer" { "" } else { "b, c" };
        assert_eq!(app.told()[3], format!("1.2.0 since v1.1.0: {rest}"));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_tag_that_was_deleted_opens_nothing_before_and_keeps_its_issue_after() {
    let app = start().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.world().delete_tag(ROCKET, "v1.0.0", "alice").unwrap();
    app.settle().await;
    assert_eq!(app.told(), Vec::<String>::new());
    app.step("main", "a");
    app.tag("v1.0.1", "main").await;
    app.github.world().delete_tag(ROCKET, "v1.0.1", "alice").unwrap();
    app.settle().await;
    app.step("main", "b");
    app.tag("v1.0.2", "main").await;
    assert_eq!(
        app.told(),
        ["1.0.1 since ever: a", "1.0.2 since v1.0.1: b"],
        "what it asked for stands in its issue, which still waits"
    );
    app.finish().await;
}

#[tokio::test]
async fn tags_come_late_doubled_together_and_too_many_at_once() {
    let app = start().await;
    app.step("main", "a");
    let old = app.tip("main");
    app.step("main", "b");
    app.tag("v1.1.0", "main").await;
    app.tag("v1.0.0", &old).await;
    app.step("main", "c");
    app.github.world().push_tags(ROCKET, "alice", &[("v1.2.0", "main"), ("v1.3.0", "main")], None).unwrap();
    app.settle().await;
    app.step("main", "d");
    let main = app.tip("main");
    let four: Vec<(&str, &str)> = ["v2.0.0", "v2.1.0", "v2.2.0", "v2.3.0"].map(|t| (t, main.as_str())).to_vec();
    app.github.world().push_tags(ROCKET, "alice", &four, Some("Annotated")).unwrap();
    app.settle().await;
    assert_eq!(app.told().len(), 4);
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(
        app.told(),
        [
            "1.1.0 since ever: a, b",
            "1.0.0 since ever: a",
            "1.2.0 since v1.1.0: c",
            "1.3.0 since v1.2.0: ",
            "2.0.0 since v1.3.0: d",
            "2.1.0 since v2.0.0: ",
            "2.2.0 since v2.1.0: ",
            "2.3.0 since v2.2.0: ",
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn a_tag_of_either_kind_is_a_release_by_whichever_of_its_events_arrives() {
    for (message, newest_first) in [(None, false), (None, true), (Some("Signed"), false), (Some("Signed"), true)] {
        let app = start().await;
        app.step("main", "a");
        app.settle().await;
        app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", message).unwrap();
        let waiting: BTreeSet<_> = {
            let world = app.github.world();
            world.hooks.pending.iter().map(|id| world.hooks.log[id].event.clone()).collect()
        };
        assert!(waiting.iter().eq(["create", "push"]), "{waiting:?}");
        {
            let mut world = app.github.world();
            world.hooks.reverse = newest_first;
            world.hooks.lose_next = 1;
        }
        app.settle().await;
        assert_eq!(app.told(), ["1.0.0 since ever: a"], "{message:?} {newest_first}");
        assert!(app.check("main", CHECK).starts_with("action_required"));
        app.finish().await;
    }
}

#[tokio::test]
async fn steps_are_found_whichever_way_their_pull_requests_were_merged() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    let mut brought = Vec::new();
    for (name, method) in [("m", Method::Merge), ("s", Method::Squash), ("r", Method::Rebase)] {
        let text = format!("- [ ] Do {name}\n");
        let pull = app.pull_request("main", &[(&format!("release-steps/{name}.md"), Some(&text))]);
        app.settle().await;
        app.github.world().merge_pull_request(ROCKET, pull, "alice", method).unwrap();
        app.settle().await;
        brought.push(format!("### #{pull} Change something · erin"));
    }
    app.tag("v1.1.0", "main").await;
    assert_eq!(app.told()[1], "1.1.0 since v1.0.0: m, r, s");
    let body = app.github.issues(ROCKET).last().unwrap().body.clone().unwrap();
    for heading in brought {
        assert_eq!(body.matches(&heading).count(), 1, "{heading}: {body}");
    }
    app.finish().await;
}

#[tokio::test]
async fn calendar_versions_and_branches_beside_the_default_one() {
    let app = start().await;
    app.step("main", "a");
    app.tag("2026.9.30", "main").await;
    app.branch("long-term", "main");
    app.step("main", "b");
    app.tag("2026.10.2", "main").await;
    app.step("long-term", "c");
    app.tag("2026.9.30.1", "long-term").await;
    app.github.world().create_tag(ROCKET, "2026.11.1", "main", "alice", Some("Annotated")).unwrap();
    app.settle().await;
    assert_eq!(
        app.told(),
        [
            "2026.9.30 since ever: a",
            "2026.10.2 since 2026.9.30: b",
            "2026.9.30.1 since 2026.9.30: c",
            "2026.11.1 since 2026.10.2: ",
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn two_lines_of_versions_live_side_by_side_in_one_repository() {
    let app = App::start().await;
    let config = "checklists:\n  api: { template: api.md, steps: \"api/steps/*.md\", open: { match: \"api/v*\" } }\n  web: { template: web.md, steps: \"web/steps/*.md\", open: { match: \"web/v*\" } }\n";
    let item = Some("- [ ] Tell the support team\n");
    app.commit("main", &[(".github/holdpoint.yml", Some(config)), ("api.md", item), ("web.md", item)]);
    for tag in ["api/v1.2.3", "web/v7.0.0"] {
        app.tag(tag, "main").await;
    }
    app.commit("main", &[("api/steps/1.md", Some("- [ ] Do a\n")), ("web/steps/1.md", Some("- [ ] Do w\n"))]);
    for tag in ["web/v7.1.0", "api/v1.3.0"] {
        app.tag(tag, "main").await;
    }
    assert_eq!(
        app.told(),
        ["1.2.3 since ever: ", "7.0.0 since ever: ", "7.1.0 since web/v7.0.0: w", "1.3.0 since api/v1.2.3: a"]
    );
    for name in ["holdpoint/api", "holdpoint/web"] {
        assert!(app.check("main", name).starts_with("action_required"), "{name}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_tag_from_before_the_checklist_fails_closed_and_is_not_the_release_before() {
    let app = start().await;
    let old = app.tip("production");
    app.commit("main", &[(CHECKLIST, None), ("docs/release-checklist.md", Some("- [ ] Tell the team\n"))]);
    app.branch("bare", &old);
    app.commit("bare", &[(CHECKLIST, None)]);
    app.tag("v0.9.0", "bare").await;
    assert_eq!(app.told(), Vec::<String>::new());
    let check = app.check("bare", CHECK);
    assert!(check.starts_with("failure") && check.contains("is not in commit"), "{check}");
    app.step("main", "a");
    app.tag("v1.0.0", "main").await;
    assert_eq!(app.told(), ["1.0.0 since ever: a"]);
    app.finish().await;
}

#[tokio::test]
async fn candidates_over_two_versions_and_one_that_never_got_an_issue() {
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.step("main", "a");
    app.commit("main", &[(CHECKLIST, Some("nothing\n"))]);
    app.tag("v1.1.0-rc1", "main").await;
    assert_eq!(app.told().len(), 1, "it has no items");
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n"))]);
    app.step("main", "b");
    app.tag("v1.1.0-rc2", "main").await;
    app.step("main", "c");
    app.tag("v1.1.0", "main").await;
    app.step("main", "d");
    app.tag("v1.2.0-rc1", "main").await;
    app.tag("v1.2.0", "main").await;
    assert_eq!(app.told(), ["1.0.0 since ever: ", "1.1.0 since v1.0.0: a, b, c", "1.2.0 since v1.1.0: d"]);
    app.finish().await;
}

#[tokio::test]
async fn where_the_issue_cannot_be_opened_the_check_says_why_and_running_it_again_helps() {
    let app = start().await;
    app.github.world().set_issues(ROCKET, false).unwrap();
    app.tag("v1.0.0", "main").await;
    let check = app.check("main", CHECK);
    assert!(check.starts_with("failure") && check.contains("issues are switched off"), "{check}");
    assert!(app.summary("main", CHECK).contains("Settings under Features"), "{}", app.summary("main", CHECK));
    app.github.world().set_issues(ROCKET, true).unwrap();
    let run = app.github.check(ROCKET, "main", CHECK).unwrap().id;
    app.github.world().rerequest_check(ROCKET, run, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.told(), ["1.0.0 since ever: "]);
    assert!(app.check("main", CHECK).starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn an_archived_repository_gets_its_issue_once_it_is_unarchived() {
    let app = start().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.world().set_archived(ROCKET, true, "alice").unwrap();
    app.settle().await;
    assert_eq!((app.told().len(), app.check("main", CHECK).as_str()), (0, "none"), "nothing can be written there");
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    let why = store.releases(id).await.unwrap()[0].failure.clone().unwrap();
    assert!(why.contains("archived") && why.contains("unarchive it"), "{why}");
    app.github.world().set_archived(ROCKET, false, "alice").unwrap();
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.told(), ["1.0.0 since ever: "]);
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_label_that_is_not_there_is_made_and_an_unknown_type_is_left_out() {
    let app = start().await;
    let text = "---\nlabels: never-seen\nassignees: nobody-at-all\ntype: Nonsense\n---\n- [ ] Tell the support team\n";
    app.commit("main", &[(CHECKLIST, Some(text))]);
    app.tag("v1.0.0", "main").await;
    let issue = app.github.issues(ROCKET).pop().unwrap();
    assert!(issue.labels.iter().eq(["never-seen"]) && issue.assignees.is_empty() && issue.kind.is_none(), "{issue:?}");
    app.finish().await;
}

/// A line of versions in a history at random: which steps it brought, and where their files are.
#[derive(Default)]
struct Line {
    /// Items that must stand in exactly one of its issues.
    wanted: Vec<String>,
    /// Step files: path and text. Each is edited or moved once at most: a file that is both is another one.
    files: Vec<(String, String)>,
    touched: BTreeSet<String>,
    /// Items that it ever had: what comes back after it was cleared away is meant anew, and no business of this test.
    ever: BTreeSet<String>,
}

/// The names of a step file's items.
fn items(text: &str) -> Vec<String> {
    parse(text).0.items.into_iter().map(|item| item.text.trim_start_matches("Do ").to_owned()).collect()
}

impl App {
    /// How often the issues of a line show a step: with a box, and with a link.
    fn shown(&self, hotfix: bool, name: &str) -> (usize, usize) {
        let own = |title: &str| title.starts_with("Release 1.0.") == hotfix;
        let bodies = self.github.issues(ROCKET).into_iter().filter(|i| own(&i.title)).filter_map(|i| i.body);
        bodies.fold((0, 0), |(boxes, links), body| {
            let own = parse(&body).0.items.iter().filter(|item| item.text == format!("Do {name}")).count();
            (boxes + own, links + body.matches(&format!("- Do {name}: in #")).count())
        })
    }

    /// Changes files on `main` by a pull request, merged in one of the three ways.
    fn merge_change(&self, dice: &mut Dice, files: &[(&str, Option<&str>)]) {
        let mut world = self.github.world();
        let branch = format!("change-{}", world.now());
        world.create_branch(ROCKET, &branch, "main", "erin").unwrap();
        world.commit_to(ROCKET, &branch, "erin", "Begin", &[("src/begun.py", Some(&branch))]).unwrap();
        world.commit_to(ROCKET, &branch, "erin", "A change", files).unwrap();
        let pull = world.open_pull_request(ROCKET, "erin", &branch, "main", "Change", "").unwrap();
        let method = [Method::Merge, Method::Squash, Method::Rebase][dice.roll(3)];
        world.merge_pull_request(ROCKET, pull, "alice", method).unwrap();
    }

    fn change(&self, dice: &mut Dice, line: &str, files: &[(&str, Option<&str>)]) {
        if line == "main" && dice.roll(2) == 0 {
            self.merge_change(dice, files)
        } else {
            drop(self.commit(line, files))
        }
    }
}

/// Steps on the main line and on one hotfix line: pushed, merged, squashed, rebased, edited, moved, reverted, taken over one way
/// or the other, with releases in between.
async fn history(seed: u64) {
    let mut dice = Dice(seed);
    let app = start().await;
    app.tag("v1.0.0", "main").await;
    app.branch("hotfix", "v1.0.0");
    let (mut minor, mut patch, mut steps) = (0, 0, 0);
    let mut lines: BTreeMap<&str, Line> = BTreeMap::from([("main", Line::default()), ("hotfix", Line::default())]);
    for _ in 0..16 {
        let name = ["main", "hotfix"][dice.roll(2)];
        let offered = {
            let main = &lines["main"].ever;
            lines["hotfix"].files.iter().find(|(_, text)| items(text).iter().all(|item| !main.contains(item))).cloned()
        };
        let line = lines.get_mut(name).unwrap();
        let roll = dice.roll(9);
        let untouched = line.files.iter().position(|(path, _)| !line.touched.contains(path));
        match (roll, untouched) {
            (0 | 1, _) => {
                steps += 1;
                let (path, text) = (format!("release-steps/s{steps}.md"), format!("- [ ] Do s{steps}\n"));
                app.change(&mut dice, name, &[(&path, Some(&text))]);
                line.wanted.push(format!("s{steps}"));
                line.ever.insert(format!("s{steps}"));
                line.files.push((path, text));
            }
            // One item more in a file that is there.
            (2, Some(at)) => {
                steps += 1;
                let (path, text) = &mut line.files[at];
                text.push_str(&format!("- [ ] Do s{steps}\n"));
                app.change(&mut dice, name, &[(path, Some(text))]);
                line.wanted.push(format!("s{steps}"));
                line.ever.insert(format!("s{steps}"));
                line.touched.insert(path.clone());
            }
            (3, Some(at)) => {
                let (path, text) = line.files[at].clone();
                let to = path.replace("release-steps/", "release-steps/moved/");
                app.change(&mut dice, name, &[(&path, None), (&to, Some(&text))]);
                line.files[at].0.clone_from(&to);
                line.touched.insert(to);
            }
            // Taken back: what no release asked for yet is not asked for.
            (4, Some(at)) => {
                let (path, _) = line.files.remove(at);
                app.change(&mut dice, name, &[(&path, None)]);
                line.wanted.retain(|step| {
                    let gone = path.ends_with(&format!("/{step}.md"));
                    !gone || app.shown(name == "hotfix", step) != (0, 0)
                });
            }
            // What the hotfix line has is picked onto the main line.
            (5, _) => {
                if let Some((path, text)) = offered {
                    app.change(&mut dice, "main", &[(&path, Some(&text))]);
                    let main = lines.get_mut("main").unwrap();
                    main.ever.extend(items(&text));
                    main.wanted.extend(items(&text));
                    main.touched.insert(path.clone());
                    main.files.push((path, text));
                }
            }
            _ if name == "main" => {
                minor += 1;
                app.commit("main", &[("src/engine.py", Some(&format!("{minor}\n")))]);
                app.tag(&format!("v1.{minor}.0"), "main").await;
            }
            _ => {
                patch += 1;
                app.commit("hotfix", &[("src/engine.py", Some(&format!("fix {patch}\n")))]);
                app.tag(&format!("v1.0.{patch}"), "hotfix").await;
            }
        }
    }
    app.commit("hotfix", &[("src/engine.py", Some("last\n"))]);
    app.tag("v1.0.99", "hotfix").await;
    app.commit("main", &[("src/engine.py", Some("last\n"))]);
    app.tag("v1.99.0", "main").await;
    let told = app.told();
    for (name, line) in &lines {
        for step in &line.wanted {
            let (boxes, links) = app.shown(*name == "hotfix", step);
            assert_eq!(boxes + links, 1, "seed {seed}: {step} on {name}: {told:#?}");
            let elsewhere = told.iter().filter(|t| t.contains(&format!(" {step}"))).count();
            assert!(links == 0 || elsewhere > 1, "seed {seed}: {step} is linked and nowhere asked for: {told:#?}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn in_any_history_each_step_stands_in_exactly_one_release_of_its_line() {
    for seed in seeds(6) {
        history(seed).await;
    }
}
