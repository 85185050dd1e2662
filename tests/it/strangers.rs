//! What people without a part in the repository, and machines without a signature, cannot use up.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;

#[tokio::test]
async fn a_strangers_commands_leave_no_line_in_the_ledger_and_one_short_answer() {
    let app = App::start().await;
    let list: String = (0..40).map(|n| format!("- [ ] Item {n}\n")).collect();
    app.commit("main", &[(CHECKLIST, Some(&list))]);
    let issue = app.release("v1.0.0").await;
    app.github.world().add_user("mallory", "Mallory");
    let flood = "/hp done 1-40\n".repeat(20);
    app.github.world().comment(ROCKET, issue, "mallory", &flood).unwrap();
    app.settle().await;
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    let number = holdpoint::ids::IssueNumber(issue);
    let row = store.release_of_issue(id, number).await.unwrap().unwrap();
    assert_eq!(store.ledger(row.id).await.unwrap(), Vec::new());
    let answer = app.comments(issue).into_iter().find(|body| body.contains("mallory has")).unwrap();
    assert!(answer.lines().count() < 30, "{answer}");
    // Somebody who has a part in it is on the record, a few times.
    app.github.world().comment(ROCKET, issue, "carol", &flood).unwrap();
    app.settle().await;
    assert_eq!(store.ledger(row.id).await.unwrap().len(), 20);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.comments(issue)[0].contains("**1 of 40 done**"), "{}", app.comments(issue)[0]);
    app.finish().await;
}

#[tokio::test]
async fn a_suspended_installation_costs_one_call_an_hour_and_goes_on_where_it_was() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let issue = app.release("v1.0.0").await;
    let installation = app.github.world().installations.keys().copied().next().unwrap();
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.github.deliver_pending().await;
    app.github.world().suspend(installation, "alice").unwrap();
    app.github.deliver_pending().await;
    // The tick is in the queue, and every call is refused: it waits, and costs no try.
    let worker = app.holdpoint.worker();
    let mut now = holdpoint::telemetry::now_ms();
    for _ in 0..40 {
        while worker.step(now).await.unwrap() {}
        now += 20 * 60_000;
    }
    let store = &app.holdpoint.context().store;
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.dead, counts.queued), (0, 1), "it waits: {counts:?}");
    let refused = app.github.take_violations().len();
    assert!(refused <= 60, "one try each quarter of an hour, and not {refused}");
    app.github.world().unsuspend(installation, "alice").unwrap();
    app.settle().await;
    assert!(app.check("v1.0.0", "holdpoint/release").starts_with("success"));
    assert_eq!(store.suspensions().await.unwrap(), Vec::new());
    app.finish().await;
}

#[tokio::test]
async fn a_team_that_github_does_not_show_keeps_nobody_else_from_ticking() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Seal <!-- hp: owner=@acme/qa -->\n"))]);
    let issue = app.release("v1.0.0").await;
    app.github.fail_next("GET", "/orgs/acme/teams/qa", holdpoint::sandbox::Fault::Status(403), 40);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    let comment = &app.comments(issue)[0];
    assert!(comment.contains("**1 of 2 done**"), "{comment}");
    assert!(comment.contains("GitHub does not let Holdpoint see who is in"), "{comment}");
    app.github.forget_faults();
    app.finish().await;
}

#[tokio::test]
async fn credentials_that_are_refused_for_an_hour_lose_nothing() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.deliver_pending().await;
    app.github.fail_next("GET", &format!("/repos/{ROCKET}"), holdpoint::sandbox::Fault::Status(401), 10_000);
    let worker = app.holdpoint.worker();
    let mut now = holdpoint::telemetry::now_ms();
    for _ in 0..60 {
        while worker.step(now).await.unwrap() {}
        now += 60_000;
    }
    assert_eq!(app.holdpoint.context().store.counts().await.unwrap().dead, 0);
    app.github.forget_faults();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_change_of_more_boxes_than_are_looked_at_fails_its_review_and_says_what_is_too_much() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let boxes = "- [ ] Do it\n".repeat(3_000);
    let two = [("release-steps/1.md", Some(boxes.as_str())), ("release-steps/2.md", Some(boxes.as_str()))];
    for (files, says) in [(&two[..1], None), (&two[..], Some("more than 5000 boxes"))] {
        let pull = app.pull_request("main", files);
        app.settle().await;
        let review = app.check(&app.head(pull), "holdpoint/review");
        match says {
            Some(says) => {
                assert!(review.starts_with("failure"), "{review}");
                let summary = app.summary(&app.head(pull), "holdpoint/review");
                assert!(summary.contains(says) && summary.contains("split it"), "{summary}");
            }
            None => assert!(review.starts_with("success"), "{review}"),
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_suspension_of_which_no_event_came_costs_a_call_an_hour_and_no_dead_letter() {
    let app = App::start().await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    let installation = app.github.world().installations.keys().copied().next().unwrap();
    app.github.world().suspend(installation, "alice").unwrap();
    app.github.world().hooks.pending.clear();
    for _ in 0..3 {
        app.sweep().await;
    }
    let store = &app.holdpoint.context().store;
    assert_eq!(store.counts().await.unwrap().dead, 0);
    assert_eq!(store.suspensions().await.unwrap().len(), 1);
    let refused = app.github.take_violations().len();
    assert!(refused <= 3, "{refused} calls in three sweeps");
    // Nor is the end of it missed.
    app.github.world().unsuspend(installation, "alice").unwrap();
    app.github.world().hooks.pending.clear();
    app.sweep().await;
    assert_eq!(store.suspensions().await.unwrap(), Vec::new());
    app.finish().await;
}
