mod claims;
mod ledger;
mod place;
mod restarts;
mod settled;

use super::claim::{NEXT_JOBS, NEXT_KEYS, OLDEST_KEY};
use super::*;
use rusqlite::params;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::bytes::Bytes;

const LEASE: i64 = 1_000;

/// A directory of its own for one test, removed when the test ends.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("holdpoint-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.0.join("test.db")
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.db()).unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

pub(crate) fn delivery(guid: &str, lane: &str, key: &str, at: i64) -> NewDelivery {
    NewDelivery {
        guid: guid.to_owned(),
        event: "push".to_owned(),
        action: None,
        installation_id: Some(1),
        repository_id: Some(2),
        lane: lane.to_owned(),
        key: key.to_owned(),
        body: Bytes::from(format!("{{\"guid\":\"{guid}\"}}")),
        received_at: at,
    }
}

/// One key at a time.
pub(crate) fn limits(lease_ms: i64, jobs: usize) -> ClaimLimits {
    ClaimLimits { lease_ms, jobs, keys: 1, bytes: 32 << 20, lanes: usize::MAX }
}

async fn claim(store: &Store, now: i64) -> Option<(String, Vec<String>)> {
    let batch = store.claim(now, limits(LEASE, 50)).await.unwrap()?;
    Some((batch.key, batch.jobs.into_iter().map(|job| job.guid).collect()))
}

fn claimed(key: &str, guids: &[&str]) -> Option<(String, Vec<String>)> {
    Some((key.to_owned(), guids.iter().map(|&guid| guid.to_owned()).collect()))
}

#[tokio::test]
async fn a_body_comes_back_byte_for_byte() {
    let dir = Dir::new();
    let store = dir.open();
    let large: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    for (guid, body) in [("empty", Vec::new()), ("odd", vec![0, 255, 13, 10]), ("large", large)] {
        let new = NewDelivery { body: body.clone().into(), ..delivery(guid, guid, "k", 1) };
        assert_eq!(store.enqueue(new).await.unwrap(), Enqueued::Queued);
        let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
        assert!(batch.jobs[0].body == body, "{guid}");
    }
}

#[tokio::test]
async fn a_delivery_sent_twice_is_one_until_it_is_done_and_then_waits_again() {
    let dir = Dir::new();
    let store = dir.open();
    let same = || delivery("a", "1", "pr/1", 1);
    assert_eq!(store.enqueue(same()).await.unwrap(), Enqueued::Queued);
    assert_eq!(store.enqueue(same()).await.unwrap(), Enqueued::Duplicate);
    let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(store.enqueue(same()).await.unwrap(), Enqueued::Duplicate);
    store.complete(batch.ids(), 2).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(store.enqueue(same()).await.unwrap(), Enqueued::Requeued);
    let batch = store.claim(3, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(batch.jobs[0].attempts, 1);
    store.dead_letter(batch.ids(), 4, "no").await.unwrap();
    assert_eq!(store.enqueue(same()).await.unwrap(), Enqueued::Requeued);
    let other_body = NewDelivery { body: Bytes::from_static(b"{}"), ..same() };
    assert_eq!(
        store.enqueue(other_body).await.unwrap(),
        Enqueued::Queued,
        "the same GUID with another body is another"
    );
}

#[tokio::test]
async fn one_batch_of_a_lane_runs_at_a_time_and_other_lanes_go_on() {
    let dir = Dir::new();
    let store = dir.open();
    for (guid, lane, key) in [("a", "1", "pr/1"), ("b", "1", "pr/2"), ("c", "2", "pr/1")] {
        store.enqueue(delivery(guid, lane, key, 1)).await.unwrap();
    }
    let first = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!((first.lane.as_str(), first.key.as_str()), ("1", "pr/1"));
    let second = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(second.lane, "2");
    assert_eq!(claim(&store, 1).await, None);
    store.complete(first.ids(), 1).await.unwrap();
    assert_eq!(claim(&store, 1).await, claimed("pr/2", &["b"]));
}

#[tokio::test]
async fn a_burst_of_one_key_is_claimed_at_once_in_order_up_to_the_limit() {
    let dir = Dir::new();
    let store = dir.open();
    for at in 0..5 {
        store.enqueue(delivery(&format!("a{at}"), "1", "pr/1", at)).await.unwrap();
        store.enqueue(delivery(&format!("b{at}"), "1", "pr/2", at)).await.unwrap();
    }
    let batch = store.claim(10, limits(LEASE, 3)).await.unwrap().unwrap();
    let guids: Vec<_> = batch.jobs.iter().map(|job| job.guid.as_str()).collect();
    assert_eq!((batch.key.as_str(), guids.as_slice()), ("pr/1", ["a0", "a1", "a2"].as_slice()));
    store.complete(batch.ids(), 10).await.unwrap();
    let batch = store.claim(10, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!((batch.key.as_str(), batch.jobs.len()), ("pr/2", 5), "the other key has the older job now");
    store.complete(batch.ids(), 10).await.unwrap();
    assert_eq!(claim(&store, 10).await, claimed("pr/1", &["a3", "a4"]));
}

#[tokio::test]
async fn nothing_overtakes_a_job_of_its_key_that_waits_for_another_try() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "pr/1", 1)).await.unwrap();
    let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    store.retry(batch.ids(), 500, "502").await.unwrap();
    store.enqueue(delivery("b", "1", "pr/1", 2)).await.unwrap();
    assert_eq!(claim(&store, 499).await, None);
    assert_eq!(store.next_due().await.unwrap(), Some(500));
    store.enqueue(delivery("c", "1", "pr/2", 3)).await.unwrap();
    assert_eq!(claim(&store, 499).await, claimed("pr/2", &["c"]), "another key is not held up");
    assert_eq!(claim(&store, 500).await, None, "but the lane is busy");
}

