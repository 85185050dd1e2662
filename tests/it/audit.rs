//! The ledger as evidence: what people did is printed, and whoever changes it afterwards is seen.

use super::{App, CHECKLIST, Folder, ROCKET};
use holdpoint::ids::{IssueNumber, RepositoryId, Timestamp};
use holdpoint::release::ledger::{Break, ChainVerifier, LedgerEntry, LineHash};
use holdpoint::sandbox::Pick;
use holdpoint::store::Archive;
use proptest::prelude::*;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

const LIST: &str =
    "## Before\n- [ ] Fuel the tanks\n- [ ] Tell the support team\n- [ ] =1+2 engines <!-- hp: optional -->\n";

/// What the command left behind.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
    command.arg("audit").args(args).current_dir(folder).env_remove("DATABASE_URL").env_remove("HOLDPOINT_GITHUB_URL");
    command.env("HOLDPOINT_DATABASE_URL", "sqlite://holdpoint.db");
    command
}

fn audit_in(folder: &Path, args: &[&str]) -> Ran {
    let ran = command(folder, args).output().unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

fn audit(app: &App, args: &[&str]) -> Ran {
    audit_in(&app.folder.0, args)
}

/// The rows of a table, each by its headings.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn json(lines: &str) -> Vec<serde_json::Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A copy of the database as somebody has it who holds the file, with nothing left in it that refuses a change.
fn stolen(app: &App) -> (Folder, Connection) {
    let copy = Folder::new();
    let path = copy.0.join("holdpoint.db");
    let original = Connection::open(app.folder.0.join("holdpoint.db")).unwrap();
    original.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "DROP TRIGGER ledger_grows_at_its_end; DROP TRIGGER ledger_keeps_its_lines; DROP TRIGGER ledger_loses_no_line;
         PRAGMA foreign_keys = OFF",
    )
    .unwrap();
    (copy, db)
}

