//! A release happens: one issue.

use super::{App, CHECKLIST, GATED, ROCKET};

const TEMPLATE: &str = "---\ntitle: \"[Release] <Version>\"\nlabels: [release, qa]\nassignees: bob\n---\n# Launch {{ version }}\n\n- [ ] **Fuel** the tanks,  twice\n  - read [the manual](docs/fuel.md)\n* [ ] Tell the support team\t\n";

#[tokio::test]
async fn a_tag_opens_one_issue_with_the_text_byte_for_byte_and_the_front_matter_honoured() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(TEMPLATE))]);
    let number = app.release("v1.4.0").await;
    let issue = app.github.issue(ROCKET, number).unwrap();
    assert_eq!(issue.title, "[Release] 1.4.0");
    assert!(issue.labels.iter().eq(["qa", "release"]), "{:?}", issue.labels);
    assert!(issue.assignees.iter().eq(["bob"]), "{:?}", issue.assignees);
    let body = app.github.body(ROCKET, number);
    let commit = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    let expected = format!(
        "# Launch 1.4.0\n\n- [ ] **Fuel** the tanks,  twice\n  - read [the manual]({}/{ROCKET}/blob/{commit}/docs/fuel.md)\n* [ ] Tell the support team\t\n",
        app.github.url()
    );
    assert!(body.contains(&expected.replace("docs/fuel.md", ".github/docs/fuel.md")), "{body}");
    assert!(body.trim_end().ends_with("-->") && body.contains("<!-- holdpoint v1 "), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn one_release_that_emits_five_events_opens_one_issue() {
    let app = App::start().await;
    app.github.world().hooks.duplicate_next = 10;
    app.github.world().publish_release(ROCKET, "v2.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn an_annotated_tag_is_peeled_to_its_commit() {
    let app = App::start().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", Some("The first")).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(
        app.check("main", "holdpoint/release").starts_with("action_required"),
        "{}",
        app.check("main", "holdpoint/release")
    );
    app.finish().await;
}

#[tokio::test]
async fn tags_of_other_forms_open_nothing() {
    let app = App::start().await;
    app.github.world().create_tag(ROCKET, "nightly", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn steps_that_are_new_since_the_previous_release_stand_in_the_issue_once() {
    let app = App::start().await;
    app.commit("main", &[("release-steps/1-old.md", Some("- [ ] An old step\n"))]);
    app.release("v1.0.0").await;
    let pull = app.pull_request(
        "main",
        &[
            ("release-steps/2-new.md", Some("- [ ] Drop the column <!-- hp: owner=@acme/qa -->\n- [ ] Say so <!-- hp: phase=after optional -->\n")),
            ("release-steps/1-old.md", Some("- [ ] An old step\n- [ ] A late addition\n")),
        ],
    );
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", holdpoint::sandbox::Method::Squash).unwrap();
    let number = app.release("v1.1.0").await;
    let body = app.github.body(ROCKET, number);
    assert_eq!(body.matches("Drop the column · @acme/qa <!-- hp:").count(), 1, "{body}");
    assert!(body.contains("Say so · optional · after the release"), "{body}");
    assert!(body.contains("- [ ] A late addition"), "{body}");
    assert!(!body.contains("[ ] An old step"), "{body}");
    assert!(body.contains(&format!("### #{pull} Change something · erin")), "{body}");
    assert!(body.contains("[changes since v1.0.0]"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_merge_opens_the_release_where_the_configuration_says_so() {
    let app = App::start().await;
    app.commit(
        "main",
        &[(".github/holdpoint.yml", Some("checklists:\n  release:\n    open: { on: merge, match: main }\n"))],
    );
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", holdpoint::sandbox::Method::Merge).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_hostile_tag_opens_no_box_no_mention_and_no_html() {
    let app = App::start().await;
    let template = "- [ ] Ship {{ tag }} of {{ version }}\n";
    app.commit("main", &[(CHECKLIST, Some(template))]);
    let number = app.release("v1-<!--`@alice`--><b>").await;
    let body = app.github.body(ROCKET, number);
    let line = body.lines().find(|l| l.starts_with("- [ ] Ship")).unwrap();
    assert!(
        !line.contains("<!--") && !line.contains("@alice") && !line.contains("<b>") && !line.contains('`'),
        "{line}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_template_without_items_keeps_the_gate_closed_and_says_why() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("# Nothing here\n\nJust words.\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let check = app.check("main", "holdpoint/release");
    assert!(check.starts_with("failure") && check.contains("has no items"), "{check}");
    app.finish().await;
}

#[tokio::test]
async fn where_only_steps_exist_and_none_is_new_there_is_no_issue_and_the_gate_passes() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, None), ("release-steps/1.md", Some("- [ ] Once\n"))]);
    app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.1", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.check("main", "holdpoint/release"), "success · v1.0.1: nothing to do");
    app.finish().await;
}

#[tokio::test]
async fn an_assignee_whom_github_does_not_know_does_not_keep_the_issue_from_being_opened() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("---\nassignees: nobody-at-all\n---\n- [ ] a\n"))]);
    let number = app.release("v1.0.0").await;
    assert!(app.github.issue(ROCKET, number).unwrap().assignees.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_lost_database_opens_no_second_issue() {
    let mut app = App::start().await;
    app.release("v1.0.0").await;
    app.lose_database().await;
    app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_issue_closes_the_gate() {
    let app = App::start().await;
    app.commit("main", &[(".github/holdpoint.yml", Some(GATED)), (CHECKLIST, Some("- [ ] a\n"))]);
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "alice", holdpoint::sandbox::Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check("main", "holdpoint/release").starts_with("success"));
    app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    let check = app.check("main", "holdpoint/release");
    assert!(check.starts_with("failure") && check.contains("deleted"), "{check}");
    app.finish().await;
}
