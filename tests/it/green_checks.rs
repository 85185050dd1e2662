//! A green check is bound to what it was decided for: a check belongs to a commit, and GitHub takes it for whatever that commit is
//! merged into, in whatever pull request.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::queue::Rules;
use holdpoint::sandbox::{Method, Pick};

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";
const BOTH: &str = "checklists:\n  release:\n    gate: { branches: [production, staging] }\n";

impl App {
    /// A branch from `main` with one commit more.
    fn branch_from_main(&self, name: &str) {
        let mut world = self.github.world();
        world.create_branch(ROCKET, name, "main", "bob").unwrap();
        world.commit_to(ROCKET, name, "bob", "More", &[(&format!("{name}.txt"), Some("x"))]).unwrap();
    }

    fn open(&self, branch: &str, base: &str) -> u64 {
        self.github.world().open_pull_request(ROCKET, "bob", branch, base, "Nothing to see", "").unwrap()
    }

    /// Opens a pull request into `production` and merges it before any delivery is sent.
    fn can_slip_into_production(&self, branch: &str) -> bool {
        let pull = self.open(branch, "production");
        self.github.world().merge_pull_request(ROCKET, pull, "bob", Method::Merge).is_ok()
    }
}

/// `v1.0.0` is open, with one item to do, and `main` is one commit further.
async fn an_open_release() -> (App, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let issue = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    (app, issue)
}

