//! Checklists that are longer than one issue takes: several linked parts that count as one.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::checklist::parse::parse;
use holdpoint::release::issue_body::LIMIT;
use holdpoint::sandbox::{Fault, Pick};

const CHECK: &str = "holdpoint/release";

/// So many sections of ten items, with about 2,000 characters each.
fn long(sections: usize) -> String {
    let mut text = String::from("# Fly\n\nRead it all first.\n");
    for section in 1..=sections {
        let after = if section == sections { " <!-- hp: phase=after -->" } else { "" };
        text.push_str(&format!("\n## Stage {section}{after}\n\n"));
        for item in 1..=10 {
            text.push_str(&format!(
                "- [ ] Check {section}.{item} of the rocket\n\n  {}\n\n",
                "Look closely. ".repeat(140)
            ));
        }
    }
    text
}

/// The items of the issues that are there, in the order of the parts.
fn items(app: &App) -> Vec<String> {
    let mut parts = app.github.issues(ROCKET);
    parts.reverse();
    let bodies: Vec<String> = parts.into_iter().filter_map(|i| i.body).collect();
    bodies.iter().flat_map(|body| parse(body).0.items).map(|item| item.text).collect()
}

fn gate(app: &App) -> String {
    app.check("main", CHECK)
}

/// Part 1 is the newest issue: the last one is opened first.
fn numbers(app: &App) -> Vec<u64> {
    app.github.issues(ROCKET).iter().rev().map(|i| i.number).collect()
}

async fn released(text: &str) -> (App, Vec<u64>) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(text))]);
    app.release("v1.0.0").await;
    let numbers = numbers(&app);
    (app, numbers)
}

/// Ticks all that is open on an issue, in one edit.
fn tick_all(app: &App, number: u64, user: &str) {
    let body = app.github.body(ROCKET, number).replace("- [ ]", "- [x]");
    app.github.world().edit_issue_body(ROCKET, number, user, &body).unwrap();
}

#[tokio::test]
async fn a_checklist_that_is_too_long_for_one_issue_opens_linked_parts_of_which_the_first_is_the_release_issue() {
    let template = long(10);
    let (app, parts) = released(&template).await;
    assert_eq!(parts.len(), 4, "{parts:?}");
    let asked: Vec<String> = parse(&template).0.items.into_iter().map(|i| i.text).collect();
    let shown: Vec<String> = items(&app).iter().map(|i| i.replace(" · after the release", "")).collect();
    assert_eq!(shown, asked, "nothing is lost, doubled or moved");
    for (at, number) in parts.iter().enumerate() {
        let issue = app.github.issue(ROCKET, *number).unwrap();
        assert_eq!(issue.title, format!("Release 1.0.0 (part {} of 4)", at + 1));
        let body = issue.body.unwrap();
        assert!(body.chars().count() <= LIMIT, "part {}: {}", at + 1, body.chars().count());
        assert!(body.contains("<!-- holdpoint v2 "), "each is signed");
        assert!(body.contains("\n# Fly\n"), "the headings above are repeated");
        let first = body.lines().next().unwrap();
        for (other, number) in parts.iter().enumerate().skip(at + 1) {
            assert!(first.contains(&format!("part {} is #{number}", other + 1)), "{first}");
        }
        let comments = app.comments(*number);
        assert_eq!(comments.len(), 1, "{comments:?}");
        if at > 0 {
            assert!(
                comments[0].starts_with(&format!("Part {} of 4: part 1 is #{}", at + 1, parts[0])),
                "{}",
                comments[0]
            );
        }
    }
    let progress = &app.comments(parts[0])[0];
    assert!(
        progress.starts_with("**0 of 100 done** · 100 open\n\n- before the release: 0 of 90 done · 90 open\n"),
        "{progress}"
    );
    assert!(progress.contains(&format!("| 1 · #{} | 1–", parts[0])), "{progress}");
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 90 done · 90 open");
    let writes = app.github.exchanges().iter().filter(|e| e.method == "PATCH" && e.path.contains("/issues/")).count();
    assert_eq!(writes, 0, "no text that people tick was written twice");
    app.finish().await;
}

