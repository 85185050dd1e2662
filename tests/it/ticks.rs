//! People tick boxes.

use super::{App, CHECKLIST, ROCKET, gate, released};
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{Fault, Pick};

const TWO: &str = "## Before\n- [ ] Fuel the tanks\n- [ ] Tell the support team\n";

#[tokio::test]
async fn ticking_moves_the_check_both_ways_and_keeps_one_progress_comment() {
    let (app, number) = released(TWO).await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 2 of 2 done");
    let comments = app.comments(number);
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].contains("| Fuel the tanks | bob |") && comments[0].contains("| Tell the support team | alice |"),
        "{}",
        comments[0]
    );
    assert_eq!(app.github.issue(ROCKET, number).unwrap().state, holdpoint::sandbox::repo::State::Closed);
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_burst_of_ticks_is_worked_off_with_one_write_each() {
    let template: String = (0..10).map(|n| format!("- [ ] Step {n}\n")).collect();
    let (app, number) = released(&template).await;
    app.github.clear_exchanges();
    for n in 0..10 {
        app.github.world().tick(ROCKET, number, if n % 2 == 0 { "bob" } else { "alice" }, Pick::Nth(n)).unwrap();
    }
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 10 of 10 done");
    let counts = app.github.counts();
    assert_eq!(counts.get("PATCH /repos/{owner}/{repo}/issues/comments/{id}"), Some(&1), "{counts:?}");
    assert_eq!(counts.get("PATCH /repos/{owner}/{repo}/check-runs/{id}"), Some(&1), "{counts:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_item_still_counts_and_a_reworded_one_loses_its_tick() {
    let (app, number) = released(TWO).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let body = app.github.body(ROCKET, number).replace("- [ ] Tell the support team\n", "");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    assert!(app.summary("main", "holdpoint/release").contains("taken out of the issue"));
    let body = app.github.body(ROCKET, number).replace("Fuel the tanks", "Fuel the small tanks");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn evidence_behind_the_text_is_no_rewording() {
    let (app, number) = released(TWO).await;
    let body = app
        .github
        .body(ROCKET, number)
        .replace("- [ ] Fuel the tanks", "- [x] Fuel the tanks: see [log](https://example.com)");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_people_add_counts_too() {
    let (app, number) = released(TWO).await;
    let body = app
        .github
        .body(ROCKET, number)
        .replace("- [ ] Tell the support team", "- [ ] Tell the support team\n- [ ] Check the dashboards");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 3 done · 3 open");
    app.finish().await;
}

#[tokio::test]
async fn the_tick_of_somebody_who_may_not_does_not_count_and_is_explained() {
    let (app, number) = released(TWO).await;
    app.github.world().tick(ROCKET, number, "carol", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    assert!(
        app.comments(number)[0]
            .contains("ticked by carol, which does not count: write access is needed, and carol has triage")
    );
    app.github.world().untick(ROCKET, number, "carol", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn only_its_owner_ticks_an_item_that_has_one() {
    let (app, number) = released("- [ ] Test it <!-- hp: owner=@acme/qa -->\n").await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · waiting for @acme/qa");
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"), "{}", gate(&app));
    app.github.world().untick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn optional_and_after_items_do_not_hold_the_release_up() {
    let (app, number) =
        released("- [ ] Must\n- [ ] May <!-- hp: optional -->\n## Later <!-- hp: phase=after -->\n- [ ] Then\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    assert_eq!(app.github.issue(ROCKET, number).unwrap().state, holdpoint::sandbox::repo::State::Open);
    app.finish().await;
}

#[tokio::test]
async fn a_struck_item_with_a_reason_is_skipped_and_without_one_is_open() {
    let (app, number) = released(TWO).await;
    let body = app.github.body(ROCKET, number);
    app.github
        .world()
        .edit_issue_body(ROCKET, number, "bob", &body.replace("Fuel the tanks", "~~Fuel the tanks~~"))
        .unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 2 open");
    let with_reason = body.replace("Fuel the tanks", "~~Fuel the tanks~~ solar this time");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &with_reason).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 2 done · 1 skipped · 1 open");
    assert!(app.comments(number)[0].contains("solar this time"));
    app.finish().await;
}

#[tokio::test]
async fn edits_that_arrive_in_the_wrong_order_end_in_the_same_state() {
    let (app, number) = released(TWO).await;
    {
        let mut world = app.github.world();
        world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        world.tick(ROCKET, number, "alice", Pick::Nth(1)).unwrap();
        world.untick(ROCKET, number, "erin", Pick::Nth(0)).unwrap();
        world.hooks.reverse = true;
    }
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    assert!(app.comments(number)[0].contains("| Tell the support team | alice |"));
    app.finish().await;
}

#[tokio::test]
async fn a_tick_whose_delivery_was_lost_does_not_count_until_somebody_is_seen_making_it() {
    let (app, number) = released(TWO).await;
    // A GitHub that does not tell the edit history.
    app.github.fail_next("POST", "/graphql", Fault::Status(404), 1);
    app.github.world().hooks.lose_next = 1;
    app.github.world().tick(ROCKET, number, "mallory", Pick::Nth(0)).ok();
    app.github.world().hooks.lose_next = 1;
    app.github.world().tick(ROCKET, number, "carol", Pick::Nth(0)).ok();
    app.settle().await;
    app.github.world().hooks.lose_next = 0;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required · v1.0.0: 1 of 2 done"), "{}", gate(&app));
    app.finish().await;
}

#[tokio::test]
async fn closing_the_issue_early_passes_no_gate() {
    let (app, number) = released(TWO).await;
    app.github.world().close_issue(ROCKET, number, "alice", None).unwrap();
    app.settle().await;
    assert!(gate(&app).starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn the_body_that_people_tick_is_never_written_by_us() {
    let (app, number) = released(TWO).await;
    app.github.clear_exchanges();
    for n in [0, 1] {
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(n)).unwrap();
        app.settle().await;
    }
    let wrote = app
        .github
        .exchanges()
        .into_iter()
        .filter(|e| e.method == "PATCH" && e.path.ends_with(&format!("/issues/{number}")));
    for exchange in wrote {
        assert!(exchange.request.get("body").is_none(), "{exchange:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_edit_of_the_title_signs_nobodys_lost_tick() {
    let (app, number) = released("- [ ] Fuel the tanks\n").await;
    app.github.world().hooks.lose_next = 1;
    app.github.world().tick(ROCKET, number, "carol", Pick::Nth(0)).unwrap();
    app.settle().await;
    let edit = holdpoint::sandbox::IssueEdit { title: Some("Release, soon".to_owned()), ..Default::default() };
    app.github.world().edit_issue(ROCKET, number, "bob", &edit).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert!(app.comments(number)[0].contains("ticked by carol, which does not count"));
    app.finish().await;
}

#[tokio::test]
async fn an_item_that_was_deleted_and_is_put_back_ticked_is_ticked_by_who_put_it_back() {
    let (app, number) = released(TWO).await;
    let body = app.github.body(ROCKET, number);
    for (from, to) in [("- [ ] Fuel the tanks\n", ""), ("## Before\n", "## Before\n- [x] Fuel the tanks\n")] {
        let body = app.github.body(ROCKET, number).replace(from, to);
        app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
        app.settle().await;
    }
    assert_ne!(app.github.body(ROCKET, number), body);
    assert_eq!(gate(&app), "action_required · v1.0.0: 1 of 2 done · 1 open");
    assert!(app.comments(number)[0].contains("| Fuel the tanks | bob |"));
    app.finish().await;
}

#[tokio::test]
async fn what_changed_within_the_minute_and_of_which_nobody_told_us_turns_no_gate_green() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Close the hatch\n- [ ] Count down\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    for n in 0..2 {
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(n)).unwrap();
        app.settle().await;
    }
    // The second tick looked at nothing anew. This push is never delivered.
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    app.commit("production", &[(".github/holdpoint.yml", Some("checklists: [\n"))]);
    app.github.world().hooks.pending.clear();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(2)).unwrap();
    app.settle().await;
    // The released commit could be merged into that branch as well.
    for commit in [app.head(pull), "v1.0.0".to_owned()] {
        assert_eq!(app.check(&commit, "holdpoint/release"), "failure · The configuration has errors");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_last_tick_is_shown_everywhere_though_github_failed_in_the_middle_of_it() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Count down\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    // What was ticked is in the ledger by then, and nothing is on the checks yet.
    app.github.fail_next("GET", "/repos/acme/rocket/pulls", Fault::Status(502), 2);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    for commit in [app.head(pull), "v1.0.0".to_owned()] {
        assert_eq!(app.check(&commit, "holdpoint/release"), "success · v1.0.0: 2 of 2 done");
    }
    app.finish().await;
}

#[tokio::test]
async fn whose_role_was_taken_away_ticks_no_longer_than_a_minute_and_who_is_given_one_ticks_at_once() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Close the hatch\n- [ ] Count down\n- [ ] Go\n"))]);
    let number = app.release("v1.0.0").await;
    let tick = async |who: &str, n: usize| {
        app.github.world().tick(ROCKET, number, who, Pick::Nth(n)).unwrap();
        app.settle().await;
        app.check("v1.0.0", "holdpoint/release")
    };
    assert!(tick("bob", 0).await.contains("1 of 4 done"));
    app.github.world().set_role(ROCKET, "bob", Some(Role::Triage)).unwrap();
    let github = &app.holdpoint.context().github;
    github.not_before(github.now_ms() + 61_000);
    assert!(tick("bob", 1).await.contains("1 of 4 done"));
    assert!(tick("carol", 2).await.contains("1 of 4 done"));
    app.github.world().set_role(ROCKET, "carol", Some(Role::Write)).unwrap();
    assert!(tick("carol", 3).await.contains("2 of 4 done"));
    app.finish().await;
}
