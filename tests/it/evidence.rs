//! Items that Holdpoint verifies itself.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::ids::{IssueNumber, RepositoryId};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{Fault, IssueEdit, Method, NewIssue, Pick};

/// GitHub Actions of the standard world.
const ACTIONS: u64 = 15_368;
const ITSELF: &str = "Holdpoint verifies this itself";

/// One item that is to be verified, and one that people tick.
fn list(verify: &str) -> String {
    format!("- [ ] Tell the support team\n- [ ] Look at it <!-- hp: verify={verify} -->\n")
}

/// A released commit, its issue, and the world around them. `alice` has ticked all that people tick.
struct Rollout {
    app: App,
    issue: u64,
    commit: String,
}

impl Rollout {
    async fn of(verify: &str) -> Self {
        Self::with(&list(verify)).await
    }

    async fn with(template: &str) -> Self {
        let app = App::gated().await;
        let commit = app.commit("main", &[(CHECKLIST, Some(template))]);
        let issue = app.release("v1.0.0").await;
        app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
        app.settle().await;
        Self { app, issue, commit }
    }

    async fn check(&self, name: &str, conclusion: &str) -> u64 {
        let run = self.app.github.world().post_check(ROCKET, ACTIONS, name, &self.commit, conclusion).unwrap();
        self.app.settle().await;
        run
    }

    fn gate(&self) -> String {
        self.app.check(&self.commit, "holdpoint/release")
    }

    fn waits(&self, for_what: &str) {
        let (gate, summary) = (self.gate(), self.app.summary(&self.commit, "holdpoint/release"));
        assert!(gate.starts_with("action_required") && gate.contains("1 of 2 done"), "{gate}");
        assert!(summary.contains(ITSELF) && summary.contains(for_what), "{for_what}: {summary}");
        let comment = self.comment();
        assert!(comment.contains(for_what) && !comment.contains("Verified by Holdpoint"), "{for_what}: {comment}");
    }

    fn green(&self, because: &str) {
        let comment = self.comment();
        assert_eq!(self.gate(), "success · v1.0.0: 2 of 2 done", "{comment}");
        assert!(comment.contains("Verified by Holdpoint") && comment.contains(because), "{because}: {comment}");
    }

    fn comment(&self) -> String {
        self.app.comments(self.issue).remove(0)
    }

    /// What the ledger says that Holdpoint found, oldest first.
    async fn ledger(&self) -> Vec<(String, String)> {
        let store = &self.app.holdpoint.context().store;
        let id = RepositoryId(self.app.github.world().repo(ROCKET).unwrap().id);
        let row = store.release_of_issue(id, IssueNumber(self.issue)).await.unwrap().unwrap();
        let lines = store.ledger_lines(row.id).await.unwrap();
        lines.into_iter().filter(|l| l.how == "verified").map(|l| (l.mark, l.reason.unwrap_or_default())).collect()
    }

    async fn sweep(&self) {
        holdpoint::sweep::recheck(self.app.holdpoint.context()).await;
        // Once for the sweep, and once for what GitHub tells of our own writes.
        self.app.settle().await;
        self.app.settle().await;
    }
}

#[tokio::test]
async fn a_check_that_succeeds_is_evidence_and_one_that_turns_red_closes_the_gate_again() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.waits("there is no check `build` on");
    rollout.check("build", "failure").await;
    rollout.waits("the check `build` on");
    let run = rollout.check("build", "success").await;
    rollout.green(&format!("/{ROCKET}/runs/{run})"));
    assert_eq!(rollout.app.github.issue(ROCKET, rollout.issue).unwrap().state, State::Closed);
    rollout.check("other", "failure").await;
    rollout.green("`build` succeeded");
    rollout.check("build", "timed_out").await;
    rollout.waits("ended with timed out");
    rollout.check("build", "success").await;
    let found = rollout.ledger().await;
    let marks: Vec<&str> = found.iter().map(|(mark, _)| mark.as_str()).collect();
    assert_eq!(marks, ["\"done\"", "\"open\"", "\"done\""], "{found:?}");
    assert!(found[1].1.contains("timed out"), "{found:?}");
    rollout.app.finish().await;
}