#[tokio::test]
async fn ticks_and_commands_on_any_part_count_over_all_and_all_parts_are_closed_at_the_end() {
    let (app, parts) = released(&long(5)).await;
    assert_eq!(parts.len(), 2, "{parts:?}");
    app.github.world().tick(ROCKET, parts[1], "bob", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, parts[0], "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert!(gate(&app).contains("2 of 40 done"), "{}", gate(&app));
    // Item 35 stands in the second part; it is commanded from the first, and the fourth from the second.
    app.github.world().comment(ROCKET, parts[0], "alice", "/hp done 35").unwrap();
    app.github.world().comment(ROCKET, parts[1], "alice", "/hp skip 4 no fuel aboard").unwrap();
    app.settle().await;
    assert!(gate(&app).contains("3 of 40 done · 1 skipped"), "{}", gate(&app));
    let progress = app.comments(parts[0])[0].clone();
    assert!(progress.contains("| `35` | Check 4.5 of the rocket | alice (in a comment) |"), "{progress}");
    tick_all(&app, parts[1], "alice");
    tick_all(&app, parts[0], "alice");
    app.settle().await;
    let progress = app.comments(parts[0])[0].clone();
    assert!(progress.starts_with("**Complete.** **50 of 50 done**"), "{progress}");
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    let closed = |n: &u64| app.github.issue(ROCKET, *n).unwrap().closed_at.is_some();
    assert!(parts.iter().all(closed), "all parts are closed");
    // Taking one back shuts the gate everywhere, whichever part it is on.
    app.github.world().untick(ROCKET, parts[1], "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    assert!(!parts.iter().any(closed), "the release issue and the part with the open item are open again");
    app.finish().await;
}

#[tokio::test]
async fn the_ledger_tells_each_tick_once_by_its_item() {
    let (app, parts) = released(&long(5)).await;
    for part in &parts {
        app.github.world().tick(ROCKET, *part, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
    }
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    let row = &store.releases(id).await.unwrap()[0];
    let lines = store.ledger_lines(row.id).await.unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines.iter().all(|l| l.issue.is_some_and(|n| n.0 == parts[0]) && l.by == "bob" && l.mark.contains("done")),
        "{lines:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_part_that_is_deleted_shuts_the_gate_and_is_opened_again_where_it_is_asked_for() {
    let (app, parts) = released(&long(5)).await;
    for part in &parts {
        tick_all(&app, *part, "alice");
        app.settle().await;
    }
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    app.github.world().delete_issue(ROCKET, parts[1], "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure") && gate(&app).contains("has a part, #"), "{}", gate(&app));
    // What people do on the part that is left is noted all the same: it may count again.
    app.github.world().untick(ROCKET, parts[0], "alice", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, parts[0], "carol", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    app.github.world().comment(ROCKET, parts[0], "alice", "/hp open v1.0.0").unwrap();
    app.settle().await;
    let now = numbers(&app);
    assert_eq!(now.len(), 2, "the part that was left is used again: {now:?}");
    assert!(now.contains(&parts[0]) && gate(&app).contains("29 of 40 done"), "{now:?} {}", gate(&app));
    let progress = &app.comments(parts[0])[0];
    assert!(progress.contains("ticked by carol, which does not count"), "{progress}");
    let fork = app.github.world().fork(ROCKET, "erin").unwrap();
    let second = numbers(&app).into_iter().find(|n| *n != parts[0]).unwrap();
    app.github.world().transfer_issue(ROCKET, second, &fork, "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure") && gate(&app).contains("transferred"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_failure_at_any_post_opens_each_part_once() {
    for fault in [Fault::Status(500), Fault::DropBefore, Fault::DropAfter, Fault::RetryAfter(403, 30)] {
        let app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some(&long(7)))]);
        app.settle().await;
        app.github.fail_next("POST", &format!("/repos/{ROCKET}/issues"), fault, 2);
        app.release("v1.0.0").await;
        let titles: Vec<String> = app.github.issues(ROCKET).into_iter().map(|i| i.title).collect();
        let expected: Vec<String> = (1..=3).rev().map(|n| format!("Release 1.0.0 (part {n} of 3)")).collect();
        assert_eq!(titles, expected, "{fault:?}");
        assert!(gate(&app).contains("0 of 60 done"), "{fault:?}: {}", gate(&app));
        app.finish().await;
    }
}

#[tokio::test]
async fn until_all_parts_are_there_the_gate_is_shut_and_a_tick_on_one_that_is_there_is_kept() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(&long(5)))]);
    app.settle().await;
    let posts = format!("/repos/{ROCKET}/issues");
    app.github.fail_next("POST", &posts, Fault::Delay(std::time::Duration::ZERO), 1);
    app.github.fail_next("POST", &posts, Fault::Status(403), 1);
    let second = app.release("v1.0.0").await;
    assert_eq!(app.github.issue(ROCKET, second).unwrap().title, "Release 1.0.0 (part 2 of 2)");
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    tick_all(&app, second, "bob");
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let ticked = parse(&app.github.body(ROCKET, second)).0.items.len() - 10;
    assert_eq!(numbers(&app)[1], second);
    assert!(gate(&app).contains(&format!("{ticked} of 40 done")), "{ticked}: {}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_lost_database_opens_no_part_twice_and_takes_the_parts_up_again_when_one_is_edited() {
    let (mut app, parts) = released(&long(5)).await;
    app.lose_database().await;
    app.github.world().tick(ROCKET, parts[1], "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(numbers(&app), parts);
    assert!(gate(&app).contains("1 of 40 done"), "{}", gate(&app));
    app.lose_database().await;
    app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(numbers(&app), parts);
    assert!(gate(&app).contains("0 of 40 done"), "nobody knows any more who ticked: {}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn with_the_database_a_part_was_lost_too_and_the_gate_stays_shut() {
    let (mut app, parts) = released(&long(5)).await;
    app.lose_database().await;
    app.github.world().delete_issue(ROCKET, parts[0], "alice").unwrap();
    tick_all(&app, parts[1], "bob");
    app.settle().await;
    assert!(gate(&app).starts_with("failure") && gate(&app).contains("part 1 of the release issue"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn what_a_later_candidate_brings_goes_into_the_last_part_or_one_of_its_own() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(&long(5)))]);
    app.release("v1.0.0-rc1").await;
    let parts = numbers(&app);
    tick_all(&app, parts[0], "alice");
    app.settle().await;
    let done = parse(&app.github.body(ROCKET, parts[0])).0.items.len();
    app.commit("main", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
    app.release("v1.0.0-rc2").await;
    assert_eq!(numbers(&app), parts, "there was room in the last part");
    assert!(app.github.body(ROCKET, parts[1]).contains("- [ ] Warm the cache"));
    assert_eq!(app.github.issue(ROCKET, parts[0]).unwrap().title, "Release 1.0.0-rc2 (part 1 of 2)");
    assert!(gate(&app).contains(&format!("{done} of 41 done")), "{}", gate(&app));
    // More than fits: a third part, and the first two are called so.
    app.commit("main", &[("release-steps/2.md", Some(&long(2).replace("rocket", "fuel")))]);
    app.release("v1.0.0-rc3").await;
    let mut now = app.github.issues(ROCKET).iter().map(|i| i.number).collect::<Vec<_>>();
    now.retain(|n| !parts.contains(n));
    assert_eq!(now.len(), 1, "{now:?}");
    let titles: Vec<String> =
        [parts[0], parts[1], now[0]].iter().map(|n| app.github.issue(ROCKET, *n).unwrap().title).collect();
    let expected: Vec<String> = (1..=3).map(|n| format!("Release 1.0.0-rc3 (part {n} of 3)")).collect();
    assert_eq!(titles, expected);
    let progress = &app.comments(parts[0])[0];
    assert!(progress.contains(&format!("| 3 · #{} |", now[0])), "{progress}");
    tick_all(&app, now[0], "alice");
    tick_all(&app, parts[1], "alice");
    app.settle().await;
    assert!(gate(&app).starts_with("success"), "{}", gate(&app));
    assert!(app.github.issue(ROCKET, now[0]).unwrap().closed_at.is_some());
    app.finish().await;
}

#[tokio::test]
async fn an_issue_that_is_full_gets_a_second_part_though_the_post_fails_at_first() {
    for fault in [Fault::Status(502), Fault::DropBefore, Fault::DropAfter] {
        let app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some(&long(2)))]);
        let number = app.release("v1.0.0-rc1").await;
        assert_eq!(app.github.issue(ROCKET, number).unwrap().title, "Release 1.0.0-rc1");
        tick_all(&app, number, "alice");
        app.settle().await;
        assert!(gate(&app).starts_with("success") && app.github.issue(ROCKET, number).unwrap().closed_at.is_some());
        app.commit("main", &[("release-steps/2.md", Some(&long(2).replace("rocket", "fuel")))]);
        app.github.fail_next("POST", &format!("/repos/{ROCKET}/issues"), fault, 2);
        app.release("v1.0.0").await;
        let issues = app.github.issues(ROCKET);
        let titles: Vec<&str> = issues.iter().map(|i| i.title.as_str()).collect();
        assert_eq!(titles, ["Release 1.0.0 (part 1 of 2)", "Release 1.0.0 (part 2 of 2)"], "{fault:?}");
        assert!(issues[0].closed_at.is_none(), "the release issue is open again");
        assert!(gate(&app).contains("10 of 20 done"), "{fault:?}: {}", gate(&app));
        tick_all(&app, issues[1].number, "alice");
        app.settle().await;
        assert!(gate(&app).starts_with("success"), "{fault:?}: {}", gate(&app));
        app.finish().await;
    }
}

