//! Pull requests that must bring a step file: what they are told, and the link that begins one.

use super::{App, ROCKET};
use holdpoint::sandbox::PullEdit;
use percent_encoding::percent_decode_str;

const CONFIG: &str = ".github/holdpoint.yml";
const RULE: &str = "require_steps:\n  - paths: [\"migrations/**\"]\n    unless_label: no-release-steps\n";
const MIGRATION: (&str, Option<&str>) = ("migrations/7.sql", Some("drop index stars;\n"));

/// The standard world, in which migrations ask for a step.
async fn ruleset_checks(config: &str) -> App {
    let app = App::start().await;
    app.commit("main", &[(CONFIG, Some(config))]);
    app.settle().await;
    app
}

/// Opens a pull request from a branch of this name, and waits.
async fn opened(app: &App, branch: &str, title: &str, files: &[(&str, Option<&str>)]) -> u64 {
    let number = {
        let mut world = app.github.world();
        world.create_branch(ROCKET, branch, "main", "erin").unwrap();
        world.commit_to(ROCKET, branch, "erin", "A change", files).unwrap();
        world.open_pull_request(ROCKET, "erin", branch, "main", title, "").unwrap()
    };
    app.settle().await;
    number
}

fn review(app: &App, pull: u64) -> String {
    app.check(&app.head(pull), "holdpoint/review")
}

fn said(app: &App, pull: u64) -> String {
    app.summary(&app.head(pull), "holdpoint/review")
}

#[tokio::test]
async fn a_step_file_that_nothing_reads_is_told_with_the_name_that_would_be_read() {
    let app = ruleset_checks(RULE).await;
    for (branch, path, better) in [
        ("ending", "release-steps/cdn.MD", "release-steps/cdn.md"),
        ("folder", "release_steps/key.md", "release-steps/key.md"),
    ] {
        let pull = opened(&app, branch, "A step", &[(path, Some("- [ ] Purge\n"))]).await;
        assert_eq!(review(&app, pull), "success · 1 file that nothing reads");
        let text = said(&app, pull);
        assert!(text.contains("nothing reads this file") && text.contains(better), "{text}");
        let comments = app.comments(pull);
        assert!(comments.iter().any(|c| c.contains("nothing reads this file")), "{comments:?}");
        app.commit("main", &[(path, Some("- [ ] Purge\n"))]);
        app.settle().await;
        let gone = opened(&app, &format!("{branch}-gone"), "Away", &[(path, None)]).await;
        assert_eq!(review(&app, gone), "success · No checklist files changed", "what goes is no loss");
    }
    app.finish().await;
}

/// The address of the link in a text, and what it asks for, decoded.
fn link(text: &str) -> (String, Vec<(String, String)>) {
    let rest = text.split_once("](").expect("a link").1;
    let url = rest.split_once(')').unwrap().0;
    let (page, query) = url.split_once('?').unwrap_or((url, ""));
    let decoded = |part: &str| percent_decode_str(part).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap());
    (page.to_owned(), pairs.map(|(key, value)| (key.to_owned(), decoded(value))).collect())
}

#[tokio::test]
async fn a_missing_step_fails_the_review_and_is_a_link_away_in_check_and_comment() {
    let app = ruleset_checks(RULE).await;
    let pull = opened(&app, "drop-index", "Drop the index", &[MIGRATION]).await;
    assert_eq!(review(&app, pull), "failure · A step file is missing");
    let comments = app.comments(pull);
    assert_eq!(comments.len(), 1);
    for text in [said(&app, pull), comments[0].clone()] {
        let (page, query) = link(&text);
        assert_eq!(page, format!("{}/{ROCKET}/new/drop-index", app.github.url()));
        assert_eq!(query[0], ("filename".to_owned(), format!("release-steps/{pull}-drop-the-index.md")));
        let wanted = "# Drop the index\n\n- [ ] What is to be done by hand, and how\n";
        assert_eq!(query[1], ("value".to_owned(), wanted.to_owned()));
        assert!(text.contains("`no-release-steps`"), "{text}");
    }
    let path = format!("release-steps/{pull}-drop-the-index.md");
    let step = [(path.as_str(), Some("- [ ] Drop the index by hand\n"))];
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "The step", &step).unwrap();
    app.settle().await;
    assert_eq!(review(&app, pull), "success · 1 step for the next release");
    assert!(!app.comments(pull)[0].contains("no step file says"), "{}", app.comments(pull)[0]);
    app.finish().await;
}

