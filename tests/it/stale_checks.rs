//! No check of ours goes on for ever: old heads are closed off, and what still waits is kept fresh.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Fault, Method, Pick, PullEdit, World};

const GATE: &str = "holdpoint/release";
const RUNNING: &str = "checklists:\n  release:\n    gate: { branches: [production], incomplete: in_progress }\n";
const OPEN: &str = "in progress · v1.0.0: 0 of 1 done · 1 open";

/// How a pull request leaves its head.
type Leave = fn(&mut World, u64);

impl App {
    /// "Not yet" is a check that goes on, and a release is open.
    async fn running() -> (Self, u64) {
        let app = Self::start().await;
        app.commit("production", &[(".github/holdpoint.yml", Some(RUNNING))]);
        app.commit("main", &[(".github/holdpoint.yml", Some(RUNNING)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
        let number = app.release("v1.0.0").await;
        (app, number)
    }

    /// A pull request that ships the release, and more.
    async fn shipping(&self) -> u64 {
        let pull = self.ahead();
        self.settle().await;
        assert_eq!(self.check(&self.head(pull), GATE), OPEN);
        pull
    }

    fn ahead(&self) -> u64 {
        let mut world = self.github.world();
        let branch = format!("ship-{}", world.now());
        world.create_branch(ROCKET, &branch, "main", "erin").unwrap();
        world.commit_to(ROCKET, &branch, "erin", "More", &[("more.txt", Some("more"))]).unwrap();
        world.open_pull_request(ROCKET, "erin", &branch, "production", "Ship", "").unwrap()
    }

    fn runs_on(&self, sha: &str) -> usize {
        self.github
            .world()
            .repo(ROCKET)
            .unwrap()
            .check_runs
            .values()
            .filter(|r| r.head_sha == sha && r.name == GATE)
            .count()
    }

    async fn days_later(&self, days: i64) {
        let github = &self.holdpoint.context().github;
        github.not_before(github.now_ms() + days * 24 * 3_600_000);
        self.github.world().pass_time(days * 24 * 3_600).unwrap();
        holdpoint::sweep::recheck(self.holdpoint.context()).await;
        self.settle().await;
    }
}

#[tokio::test]
async fn a_head_that_was_pushed_over_says_by_what() {
    let (app, number) = App::running().await;
    let pull = app.shipping().await;
    let old = app.head(pull);
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "Again", &[("more.txt", Some("again"))]).unwrap();
    app.settle().await;
    let new = app.head(pull);
    assert_eq!(app.check(&old, GATE), format!("cancelled · Superseded by {}", new.get(..7).unwrap()));
    assert!(app.summary(&old, GATE).contains(&format!("#{pull} has the head `{new}` now")));
    assert_eq!(app.check(&new, GATE), OPEN);
    // Pushed back, it is decided anew, in the same run.
    let branch = app.github.pull(ROCKET, pull).unwrap().head_ref;
    app.github.world().push_commit(ROCKET, &branch, &old, "erin").unwrap();
    app.settle().await;
    assert_eq!(app.check(&old, GATE), OPEN);
    assert!(app.check(&new, GATE).starts_with("cancelled"));
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&old, GATE).starts_with("success"));
    assert!(app.check(&new, GATE).starts_with("cancelled"), "nobody asks for it, so it is left alone");
    app.finish().await;
}

#[tokio::test]
async fn a_closed_pull_request_leaves_no_spinner_and_a_reopened_one_waits_again() {
    let (app, _) = App::running().await;
    let pull = app.shipping().await;
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), format!("cancelled · Superseded: #{pull} is closed"));
    app.github.world().reopen_pull_request(ROCKET, pull, "erin").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), OPEN);
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_is_for_another_branch_now_leaves_no_spinner() {
    let (app, _) = App::running().await;
    let pull = app.shipping().await;
    let edit = PullEdit { base: Some("main".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, pull, "erin", &edit).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), format!("cancelled · Superseded: #{pull} is for another branch now"));
    app.finish().await;
}

#[tokio::test]
async fn a_branch_that_is_gated_no_more_leaves_no_spinners() {
    let (app, _) = App::running().await;
    let pull = app.shipping().await;
    app.commit("production", &[(".github/holdpoint.yml", Some("checklists:\n  release: {}\n"))]);
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("cancelled"), "{}", app.check(&app.head(pull), GATE));
    assert_eq!(app.check("v1.0.0", GATE), OPEN, "the released commit shows its release all the same");
    app.finish().await;
}

