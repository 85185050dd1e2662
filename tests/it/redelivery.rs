//! Deliveries that failed are requested again, each as often as it may help, and GitHub's list of them is read no further than it is new.

use super::{App, ROCKET};
use holdpoint::github::redelivery::Redelivery;
use holdpoint::sandbox::{Clock, Fault, NewIssue};

/// One that starts with what GitHub keeps, by the real clock: it keeps a delivery for three days.
async fn start() -> (App, Redelivery) {
    let app = App::start().await;
    app.settle().await;
    app.github.world().clock = Clock::Real;
    app.github.clear_exchanges();
    (app, Redelivery::default())
}

/// The same, with an issue on which people can comment.
async fn with_issue() -> (App, Redelivery, u64) {
    let (app, redelivery) = start().await;
    let talk = NewIssue { title: "Talk".to_owned(), ..NewIssue::default() };
    let issue = app.github.world().open_issue(ROCKET, "bob", &talk).unwrap();
    app.settle().await;
    (app, redelivery, issue)
}

impl App {
    async fn requests(&self, redelivery: &mut Redelivery) -> usize {
        redelivery.request(&self.holdpoint.context().github).await.unwrap().requested
    }

    /// The pages of the list that were read.
    fn pages(&self) -> usize {
        let exchanges = self.github.exchanges();
        self.github.clear_exchanges();
        exchanges.iter().filter(|exchange| exchange.path == "/app/hook/deliveries").count()
    }

    /// Makes comments whose deliveries arrive.
    async fn comments_arrive(&self, issue: u64, many: usize) {
        for _ in 0..many {
            self.comment_once(issue, false).await;
        }
    }

    /// What was delivered so far was delivered an hour ago.
    fn an_hour_passes(&self) {
        self.github.world().hooks.log.values_mut().for_each(|delivery| delivery.at -= 3_600);
    }

    /// Makes a comment whose delivery fails, if `fails` says so.
    async fn comment_once(&self, issue: u64, fails: bool) {
        self.github.world().hooks.drop_next = u32::from(fails);
        self.github.world().comment(ROCKET, issue, "bob", "Looking at it").unwrap();
        self.github.deliver_pending().await;
    }
}

#[tokio::test]
async fn a_delivery_that_failed_is_requested_again_once_it_arrived_it_is_not() {
    let (app, mut redelivery) = start().await;
    app.github.world().hooks.drop_next = 2;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.deliver_pending().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    assert_eq!(app.requests(&mut redelivery).await, 2);
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.requests(&mut redelivery).await, 0);
    assert_eq!(app.requests(&mut Redelivery::default()).await, 0, "a process that was started again reads the same");
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_that_github_does_not_send_again_keeps_no_other_from_being_requested() {
    let (app, mut redelivery) = start().await;
    app.github.world().hooks.drop_next = 3;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.world().create_tag(ROCKET, "v1.0.1", "main", "alice", None).unwrap();
    app.github.deliver_pending().await;
    app.github.fail_next("POST", "/app/hook/deliveries/", Fault::Status(422), 1);
    assert_eq!(app.requests(&mut redelivery).await, 2, "of three that failed one was refused");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_later_round_reads_what_is_new_and_remembers_what_failed_before() {
    let (app, mut redelivery, issue) = with_issue().await;
    // Long ago, one delivery failed; then two hundred arrived.
    app.comment_once(issue, true).await;
    app.comments_arrive(issue, 200).await;
    app.an_hour_passes();
    app.comment_once(issue, false).await;
    assert_eq!(app.requests(&mut redelivery).await, 1);
    assert!(app.pages() >= 2, "the first round reads all that GitHub keeps");
    // It fails again, and is requested again.
    app.github.world().hooks.drop_next = 1;
    app.github.deliver_pending().await;
    app.pages();
    assert_eq!(app.requests(&mut redelivery).await, 1);
    assert_eq!(app.pages(), 1);
    app.settle().await;
    assert_eq!(app.requests(&mut redelivery).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn where_a_round_breaks_off_the_next_one_reads_the_same_again() {
    let (app, mut redelivery, issue) = with_issue().await;
    app.comment_once(issue, true).await;
    app.comments_arrive(issue, 120).await;
    app.requests(&mut Redelivery::default()).await;
    app.settle().await;
    app.comment_once(issue, true).await;
    app.comments_arrive(issue, 120).await;
    app.github.fail_next("GET", "/app/hook/deliveries", Fault::Status(502), 1);
    let github = &app.holdpoint.context().github;
    assert!(redelivery.request(github).await.is_err());
    assert_eq!(app.requests(&mut redelivery).await, 1);
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_that_fails_while_others_arrive_is_given_up_after_five_attempts() {
    let (app, mut redelivery, issue) = with_issue().await;
    app.comment_once(issue, true).await;
    let mut requested = 0;
    for _ in 0..10 {
        app.comment_once(issue, false).await;
        requested += app.requests(&mut redelivery).await;
        app.github.world().hooks.drop_next = 1;
        app.github.deliver_pending().await;
    }
    assert_eq!(requested, 4, "the first attempt, and four more");
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_is_requested_for_as_long_as_nothing_at_all_arrives() {
    let (app, mut redelivery) = start().await;
    // What arrived before the outage is long ago.
    app.an_hour_passes();
    app.github.world().hooks.drop_next = u32::MAX;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.github.deliver_pending().await;
    for round in 0..20 {
        assert!(app.requests(&mut redelivery).await >= 2, "round {round}");
        app.github.deliver_pending().await;
    }
    app.github.world().hooks.drop_next = 0;
    assert!(app.requests(&mut redelivery).await >= 2);
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}