#[tokio::test]
async fn a_job_given_up_lets_those_behind_it_go_on_and_is_listed() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", 1)).await.unwrap();
    let batch = store.claim(1, limits(LEASE, 1)).await.unwrap().unwrap();
    store.enqueue(delivery("b", "1", "k", 2)).await.unwrap();
    store.dead_letter(batch.ids(), 2, "not JSON").await.unwrap();
    assert_eq!(claim(&store, 2).await, claimed("k", &["b"]));
    let dead = store.dead(10).await.unwrap();
    assert_eq!((dead[0].guid.as_str(), dead[0].error.as_str(), dead.len()), ("a", "not JSON", 1));
    assert_eq!(store.counts().await.unwrap(), Counts { queued: 0, running: 1, done: 0, dead: 1 });
}

#[tokio::test]
async fn what_is_released_or_postponed_was_not_tried() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", 1)).await.unwrap();
    let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    store.release(batch.ids()).await.unwrap();
    let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(batch.jobs[0].attempts, 1);
    store.postpone(batch.ids(), 60, "wait").await.unwrap();
    let batch = store.claim(60, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(batch.jobs[0].attempts, 1);
    store.retry(batch.ids(), 70, "502").await.unwrap();
    let batch = store.claim(70, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(batch.jobs[0].attempts, 2);
}

#[tokio::test]
async fn a_lease_that_ends_frees_its_lane_and_counts_the_try() {
    let dir = Dir::new();
    let store = dir.open();
    store.enqueue(delivery("a", "1", "k", 1)).await.unwrap();
    let lost = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(1 + LEASE));
    assert_eq!(claim(&store, LEASE).await, None);
    store.renew(lost.lane.clone(), lost.ids(), 1 + 2 * LEASE).await.unwrap();
    assert_eq!(claim(&store, 1 + LEASE).await, None, "it was renewed");
    let batch = store.claim(1 + 2 * LEASE, limits(LEASE, 50)).await.unwrap().unwrap();
    assert_eq!(batch.jobs[0].attempts, 2);
}

#[tokio::test]
async fn a_crash_loses_nothing_and_the_job_comes_back_when_its_lease_ends() {
    let dir = Dir::new();
    let store = dir.open();
    for guid in ["a", "b"] {
        store.enqueue(delivery(guid, guid, "k", 1)).await.unwrap();
    }
    assert_eq!(claim(&store, 1).await, claimed("k", &["a"]));
    drop(store);
    let store = dir.open();
    assert_eq!(claim(&store, 2).await, claimed("k", &["b"]));
    assert_eq!(claim(&store, 2).await, None);
    assert_eq!(claim(&store, 1 + LEASE).await, claimed("k", &["a"]));
}

#[tokio::test]
async fn a_process_that_takes_over_need_not_wait_for_leases_and_counts_the_lost_tries() {
    let dir = Dir::new();
    let store = dir.open();
    for guid in ["a", "b"] {
        store.enqueue(delivery(guid, guid, "k", 1)).await.unwrap();
        store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    }
    drop(store);
    let store = dir.open();
    assert_eq!(store.take_over(1).await.unwrap(), 2);
    for guid in ["a", "b"] {
        let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
        assert_eq!((batch.lane.as_str(), batch.jobs[0].attempts), (guid, 2));
    }
}

#[tokio::test]
async fn a_second_process_is_kept_off_with_a_clear_word() {
    let dir = Dir::new();
    let store = dir.open();
    let error = format!("{:#}", Store::open(&dir.db()).unwrap_err());
    assert!(error.contains("another process uses the database"), "{error}");
    store.close().await;
    Store::open(&dir.db()).unwrap();
    assert!(matches!(store.probe(1).await, Err(Error::Closed)));
}

