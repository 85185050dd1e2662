//! A repository whose only checklist is an issue form, or a template of pull requests.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::Pick;

const FORM: &str = ".github/ISSUE_TEMPLATE/release.yml";
const GATE: &str = "holdpoint/release";
const REVIEW: &str = "holdpoint/review";

const TEXT: &str = "\
name: Release
description: Everything that a release needs
title: \"Ship {{ version }}\"
labels: [shipping]
body:
  - type: checkboxes
    attributes:
      label: Before the launch
      options:
        - label: Fuel the tanks
          required: true
        - label: 'Close the hatch <!-- hp: owner=@acme/qa -->'
  - type: textarea
    attributes:
      label: 'After the launch <!-- hp: phase=after -->'
      value: |
        - [ ] Watch the sky
          - [ ] and the sea
";

/// A repository that has these files and no other checklist, on `main` and `production`.
async fn with(files: &[(&str, &str)]) -> App {
    let app = App::start().await;
    for branch in ["main", "production"] {
        let mut all = vec![(CHECKLIST, None)];
        all.extend(files.iter().map(|(path, text)| (*path, Some(*text))));
        app.commit(branch, &all);
    }
    app.settle().await;
    app
}

/// The same, with a configuration that gates `production`.
async fn gated(files: &[(&str, &str)]) -> App {
    with(&[files, &[(".github/holdpoint.yml", GATED)]].concat()).await
}

