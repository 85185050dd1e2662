//! Versions as people write them: two releases have two issues, and only candidates share one.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::{Fault, Pick};

const API: &str = "/repos/acme/rocket";
const CONFIG: &str = ".github/holdpoint.yml";
const LIST: &str = "# Launch {{ version }} of {{ tag }}\n\n- [ ] Fuel the tanks\n- [ ] Tell the support team\n";

impl App {
    /// Ticks all of an issue.
    async fn finish_list(&self, number: u64) {
        for text in ["Fuel the tanks", "Tell the support team"] {
            self.github.world().tick(ROCKET, number, "alice", Pick::Text(text)).unwrap();
        }
        self.settle().await;
    }

    /// Commits something and releases it; gives the issue's number.
    async fn next(&self, tag: &str) -> u64 {
        let path = format!("src/{}.py", tag.replace(['/', '@'], "-"));
        self.commit("main", &[(path.as_str(), Some("pass\n"))]);
        self.release(tag).await
    }

    fn open_issues(&self) -> usize {
        self.github.issues(ROCKET).len()
    }
}

fn configuration(open: &str) -> String {
    GATED.replace("  release:\n", &format!("  release:\n    open: {open}\n"))
}

async fn listed(open: &str) -> App {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST)), (CONFIG, Some(&configuration(open)))]);
    app
}