#[tokio::test]
async fn a_head_that_another_pull_request_or_a_release_still_has_goes_on() {
    let (app, _) = App::running().await;
    let pull = app.shipping().await;
    let branch = app.github.pull(ROCKET, pull).unwrap().head_ref;
    app.github.world().create_branch(ROCKET, "twin", &branch, "erin").unwrap();
    let twin = app.github.world().open_pull_request(ROCKET, "erin", "twin", "production", "Twin", "").unwrap();
    let released = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let head = app.head(pull);
    assert_eq!(head, app.head(twin));
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "Again", &[("more.txt", Some("again"))]).unwrap();
    app.github.world().close_pull_request(ROCKET, released, "erin").unwrap();
    app.settle().await;
    assert_eq!(app.check(&head, GATE), OPEN);
    assert_eq!(app.check("v1.0.0", GATE), OPEN);
    app.github.world().close_pull_request(ROCKET, twin, "erin").unwrap();
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("cancelled"));
    app.finish().await;
}

#[tokio::test]
async fn a_release_that_was_withdrawn_leaves_no_spinner() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    open: { on: pull_request, match: production }\n    gate: { branches: [production], incomplete: in_progress }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(".github/holdpoint.yml", Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    }
    app.settle().await;
    let pull = app.pull_request("production", &[("x.txt", Some("x"))]);
    app.settle().await;
    let head = app.head(pull);
    assert!(app.check(&head, GATE).starts_with("in progress"), "{}", app.check(&head, GATE));
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.settle().await;
    assert_eq!(app.check(&head, GATE), "cancelled · Superseded: the release was withdrawn");
    app.finish().await;
}

#[tokio::test]
async fn what_ended_otherwise_stays_as_it_is_on_an_old_head() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    let pull = app.ahead();
    app.settle().await;
    let old = app.head(pull);
    let said = app.check(&old, GATE);
    assert!(said.starts_with("action_required"));
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "Again", &[("more.txt", Some("again"))]).unwrap();
    app.settle().await;
    assert_eq!(app.check(&old, GATE), said);
    app.finish().await;
}

#[tokio::test]
async fn a_check_that_goes_on_is_begun_anew_before_github_gives_it_up() {
    let (app, number) = App::running().await;
    let pull = app.shipping().await;
    let head = app.head(pull);
    app.days_later(11).await;
    assert_eq!(app.runs_on(&head), 1, "it is fresh enough");
    app.days_later(2).await;
    assert_eq!(app.runs_on(&head), 2);
    assert_eq!(app.check(&head, GATE), OPEN);
    app.github.clear_exchanges();
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.github.counts().get("POST /repos/{owner}/{repo}/check-runs"), None, "and once is enough");
    app.days_later(11).await;
    assert_eq!(app.check(&head, GATE), OPEN);
    let stale = |app: &App| {
        let world = app.github.world();
        let runs: Vec<_> = world.repo(ROCKET).unwrap().check_runs.values().map(|r| r.conclusion.clone()).collect();
        runs.iter().filter(|c| c.as_deref() == Some("stale")).count()
    };
    assert_eq!(stale(&app), 0);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("success"));
    app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap();
    app.days_later(30).await;
    assert_eq!(app.runs_on(&head), 2, "what ended is not begun anew");
    app.finish().await;
}

#[tokio::test]
async fn one_that_was_given_up_all_the_same_is_begun_anew() {
    let (app, _) = App::running().await;
    let pull = app.shipping().await;
    // Nobody swept for a month.
    app.days_later(30).await;
    assert_eq!(app.check(&app.head(pull), GATE), OPEN);
    app.finish().await;
}

