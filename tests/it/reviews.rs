//! What a reviewer sees on a pull request.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Fault;

#[tokio::test]
async fn a_pull_request_that_changes_the_checklist_is_told_so_by_check_and_comment() {
    let app = App::start().await;
    let old = app.file("main", CHECKLIST);
    let first = old.lines().find(|l| l.starts_with("- [ ]")).unwrap().to_owned();
    let new = old.replace(&first, "- [ ] Count the stars\n- [ ] Name them");
    let pull = app.pull_request("main", &[(CHECKLIST, Some(&new))]);
    app.settle().await;
    let head = app.head(pull);
    assert!(
        app.check(&head, "holdpoint/review").starts_with("success · 1 removed · 2 added"),
        "{}",
        app.check(&head, "holdpoint/review")
    );
    let comments = app.comments(pull);
    assert_eq!(comments.len(), 1);
    for text in [
        "### Checklist changes",
        "+ added | Count the stars",
        "**removed, was required**",
        first.trim_start_matches("- [ ] "),
    ] {
        assert!(comments[0].contains(text), "{text} is not in {}", comments[0]);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_checklist_that_is_put_elsewhere_and_changed_is_one_diff() {
    let app = App::start().await;
    let old = app.file("main", CHECKLIST);
    let new = format!("{old}- [ ] Count the stars\n");
    let pull = app.pull_request("main", &[(CHECKLIST, None), ("docs/release-checklist.md", Some(&new))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · 1 added");
    let comment = app.comments(pull).join("");
    assert!(
        comment.contains(&format!("`docs/release-checklist.md` (`release`) · renamed from `{CHECKLIST}` · 1 added")),
        "{comment}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_without_a_checklist_gets_one_line_and_no_comment() {
    let app = App::start().await;
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · No checklist files changed");
    assert_eq!(app.comments(pull), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn check_and_comment_follow_the_head_and_go_quiet_when_the_change_is_taken_back() {
    let app = App::start().await;
    let old = app.file("main", CHECKLIST);
    let pull = app.pull_request("main", &[(CHECKLIST, Some(&format!("{old}- [ ] One more\n")))]);
    app.settle().await;
    app.github
        .world()
        .push_to_pull_request(
            ROCKET,
            pull,
            "erin",
            "Two",
            &[(CHECKLIST, Some(&format!("{old}- [ ] One more\n- [ ] And another\n")))],
        )
        .unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/review").contains("2 added"));
    assert_eq!(app.comments(pull).len(), 1);
    assert!(app.comments(pull)[0].contains("And another"));
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "Back", &[(CHECKLIST, Some(&old))]).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · No checklist files changed");
    assert_eq!(app.comments(pull).len(), 1);
    assert!(app.comments(pull)[0].contains("no longer changes a checklist"));
    app.finish().await;
}

#[tokio::test]
async fn the_diff_is_taken_from_the_merge_base_not_from_the_tip_of_the_base() {
    let app = App::start().await;
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    let old = app.file("main", CHECKLIST);
    app.commit("main", &[(CHECKLIST, Some(&format!("{old}- [ ] Later\n")))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · No checklist files changed");
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_of_three_thousand_files_is_read_whole() {
    let app = App::start().await;
    let names: Vec<String> = (0..3_000).map(|n| format!("data/{n:05}.txt")).collect();
    let mut files: Vec<(&str, Option<&str>)> = names.iter().map(|n| (n.as_str(), Some("x"))).collect();
    files.push(("release-steps/12-drop-index.md", Some("- [ ] Drop the index\n")));
    let pull = app.pull_request("main", &files);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · 1 step for the next release");
    assert!(app.comments(pull)[0].contains("Drop the index"));
    app.finish().await;
}

#[tokio::test]
async fn a_broken_configuration_fails_with_the_problem_on_its_line() {
    let app = App::start().await;
    let pull =
        app.pull_request("main", &[(".github/holdpoint.yml", Some("checklists:\n  release:\n    tempalte: a.md\n"))]);
    app.settle().await;
    let run = app.github.check(ROCKET, &app.head(pull), "holdpoint/review").unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert_eq!(run.output.annotations.len(), 1);
    assert_eq!(
        (run.output.annotations[0]["path"].as_str(), run.output.annotations[0]["start_line"].as_u64()),
        (Some(".github/holdpoint.yml"), Some(3))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_configuration_that_names_what_is_not_there_is_told_so_on_its_lines() {
    let app = App::start().await;
    app.github.world().set_environment(ROCKET, "production", true).unwrap();
    let config = "checklists:\n  release:\n    template: .github/relaese-checklist.md\n    gate: { branches: [prodcution, main], environments: [Production, stagign] }\n";
    let pull = app.pull_request("main", &[(".github/holdpoint.yml", Some(config))]);
    app.settle().await;
    let head = app.head(pull);
    assert!(app.check(&head, "holdpoint/review").starts_with("failure"), "{}", app.check(&head, "holdpoint/review"));
    let run = app.github.check(ROCKET, &head, "holdpoint/review").unwrap();
    let all: String = run.output.annotations.iter().map(|note| format!("{note}\n")).collect();
    assert!(all.contains("there is no file `.github/relaese-checklist.md`"), "{all}");
    assert!(all.contains("there is no branch `prodcution`") && !all.contains("branch `main`"), "{all}");
    assert!(all.contains("there is no environment `stagign`") && !all.contains("environment `Prod"), "{all}");
    // A branch that is not there yet holds nobody up.
    let config = "checklists:\n  release:\n    gate: { branches: [live] }\n";
    let pull = app.pull_request("main", &[(".github/holdpoint.yml", Some(config))]);
    app.settle().await;
    let check = app.check(&app.head(pull), "holdpoint/review");
    assert!(check.starts_with("success"), "{check}");
    assert!(app.comments(pull)[0].contains("there is no branch `live`"), "{}", app.comments(pull)[0]);
    app.finish().await;
}

#[tokio::test]
async fn a_broken_configuration_on_the_base_fails_every_pull_request_but_not_the_one_that_mends_it() {
    let app = App::start().await;
    app.commit("main", &[(".github/holdpoint.yml", Some("checklists: [\n"))]);
    app.settle().await;
    let any = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    let mending = app.pull_request("main", &[(".github/holdpoint.yml", Some("checklists:\n  release:\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(any), "holdpoint/review"), "failure · The configuration has errors");
    assert!(app.check(&app.head(mending), "holdpoint/review").starts_with("success"));
    app.finish().await;
}

#[tokio::test]
async fn a_repository_without_a_checklist_sees_nothing_of_us() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, None)]);
    app.settle().await;
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "none");
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    assert_eq!(app.check("v1.0.0", "holdpoint/release"), "none");
    assert_eq!(app.check("v1.0.0", "holdpoint/review"), "none");
    app.finish().await;
}

const CONFIG: &str = ".github/holdpoint.yml";
const QUIET: &str = "pull_requests:\n  comment: never\n";

/// Whether a pull request that changes the checklist gets a comment: the organisation's file is told by its silence.
async fn comments_with(app: &App) -> usize {
    let new = format!("{}- [ ] Count the stars\n", app.file("main", CHECKLIST));
    let pull = app.pull_request("main", &[(CHECKLIST, Some(&new))]);
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/review").starts_with("success"));
    app.comments(pull).len()
}

#[tokio::test]
async fn the_organisations_file_holds_where_the_repository_has_none_and_the_repositorys_own_wins() {
    let app = App::start().await;
    assert_eq!(comments_with(&app).await, 1, "no repository .github: the defaults");
    app.github.world().create_repository("acme", ".github", &[(CONFIG, QUIET)]).unwrap();
    assert_eq!(comments_with(&app).await, 0, "the organisation's file");
    app.commit("main", &[(CONFIG, Some("pull_requests:\n  comment: changes\n"))]);
    app.settle().await;
    assert_eq!(comments_with(&app).await, 1, "the repository's own file");
    app.finish().await;
}

#[tokio::test]
async fn a_broken_file_of_the_organisation_fails_closed_and_says_where_it_is() {
    let app = App::start().await;
    app.github.world().create_repository("acme", ".github", &[(CONFIG, "checklists:\n  a:\n    skip: no\n")]).unwrap();
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    let head = app.head(pull);
    assert_eq!(app.check(&head, "holdpoint/review"), "failure · The configuration has errors");
    let summary = app.summary(&head, "holdpoint/review");
    assert!(
        summary.starts_with(
            "The organisation's configuration, in its repository `.github`, has errors or cannot be read."
        ),
        "{summary}"
    );
    let run = app.github.check(ROCKET, &head, "holdpoint/review").unwrap();
    assert_eq!(run.output.annotations.len(), 0, "no line of this repository is to blame");
    app.finish().await;
}

#[tokio::test]
async fn an_organisations_file_that_cannot_be_read_is_never_taken_for_none() {
    let app = App::start().await;
    app.github.world().create_repository("acme", ".github", &[(CONFIG, QUIET)]).unwrap();
    app.settle().await;
    app.github.fail_next("GET", "/repos/acme/.github", Fault::Status(502), 3);
    assert_eq!(comments_with(&app).await, 0, "the defaults would have posted a comment");
    app.finish().await;
}

const EXTENDS: &str = "extends: organization\nchecklists:\n  release:\n    gate: { branches: [production] }\n";

#[tokio::test]
async fn a_file_that_begins_with_the_organisations_is_laid_over_it() {
    let app = App::start().await;
    app.github.world().create_repository("acme", ".github", &[(CONFIG, QUIET)]).unwrap();
    app.commit("main", &[(CONFIG, Some(EXTENDS))]);
    app.settle().await;
    assert_eq!(comments_with(&app).await, 0, "the organisation's rule");
    let louder = format!("{EXTENDS}pull_requests: {{ comment: changes }}\n");
    let pull = app.pull_request("main", &[(CONFIG, Some(&louder))]);
    app.settle().await;
    let summary = app.summary(&app.head(pull), "holdpoint/review");
    assert!(summary.contains("comment"), "{summary}");
    assert!(!summary.contains("production"), "what the organisation or the file said before is no news: {summary}");
    app.commit("main", &[(CONFIG, Some(&louder))]);
    app.settle().await;
    assert_eq!(comments_with(&app).await, 1, "the repository's rule");
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_begins_with_one_that_is_not_there_fails_closed() {
    let app = App::start().await;
    let pull = app.pull_request("main", &[(CONFIG, Some(EXTENDS))]);
    app.settle().await;
    let head = app.head(pull);
    assert!(app.check(&head, "holdpoint/review").starts_with("failure"), "{}", app.check(&head, "holdpoint/review"));
    let run = app.github.check(ROCKET, &head, "holdpoint/review").unwrap();
    let message = run.output.annotations[0]["message"].as_str().unwrap();
    assert!(message.starts_with("there is no file `.github/holdpoint.yml` in the organisation's"), "{message}");
    app.commit("main", &[(CONFIG, Some(EXTENDS))]);
    let other = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(other), "holdpoint/review"), "failure · The configuration has errors");
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_drops_the_rule_that_it_breaks_is_reviewed_by_the_rule() {
    let app = App::start().await;
    app.commit("main", &[(CONFIG, Some("require_steps:\n  - paths: [\"src/**\"]\n"))]);
    app.settle().await;
    for own in [Some("pull_requests: { comment: never }\n"), None] {
        let pull = app.pull_request("main", &[(CONFIG, own), ("src/engine.py", Some("more\n"))]);
        app.settle().await;
        let review = app.check(&app.head(pull), "holdpoint/review");
        assert!(review.starts_with("failure · A step file is missing"), "{review}");
    }
    app.finish().await;
}
