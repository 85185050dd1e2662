//! A copy of the database that is older than what Holdpoint did since. What it says of GitHub is wrong: Holdpoint notices it by
//! GitHub's list of deliveries, and docs/operating.md has statements for where that says nothing.

use super::{App, CHECKLIST, ROCKET, serve};
use holdpoint::sandbox::{Clock, Fault, Method, Pick};
use holdpoint::sweep::Sweeps;
use std::fs;
use std::path::PathBuf;

const GATE: &str = "holdpoint/release";
const COPY: &str = "copy.db";

/// The statement of docs/operating.md for a restored copy.
fn statement() -> String {
    let page = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md")).unwrap();
    let found: Vec<&str> = page.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(found.len(), 1, "docs/operating.md has one statement to copy");
    found[0].to_owned()
}

impl App {
    /// A copy of the database beside it, as `.backup` makes one.
    fn copy_database(&self) {
        let db = rusqlite::Connection::open(self.folder.0.join("holdpoint.db")).unwrap();
        db.execute("VACUUM INTO ?1", [self.folder.0.join(COPY).to_str().unwrap()]).unwrap();
    }

    /// A copy that is as new as the database.
    fn copy_database_now(&self) {
        fs::remove_file(self.folder.0.join(COPY)).unwrap();
        self.copy_database();
    }

    /// Ends the process, puts the copy in the database's place, and starts again.
    async fn restore(&mut self, statement: Option<&str>) {
        self.server.abort();
        self.holdpoint.context().store.close().await;
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(self.folder.0.join(format!("holdpoint.db{end}"))));
        }
        fs::copy(self.folder.0.join(COPY), self.folder.0.join("holdpoint.db")).unwrap();
        if let Some(statement) = statement {
            let db = rusqlite::Connection::open(self.folder.0.join("holdpoint.db")).unwrap();
            db.execute_batch(statement).unwrap();
        }
        let (holdpoint, server) = serve(&self.github, &self.folder.0).await;
        self.holdpoint = holdpoint;
        self.server = server;
    }

    /// The sweep at the start of a process.
    async fn first_sweep(&self) {
        Sweeps::default().sweep(self.holdpoint.context()).await;
        self.settle().await;
    }

    async fn hourly_look(&self) {
        holdpoint::sweep::recheck(self.holdpoint.context()).await;
        self.settle().await;
    }

    fn merges(&self, pull: u64) -> bool {
        self.github.world().merge_pull_request(ROCKET, pull, "bob", Method::Merge).is_ok()
    }
}

/// A release with two items, of which one is done, and a pull request that ships it. The copy is of this moment; then the other
/// item is done, and the check is green.
async fn green_since_the_copy() -> (App, u64, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Test\n"))]);
    let issue = app.release("v1.0.0").await;
    let pull = {
        let mut world = app.github.world();
        world.create_branch(ROCKET, "ship", "main", "erin").unwrap();
        world.commit_to(ROCKET, "ship", "erin", "More", &[("more.txt", Some("more\n"))]).unwrap();
        world.open_pull_request(ROCKET, "erin", "ship", "production", "Ship", "").unwrap()
    };
    app.github.world().tick(ROCKET, issue, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    app.hourly_look().await;
    app.copy_database();
    // GitHub lists deliveries of three days, by the real clock.
    app.github.world().clock = Clock::Real;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Text("Test")).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"));
    (app, issue, pull)
}

#[tokio::test]
async fn what_is_unticked_after_a_copy_was_restored_closes_the_gate_once_the_checks_are_forgotten() {
    let (mut app, issue, pull) = green_since_the_copy().await;
    app.restore(Some(&statement())).await;
    app.github.world().untick(ROCKET, issue, "bob", Pick::Text("Test")).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "action_required · v1.0.0: 1 of 2 done · 1 open");
    assert!(!app.merges(pull));
    app.finish().await;
}

#[tokio::test]
async fn after_a_copy_was_restored_ticks_and_commands_since_are_found_again() {
    let (mut app, issue, pull) = green_since_the_copy().await;
    app.github.world().comment(ROCKET, issue, "bob", "/hp undo 1").unwrap();
    app.settle().await;
    let open = "action_required · v1.0.0: 1 of 2 done · 1 open";
    assert_eq!(app.check(&app.head(pull), GATE), open);
    app.restore(Some(&statement())).await;
    app.hourly_look().await;
    // The tick of `Test`, by the edit history, and the command that opened `Fuel` again.
    assert_eq!(app.check(&app.head(pull), GATE), open);
    assert!(
        app.comments(issue)[0].contains("| `2` | Test | bob (from the edit history) |"),
        "{}",
        app.comments(issue)[0]
    );
    app.finish().await;
}

