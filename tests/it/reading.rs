//! A check turns green only after everything that it rests on was read for it, whatever deliveries are late or lost.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::queue::{Rules, Strategy};
use holdpoint::sandbox::{Fault, Method, Pick, PullEdit};

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";

impl App {
    /// The next deliveries never arrive.
    fn lose(&self, deliveries: u32) {
        self.github.world().hooks.lose_next = deliveries;
    }

    /// A pull request from a branch into `production`.
    fn ship(&self, branch: &str) -> u64 {
        self.github.world().open_pull_request(ROCKET, "erin", branch, "production", "Ship", "").unwrap()
    }

    fn gate_of(&self, pull: u64) -> String {
        self.check(&self.head(pull), GATE)
    }

    fn can_merge(&self, pull: u64) -> bool {
        self.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Merge).is_ok()
    }
}

/// Two releases on `main`, each with one item, and the issues of both.
async fn two_releases() -> (App, u64, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let first = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let second = app.release("v1.1.0").await;
    (app, first, second)
}

#[tokio::test]
async fn the_last_tick_of_one_release_reads_the_issue_of_the_other_that_ships_with_it() {
    let (app, first, second) = two_releases().await;
    let pull = app.ship("main");
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.lose(1);
    app.github.world().untick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert!(!app.can_merge(pull));
    // What was read is shown everywhere, not only on the pull request that asked.
    assert_eq!(app.check("v1.0.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    assert!(app.comments(first)[0].contains("**0 of 1 done**") || app.comments(first)[0].contains("0 of 1"));
    app.finish().await;
}

#[tokio::test]
async fn a_new_pull_request_reads_the_issues_that_it_ships_though_all_were_done() {
    let (app, first, second) = two_releases().await;
    for issue in [first, second] {
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    }
    app.settle().await;
    // Of the older one of two that are done, by what is known.
    app.lose(1);
    app.github.world().untick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let pull = app.ship("main");
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_deployment_reads_the_issue_though_all_was_done_and_waits_for_what_is_open_again() {
    let app = App::start().await;
    app.github.world().set_environment(ROCKET, "production", true).unwrap();
    let held = "checklists:\n  release:\n    gate: { environments: [production] }\n";
    app.commit("main", &[(CONFIG, Some(held)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let issue = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.lose(1);
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let run = app.github.world().start_deploying(ROCKET, "v1.0.0", &["production"], "alice").unwrap();
    app.settle().await;
    let gate = |app: &App| app.github.world().repo(ROCKET).unwrap().runs[&run].gate("production").unwrap().clone();
    let (state, reports) = (gate(&app).state, gate(&app).reports);
    assert_eq!(state, "waiting");
    assert!(reports[0].comment.contains("v1.0.0: 0 of 1 done · 1 open"), "{}", reports[0].comment);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(gate(&app).state, "approved");
    app.finish().await;
}

#[tokio::test]
async fn a_deleted_issue_of_which_no_event_came_is_found_before_anything_turns_green() {
    let (app, first, second) = two_releases().await;
    let pull = app.ship("main");
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.lose(1);
    app.github.world().delete_issue(ROCKET, first, "alice").unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.gate_of(pull).starts_with("failure"), "{}", app.gate_of(pull));
    app.finish().await;
}

#[tokio::test]
async fn the_last_tick_finds_a_tag_whose_deliveries_were_lost() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let first = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    let pull = app.ship("main");
    app.settle().await;
    app.lose(2);
    app.github.world().create_tag(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.1.0: 0 of 1 done · 1 open");
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    app.finish().await;
}

/// `production` with its own fix on a branch of its own, and two releases of `main` that are known.
async fn a_hotfix() -> App {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.release("v1.1.0").await;
    app.github.world().create_branch(ROCKET, "hotfix", "production", "erin").unwrap();
    app.commit("hotfix", &[(CHECKLIST, Some("- [ ] Fuel\n")), ("fix.txt", Some("x"))]);
    app.settle().await;
    app
}

#[tokio::test]
async fn the_tag_of_a_hotfix_is_found_though_newer_versions_are_known() {
    let app = a_hotfix().await;
    app.lose(2);
    app.github.world().create_tag(ROCKET, "v1.0.1", "hotfix", "erin", None).unwrap();
    app.settle().await;
    let pull = app.ship("hotfix");
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.1: 0 of 1 done · 1 open");
    app.finish().await;
}

impl App {
    /// Pushes this tag and three others at once, of which GitHub tells nobody.
    async fn push_four_tags(&self, tag: &str, branch: &str) {
        let head = self.github.world().repo(ROCKET).unwrap().git.branches[branch].clone();
        let tags = [tag, "a1", "a2", "a3"].map(|tag| (tag, head.as_str()));
        self.github.world().push_tags(ROCKET, "bob", &tags, None).unwrap();
        self.settle().await;
    }
}

#[tokio::test]
async fn a_tag_that_is_pushed_with_three_others_sends_no_event_and_is_found() {
    let app = a_hotfix().await;
    app.push_four_tags("v1.0.1", "hotfix").await;
    let pull = app.ship("hotfix");
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.1: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn the_sweep_finds_a_tag_that_was_pushed_with_three_others() {
    let app = a_hotfix().await;
    app.push_four_tags("v1.0.1", "hotfix").await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    app.sweep().await;
    assert_eq!(app.github.issues(ROCKET).last().unwrap().title, "Release 1.0.1");
    app.finish().await;
}

#[tokio::test]
async fn a_moved_tag_whose_deliveries_were_lost_is_another_release() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let issue = app.release("v1.0.0").await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let new = app.commit("main", &[("release-steps/1.md", Some("- [ ] Drop the column\n"))]);
    app.settle().await;
    app.lose(2);
    app.github.world().move_tag(ROCKET, "v1.0.0", &new, "alice").unwrap();
    app.settle().await;
    app.github.world().hooks.lose_next = 0;
    let pull = app.ship("main");
    app.settle().await;
    assert!(app.gate_of(pull).starts_with("action_required"), "{}", app.gate_of(pull));
    app.finish().await;
}

#[tokio::test]
async fn the_sweep_finds_the_first_tag_of_a_line_and_older_ones_too() {
    let app = App::gated().await;
    let config = "checklists:\n  release:\n    open: { match: [\"api/v*\", \"web/v*\"] }\n    gate: { branches: [production] }\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.release("api/v9.0.0").await;
    app.commit("main", &[("src/web.py", Some("web\n"))]);
    app.settle().await;
    for tag in ["web/v1.0.0", "api/v8.9.1"] {
        app.lose(2);
        app.github.world().create_tag(ROCKET, tag, "main", "alice", None).unwrap();
        app.settle().await;
    }
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.sweep().await;
    let titles: Vec<String> = app.github.issues(ROCKET).into_iter().map(|issue| issue.title).collect();
    assert_eq!(titles.len(), 3, "{titles:?}");
    app.sweep().await;
    assert_eq!(app.github.issues(ROCKET).len(), 3, "and once is enough");
    app.finish().await;
}

#[tokio::test]
async fn tags_that_were_there_before_the_app_came_are_no_releases() {
    let app = App::start().await;
    let id = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().uninstall(id, "alice").unwrap();
    app.settle().await;
    for tag in ["v0.1.0", "v0.2.0", "v0.3.0"] {
        app.commit("main", &[("src/engine.py", Some(tag))]);
        app.github.world().create_tag(ROCKET, tag, "main", "alice", None).unwrap();
    }
    app.commit("main", &[(CONFIG, Some(GATED)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.commit("production", &[(CONFIG, Some(GATED))]);
    app.settle().await;
    app.github.world().install("acme", None, "alice").unwrap();
    app.settle().await;
    app.sweep().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    // The newest is one, where somebody ships it.
    let pull = app.ship("main");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    assert!(app.gate_of(pull).starts_with("failure") || app.gate_of(pull).starts_with("action_required"));
    app.finish().await;
}

/// A queue that squashes, and lets a group through whose last check is green; `ship` brings a release whose box is open again,
/// and `fix` waits behind it.
async fn a_queue_of_two() -> (App, u64, u64) {
    let rules = Rules { strategy: Strategy::HeadGreen, squash: true, ..Rules::default() };
    let app = App::gated().await;
    app.github.world().set_merge_queue(ROCKET, "production", Some(rules)).unwrap();
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    for branch in ["production", "main"] {
        app.commit(branch, &[(CONFIG, Some(GATED)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    }
    let app_id = app.github.app_id();
    app.github.world().set_protection(ROCKET, "production", &[(GATE, Some(app_id))]).unwrap();
    let issue = app.release("v1.0.0").await;
    let ship = app.ship("main");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let fix = app.pull_request("production", &[("fix.txt", Some("fixed\n"))]);
    app.settle().await;
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.github.world().enqueue(ROCKET, &[ship, fix], "alice").unwrap();
    (app, issue, ship)
}

fn groups(app: &App) -> Vec<String> {
    app.github.world().repo(ROCKET).unwrap().queues["production"]
        .groups
        .iter()
        .map(|group| group.head.clone())
        .collect()
}

#[tokio::test]
async fn a_group_on_top_of_one_of_which_no_event_came_waits_for_what_that_one_ships() {
    let (app, issue, ship) = a_queue_of_two().await;
    {
        let mut world = app.github.world();
        let first = world.hooks.pending.iter().copied().find(|id| world.hooks.log[id].event == "merge_group").unwrap();
        world.hooks.pending.retain(|id| *id != first);
    }
    let waiting = groups(&app);
    app.settle().await;
    assert_eq!(waiting.len(), 2);
    for group in &waiting {
        assert!(app.check(group, GATE).starts_with("in progress"), "{}", app.check(group, GATE));
    }
    assert!(app.github.pull(ROCKET, ship).unwrap().merged.is_none());
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.github.pull(ROCKET, ship).unwrap().merged.is_some());
    app.finish().await;
}

#[tokio::test]
async fn groups_whose_events_come_in_the_other_order_wait_all_the_same() {
    let (app, _, ship) = a_queue_of_two().await;
    app.github.world().hooks.reverse = true;
    let waiting = groups(&app);
    app.settle().await;
    for group in &waiting {
        assert!(app.check(group, GATE).starts_with("in progress"), "{}", app.check(group, GATE));
    }
    assert!(app.github.pull(ROCKET, ship).unwrap().merged.is_none());
    app.finish().await;
}

#[tokio::test]
async fn a_merge_whose_delivery_was_lost_is_a_release_before_anything_that_contains_it_passes() {
    let app = App::gated().await;
    let config =
        "checklists:\n  release:\n    open: { on: merge, match: main }\n    gate: { branches: [production] }\n";
    app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    let change = app.pull_request("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    app.lose(2);
    app.github.world().merge_pull_request(ROCKET, change, "alice", Method::Merge).unwrap();
    app.settle().await;
    app.github.world().hooks.lose_next = 0;
    let pull = app.ship("main");
    app.settle().await;
    assert!(app.gate_of(pull).starts_with("action_required · "), "{}", app.gate_of(pull));
    assert!(app.gate_of(pull).ends_with(": 0 of 1 done · 1 open"), "{}", app.gate_of(pull));
    app.finish().await;
}

#[tokio::test]
async fn a_push_to_a_gated_branch_whose_delivery_was_given_up_leaves_no_green_behind() {
    let app = App::gated().await;
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    let fix = app.pull_request("production", &[("fix.txt", Some("x"))]);
    app.settle().await;
    assert!(app.gate_of(fix).starts_with("success"));
    app.github.fail_next("GET", "/repos/acme/rocket/git/ref/heads/production", Fault::Status(400), 8);
    app.commit("production", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    assert_eq!(app.gate_of(fix), "failure · Holdpoint could not finish its work");
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_sweep_reads_no_release_again_that_every_gated_branch_contains() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let issue = app.release("v1.0.0").await;
    let pull = app.ship("main");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.can_merge(pull));
    app.settle().await;
    app.sweep().await;
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    assert_eq!(store.live_checks(id).await.unwrap(), Vec::new());
    assert!(app.check("v1.0.0", GATE).starts_with("success"), "and it stays green");
    app.finish().await;
}

#[tokio::test]
async fn a_tag_in_the_base_of_which_no_event_came_is_found_where_what_is_out_blocks() {
    let app = App::start().await;
    let config = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
    let list = "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n";
    let tip = app.commit("main", &[(CONFIG, Some(config)), (CHECKLIST, Some(list))]);
    app.github.world().push_commit(ROCKET, "production", &tip, "alice").unwrap();
    app.settle().await;
    app.lose(2);
    app.github.world().create_tag(ROCKET, "v1.0.0", "production", "alice", None).unwrap();
    app.settle().await;
    let pull = app.pull_request("production", &[("fix.txt", Some("x"))]);
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn an_open_release_that_a_lost_database_knew_has_its_say_though_a_newer_tag_is_there() {
    let (mut app, _, second) = two_releases().await;
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.lose_database().await;
    let pull = app.ship("main");
    app.settle().await;
    assert!(!app.gate_of(pull).starts_with("success"), "{}", app.gate_of(pull));
    assert!(app.gate_of(pull).contains("v1.0.0") || app.gate_of(pull).contains("v1.1.0"), "{}", app.gate_of(pull));
    app.sweep().await;
    assert_eq!(app.check("v1.0.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_closed_issue_that_a_lost_database_knew_has_its_say_until_its_release_is_out() {
    let (mut app, first, second) = two_releases().await;
    for issue in [first, second] {
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    }
    app.settle().await;
    app.github.world().close_issue(ROCKET, first, "bob", None).unwrap();
    app.settle().await;
    app.lose_database().await;
    let pull = app.ship("main");
    app.settle().await;
    assert!(app.gate_of(pull).contains("v1.0.0: 0 of 1 done"), "{}", app.gate_of(pull));
    // A release that is in every gated branch is over, and its closed issue with it.
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    let tip = app.github.world().repo(ROCKET).unwrap().git.tags["v1.0.0"].clone();
    app.github.world().push_commit(ROCKET, "production", &tip, "alice").unwrap();
    app.settle().await;
    app.lose_database().await;
    app.commit("main", &[("src/engine.py", Some("yet more\n"))]);
    app.settle().await;
    app.sweep().await;
    let store = &app.holdpoint.context().store;
    let id = store.repositories().await.unwrap()[0].id;
    let known = |number: u64| store.release_of_issue(id, holdpoint::ids::IssueNumber(number));
    assert_eq!(known(first).await.unwrap(), None);
    assert_eq!(known(second).await.unwrap().map(|row| row.release.label.clone()), Some("v1.1.0".to_owned()));
    app.finish().await;
}

#[tokio::test]
async fn a_comparison_that_github_lacks_for_a_moment_is_not_taken_for_commits_apart() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.settle().await;
    let compare = format!("/repos/{ROCKET}/compare/{}", app.github.world().repo(ROCKET).unwrap().git.tags["v1.0.0"]);
    app.github.fail_next("GET", &compare, Fault::Status(404), 1);
    let pull = app.ship("main");
    app.settle().await;
    assert_eq!(app.github.faults_left(), 0, "it was asked for");
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn issues_of_a_lost_database_are_taken_in_once_the_configuration_can_be_read() {
    let (mut app, ..) = two_releases().await;
    app.github.world().commit_to(ROCKET, "main", "alice", "Break it", &[(CONFIG, Some("checklists: ["))]).unwrap();
    app.settle().await;
    app.lose_database().await;
    app.sweep().await;
    app.commit("main", &[(CONFIG, Some(GATED))]);
    app.settle().await;
    let pull = app.ship("main");
    app.settle().await;
    assert!(!app.gate_of(pull).starts_with("success"), "{}", app.gate_of(pull));
    app.sweep().await;
    assert_eq!(app.check("v1.0.0", GATE), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn while_the_default_branch_is_not_shown_a_branch_without_rules_of_its_own_passes_nothing() {
    let app = App::start().await;
    app.github.world().create_branch(ROCKET, "production", "main", "alice").ok();
    app.commit("main", &[(CONFIG, Some(GATED)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.github.fail_next("GET", &format!("/repos/{ROCKET}/git/ref/heads/main"), Fault::Status(404), 40);
    let pull = app.ship("main");
    app.settle().await;
    assert!(!app.gate_of(pull).starts_with("success"), "{}", app.gate_of(pull));
    app.github.forget_faults();
    app.sweep().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn at_the_first_look_a_tag_whose_delivery_waits_is_not_taken_for_an_old_one() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.lose_database().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    let pull = app.ship("main");
    app.github.world().create_tag(ROCKET, "v1.1.0", "production", "alice", None).unwrap();
    app.github.world().hooks.reverse = true;
    // The pull request's delivery is worked off before that of the older tag.
    app.github.deliver_pending().await;
    app.github.world().hooks.reverse = false;
    let worker = app.holdpoint.worker();
    let now = holdpoint::telemetry::now_ms();
    while worker.step(now).await.unwrap() {
        let check = app.gate_of(pull);
        assert!(!check.starts_with("success"), "{check}");
    }
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_delivery_of_any_kind_tells_old_tags_from_those_that_come_later() {
    let mut app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.settle().await;
    app.lose_database().await;
    // The first thing that Holdpoint hears of is a pull request into a branch that waits for nothing.
    app.github.world().create_branch(ROCKET, "quiet", "production", "bob").unwrap();
    app.github.world().hooks.pending.clear();
    let pull = app.github.world().open_pull_request(ROCKET, "bob", "main", "quiet", "Quiet", "").unwrap();
    app.settle().await;
    for (tag, at) in [("v1.0.0", "main"), ("v1.1.0", "production")] {
        app.github.world().create_tag(ROCKET, tag, at, "bob", None).unwrap();
        app.github.world().hooks.pending.clear();
    }
    let into = PullEdit { base: Some("production".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, pull, "bob", &into).unwrap();
    app.settle().await;
    assert_eq!(app.gate_of(pull), "action_required · v1.0.0: 0 of 1 done · 1 open");
    app.finish().await;
}