#[tokio::test]
async fn a_change_of_a_form_is_shown_by_its_items_and_on_the_lines_of_the_file() {
    let app = with(&[(FORM, TEXT)]).await;
    let text = TEXT
        .replace("        - label: Fuel the tanks\n          required: true\n", "")
        .replace("- [ ] and the sea", "- [ ] and the whole sea")
        .replace("owner=@acme/qa", "owner=@acme/qa optionl")
        .replace("body:\n", "body:\n  - { type: markdown, attributes: { value: '- [ ] Count down' } }\n");
    let pull = app.pull_request("main", &[(FORM, Some(&text))]);
    app.settle().await;
    let run = app.github.check(ROCKET, &app.head(pull), REVIEW).unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    let lines: Vec<_> = run.output.annotations.iter().map(|a| (a["path"].as_str(), a["start_line"].as_u64())).collect();
    assert_eq!(lines, [(Some(FORM), Some(11))], "{:?}", run.output.annotations);
    let comment = app.comments(pull).join("");
    for words in ["Fuel the tanks", "Count down", "**removed, was required**", "and the **whole** sea", "`optionl`"] {
        assert!(comment.contains(words), "{words} is not in {comment}");
    }
    // In other words, and nothing else.
    let text = TEXT.replace("Fuel the tanks\n", "\"Fuel the tanks\"\n").replace("[shipping]", "shipping");
    let pull = app.pull_request("main", &[(FORM, Some(&text))]);
    app.settle().await;
    assert!(app.check(&app.head(pull), REVIEW).starts_with("success"), "{}", app.check(&app.head(pull), REVIEW));
    assert_eq!(app.comments(pull), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_tag_opens_the_issue_that_the_form_would_become_and_the_last_tick_opens_the_gate() {
    let app = gated(&[(FORM, TEXT)]).await;
    app.commit("main", &[("engine.py", Some("pass\n"))]);
    let issue = app.release("v1.0.0").await;
    let opened = app.github.issue(ROCKET, issue).unwrap();
    assert_eq!(opened.title, "Ship 1.0.0");
    assert_eq!(opened.labels.iter().collect::<Vec<_>>(), ["shipping"]);
    let body = opened.body.unwrap();
    let text = "### Before the launch\n\n- [ ] Fuel the tanks\n- [ ] Close the hatch · @acme/qa <!-- hp: owner=@acme/qa -->\n\n### After the launch <!-- hp: phase=after -->\n\n- [ ] Watch the sky\n  - [ ] and the sea\n";
    assert!(body.contains(text), "{body}");
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let gate = || app.check(&app.head(pull), GATE);
    assert!(gate().starts_with("action_required · v1.0.0: 0 of 2 done"), "{}", gate());
    app.github.world().tick(ROCKET, issue, "erin", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, issue, "erin", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert!(gate().starts_with("action_required"), "the hatch is the team's: {}", gate());
    app.github.world().untick(ROCKET, issue, "erin", Pick::Nth(1)).unwrap();
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert!(gate().starts_with("success"), "{}", gate());
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_cannot_be_read_whole_keeps_the_gate_shut_and_names_the_line() {
    for (text, said) in [
        (
            TEXT.replace("'Close the hatch <!-- hp: owner=@acme/qa -->'", "Close <!-- hp: optional -->"),
            "line 12: `: ` is in",
        ),
        (
            TEXT.replace("- label: Fuel the tanks\n          required", "- required"),
            "line 10: this option has no `label`",
        ),
        (TEXT.replace("- [ ] Watch the sky", "```"), "line 17: this text leaves a code fence"),
    ] {
        let app = gated(&[(FORM, TEXT)]).await;
        let pull = app.pull_request("main", &[(FORM, Some(&text))]);
        app.settle().await;
        assert!(app.check(&app.head(pull), REVIEW).starts_with("failure"), "{said}");
        app.commit("main", &[(FORM, Some(&text))]);
        app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
        let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        app.settle().await;
        assert!(!app.check(&app.head(ship), GATE).starts_with("success"), "{}", app.check(&app.head(ship), GATE));
        let summary = app.summary(&app.head(ship), GATE);
        assert!(summary.contains(said), "{said} is not in {summary}");
        assert_eq!(app.github.issues(ROCKET).len(), 0);
        app.finish().await;
    }
}

#[tokio::test]
async fn whoever_takes_the_boxes_out_of_a_form_is_told_and_opens_no_gate() {
    let app = gated(&[(FORM, TEXT)]).await;
    let bare = "name: Release\nbody:\n  - { type: input, attributes: { label: Version } }\n";
    let pull = app.pull_request("main", &[(FORM, Some(bare))]);
    app.settle().await;
    let comment = app.comments(pull).join("");
    assert!(app.check(&app.head(pull), REVIEW).starts_with("failure"), "{comment}");
    assert!(comment.contains("line 3: this form has no boxes"), "{comment}");
    // Tagged on a branch, where the default branch still has them.
    let head = app.head(pull);
    app.github.world().create_tag(ROCKET, "v1.0.0", &head, "erin", None).unwrap();
    app.settle().await;
    let gate = app.check(&head, GATE);
    assert!(!gate.starts_with("success"), "{gate}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_or_template_without_boxes_is_no_checklist_until_it_gets_its_first() {
    let bare = "name: Bug in a release\nbody:\n  - { type: input, attributes: { label: Version } }\n";
    let files = [
        (".github/ISSUE_TEMPLATE/bug-in-release.yml", bare),
        (".github/ISSUE_TEMPLATE/release-broken.yml", "name: [\n"),
        (".github/ISSUE_TEMPLATE/release-markdown.yml", "---\nname: Release\n---\n\n- [ ] Never read\n"),
        (".github/PULL_REQUEST_TEMPLATE/release.md", "What does this release change?\n"),
    ];
    let app = with(&files).await;
    let pull = app.pull_request("main", &[("engine.py", Some("pass\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), REVIEW), "none");
    assert!(!app.check("main", GATE).starts_with("failure"), "{}", app.check("main", GATE));
    assert_eq!((app.github.issues(ROCKET).len(), app.comments(pull).len()), (0, 0));
    // With its first box it is one.
    let text = bare.replace("input, attributes: { label: Version }", "markdown, attributes: { value: '- [ ] Fuel' }");
    let pull = app.pull_request("main", &[(files[0].0, Some(&text))]);
    app.settle().await;
    assert!(
        app.check(&app.head(pull), REVIEW).starts_with("success · 1 added"),
        "{}",
        app.check(&app.head(pull), REVIEW)
    );
    app.finish().await;
}

#[tokio::test]
async fn a_template_of_pull_requests_is_reviewed_opened_ticked_and_gates() {
    let path = ".github/PULL_REQUEST_TEMPLATE/release_train.md";
    let app = gated(&[(path, "## Release\n\n- [ ] Fuel the tanks\n")]).await;
    let pull = app.pull_request("main", &[(path, Some("## Release\n\n- [ ] Fuel the tanks\n- [ ] Count down\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), REVIEW), "success · 1 added");
    app.github.world().merge_pull_request(ROCKET, pull, "erin", holdpoint::sandbox::Method::Merge).unwrap();
    app.settle().await;
    let issue = app.release("v1.0.0").await;
    let body = app.github.issue(ROCKET, issue).unwrap().body.unwrap();
    assert!(body.contains("## Release\n\n- [ ] Fuel the tanks\n- [ ] Count down\n"), "{body}");
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    for nth in 0..2 {
        assert!(app.check(&app.head(ship), GATE).starts_with("action_required"));
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(nth)).unwrap();
        app.settle().await;
    }
    assert!(app.check(&app.head(ship), GATE).starts_with("success"), "{}", app.check(&app.head(ship), GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_form_that_the_configuration_names_is_a_template_wherever_it_lies_and_a_step_file_too() {
    let app = App::start().await;
    let config = format!("{GATED}    template: ops/list.yaml\n    steps: ops/steps/*\n");
    app.commit("main", &[(".github/holdpoint.yml", Some(&config)), ("ops/list.yaml", Some(TEXT)), (CHECKLIST, None)]);
    app.settle().await;
    let step = "body:\n  - { type: checkboxes, attributes: { label: Once, options: [{ label: Drop the column }] } }\n";
    let pull = app.pull_request("main", &[("ops/steps/1.yml", Some(step))]);
    app.settle().await;
    assert!(app.comments(pull).join("").contains("Drop the column"), "{:?}", app.comments(pull));
    app.github.world().merge_pull_request(ROCKET, pull, "erin", holdpoint::sandbox::Method::Merge).unwrap();
    let issue = app.release("v1.0.0").await;
    let body = app.github.issue(ROCKET, issue).unwrap().body.unwrap();
    assert!(body.contains("- [ ] Fuel the tanks") && body.contains("- [ ] Drop the column"), "{body}");
    app.finish().await;
}
