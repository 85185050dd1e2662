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
    // Of the calls with an old token, GitHub refused those that went out together, each once: the next one has a new token.
    let refused = app.github.violations();
    let each: std::collections::BTreeSet<_> = refused.iter().collect();
    assert!(refused.len() == each.len() && (2..=4).contains(&refused.len()), "{refused:?}");
}

#[tokio::test]
async fn tags_of_which_github_sends_no_event_are_found_by_the_sweep() {
    let app = App::start().await;
    app.release("v1.0.0").await;
    let head = app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let tags = ["v1.1.0", "v1.1.1", "nightly", "v0.9.0"];
    app.github.world().push_tags(ROCKET, "alice", &tags.map(|t| (t, head.as_str())), None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let titles: Vec<String> = app.github.issues(ROCKET).into_iter().map(|i| i.title).collect();
    assert_eq!(titles, ["Release 1.0.0", "Release 0.9.0", "Release 1.1.0", "Release 1.1.1"]);
    app.finish().await;
}

#[tokio::test]
async fn a_malformed_body_becomes_a_dead_letter_and_disturbs_nothing_else() {
    let app = App::start().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.post("issues", b"{ \"action\": ").await;
    app.post("pull_request", b"{\"action\": \"opened\", \"number\": \"seven\", \"repository\": {\"id\": 1, \"full_name\": \"acme/rocket\"}, \"installation\": {\"id\": 1}}").await;
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    let counts = app.holdpoint.context().store.counts().await.unwrap();
    assert_eq!((counts.queued, counts.running, counts.dead), (0, 0, 2));
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn an_outage_of_hours_loses_nothing() {
    let app = App::start().await;
    app.github.fail_next("*", "/", Fault::Status(503), 60);
    let number = app.release("v1.0.0").await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.comments(number).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_release_whose_delivery_was_given_up_is_closed_to_the_gate_and_opened_by_the_sweep() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.github.fail_next("POST", &format!("{API}/issues"), Fault::Status(404), 40);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    app.github.forget_faults();
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    assert!(
        app.check("v1.0.0", "holdpoint/release").starts_with("failure"),
        "{}",
        app.check("v1.0.0", "holdpoint/release")
    );
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(
        app.check(&app.head(pull), "holdpoint/release"),
        "action_required · v1.0.0: the release issue is being opened"
    );
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_tick_whose_delivery_was_given_up_leaves_no_old_green_behind() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.0").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("success"));
    // A minute later, so that his role is asked for again.
    let github = &app.holdpoint.context().github;
    github.not_before(github.now_ms() + 61_000);
    app.github.fail_next("GET", &format!("{API}/collaborators"), Fault::Status(400), 8);
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    for sha in [app.head(pull), "v1.0.0".to_owned()] {
        let check = app.check(&sha, "holdpoint/release");
        assert_eq!(check, "failure · Holdpoint could not finish its work");
    }
    app.finish_with_dead_letters();
}
