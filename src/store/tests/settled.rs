//! Releases that wait for nothing: when that is noted, what ends it, and how few rows are read then.

use super::Dir;
use crate::checklist::identity::ItemId;
use crate::ids::{IssueNumber, RepositoryId, Sha, Timestamp};
use crate::release::ledger::MarkSource;
use crate::release::progress::{Mark, Record};
use crate::release::verify::Verified;
use crate::release::{Release, rules};
use crate::store::row::LISTED;
use crate::store::{
    LedgerLine, PartRow, Pending, ReleaseRow, ReleaseState, SeenPart, Settled, Store, connect, migrations,
};
use rusqlite::Connection;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

const ROCKET: RepositoryId = RepositoryId(7);

fn release(key: &str, letter: &str) -> Release {
    Release {
        checklist: "release".to_owned(),
        key: crate::release::key::ReleaseKey::parse(key),
        label: key.to_owned(),
        tag: Some(key.to_owned()),
        commit: Sha::parse(&letter.repeat(40)).unwrap(),
        previous: None,
        actor: "ann".into(),
        date: "2026-01-01".to_owned(),
    }
}

/// A release with an issue that was read.
async fn open(store: &Store, issue: u64) -> ReleaseRow {
    let row = store.claim_release(ROCKET, release(&format!("v{issue}"), "a"), Timestamp(1)).await.unwrap();
    store.set_issue(row.id, IssueNumber(issue), "- [ ] Fuel\n".to_owned(), &[]).await.unwrap();
    let lines = vec![line("d1")];
    store.record(row.id, lines, "- [x] Fuel\n".to_owned(), Timestamp(2)).await.unwrap();
    store.release_by_id(row.id).await.unwrap().unwrap()
}

fn line(delivery: &str) -> LedgerLine {
    let record = Record {
        item: ItemId("fuel".to_owned()),
        mark: Mark::Done,
        by: "bob".into(),
        at: Timestamp(2),
        refused: None,
        how: MarkSource::Box,
    };
    LedgerLine::edited(record, delivery.to_owned(), None)
}

async fn note(store: &Store, row: &ReleaseRow, rules: &str) {
    let position = store.ledger_mark(row.id).await.unwrap().map(|head| head.position);
    let row = store.release_by_id(row.id).await.unwrap().unwrap();
    store.note_settled(ROCKET, rules.to_owned(), vec![Settled { row, position }]).await.unwrap();
}

/// The issues of releases that may wait under these rules, and of those that are known not to.
async fn settled_rows(store: &Store, rules: &str) -> (Vec<u64>, Vec<u64>) {
    let found = store.releases_that_may_matter(ROCKET, "release".to_owned(), rules.to_owned(), 20).await.unwrap();
    let issues = |rows: &[ReleaseRow]| rows.iter().map(|row| row.issue.map_or(0, |n| n.0)).collect();
    (issues(&found.others), issues(&found.settled))
}

#[tokio::test]
async fn a_release_is_settled_under_the_rules_by_which_it_was_judged_and_no_others() {
    let dir = Dir::new();
    let store = dir.open();
    let (one, other) = (open(&store, 1).await, open(&store, 2).await);
    note(&store, &one, "strict").await;
    assert_eq!(settled_rows(&store, "strict").await, (vec![2], vec![1]));
    assert_eq!(settled_rows(&store, "lax").await, (vec![2, 1], vec![]));
    // Branches may have rules of their own: the one's notes do not end the other's.
    note(&store, &one, "lax").await;
    note(&store, &other, "lax").await;
    assert_eq!(settled_rows(&store, "strict").await, (vec![2], vec![1]));
    assert_eq!(settled_rows(&store, "lax").await, (vec![], vec![2, 1]));
}

#[tokio::test]
async fn only_the_newest_of_those_that_are_settled_are_read() {
    let dir = Dir::new();
    let store = dir.open();
    for issue in 1..=30 {
        let row = open(&store, issue).await;
        note(&store, &row, "rules").await;
    }
    let before = store.texts_read();
    let (others, settled) = settled_rows(&store, "rules").await;
    assert_eq!((others, settled), (vec![], (11..=30).rev().collect()));
    assert_eq!(store.texts_read() - before, 20);
}

