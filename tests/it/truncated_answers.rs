//! GitHub cuts its lists. What a cut list does not show may be there, so nothing passes by it.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::Pick;
use std::collections::BTreeSet;

const REVIEW: &str = "holdpoint/review";

/// How many files and folders `main` has.
fn entries(app: &App) -> usize {
    let world = app.github.world();
    let tree = &world.repo(ROCKET).unwrap().git.resolve("main").unwrap().tree;
    let folders = |path: &String| std::path::Path::new(path).ancestors().map(|p| p.to_owned()).collect::<Vec<_>>();
    // The last ancestor is the root, which is no entry.
    tree.keys().flat_map(folders).collect::<BTreeSet<_>>().len() - 1
}

#[tokio::test]
async fn a_change_to_a_checklist_that_a_cut_list_of_files_hides_is_not_passed() {
    let app = App::start().await;
    app.commit("main", &[(".github/holdpoint.yml", Some("checklists:\n  release:\n    template: zz/checklist.md\n"))]);
    app.commit("main", &[("zz/checklist.md", Some("- [ ] Fuel\n- [ ] Doors\n"))]);
    app.settle().await;
    // The last one is not listed: the configuration is known, and its checklist is not.
    let entries = entries(&app);
    app.github.world().knobs.tree_limit = Some(entries - 1);
    let pull = app.pull_request("main", &[("zz/checklist.md", Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let review = app.check(&app.head(pull), REVIEW);
    assert!(!review.starts_with("success"), "{review}");
    let summary = app.summary(&app.head(pull), REVIEW);
    assert!(summary.contains("more files than GitHub lists"), "{summary}");
    app.finish().await;
}

#[tokio::test]
async fn a_release_of_which_not_all_files_are_listed_is_not_taken_for_one_without_a_checklist() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.github.world().knobs.tree_limit = Some(2);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    for _ in 0..2 {
        let gate = app.check(&app.head(pull), "holdpoint/release");
        assert!(!gate.starts_with("success"), "{gate}");
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
    }
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn an_untick_reaches_a_pull_request_that_stands_behind_all_that_are_listed() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    // The newest come first. Thirty pages are read.
    for _ in 0..31 {
        app.pull_request("main", &[("README.md", Some("More\n"))]);
    }
    app.settle().await;
    app.github.world().knobs.page_limit = Some(1);
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    for commit in [app.head(pull), "v1.0.0".to_owned()] {
        assert_eq!(app.check(&commit, "holdpoint/release"), "failure · Holdpoint could not finish its work");
    }
    let summary = app.summary(&app.head(pull), "holdpoint/release");
    assert!(summary.contains("there are more open pull requests than can be read"), "{summary}");
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_check_that_failed_and_stands_behind_all_that_are_listed_keeps_its_item_open() {
    let app = App::start().await;
    let commit = app.commit("main", &[(CHECKLIST, Some("- [ ] Look <!-- hp: verify=checks(build) -->\n"))]);
    app.release("v1.0.0").await;
    // The newest come first. Ten pages are read, of runs and of statuses.
    app.github.world().knobs.page_limit = Some(1);
    let check = |name: &str, conclusion: &str| {
        app.github.world().post_check(ROCKET, 15_368, name, &commit, conclusion).unwrap();
    };
    check("build", "failure");
    for n in 0..10 {
        check(&format!("part {n}"), "success");
    }
    app.github.world().post_status(ROCKET, &commit, "build", "success", "bob").unwrap();
    app.settle().await;
    let gate = app.check(&commit, "holdpoint/release");
    assert_eq!(gate, "action_required · v1.0.0: 0 of 1 done · 1 open");
    let summary = app.summary(&commit, "holdpoint/release");
    assert!(summary.contains("there are more check runs than can be read"), "{summary}");
    app.finish().await;
}

#[tokio::test]
async fn a_repository_without_a_checklist_and_with_more_files_than_are_listed_is_left_in_peace() {
    let app = App::start().await;
    app.github.world().create_repository("acme", "plain", &[("a.txt", "a\n"), ("b.txt", "b\n")]).unwrap();
    app.github.world().set_role("acme/plain", "alice", Some(holdpoint::sandbox::repo::Role::Admin)).unwrap();
    app.settle().await;
    app.github.world().knobs.tree_limit = Some(1);
    app.github.world().create_branch("acme/plain", "work", "main", "alice").unwrap();
    app.github.world().commit_to("acme/plain", "work", "alice", "Work", &[("c.txt", Some("c\n"))]).unwrap();
    let pull = app.github.world().open_pull_request("acme/plain", "alice", "work", "main", "Work", "").unwrap();
    app.settle().await;
    let head = app.github.pull("acme/plain", pull).unwrap().head_sha;
    let review = app.github.check("acme/plain", &head, REVIEW).and_then(|run| run.conclusion);
    assert_ne!(review.as_deref(), Some("failure"), "it never heard of Holdpoint");
    app.finish().await;
}