#[tokio::test]
async fn a_branch_that_only_its_own_file_gates_turns_no_check_green() {
    for gate in ["", ", unreleased: allow", "\n    after: [\"*\"]"] {
        let (app, _) = an_open_release().await;
        let gate = gate.strip_prefix('\n').map_or_else(
            || format!("    gate: {{ branches: [evil]{gate} }}\n"),
            |more| format!("    gate: {{ branches: [evil] }}\n{more}\n"),
        );
        {
            let mut world = app.github.world();
            world.create_branch(ROCKET, "evil", "main", "bob").unwrap();
            let config = format!("checklists:\n  release:\n{gate}");
            world.commit_to(ROCKET, "evil", "bob", "Mine", &[(CONFIG, Some(&config))]).unwrap();
        }
        app.branch_from_main("ship");
        let mint = app.open("ship", "evil");
        app.settle().await;
        let head = app.head(mint);
        let title = "action_required · Only the configuration on evil itself gates it.";
        assert_eq!(app.check(&head, GATE), title);
        assert!(
            app.summary(&head, GATE).contains("`gate.branches` on the default branch"),
            "{}",
            app.summary(&head, GATE)
        );
        assert!(!app.can_slip_into_production("ship"));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_branch_that_a_rule_of_the_repository_gates_may_name_itself() {
    let (app, _) = an_open_release().await;
    let id = app.github.app_id();
    app.github.world().create_branch(ROCKET, "line", "main", "alice").unwrap();
    app.commit("line", &[(CONFIG, Some("checklists:\n  release:\n    gate: { branches: [line] }\n"))]);
    app.github.world().set_protection(ROCKET, "line", &[(GATE, Some(id))]).unwrap();
    app.github.world().create_branch(ROCKET, "fix", "production", "bob").unwrap();
    app.commit("fix", &[("fix.txt", Some("x"))]);
    let pull = app.open("fix", "line");
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "success · No release holds this commit.");
    app.finish().await;
}

#[tokio::test]
async fn a_check_that_passes_for_one_branch_waits_for_the_other_that_it_would_open() {
    let app = App::gated().await;
    let id = app.github.app_id();
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    for branch in ["production", "main"] {
        app.commit(branch, &[(CONFIG, Some(BOTH)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    }
    app.github.world().set_protection(ROCKET, "production", &[(GATE, Some(id))]).unwrap();
    let issue = app.release("v1.0.0").await;
    // Staging has the release.
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").unwrap();
    app.branch_from_main("ship");
    let pull = app.open("ship", "staging");
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert!(app.summary(&app.head(pull), GATE).contains("may not be merged into production yet"));
    assert!(!app.can_slip_into_production("ship"));
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "success · v1.0.0: 1 of 1 done");
    app.finish().await;
}

#[tokio::test]
async fn the_other_branch_is_judged_by_its_own_configuration() {
    let app = App::gated().await;
    let id = app.github.app_id();
    let lax = "checklists:\n  release:\n    gate: { branches: [production, staging], unreleased: allow }\n";
    let strict = "checklists:\n  release:\n    gate: { branches: [production, staging], unreleased: block }\n";
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    app.commit("main", &[(CONFIG, Some(lax)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.commit("production", &[(CONFIG, Some(strict))]);
    app.github.world().set_protection(ROCKET, "production", &[(GATE, Some(id))]).unwrap();
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").unwrap();
    app.branch_from_main("ship");
    let pull = app.open("ship", "staging");
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("action_required · No release covers"));
    assert!(!app.can_slip_into_production("ship"));
    app.finish().await;
}

#[tokio::test]
async fn a_head_that_was_pushed_over_is_green_no_more() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.branch_from_main("ship");
    let pull = app.open("ship", "production");
    app.settle().await;
    let old = app.head(pull);
    assert!(app.check(&old, GATE).starts_with("success"));
    app.commit("ship", &[("y.txt", Some("y"))]);
    app.settle().await;
    assert!(app.check(&old, GATE).starts_with("cancelled · Superseded by"), "{}", app.check(&old, GATE));
    app.release("v1.0.0").await;
    app.github.world().push_commit(ROCKET, "ship", &old, "bob").unwrap();
    assert!(app.github.world().merge_pull_request(ROCKET, pull, "bob", Method::Merge).is_err());
    app.settle().await;
    assert_eq!(app.check(&old, GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_closed_pull_request_leaves_no_green_head() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.branch_from_main("ship");
    let pull = app.open("ship", "production");
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"));
    app.github.world().close_pull_request(ROCKET, pull, "bob").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), format!("cancelled · Superseded: #{pull} is closed"));
    app.release("v1.0.0").await;
    assert!(!app.can_slip_into_production("ship"));
    app.finish().await;
}

#[tokio::test]
async fn a_merged_head_stays_green_where_every_gated_branch_contains_it_and_else_not() {
    for (method, after) in [(Method::Merge, "success"), (Method::Squash, "cancelled")] {
        let app = App::gated().await;
        let pull = app.pull_request("production", &[("fix.txt", Some("x"))]);
        app.settle().await;
        let head = app.head(pull);
        app.github.world().merge_pull_request(ROCKET, pull, "alice", method).unwrap();
        app.settle().await;
        assert!(app.check(&head, GATE).starts_with(after), "{method:?}: {}", app.check(&head, GATE));
        app.finish().await;
    }
}

#[tokio::test]
async fn the_group_of_a_queue_that_went_elsewhere_is_green_no_more() {
    let app = App::gated().await;
    app.github.world().set_merge_queue(ROCKET, "production", Some(Rules { least: 2, ..Rules::default() })).unwrap();
    let pull = app.pull_request("production", &[("fix.txt", Some("x"))]);
    app.settle().await;
    let (_, group) = app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    assert!(app.check(&group, GATE).starts_with("success"), "{}", app.check(&group, GATE));
    app.github.world().dequeue(ROCKET, pull, "alice").unwrap();
    app.settle().await;
    assert!(app.check(&group, GATE).starts_with("cancelled"), "{}", app.check(&group, GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_done_release_is_not_green_while_it_contains_one_that_is_open() {
    let (app, first) = an_open_release().await;
    let second = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.1.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert!(!app.can_slip_into_production("main"));
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.1.0", GATE), "success · v1.1.0: 1 of 1 done");
    // And a late tag below it takes its green away.
    let below = app.github.world().repo(ROCKET).unwrap().git.tags["v1.0.0"].clone();
    app.github.world().create_tag(ROCKET, "v1.0.1", &below, "alice", None).unwrap();
    app.settle().await;
    assert!(app.check("v1.1.0", GATE).starts_with("action_required"), "{}", app.check("v1.1.0", GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_done_release_turns_green_with_the_last_tick_of_the_one_that_it_contains() {
    let (app, first) = an_open_release().await;
    let second = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    // No pull request has this head, so nothing else asks for its check.
    assert_eq!(app.check("v1.1.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.1.0", GATE), "success · v1.1.0: 1 of 1 done");
    app.github.world().untick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("v1.1.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn what_a_branch_has_and_has_not_finished_takes_the_green_of_a_release_that_does_not_contain_it() {
    let config = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
    let app = App::start().await;
    app.commit("production", &[(CONFIG, Some(config))]);
    let items = "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some(items))]);
    let first = app.release("v1.0.0").await;
    let ship = app.open("main", "production");
    for item in [0, 1] {
        app.github.world().tick(ROCKET, first, "bob", Pick::Nth(item)).unwrap();
    }
    app.settle().await;
    assert_eq!(app.check("v1.0.0", GATE), "success · v1.0.0: 1 of 1 done");
    app.github.world().merge_pull_request(ROCKET, ship, "bob", Method::Squash).unwrap();
    app.settle().await;
    // By the squash, the branch has what was released, and its commit is not in the branch.
    app.github.world().create_tag(ROCKET, "v1.1.0", "production", "alice", None).unwrap();
    app.settle().await;
    assert!(!app.check("v1.0.0", GATE).starts_with("success"), "{}", app.check("v1.0.0", GATE));
    {
        let mut world = app.github.world();
        let app_id = world.app_id;
        world.set_protection(ROCKET, "production", &[(GATE, Some(app_id))]).unwrap();
    }
    assert!(!app.can_slip_into_production("main"));
    app.finish().await;
}

#[tokio::test]
async fn a_branch_that_is_set_back_takes_the_green_of_what_was_judged_for_another() {
    let app = App::start().await;
    for branch in ["production", "main"] {
        app.commit(branch, &[(CONFIG, Some(BOTH)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    }
    let before = app.github.world().repo(ROCKET).unwrap().git.branches["production"].clone();
    app.release("v1.0.0").await;
    let released = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    // It was pushed past the gate, so it is out, on both branches.
    app.github.world().push_commit(ROCKET, "production", &released, "alice").unwrap();
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").unwrap();
    app.branch_from_main("ship");
    let pull = app.open("ship", "staging");
    app.settle().await;
    assert!(app.check(&app.head(pull), GATE).starts_with("success"), "{}", app.check(&app.head(pull), GATE));
    app.github.world().push_commit(ROCKET, "production", &before, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_branch_that_requires_the_check_is_judged_though_the_configuration_names_it_no_more() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.sweep().await;
    // Whoever may push to the default branch takes the gate out of its configuration, and opens a pull request elsewhere.
    let open = "checklists:\n  release: { gate: { branches: [staging] } }\n";
    app.commit("main", &[(".github/holdpoint.yml", Some(open))]);
    app.github.world().create_branch(ROCKET, "staging", "main", "alice").ok();
    app.settle().await;
    let tip = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    app.github.world().push_commit(ROCKET, "staging", &tip, "alice").ok();
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "bob", "main", "staging", "Elsewhere", "").unwrap();
    app.settle().await;
    let check = app.check(&app.head(pull), "holdpoint/release");
    assert!(!check.starts_with("success"), "{check}");
    app.finish().await;
}

#[tokio::test]
async fn a_branch_whose_own_file_drops_the_gate_is_judged_by_the_default_branch() {
    let app = App::start().await;
    for branch in ["production", "main"] {
        app.commit(branch, &[(CONFIG, Some(GATED)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    }
    app.release("v1.0.0").await;
    // A file without a gate was merged into the branch; the default branch's configuration names it all the same.
    app.commit("production", &[(CONFIG, Some("checklists:\n  release: {}\n"))]);
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let second = app.release("v1.1.0").await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let check = app.check("v1.1.0", GATE);
    assert_eq!(check, "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn after_a_lost_database_a_branch_that_requires_the_check_is_judged_though_no_configuration_names_it() {
    for ruleset in [false, true] {
        let mut app = App::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        app.release("v1.0.0").await;
        // The default branch names `staging` alone, and only GitHub's rules still say that `production` waits.
        app.commit("main", &[(CONFIG, Some("checklists:\n  release: { gate: { branches: [staging] } }\n"))]);
        app.settle().await;
        let id = app.github.world().app_id;
        let rule: &[(&str, Option<u64>)] = &[(GATE, Some(id))];
        if ruleset {
            app.github.world().set_ruleset(ROCKET, "production", rule).unwrap();
        }
        app.github.world().create_branch(ROCKET, "staging", "main", "alice").ok();
        app.lose_database().await;
        app.branch_from_main("more");
        let pull = app.open("more", "staging");
        app.settle().await;
        let check = app.check(&app.head(pull), GATE);
        assert_eq!(check, "action_required · v1.0.0: 0 of 1 done · 1 open");
        assert!(!app.can_slip_into_production("more"));
        app.finish().await;
    }
}

#[tokio::test]
async fn where_more_branches_require_the_check_than_are_judged_none_is_taken_for_safe() {
    let app = App::gated().await;
    let config = "checklists:\n  release: { gate: { branches: [production, \"line-*\"] } }\n";
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n")), (CONFIG, Some(config))]);
    let id = app.github.world().app_id;
    for number in 0..52 {
        let line = format!("line-{number:02}");
        app.github.world().create_branch(ROCKET, &line, "main", "alice").unwrap();
        app.github.world().set_protection(ROCKET, &line, &[(GATE, Some(id))]).unwrap();
    }
    app.branch_from_main("more");
    let pull = app.open("more", "line-00");
    app.settle().await;
    assert_eq!(app.check(&app.head(pull), GATE), "failure · More than 50 branches require this check");
    app.finish().await;
}
