//! GitHub fails, the process dies: nothing is lost, nothing is doubled, and the gate is never green by mistake.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Fault, Pick};

const API: &str = "/repos/acme/rocket";

#[tokio::test]
async fn an_issue_whose_post_was_executed_and_never_answered_is_not_opened_twice() {
    let app = App::start().await;
    app.github.fail_next("POST", &format!("{API}/issues"), Fault::DropAfter, 1);
    app.release("v1.0.0").await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn an_issue_whose_post_never_arrived_is_opened_later() {
    let app = App::start().await;
    app.github.fail_next("POST", &format!("{API}/issues"), Fault::DropBefore, 2);
    app.release("v1.0.0").await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn every_kind_of_failure_at_every_call_ends_in_the_undisturbed_state() {
    let faults = [
        Fault::Status(500),
        Fault::Status(502),
        Fault::RetryAfter(403, 30),
        Fault::RetryAfter(429, 5),
        Fault::DropBefore,
        Fault::DropAfter,
    ];
    let calls = [
        ("GET", ""),
        ("GET", "/git"),
        ("GET", "/compare"),
        ("GET", "/pulls"),
        ("GET", "/issues"),
        ("GET", "/collaborators"),
        ("POST", "/issues"),
        ("POST", "/check-runs"),
        ("PATCH", "/check-runs"),
        ("PATCH", "/issues/comments"),
    ];
    for fault in faults {
        let app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        app.settle().await;
        for (method, path) in calls {
            app.github.fail_next(method, &format!("{API}{path}"), fault, 2);
        }
        let number = app.release("v1.0.0").await;
        let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        app.settle().await;
        assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"), "{fault:?}");
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert_eq!(app.github.issues(ROCKET).len(), 1, "{fault:?}");
        assert_eq!(app.comments(number).len(), 1, "{fault:?}");
        assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.0: 1 of 1 done", "{fault:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_process_that_dies_after_its_202_goes_on_where_it_was() {
    let mut app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    // Accepted, and not worked off.
    let sent = app.github.deliver_pending().await;
    assert!(sent.iter().all(|(_, status)| *status == 202));
    app.restart().await;
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    let number = app.github.issues(ROCKET)[0].number;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.github.deliver_pending().await;
    app.restart().await;
    app.settle().await;
    assert_eq!(app.check("main", "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn an_expired_token_is_replaced() {
    let app = App::start().await;
    app.release("v1.0.0").await;
    app.github.world().expire_tokens();
    app.release("v1.1.0").await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    // The first call with the old token is the only one that GitHub refused.
    assert_eq!(app.github.violations().len(), 1, "{:?}", app.github.violations());
}