#[tokio::test]
async fn the_label_lets_a_pull_request_pass_and_taking_it_off_asks_again() {
    let app = ruleset_checks(RULE).await;
    let pull = opened(&app, "drop-index", "Drop the index", &[MIGRATION]).await;
    app.github.world().label(ROCKET, pull, "alice", "no-release-steps").unwrap();
    app.settle().await;
    assert_eq!(review(&app, pull), "success · No checklist files changed");
    assert!(said(&app, pull).starts_with("No step is needed: label `no-release-steps`."), "{}", said(&app, pull));
    assert!(app.comments(pull)[0].contains("No step is needed: label `no-release-steps`."));
    app.github.world().unlabel(ROCKET, pull, "alice", "no-release-steps").unwrap();
    app.settle().await;
    assert_eq!(review(&app, pull), "failure · A step file is missing");
    assert_eq!(app.comments(pull).len(), 1);
    assert!(app.comments(pull)[0].contains("no step file says"));
    app.finish().await;
}

#[tokio::test]
async fn hostile_titles_and_branches_stay_inside_their_places_of_the_address() {
    let app = ruleset_checks(RULE).await;
    let cases = [
        (
            "feature/a&value=b#c",
            "Drop &value=- [x] done #1\n# Ready <!-- hp: optional -->",
            "drop-value-x-done-1-ready-hp-optional",
        ),
        (
            "größe)](x",
            "Größer: {{ version }} `code` [x](https://evil.example) @acme/qa",
            "gr-er-version-code-x-https-evil-example-acme-qa",
        ),
        ("plus+%2F?x", "データベース", "step"),
    ];
    for (branch, title, slug) in cases {
        let pull = opened(&app, branch, title, &[MIGRATION]).await;
        let (page, query) = link(&said(&app, pull));
        let start = format!("{}/{ROCKET}/new/", app.github.url());
        let encoded = page.strip_prefix(&start).unwrap();
        assert_eq!(percent_decode_str(encoded).decode_utf8().unwrap(), branch);
        assert!(encoded.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%/".contains(c)), "{encoded}");
        let names: Vec<&str> = query.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["filename", "value"], "{title}");
        assert_eq!(query[0].1, format!("release-steps/{pull}-{slug}.md"));
        let (list, problems) = holdpoint::checklist::parse::parse(&query[1].1);
        assert_eq!((list.sections.len(), list.items.len(), problems.len()), (1, 1, 0), "{:?}", query[1].1);
        assert!(!list.items[0].checked && !list.items[0].directives.optional);
        assert!(!query[1].1.contains("{{"), "{:?}", query[1].1);
        assert_eq!(query[1].1.lines().count(), 3);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_long_title_makes_no_long_name() {
    let app = ruleset_checks(RULE).await;
    let pull = opened(&app, "long", &"very long words ".repeat(15), &[MIGRATION]).await;
    let (_, query) = link(&said(&app, pull));
    let name = query[0].1.strip_prefix(&format!("release-steps/{pull}-")).unwrap();
    assert!(name.len() <= "0".repeat(50).len() + ".md".len(), "{name}");
    app.finish().await;
}

#[tokio::test]
async fn a_fork_is_sent_to_its_own_repository_and_a_deleted_one_gets_words() {
    let app = ruleset_checks(RULE).await;
    let (fork, pull) = {
        let mut world = app.github.world();
        let fork = world.fork(ROCKET, "mallory").unwrap();
        world.create_branch(&fork, "theirs", "main", "mallory").unwrap();
        world.commit_to(&fork, "theirs", "mallory", "A change", &[MIGRATION]).unwrap();
        let pull = world.open_pull_request(ROCKET, "mallory", "mallory:theirs", "main", "From afar", "").unwrap();
        (fork, pull)
    };
    app.settle().await;
    assert_eq!(link(&said(&app, pull)).0, format!("{}/{fork}/new/theirs", app.github.url()));
    {
        let mut world = app.github.world();
        world.delete_fork(&fork).unwrap();
        let edit = PullEdit { title: Some("From nowhere".to_owned()), ..PullEdit::default() };
        world.edit_pull_request(ROCKET, pull, "mallory", &edit).unwrap();
    }
    app.settle().await;
    assert_eq!(review(&app, pull), "failure · A step file is missing");
    let text = said(&app, pull);
    assert!(text.contains("is gone") && !text.contains("]("), "{text}");
    app.finish().await;
}

#[tokio::test]
async fn a_step_file_without_items_is_none_and_is_opened_for_editing() {
    let app = ruleset_checks(RULE).await;
    let pull = opened(&app, "empty", "Empty", &[MIGRATION]).await;
    let path = format!("release-steps/{pull}-empty.md");
    let step = [(path.as_str(), Some("# Empty\n\nNothing, really.\n\n```\n- [ ] code\n```\n"))];
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "No step", &step).unwrap();
    app.settle().await;
    assert_eq!(review(&app, pull), "failure · A step file is missing");
    let text = said(&app, pull);
    assert!(text.contains(&format!("`{path}` has no items.")), "{text}");
    assert_eq!(link(&text).0, format!("{}/{ROCKET}/edit/empty/{path}", app.github.url()));
    app.finish().await;
}

#[tokio::test]
async fn the_folder_is_that_of_the_checklists_own_glob_and_where_none_fits_it_is_said() {
    let app =
        ruleset_checks(&format!("{RULE}checklists:\n  release:\n    steps: [\"ops/*/x.md\", \"ops/steps/*.md\"]\n"))
            .await;
    let pull = opened(&app, "one", "One", &[MIGRATION]).await;
    assert_eq!(link(&said(&app, pull)).1[0].1, format!("ops/steps/{pull}-one.md"));
    app.commit("main", &[(CONFIG, Some(&format!("{RULE}checklists:\n  release:\n    steps: [\"ops/*/x.md\"]\n")))]);
    let other = opened(&app, "two", "Two", &[MIGRATION]).await;
    let text = said(&app, other);
    assert!(text.contains("Add one that fits `ops/*/x.md`") && !text.contains("]("), "{text}");
    app.finish().await;
}

#[tokio::test]
async fn renaming_a_step_that_waits_for_its_release_is_a_rename_and_no_step_of_the_pull_requests_own() {
    let app = ruleset_checks(RULE).await;
    let text = "- [ ] Pause the exports\n";
    app.commit("main", &[("release-steps/exports.md", Some(text))]);
    app.settle().await;
    let renamed = [MIGRATION, ("release-steps/exports.md", None), ("release-steps/11-exports.md", Some(text))];
    let pull = opened(&app, "rename", "Drop the index", &renamed).await;
    assert_eq!(review(&app, pull), "failure · A step file is missing");
    let comment = app.comments(pull).remove(0);
    assert!(comment.contains("renamed from `release-steps/exports.md`"), "{comment}");
    assert!(!comment.contains("removed") && !comment.contains("brings"), "{comment}");
    // One with a box more is a step: that box.
    let more = format!("{text}- [ ] Drop the index by hand\n");
    let push = [("release-steps/11-exports.md", Some(more.as_str()))];
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "The step", &push).unwrap();
    app.settle().await;
    assert_eq!(review(&app, pull), "success · 1 added · 1 step for the next release");
    app.finish().await;
}

