//! What GitHub hides, refuses or does not find is not nothing: the organisation's file, a branch, a commit, an issue.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Fault, Pick};

const CONFIG: &str = ".github/holdpoint.yml";
const ORGANISATION: &str = "acme/.github";
const HELD: &str = "checklists:\n  release:\n    gate: { environments: [production] }\n";

/// A repository whose rules are those of the organisation, and a release.
async fn under(rules: &str) -> (App, u64) {
    let app = App::start().await;
    app.github.world().set_environment(ROCKET, "production", true).unwrap();
    app.github.world().create_repository("acme", ".github", &[(CONFIG, rules)]).unwrap();
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let issue = app.release("v1.0.0").await;
    (app, issue)
}

async fn deploy(app: &App) -> u64 {
    let run = app.github.world().start_deploying(ROCKET, "v1.0.0", &["production"], "alice").unwrap();
    app.settle().await;
    run
}

fn state(app: &App, run: u64) -> &'static str {
    app.github.world().repo(ROCKET).unwrap().runs[&run].gate("production").unwrap().state
}

fn told(app: &App, run: u64) -> String {
    let run = app.github.world().repo(ROCKET).unwrap().runs[&run].clone();
    run.gate("production").unwrap().reports.last().map(|r| r.comment.clone()).unwrap_or_default()
}

fn hide(app: &App) {
    let mut world = app.github.world();
    world.repo_mut(ORGANISATION).unwrap().private = true;
    let id = world.installations.keys().next().copied().unwrap();
    world.remove_from_installation(id, ORGANISATION, "alice").unwrap();
}

async fn show(app: &App) {
    {
        let mut world = app.github.world();
        let id = world.installations.keys().next().copied().unwrap();
        world.add_to_installation(id, ORGANISATION, "alice").unwrap();
    }
    app.settle().await;
}

async fn sweep(app: &App) {
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
}

#[tokio::test]
async fn an_organisations_file_that_github_refuses_frees_no_deployment() {
    let (app, issue) = under(HELD).await;
    let waiting = deploy(&app).await;
    assert_eq!(state(&app, waiting), "waiting");
    app.github.fail_next("GET", "/repos/acme/.github", Fault::Status(403), 3);
    let new = deploy(&app).await;
    assert_eq!((state(&app, waiting), state(&app, new)), ("waiting", "waiting"));
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!((state(&app, waiting), state(&app, new)), ("approved", "approved"));
    app.finish().await;
}

#[tokio::test]
async fn an_organisations_file_that_is_hidden_frees_no_deployment_and_holds_again_when_it_is_shown() {
    let (app, issue) = under(HELD).await;
    // Nothing but the file is remembered here: no deployment asked before.
    hide(&app);
    let run = deploy(&app).await;
    assert_eq!(state(&app, run), "waiting");
    assert!(told(&app, run).contains("cannot be read any more"), "{}", told(&app, run));
    sweep(&app).await;
    assert_eq!(state(&app, run), "waiting");
    show(&app).await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(state(&app, run), "approved");
    app.finish().await;
}

#[tokio::test]
async fn a_hidden_organisations_file_is_remembered_by_its_installation_too() {
    let (app, _) = under(HELD).await;
    hide(&app);
    // The owner's name in the index is another one, as after a rename of the organisation.
    let store = &app.holdpoint.context().store;
    let installation = store.repositories().await.unwrap()[0].installation;
    assert!(store.organisation_file(installation, "acme-rockets").await.unwrap().is_some());
    // An App that was uninstalled has nothing to remember.
    store.remove_repositories(installation, Vec::new(), holdpoint::ids::Timestamp(0)).await.unwrap();
    assert!(store.organisation_file(installation, "ACME").await.unwrap().is_none());
    app.finish().await;
}

#[tokio::test]
async fn a_hidden_organisations_file_drops_no_rule_of_a_review_until_the_repository_has_its_own() {
    let rules = "require_steps:\n  - paths: [\"src/**\"]\n";
    let (app, _) = under(rules).await;
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/review").starts_with("failure · A step file is missing"));
    hide(&app);
    let next = app.pull_request("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(next), "holdpoint/review"), "failure · The configuration has errors");
    let summary = app.summary(&app.head(next), "holdpoint/review");
    assert!(summary.contains("GitHub does not show this file in acme/.github any more"), "{summary}");
    // A file of its own says otherwise, and can be merged.
    let own = app.pull_request("main", &[(CONFIG, Some("pull_requests:\n  comment: changes\n"))]);
    app.settle().await;
    let review = app.check(&app.head(own), "holdpoint/review");
    assert!(review.starts_with("success"), "{review}");
    app.commit("main", &[(CONFIG, Some("pull_requests:\n  comment: changes\n"))]);
    app.settle().await;
    let last = app.check(&app.head(next), "holdpoint/review");
    assert!(last.starts_with("success"), "{last}");
    app.finish().await;
}

#[tokio::test]
async fn an_empty_file_of_the_organisation_says_that_there_are_no_rules() {
    let (app, _) = under("# Nothing holds everywhere.\n").await;
    let run = deploy(&app).await;
    assert_eq!(state(&app, run), "approved");
    app.finish().await;
}

#[tokio::test]
async fn an_environment_that_was_gated_is_not_freed_by_a_change_of_the_file() {
    let app = App::start().await;
    app.github.world().set_environment(ROCKET, "production", true).unwrap();
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n")), (CONFIG, Some(HELD))]);
    app.settle().await;
    app.release("v1.0.0").await;
    let run = deploy(&app).await;
    app.commit("main", &[(CONFIG, Some("checklists:\n  release:\n    gate: { environments: [staging] }\n"))]);
    app.settle().await;
    let next = deploy(&app).await;
    assert_eq!((state(&app, run), state(&app, next)), ("waiting", "waiting"));
    assert!(told(&app, next).contains("No checklist names the environment"), "{}", told(&app, next));
    app.finish().await;
}