/// The head that `--verify` prints.
fn head(app: &App) -> String {
    let ran = audit(app, &[ROCKET, "--verify"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.starts_with("acme/rocket: the chain of "), "{ran:?}");
    ran.out.trim().rsplit_once("head ").unwrap().1.to_owned()
}

/// A release on which five things were done, in as many deliveries.
async fn worked_on() -> App {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let number = app.release("v1.0.0").await;
    for (who, nth) in [("bob", 0), ("carol", 1), ("alice", 2)] {
        app.github.world().tick(ROCKET, number, who, Pick::Nth(nth)).unwrap();
        app.settle().await;
    }
    for (from, to) in [
        ("- [x] Tell the support team", "- [ ] ~~Tell the support team~~ it is, \"closed\""),
        ("it is, \"closed\"", "it is, \"closed\"\n- [x] Check the dashboards"),
    ] {
        let body = app.github.body(ROCKET, number);
        assert!(body.contains(from), "{body}");
        app.github.world().edit_issue_body(ROCKET, number, "bob", &body.replace(from, to)).unwrap();
        app.settle().await;
    }
    app
}

#[tokio::test]
async fn what_people_did_is_printed_as_a_table() {
    let app = worked_on().await;
    let ran = audit(&app, &[ROCKET]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with(
        "repository,release,checklist,commit,issue,item,text,change,counted,reason,refused,who,when,how,delivery,position,hash\r\n"
    ));
    let rows = rows(&ran.out);
    let columns = ["position", "text", "change", "counted", "reason", "refused", "who", "how"];
    let shown: Vec<String> = rows.iter().map(|row| columns.map(|c| row[c].as_str()).join(" | ")).collect();
    assert_eq!(
        shown,
        [
            "1 | Fuel the tanks | done | yes |  |  | bob | box",
            "2 | Tell the support team | done | no |  | write access is needed, and carol has triage | carol | box",
            "3 | '=1+2 engines | done | yes |  |  | alice | box",
            "4 | Tell the support team | skipped | yes | it is, \"closed\" |  | bob | box",
            "5 | Check the dashboards | done | yes |  |  | bob | box",
        ]
    );
    let commit = app.github.world().repo(ROCKET).unwrap().git.resolve("v1.0.0").unwrap().sha.clone();
    for row in &rows {
        assert_eq!((row["repository"].as_str(), row["release"].as_str()), ("acme/rocket", "v1.0.0"));
        assert_eq!((row["checklist"].as_str(), row["commit"].as_str()), ("release", commit.as_str()));
        assert_eq!(row["issue"], "https://github.com/acme/rocket/issues/1");
        assert!(row["when"].starts_with("2026-03-02T09:00:") && row["when"].ends_with('Z'), "{row:?}");
    }
    assert!(rows[4]["item"].starts_with("'+"), "an added item's id would be a formula: {:?}", rows[4]);
    let told: Vec<String> = app.github.world().hooks.log.values().map(|d| d.guid.clone()).collect();
    assert!(rows.iter().all(|row| told.contains(&row["delivery"])), "each line names its delivery");
    app.finish().await;
}

#[tokio::test]
async fn json_lines_are_exact_and_are_chosen_by_time_and_release() {
    let app = worked_on().await;
    let ran = audit(&app, &["Acme/Rocket", "--format", "jsonl"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let all = json(&ran.out);
    assert_eq!(all.len(), 5);
    assert_eq!(all[2]["text"], "=1+2 engines");
    assert_eq!(all[3]["reason"], "it is, \"closed\"");
    assert_eq!((&all[1]["counted"], &all[1]["issue"]), (&false.into(), &1.into()));
    for pair in all.windows(2) {
        assert_eq!(pair[1]["previous"], pair[0]["hash"]);
    }
    let positions = |args: &[&str]| -> Vec<u64> {
        let ran = audit(&app, &[&["--format", "jsonl"], args].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        json(&ran.out).iter().map(|line| line["position"].as_u64().unwrap()).collect()
    };
    let third = all[2]["when"].as_str().unwrap();
    assert_eq!(positions(&["--since", third]), [3, 4, 5]);
    assert_eq!(positions(&["--until", third]), [1, 2, 3]);
    assert_eq!(positions(&["--since", third, "--until", third]), [3]);
    assert_eq!(positions(&["--since", "2026-03-02", "--until", "2026-03-02"]), [1, 2, 3, 4, 5]);
    assert_eq!(positions(&["--since", "2026-03-03"]), Vec::<u64>::new());
    assert_eq!(positions(&["--until", "2026-03-01"]), Vec::<u64>::new());
    assert_eq!(positions(&["--release", "v1.0.0"]), [1, 2, 3, 4, 5]);
    let ran = audit(&app, &["--release", "v9"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "holdpoint: no line of the ledger fits\n"));
    app.finish().await;
}

#[tokio::test]
async fn a_line_that_was_changed_taken_out_put_in_or_swapped_is_found() {
    let app = worked_on().await;
    let noted = head(&app);
    let cases = [
        ("UPDATE ledger SET login = 'alice' WHERE position = 2", "broken at line 2: its hash is"),
        ("UPDATE ledger SET account_id = 1 WHERE position = 2", "broken at line 2: its hash is"),
        ("UPDATE ledger SET account_id = NULL WHERE position = 2", "broken at line 2: its hash is"),
        ("UPDATE ledger SET refused = NULL WHERE position = 2", "broken at line 2: its hash is"),
        ("UPDATE ledger SET at = at + 1 WHERE position = 5", "broken at line 5: its hash is"),
        ("UPDATE ledger SET hash = zeroblob(32) WHERE position = 4", "broken at line 4: its hash is"),
        ("DELETE FROM ledger WHERE position = 3", "broken at line 3: line 4 comes next"),
        (
            "DELETE FROM ledger WHERE position = 3; UPDATE ledger SET position = position - 1 WHERE position > 3",
            "broken at line 3: its hash is",
        ),
        ("DELETE FROM ledger WHERE position = 1", "broken at line 1: line 2 comes next"),
        (
            "UPDATE ledger SET position = position + 100 WHERE position > 1;
             UPDATE ledger SET position = position - 99 WHERE position > 100;
             INSERT INTO ledger SELECT NULL, repository_id, 2, repository, release_id, release, checklist, commit_sha,
                 issue_number, item, item_text, mark, how, reason, refused, login, at, 'made up', hash, account_id
             FROM ledger WHERE position = 1",
            "broken at line 2: its hash is",
        ),
        (
            "UPDATE ledger SET position = 100 WHERE position = 2; UPDATE ledger SET position = 2 WHERE position = 3;
             UPDATE ledger SET position = 3 WHERE position = 100",
            "broken at line 2: its hash is",
        ),
        ("UPDATE ledger SET release_id = 99 WHERE position = 5", "broken at line 5: its hash is"),
        (
            "UPDATE ledger SET repository_id = 99, repository = NULL WHERE position = 5",
            "repository 99: the chain is broken at line 1: line 5",
        ),
    ];
    for (sql, expected) in cases {
        let (copy, db) = stolen(&app);
        db.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let ran = audit_in(&copy.0, &["--verify"]);
        assert_eq!(ran.code, 1, "{sql}: {ran:?}");
        assert!(ran.out.contains(expected), "{sql}: {ran:?}");
        let ran = audit_in(&copy.0, &[]);
        assert_eq!(ran.code, 1, "an export of a broken chain says so too: {sql}: {ran:?}");
        assert!(ran.err.contains(expected), "{sql}: {ran:?}");
        assert!(ran.out.lines().count() > 1, "and prints the lines: {sql}: {ran:?}");
    }
    let (copy, _db) = stolen(&app);
    let ran = audit_in(&copy.0, &["--verify", "--head", &noted]);
    assert_eq!(ran.code, 0, "nobody touched this one: {ran:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_a_chain_cannot_show_by_itself_is_shown_by_a_head_that_was_noted() {
    let app = worked_on().await;
    let noted = head(&app);
    app.github.world().untick(ROCKET, 1, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let grown = head(&app);
    assert_ne!(noted, grown);
    let ran = audit(&app, &[ROCKET, "--verify", "--head", &noted]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("the head that was noted is line 5 of the chain"), "{ran:?}");
    for (what, sql) in [
        ("lines are taken from the end", "DELETE FROM ledger WHERE position > 4"),
        ("a person is another in all lines", "UPDATE ledger SET login = 'alice' WHERE login = 'bob'"),
    ] {
        let (copy, db) = stolen(&app);
        db.execute_batch(sql).unwrap();
        // Whoever does this well makes the hashes fit again.
        let mut lines: Vec<LedgerEntry> = Vec::new();
        let archive = Archive::open(&copy.0.join("holdpoint.db")).unwrap();
        archive
            .lines(RepositoryId(app.github.world().repo(ROCKET).unwrap().id), |line, _| {
                lines.push(line);
                Ok(())
            })
            .unwrap();
        drop(archive);
        let mut previous = LineHash::START;
        for line in &lines {
            previous = line.hash(previous);
            let position = i64::try_from(line.position).unwrap();
            db.execute(
                "UPDATE ledger SET hash = ?1 WHERE position = ?2",
                rusqlite::params![previous.as_bytes(), position],
            )
            .unwrap();
        }
        let ran = audit_in(&copy.0, &["--verify"]);
        assert_eq!(ran.code, 0, "{what}: a chain alone shows nothing of this: {ran:?}");
        for head in [&noted, &grown] {
            let ran = audit_in(&copy.0, &["--verify", "--head", head]);
            assert_eq!(ran.code, 1, "{what}: {ran:?}");
            assert!(ran.out.contains(&format!("the head {head} is in no chain")), "{what}: {ran:?}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn an_export_is_verified_without_the_database() {
    let app = worked_on().await;
    let noted = head(&app);
    let folder = Folder::new();
    let export = folder.0.join("export.jsonl");
    let verify = |lines: &str, args: &[&str]| {
        std::fs::write(&export, lines).unwrap();
        audit_in(&folder.0, &[&["--verify", "--file", "export.jsonl"], args].concat())
    };
    let whole = audit(&app, &[ROCKET, "--format", "jsonl"]).out;
    let ran = verify(&whole, &["--head", &noted]);
    let expected = format!(
        "acme/rocket: the chain of 5 lines is whole; head {noted}\nacme/rocket: the head that was noted is line 5 of the chain\n"
    );
    assert_eq!((ran.code, ran.out, ran.err), (0, expected, String::new()));
    let lines: Vec<&str> = whole.lines().collect();
    let ran = verify(&lines[2..].join("\n"), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("is whole from line 3 to line 5, and the lines before are not there"), "{ran:?}");
    let ran = verify(&lines[..4].join("\n"), &["--head", &noted]);
    assert_eq!(ran.code, 1, "the last line is missing: {ran:?}");
    let ran = verify(&[lines[0], lines[2]].join("\n"), &[]);
    assert!(ran.code == 1 && ran.out.contains("broken at line 2: line 3 comes next"), "{ran:?}");
    let ran = verify("{}\n", &[]);
    assert!(ran.code == 1 && ran.out.contains("export.jsonl:1: this is no line of"), "{ran:?}");
    assert_eq!(verify("", &["--head", &noted]).code, 1);
    // Another value in any field of a line.
    let value = &json(&whole)[1];
    let fields = value.as_object().unwrap().keys().map(|key| format!("/{key}"));
    let stored = ["/stored/mark", "/stored/reason", "/stored/refused"].map(str::to_owned);
    for field in fields.chain(stored).filter(|field| field != "/url") {
        let mut changed = value.clone();
        let place = changed.pointer_mut(&field).unwrap();
        *place = match place.clone() {
            serde_json::Value::Number(n) => (n.as_u64().unwrap() + 1).into(),
            serde_json::Value::Bool(b) => (!b).into(),
            serde_json::Value::String(s) if s.ends_with('Z') => s.replace("09:00", "09:01").into(),
            serde_json::Value::String(s) if s.len() == 64 => "ab".repeat(32).into(),
            serde_json::Value::String(s) => format!("{s}x").into(),
            serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => "x".into(),
        };
        let text = [lines[0], &changed.to_string(), lines[2], lines[3], lines[4]].join("\n");
        let ran = verify(&text, &[]);
        assert_eq!(ran.code, 1, "{field}: {ran:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_and_to_delete_a_line() {
    let app = worked_on().await;
    let db = Connection::open(app.folder.0.join("holdpoint.db")).unwrap();
    for (sql, why) in [
        ("UPDATE ledger SET login = 'alice'", "a line of the ledger is never changed"),
        ("DELETE FROM ledger", "a line of the ledger is never deleted"),
        ("DELETE FROM ledger WHERE position = 5", "a line of the ledger is never deleted"),
        (
            "INSERT INTO ledger SELECT NULL, repository_id, 9, repository, release_id, release, checklist, commit_sha,
                 issue_number, item, item_text, mark, how, reason, refused, login, at, 'made up', hash, account_id
             FROM ledger WHERE position = 1",
            "a line of the ledger is added at its end, with its hash",
        ),
    ] {
        let error = db.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains(why), "{sql}: {error}");
    }
    let before = head(&app);
    app.github.world().untick(ROCKET, 1, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_ne!(head(&app), before, "and it goes on");
    app.finish().await;
}

#[tokio::test]
async fn the_chain_goes_on_after_a_restart_and_over_releases() {
    let mut app = worked_on().await;
    app.restart().await;
    app.commit("main", &[("rocket.txt", Some("1"))]);
    let number = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    head(&app);
    let rows = rows(&audit(&app, &[ROCKET, "--release", "v1.1.0"]).out);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0]["position"].as_str(), rows[0]["text"].as_str()), ("6", "Fuel the tanks"));
    app.finish().await;
}

#[tokio::test]
async fn a_skip_that_the_rules_forbid_is_told_as_one_that_does_not_count() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    skip: forbid\n";
    app.commit("main", &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(config))]);
    let number = app.release("v1.0.0").await;
    let body = app.github.body(ROCKET, number).replace("Fuel the tanks", "~~Fuel the tanks~~ solar");
    app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap();
    app.settle().await;
    let rows = rows(&audit(&app, &[]).out);
    assert_eq!((rows[0]["change"].as_str(), rows[0]["counted"].as_str()), ("skipped", "no"));
    assert_eq!((rows[0]["reason"].as_str(), rows[0]["refused"].as_str()), ("solar", "skipping is not allowed here"));
    assert!(app.summary("main", "holdpoint/release").contains("skipping is not allowed here"));
    app.finish().await;
}

#[tokio::test]
async fn what_keeps_the_command_from_running_is_said_and_nothing_is_created() {
    let folder = Folder::new();
    let ran = audit_in(&folder.0, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no database at ") && ran.err.contains("HOLDPOINT_DATABASE_URL"), "{ran:?}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
    std::fs::write(folder.0.join("holdpoint.db"), "").unwrap();
    let ran = audit_in(&folder.0, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is no database of Holdpoint's"), "{ran:?}");
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    app.settle().await;
    let cases: [(&[&str], &str); 7] = [
        (&["acme/comet"], "the database knows no repository acme/comet: known are acme/rocket"),
        (&["rocket"], "write OWNER/REPO"),
        (&["--since", "yesterday"], "write a day such as 2026-11-01"),
        (&["--since", "2026-13-01"], "write a day such as 2026-11-01"),
        (&["--verify", "--since", "2026-11-01"], "cannot be used with"),
        (&["--verify", "--head", "abc"], "a head is the 64 hexadecimal digits"),
        (&["--head", &"0".repeat(64)], "--verify"),
    ];
    for (args, why) in cases {
        let ran = audit(&app, args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}");
        assert!(ran.err.contains(why), "{args:?}: {}", ran.err);
    }
    let ran = audit(&app, &[ROCKET, "--verify"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "acme/rocket: the ledger has no lines yet\n"));
    app.finish().await;
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_it_quietly() {
    let app = worked_on().await;
    for format in ["csv", "jsonl"] {
        let mut child = command(&app.folder.0, &["--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""), "{format}");
    }
    app.finish().await;
}

// ---- What holds for every chain ----

fn line() -> impl Strategy<Value = LedgerEntry> {
    let text = || "[\\PC\n]{0,12}";
    let maybe = || proptest::option::of("[\\PC\n]{0,12}");
    (
        (any::<i64>(), text(), text(), text(), proptest::option::of(any::<u64>()), text(), maybe()),
        (text(), text(), maybe(), maybe(), text(), any::<i64>(), text(), maybe()),
    )
        .prop_map(|((release_id, release, checklist, commit, issue, item, said), rest)| {
            let (mark, how, reason, refused, by, at, delivery, name) = rest;
            LedgerEntry {
                repository: RepositoryId(7),
                position: 0,
                name,
                release_id,
                release,
                checklist,
                commit,
                issue: issue.map(IssueNumber),
                item,
                text: said,
                mark,
                how,
                reason,
                refused,
                by_id: (at % 3 == 0).then_some(holdpoint::ids::AccountId(at.unsigned_abs())),
                by,
                at: Timestamp(at),
                delivery,
            }
        })
}

/// Lines with their places and hashes.
fn chain() -> impl Strategy<Value = Vec<(LedgerEntry, LineHash)>> {
    proptest::collection::vec(line(), 1..8).prop_map(|lines| {
        let mut previous = LineHash::START;
        let place = |(n, line): (usize, LedgerEntry)| {
            let line = LedgerEntry { position: n as u64 + 1, ..line };
            previous = line.hash(previous);
            (line, previous)
        };
        lines.into_iter().enumerate().map(place).collect()
    })
}

fn follow(chain: &[(LedgerEntry, LineHash)]) -> ChainVerifier {
    let mut follower = ChainVerifier::default();
    for (line, hash) in chain {
        follower.next(line, Some(*hash));
    }
    follower
}

/// Puts another value into one field of a line: a character more, one that moves to its neighbour, something in place of
/// nothing.
fn change(line: &mut LedgerEntry, field: usize) {
    fn absent(value: &mut Option<String>) {
        *value = match value.take() {
            Some(_) => None,
            None => Some(String::new()),
        };
    }
    match field {
        0 => line.repository.0 += 1,
        1 => line.position += 1,
        2 => absent(&mut line.name),
        3 => line.release_id = line.release_id.wrapping_add(1),
        4 => line.release.push('x'),
        5 => line.checklist.push('x'),
        6 => line.commit.push('x'),
        7 => line.issue = if line.issue.is_some() { None } else { Some(IssueNumber(0)) },
        8 => line.item.push('x'),
        9 => absent(&mut line.text),
        10 => line.mark.push('x'),
        11 => line.how.push('x'),
        12 => absent(&mut line.reason),
        13 => absent(&mut line.refused),
        14 => line.by.push('x'),
        15 => line.at.0 = line.at.0.wrapping_add(1),
        16 => line.delivery.push('x'),
        17 => std::mem::swap(&mut line.reason, &mut line.refused),
        18 => std::mem::swap(&mut line.release, &mut line.checklist),
        19 => {
            line.by_id = if line.by_id.is_some() { None } else { Some(holdpoint::ids::AccountId(0)) };
        }
        _ => {
            // The same characters, cut elsewhere.
            let all = format!("{}{}", line.by, line.delivery);
            (line.by, line.delivery) = (all, String::new());
        }
    }
}

proptest! {
    #[test]
    fn a_chain_that_nobody_touched_is_whole(chain in chain()) {
        let follower = follow(&chain);
        prop_assert_eq!(follower.broken(), None);
        prop_assert_eq!(follower.head().hash, chain.last().unwrap().1);
        prop_assert_eq!(LineHash::parse(&follower.head().hash.to_string()), Some(follower.head().hash));
    }

    #[test]
    fn any_other_value_in_any_field_of_any_line_breaks_the_chain_there(
        chain in chain(), pick in any::<prop::sample::Index>(), field in 0_usize..21,
    ) {
        let at = pick.index(chain.len());
        let mut changed = chain.clone();
        change(&mut changed[at].0, field);
        prop_assume!(changed != chain);
        let place = at as u64 + 1;
        match follow(&changed).broken() {
            Some(Break::Hash { position, expected, found }) => {
                prop_assert_eq!((*position, *found), (place, Some(chain[at].1)));
                prop_assert_ne!(Some(*expected), *found);
            }
            Some(Break::Position { expected, found }) => prop_assert_eq!((*expected, *found, field), (place, place + 1, 1)),
            None => prop_assert!(false, "field {} of line {}", field, place),
        }
    }

    #[test]
    fn lines_taken_from_the_middle_doubled_or_swapped_break_the_chain(
        chain in chain(), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), renumber: bool,
    ) {
        let (one, other) = (one.index(chain.len()), other.index(chain.len()));
        let (mut without, mut doubled, mut swapped) = (chain.clone(), chain.clone(), chain.clone());
        without.remove(one);
        doubled.insert(other, chain[one].clone());
        swapped.swap(one, other);
        for (what, mut touched, same) in [
            ("taken out", without, one + 1 == chain.len()),
            ("doubled", doubled, false),
            ("swapped", swapped, one == other),
        ] {
            if renumber {
                for (n, (line, _)) in touched.iter_mut().enumerate() {
                    line.position = n as u64 + 1;
                }
            }
            // What was taken from the end is seen by its head only.
            prop_assert_eq!(follow(&touched).broken().is_none(), same, "{}", what);
            prop_assert!(what != "taken out" || touched.iter().all(|(_, hash)| *hash != chain[one].1));
        }
    }
}