#[tokio::test]
async fn old_work_that_is_done_is_pruned_and_nothing_else() {
    let dir = Dir::new();
    let store = dir.open();
    for (guid, lane) in [("old", "1"), ("dead", "2"), ("new", "3")] {
        store.enqueue(delivery(guid, lane, "k", 1)).await.unwrap();
    }
    let old = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    store.complete(old.ids(), 10).await.unwrap();
    let dead = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    store.dead_letter(dead.ids(), 10, "x").await.unwrap();
    let new = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
    store.complete(new.ids(), 20).await.unwrap();
    assert_eq!(store.prune(20, 0).await.unwrap(), 1);
    assert_eq!(store.counts().await.unwrap(), Counts { queued: 0, running: 0, done: 1, dead: 1 });
}

#[tokio::test]
async fn writes_share_a_transaction_and_one_that_fails_spoils_no_other() {
    let dir = Dir::new();
    let store = dir.open();
    let insert = |n: i64, bad: bool| {
        store.write(move |db| {
            db.execute("INSERT INTO lanes (lane, due_at, busy) VALUES (?1, 0, 0)", [n.to_string()])?;
            if bad { db.execute("INSERT INTO nowhere VALUES (1)", []) } else { Ok(1) }
        })
    };
    let bad = insert(1, true);
    let panicking = store.write(|db| -> rusqlite::Result<()> {
        db.execute("INSERT INTO lanes (lane, due_at, busy) VALUES ('panic', 0, 0)", [])?;
        panic!("on purpose")
    });
    let (good, bad, panicked, also_good) = tokio::join!(insert(0, false), bad, panicking, insert(2, false));
    assert!(good.is_ok() && also_good.is_ok());
    assert!(matches!(bad, Err(Error::Statement(_))) && matches!(panicked, Err(Error::Panicked)));
    let lanes: Result<Vec<String>, _> = store
        .read(|db| db.prepare("SELECT lane FROM lanes ORDER BY lane")?.query_map([], |r| r.get(0))?.collect())
        .await;
    assert_eq!(lanes.unwrap(), ["0".to_owned(), "2".to_owned()]);
    assert!(store.read(|db| db.execute("DELETE FROM lanes", [])).await.is_err(), "a read cannot write");
}

#[tokio::test]
async fn a_statement_that_ends_the_transaction_is_an_error_to_all_and_the_writer_lives_on() {
    let dir = Dir::new();
    let store = dir.open();
    let rude = store.write(|db| db.execute_batch("ROLLBACK")).await;
    assert!(matches!(rude, Err(Error::Commit(_))));
    store.probe(1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_deliveries_at_once_are_all_on_the_disk() {
    let dir = Dir::new();
    let store = dir.open();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let store = store.clone();
        tasks.spawn(async move { store.enqueue(delivery(&n.to_string(), &(n % 7).to_string(), "k", n)).await });
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap().unwrap(), Enqueued::Queued);
    }
    drop(store);
    let store = dir.open();
    assert_eq!(store.counts().await.unwrap().queued, 1_000);
    for _ in 0..7 {
        let batch = store.claim(2_000, limits(LEASE, 500)).await.unwrap().unwrap();
        assert!(batch.jobs.len() >= 142);
    }
}

#[tokio::test]
async fn a_claim_looks_up_indexes_and_never_walks_or_sorts_a_table() {
    let dir = Dir::new();
    let store = dir.open();
    let plans = store
        .read(|db| {
            let mut plans = Vec::new();
            let mut explain = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<()> {
                let mut query = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let mut rows = query.query(values)?;
                while let Some(row) = rows.next()? {
                    plans.push(row.get::<_, String>(3)?);
                }
                Ok(())
            };
            explain(OLDEST_KEY, params!["1", 1])?;
            explain(NEXT_KEYS, params!["1", 2, 1, 16])?;
            explain(NEXT_JOBS, params!["1", "k", 1])?;
            explain("SELECT max(lease_until) FROM jobs WHERE lane = ?1 AND state = 'running'", params!["1"])?;
            explain("SELECT min(due_at) FROM lanes", params![])?;
            Ok(plans)
        })
        .await
        .unwrap();
    let text = plans.join("\n");
    assert!(!text.contains("TEMP B-TREE"), "{text}");
    for line in &plans {
        assert!(line.contains("INDEX") || line.contains("PRIMARY KEY"), "{text}");
    }
}

