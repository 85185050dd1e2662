use super::*;
use crate::github::{self, tests::key};
use crate::settings::Settings;
use crate::store::tests::{Dir, delivery};
use crate::store::{Counts, NewDelivery};
use std::collections::BTreeSet;
use tokio_util::bytes::Bytes;

/// A worker on a database of its own, with a GitHub that nobody answers for.
fn worker(dir: &Dir) -> Worker {
    let settings = Settings {
        github_app_id: Some(7),
        github_private_key: Some(key()),
        github_api_url: "http://127.0.0.1:9".to_owned(),
        webhook_secret: Some(crate::settings::Secret::new("a secret")),
        ..Settings::default()
    };
    let github = Arc::new(github::App::new(&settings).unwrap());
    Worker::new(Arc::new(Context::new(dir.open(), github, Arc::new(settings)).unwrap()))
}

async fn enqueue(worker: &Worker, guid: &str, body: &'static str) {
    let new = NewDelivery {
        event: "ping".to_owned(),
        body: Bytes::from_static(body.as_bytes()),
        ..delivery(guid, "1", "k", 1)
    };
    worker.context.store.enqueue(new).await.unwrap();
}

async fn counts(worker: &Worker) -> Counts {
    worker.context.store.counts().await.unwrap()
}

fn retry(at_ms: Option<i64>) -> Failure {
    Failure::Retry { at_ms, message: "502".to_owned() }
}

/// Claims at `now` and settles with `failure`; the number of the try.
async fn fail(worker: &Worker, now: i64, failure: Failure) -> u32 {
    let batch = worker.context.store.claim(now, LIMITS).await.unwrap().unwrap();
    let attempts = batch.jobs[0].attempts;
    worker.settle(&batch, Err(failure), now).await;
    attempts
}

async fn next_due(worker: &Worker) -> i64 {
    worker.context.store.next_due().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_delivery_that_is_not_json_becomes_a_dead_letter_and_takes_no_other_with_it() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    enqueue(&worker, "b", "{").await;
    enqueue(&worker, "c", "{}").await;
    worker.drain().await.unwrap();
    assert_eq!(counts(&worker).await, Counts { done: 2, dead: 1, ..Counts::default() });
    assert_eq!(worker.context.store.dead(9).await.unwrap()[0].guid, "b");
}

#[tokio::test]
async fn a_job_is_tried_eight_times_with_growing_waits_and_then_given_up() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let mut now = 1;
    for attempt in 1..=8 {
        assert_eq!(fail(&worker, now, retry(None)).await, attempt);
        if attempt < 8 {
            let wait = next_due(&worker).await - now;
            let least = (5_000 << (attempt - 1)).min(900_000);
            assert!((least..=least + least / 4).contains(&wait), "{attempt}: {wait}");
            now += wait;
        }
    }
    assert_eq!(counts(&worker).await, Counts { dead: 1, ..Counts::default() });
}

#[tokio::test]
async fn waiting_because_github_asks_for_it_is_no_try_but_ends_after_a_day() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let mut now = 1;
    for _ in 0..24 {
        assert_eq!(fail(&worker, now, retry(Some(now + 3_600_000))).await, 1);
        assert_eq!(next_due(&worker).await, now + 3_600_000);
        now += 3_600_000;
    }
    fail(&worker, now + 1, retry(Some(now))).await;
    assert_eq!(counts(&worker).await, Counts { dead: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_wait_that_is_over_already_does_not_spin() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    fail(&worker, 10, retry(Some(3))).await;
    assert_eq!(next_due(&worker).await, 1_010);
}

#[tokio::test]
async fn a_job_that_is_claimed_too_often_and_never_settled_is_given_up_unseen() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let mut now = 1;
    for _ in 0..MAX_ATTEMPTS {
        worker.context.store.claim(now, LIMITS).await.unwrap().unwrap();
        now += LEASE_MS;
    }
    assert!(worker.step(now).await.unwrap());
    assert_eq!(counts(&worker).await, Counts { dead: 1, ..Counts::default() });
}

