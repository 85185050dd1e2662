//! One release from its first candidate to the record that an auditor reads.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::world::Clock;
use holdpoint::sandbox::{Method, Pick};

const LIST: &str = "\
# Release {{ version }}

## Before

- [ ] All tests are green
- [ ] Take a snapshot of the orders database <!-- hp: owner=@acme/qa -->
- [ ] Rehearse the roll-back

## Once it is live <!-- hp: phase=after -->

- [ ] Watch the error rate for an hour
- [ ] Tell support
";

const CONFIG: &str = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";

impl App {
    fn a_day_passes(&self) {
        if let Clock::Counted(now) = &mut self.github.world().clock {
            *now += 86_400;
        }
    }
}

#[tokio::test]
async fn a_team_releases_twice_skips_once_is_refused_once_ships_and_signs_off_a_day_later() {
    let app = App::start().await;
    for branch in ["main", "production"] {
        app.commit(branch, &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(CONFIG))]);
    }
    {
        let mut world = app.github.world();
        let app_id = world.app_id;
        world.set_protection(ROCKET, "production", &[("holdpoint/release", Some(app_id))]).unwrap();
    }
    app.settle().await;

    // A pull request brings a step that will have to be done by hand.
    let brings = app.pull_request("main", &[("release-steps/31-index.md", Some("- [ ] Build the new index\n"))]);
    app.settle().await;
    assert!(app.comments(brings)[0].contains("Build the new index"), "the review tells of it");
    app.github.world().merge_pull_request(ROCKET, brings, "alice", Method::Merge).unwrap();
    app.settle().await;

    // v1.4.0-rc1: one issue, with the list and the step.
    let issue = app.release("v1.4.0-rc1").await;
    let body = app.github.body(ROCKET, issue);
    assert!(body.contains("- [ ] Build the new index") && body.contains(&format!("#{brings} ")), "{body}");
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship 1.4.0", "").unwrap();
    app.settle().await;
    let tick = |who: &str, text: &str| app.github.world().tick(ROCKET, issue, who, Pick::Text(text)).unwrap();
    tick("alice", "All tests are green");
    // Somebody who may not tick tries: the snapshot belongs to @acme/qa.
    tick("erin", "Take a snapshot");
    app.settle().await;
    assert_eq!(
        app.check(&app.head(ship), "holdpoint/release"),
        "action_required · v1.4.0-rc1: 1 of 4 done · 3 open, 1 of them @acme/qa"
    );
    assert!(
        app.comments(issue)[0].contains("ticked by erin, which does not count: it belongs to"),
        "{}",
        app.comments(issue)[0]
    );
    assert!(
        app.github.world().merge_pull_request(ROCKET, ship, "erin", Method::Merge).is_err(),
        "the branch is protected"
    );

    // A bug: its mend brings a step of its own, and -rc2 is tagged. The ticks stay, and so does the issue.
    let mend = app.pull_request(
        "main",
        &[
            ("src/engine.py", Some("ready = True\n")),
            ("release-steps/32-cache.md", Some("- [ ] Empty the cache of the engine\n")),
        ],
    );
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, mend, "alice", Method::Merge).unwrap();
    app.settle().await;
    assert_eq!(app.release("v1.4.0-rc2").await, issue);
    let body = app.github.body(ROCKET, issue);
    assert!(
        body.contains("- [x] All tests are green") && body.contains("- [ ] Empty the cache of the engine"),
        "{body}"
    );
    assert_eq!(body.matches("Build the new index").count(), 1, "{body}");

    // One is skipped with a reason, in a comment; the others are done by who may.
    app.github.world().untick(ROCKET, issue, "erin", Pick::Text("Take a snapshot")).unwrap();
    app.settle().await;
    tick("bob", "Take a snapshot");
    tick("alice", "Build the new index");
    tick("alice", "Empty the cache");
    app.github.world().comment(ROCKET, issue, "alice", "/hp skip 3 rehearsed last week, nothing changed").unwrap();
    app.settle().await;
    let head = app.head(ship);
    assert_eq!(app.check(&head, "holdpoint/release"), "success · v1.4.0-rc2: 4 of 5 done · 1 skipped");

    // Production gets it; then v1.4.0 names the same commit.
    app.github.world().merge_pull_request(ROCKET, ship, "erin", Method::Merge).unwrap();
    assert_eq!(app.release("v1.4.0").await, issue);
    assert_eq!(app.github.issue(ROCKET, issue).unwrap().title, "Release 1.4.0");
    assert_eq!(app.github.issue(ROCKET, issue).unwrap().state, State::Open, "what is left is for after the release");

    // The next change waits: `after: block`.
    let next = app.pull_request("production", &[("src/engine.py", Some("ready = 2\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(next), "holdpoint/release"), "action_required · v1.4.0: 0 of 2 done · 2 open");

    // A day later.
    app.a_day_passes();
    tick("bob", "Watch the error rate");
    app.github.world().comment(ROCKET, issue, "bob", "/hp done 5 ticket 4711").unwrap();
    app.settle().await;
    assert!(
        app.check(&app.head(next), "holdpoint/release").starts_with("success"),
        "{}",
        app.check(&app.head(next), "holdpoint/release")
    );
    assert_eq!(app.github.issue(ROCKET, issue).unwrap().state, State::Closed);

    // The record tells it all.
    let record = &app.comments(issue)[0];
    for told in [
        "**Complete.** **6 of 7 done** · 1 skipped",
        "`3` Rehearse the roll-back: rehearsed last week, nothing changed (alice",
        "| `2` | Take a snapshot of the orders database | bob |",
        "| `5` | Tell support | bob (in a comment) |",
        "Did not count: 1",
        "Take a snapshot of the orders database: erin",
        "| release | v1.4.0 · commit",
        "| earlier | v1.4.0-rc2 · commit",
        "| earlier | v1.4.0-rc1 · commit",
        "| opened | ",
        "| last change | ",
        "| ledger | line ",
    ] {
        assert!(record.contains(told), "{told:?} is not in:\n{record}");
    }
    let lines = app.holdpoint.context().store.ledger_lines(1).await.unwrap();
    let told: Vec<String> = lines.iter().map(|l| format!("{} {} {}", l.by, l.how, l.mark)).collect();
    assert!(told.iter().any(|line| line == "bob comment \"done\""), "{told:?}");
    assert_eq!(lines.iter().filter(|l| l.refused.is_some()).count(), 1, "{told:?}");
    app.finish().await;
}
