//! A release goes on under another name or commit: candidates of one version share one issue.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{Fault, Pick};

const LIST: &str = "# Launch {{ version }}\n\n- [ ] Fuel the tanks of {{ tag }}\n- [ ] Tell the support team\n\n## Once it flies <!-- hp: phase=after -->\n\n- [ ] Thank the team\n";

impl App {
    fn tick(&self, issue: u64, who: &str, text: &str) {
        self.github.world().tick(ROCKET, issue, who, Pick::Text(text)).unwrap();
    }

    fn title(&self, issue: u64) -> String {
        self.github.issue(ROCKET, issue).unwrap().title
    }
}

#[tokio::test]
async fn candidates_of_a_version_share_one_issue_and_keep_their_ticks() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let number = app.release("v1.4.0-rc1").await;
    assert_eq!(app.title(number), "Release 1.4.0-rc1");
    app.tick(number, "alice", "Fuel the tanks");
    app.tick(number, "alice", "Tell the support team");
    app.settle().await;
    assert!(
        app.check("main", "holdpoint/release").starts_with("success"),
        "{}",
        app.check("main", "holdpoint/release")
    );
    let first = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();

    app.commit("main", &[("release-steps/7-index.md", Some("# Build the index <!-- hp: owner=@alice -->\n\n- [ ] Build it\n- [ ] Measure it <!-- hp: phase=after -->\n"))]);
    assert_eq!(app.release("v1.4.0-rc2").await, number, "no second issue");
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.title(number), "Release 1.4.0-rc2");
    let body = app.github.body(ROCKET, number);
    assert!(
        body.contains("- [x] Fuel the tanks of v1.4.0-rc1") && body.contains("- [x] Tell the support team"),
        "{body}"
    );
    assert_eq!(body.matches("Fuel the tanks").count(), 1, "{body}");
    assert!(body.contains("\n# Added with v1.4.0-rc2\n"), "{body}");
    assert!(body.contains("`release-steps/7-index.md`\n\n# Build the index"), "{body}");
    assert_eq!(body.matches("- [ ] Build it · @alice").count(), 1, "{body}");
    assert!(body.contains("- [ ] Measure it · after the release · @alice"), "{body}");
    assert!(body.trim_end().ends_with("-->"), "{body}");
    for commit in [first.as_str(), "main"] {
        assert!(
            app.check(commit, "holdpoint/release").contains("2 of 3 done"),
            "{}",
            app.check(commit, "holdpoint/release")
        );
    }
    app.tick(number, "alice", "Build it");
    app.settle().await;
    assert!(app.check("main", "holdpoint/release").starts_with("success"));

    assert_eq!(app.release("v1.4.0").await, number);
    assert_eq!(app.title(number), "Release 1.4.0");
    assert!(app.check("main", "holdpoint/release").starts_with("success"), "the ticks are still there");
    let next = app.release("v1.5.0-rc1").await;
    assert_ne!(next, number, "another version is another release");
    let body = app.github.body(ROCKET, next);
    assert!(body.contains("[changes since v1.4.0]") && !body.contains("Build it"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_with_the_first_candidate_still_waits_once_the_second_is_there() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let number = app.release("v1.4.0-rc1").await;
    let pull = app.github.world().open_pull_request(ROCKET, "alice", "main", "production", "Ship it", "").unwrap();
    app.settle().await;
    let head = app.head(pull);
    app.tick(number, "alice", "Fuel the tanks");
    app.tick(number, "alice", "Tell the support team");
    app.settle().await;
    assert!(app.check(&head, "holdpoint/release").starts_with("success"));
    app.github.world().create_branch(ROCKET, "later", "main", "alice").unwrap();
    app.commit("later", &[("release-steps/8-more.md", Some("- [ ] One more thing\n"))]);
    app.github.world().create_tag(ROCKET, "v1.4.0-rc2", "later", "alice", None).unwrap();
    app.settle().await;
    assert!(
        app.check(&head, "holdpoint/release").starts_with("action_required"),
        "it ships the release, whose list has grown: {}",
        app.check(&head, "holdpoint/release")
    );
    app.finish().await;
}

#[tokio::test]
async fn a_closed_issue_is_opened_again_when_a_later_candidate_brings_something_to_do() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n"))]);
    let number = app.release("v2.0.0-beta.1").await;
    app.tick(number, "alice", "Tell the support team");
    app.settle().await;
    assert!(app.github.issue(ROCKET, number).unwrap().state == State::Closed);
    assert_eq!(app.release("v2.0.0-beta.2").await, number);
    assert!(app.github.issue(ROCKET, number).unwrap().state == State::Closed, "nothing new, nothing to open it for");
    app.commit("main", &[("release-steps/9.md", Some("- [ ] Warm the cache\n"))]);
    assert_eq!(app.release("v2.0.0-beta.10").await, number);
    assert!(app.github.issue(ROCKET, number).unwrap().state == State::Open);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn what_could_not_be_added_yet_keeps_the_gate_shut_and_is_added_later_once() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n"))]);
    let number = app.release("v2.0.0-rc1").await;
    app.tick(number, "alice", "Tell the support team");
    app.settle().await;
    app.commit("main", &[("release-steps/9.md", Some("- [ ] Warm the cache\n"))]);
    app.github.fail_next("PATCH", &format!("/repos/{ROCKET}/issues/{number}"), Fault::Status(502), 2);
    app.release("v2.0.0-rc2").await;
    let body = app.github.body(ROCKET, number);
    assert_eq!(body.matches("Warm the cache").count(), 1, "{body}");
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn an_edit_that_falls_between_reading_and_adding_is_not_lost() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Tell the support team\n- [ ] Fuel the tanks\n"))]);
    let number = app.release("v2.0.0-rc1").await;
    let before = app.github.body(ROCKET, number);
    app.commit("main", &[("release-steps/9.md", Some("- [ ] Warm the cache\n"))]);
    app.release("v2.0.0-rc2").await;
    let ours = app.github.body(ROCKET, number);
    // What would have been, had she ticked while we wrote: her edit, and ours over it, made from the text before.
    app.github.world().edit_issue_body(ROCKET, number, "alice", &before.replace("- [ ] Tell", "- [x] Tell")).unwrap();
    let bot = app.github.world().bot();
    app.github.world().edit_issue_body(ROCKET, number, &bot, &ours).unwrap();
    app.settle().await;
    let body = app.github.body(ROCKET, number);
    assert!(body.contains("- [x] Tell the support team") && body.contains("- [ ] Warm the cache"), "{body}");
    assert_eq!(body.matches("Warm the cache").count(), 1, "{body}");
    assert!(
        app.check("main", "holdpoint/release").contains("1 of 3 done"),
        "{}",
        app.check("main", "holdpoint/release")
    );
    app.finish().await;
}

#[tokio::test]
async fn pre_releases_may_have_issues_of_their_own_or_none() {
    for (word, issues) in [("separate", 3), ("ignore", 1)] {
        let app = App::gated().await;
        let config =
            GATED.replace("  release:\n", &format!("  release:\n    open: {{ on: tag, prereleases: {word} }}\n"));
        assert_ne!(config, GATED);
        app.commit("main", &[(CHECKLIST, Some(LIST)), (".github/holdpoint.yml", Some(&config))]);
        for tag in ["v1.4.0-rc1", "v1.4.0-rc2", "v1.4.0"] {
            app.commit("main", &[("src/engine.py", Some(tag))]);
            app.github.world().create_tag(ROCKET, tag, "main", "alice", None).unwrap();
            app.settle().await;
        }
        assert_eq!(app.github.issues(ROCKET).len(), issues, "{word}");
        app.finish().await;
    }
}