#[tokio::test]
async fn a_release_that_changed_after_it_was_judged_is_not_noted() {
    let dir = Dir::new();
    let store = dir.open();
    let row = open(&store, 1).await;
    let position = store.ledger_mark(row.id).await.unwrap().map(|head| head.position);
    let judged = Settled { row: row.clone(), position };
    store.record(row.id, Vec::new(), "- [ ] Fuel\n".to_owned(), Timestamp(3)).await.unwrap();
    store.note_settled(ROCKET, "rules".to_owned(), vec![judged.clone()]).await.unwrap();
    assert_eq!(settled_rows(&store, "rules").await, (vec![1], vec![]), "its text changed");
    store.record(row.id, Vec::new(), row.body.clone(), row.body_at).await.unwrap();
    store.append(row.id, vec![line("d2")]).await.unwrap();
    store.note_settled(ROCKET, "rules".to_owned(), vec![judged]).await.unwrap();
    assert_eq!(settled_rows(&store, "rules").await, (vec![1], vec![]), "its ledger has another line");
}

type Doing<'s> = Pin<Box<dyn Future<Output = ()> + 's>>;
type Change = for<'s> fn(&'s Store, &'s ReleaseRow) -> Doing<'s>;

fn part(part: usize) -> PartRow {
    PartRow {
        part,
        draft: None,
        posted_at: None,
        issue: None,
        opened: String::new(),
        body: String::new(),
        body_at: Timestamp(1),
    }
}

fn seen(body: &str, at: i64) -> SeenPart {
    SeenPart { part: 1, body: body.to_owned(), at: Timestamp(at) }
}

/// What ends that a release is settled.
const CHANGES: [(&str, Change); 13] = [
    ("another text", |store, row| {
        Box::pin(async { store.record(row.id, Vec::new(), "- [ ] Fuel\n".to_owned(), Timestamp(3)).await.unwrap() })
    }),
    ("a line of the ledger", |store, row| Box::pin(async { store.append(row.id, vec![line("d2")]).await.unwrap() })),
    ("evidence", |store, row| {
        let verified = Verified { told: true, ..row.verified.clone() };
        Box::pin(async move { store.record_verification(row.id, &verified, Vec::new()).await.unwrap() })
    }),
    ("another commit", |store, row| {
        Box::pin(async {
            let to = release("v9", "b");
            store.update_release(row, to, row.opened_body.clone(), &[], &Pending::default()).await.unwrap();
        })
    }),
    ("an addition that is in the issue", |store, row| {
        Box::pin(async {
            let to = release("v9", "b");
            store.update_release(row, to, row.opened_body.clone(), &[], &Pending::default()).await.unwrap();
            note(store, row, "rules").await;
            store.clear_pending(row.id).await.unwrap();
        })
    }),
    ("the end of an earlier candidate", |store, row| {
        Box::pin(async {
            let to = release("v9", "b");
            store.update_release(row, to, row.opened_body.clone(), &[], &Pending::default()).await.unwrap();
            note(store, row, "rules").await;
            store.end_candidates(row.id, Timestamp(9)).await.unwrap();
        })
    }),
    ("an issue that is gone", |store, row| {
        Box::pin(async { store.mark_issue_removed(row.id, "deleted".to_owned()).await.unwrap() })
    }),
    ("another state", |store, row| {
        Box::pin(async { store.set_release_state(row.id, ReleaseState::Failed, None).await.unwrap() })
    }),
    ("another issue", |store, row| {
        Box::pin(async { store.set_issue(row.id, IssueNumber(99), row.opened_body.clone(), &[]).await.unwrap() })
    }),
    ("a part", |store, row| {
        Box::pin(async {
            store.claim_parts(row.id, ROCKET, vec![part(1)], row.opened_body.clone(), false).await.unwrap();
        })
    }),
    ("a part that asks for more", |store, row| {
        Box::pin(async {
            store.claim_parts(row.id, ROCKET, vec![part(1)], row.opened_body.clone(), false).await.unwrap();
            note(store, row, "rules").await;
            store.set_part_text(row.id, 1, "- [ ] Oil\n".to_owned(), row.opened_body.clone()).await.unwrap();
        })
    }),
    ("a part that shows something else", |store, row| {
        Box::pin(async {
            store.claim_parts(row.id, ROCKET, vec![part(1)], row.opened_body.clone(), false).await.unwrap();
            note(store, row, "rules").await;
            store.record_parts(row.id, Vec::new(), vec![seen("- [ ] Oil\n", 1)], row.body.clone()).await.unwrap();
        })
    }),
    ("parts that are forgotten", |store, row| {
        Box::pin(async {
            store.claim_parts(row.id, ROCKET, vec![part(1)], row.opened_body.clone(), false).await.unwrap();
            note(store, row, "rules").await;
            store.claim_parts(row.id, ROCKET, Vec::new(), row.opened_body.clone(), true).await.unwrap();
        })
    }),
];