#[tokio::test]
async fn draining_jumps_over_waits_and_leases() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let far = now_ms() + 86_400_000;
    fail(&worker, far, retry(None)).await;
    let end = worker.drain().await.unwrap();
    assert!(end > far);
    assert_eq!(counts(&worker).await, Counts { done: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_worker_is_woken_by_a_delivery_and_stops_when_it_is_told_to() {
    let dir = Dir::new();
    let worker = worker(&dir);
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (worker, stop) = (worker.clone(), stop.clone());
        async move { worker.run(stop).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    enqueue(&worker, "a", "{}").await;
    let done = async {
        while counts(&worker).await.done == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), done).await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
    enqueue(&worker, "b", "{}").await;
    assert_eq!(counts(&worker).await.queued, 1);
}

#[tokio::test]
async fn what_is_at_work_when_the_process_must_go_is_given_back_untried() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let batch = worker.context.store.claim(1, LIMITS).await.unwrap().unwrap();
    worker.release(batch.ids()).await;
    let again = worker.context.store.claim(1, LIMITS).await.unwrap().unwrap();
    assert_eq!(again.jobs[0].attempts, 1);
}

#[test]
fn waits_double_up_to_a_quarter_of_an_hour_and_differ_between_jobs() {
    for attempt in 1..40 {
        for seed in 0..100 {
            let wait = backoff_ms(attempt, seed);
            assert!((5_000..=1_125_000).contains(&wait), "{attempt} {seed}: {wait}");
            assert_eq!(wait, backoff_ms(attempt, seed));
        }
    }
    let waits: BTreeSet<_> = (0..100).map(|seed| backoff_ms(8, seed)).collect();
    assert!(waits.len() > 60, "{}", waits.len());
}

#[tokio::test]
async fn a_batch_that_ends_does_not_free_the_lane_in_which_the_next_one_is_at_work() {
    let dir = Dir::new();
    let worker = worker(&dir);
    enqueue(&worker, "a", "{}").await;
    let (first, at_work) = worker.claim(1).await.unwrap().unwrap();
    // Its jobs are settled, which frees the lane, and the worker is not done with it yet.
    worker.context.store.complete(first.ids(), 1).await.unwrap();
    enqueue(&worker, "b", "{}").await;
    let (_, next_at_work) = worker.claim(1).await.unwrap().unwrap();
    drop(at_work);
    assert!(worker.claim(1 + LEASE_MS).await.unwrap().is_none(), "the next batch is at work in it");
    drop(next_at_work);
    assert!(worker.claim(1 + 2 * LEASE_MS).await.unwrap().is_some());
}

#[tokio::test]
async fn what_waits_behind_an_outage_waits_and_shares_no_dead_letter_of_its_batch() {
    let dir = Dir::new();
    let worker = worker(&dir);
    let pull = |n: u64| {
        format!(
            r#"{{"action":"opened","number":{n},"installation":{{"id":1}},"repository":{{"id":2,"full_name":"a/b"}},"sender":{{"login":"x","type":"User"}}}}"#
        )
    };
    let now = now_ms();
    for n in 1..=4 {
        let body = if n == 1 { "{".to_owned() } else { pull(n) };
        let new = NewDelivery {
            event: "pull_request".to_owned(),
            body: Bytes::from(body),
            ..delivery(&n.to_string(), "2", &format!("pr/{n}"), now)
        };
        worker.context.store.enqueue(new).await.unwrap();
    }
    assert!(worker.step(now).await.unwrap());
    assert_eq!(counts(&worker).await, Counts { dead: 1, queued: 3, ..Counts::default() });
    assert_eq!(worker.context.store.dead(9).await.unwrap()[0].guid, "1");
}

#[tokio::test]
async fn a_job_that_runs_out_of_tries_takes_no_other_of_its_batch_with_it() {
    let dir = Dir::new();
    let worker = worker(&dir);
    for guid in ["old", "young"] {
        worker.context.store.enqueue(delivery(guid, "1", "k", 1)).await.unwrap();
    }
    let batch = worker.context.store.claim(1, LIMITS).await.unwrap().unwrap();
    let tired = |guid: &str| if guid == "old" { MAX_ATTEMPTS } else { 1 };
    let jobs = batch.jobs.iter().map(|job| Job { attempts: tired(&job.guid), ..job.clone() }).collect();
    let batch = Batch { jobs, ..batch };
    assert!(buries(&retry(None), &batch, 1), "one of them would be buried, so each is tried alone");
    let young = Batch { jobs: batch.jobs.iter().filter(|job| job.guid == "young").cloned().collect(), ..batch.clone() };
    assert!(!buries(&retry(None), &young, 1));
    assert!(!buries(&retry(Some(9)), &batch, 1), "an outage costs no try");
}