#[tokio::test]
async fn two_final_versions_never_share_an_issue() {
    let pairs = [
        ("v2026-01-31", "v2026-02-14"),
        ("kube2iam-2.5.2", "kube2iam-2.6.0"),
        ("v3.0.0-1", "v3.0.0-2"),
        ("v4.1.100.Final", "v4.2.0.Final"),
        ("v5.0.0-hotfix", "v5.0.0"),
    ];
    for (first, second) in pairs {
        let app = listed("{ match: \"*\" }").await;
        let done = app.next(first).await;
        app.finish_list(done).await;
        assert!(app.check("main", "holdpoint/release").starts_with("success"), "{first}");
        let pull = app.github.world().open_pull_request(ROCKET, "alice", "main", "production", "Ship", "").unwrap();
        let number = app.next(second).await;
        assert_ne!(number, done, "{second} has an issue of its own");
        let body = app.github.body(ROCKET, number);
        assert!(body.contains("- [ ] Fuel the tanks") && !body.contains("- [x]"), "{second}: {body}");
        for commit in [app.head(pull), "main".to_owned()] {
            let check = app.check(&commit, "holdpoint/release");
            assert!(check.starts_with("action_required"), "{second}: {check}");
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn a_full_release_by_name_opens_an_issue_where_prereleases_are_ignored() {
    let app = listed("{ prereleases: ignore }").await;
    app.next("v9.0.0.Final").await;
    app.commit("main", &[("src/more.py", Some("pass\n"))]);
    app.github.world().create_tag(ROCKET, "v9.1.0.CR1", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.open_issues(), 1, "CR1 is a candidate, Final is none");
    app.finish().await;
}

#[tokio::test]
async fn a_short_name_that_follows_the_full_version_opens_no_issue_wherever_it_is_moved() {
    let app = listed("{ on: tag }").await;
    let first = app.next("v5.0.0").await;
    for short in ["v5", "v5.0"] {
        app.github.world().create_tag(ROCKET, short, "v5.0.0", "alice", None).unwrap();
        app.settle().await;
    }
    assert_eq!(app.open_issues(), 1);
    app.finish_list(first).await;
    assert!(app.check("main", "holdpoint/release").starts_with("success"), "nothing else waits");
    app.commit("main", &[("release-steps/5-index.md", Some("- [ ] Build the index\n"))]);
    let second = app.release("v5.1.0").await;
    app.github.world().delete_tag(ROCKET, "v5", "alice").unwrap();
    app.github.world().create_tag(ROCKET, "v5", "v5.1.0", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.open_issues(), 2);
    let body = app.github.body(ROCKET, second);
    assert!(body.contains("changes since v5.0.0") && body.contains("Build the index"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_moved_short_name_is_not_the_release_before() {
    let app = listed("{ on: tag }").await;
    app.next("v5.0.0").await;
    app.commit("main", &[("release-steps/5-index.md", Some("- [ ] Build the index\n"))]);
    // Both come in one push, and the short one is first in every list.
    app.github.world().create_tag(ROCKET, "v5", "main", "alice", None).unwrap();
    app.github.world().create_tag(ROCKET, "v5.1.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.open_issues(), 2);
    let number = app.github.issues(ROCKET).iter().map(|issue| issue.number).max().unwrap();
    let body = app.github.body(ROCKET, number);
    assert!(body.contains("changes since v5.0.0") && body.contains("Build the index"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn a_short_name_that_comes_first_is_a_release_and_its_full_version_goes_on_in_its_issue() {
    let app = listed("{ on: tag }").await;
    let first = app.next("v5").await;
    app.github.world().create_tag(ROCKET, "v5.0.0", "v5", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.open_issues(), 1);
    assert_eq!(app.github.issue(ROCKET, first).unwrap().title, "Release 5.0.0");
    let second = app.next("v5.0.1").await;
    assert_ne!(second, first, "another commit is another release");
    app.finish().await;
}

#[tokio::test]
async fn a_short_name_without_a_full_version_is_a_release_of_its_own() {
    let app = listed("{ on: tag }").await;
    let first = app.next("v5.0.0").await;
    app.finish_list(first).await;
    let short = app.next("v5").await;
    assert_ne!(short, first);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_v_that_was_left_out_once_is_the_same_line_of_releases() {
    let app = listed("{ on: tag }").await;
    for (tag, step) in [("v6.2.10", "p1"), ("6.2.11", "p2"), ("v6.2.12", "p3")] {
        let path = format!("release-steps/{step}.md");
        app.commit("main", &[(path.as_str(), Some(&format!("- [ ] Do {step}\n")))]);
        app.release(tag).await;
    }
    let number = app.github.issues(ROCKET).iter().map(|issue| issue.number).max().unwrap();
    let body = app.github.body(ROCKET, number);
    assert!(body.contains("changes since 6.2.11"), "{body}");
    assert!(body.contains("Do p3") && !body.contains("Do p2"), "{body}");
    app.finish().await;
}

#[tokio::test]
async fn the_version_of_a_component_is_what_is_behind_its_name() {
    let app = listed("{ match: \"*\" }").await;
    for (tag, title) in
        [("rocket-v1.2.3", "Release 1.2.3"), ("pkg@1.3.0", "Release 1.3.0"), ("kube2iam-2.5.2", "Release 2.5.2")]
    {
        let number = app.next(tag).await;
        assert_eq!(app.github.issue(ROCKET, number).unwrap().title, title);
        let body = app.github.body(ROCKET, number);
        assert!(body.contains(&format!("{} of ", title.replace("Release", "Launch"))), "{body}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_candidate_of_what_is_out_already_is_a_release_of_its_own() {
    let app = listed("{ on: tag }").await;
    let candidate = app.next("v1.4.0-rc1").await;
    app.finish_list(candidate).await;
    // The version's own delivery is lost; the tag is there.
    app.commit("main", &[("src/final.py", Some("pass\n"))]);
    app.github.world().hooks.lose_next = 2;
    app.github.world().create_tag(ROCKET, "v1.4.0", "main", "alice", None).unwrap();
    let late = app.next("v1.4.0-rc2").await;
    assert_ne!(late, candidate);
    assert!(app.check("main", "holdpoint/release").starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_word_of_the_configuration_makes_a_candidate() {
    let app = listed("{ prerelease_words: [ea] }").await;
    let candidate = app.next("v1.4.0-ea1").await;
    assert_eq!(app.next("v1.4.0").await, candidate);
    app.finish().await;
}

#[tokio::test]
async fn a_word_of_the_configuration_sorts_tags_that_the_sweep_finds() {
    let app = listed("{ prerelease_words: [ea] }").await;
    app.next("v1.3.0").await;
    let head = app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let tags = ["v1.4.0", "v1.4.0-ea1", "nightly", "weekly"];
    app.github.world().push_tags(ROCKET, "alice", &tags.map(|tag| (tag, head.as_str())), None).unwrap();
    app.settle().await;
    assert_eq!(app.open_issues(), 1, "GitHub tells of no push of four tags");
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    let titles: Vec<String> = app.github.issues(ROCKET).into_iter().map(|issue| issue.title).collect();
    assert_eq!(titles.len(), 2, "the candidate comes first, and the version goes on in its issue: {titles:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_word_of_the_configuration_sorts_tags_that_waited_for_it_to_be_mended() {
    let app = listed("{ prerelease_words: [ea] }").await;
    app.commit("main", &[(CONFIG, Some("checklists: ["))]);
    app.settle().await;
    for tag in ["v1.4.0", "v1.4.0-ea1"] {
        app.github.world().create_tag(ROCKET, tag, "main", "alice", None).unwrap();
        app.settle().await;
    }
    assert_eq!(app.open_issues(), 0);
    app.commit("main", &[(CONFIG, Some(&configuration("{ prerelease_words: [ea] }")))]);
    app.settle().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.open_issues(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_candidate_by_a_word_of_the_configuration_is_not_tried_again_once_its_version_has_an_issue() {
    for (words, issues) in [("[ea]", 1), ("[]", 2)] {
        let app = listed(&format!("{{ prerelease_words: {words} }}")).await;
        app.github.fail_next("POST", &format!("{API}/issues"), Fault::Status(404), 60);
        app.github.world().create_tag(ROCKET, "v1.4.0-ea1", "main", "alice", None).unwrap();
        app.settle().await;
        assert_eq!(app.open_issues(), 0);
        app.github.forget_faults();
        app.next("v1.4.0").await;
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
        assert_eq!(app.open_issues(), issues, "{words}");
        app.finish_with_dead_letters();
    }
}
