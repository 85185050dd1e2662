//! Who waits for whom in one repository: a look at all of it is cut into jobs, and people wait for one of them at most; pull requests
//! that wait are processed together, and one that cannot be processed keeps no other.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::{Fault, Pick};

const GATE: &str = "holdpoint/release";
const REVIEW: &str = "holdpoint/review";

impl App {
    /// A repository with this many open pull requests into `production` of which no event arrived, and an open release.
    async fn with_missed(pulls: usize) -> (Self, u64, Vec<u64>) {
        let app = Self::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Sky\n"))]);
        let issue = app.release("v1.0.0").await;
        let missed = (0..pulls).map(|n| app.pull_request("production", &[(&format!("{n}.txt"), Some("x"))])).collect();
        app.github.world().hooks.lose_next = u32::MAX;
        app.settle().await;
        app.github.world().hooks.lose_next = 0;
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        (app, issue, missed)
    }

    /// Works one batch off, as of now.
    async fn work_one_batch(&self) -> bool {
        let now = self.holdpoint.context().github.now_ms();
        self.holdpoint.worker().step(now).await.unwrap()
    }
}

#[tokio::test]
async fn a_look_at_many_pull_requests_is_cut_and_a_tick_waits_for_one_part_of_it_at_most() {
    let (app, issue, missed) = App::with_missed(45).await;
    let reviewed = |app: &App| missed.iter().filter(|pull| app.check(&app.head(**pull), REVIEW) != "none").count();
    let none = reviewed(&app);
    // The look itself, which makes the jobs, other repositories, and then the first job.
    while reviewed(&app) == none {
        assert!(app.work_one_batch().await, "nothing is due, and none was looked at");
    }
    let first = reviewed(&app) - none;
    assert!((1..=20).contains(&first), "{first} of 45 were looked at");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.github.deliver_pending().await;
    while !app.check("v1.0.0", GATE).contains("1 of 2 done") {
        assert!(app.work_one_batch().await, "{}", app.check("v1.0.0", GATE));
    }
    assert_eq!(reviewed(&app) - none, first, "the tick went first");
    app.settle().await;
    for pull in &missed {
        assert!(app.check(&app.head(*pull), REVIEW).starts_with("success"));
        assert!(app.check(&app.head(*pull), GATE).starts_with("success"), "{}", app.check(&app.head(*pull), GATE));
    }
    app.finish().await;
}

#[tokio::test]
async fn pull_requests_that_wait_are_one_batch_and_one_that_fails_keeps_no_other() {
    // One that GitHub refuses, and one at which it fails as in an outage.
    for status in [422, 502] {
        one_fails(Fault::Status(status)).await;
    }
}

async fn one_fails(fault: Fault) {
    let app = App::gated().await;
    let pulls: Vec<u64> = (0..5).map(|n| app.pull_request("main", &[(&format!("{n}.txt"), Some("x"))])).collect();
    app.github.deliver_pending().await;
    // Whatever else came goes first.
    let path = format!("/repos/acme/rocket/pulls/{}", pulls[1]);
    app.github.fail_next("GET", &path, fault, u32::MAX);
    let mut batches = 0;
    while app.check(&app.head(pulls[4]), REVIEW) == "none" {
        assert!(app.work_one_batch().await, "nothing is due, and the last one has no review");
        batches += 1;
        assert!(batches < 30);
    }
    for pull in pulls.iter().filter(|pull| **pull != pulls[1]) {
        assert!(app.check(&app.head(*pull), REVIEW).starts_with("success"), "#{pull}");
    }
    assert_eq!(app.check(&app.head(pulls[1]), REVIEW), "none");
    app.github.forget_faults();
    app.settle().await;
    assert!(app.check(&app.head(pulls[1]), REVIEW).starts_with("success"));
    app.finish().await;
}
