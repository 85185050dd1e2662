//! What a process finds that begins anew: times, sweeps, files.

use super::super::restoration::DOUBT;
use super::*;

#[tokio::test]
async fn what_a_clock_that_was_ahead_put_off_is_due_once_the_clock_is_right() {
    const YEAR: i64 = 365 * 24 * 3_600_000;
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", YEAR)).await.unwrap();
    store.enqueue(delivery("b", "2", "k", YEAR)).await.unwrap();
    store.claim(YEAR, limits(LEASE, 50)).await.unwrap().unwrap();
    drop(store);
    let store = dir.open();
    assert_eq!(claim(&store, 5).await, None);
    store.take_over(5).await.unwrap();
    assert_eq!(store.mend_times(5).await.unwrap(), 0, "it was done at the start");
    for guid in ["a", "b"] {
        assert_eq!(claim(&store, 5).await, claimed("k", &[guid]));
    }
    // An ordinary wait is left alone.
    store.enqueue(delivery("c", "3", "k", 5)).await.unwrap();
    let batch = store.claim(5, limits(LEASE, 50)).await.unwrap().unwrap();
    store.postpone(batch.ids(), 3_600_000, "a limit").await.unwrap();
    assert_eq!(store.mend_times(5).await.unwrap(), 0);
}

#[tokio::test]
async fn a_sweep_is_due_after_an_hour_however_often_the_process_begins_anew() {
    const HOUR: i64 = 3_600_000;
    let dir = Dir::new();
    let mut due = Vec::new();
    for minute in [0, 50, 59, 60, 100, 121, 20] {
        due.push(dir.open().begin_sweep(minute * 60_000, HOUR).await.unwrap());
    }
    // The last is before the one that was noted: that clock was ahead.
    assert_eq!(due, [true, false, false, true, false, true, true]);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_may_read_the_files_of_the_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = Dir::new();
    // One that an older version left for all to read.
    std::fs::write(dir.db(), "").unwrap();
    std::fs::set_permissions(dir.db(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", 1)).await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(dir.db().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        seen += 1;
    }
    assert!(seen >= 4, "database, journal, index and lock: {seen}");
}

#[tokio::test]
async fn each_installation_gets_a_place_before_one_of_them_gets_a_second() {
    let dir = Dir::new();
    let store = dir.open();
    let of = |guid: &str, lane: &str, installation: u64, at: i64| NewDelivery {
        installation_id: Some(installation),
        ..delivery(guid, lane, "k", at)
    };
    // One with many lanes was first, and has two batches for each.
    for n in 0..40 {
        store.enqueue(of(&format!("busy-{n}"), &format!("busy/{}", n % 20), 1, n)).await.unwrap();
    }
    store.enqueue(of("quiet", "quiet/1", 2, 100)).await.unwrap();
    store.enqueue(of("third", "third/1", 3, 200)).await.unwrap();
    let mut first = Vec::new();
    for _ in 0..4 {
        first.push(store.claim(1_000, limits(LEASE, 50)).await.unwrap().unwrap().lane);
    }
    assert_eq!(first, ["busy/0", "quiet/1", "third/1", "busy/1"]);
}

#[tokio::test]
async fn each_repository_gets_a_turn_before_one_of_them_gets_a_second() {
    let dir = Dir::new();
    let store = dir.open();
    for lane in ["a", "b", "c", "d"] {
        for n in 0..50 {
            let key = format!("pr/{n}");
            store.enqueue(delivery(&format!("{lane}-{n}"), lane, &key, n)).await.unwrap();
        }
    }
    store.enqueue(delivery("late", "late", "issue/1", 2_000)).await.unwrap();
    let mut turns = Vec::new();
    for now in 10_000..10_010 {
        let batch = store.claim(now, limits(LEASE, 50)).await.unwrap().unwrap();
        store.complete(batch.ids(), now).await.unwrap();
        turns.push(batch.lane);
    }
    assert_eq!(turns, ["a", "b", "c", "d", "late", "a", "b", "c", "d", "a"]);
}

#[tokio::test]
async fn a_dead_letter_is_kept_longer_than_what_was_worked_off_and_not_for_ever() {
    let dir = Dir::new();
    let store = dir.open();
    for guid in ["done", "dead"] {
        store.enqueue(delivery(guid, guid, "k", 1)).await.unwrap();
        let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
        match guid {
            "done" => store.complete(batch.ids(), 10).await.unwrap(),
            _ => store.dead_letter(batch.ids(), 10, "why").await.unwrap(),
        }
    }
    assert_eq!(store.prune(20, 5).await.unwrap(), 1);
    assert_eq!(store.counts().await.unwrap().dead, 1);
    assert_eq!(store.prune(20, 20).await.unwrap(), 1);
    assert_eq!(store.counts().await.unwrap(), Counts::default());
}

#[test]
fn the_page_has_the_statements_by_which_an_older_copy_is_doubted() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operating.md");
    let page = std::fs::read_to_string(page).unwrap();
    let block = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let statements: Vec<&str> = block.lines().filter_map(|line| line.strip_suffix(';')).collect();
    assert_eq!(statements, DOUBT);
}
