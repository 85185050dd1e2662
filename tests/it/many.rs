//! What an event costs in a repository that has released for years: old releases in which everything is done are not read.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::checklist::parse::parse;
use holdpoint::ids::{IssueNumber, RepositoryId, Sha, Timestamp};
use holdpoint::release::Release;
use holdpoint::release::key::ReleaseKey;
use holdpoint::release::ledger::MarkSource;
use holdpoint::release::progress::{Mark, Record};
use holdpoint::sandbox::Pick;
use holdpoint::store::{LedgerLine, Store};
use std::time::Instant;

/// Items of 500 characters: with 20 of them a text has 10 KB.
const ITEMS: usize = 20;

/// What an old release asked for.
fn text() -> String {
    (0..ITEMS).map(|n| format!("- [ ] Item {n}{}\n", " of a long list".repeat(33))).collect()
}

/// Adds the index's rows of a release that is at this commit and in which everything is done.
async fn add_done(store: Store, repository: RepositoryId, n: usize, commit: Sha) {
    let release = Release {
        checklist: "release".to_owned(),
        key: ReleaseKey::parse(&format!("tag:v0.0.{n}@{commit}")),
        label: format!("v0.0.{n}"),
        tag: Some(format!("v0.0.{n}")),
        commit,
        previous: None,
        actor: "alice".into(),
        date: "2026-01-01".to_owned(),
    };
    let row = store.claim_release(repository, release, Timestamp(1)).await.unwrap();
    let text = text();
    let done = |item| Record {
        item,
        mark: Mark::Done,
        by: "bob".into(),
        at: Timestamp(2),
        refused: None,
        how: MarkSource::Box,
    };
    let items = parse(&text).0.items.into_iter();
    let lines = items.map(|item| LedgerLine::edited(done(item.id), format!("old-{n}"), Some(item.text)));
    let issue = IssueNumber(u64::try_from(100_000 + n).unwrap());
    store.set_issue(row.id, issue, text.clone(), &[]).await.unwrap();
    store.record(row.id, lines.collect(), text.replace("[ ]", "[x]"), Timestamp(2)).await.unwrap();
}

impl App {
    /// Adds so many old releases, all of them in `production`, in which everything is done.
    async fn add_done(&self, releases: usize) {
        let store = &self.holdpoint.context().store;
        let id = store.repositories().await.unwrap()[0].id;
        let commit = self.github.world().repo(ROCKET).unwrap().git.branches["production"].clone();
        let commit = Sha::parse(&commit).unwrap();
        let mut adding = tokio::task::JoinSet::new();
        for n in 0..releases {
            adding.spawn(add_done(store.clone(), id, n, commit.clone()));
        }
        adding.join_all().await;
    }

    /// A gated repository with so many old releases, and one that waits.
    async fn with_done(releases: usize) -> (Self, u64) {
        let app = Self::gated().await;
        app.add_done(releases).await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Oil\n- [ ] Water\n"))]);
        let number = app.release("v1.0.0").await;
        (app, number)
    }
}

/// How many rows are read with their texts until an event is worked off.
async fn texts_read(app: &App) -> u64 {
    let store = &app.holdpoint.context().store;
    let before = store.texts_read();
    app.settle().await;
    store.texts_read() - before
}

#[tokio::test]
async fn an_event_reads_as_few_texts_beside_300_old_releases_as_beside_30() {
    let mut found = Vec::new();
    for releases in [30, 300] {
        let (app, number) = App::with_done(releases).await;
        // The first look finds them settled.
        app.pull_request("production", &[("first.txt", Some("x"))]);
        assert!(texts_read(&app).await > u64::try_from(releases).unwrap());
        app.pull_request("main", &[("idle.txt", Some("x"))]);
        let idle = texts_read(&app).await;
        app.pull_request("production", &[("gated.txt", Some("x"))]);
        let gated = texts_read(&app).await;
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        let tick = texts_read(&app).await;
        found.push((idle, gated, tick));
        app.finish().await;
    }
    let (idle, gated, tick) = found[1];
    assert_eq!(found[0], found[1], "texts read for a pull request, one into a gated branch, and a tick");
    assert!(idle == 0 && gated <= 150 && tick <= 150, "{found:?}");
}

#[tokio::test]
async fn a_box_that_is_unticked_in_an_old_release_shuts_the_gate_though_much_was_released_since() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Oil\n"))]);
    let number = app.release("v1.0.0").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let head = app.head(pull);
    for n in [0, 1] {
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(n)).unwrap();
    }
    app.settle().await;
    assert!(app.check(&head, "holdpoint/release").starts_with("success"), "{}", app.check(&head, "holdpoint/release"));
    app.add_done(30).await;
    // All of them are found to wait for nothing, and the old one is none of the newest.
    app.pull_request("production", &[("x.txt", Some("x"))]);
    app.settle().await;
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    let check = app.check(&head, "holdpoint/release");
    assert!(check.starts_with("action_required"), "{check}");
    app.finish().await;
}

/// The shortest of some runs, in milliseconds.
async fn shortest(app: &App, mut event: impl FnMut(usize)) -> u128 {
    let mut found = u128::MAX;
    for run in 0..5 {
        event(run);
        let begun = Instant::now();
        app.settle().await;
        if run > 0 {
            found = found.min(begun.elapsed().as_millis());
        }
    }
    found
}

/// Prints the figures of docs/performance.md. `cargo test --test it many:: -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "it measures, and takes minutes"]
async fn how_long_events_take_beside_old_releases() {
    for releases in [0, 500, 2_000] {
        let (app, number) = App::with_done(releases).await;
        let idle = shortest(&app, |run| {
            app.pull_request("main", &[(&format!("idle{run}.txt"), Some("x"))]);
        });
        let idle = idle.await;
        let gated = shortest(&app, |run| {
            app.pull_request("production", &[(&format!("gated{run}.txt"), Some("x"))]);
        });
        let gated = gated.await;
        let tick = shortest(&app, |run| {
            let mut world = app.github.world();
            if run % 2 == 0 {
                world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
            } else {
                world.untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
            }
        });
        let tick = tick.await;
        println!("{releases} releases: a pull request {idle} ms, into a gated branch {gated} ms, a tick {tick} ms");
        app.server.abort();
    }
}