#[tokio::test]
async fn a_release_that_was_opened_after_the_copy_keeps_its_issue() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let first = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.copy_database();
    app.commit("main", &[("more.txt", Some("more\n"))]);
    let second = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let count = app.github.issues(ROCKET).len();
    app.restore(Some(&statement())).await;
    app.hourly_look().await;
    assert_eq!(app.github.issues(ROCKET).len(), count, "an issue was opened a second time");
    assert_eq!(app.check("v1.1.0", GATE), "success · v1.1.0: 1 of 1 done");
    app.finish().await;
}

/// Restores the copy after the pull request was closed without a delivery; gives the check on its head after the look.
async fn check_of_a_head_that_was_left(statement: Option<&str>) -> String {
    let (mut app, _, pull) = green_since_the_copy().await;
    let head = app.head(pull);
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.github.world().hooks.lose_next = 1;
    app.restore(statement).await;
    match statement {
        Some(_) => app.hourly_look().await,
        None => app.first_sweep().await,
    }
    let check = app.check(&head, GATE);
    app.finish().await;
    check
}

#[tokio::test]
async fn what_turned_green_after_the_copy_on_a_head_that_was_left_since_ends() {
    for statement in [Some(statement()), None] {
        let check = check_of_a_head_that_was_left(statement.as_deref()).await;
        assert!(check.starts_with("cancelled"), "{check}");
    }
}

#[tokio::test]
async fn an_older_copy_is_noticed_by_what_github_delivered_since_and_closes_the_gate_again() {
    let (mut app, issue, pull) = green_since_the_copy().await;
    app.restore(None).await;
    app.github.world().untick(ROCKET, issue, "bob", Pick::Text("Test")).unwrap();
    app.settle().await;
    app.first_sweep().await;
    assert_eq!(app.check(&app.head(pull), GATE), "action_required · v1.0.0: 1 of 2 done · 1 open");
    assert!(!app.merges(pull));
    app.finish().await;
}

#[tokio::test]
async fn a_check_that_is_doubted_is_changed_and_not_doubled() {
    let (mut app, issue, pull) = green_since_the_copy().await;
    let head = app.head(pull);
    let runs = |app: &App| {
        let world = app.github.world();
        let repo = world.repo(ROCKET).unwrap();
        repo.check_runs.values().filter(|run| run.head_sha == head && run.name == GATE).count()
    };
    assert_eq!(runs(&app), 1);
    app.restore(None).await;
    app.github.world().untick(ROCKET, issue, "bob", Pick::Text("Test")).unwrap();
    app.first_sweep().await;
    assert_eq!(runs(&app), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_process_that_starts_with_its_own_database_reads_no_check_again() {
    let (mut app, _, _) = green_since_the_copy().await;
    app.first_sweep().await;
    app.copy_database_now();
    app.restore(None).await;
    app.github.clear_exchanges();
    app.first_sweep().await;
    let read = app.github.exchanges().into_iter().filter(|exchange| exchange.path.ends_with("/check-runs"));
    assert_eq!(read.map(|exchange| exchange.path).collect::<Vec<_>>(), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_relay_that_loses_deliveries_has_all_looked_at_once_an_hour_and_not_more_often() {
    let app = App::gated().await;
    app.github.world().clock = Clock::Real;
    let mut sweeps = Sweeps::default();
    sweeps.sweep(app.holdpoint.context()).await;
    app.settle().await;
    let mut looks = Vec::new();
    for n in 0..3 {
        app.commit("main", &[(&format!("src/{n}.py"), Some("pass\n"))]);
        app.github.deliver_pending().await;
        // The relay answered, and what it took never came.
        let db = rusqlite::Connection::open(app.folder.0.join("holdpoint.db")).unwrap();
        db.execute_batch("DELETE FROM jobs; DELETE FROM deliveries; DELETE FROM heads; DELETE FROM lanes").unwrap();
        app.github.clear_exchanges();
        sweeps.sweep(app.holdpoint.context()).await;
        app.settle().await;
        looks.push(app.github.exchanges().iter().any(|exchange| exchange.path.ends_with("/pulls")));
    }
    assert_eq!(looks, [true, false, false]);
    app.finish().await;
}

#[tokio::test]
async fn a_green_check_that_github_does_not_list_is_ended_by_the_id_that_the_copy_has() {
    let (mut app, issue, pull) = green_since_the_copy().await;
    app.copy_database_now();
    app.github.world().comment(ROCKET, issue, "bob", "Shipping it").unwrap();
    app.settle().await;
    let head = app.head(pull);
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.github.world().hooks.lose_next = 1;
    app.restore(None).await;
    app.github.fail_next("GET", &format!("/repos/{ROCKET}/commits/{head}/check-runs"), Fault::Status(404), 10);
    app.first_sweep().await;
    app.github.forget_faults();
    assert!(app.check(&head, GATE).starts_with("cancelled"), "{}", app.check(&head, GATE));
    app.finish().await;
}