#[tokio::test]
async fn whatever_an_answer_rests_on_ends_with_its_change_that_a_release_is_settled() {
    for (what, change) in CHANGES {
        let dir = Dir::new();
        let store = dir.open();
        let row = open(&store, 1).await;
        note(&store, &row, "rules").await;
        note(&store, &row, "others").await;
        assert_eq!(settled_rows(&store, "rules").await.1.len(), 1, "{what}");
        change(&store, &row).await;
        assert_eq!(settled_rows(&store, "rules").await.1, Vec::<u64>::new(), "{what}");
        assert_eq!(settled_rows(&store, "others").await.1, Vec::<u64>::new(), "{what}");
        assert_eq!(settled_rows(&store, "rules").await.0.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn what_no_answer_rests_on_leaves_a_release_settled() {
    let dir = Dir::new();
    let store = dir.open();
    let row = open(&store, 1).await;
    store.claim_parts(row.id, ROCKET, vec![part(1)], row.opened_body.clone(), false).await.unwrap();
    note(&store, &row, "rules").await;
    // It was read again and shows the same, at a later time.
    store.record(row.id, vec![line("d1")], row.body.clone(), Timestamp(9)).await.unwrap();
    store.record_parts(row.id, Vec::new(), vec![seen("", 9)], row.body.clone()).await.unwrap();
    store.note_dropped(row.id, &["a label".to_owned()]).await.unwrap();
    store.mark_posting(row.id, Some(Timestamp(9))).await.unwrap();
    assert_eq!(settled_rows(&store, "rules").await, (vec![], vec![1]));
}

#[tokio::test]
async fn what_was_given_up_is_not_read_at_all() {
    let dir = Dir::new();
    let store = dir.open();
    let row = open(&store, 1).await;
    store.set_release_state(row.id, ReleaseState::Nothing, Some("closed".to_owned())).await.unwrap();
    assert_eq!(settled_rows(&store, "rules").await, (vec![], vec![]));
    store.set_release_state(row.id, ReleaseState::Open, None).await.unwrap();
    assert_eq!(settled_rows(&store, "rules").await, (vec![1], vec![]));
}

#[tokio::test]
async fn what_another_version_noted_is_forgotten_at_the_start() {
    let dir = Dir::new();
    let store = dir.open();
    let (one, ours) = (open(&store, 1).await, format!("{}x", rules::version()));
    note(&store, &one, "0.0.0/1/x").await;
    note(&store, &one, &ours).await;
    store.close().await;
    let store = dir.open();
    assert_eq!(settled_rows(&store, "0.0.0/1/x").await, (vec![1], vec![]));
    assert_eq!(settled_rows(&store, &ours).await, (vec![], vec![1]));
}

#[tokio::test]
async fn the_releases_of_an_older_database_are_all_judged_anew() {
    let dir = Dir::new();
    let mut db = connect(&dir.db()).unwrap();
    migrations::migrations::runner().set_target(refinery::Target::Version(15)).run(&mut db).unwrap();
    db.execute_batch(
        "INSERT INTO releases (id, repository_id, checklist, key, label, commit_sha, actor, opened_on, state, claimed_at, \
                               issue_number, opened_body, body, earlier) \
         VALUES (1, 7, 'release', 'tag:v1', 'v1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'ann', '2026-01-01', 'open', 1, 12, \
                 'x verify=tag() : in #3 (v0)', '', \
                 '[{\"key\":\"k\",\"label\":\"l\",\"tag\":null,\"commit\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}]')",
    )
    .unwrap();
    drop(db);
    let store = dir.open();
    assert_eq!(settled_rows(&store, "rules").await, (vec![12], vec![]));
    let at = |letter: &str| [Sha::parse(&letter.repeat(40)).unwrap()].into_iter().collect();
    for (letter, there) in [("a", 1), ("b", 1), ("c", 0)] {
        assert_eq!(store.releases_of(ROCKET, &at(letter)).await.unwrap().len(), there, "{letter}");
    }
    assert_eq!(store.releases_to_verify(ROCKET, 20).await.unwrap().len(), 1);
    let referring = |text: &str| store.referring(ROCKET, "release".to_owned(), text.to_owned());
    assert_eq!(referring(": in #3 (").await.unwrap().len(), 1);
    assert_eq!(referring(": in #30 (").await.unwrap().len(), 0);
}

/// The string literals of a source file, as far as this room writes them.
fn literals(source: &str) -> Vec<String> {
    let code = source.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n").replace("\\\n", "").replace("\\\"", "'");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Each statement of this room that reads or changes rows of these tables.
fn statements() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut found: Vec<String> = sources.flat_map(|path| literals(&std::fs::read_to_string(path).unwrap())).collect();
    found.retain(|text| ["SELECT ", "UPDATE ", "DELETE "].iter().any(|word| text.starts_with(word)));
    for text in &mut found {
        let columns = if text.contains("FROM releases") { "*, opened_body" } else { "*" };
        *text = text.replace("{LISTED}", LISTED).replace("{COLUMNS}", columns).replace("{}", "*");
        *text = text.replace("{table}", "release_parts");
    }
    found
        .retain(|text| [" releases", " release_parts", " ledger", " settled"].iter().any(|table| text.contains(table)));
    found
}

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let (mut rows, mut found) = (statement.raw_query(), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        found.push(row.get(3).unwrap());
    }
    found
}

/// Read at the start alone, once an hour for all repositories, once for an older copy, and by whoever examines the ledger.
const WHOLE: [&str; 5] = [
    "WHERE hash IS NULL",
    "DELETE FROM settled WHERE substr",
    "LEFT JOIN idle_repositories",
    "DELETE FROM settled",
    "SELECT DISTINCT repository_id FROM ledger",
];

#[tokio::test]
async fn no_question_about_releases_or_the_ledger_looks_through_a_table() {
    let dir = Dir::new();
    let store = dir.open();
    let statements = statements();
    assert!(statements.len() > 30, "{} statements were found", statements.len());
    let plans = store.read(move |db| {
        let plan = |sql: String| (plan(db, &sql), sql);
        Ok(statements.into_iter().map(plan).collect::<Vec<_>>())
    });
    for (plan, sql) in plans.await.unwrap() {
        let scans =
            |step: &&String| step.starts_with("SCAN") && !step.contains("json_each") && !step.contains("subquery");
        let is_whole = WHOLE.iter().any(|part| sql.contains(part));
        assert_eq!(plan.iter().find(scans).filter(|_| !is_whole), None, "{sql}: {plan:?}");
        // What is asked by a tag, a commit or an issue is looked up by it.
        let asked = [
            (" tag = ?", "tag=?"),
            (" commit_sha = ?", "commit_sha=?"),
            (" issue_number = ?", "issue_number=?"),
            (" issue_number IN", "issue_number=?"),
        ];
        for (_, step) in asked.iter().filter(|(asked, _)| sql.starts_with("SELECT") && sql.contains(asked)) {
            assert!(plan.iter().any(|found| found.contains(step)), "{sql}: {plan:?}");
        }
        // What is listed is in the index, and the long rows are not looked at.
        let lists = sql.starts_with(&format!("SELECT {LISTED} FROM releases WHERE repository_id = ?1 ORDER"));
        assert!(!lists || plan.iter().any(|step| step.contains("COVERING INDEX releases_listed")), "{sql}: {plan:?}");
    }
}
