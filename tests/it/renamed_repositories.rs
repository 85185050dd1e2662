//! A repository is renamed, and its old name may become another's; an issue is transferred: what belongs to whom is told by ids.

use super::{App, CHECKLIST, ROCKET, released};
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{Fault, Method, Pick};

const GATE: &str = "holdpoint/release";
const MISSILE: &str = "acme/missile";

async fn sweep(app: &App) {
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
}

/// A pull request into production that is green, and the release issue.
async fn green() -> (App, u64, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let issue = app.release("v1.0.0").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"));
    (app, issue, pull)
}

/// The gate of a pull request in the renamed repository.
fn gate(app: &App, pull: u64) -> String {
    let head = app.github.pull(MISSILE, pull).unwrap().head_sha;
    app.github.check(MISSILE, &head, GATE).unwrap().conclusion.unwrap_or_default()
}

async fn names(app: &App) -> Vec<String> {
    let all = app.holdpoint.context().store.repositories().await.unwrap();
    all.into_iter().map(|r| r.name.to_string()).filter(|name| name != "erin/rocket").collect()
}

#[tokio::test]
async fn an_untick_that_waits_while_the_repository_is_renamed_shuts_the_gate() {
    for told in [true, false] {
        let (app, issue, pull) = green().await;
        app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.github.deliver_pending().await;
        app.github.world().hooks.drop_next = u32::from(!told);
        app.github.world().rename_repository(ROCKET, "missile", "alice").unwrap();
        app.settle().await;
        assert_eq!(gate(&app, pull), "action_required", "told: {told}");
        app.github.world().merge_pull_request(MISSILE, pull, "bob", Method::Merge).unwrap_err();
        assert_eq!(names(&app).await, [MISSILE]);
        app.github.world().tick(MISSILE, issue, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert_eq!(gate(&app, pull), "success", "told: {told}");
        app.finish().await;
    }
}

#[tokio::test]
async fn the_sweep_finds_a_repository_that_was_renamed_without_a_word() {
    let (app, issue, pull) = green().await;
    // Neither the rename nor the untick is heard of.
    app.github.world().hooks.drop_next = 2;
    app.github.world().rename_repository(ROCKET, "missile", "alice").unwrap();
    app.github.world().untick(MISSILE, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    sweep(&app).await;
    assert_eq!(gate(&app, pull), "action_required");
    assert_eq!(names(&app).await, [MISSILE]);
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_with_the_old_name_does_not_bring_it_back() {
    let (app, ..) = green().await;
    let known = app.holdpoint.context().store.repositories().await.unwrap();
    let rocket = known.iter().find(|r| r.name.to_string() == ROCKET).unwrap().clone();
    app.github.world().rename_repository(ROCKET, "missile", "alice").unwrap();
    app.settle().await;
    let told = |event: &str, action: &str, name: &str| {
        let body = serde_json::json!({
            "action": action, "ref": "refs/heads/elsewhere", "after": "1".repeat(40),
            "repository": { "id": rocket.id, "full_name": name },
            "installation": { "id": rocket.installation },
            "sender": { "login": "alice", "type": "User" },
        });
        (event.to_owned(), body.to_string())
    };
    for (event, body) in [told("push", "", ROCKET), told("repository", "transferred", ROCKET)] {
        app.post(&event, body.as_bytes()).await;
        app.settle().await;
        assert_eq!(names(&app).await, [MISSILE], "{event}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_repository_that_took_the_old_name_is_not_taken_for_the_renamed_one() {
    let (app, issue, pull) = green().await;
    app.github.world().hooks.drop_next = 1;
    app.github.world().rename_repository(ROCKET, "missile", "alice").unwrap();
    app.github.world().untick(MISSILE, issue, "bob", Pick::Nth(0)).unwrap();
    app.github.deliver_pending().await;
    app.github.world().create_repository("acme", "rocket", &[("README.md", "Another rocket\n")]).unwrap();
    sweep(&app).await;
    assert_eq!(gate(&app, pull), "action_required");
    let world = app.github.world();
    let other = world.repo(ROCKET).unwrap();
    assert_eq!((other.check_runs.len(), other.issues.len()), (0, 0), "nothing is written into a stranger's repository");
    drop(world);
    app.finish().await;
}

#[tokio::test]
async fn a_transferred_issue_of_which_no_event_came_is_gone_though_github_leads_to_it() {
    let (app, issue, pull) = green().await;
    {
        let mut world = app.github.world();
        world.create_repository("acme", "attic", &[("README.md", "Old things\n")]).unwrap();
        world.set_role("acme/attic", "alice", Some(Role::Admin)).unwrap();
    }
    app.settle().await;
    app.github.world().hooks.drop_next = 1;
    let there = app.github.world().transfer_issue(ROCKET, issue, "acme/attic", "alice").unwrap();
    app.settle().await;
    assert_ne!(there, 0);
    sweep(&app).await;
    let check = app.check(&app.head(pull), GATE);
    assert!(check.starts_with("failure"), "{check}");
    app.finish().await;
}

#[tokio::test]
async fn what_an_app_wrote_under_its_old_name_is_still_its_own() {
    let (app, number) = released("- [ ] Fuel\n").await;
    app.github.world().rename_app("checkpoint").unwrap();
    // Both answers are lost: what was written has to be found again among what the App wrote.
    app.github.fail_next("POST", "/repos/acme/rocket/issues", Fault::DropAfter, 1);
    let second = app.release("v1.1.0").await;
    assert_eq!(app.github.issues(ROCKET).iter().map(|i| i.number).collect::<Vec<_>>(), [number, second]);
    app.github.fail_next("POST", &format!("/repos/acme/rocket/issues/{}/comments", second + 1), Fault::DropAfter, 1);
    let third = app.release("v1.2.0").await;
    assert_eq!((third, app.comments(third).len()), (second + 1, 1), "{:?}", app.comments(third));
    app.github.world().tick(ROCKET, third, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.comments(third)[0].contains("1 of 1"), "{:?}", app.comments(third));
    app.finish().await;
}
