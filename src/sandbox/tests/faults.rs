//! Going wrong on purpose.

use super::{ask, send, start, token};
use crate::sandbox::{Fault, REPO, World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ISSUES: &str = "/repos/acme/rocket/issues";

#[tokio::test]
async fn a_planned_status_is_answered_once_and_nothing_happens() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    sandbox.fail_next("POST", ISSUES, Fault::Status(502), 1);
    let answer = ask(&sandbox, &token, "POST", ISSUES, json!({ "title": "T" })).await;
    assert_eq!(answer.status, 502);
    assert!(sandbox.issues(REPO).is_empty());
    let answer = ask(&sandbox, &token, "POST", ISSUES, json!({ "title": "T" })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(sandbox.faults_left(), 0);
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    sandbox.fail_next("*", "/repos", Fault::RetryAfter(403, 7), 2);
    for _ in 0..2 {
        let answer = ask(&sandbox, &token, "GET", ISSUES, Value::Null).await;
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (403, "7"));
    }
    assert_eq!(ask(&sandbox, &token, "GET", ISSUES, Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_dropped_connection_leaves_the_caller_without_an_answer() {
    let sandbox = start(World::standard()).await;
    let bearer = format!("Bearer {}", token(&sandbox).await);
    let headers = [("authorization", bearer.as_str())];
    let body = || json!({ "title": "T" }).to_string().into_bytes();
    sandbox.fail_next("POST", ISSUES, Fault::DropBefore, 1);
    assert!(send(&sandbox, "POST", ISSUES, &headers, body()).await.is_none());
    assert_eq!(sandbox.issues(REPO).len(), 0);
    sandbox.fail_next("POST", ISSUES, Fault::DropAfter, 1);
    assert!(send(&sandbox, "POST", ISSUES, &headers, body()).await.is_none());
    assert_eq!(sandbox.issues(REPO).len(), 1, "it was carried out, and nobody was told");
}

#[tokio::test]
async fn a_delay_is_only_a_delay() {
    let sandbox = start(World::standard()).await;
    let token = token(&sandbox).await;
    sandbox.fail_next("GET", ISSUES, Fault::Delay(Duration::from_millis(150)), 1);
    let began = Instant::now();
    assert_eq!(ask(&sandbox, &token, "GET", ISSUES, Value::Null).await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
}
