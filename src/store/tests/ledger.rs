//! The ledger: lines that were there before the chain, lines that come twice, and who reads beside the writer.

use super::Dir;
use crate::checklist::identity::ItemId;
use crate::ids::{AccountId, InstallationId, IssueNumber, RepoName, Repository, RepositoryId, Sha, Timestamp};
use crate::release::Release;
use crate::release::ledger::{ChainVerifier, Head, LedgerEntry, LineHash, MarkSource};
use crate::release::progress::{Mark, Record};
use crate::store::{Archive, LedgerLine, Store, connect, migrations};
use refinery::Target;
use rusqlite::Connection;

/// A database as an older version left it, brought to these tables.
fn old(dir: &Dir, version: i32) -> Connection {
    let mut db = connect(&dir.db()).unwrap();
    migrations::migrations::runner().set_target(Target::Version(version)).run(&mut db).unwrap();
    db
}

/// Two repositories, of which one was lost since, and five lines.
fn fill(db: &Connection) {
    db.execute_batch(
        "INSERT INTO repositories VALUES (7, 1, 'acme/rocket');
         INSERT INTO releases (id, repository_id, checklist, key, label, commit_sha, actor, opened_on, state, claimed_at, issue_number)
         VALUES (1, 7, 'release', 'tag:v1', 'v1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'ann', '2026-01-01', 'open', 1, 12),
                (2, 8, 'release', 'tag:w1', 'w1', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'ann', '2026-01-01', 'open', 1, NULL);
         INSERT INTO ledger (release_id, item, mark, login, at, delivery, refused)
         VALUES (1, 'i1', '\"done\"', 'ann', 30, 'd1', NULL),
                (2, 'j1', '\"done\"', 'bob', 20, 'd2', 'no'),
                (1, 'i2', '{\"skipped\":\"sunny\"}', 'bob', 10, 'd3', NULL),
                (1, 'i1', '\"open\"', 'ann', 40, 'd4', NULL),
                (2, 'j1', '\"open\"', 'ann', 50, 'd5', NULL);",
    )
    .unwrap();
}

fn read(dir: &Dir, repository: u64) -> (Vec<LedgerEntry>, ChainVerifier) {
    let (mut lines, mut follower) = (Vec::new(), ChainVerifier::default());
    let each = |line: LedgerEntry, hash: Option<LineHash>| {
        follower.next(&line, hash);
        lines.push(line);
        Ok(())
    };
    Archive::open(&dir.db()).unwrap().lines(RepositoryId(repository), each).unwrap();
    (lines, follower)
}

async fn release(store: &Store, key: &str) -> i64 {
    let release = Release {
        checklist: "release".to_owned(),
        key: crate::release::key::ReleaseKey::parse(key),
        label: key.to_owned(),
        tag: None,
        commit: Sha::parse(&"c".repeat(40)).unwrap(),
        previous: None,
        actor: "ann".into(),
        date: "2026-01-01".to_owned(),
    };
    let row = store.claim_release(RepositoryId(7), release, Timestamp(1)).await.unwrap();
    store.set_issue(row.id, IssueNumber(5), String::new(), &[]).await.unwrap();
    row.id
}

fn ticked(item: &str, delivery: &str) -> LedgerLine {
    let record = Record {
        item: ItemId(item.to_owned()),
        mark: Mark::Done,
        by: "ann".into(),
        at: Timestamp(100),
        refused: None,
        how: MarkSource::Box,
    };
    LedgerLine::edited(record, delivery.to_owned(), Some(format!("Do {item}")))
}

#[tokio::test]
async fn lines_from_before_the_chain_are_chained_at_the_first_start() {
    let dir = Dir::new();
    fill(&old(&dir, 2));
    let store = dir.open();
    let (lines, follower) = read(&dir, 7);
    assert_eq!(follower.broken(), None);
    let shown: Vec<(u64, &str, &str, &str, i64)> =
        lines.iter().map(|l| (l.position, l.item.as_str(), l.mark.as_str(), l.by.as_str(), l.at.0)).collect();
    assert_eq!(
        shown,
        [
            (1, "i1", "\"done\"", "ann", 30),
            (2, "i2", "{\"skipped\":\"sunny\"}", "bob", 10),
            (3, "i1", "\"open\"", "ann", 40)
        ],
        "in the order in which they were written"
    );
    assert_eq!(
        (lines[0].name.as_deref(), lines[0].release.as_str(), lines[0].issue),
        (Some("acme/rocket"), "v1", Some(IssueNumber(12)))
    );
    assert_eq!((lines[0].how.as_str(), lines[0].text.as_deref()), ("box", None));
    let (others, other) = read(&dir, 8);
    assert_eq!((other.broken(), other.head().position, others[0].refused.as_deref()), (None, 2, Some("no")));
    let by_time: Vec<i64> = store.ledger(1).await.unwrap().iter().map(|r| r.at.0).collect();
    assert_eq!(by_time, [10, 30, 40], "what counts is read as before");
    // And the chain goes on behind them.
    store.record(1, vec![ticked("i3", "d6")], String::new(), Timestamp(60)).await.unwrap();
    let (lines, follower) = read(&dir, 7);
    assert_eq!((follower.broken(), lines.len(), lines[3].text.as_deref()), (None, 4, Some("Do i3")));
    assert_eq!(store.ledger_head(RepositoryId(7)).await.unwrap(), Some(follower.head()));
    store.close().await;
}

#[tokio::test]
async fn a_start_that_was_cut_off_before_the_chain_was_made_is_made_up_for() {
    let dir = Dir::new();
    fill(&old(&dir, 2));
    let newest = migrations::migrations::runner().get_migrations().iter().map(|m| m.version()).max().unwrap();
    drop(old(&dir, newest));
    assert!(read(&dir, 7).1.broken().is_some(), "the tables are new, and no line has its hash");
    let store = dir.open();
    assert_eq!(read(&dir, 7).1.broken(), None);
    store.close().await;
    let heads = (read(&dir, 7).1.head(), read(&dir, 8).1.head());
    dir.open().close().await;
    assert_eq!((read(&dir, 7).1.head(), read(&dir, 8).1.head()), heads, "another start changes nothing");
}

#[tokio::test]
async fn a_delivery_that_comes_twice_leaves_no_gap_in_the_chain() {
    let dir = Dir::new();
    let store = dir.open();
    let id = release(&store, "tag:v1").await;
    let lines = || vec![ticked("a", "d1"), ticked("b", "d1")];
    store.record(id, lines(), String::new(), Timestamp(1)).await.unwrap();
    store.record(id, lines(), String::new(), Timestamp(1)).await.unwrap();
    store.record(id, vec![ticked("a", "d1"), ticked("c", "d1")], String::new(), Timestamp(1)).await.unwrap();
    let (lines, follower) = read(&dir, 7);
    assert_eq!(follower.broken(), None);
    assert_eq!(lines.iter().map(|l| l.item.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    store.close().await;
}

#[tokio::test]
async fn many_writes_at_once_make_one_chain() {
    let dir = Dir::new();
    let store = dir.open();
    let id = release(&store, "tag:v1").await;
    let writes = (0..50).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            store.record(id, vec![ticked("a", &format!("d{n}"))], String::new(), Timestamp(1)).await.unwrap();
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    let (lines, follower) = read(&dir, 7);
    assert_eq!((follower.broken(), lines.len()), (None, 50));
    store.close().await;
}

#[tokio::test]
async fn a_line_says_what_the_repository_and_the_issue_were_when_it_was_written() {
    let dir = Dir::new();
    let store = dir.open();
    let id = release(&store, "tag:v1").await;
    for (n, name) in ["acme/rocket", "acme/comet"].into_iter().enumerate() {
        let name = RepoName::parse(name).unwrap();
        let repository = Repository { installation: InstallationId(1), id: RepositoryId(7), name };
        store.upsert_repository(repository).await.unwrap();
        store.set_issue(id, IssueNumber(5 + n as u64), String::new(), &[]).await.unwrap();
        store.record(id, vec![ticked("a", &format!("d{n}"))], String::new(), Timestamp(1)).await.unwrap();
    }
    store.remove_repositories(InstallationId(1), Vec::new(), Timestamp(1)).await.unwrap();
    let (lines, follower) = read(&dir, 7);
    assert_eq!(follower.broken(), None);
    let said: Vec<_> = lines.iter().map(|l| (l.name.as_deref(), l.issue)).collect();
    assert_eq!(said, [(Some("acme/rocket"), Some(IssueNumber(5))), (Some("acme/comet"), Some(IssueNumber(6)))]);
    let archive = Archive::open(&dir.db()).unwrap();
    let known = archive.repositories().unwrap();
    assert_eq!(known[0].names, ["acme/comet", "acme/rocket"], "found by either name, though it was lost");
    store.close().await;
}

#[test]
fn a_database_of_another_version_is_not_read() {
    for (version, why) in [(2, "older version"), (3, "newer version")] {
        let dir = Dir::new();
        let db = old(&dir, version);
        if version == 3 {
            db.execute("UPDATE refinery_schema_history SET version = 1000 WHERE version = 3", []).unwrap();
        }
        let said = format!("{:#}", Archive::open(&dir.db()).unwrap_err());
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn the_bytes_that_are_hashed_never_change() {
    // A promise: heads are noted outside of the database. Another form needs another name in front, and a record.
    let line = LedgerEntry {
        repository: RepositoryId(7),
        position: 1,
        name: Some("acme/rocket".to_owned()),
        release_id: 1,
        release: "v1".to_owned(),
        checklist: "release".to_owned(),
        commit: "c".repeat(40),
        issue: Some(IssueNumber(5)),
        item: "a".to_owned(),
        text: None,
        mark: "\"done\"".to_owned(),
        how: "box".to_owned(),
        reason: None,
        refused: None,
        by: "ann".to_owned(),
        by_id: None,
        at: Timestamp(100),
        delivery: "d1".to_owned(),
    };
    let hash = line.hash(LineHash::START);
    assert_eq!(hash.to_string(), "e662c9525f3849a3ef0b5f8cc050f8c9d9cb3426fc8e337a0cb89627f88ae258");
    let numbered = LedgerEntry { by_id: Some(AccountId(17)), ..line.clone() };
    assert_eq!(
        numbered.hash(LineHash::START).to_string(),
        "58bf6bcc067acaafce7f1f876fe846d5fcc514c069c2546a030b194da51e32f7"
    );
    assert_eq!(Head { position: 1, hash }, {
        let mut follower = ChainVerifier::default();
        follower.next(&line, Some(hash));
        follower.head()
    });
}
