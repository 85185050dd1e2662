//! What was required stays required: whatever becomes of the configuration, the issue, the checklist's file or the way in which a
//! release is merged.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Fault, Method, Pick};

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";
/// What is left after a release holds up the next.
const BLOCK: &str = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
/// Something for before and something for after.
const LATER: &str = "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n";

async fn sweep(app: &App) {
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
}

/// `after: block` on `production`, which has all of `main` but `v1.0.0`; that is released, and done but for what is for after.
async fn with_something_for_after() -> (App, u64) {
    let app = App::start().await;
    let tip = app.commit("main", &[(CONFIG, Some(BLOCK)), (CHECKLIST, Some(LATER))]);
    app.github.world().push_commit(ROCKET, "production", &tip, "alice").unwrap();
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    (app, number)
}

#[tokio::test]
async fn a_checklist_that_the_default_branch_does_not_name_any_more_keeps_its_gate_shut_and_takes_no_tick() {
    let app = App::start().await;
    let strict = "checklists:\n  release:\n    ticks: { by: maintain }\n    gate: { branches: [production] }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(CONFIG, Some(strict))]);
    }
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let number = app.release("v1.0.0").await;
    let renamed = strict.replace("release:", "launch:");
    app.commit("main", &[(CONFIG, Some(renamed.as_str()))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let title = "failure · The default branch does not name the checklist release";
    assert_eq!(app.check(&app.head(pull), GATE), title);
    assert_eq!(app.check("v1.0.0", GATE), title);
    app.github.world().comment(ROCKET, number, "bob", "/hp done 1").unwrap();
    app.settle().await;
    let said = app.comments(number).join("\n");
    assert!(said.contains("does not name the checklist `release`: name it there first"), "{said}");
    // A tag of a checklist that nobody opens releases of has no issue: that none is known opens nothing.
    let other = app.pull_request("production", &[("src/engine.py", Some("fixed\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(other), GATE), title);
    // Once it is named again, what happened meanwhile is judged by its own rules, not by the defaults.
    app.commit("main", &[(CONFIG, Some(strict))]);
    app.settle().await;
    let body = app.comments(number).first().cloned().unwrap();
    assert!(body.contains("maintain access is needed, and bob has write"), "{body}");
    assert!(app.check(&app.head(pull), GATE).starts_with("action_required"), "{}", app.check(&app.head(pull), GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_group_of_alternatives_ends_with_its_template() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    template: [qa.md, press.md]\n    gate: { branches: [production] }\n";
    let ways = "- [ ] Roll out by night <!-- hp: one-of=way -->\n- [ ] Roll out by hand <!-- hp: one-of=way -->\n";
    let press = "- [ ] Mail the press <!-- hp: one-of=way -->\n- [ ] Call the press <!-- hp: one-of=way -->\n";
    app.commit("main", &[(CONFIG, Some(config)), ("qa.md", Some(ways)), ("press.md", Some(press))]);
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(2)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.0.0", GATE), "action_required · v1.0.0: 2 of 4 done · 2 open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.0.0", GATE), "success · v1.0.0: 4 of 4 done");
    app.finish().await;
}

#[tokio::test]
async fn what_is_left_after_a_release_blocks_the_next_however_it_was_merged() {
    for method in [Method::Merge, Method::Squash, Method::Rebase] {
        for heard in [true, false] {
            let (app, number) = with_something_for_after().await;
            let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
            app.settle().await;
            {
                let mut world = app.github.world();
                let quiet = world.hooks.pending.len();
                world.merge_pull_request(ROCKET, ship, "alice", method).unwrap();
                if !heard {
                    world.hooks.pending.truncate(quiet);
                }
            }
            app.settle().await;
            let tip = app.commit("main", &[("src/wing.py", Some("pass\n"))]);
            let next = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Next", "").unwrap();
            app.settle().await;
            let waits = "action_required · v1.0.0: 0 of 1 done · 1 open";
            assert_eq!(app.check(&tip, GATE), waits, "{method:?} {heard}");
            app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
            app.settle().await;
            assert!(app.check(&app.head(next), GATE).starts_with("success"), "{method:?} {heard}");
            app.finish().await;
        }
    }
}

#[tokio::test]
async fn a_release_that_was_squashed_into_one_branch_is_asked_for_on_the_way_to_the_next() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.github.world().create_branch(ROCKET, "line", "main", "alice").unwrap();
    app.commit("line", &[("src/engine.py", Some("pass\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "line", "alice", None).unwrap();
    app.settle().await;
    let back = app.github.world().open_pull_request(ROCKET, "erin", "line", "main", "Back", "").unwrap();
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, back, "alice", Method::Squash).unwrap();
    // Holds what the release holds, and not its commit.
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(ship), GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn what_is_left_after_a_release_blocks_though_a_later_one_leaves_steps_to_its_issue() {
    let (app, first) = with_something_for_after().await;
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(1)).unwrap();
    let step = "- [ ] Fix the index <!-- hp: phase=after -->\n";
    app.github.world().create_branch(ROCKET, "hotfix", "v1.0.0", "alice").unwrap();
    app.commit("hotfix", &[("release-steps/fix.md", Some(step))]);
    app.github.world().create_tag(ROCKET, "v1.0.1", "hotfix", "alice", None).unwrap();
    app.settle().await;
    let hotfix = app.github.issues(ROCKET).last().unwrap().number;
    let tip = app.github.world().repo(ROCKET).unwrap().git.branches["hotfix"].clone();
    app.github.world().push_commit(ROCKET, "production", &tip, "alice").unwrap();
    app.commit("main", &[("release-steps/fix.md", Some(step))]);
    app.release("v1.1.0").await;
    let next = app.github.issues(ROCKET).last().unwrap().number;
    assert!(app.github.body(ROCKET, next).contains(&format!(": in #{hotfix}")), "{}", app.github.body(ROCKET, next));
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    for issue in [hotfix, next] {
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    }
    app.settle().await;
    let check = app.check(&app.head(ship), GATE);
    assert!(check.starts_with("action_required · v1.0.1: 0 of 2 done"), "{check}");
    app.finish().await;
}

/// The text of an issue with one piece of it replaced, as somebody saves it.
fn edit(app: &App, number: u64, who: &str, from: &str, to: &str) {
    let body = app.github.body(ROCKET, number);
    assert!(body.contains(from), "{body}");
    app.github.world().edit_issue_body(ROCKET, number, who, &body.replacen(from, to, 1)).unwrap();
}

/// A release of one item, which is done, and one that `erin` added to its issue.
async fn with_an_item_added() -> (App, u64) {
    let (app, number) = super::released("- [ ] Fuel\n").await;
    edit(&app, number, "erin", "- [ ] Fuel\n", "- [ ] Fuel\n- [ ] Wait for the **fix** of #7\n");
    app.settle().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    (app, number)
}

const ADDED: &str = "- [ ] Wait for the **fix** of #7\n";

#[tokio::test]
async fn an_item_that_people_added_is_taken_out_by_whoever_may_tick_and_by_nobody_else() {
    for heard in [true, false] {
        let (app, number) = with_an_item_added().await;
        let quiet = app.github.world().hooks.pending.len();
        edit(&app, number, "carol", ADDED, "");
        if !heard {
            app.github.world().hooks.pending.truncate(quiet);
        }
        sweep(&app).await;
        assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open", "{heard}");
        let comment = app.comments(number)[0].clone();
        let says = "Wait for the **fix** of #7 · added in the issue (taken out of the issue: put it back)";
        assert!(comment.replace(['\\', '\u{2060}'], "").contains(says), "{comment}");
        // Put back, it is asked for as before; whoever may tick may take it out.
        edit(&app, number, "carol", "- [x] Fuel\n", &format!("- [x] Fuel\n{ADDED}"));
        app.settle().await;
        assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open", "{heard}");
        edit(&app, number, "bob", ADDED, "");
        app.settle().await;
        assert_eq!(super::gate(&app), "success · v1.0.0: 1 of 2 done · 1 skipped", "{heard}");
        let comment = app.comments(number)[0].clone();
        assert!(comment.contains("taken out of the issue") && comment.contains("bob"), "{comment}");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_item_that_was_found_in_the_issue_stays_asked_for_though_nobody_tells_who_added_it() {
    let (app, number) = super::released("- [ ] Fuel\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    for (from, to) in [("- [x] Fuel\n", "- [x] Fuel\n- [ ] Wait\n"), ("- [ ] Wait\n", "")] {
        let quiet = app.github.world().hooks.pending.len();
        edit(&app, number, "carol", from, to);
        app.github.world().hooks.pending.truncate(quiet);
        app.github.fail_next("POST", "/graphql", Fault::Status(404), 1);
        sweep(&app).await;
        assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open", "{to}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_people_added_and_somebody_took_out_is_skipped_with_a_reason_or_overridden() {
    let (app, number) = with_an_item_added().await;
    edit(&app, number, "carol", ADDED, "");
    app.github.world().comment(ROCKET, number, "carol", "/hp skip 2 not needed").unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.github.world().comment(ROCKET, number, "bob", "/hp skip 2 the fix is out").unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "success · v1.0.0: 1 of 2 done · 1 skipped");
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_people_added_may_be_continued_and_moved_and_stays_one_item() {
    let (app, number) = with_an_item_added().await;
    edit(&app, number, "carol", "of #7\n", "of #7: see the log\n");
    app.settle().await;
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    edit(&app, number, "carol", "- [x] Fuel\n", "- [x] Fuel\n\n## Later\n\n");
    app.settle().await;
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "success · v1.0.0: 2 of 2 done");
    // In other words it is another item, and the first one is missing.
    edit(&app, number, "carol", "Wait for the **fix** of #7", "Say hello");
    app.settle().await;
    assert!(super::gate(&app).starts_with("action_required · v1.0.0: 1 of 3 done"), "{}", super::gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_people_added_before_the_database_was_lost_is_known_from_the_edit_history() {
    let (mut app, number) = with_an_item_added().await;
    edit(&app, number, "carol", ADDED, "");
    app.settle().await;
    app.lose_database().await;
    app.github.world().comment(ROCKET, number, "bob", "/hp recheck").unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn what_was_done_in_an_issue_that_is_gone_counts_for_nothing_in_the_one_that_takes_its_place() {
    let (app, number) = super::released("- [ ] Fuel\n- [x] Test\n- [ ] Call\n").await;
    for said in ["/hp done 1", "/hp override we fly"] {
        app.github.world().comment(ROCKET, number, "erin", said).unwrap();
        app.github.world().untick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
        app.settle().await;
    }
    assert!(super::gate(&app).starts_with("success"), "{}", super::gate(&app));
    app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
    let talk = app.pull_request("main", &[("src/wing.py", Some("pass\n"))]);
    app.github.world().comment(ROCKET, talk, "erin", "/hp open v1.0.0").unwrap();
    app.settle().await;
    let new = app.github.issues(ROCKET).last().unwrap().number;
    assert_ne!(new, number);
    assert_eq!(super::gate(&app), "action_required · v1.0.0: 0 of 3 done · 3 open");
    for n in [0, 2] {
        app.github.world().tick(ROCKET, new, "bob", Pick::Nth(n)).unwrap();
    }
    app.github.world().untick(ROCKET, new, "bob", Pick::Nth(1)).unwrap();
    app.github.world().tick(ROCKET, new, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert_eq!(super::gate(&app), "success · v1.0.0: 3 of 3 done");
    app.finish().await;
}

const HEADING: &str = "Required on main, and not in the checklist of this commit";
const REVIEW: &str = "- [ ] Security review <!-- hp: owner=@acme/qa -->\n- [ ] Fuel\n";

#[tokio::test]
async fn a_tag_on_a_branch_with_a_shorter_checklist_is_asked_for_what_the_default_branch_requires() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(REVIEW))]);
    app.github.world().create_branch(ROCKET, "mine", "main", "erin").unwrap();
    app.commit("mine", &[(CHECKLIST, Some("- [ ] Say hello\n- [ ] Fuel\n")), ("x", Some("x"))]);
    app.github.world().create_tag(ROCKET, "v1.0.1", "mine", "erin", None).unwrap();
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "mine", "production", "Ship", "").unwrap();
    app.settle().await;
    let number = app.github.issues(ROCKET).into_iter().rfind(|i| i.title.contains("1.0.1")).unwrap().number;
    let body = app.github.body(ROCKET, number);
    let (own, required) = body.split_once(HEADING).expect("a heading that says so");
    assert!(own.contains("Say hello") && own.contains("Fuel") && !own.contains("Security"), "{body}");
    assert!(required.contains("- [ ] Security review · @acme/qa") && !required.contains("Fuel"), "{body}");
    for n in 0..3 {
        app.github.world().tick(ROCKET, number, "erin", Pick::Nth(n)).unwrap();
    }
    app.settle().await;
    let check = app.check(&app.head(pull), GATE);
    assert!(check.starts_with("action_required · v1.0.1: 2 of 3 done"), "{check}");
    // A maintainer may let it pass all the same, and it is kept who did.
    app.github.world().comment(ROCKET, number, "erin", "/hp override the line has no such module").unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"), "{}", app.check(&app.head(pull), GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_is_a_release_is_asked_for_what_its_base_requires() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    open: { on: pull_request }\n    gate: { branches: [production] }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(CONFIG, Some(config)), (CHECKLIST, Some(REVIEW))]);
    }
    app.settle().await;
    let pull = app.pull_request("production", &[(CHECKLIST, Some("- [ ] Say hello\n")), ("x", Some("x"))]);
    app.settle().await;
    let number = app.github.issues(ROCKET).last().unwrap().number;
    let body = app.github.body(ROCKET, number);
    assert!(body.contains("Required on production, and not in the checklist of this commit"), "{body}");
    app.github.world().tick(ROCKET, number, "erin", Pick::Nth(0)).unwrap();
    app.settle().await;
    let check = app.check(&app.head(pull), GATE);
    assert!(check.starts_with("action_required") && check.contains("1 of 3 done"), "{check}");
    app.finish().await;
}

#[tokio::test]
async fn an_item_is_asked_for_twice_only_where_the_commit_asks_for_less() {
    let asked = "- [ ] Review <!-- hp: owner=@acme/qa -->\n- [ ] By night <!-- hp: one-of=way -->\n- [ ] By day <!-- hp: one-of=way -->\n- [ ] Later <!-- hp: phase=after -->\n- [ ] Try <!-- hp: every-candidate -->\n- [ ] Nice <!-- hp: optional -->\n";
    for (from, to, again) in [
        ("x", "x", &[][..]),
        // More than is required is no less.
        ("- [ ] Later <!-- hp: phase=after -->", "- [ ] Later <!-- hp: second-person -->", &[]),
        ("- [ ] Nice <!-- hp: optional -->\n", "", &[]),
        ("- [ ] Review", "- [ ] More\n- [ ] Review", &[]),
        // Less, in each way that there is.
        ("owner=@acme/qa", "optional owner=@acme/qa", &["Review"]),
        ("owner=@acme/qa", "owner=@acme/qa,@bob", &["Review"]),
        (" <!-- hp: owner=@acme/qa -->", "", &["Review"]),
        ("owner=@acme/qa", "owner=@acme/qa phase=after", &["Review"]),
        ("owner=@acme/qa", "owner=@acme/qa verify=tag()", &["Review"]),
        ("owner=@acme/qa", "owner=@acme/qa when=paths(nothing/**)", &["Review"]),
        ("- [ ] By day", "- [ ] Say hello <!-- hp: one-of=way -->\n- [ ] By day", &["By night", "By day"]),
        (" <!-- hp: every-candidate -->", "", &["Try"]),
        ("- [ ] Review", "- [ ] Review nothing", &["Review"]),
    ] {
        let app = App::start().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] First\n"))]);
        app.release("v0.9.0").await;
        app.commit("main", &[(CHECKLIST, Some(asked))]);
        app.github.world().create_branch(ROCKET, "mine", "main", "bob").unwrap();
        app.commit("mine", &[(CHECKLIST, Some(asked.replacen(from, to, 1).as_str())), ("x", Some("x"))]);
        app.github.world().create_tag(ROCKET, "v1.0.0", "mine", "bob", None).unwrap();
        app.settle().await;
        let body = app.github.issues(ROCKET).last().unwrap().body.clone().unwrap();
        let required = body.split_once(HEADING).map(|(_, rest)| rest).unwrap_or_default();
        let found: Vec<String> =
            holdpoint::checklist::parse::parse(required).0.items.iter().map(|i| i.text.clone()).collect();
        let names: Vec<&str> = found.iter().map(|text| text.split(" · ").next().unwrap()).collect();
        assert_eq!(names, again, "{from} to {to}: {body}");
        app.finish().await;
    }
}

#[tokio::test]
async fn what_was_taken_out_of_the_default_branch_is_not_required_and_an_old_line_is_asked_and_may_skip() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(REVIEW))]);
    app.settle().await;
    let first = app.release("v1.0.0").await;
    app.github.world().comment(ROCKET, first, "erin", "/hp override it is out").unwrap();
    app.github.world().create_branch(ROCKET, "line", "v1.0.0", "alice").unwrap();
    // Somebody looked at the removal, and at what came new.
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Charge the batteries\n"))]);
    app.commit("line", &[("src/fix.py", Some("fixed\n")), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.1", "line", "alice", None).unwrap();
    app.settle().await;
    let number = app.github.issues(ROCKET).last().unwrap().number;
    let body = app.github.body(ROCKET, number);
    let (_, required) = body.split_once(HEADING).expect("a heading");
    assert!(required.contains("Charge the batteries") && !body.contains("Security"), "{body}");
    app.github.world().comment(ROCKET, number, "bob", "/hp skip 2 this line has no batteries").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check("v1.0.1", GATE).starts_with("success"), "{}", app.check("v1.0.1", GATE));
    assert!(app.comments(number)[0].contains("this line has no batteries"));
    app.finish().await;
}

#[tokio::test]
async fn what_the_default_branch_requires_is_asked_for_once_over_candidates_and_a_lost_database() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(REVIEW))]);
    app.github.world().create_branch(ROCKET, "mine", "main", "bob").unwrap();
    app.commit("mine", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    for tag in ["v1.0.0-rc1", "v1.0.0-rc2"] {
        app.commit("mine", &[("x", Some(tag))]);
        app.github.world().create_tag(ROCKET, tag, "mine", "bob", None).unwrap();
        app.settle().await;
    }
    let issues = app.github.issues(ROCKET);
    let (number, body) = (issues[0].number, issues[0].body.clone().unwrap());
    assert_eq!((issues.len(), body.matches("Security review").count()), (1, 1), "{body}");
    // What comes to the default branch later was not asked for by this issue.
    app.commit("main", &[(CHECKLIST, Some(&format!("{REVIEW}- [ ] New\n")))]);
    app.lose_database().await;
    app.github.world().comment(ROCKET, number, "bob", "/hp done 1").unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.0.0-rc1", GATE), "action_required · v1.0.0-rc1: 1 of 2 done · waiting for @acme/qa");
    app.finish().await;
}

#[tokio::test]
async fn a_head_that_was_squashed_before_it_was_tagged_is_out_and_what_is_left_after_it_blocks() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
    let list = "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some(list))]);
    app.settle().await;
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, ship, "erin", Method::Squash).unwrap();
    app.settle().await;
    let head = app.head(ship);
    app.github.world().create_tag(ROCKET, "v1.0.0", &head, "alice", None).unwrap();
    app.settle().await;
    let issue = app.github.issues(ROCKET).last().unwrap().number;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let fix = app.pull_request("production", &[("fix.txt", Some("x"))]);
    app.settle().await;
    let check = app.check(&app.head(fix), GATE);
    assert!(check.starts_with("action_required") && check.contains("v1.0.0"), "{check}");
    app.finish().await;
}