#[tokio::test]
async fn a_step_file_that_a_release_had_brings_a_step_only_where_the_next_release_will_have_one() {
    let app = ruleset_checks(RULE).await;
    let (old, path) = ("- [ ] Pauze the exports\n- [ ] Move the couriers\n", "release-steps/couriers.md");
    app.commit("main", &[(path, Some(old))]);
    app.settle().await;
    app.release("v1.0.0").await;
    let better = old.replace("Pauze", "Pause");
    let pull = opened(&app, "edit", "Drop the index", &[MIGRATION, (path, Some(&better))]).await;
    assert_eq!(review(&app, pull), "success · 1 reworded · 1 step for the next release");
    app.commit("main", &[(path, Some(&better))]);
    // Back to what the release had: nothing is left for the next one.
    let back = opened(&app, "back", "Drop the index", &[MIGRATION, (path, Some(old))]).await;
    assert_eq!(review(&app, back), "failure · A step file is missing");
    app.commit("main", &[(path, None)]);
    let again = opened(&app, "again", "Drop the index", &[MIGRATION, (path, Some(old))]).await;
    assert_eq!(review(&app, again), "failure · A step file is missing");
    assert!(said(&app, again).contains("a release has these steps already"), "{}", said(&app, again));
    app.finish().await;
}

#[tokio::test]
async fn taking_away_a_step_says_whether_a_release_has_it() {
    let app = ruleset_checks(RULE).await;
    let path = "release-steps/couriers.md";
    app.commit("main", &[(path, Some("- [ ] Move the couriers\n"))]);
    app.settle().await;
    let before = opened(&app, "before", "Tidy", &[(path, None)]).await;
    let lost = "no release has this step yet, and none will, unless the tagged commit itself deletes the file";
    assert!(said(&app, before).contains(lost), "{}", said(&app, before));
    app.release("v1.0.0").await;
    let after = opened(&app, "after", "Tidy", &[(path, None)]).await;
    assert!(!said(&app, after).contains("no release has"), "{}", said(&app, after));
    app.finish().await;
}