#[tokio::test]
async fn all_checks_that_are_named_must_succeed_and_no_check_that_did_not_run_counts() {
    let rollout = Rollout::of("checks(build, test (linux, 18))").await;
    rollout.check("build", "success").await;
    rollout.waits("there is no check `test (linux, 18)`");
    for conclusion in ["neutral", "skipped", "cancelled"] {
        rollout.check("test (linux, 18)", conclusion).await;
        rollout.waits(&format!("ended with {conclusion}"));
    }
    rollout.check("test (linux, 18)", "success").await;
    rollout.green("`build`, `test (linux, 18)` succeeded");
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_commit_status_is_as_good_as_a_check_and_of_two_of_one_name_both_must_succeed() {
    let rollout = Rollout::of("checks(ci/circle)").await;
    let post = |context: &str, state: &str| {
        rollout.app.github.world().post_status(ROCKET, &rollout.commit, context, state, "bob").unwrap();
    };
    post("ci/circle", "pending");
    rollout.app.settle().await;
    rollout.waits("has not ended");
    post("CI/Circle", "success");
    rollout.app.settle().await;
    rollout.green("`ci/circle` succeeded");
    rollout.check("ci/circle", "failure").await;
    rollout.waits("ended with failure");
    rollout.check("ci/circle", "success").await;
    rollout.green("`ci/circle` succeeded");
    post("ci/circle", "error");
    rollout.app.settle().await;
    rollout.waits("ended with error");
    rollout.app.finish().await;
}

#[tokio::test]
async fn nobodys_tick_makes_it_done_and_a_skip_with_a_reason_does_whatever_is_found_later() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.app.github.world().tick(ROCKET, rollout.issue, "alice", Pick::Text("Look at it")).unwrap();
    rollout.app.settle().await;
    rollout.waits("there is no check `build`");
    let body = rollout.app.github.body(ROCKET, rollout.issue);
    let line = body.lines().find(|l| l.contains("Look at it")).unwrap().to_owned();
    let struck = line.replace("[x] Look at it", "[ ] ~~Look at it~~ the robot is ill");
    let skipped = body.replace(&line, &struck);
    rollout.app.github.world().edit_issue_body(ROCKET, rollout.issue, "bob", &skipped).unwrap();
    rollout.app.settle().await;
    assert_eq!(rollout.gate(), "success · v1.0.0: 1 of 2 done · 1 skipped");
    rollout.check("build", "success").await;
    rollout.check("build", "failure").await;
    assert_eq!(rollout.gate(), "success · v1.0.0: 1 of 2 done · 1 skipped");
    assert!(rollout.comment().contains("the robot is ill"), "{}", rollout.comment());
    rollout.app.finish().await;
}

