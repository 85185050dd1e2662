//! Who released: whoever tagged, merged or opened a pull request is a first person, also where another event opened the release,
//! and where nobody knows who it was.

use super::people::{NO_SECOND, NOBODY, SECOND, last_issue, look_again, tick, unheard};
use super::{App, CHECKLIST, ROCKET, gate};
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{NewIssue, Pick, World};

const CONFIG: &str = ".github/holdpoint.yml";
const OPEN: &str = "action_required · v1.0.0: 0 of 1 done · 1 open";
const DONE: &str = "success · v1.0.0: 1 of 1 done";

async fn with_second() -> App {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(SECOND))]);
    let mut world = app.github.world();
    world.add_user("grace", "Grace");
    world.set_role(ROCKET, "grace", Some(Role::Write)).unwrap();
    let new = NewIssue { title: "To talk".to_owned(), ..NewIssue::default() };
    world.open_issue(ROCKET, "alice", &new).unwrap();
    drop(world);
    app.settle().await;
    app
}

/// Puts a tag where it is once more, so that its event comes.
fn again(world: &mut World, tag: &str, who: &str) {
    let repo = world.repo(ROCKET).unwrap();
    let at = repo.git.tags[tag].clone();
    world.delete_tag(ROCKET, tag, who).unwrap();
    world.create_tag(ROCKET, tag, &at, who, None).unwrap();
}

fn refused(app: &App, number: u64, why: &str) {
    let progress = &app.comments(number)[0];
    assert!(progress.contains(why), "{progress}");
}

#[tokio::test]
async fn who_opens_the_release_of_a_tag_by_hand_hides_nobody_who_tagged() {
    let app = with_second().await;
    unheard(&app, |world| drop(world.create_tag(ROCKET, "v1.0.0", "main", "bob", None).unwrap())).await;
    app.github.world().comment(ROCKET, 1, "erin", "/hp open v1.0.0").unwrap();
    app.settle().await;
    let number = last_issue(&app);
    tick(&app, number, "bob").await;
    refused(&app, number, NOBODY);
    tick(&app, number, "erin").await;
    refused(&app, number, NO_SECOND);
    assert_eq!(gate(&app), OPEN);
    // With the event it is known who tagged, and whoever may tick can be the second person.
    again(&mut app.github.world(), "v1.0.0", "bob");
    app.settle().await;
    for first in ["bob", "erin"] {
        tick(&app, number, first).await;
        refused(&app, number, NO_SECOND);
        assert_eq!(gate(&app), OPEN);
    }
    tick(&app, number, "grace").await;
    assert_eq!(gate(&app), DONE);
    app.finish().await;
}

#[tokio::test]
async fn after_a_lost_database_nobody_knows_who_else_released() {
    let mut app = with_second().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let number = last_issue(&app);
    // He puts the tag there too, and the database that knows of it is lost.
    again(&mut app.github.world(), "v1.0.0", "bob");
    app.settle().await;
    tick(&app, number, "bob").await;
    assert_eq!(gate(&app), OPEN);
    app.lose_database().await;
    look_again(&app).await;
    tick(&app, number, "bob").await;
    refused(&app, number, NOBODY);
    assert_eq!(gate(&app), OPEN);
    // Of whoever comes now it is known; of those before, it stays unknown.
    again(&mut app.github.world(), "v1.0.0", "grace");
    app.settle().await;
    for first in ["bob", "grace", "alice"] {
        tick(&app, number, first).await;
        assert_eq!(gate(&app), OPEN, "{first}");
    }
    tick(&app, number, "erin").await;
    assert_eq!(gate(&app), DONE);
    app.finish().await;
}

#[tokio::test]
async fn an_issue_that_is_opened_again_forgets_nobody_who_tagged() {
    let app = with_second().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    again(&mut app.github.world(), "v1.0.0", "bob");
    app.settle().await;
    let first = last_issue(&app);
    app.github.world().delete_issue(ROCKET, first, "alice").unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, 1, "erin", "/hp open v1.0.0").unwrap();
    app.settle().await;
    let number = last_issue(&app);
    tick(&app, number, "bob").await;
    refused(&app, number, NO_SECOND);
    assert_eq!(gate(&app), OPEN);
    app.finish().await;
}

#[tokio::test]
async fn each_candidate_of_which_no_event_came_is_named_by_its_own_event() {
    let app = with_second().await;
    app.github.world().create_tag(ROCKET, "v1.0.0-rc1", "main", "alice", None).unwrap();
    app.settle().await;
    for (tag, who) in [("v1.0.0-rc2", "grace"), ("v1.0.0-rc3", "bob")] {
        app.commit("main", &[("src/engine.py", Some(tag))]);
        app.settle().await;
        unheard(&app, |world| drop(world.create_tag(ROCKET, tag, "main", who, None).unwrap())).await;
    }
    look_again(&app).await;
    let number = last_issue(&app);
    again(&mut app.github.world(), "v1.0.0-rc2", "grace");
    app.settle().await;
    tick(&app, number, "bob").await;
    refused(&app, number, NOBODY);
    again(&mut app.github.world(), "v1.0.0-rc3", "bob");
    app.settle().await;
    tick(&app, number, "bob").await;
    refused(&app, number, NO_SECOND);
    app.finish().await;
}

#[tokio::test]
async fn who_wrote_a_pull_request_from_a_fork_is_a_first_person_of_the_release_that_others_open() {
    let app = with_second().await;
    let config = "checklists:\n  release:\n    open: { on: [pull_request] }\n    gate: { branches: [production] }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(CONFIG, Some(config)), (CHECKLIST, Some(SECOND))]);
    }
    app.settle().await;
    let pull = {
        let mut world = app.github.world();
        let fork = world.fork(ROCKET, "bob").unwrap();
        world.commit_to(&fork, "main", "bob", "Mine", &[("x.txt", Some("x"))]).unwrap();
        world.open_pull_request(ROCKET, "bob", "bob:main", "production", "From a fork", "").unwrap()
    };
    app.settle().await;
    app.github.world().comment(ROCKET, pull, "erin", "/hp open").unwrap();
    app.settle().await;
    let number = last_issue(&app);
    for first in ["bob", "erin"] {
        app.github.world().tick(ROCKET, number, first, Pick::Nth(0)).unwrap();
        app.settle().await;
        refused(&app, number, NO_SECOND);
        app.github.world().untick(ROCKET, number, first, Pick::Nth(0)).unwrap();
        app.settle().await;
    }
    tick(&app, number, "grace").await;
    let shown = app.check(&app.head(pull), "holdpoint/release");
    assert!(shown.starts_with("success"), "{shown}");
    app.finish().await;
}
