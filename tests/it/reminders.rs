//! What is open for long is reminded of, once a day at most.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::{Clock, Pick};

const LIST: &str = "- [ ] Fuel the tanks\n- [ ] Test it <!-- hp: owner=@acme/qa -->\n";

impl App {
    /// So many hours later, when the repository is looked at again.
    async fn hours_later(&self, hours: i64) {
        let github = &self.holdpoint.context().github;
        github.not_before(github.now_ms() + hours * 3_600_000);
        holdpoint::sweep::recheck(self.holdpoint.context()).await;
        self.settle().await;
    }

    fn reminders(&self, issue: u64) -> Vec<String> {
        self.comments(issue).into_iter().filter(|body| body.contains("holdpoint comment reminder-")).collect()
    }
}

async fn released(remind: &str) -> (App, u64) {
    let app = App::gated().await;
    app.github.world().clock = Clock::Real;
    let config = GATED.replace("  release:\n", &format!("  release:\n    remind: {remind}\n"));
    app.commit("main", &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(&config))]);
    let number = app.release("v1.0.0").await;
    (app, number)
}

#[tokio::test]
async fn what_nobody_touches_is_reminded_of_and_not_more_than_once_a_day() {
    let (app, number) = released("{ after: 6h, mention: owners }").await;
    app.hours_later(5).await;
    assert_eq!(app.reminders(number), Vec::<String>::new());
    app.hours_later(2).await;
    let told = app.reminders(number);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("Still open before the release: 2 items.") && told[0].contains("\n@acme/qa\n"),
        "{}",
        told[0]
    );
    app.hours_later(20).await;
    assert_eq!(app.reminders(number).len(), 1);
    app.hours_later(5).await;
    assert_eq!(app.reminders(number).len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn nothing_is_reminded_of_that_is_done_or_that_nobody_asked_for() {
    let (app, number) = released("{ after: 1h }").await;
    app.hours_later(2).await;
    let told = app.reminders(number);
    assert!(told.len() == 1 && !told[0].contains("@acme/qa"), "{told:?}");
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    app.hours_later(48).await;
    assert_eq!(app.reminders(number).len(), 1);
    app.finish().await;
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let number = app.release("v1.0.0").await;
    app.hours_later(100).await;
    assert_eq!(app.reminders(number), Vec::<String>::new());
    app.finish().await;
}
