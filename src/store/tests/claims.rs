//! Whose turn it is: what people wait for, then pull requests together, then what Holdpoint asks of itself; and nobody waits for ever.

use super::*;

/// As the worker claims: several pull requests at a time, and two lanes of an installation.
fn several(jobs: usize) -> ClaimLimits {
    ClaimLimits { lease_ms: LEASE, jobs, keys: 16, bytes: 1 << 20, lanes: 2 }
}

fn guids(batch: &Batch) -> Vec<&str> {
    batch.jobs.iter().map(|job| job.guid.as_str()).collect()
}

/// Claims and completes until nothing is due; the GUIDs of each batch.
async fn order(store: &Store, now: i64) -> Vec<Vec<String>> {
    let mut batches = Vec::new();
    while let Some(batch) = store.claim(now, several(50)).await.unwrap() {
        batches.push(guids(&batch).into_iter().map(str::to_owned).collect());
        store.complete(batch.ids(), now).await.unwrap();
    }
    batches
}

#[tokio::test]
async fn what_people_wait_for_goes_first_and_pull_requests_are_taken_together() {
    let dir = Dir::new();
    let store = dir.open();
    let keys = [
        "recheck",
        "recheck/7",
        "pr/1",
        "ref/refs/heads/main",
        "pr/2",
        "pr/1",
        "deployment/4",
        "issue/3",
        "sha/aa",
        "ref/refs/tags/v1",
    ];
    for (at, key) in (1..).zip(keys) {
        store.enqueue(delivery(&format!("{at} {key}"), "1", key, at)).await.unwrap();
    }
    let expected = [
        vec!["7 deployment/4"],
        vec!["8 issue/3"],
        vec!["9 sha/aa"],
        vec!["10 ref/refs/tags/v1"],
        vec!["4 ref/refs/heads/main"],
        vec!["3 pr/1", "5 pr/2", "6 pr/1"],
        vec!["1 recheck"],
        vec!["2 recheck/7"],
    ];
    assert_eq!(order(&store, 100).await, expected);
}

#[tokio::test]
async fn what_has_waited_for_ten_minutes_waits_for_nothing_more_urgent() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("sweep", "1", "recheck", 1)).await.unwrap();
    store.enqueue(delivery("tick", "1", "issue/3", 2)).await.unwrap();
    assert_eq!(guids(&store.claim(600_000, several(50)).await.unwrap().unwrap()), ["tick"]);
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("sweep", "1", "recheck", 1)).await.unwrap();
    store.enqueue(delivery("tick", "1", "issue/3", 2)).await.unwrap();
    assert_eq!(guids(&store.claim(600_001, several(50)).await.unwrap().unwrap()), ["sweep"]);
}

#[tokio::test]
async fn pull_requests_go_together_also_when_they_have_waited_for_long() {
    let dir = Dir::new();
    let store = dir.open();
    for n in 1..=3 {
        store.enqueue(delivery(&format!("{n}"), "1", &format!("pr/{n}"), n)).await.unwrap();
    }
    assert_eq!(guids(&store.claim(900_000, several(50)).await.unwrap().unwrap()), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_batch_of_pull_requests_keeps_to_its_limits_and_leaves_no_job_behind_a_later_one() {
    let dir = Dir::new();
    let store = dir.open();
    for n in 0..20 {
        for at in [1, 2] {
            store.enqueue(delivery(&format!("{n}-{at}"), "1", &format!("pr/{n}"), at)).await.unwrap();
        }
    }
    let first = store.claim(9, several(50)).await.unwrap().unwrap();
    assert_eq!(first.by_key().len(), 16, "so many keys");
    store.complete(first.ids(), 9).await.unwrap();
    let second = store.claim(9, several(3)).await.unwrap().unwrap();
    assert_eq!(second.jobs.len(), 3, "so many jobs");
    for batch in second.by_key() {
        assert!(batch.jobs.first().unwrap().guid.ends_with("-1"), "the older one first");
    }
    store.complete(second.ids(), 9).await.unwrap();
    let rest: Vec<String> = order(&store, 9).await.into_iter().flatten().collect();
    assert_eq!(rest.len(), 40 - 32 - 3);
}

#[tokio::test]
async fn a_pull_request_that_was_tried_before_is_alone() {
    let dir = Dir::new();
    let store = dir.open();
    for n in 1..=3 {
        store.enqueue(delivery(&format!("{n}"), "1", &format!("pr/{n}"), n)).await.unwrap();
    }
    let all = store.claim(9, several(50)).await.unwrap().unwrap();
    assert_eq!(guids(&all), ["1", "2", "3"]);
    // The process ends, and the lease with it.
    let after = 9 + LEASE;
    for n in ["1", "2", "3"] {
        let one = store.claim(after, several(50)).await.unwrap().unwrap();
        assert_eq!(guids(&one), [n]);
        store.complete(one.ids(), after).await.unwrap();
    }
}

#[tokio::test]
async fn an_installation_has_so_many_lanes_at_work_and_others_go_on() {
    let dir = Dir::new();
    let store = dir.open();
    for lane in ["1", "2", "3"] {
        store.enqueue(delivery(lane, lane, "k", 1)).await.unwrap();
    }
    let other = NewDelivery { installation_id: Some(2), ..delivery("other", "4", "k", 5) };
    store.enqueue(other).await.unwrap();
    let mut lanes = Vec::new();
    while let Some(batch) = store.claim(9, several(50)).await.unwrap() {
        lanes.push(batch.lane);
    }
    assert_eq!(lanes, ["1", "4", "2"], "the third lane of the first installation waits");
}
