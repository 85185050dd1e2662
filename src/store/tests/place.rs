//! One process alone has the database, at the place where it opened it, and a lane that is at work has one batch.

use super::*;
use std::collections::BTreeSet;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_deletes_the_lock_beside_the_database_lets_nobody_in() {
    let dir = Dir::new();
    let store = dir.open();
    for _ in 0..2 {
        std::fs::remove_file(dir.db().with_file_name("test.db-lock")).unwrap();
        let error = format!("{:#}", Store::open(&dir.db()).unwrap_err());
        assert!(error.contains("another process uses the database"), "{error}");
    }
    store.probe(1).await.unwrap();
    store.close().await;
    dir.open().probe(1).await.unwrap();
}

#[tokio::test]
async fn nothing_is_promised_in_a_database_that_was_taken_away_or_replaced() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", 1)).await.unwrap();
    let aside = dir.db().with_file_name("aside.db");
    std::fs::rename(dir.db(), &aside).unwrap();
    let error = store.enqueue(delivery("b", "1", "k", 1)).await.unwrap_err().to_string();
    assert!(error.contains("test.db is not there any more"), "{error}");
    std::fs::copy(&aside, dir.db()).unwrap();
    let error = store.claim(1, limits(LEASE, 50)).await.unwrap_err().to_string();
    assert!(error.contains("was replaced by another file"), "{error}");
    assert!(store.probe(1).await.is_err());
    std::fs::rename(&aside, dir.db()).unwrap();
    assert_eq!(claim(&store, 1).await, claimed("k", &["a"]));
}

#[tokio::test]
async fn a_lane_that_is_still_at_work_is_not_claimed_again_when_a_machine_wakes() {
    let dir = Dir::new();
    let store = dir.open();
    for (guid, lane) in [("a", "1"), ("b", "1"), ("c", "2")] {
        store.enqueue(delivery(guid, lane, guid, 1)).await.unwrap();
    }
    let first = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    let at_work = BTreeSet::from([first.lane.clone()]);
    // Paused for much longer than the lease.
    let awake = 1 + 10 * LEASE;
    let other = store.claim_beside(awake, limits(LEASE, 50), at_work.clone()).await.unwrap().unwrap();
    assert_eq!((first.lane.as_str(), other.lane.as_str()), ("1", "2"));
    assert!(store.claim_beside(awake, limits(LEASE, 50), at_work.clone()).await.unwrap().is_none());
    store.complete(first.ids(), awake).await.unwrap();
    let next = store.claim_beside(awake, limits(LEASE, 50), BTreeSet::new()).await.unwrap().unwrap();
    assert_eq!((next.jobs.len(), next.jobs[0].guid.as_str(), next.jobs[0].attempts), (1, "b", 1));
}

#[test]
fn a_place_that_cannot_be_written_to_is_named_with_what_to_do() {
    let dir = Dir::new();
    let missing = dir.db().with_file_name("no").join("such").join("test.db");
    let error = format!("{:#}", Store::open(&missing).unwrap_err());
    assert!(error.contains("no/such for the database") && error.contains("does not exist"), "{error}");
    assert!(!missing.parent().unwrap().parent().unwrap().exists(), "no directory is made");
    std::fs::create_dir(dir.db()).unwrap();
    let error = format!("{:#}", Store::open(&dir.db()).unwrap_err());
    assert!(error.contains("test.db cannot be written to") && error.contains("HOLDPOINT_DATABASE_URL"), "{error}");
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = file::unusable(&dir.db(), &denied).to_string();
    for said in ["test.db", "permission denied", "user ", "create files in"] {
        assert!(error.contains(said), "{said}: {error}");
    }
}
