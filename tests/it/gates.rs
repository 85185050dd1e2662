//! Branches wait for releases.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::queue::Rules;
use holdpoint::sandbox::{Method, Pick, PullEdit, World};

#[tokio::test]
async fn a_pull_request_into_a_gated_branch_waits_for_the_release_that_it_ships() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Then <!-- hp: phase=after -->\n"))]);
    let number = app.release("v1.0.0").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    let refused = app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap_err();
    assert_eq!(refused.status, 405);
    assert!(refused.message.contains("holdpoint/release"), "{}", refused.message);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).unwrap();
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_takes_its_own_gate_away_waits_by_the_configuration_of_its_base() {
    let elsewhere = "checklists:\n  release:\n    gate: { branches: [staging] }\n";
    let other = "checklists:\n  other:\n    template: other.md\n    gate: { branches: [production] }\n";
    for config in [Some(elsewhere), Some(other), None] {
        let app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        let number = app.release("v1.0.0").await;
        app.github.world().create_branch(ROCKET, "ship", "main", "bob").unwrap();
        app.commit("ship", &[(".github/holdpoint.yml", config), ("other.md", Some("- [ ] Nothing much\n"))]);
        let pull = app.github.world().open_pull_request(ROCKET, "bob", "ship", "production", "Ship", "").unwrap();
        app.settle().await;
        assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
        assert!(app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).is_err());
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
        app.finish().await;
    }
}

#[tokio::test]
async fn unticking_after_done_blocks_again_everywhere() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    assert_eq!(app.check("v1.0.0", "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"));
    assert!(app.check("v1.0.0", "holdpoint/release").starts_with("action_required"));
    assert!(app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).is_err());
    app.finish().await;
}