#[tokio::test]
async fn where_nothing_changed_nothing_is_written() {
    let (app, _) = App::running().await;
    app.shipping().await;
    // A new database lists once what the App is installed on.
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    app.github.clear_exchanges();
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let written: Vec<_> = app.github.counts().into_keys().filter(|route| !route.starts_with("GET")).collect();
    assert_eq!(written, Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn what_was_green_before_the_database_was_lost_ends_when_its_pull_request_leaves_it() {
    let free = "success · No release holds this commit.";
    let leave: [Leave; 4] = [
        |world, pull| world.close_pull_request(ROCKET, pull, "erin").unwrap(),
        |world, pull| {
            world.push_to_pull_request(ROCKET, pull, "erin", "Again", &[("more.txt", Some("again"))]).unwrap();
        },
        |world, pull| {
            let edit = PullEdit { base: Some("main".to_owned()), ..PullEdit::default() };
            world.edit_pull_request(ROCKET, pull, "erin", &edit).unwrap();
        },
        |world, pull| drop(world.merge_pull_request(ROCKET, pull, "erin", Method::Squash).unwrap()),
    ];
    for leave in leave {
        let mut app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        let pull = app.ahead();
        app.settle().await;
        let old = app.head(pull);
        assert_eq!(app.check(&old, GATE), free);
        app.lose_database().await;
        leave(&mut app.github.world(), pull);
        app.settle().await;
        assert!(app.check(&old, GATE).starts_with("cancelled"), "{}", app.check(&old, GATE));
        app.finish().await;
    }
}

#[tokio::test]
async fn where_the_delivery_is_lost_with_the_database_the_sweep_ends_what_a_pull_request_left() {
    let leave: [(Leave, &str); 2] = [
        (|world, pull| world.close_pull_request(ROCKET, pull, "erin").unwrap(), "is closed"),
        (
            |world, pull| {
                let edit = PullEdit { base: Some("main".to_owned()), ..PullEdit::default() };
                world.edit_pull_request(ROCKET, pull, "erin", &edit).unwrap();
            },
            "is for another branch now",
        ),
    ];
    for (leave, why) in leave {
        let mut app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        let pull = app.ahead();
        app.settle().await;
        assert!(app.check(&app.head(pull), GATE).starts_with("success"));
        app.lose_database().await;
        leave(&mut app.github.world(), pull);
        app.github.world().hooks.lose_next = 1;
        app.commit("main", &[("more.txt", Some("more"))]);
        app.settle().await;
        for reads in [1, 0] {
            app.github.clear_exchanges();
            holdpoint::sweep::recheck(app.holdpoint.context()).await;
            app.settle().await;
            assert_eq!(app.check(&app.head(pull), GATE), format!("cancelled · Superseded: #{pull} {why}"));
            let counts = app.github.counts();
            let read = counts.get("GET /repos/{owner}/{repo}/commits/{ref}/check-runs").copied().unwrap_or_default();
            assert_eq!(read, reads, "once is enough");
        }
        app.finish().await;
    }
}

/// The check of a pull request whose head got a tag of which GitHub told nobody, before the database was lost.
async fn tagged_and_forgotten() -> (App, u64) {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let pull = app.ahead();
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"));
    let head = app.head(pull);
    let tags = ["v1.0.0", "a1", "b1", "c1"].map(|tag| (tag, head.as_str()));
    app.github.world().push_tags(ROCKET, "alice", &tags, None).unwrap();
    app.settle().await;
    app.lose_database().await;
    app.github.clear_exchanges();
    (app, pull)
}

#[tokio::test]
async fn a_new_database_looks_at_a_repository_of_which_no_event_comes() {
    let (app, pull) = tagged_and_forgotten().await;
    for listed in [1, 0] {
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
        assert!(!app.check(&app.head(pull), GATE).starts_with("success"), "{}", app.check(&app.head(pull), GATE));
        let counts = app.github.counts();
        assert_eq!(counts.get("GET /app/installations").copied().unwrap_or_default(), listed, "once is enough");
        assert_eq!(counts.get("GET /installation/repositories").copied().unwrap_or_default(), listed);
        app.github.clear_exchanges();
    }
    app.finish().await;
}

#[tokio::test]
async fn what_could_not_be_listed_for_a_new_database_is_listed_by_the_next_sweep() {
    for path in ["/app/installations", "/installation/repositories"] {
        let (app, pull) = tagged_and_forgotten().await;
        app.github.fail_next("GET", path, Fault::Status(500), 1);
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
        assert!(app.check(&app.head(pull), GATE).starts_with("success"), "nobody has looked yet");
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
        assert!(!app.check(&app.head(pull), GATE).starts_with("success"), "{}", app.check(&app.head(pull), GATE));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_head_that_is_known_is_not_read_again_when_its_pull_request_leaves_it() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let pull = app.ahead();
    let elsewhere = app.pull_request("main", &[("x.txt", Some("x"))]);
    app.settle().await;
    app.github.clear_exchanges();
    for pull in [pull, elsewhere] {
        app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    }
    app.settle().await;
    assert_eq!(app.github.counts().get("GET /repos/{owner}/{repo}/commits/{ref}/check-runs"), None);
    app.finish().await;
}