#[tokio::test]
async fn a_claim_stays_quick_while_a_hundred_thousand_jobs_of_a_busy_lane_wait() {
    let dir = Dir::new();
    let store = dir.open();
    store
        .write(|db| {
            let mut first = db.prepare(
                "INSERT INTO deliveries (guid, digest, event, received_at, body) VALUES (?1, x'00', 'push', 0, x'00000000')",
            )?;
            let mut second =
                db.prepare("INSERT INTO jobs (delivery_id, lane, key, state, run_at) VALUES (?1, 'busy', ?2, 'queued', 0)")?;
            for n in 0..100_000_i64 {
                first.execute([n.to_string()])?;
                second.execute(params![db.last_insert_rowid(), format!("k{}", n % 1_000)])?;
            }
            db.execute_batch(
                "INSERT INTO heads SELECT lane, key, run_at, min(id), 1 FROM jobs GROUP BY lane, key; INSERT INTO lanes (lane, due_at, busy) VALUES ('busy', 0, 0)",
            )
        })
        .await
        .unwrap();
    store.claim(0, limits(1_000_000, 50)).await.unwrap().unwrap();
    let began = std::time::Instant::now();
    for n in 0..100 {
        store.enqueue(delivery(&format!("quiet{n}"), "quiet", "k", 1)).await.unwrap();
        let batch = store.claim(1, limits(LEASE, 50)).await.unwrap().unwrap();
        assert_eq!(batch.lane, "quiet");
        store.complete(batch.ids(), 1).await.unwrap();
    }
    let each = began.elapsed() / 100;
    assert!(each < Duration::from_millis(50), "{each:?} for enqueue, claim and complete");
}

/// A generator of numbers that are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Rows of the derived tables that are not what the jobs say, and the number of lanes in which two keys run.
const WRONG: &str = "
    WITH open AS (SELECT * FROM jobs WHERE finished_at IS NULL),
    head AS (SELECT lane, key, run_at AS due_at, id AS job_id FROM open WHERE id IN (SELECT min(id) FROM open GROUP BY lane, key)),
    lane AS (
        SELECT lane,
            coalesce(max(lease_until), (SELECT min(due_at) FROM head WHERE head.lane = open.lane)) AS due_at,
            max(lease_until) IS NOT NULL AS busy
        FROM open GROUP BY lane
    )
    SELECT (SELECT count(*) FROM (SELECT * FROM head EXCEPT SELECT lane, key, due_at, job_id FROM heads))
         + (SELECT count(*) FROM (SELECT lane, key, due_at, job_id FROM heads EXCEPT SELECT * FROM head))
         + (SELECT count(*) FROM (SELECT * FROM lane EXCEPT SELECT lane, due_at, busy FROM lanes))
         + (SELECT count(*) FROM (SELECT lane, due_at, busy FROM lanes EXCEPT SELECT * FROM lane))
         + (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state = 'running' GROUP BY lane HAVING count(DISTINCT key) > 1))
         + (SELECT count(*) FROM jobs WHERE (finished_at IS NULL) <> (state IN ('queued', 'running')))";

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_derived_tables_say_what_the_jobs_say() {
    for seed in 1..=5_u64 {
        let dir = Dir::new();
        let store = dir.open();
        let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut claimed: Vec<Batch> = Vec::new();
        let mut now = 0;
        for step in 0..300 {
            now += i64::try_from(numbers.below(40)).unwrap();
            let late = now + i64::try_from(numbers.below(200)).unwrap();
            let batch = if claimed.is_empty() {
                None
            } else {
                let at = usize::try_from(numbers.below(claimed.len() as u64)).unwrap();
                Some(claimed.swap_remove(at))
            };
            let op = numbers.below(10);
            match (op, batch) {
                (0..=3, keep) => {
                    claimed.extend(keep);
                    let (guid, lane, key) = (numbers.below(120), numbers.below(4), numbers.below(3));
                    let new = delivery(&guid.to_string(), &format!("{}", (guid + lane) % 3), &key.to_string(), now);
                    store.enqueue(new).await.unwrap();
                }
                (4..=5, keep) => {
                    claimed.extend(keep);
                    let limit = usize::try_from(1 + numbers.below(3)).unwrap();
                    claimed.extend(store.claim(now, limits(150, limit)).await.unwrap());
                }
                (6, Some(batch)) => store.complete(batch.ids(), now).await.unwrap(),
                (7, Some(batch)) => store.retry(batch.ids(), late, "x").await.unwrap(),
                (8, Some(batch)) if step % 2 == 0 => store.dead_letter(batch.ids(), now, "x").await.unwrap(),
                (8, Some(batch)) => store.release(batch.ids()).await.unwrap(),
                (9, Some(batch)) => {
                    store.renew(batch.lane.clone(), batch.ids(), now + 150).await.unwrap();
                    claimed.push(batch);
                }
                (_, _) if numbers.below(8) == 0 => drop(store.take_over(1).await.unwrap()),
                (_, keep) => {
                    claimed.extend(keep);
                    store.prune(now - 300, now - 300).await.unwrap();
                }
            }
            let wrong: i64 = store.read(|db| db.query_row(WRONG, [], |row| row.get(0))).await.unwrap();
            assert_eq!(wrong, 0, "seed {seed}, step {step}, operation {op}");
        }
    }
}
