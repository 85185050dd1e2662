//! Forgeries: signed lines and hidden lines where we did not write them, and a delivery that tells of what nobody did.

use super::{App, CHECKLIST, ROCKET, gate, released};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{NewIssue, Pick};

#[tokio::test]
async fn after_a_lost_database_the_line_of_one_release_over_anothers_issue_is_not_believed() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let old = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, old, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    let new = app.release("v1.1.0").await;
    assert_ne!(old, new);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    app.lose_database().await;
    let line = |body: &str| body.lines().find(|l| l.starts_with("<!-- holdpoint v")).unwrap().to_owned();
    let (own, copied) = (app.github.body(ROCKET, old), line(&app.github.body(ROCKET, new)));
    app.github.world().edit_issue_body(ROCKET, old, "carol", &own.replace(&line(&own), &copied)).unwrap();
    app.settle().await;
    app.github.world().publish_release(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let check = app.check(&app.head(pull), "holdpoint/release");
    assert!(!check.starts_with("success"), "{check}");
    app.finish().await;
}

#[tokio::test]
async fn an_issue_whose_line_was_changed_or_taken_out_is_known_by_the_one_it_was_opened_with() {
    let line = |body: &str| body.lines().find(|l| l.starts_with("<!-- holdpoint v")).unwrap().to_owned();
    for copied in [true, false] {
        let mut app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        let old = app.release("v1.0.0").await;
        app.github.world().create_tag(ROCKET, "v1.1.0", "production", "alice", None).unwrap();
        app.settle().await;
        let own = app.github.body(ROCKET, old);
        let new = app.github.issues(ROCKET).into_iter().map(|issue| issue.number).find(|n| *n != old);
        let other = match new.filter(|_| copied) {
            Some(new) => line(&app.github.body(ROCKET, new)),
            None => String::new(),
        };
        app.github.world().edit_issue_body(ROCKET, old, "carol", &own.replace(&line(&own), &other)).unwrap();
        app.settle().await;
        app.lose_database().await;
        let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        app.settle().await;
        let check = app.check(&app.head(pull), "holdpoint/release");
        assert!(check.contains("v1.0.0: 0 of 1 done"), "{copied}: {check}");
        app.finish().await;
    }
}

#[tokio::test]
async fn after_a_lost_database_a_copy_of_a_release_issue_that_somebody_else_opened_is_no_release() {
    let (mut app, number) = released("- [ ] Fuel\n").await;
    app.lose_database().await;
    let body = Some(app.github.body(ROCKET, number));
    let new = NewIssue { title: "Release 1.0.0".to_owned(), body, ..NewIssue::default() };
    let copy = app.github.world().open_issue(ROCKET, "mallory", &new).unwrap();
    app.settle().await;
    // Whoever takes it for the release ticks in vain.
    app.github.world().tick(ROCKET, copy, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert_eq!(app.comments(copy), Vec::<String>::new());
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn a_comment_of_somebody_else_with_our_hidden_line_is_left_as_it_is() {
    let app = App::start().await;
    let more = format!("{}- [ ] Count the stars\n", app.file("main", CHECKLIST));
    let pull = app.pull_request("main", &[(CHECKLIST, Some(&more))]);
    let theirs = "Nothing to see here.\n\n<!-- holdpoint comment review v1 -->";
    app.github.world().comment(ROCKET, pull, "mallory", theirs).unwrap();
    app.settle().await;
    let comments = app.github.comments(ROCKET, pull);
    let said: Vec<(&str, bool)> = comments.iter().map(|c| (c.user.as_str(), c.body == theirs)).collect();
    assert_eq!(said, [("mallory", true), ("holdpoint[bot]", false)]);
    assert!(comments[1].body.contains("Count the stars"), "{}", comments[1].body);
    app.finish().await;
}

/// The delivery that would tell of `bob`'s tick, which he does not make.
fn of_no_tick(app: &App, number: u64) -> String {
    let mut world = app.github.world();
    let before = world.repo(ROCKET).unwrap().issue(number).unwrap().clone();
    world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    let delivery = world.hooks.pending.pop_back().unwrap();
    world.repo_mut(ROCKET).unwrap().issues.insert(number, before);
    world.hooks.log.remove(&delivery).unwrap().body.to_string()
}

#[tokio::test]
async fn a_signed_delivery_that_tells_of_a_tick_that_nobody_made_opens_nothing() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let forged = of_no_tick(&app, number);
    app.post("issues", forged.as_bytes()).await;
    app.settle().await;
    for commit in [app.head(pull), "v1.0.0".to_owned()] {
        let check = app.check(&commit, "holdpoint/release");
        assert_eq!(check, "action_required · v1.0.0: 0 of 1 done · 1 open");
    }
    assert_eq!(app.github.issue(ROCKET, number).unwrap().state, State::Open);
    assert!(
        !app.github
            .exchanges()
            .iter()
            .any(|call| call.request["conclusion"] == "success" && call.request["name"] == "holdpoint/release")
    );
    app.finish().await;
}

#[tokio::test]
async fn a_transferred_issue_stands_in_for_no_release_of_the_same_tag_and_commit_elsewhere() {
    const LINE: &str = "acme/rocket-lts";
    let (app, number) = released("- [ ] Fuel\n").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let moved = {
        let mut world = app.github.world();
        world.create_repository("acme", "rocket-lts", &[]).unwrap();
        let (git, roles) = world.repo(ROCKET).map(|repo| (repo.git.clone(), repo.roles.clone())).unwrap();
        let line = world.repo_mut(LINE).unwrap();
        (line.git, line.roles) = (git, roles);
        line.git.tags.clear();
        world.transfer_issue(ROCKET, number, LINE, "alice").unwrap()
    };
    app.settle().await;
    app.github.world().create_tag(LINE, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let issues = app.github.issues(LINE);
    assert_eq!(issues.len(), 2, "one that came, and one that was opened: {issues:?}");
    assert!(issues[0].number == moved && issues[1].body.as_ref().unwrap().contains("- [ ] Fuel"));
    let run = app.github.check(LINE, "main", "holdpoint/release").unwrap();
    assert_eq!(run.output.title.as_deref(), Some("v1.0.0: 0 of 1 done · 1 open"));
    app.finish().await;
}