#[tokio::test]
async fn a_hotfix_does_not_wait_for_the_next_release() {
    let app = App::gated().await;
    app.commit("main", &[("src/engine.py", Some("next\n"))]);
    app.release("v2.0.0").await;
    let fix = app.pull_request("production", &[("src/engine.py", Some("fixed\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(fix), "holdpoint/release"), "success · No release holds this commit.");
    app.github.world().merge_pull_request(ROCKET, fix, "alice", Method::Merge).unwrap();
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn every_pull_request_into_a_gated_branch_gets_the_check_drafts_and_forks_too() {
    let app = App::gated().await;
    {
        let mut world = app.github.world();
        let fork = world.fork(ROCKET, "mallory").unwrap();
        world.commit_to(&fork, "production", "mallory", "Mine", &[("x.txt", Some("x"))]).unwrap();
        world.open_pull_request(ROCKET, "mallory", "mallory:production", "production", "From a fork", "").unwrap();
    }
    app.settle().await;
    let pull = app.github.world().repo(ROCKET).unwrap().issues.values().find(|i| i.pull.is_some()).unwrap().number;
    app.github.world().set_draft(ROCKET, pull, "mallory", true).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · No release holds this commit.");
    app.finish().await;
}

#[tokio::test]
async fn a_re_run_writes_the_check_again() {
    let app = App::gated().await;
    let pull = app.pull_request("production", &[("src/engine.py", Some("fixed\n"))]);
    app.settle().await;
    let run = app.github.check(ROCKET, &app.head(pull), "holdpoint/release").unwrap();
    app.github.clear_exchanges();
    app.github.world().rerequest_check(ROCKET, run.id, "alice").unwrap();
    app.settle().await;
    let counts = app.github.counts();
    assert_eq!(counts.get("PATCH /repos/{owner}/{repo}/check-runs/{id}"), Some(&2), "{counts:?}");
    app.finish().await;
}

#[tokio::test]
async fn pull_requests_that_were_open_before_the_app_came_get_their_checks() {
    let app = App::gated().await;
    let id = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().uninstall(id, "alice").unwrap();
    app.settle().await;
    let pull = app.pull_request("production", &[("src/engine.py", Some("fixed\n"))]);
    app.settle().await;
    app.github.world().install("acme", None, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · No release holds this commit.");
    assert_eq!(app.check(&app.head(pull), "holdpoint/review"), "success · No checklist files changed");
    app.finish().await;
}

#[tokio::test]
async fn a_release_whose_tag_was_never_delivered_does_not_slip_through() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.github.world().hooks.lose_next = 2;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_release_that_could_not_be_opened_is_covered_by_the_next_one_that_asks_for_its_steps() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("no items\n")), ("release-steps/1.md", Some("- [ ] Once\n"))]);
    app.settle().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let number = app.release("v1.0.1").await;
    assert!(app.github.body(ROCKET, number).contains("- [ ] Once"));
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required"));
    for n in [0, 1] {
        app.github.world().tick(ROCKET, number, "bob", Pick::Nth(n)).unwrap();
    }
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.1: 2 of 2 done");
    assert!(app.check("v1.0.0", "holdpoint/release").starts_with("failure"));
    app.finish().await;
}

#[tokio::test]
async fn deleting_the_issue_of_a_release_is_no_way_past_it_though_a_later_release_is_done() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let first = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let second = app.release("v1.0.1").await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.github.world().delete_issue(ROCKET, first, "alice").unwrap();
    app.settle().await;
    assert!(
        app.check(&app.head(pull), "holdpoint/release").starts_with("failure"),
        "{}",
        app.check(&app.head(pull), "holdpoint/release")
    );
    app.finish().await;
}

#[tokio::test]
async fn where_only_released_commits_may_pass_a_commit_after_the_tag_may_not() {
    let app = App::start().await;
    let strict = "checklists:\n  release:\n    gate: { branches: [production], unreleased: block }\n";
    app.commit("production", &[(".github/holdpoint.yml", Some(strict))]);
    app.commit("main", &[(".github/holdpoint.yml", Some(strict)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required · No release covers"));
    // The page names the next step: it is the first thing that people see of a gate.
    let head = app.head(pull);
    let (summary, short) = (app.summary(&head, "holdpoint/release"), head.chars().take(7).collect::<String>());
    let tag = format!("push a tag that matches `v*` or `*.*.*` to `{short}`");
    assert!(summary.contains(&tag) && summary.contains(&format!("`/hp open {short}`")), "{summary}");
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    assert!(!app.summary(&app.head(pull), "holdpoint/release").contains("/hp open"));
    app.github.world().set_merge_queue(ROCKET, "production", Some(Rules { least: 2, ..Rules::default() })).unwrap();
    let (_, group) = app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    assert_eq!(app.check(&group, "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    assert!(app.check(&app.head(pull), "holdpoint/release").starts_with("action_required · No release covers"));
    app.finish().await;
}

/// `main` holds the tagged commit and one more; `staging` has the tag already, `production` has not. One head, two pull requests.
async fn one_head_for_two_branches(staging: &str) -> (App, u64) {
    let app = App::start().await;
    let both = "checklists:\n  release:\n    gate: { branches: [production, staging] }\n";
    app.commit("production", &[(".github/holdpoint.yml", Some(both))]);
    app.commit("main", &[(".github/holdpoint.yml", Some(both)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").unwrap();
    app.commit("staging", &[(".github/holdpoint.yml", Some(staging))]);
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let mut pulls = Vec::new();
    for base in ["production", "staging"] {
        pulls.push(app.github.world().open_pull_request(ROCKET, "erin", "main", base, "Ship", "").unwrap());
        app.settle().await;
    }
    let other = app.pull_request("staging", &[("x.txt", Some("x"))]);
    app.settle().await;
    app.github.world().merge_pull_request(ROCKET, other, "alice", Method::Squash).unwrap();
    app.settle().await;
    (app, pulls[0])
}

#[tokio::test]
async fn of_two_pull_requests_with_one_head_the_worse_answer_stands_whichever_branch_moved() {
    let both = "checklists:\n  release:\n    gate: { branches: [production, staging] }\n";
    let (app, pull) = one_head_for_two_branches(both).await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_gate_that_cannot_decide_is_not_outvoted_by_another_pull_request_with_the_same_head() {
    let (app, pull) = one_head_for_two_branches("checklists: [\n").await;
    let number = app.github.issues(ROCKET)[0].number;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "failure · The configuration has errors");
    app.finish().await;
}

const AFTER: &str = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";

/// A release with one item for before, which is done, and one for after, which is open; nothing is merged yet.
async fn with_something_left_for_after() -> App {
    let app = App::start().await;
    app.commit("production", &[(".github/holdpoint.yml", Some(AFTER))]);
    app.commit("main", &[(".github/holdpoint.yml", Some(AFTER))]);
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n"))]);
    let number = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app
}

#[tokio::test]
async fn a_pull_request_that_lags_behind_a_shipped_release_waits_for_its_after_items_too() {
    let app = with_something_left_for_after().await;
    let old = app.pull_request("production", &[("src/fix.py", Some("old\n"))]);
    let ship = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(old), "holdpoint/release"), "success · No release holds this commit.");
    app.github.world().merge_pull_request(ROCKET, ship, "bob", Method::Merge).unwrap();
    app.settle().await;
    // Its head was made before the release, and what it is merged into has the release all the same.
    let check = app.check(&app.head(old), "holdpoint/release");
    assert_eq!(check, "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.github.world().tick(ROCKET, 1, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(old), "holdpoint/release"), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn a_push_straight_into_a_gated_branch_is_a_move_of_it_too() {
    let app = with_something_left_for_after().await;
    let old = app.pull_request("production", &[("src/fix.py", Some("old\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(old), "holdpoint/release"), "success · No release holds this commit.");
    let main = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    app.github.world().push_commit(ROCKET, "production", &main, "alice").unwrap();
    app.settle().await;
    let check = app.check(&app.head(old), "holdpoint/release");
    assert_eq!(check, "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_configuration_that_breaks_shuts_the_gate_of_a_checklist_that_had_no_release_yet() {
    let app = App::start().await;
    let config = "checklists:\n  mobile:\n    template: mobile.md\n    gate: { branches: [production] }\n";
    for branch in ["main", "production"] {
        app.commit(branch, &[(".github/holdpoint.yml", Some(config)), ("mobile.md", Some("- [ ] Sign\n"))]);
    }
    let pull = app.pull_request("production", &[("src/fix.py", Some("fix\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/mobile"), "success · No release holds this commit.");
    app.commit("production", &[(".github/holdpoint.yml", Some("checklists: [\n"))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/mobile"), "failure · The configuration has errors");
    app.commit("production", &[(".github/holdpoint.yml", Some(config))]);
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/mobile"), "success · No release holds this commit.");
    // It is written again where somebody asks for that, as any other.
    let run = app.github.check(ROCKET, &app.head(pull), "holdpoint/mobile").unwrap();
    app.github.clear_exchanges();
    app.github.world().rerequest_check(ROCKET, run.id, "alice").unwrap();
    app.settle().await;
    let path = format!("/repos/acme/rocket/check-runs/{}", run.id);
    assert!(app.github.exchanges().iter().any(|e| e.method == "PATCH" && e.path == path));
    app.finish().await;
}

#[tokio::test]
async fn nothing_passes_while_errors_on_the_default_branch_keep_releases_from_being_opened() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    let old = app.file("main", ".github/holdpoint.yml");
    app.github.world().create_branch(ROCKET, "hotfix", "production", "alice").unwrap();
    app.commit("hotfix", &[(CHECKLIST, Some("- [ ] Fuel\n")), ("src/fix.py", Some("fix\n"))]);
    app.commit("main", &[(".github/holdpoint.yml", Some("checklists: [\n"))]);
    app.settle().await;
    // It is older than the newest release, so nobody would look for it.
    app.github.world().create_tag(ROCKET, "v0.9.1", "hotfix", "alice", None).unwrap();
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "hotfix", "production", "Fix", "").unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "failure · The configuration has errors");
    app.commit("main", &[(".github/holdpoint.yml", Some(&old))]);
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).last().unwrap().title, "Release 0.9.1");
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v0.9.1: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_whose_base_is_changed_is_judged_by_the_new_one() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").unwrap();
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "staging", "Ship", "").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "none");
    let edit = PullEdit { base: Some("production".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, pull, "erin", &edit).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), "holdpoint/release"), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_check_that_is_not_required_or_not_pinned_says_so_until_it_is() {
    let app = App::gated().await;
    let checks = |checks: &[(&str, Option<u64>)], ruleset: bool| {
        let mut world = app.github.world();
        let set = if ruleset { World::set_ruleset } else { World::set_protection };
        set(&mut world, ROCKET, "production", checks).unwrap();
    };
    checks(&[], true);
    let pull = app.pull_request("production", &[("src/fix.py", Some("fix\n"))]);
    app.settle().await;
    let said = async || {
        holdpoint::sweep::recheck(app.holdpoint.context()).await;
        app.settle().await;
        let head = app.head(pull);
        assert_eq!(app.check(&head, "holdpoint/release"), "success · No release holds this commit.");
        app.summary(&head, "holdpoint/release")
    };
    let first = said().await;
    assert!(
        first.contains("**This check is not required yet**") && first.contains("/acme/rocket/settings/rules"),
        "{first}"
    );
    let ours = app.github.app_id();
    for (required, ruleset, words) in [
        (&[("holdpoint/release", None)][..], true, "**This check is required of any source**"),
        (&[("holdpoint/release", Some(15_368))], true, "**This check is required of another App** (id 15368)"),
        (&[("holdpoint/release", Some(ours))], true, ""),
        (&[("build", None)], false, "**This check is not required yet**"),
        (&[("holdpoint/release", Some(ours))], false, ""),
    ] {
        checks(required, ruleset);
        let summary = said().await;
        assert_eq!(summary.contains("**This check"), !words.is_empty(), "{summary}");
        assert!(summary.contains(words), "{summary}");
    }
    // What GitHub hides is not called missing.
    checks(&[("build", None)], false);
    app.github.world().knobs.hide_protection = true;
    assert!(!said().await.contains("**This check"));
    app.finish().await;
}