#[tokio::test]
async fn an_item_that_is_taken_out_of_the_issue_is_missed_whatever_was_found() {
    let rollout = Rollout::of("checks(build)").await;
    let body = rollout.app.github.body(ROCKET, rollout.issue);
    let kept: String = body.lines().filter(|l| !l.contains("Look at it")).map(|l| format!("{l}\n")).collect();
    rollout.app.github.world().edit_issue_body(ROCKET, rollout.issue, "bob", &kept).unwrap();
    rollout.check("build", "success").await;
    assert!(rollout.gate().starts_with("action_required"), "{}", rollout.gate());
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_tag_that_is_deleted_is_no_evidence_any_more() {
    let rollout = Rollout::of("tag()").await;
    rollout.green(&format!("[the tag `v1.0.0` names {}]", rollout.commit.get(..7).unwrap()));
    rollout.app.github.world().delete_tag(ROCKET, "v1.0.0", "alice").unwrap();
    rollout.app.settle().await;
    rollout.waits("the tag `v1.0.0` does not name");
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_release_without_a_tag_waits_for_one_that_fits() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    open: { on: merge, match: main }\n";
    app.commit("main", &[(".github/holdpoint.yml", Some(config)), (CHECKLIST, Some(&list("tag(v*)")))]);
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    let commit = app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap();
    app.settle().await;
    let issue = app.github.issues(ROCKET).last().unwrap().number;
    app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
    app.settle().await;
    app.github.world().create_tag(ROCKET, "nightly", "main", "alice", None).unwrap();
    app.settle().await;
    let summary = app.summary(&commit, "holdpoint/release");
    assert!(summary.contains("no tag like `v*` names"), "{summary}");
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", Some("annotated")).unwrap();
    app.settle().await;
    assert!(app.check(&commit, "holdpoint/release").starts_with("success"), "{:?}", app.comments(issue));
    app.finish().await;
}

#[tokio::test]
async fn a_release_must_be_published_and_stay_so() {
    let rollout = Rollout::of("release()").await;
    rollout.waits("no release of `v1.0.0` is published");
    let publish = || rollout.app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    let release = publish();
    rollout.app.settle().await;
    rollout.green("/releases/tag/v1%2E0%2E0)");
    rollout.app.github.world().unpublish_release(ROCKET, release, "alice").unwrap();
    rollout.app.settle().await;
    rollout.waits("no release of `v1.0.0` is published");
    let release = publish();
    rollout.app.settle().await;
    rollout.green("the release of `v1.0.0` is published");
    rollout.app.github.world().delete_release(ROCKET, release, "alice").unwrap();
    rollout.app.settle().await;
    rollout.waits("no release of `v1.0.0` is published");
    rollout.app.finish().await;
}

#[tokio::test]
async fn the_newest_deployment_to_the_environment_decides_and_a_superseded_one_has_succeeded() {
    let rollout = Rollout::of("deployment(production)").await;
    let deploy = |environment: &str| {
        rollout.app.github.world().create_deployment(ROCKET, "v1.0.0", environment, "alice").unwrap()
    };
    let status = async |id: u64, state: &str| {
        rollout.app.github.world().set_deployment_status(ROCKET, id, state, "alice").unwrap();
        rollout.app.settle().await;
    };
    rollout.waits("was not deployed to `production`");
    status(deploy("staging"), "success").await;
    rollout.waits("was not deployed to `production`");
    let first = deploy("production");
    status(first, "in_progress").await;
    rollout.waits("is at in progress");
    status(first, "success").await;
    rollout.green("is deployed to `production`");
    status(first, "inactive").await;
    rollout.sweep().await;
    rollout.green("is deployed to `production`");
    let second = deploy("production");
    status(second, "failure").await;
    rollout.waits("is at failure");
    rollout.app.finish().await;
}

#[tokio::test]
async fn whether_a_file_changed_is_known_from_the_first_release_on() {
    let rollout = Rollout::of("changed(docs/**, CHANGELOG.md)").await;
    rollout.waits("there is no release before it to compare it with");
    let next = async |tag: &str, path: &str| {
        let commit = rollout.app.commit("main", &[(path, Some(tag))]);
        let issue = rollout.app.release(tag).await;
        rollout.app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
        rollout.app.settle().await;
        (rollout.app.check(&commit, "holdpoint/release"), rollout.app.comments(issue).remove(0))
    };
    let (gate, comment) = next("v1.1.0", "src/a.py").await;
    assert!(
        gate.starts_with("action_required") && comment.contains("no file like `docs/**`, `CHANGELOG.md`"),
        "{comment}"
    );
    let (gate, comment) = next("v1.2.0", "CHANGELOG.md").await;
    assert!(
        comment.starts_with("**Complete.**") && comment.contains("`CHANGELOG.md` changed since `v1.1.0`"),
        "{comment}"
    );
    assert!(gate.starts_with("action_required · v1.1.0"), "it contains two that are open: {gate}");
    assert!(comment.contains("/compare/"), "{comment}");
    rollout.app.finish().await;
}

#[tokio::test]
async fn an_issue_must_be_closed_as_completed_and_a_pull_request_merged() {
    let app = App::gated().await;
    let new = NewIssue { title: "Leak".to_owned(), ..NewIssue::default() };
    let leak = app.github.world().open_issue(ROCKET, "bob", &new).unwrap();
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    let commit = app.commit("main", &[(CHECKLIST, Some(&list(&format!("closed(#{leak}, #{pull})"))))]);
    let issue = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
    app.settle().await;
    let rollout = Rollout { app, issue, commit };
    let joined = |number: u64| format!("#\u{2060}{number}");
    rollout.waits(&format!("{} is open", joined(pull)));
    rollout.app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
    rollout.app.github.world().close_issue(ROCKET, leak, "bob", Some("not_planned")).unwrap();
    rollout.app.settle().await;
    rollout.waits(&format!("{} was closed as not planned", joined(leak)));
    rollout.app.github.world().reopen_issue(ROCKET, leak, "bob").unwrap();
    rollout.app.github.world().close_issue(ROCKET, leak, "bob", None).unwrap();
    rollout.app.settle().await;
    rollout.green("are closed");
    rollout.app.github.world().reopen_issue(ROCKET, leak, "bob").unwrap();
    rollout.app.settle().await;
    rollout.waits(&format!("{} is open", joined(leak)));
    rollout.app.github.world().delete_issue(ROCKET, leak, "alice").unwrap();
    rollout.app.settle().await;
    rollout.waits(&format!("there is no {} here", joined(leak)));
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_is_closed_without_being_merged_is_no_evidence() {
    let app = App::gated().await;
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    let commit = app.commit("main", &[(CHECKLIST, Some(&list(&format!("closed(#{pull})"))))]);
    let issue = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
    app.github.world().close_pull_request(ROCKET, pull, "alice").unwrap();
    app.settle().await;
    let rollout = Rollout { app, issue, commit };
    rollout.waits("was closed without being merged");
    rollout.app.finish().await;
}

#[tokio::test]
async fn what_no_event_told_is_found_by_the_sweep_in_both_directions() {
    let rollout = Rollout::of("checks(build)").await;
    for (conclusion, green) in [("success", true), ("failure", false), ("success", true)] {
        let before = rollout.gate();
        rollout.app.github.world().hooks.lose_next = 2;
        rollout.check("build", conclusion).await;
        assert_eq!(rollout.gate(), before, "{conclusion}: no event came");
        rollout.sweep().await;
        assert_eq!(rollout.gate().starts_with("success"), green, "{conclusion}: {}", rollout.gate());
    }
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_check_that_turned_red_unseen_is_seen_before_the_last_tick_turns_the_gate_green() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.app.github.world().untick(ROCKET, rollout.issue, "alice", Pick::Text("Tell the support team")).unwrap();
    rollout.check("build", "success").await;
    rollout.app.github.world().hooks.lose_next = 2;
    rollout.check("build", "failure").await;
    assert!(rollout.comment().contains("Verified by Holdpoint"), "it still rests on what was seen");
    rollout.app.github.world().tick(ROCKET, rollout.issue, "alice", Pick::Text("Tell the support team")).unwrap();
    rollout.app.settle().await;
    rollout.waits("ended with failure");
    assert_eq!(rollout.app.github.issue(ROCKET, rollout.issue).unwrap().state, State::Open);
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_check_that_turned_red_unseen_is_seen_before_a_pull_request_gets_a_green_gate() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.check("build", "success").await;
    rollout.green("`build` succeeded");
    rollout.app.github.world().hooks.lose_next = 2;
    rollout.check("build", "failure").await;
    let pull = {
        let mut world = rollout.app.github.world();
        world.open_pull_request(ROCKET, "erin", "main", "production", "Ship it", "").unwrap()
    };
    rollout.app.settle().await;
    let head = rollout.app.head(pull);
    assert_eq!(head, rollout.commit);
    rollout.waits("ended with failure");
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_pull_request_with_a_later_head_does_not_get_green_by_evidence_that_is_gone() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.check("build", "success").await;
    rollout.app.github.world().hooks.lose_next = 2;
    rollout.check("build", "failure").await;
    let later = rollout.app.commit("main", &[("README.md", Some("Up.\n"))]);
    rollout.app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship it", "").unwrap();
    rollout.app.settle().await;
    let check = rollout.app.check(&later, "holdpoint/release");
    assert!(check.starts_with("action_required"), "{check}");
    rollout.app.finish().await;
}

#[tokio::test]
async fn evidence_of_an_item_after_the_release_is_looked_at_again_before_the_next_pull_request_passes() {
    let app = App::start().await;
    let rules = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
    let list = "- [ ] Tell the support team\n- [ ] Publish it <!-- hp: verify=release() phase=after -->\n";
    for branch in ["production", "main"] {
        app.commit(branch, &[(".github/holdpoint.yml", Some(rules)), (CHECKLIST, Some(list))]);
    }
    let issue = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
    app.settle().await;
    let ship =
        |title: &str| app.github.world().open_pull_request(ROCKET, "erin", "main", "production", title, "").unwrap();
    let pull = ship("Ship it");
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap();
    let release = app.github.world().publish_release(ROCKET, "v1.0.0", "v1.0.0", "alice", None).unwrap();
    app.settle().await;
    app.commit("main", &[("README.md", Some("Up.\n"))]);
    let next = ship("And the next");
    app.settle().await;
    let check = |pull| app.check(&app.head(pull), "holdpoint/release");
    assert!(check(next).starts_with("success"), "{}", check(next));
    // The release is taken back, and nothing tells of it.
    app.github.world().delete_release(ROCKET, release, "alice").unwrap();
    app.github.world().hooks.pending.clear();
    app.commit("main", &[("README.md", Some("Up and away.\n"))]);
    app.settle().await;
    assert!(check(next).starts_with("action_required"), "{}", check(next));
    app.finish().await;
}

#[tokio::test]
async fn what_was_found_about_an_earlier_candidate_is_no_evidence_for_the_next() {
    let app = App::gated().await;
    let first = app.commit("main", &[(CHECKLIST, Some(&list("checks(build)")))]);
    let issue = app.release("v1.0.0-rc1").await;
    app.github.world().tick(ROCKET, issue, "alice", Pick::Text("Tell the support team")).unwrap();
    app.github.world().post_check(ROCKET, ACTIONS, "build", &first, "success").unwrap();
    app.settle().await;
    assert!(app.check(&first, "holdpoint/release").starts_with("success"));
    let second = app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    assert_eq!(app.release("v1.0.0-rc2").await, issue);
    for commit in [&first, &second] {
        let check = app.check(commit, "holdpoint/release");
        assert!(check.starts_with("action_required") && check.contains("1 of 2 done"), "{check}");
    }
    // The older commit's check says nothing any more.
    app.github.world().post_check(ROCKET, ACTIONS, "build", &first, "success").unwrap();
    app.settle().await;
    assert!(app.check(&second, "holdpoint/release").starts_with("action_required"));
    app.github.world().post_check(ROCKET, ACTIONS, "build", &second, "success").unwrap();
    app.settle().await;
    assert!(app.check(&second, "holdpoint/release").starts_with("success"));
    app.finish().await;
}

#[tokio::test]
async fn where_holdpoint_may_not_look_nothing_is_verified_and_it_says_why() {
    let rollout = Rollout::of("deployment(production)").await;
    let forbid = |level: Option<&str>| {
        let mut world = rollout.app.github.world();
        for installation in world.installations.values_mut() {
            match level {
                Some(level) => installation.permissions.insert("deployments".to_owned(), level.to_owned()),
                None => installation.permissions.remove("deployments"),
            };
        }
        world.expire_tokens();
    };
    let id = rollout.app.github.world().create_deployment(ROCKET, "v1.0.0", "production", "alice").unwrap();
    forbid(None);
    rollout.app.github.world().set_deployment_status(ROCKET, id, "success", "alice").unwrap();
    rollout.app.settle().await;
    // A token that ran out and a route that is not ours are what this test is about.
    let violations = rollout.app.github.take_violations();
    assert!(violations.iter().any(|v| v.contains("not accessible")), "{violations:?}");
    rollout.waits("deployments: read");
    forbid(Some("read"));
    rollout.sweep().await;
    rollout.green("is deployed to `production`");
    drop(rollout.app.github.take_violations());
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_github_that_does_not_answer_turns_nothing_green() {
    let rollout = Rollout::of("checks(build)").await;
    let path = format!("/repos/{ROCKET}/commits/{}/status", rollout.commit);
    rollout.app.github.fail_next("GET", &path, Fault::Status(502), 2);
    rollout.check("build", "success").await;
    rollout.green("`build` succeeded");
    rollout.app.github.fail_next("GET", &path, Fault::DropBefore, 1);
    rollout.check("build", "failure").await;
    rollout.waits("ended with failure");
    rollout.app.finish().await;
}

#[tokio::test]
async fn checks_of_commits_that_are_no_release_cost_no_request() {
    let rollout = Rollout::of("checks(build)").await;
    let other = rollout.app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    rollout.app.settle().await;
    rollout.app.github.clear_exchanges();
    for n in 0..60 {
        let mut world = rollout.app.github.world();
        world.post_check(ROCKET, ACTIONS, &format!("job {n}"), &other, "success").unwrap();
        world.post_status(ROCKET, &other, &format!("status {n}"), "success", "bob").unwrap();
    }
    rollout.app.settle().await;
    assert_eq!(rollout.app.github.counts(), std::collections::BTreeMap::new());
    rollout.app.finish().await;
}

#[tokio::test]
async fn many_checks_of_a_release_are_looked_at_together_and_nothing_is_written_where_nothing_turned() {
    let rollout = Rollout::of("checks(build)").await;
    rollout.check("build", "success").await;
    rollout.app.github.clear_exchanges();
    for n in 0..40 {
        let mut world = rollout.app.github.world();
        world.post_check(ROCKET, ACTIONS, &format!("job {n}"), &rollout.commit, "success").unwrap();
    }
    rollout.app.settle().await;
    let counts = rollout.app.github.counts();
    assert!(counts.keys().all(|route| route.starts_with("GET ")), "{counts:?}");
    let looks = counts.values().sum::<u64>();
    assert!(looks <= 8, "80 deliveries in batches, each with two reads: {counts:?}");
    rollout.app.finish().await;
}

#[tokio::test]
async fn evidence_that_was_kept_and_not_shown_is_shown_after_all() {
    let mut rollout = Rollout::of("checks(build)").await;
    // The comment fails until the process ends: the evidence is in the database, and nobody was told.
    let path = format!("/repos/{ROCKET}/issues/comments/");
    rollout.app.github.fail_next("PATCH", &path, Fault::Status(502), 1);
    rollout.app.github.world().post_check(ROCKET, ACTIONS, "build", &rollout.commit, "success").unwrap();
    drop(rollout.app.github.deliver_pending().await);
    let now = rollout.app.holdpoint.context().github.now_ms();
    drop(rollout.app.holdpoint.worker().step(now).await);
    rollout.app.restart().await;
    rollout.app.settle().await;
    rollout.green("`build` succeeded");
    assert_eq!(rollout.ledger().await.len(), 1);
    rollout.app.finish().await;
}

#[tokio::test]
async fn one_verified_item_of_a_group_suffices() {
    let template = "- [ ] Tell the support team\n- [ ] Robots look <!-- hp: one-of=look verify=checks(build) -->\n- [ ] People look <!-- hp: one-of=look -->\n";
    let rollout = Rollout::with(template).await;
    assert_eq!(rollout.gate(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    rollout.check("build", "success").await;
    assert_eq!(rollout.gate(), "success · v1.0.0: 3 of 3 done");
    rollout.check("build", "failure").await;
    assert_eq!(rollout.gate(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    rollout.app.github.world().tick(ROCKET, rollout.issue, "bob", Pick::Text("People look")).unwrap();
    rollout.app.settle().await;
    assert_eq!(rollout.gate(), "success · v1.0.0: 3 of 3 done");
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_lost_database_finds_the_evidence_again_and_who_ticked() {
    let mut rollout = Rollout::of("checks(build)").await;
    rollout.check("build", "success").await;
    rollout.app.lose_database().await;
    let edit = IssueEdit { title: Some("Release 1".to_owned()), ..IssueEdit::default() };
    rollout.app.github.world().edit_issue(ROCKET, rollout.issue, "bob", &edit).unwrap();
    rollout.app.settle().await;
    rollout.sweep().await;
    assert!(rollout.comment().contains("Verified by Holdpoint"), "{}", rollout.comment());
    assert!(rollout.comment().contains("edit history"), "{}", rollout.comment());
    assert!(rollout.gate().contains("2 of 2 done"), "{}", rollout.gate());
    rollout.app.finish().await;
}

#[tokio::test]
async fn a_check_of_our_own_is_refused_in_the_review() {
    let app = App::start().await;
    let template = "- [ ] Wait for ourselves <!-- hp: verify=checks(build, holdpoint/release) -->\n";
    let pull = app.pull_request("main", &[(CHECKLIST, Some(template))]);
    app.settle().await;
    let head = app.head(pull);
    assert!(app.check(&head, "holdpoint/review").starts_with("failure"), "{}", app.check(&head, "holdpoint/review"));
    let summary = app.summary(&head, "holdpoint/review");
    assert!(summary.contains("would wait for itself"), "{summary}");
    app.finish().await;
}