#[tokio::test]
async fn an_item_that_is_longer_than_an_issue_keeps_the_gate_shut_and_is_named() {
    let app = App::gated().await;
    let text = format!("- [ ] Short\n- [ ] Read this\n\n  {}\n", "word ".repeat(14_000));
    app.commit("main", &[(CHECKLIST, Some(&text))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert!(app.github.issues(ROCKET).is_empty());
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    let summary = app.summary("main", CHECK);
    assert!(summary.contains("Read this") && summary.contains("shorten it"), "{summary}");
    app.finish().await;
}

#[tokio::test]
async fn a_fence_that_somebody_leaves_open_in_one_part_swallows_nothing_of_the_next() {
    let (app, parts) = released(&long(5)).await;
    tick_all(&app, parts[1], "bob");
    app.settle().await;
    let before = gate(&app);
    for open in ["```", "~~~~", "<!-- a note", "<pre>"] {
        let body = app.github.body(ROCKET, parts[0]);
        app.github.world().edit_issue_body(ROCKET, parts[0], "bob", &format!("{body}\n{open}\n")).unwrap();
        app.settle().await;
        assert_eq!(gate(&app), before, "{open}");
        app.github.world().edit_issue_body(ROCKET, parts[0], "bob", &body).unwrap();
        app.settle().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn what_no_event_told_of_a_part_is_found_by_the_sweep() {
    let (app, parts) = released(&long(5)).await;
    for part in &parts {
        tick_all(&app, *part, "alice");
        app.settle().await;
    }
    assert!(gate(&app).starts_with("success"));
    app.github.world().hooks.lose_next = 1;
    app.github.world().untick(ROCKET, parts[1], "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    app.github.world().tick(ROCKET, parts[1], "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    // A part that was deleted unseen shuts the gate at the very next look that could turn it green.
    app.github.world().hooks.lose_next = 1;
    app.github.world().delete_issue(ROCKET, parts[1], "alice").unwrap();
    app.github.world().comment(ROCKET, parts[0], "alice", "/hp recheck").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_is_moved_to_another_part_is_the_same_item() {
    let (app, parts) = released(&long(5)).await;
    let body = app.github.body(ROCKET, parts[0]);
    let start = body.find("- [ ] Check 1.2").unwrap();
    let end = body.find("- [ ] Check 1.3").unwrap();
    let item = body.get(start..end).unwrap().to_owned();
    app.github.world().edit_issue_body(ROCKET, parts[0], "bob", &body.replace(&item, "")).unwrap();
    app.settle().await;
    assert!(app.comments(parts[0])[0].contains("taken out of the issue"));
    let body = app.github.body(ROCKET, parts[1]).replace("\n<!-- holdpoint", &format!("\n{item}\n<!-- holdpoint"));
    app.github.world().edit_issue_body(ROCKET, parts[1], "bob", &body).unwrap();
    app.settle().await;
    assert!(!app.comments(parts[0])[0].contains("taken out of the issue"), "{}", app.comments(parts[0])[0]);
    assert!(gate(&app).contains("0 of 40 done"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn a_part_with_something_added_is_opened_again_with_it() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(&long(5)))]);
    app.release("v1.0.0-rc1").await;
    app.commit("main", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
    app.release("v1.0.0-rc2").await;
    let parts = numbers(&app);
    tick_all(&app, parts[0], "alice");
    // What is done in the part goes with it.
    app.github.world().comment(ROCKET, parts[1], "alice", "/hp done 39, 40").unwrap();
    app.settle().await;
    app.github.world().delete_issue(ROCKET, parts[1], "alice").unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("failure"), "{}", gate(&app));
    app.github.world().comment(ROCKET, parts[0], "alice", "/hp open v1.0.0-rc2").unwrap();
    app.settle().await;
    let now = app.github.issues(ROCKET);
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(now[1].body.as_deref().unwrap().contains("- [ ] Warm the cache"));
    assert!(gate(&app).contains("30 of 41 done"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn the_first_issue_of_a_release_that_grew_is_opened_again_and_the_rest_with_it() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(&long(2)))]);
    let first = app.release("v1.0.0-rc1").await;
    app.commit("main", &[("release-steps/2.md", Some(&long(2).replace("rocket", "fuel")))]);
    app.release("v1.0.0-rc2").await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    app.github.world().delete_issue(ROCKET, first, "alice").unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, 2, "alice", "/hp open v1.0.0-rc2").unwrap();
    app.settle().await;
    let open: Vec<_> =
        app.github.issues(ROCKET).into_iter().filter(|i| i.closed_at.is_none()).map(|i| i.title).collect();
    assert_eq!(open, ["Release 1.0.0-rc2 (part 2 of 2)", "Release 1.0.0-rc2 (part 1 of 2)"]);
    assert!(gate(&app).contains("0 of 20 done"), "{}", gate(&app));
    app.finish().await;
}
