//! Signed lines where they were not written.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;

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
