//! Asked for again: "Re-run", "Re-run all checks", and the button of our own checks.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;
use serde_json::{Value, json};

const GATE: &str = "holdpoint/release";

/// A release with one item, and a pull request that ships it.
async fn waiting() -> (App, u64, String) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("more.txt", Some("more"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let head = app.head(pull);
    (app, number, head)
}

fn buttons(app: &App, sha: &str, name: &str) -> Vec<Value> {
    app.github.check(ROCKET, sha, name).unwrap().actions
}

/// The event that told of a tick never came.
async fn unheard_tick(app: &App, number: u64) {
    app.github.world().hooks.lose_next = 1;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
}

#[tokio::test]
async fn a_check_that_does_not_pass_has_a_button_and_one_that_passes_has_none() {
    let (app, number, head) = waiting().await;
    let button = json!({ "label": "Recheck", "description": "Look at everything again now", "identifier": "recheck" });
    assert_eq!(buttons(&app, &head, GATE), [button]);
    assert_eq!(buttons(&app, &head, "holdpoint/review"), Vec::<Value>::new());
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("success"));
    assert_eq!(buttons(&app, &head, GATE), Vec::<Value>::new());
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(buttons(&app, &head, GATE).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn the_button_looks_at_everything_again() {
    let (app, number, head) = waiting().await;
    unheard_tick(&app, number).await;
    assert!(app.check(&head, GATE).starts_with("action_required"));
    // The tick was not heard of. Looked at again, the edit history tells whose it is.
    let run = app.github.check(ROCKET, &head, GATE).unwrap();
    app.github.world().request_action(ROCKET, run.id, "alice", "recheck").unwrap();
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("success"), "{}", app.summary(&head, GATE));
    app.finish().await;
}

#[tokio::test]
async fn re_run_all_checks_writes_each_again() {
    let (app, _, head) = waiting().await;
    app.github.clear_exchanges();
    app.github.world().rerequest_suite(ROCKET, &head, "alice").unwrap();
    app.settle().await;
    let counts = app.github.counts();
    assert_eq!(counts.get("PATCH /repos/{owner}/{repo}/check-runs/{id}"), Some(&2), "{counts:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_check_of_another_app_is_not_ours_to_answer() {
    let (app, _, head) = waiting().await;
    let stranger = app.github.app_id() + 4_711;
    for (event, action) in
        [("check_run", "rerequested"), ("check_run", "requested_action"), ("check_suite", "rerequested")]
    {
        app.github.clear_exchanges();
        let about = json!({ "id": 1, "name": "ci", "head_sha": head, "app": { "id": stranger } });
        let (repository, installation) = {
            let world = app.github.world();
            (world.repo(ROCKET).unwrap().id, world.installations.keys().next().copied().unwrap())
        };
        let body = json!({
            "action": action,
            event: about,
            "requested_action": { "identifier": "recheck" },
            "installation": { "id": installation },
            "repository": { "id": repository, "full_name": ROCKET },
            "sender": { "login": "alice", "type": "User" },
        });
        app.post(event, body.to_string().as_bytes()).await;
        app.settle().await;
        assert_eq!(app.github.counts(), std::collections::BTreeMap::new(), "{event}.{action}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_button_that_we_do_not_know_does_nothing() {
    let (app, _, head) = waiting().await;
    let run = app.github.check(ROCKET, &head, GATE).unwrap();
    let refused = app.github.world().request_action(ROCKET, run.id, "alice", "approve").unwrap_err();
    assert_eq!(refused.status, 404, "there is no such button");
    app.finish().await;
}

#[tokio::test]
async fn a_comment_asks_for_it_too() {
    let (app, number, head) = waiting().await;
    unheard_tick(&app, number).await;
    app.github.world().comment(ROCKET, number, "alice", "/hp recheck").unwrap();
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("success"), "{}", app.summary(&head, GATE));
    app.finish().await;
}
