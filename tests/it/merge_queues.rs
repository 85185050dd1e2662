//! Merge queues: a group waits as a pull request does, and the last tick lets it through.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::queue::{Group, Rules, Strategy};
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{Fault, Pick};

const GATE: &str = "holdpoint/release";
const OPEN: &str = "in progress · v1.0.0: 0 of 1 done · 1 open";
const DONE: &str = "success · v1.0.0: 1 of 1 done";

/// A queue that merges no single group before its time, so that a green one waits too.
const SLOW: Rules =
    Rules { strategy: Strategy::AllGreen, squash: false, response_timeout: 3_600, least: 9, patience: 3_000 };

impl App {
    /// A release that is done, and the pull request that ships it: it may be put into the queue of `production`.
    async fn queue(rules: Rules, config: &str) -> (Self, u64, u64) {
        let app = Self::gated().await;
        app.github.world().set_merge_queue(ROCKET, "production", Some(rules)).unwrap();
        app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
        for branch in ["production", "main"] {
            app.commit(branch, &[(".github/holdpoint.yml", Some(config)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
        }
        let app_id = app.github.app_id();
        app.github.world().set_protection(ROCKET, "production", &[(GATE, Some(app_id))]).unwrap();
        let issue = app.release("v1.0.0").await;
        let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert_eq!(app.check(&app.head(pull), GATE), DONE);
        (app, issue, pull)
    }

    /// Somebody takes a tick back in the moment in which somebody else presses the button.
    async fn queue_unticked(rules: Rules, config: &str) -> (Self, u64, u64) {
        let (app, issue, pull) = Self::queue(rules, config).await;
        app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
        app.settle().await;
        (app, issue, pull)
    }

    fn groups(&self) -> Vec<Group> {
        self.github.world().repo(ROCKET).unwrap().queues["production"].groups.clone()
    }

    /// How the groups ended, the newest last.
    fn ended(&self) -> Vec<&'static str> {
        self.github.world().repo(ROCKET).unwrap().queues["production"].past.iter().map(|past| past.reason).collect()
    }

    fn is_merged(&self, pull: u64) -> bool {
        self.github.pull(ROCKET, pull).unwrap().merged.is_some()
    }

    async fn known_groups(&self) -> usize {
        let store = &self.holdpoint.context().store;
        let repository = store.repositories().await.unwrap().remove(0);
        store.merge_groups(repository.id).await.unwrap().len()
    }

    /// A pull request from production's own line of commits.
    fn hotfix(&self, file: &str) -> u64 {
        self.pull_request("production", &[(file, Some("fixed\n"))])
    }
}

#[tokio::test]
async fn the_last_tick_lets_a_waiting_group_through() {
    let (app, issue, pull) = App::queue_unticked(Rules::default(), GATED).await;
    let group = app.groups().remove(0);
    assert_eq!(app.check(&group.head, GATE), OPEN);
    assert_eq!(app.known_groups().await, 1);
    assert!(!app.is_merged(pull));
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&group.head, GATE), DONE);
    assert!(app.is_merged(pull));
    assert_eq!(app.github.world().repo(ROCKET).unwrap().git.branches["production"], group.head);
    assert_eq!(app.ended(), ["merged"]);
    assert_eq!(app.known_groups().await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_green_group_that_waits_for_others_goes_back_with_an_untick() {
    let (app, issue, pull) = App::queue(SLOW, GATED).await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let group = app.groups().remove(0);
    assert_eq!(app.check(&group.head, GATE), DONE);
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&group.head, GATE), OPEN);
    app.github.world().pass_time(3_001).unwrap();
    app.settle().await;
    assert!(!app.is_merged(pull));
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.is_merged(pull));
    app.finish().await;
}

#[tokio::test]
async fn an_untick_whose_delivery_was_given_up_leaves_no_group_green() {
    let (app, issue, pull) = App::queue(SLOW, GATED).await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let group = app.groups().remove(0);
    assert_eq!(app.check(&group.head, GATE), DONE);
    // A minute later, so that his role is asked for again.
    let github = &app.holdpoint.context().github;
    github.not_before(github.now_ms() + 61_000);
    app.github.fail_next("GET", "/repos/acme/rocket/collaborators", Fault::Status(400), 8);
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&group.head, GATE), "failure · Holdpoint could not finish its work");
    app.finish_with_dead_letters();
}

#[tokio::test]
async fn a_release_that_is_opened_while_a_group_waits_holds_it_up() {
    let (app, _, pull) = App::queue(SLOW, GATED).await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let group = app.groups().remove(0);
    app.github.world().create_tag(ROCKET, "v1.0.1", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.check(&group.head, GATE), "in progress · v1.0.1: 0 of 1 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn an_override_lets_a_waiting_group_through() {
    let (app, issue, pull) = App::queue_unticked(Rules::default(), GATED).await;
    app.github.world().comment(ROCKET, issue, "alice", "/hp override the database is down").unwrap();
    app.settle().await;
    assert!(app.is_merged(pull), "{:?}", app.comments(issue));
    app.finish().await;
}

#[tokio::test]
async fn where_the_issue_is_deleted_the_group_fails_and_leaves_the_queue() {
    let (app, issue, pull) = App::queue_unticked(Rules::default(), GATED).await;
    let group = app.groups().remove(0);
    app.github.world().delete_issue(ROCKET, issue, "alice").unwrap();
    app.settle().await;
    assert!(app.check(&group.head, GATE).starts_with("failure"), "{}", app.check(&group.head, GATE));
    assert!(!app.is_merged(pull));
    assert_eq!(app.ended(), ["dequeued"]);
    app.finish().await;
}

#[tokio::test]
async fn the_check_of_a_group_ends_where_its_branch_is_gated_no_more() {
    let app = App::start().await;
    app.commit("main", &[(".github/holdpoint.yml", Some(GATED)), (CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    app.github.world().create_branch(ROCKET, "ship", "main", "alice").unwrap();
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "ship", "production", "Ship", "").unwrap();
    app.github.world().set_merge_queue(ROCKET, "production", Some(SLOW)).unwrap();
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let head = app.groups()[0].head.clone();
    assert_eq!(app.check(&head, GATE), OPEN);
    app.commit("main", &[(".github/holdpoint.yml", Some("checklists:\n  release: {}\n"))]);
    app.settle().await;
    assert_eq!(app.check(&head, GATE), "cancelled · Superseded: nothing waits for this commit any more");
    app.finish().await;
}

#[tokio::test]
async fn a_group_is_shown_as_failed_only_where_the_configuration_says_so() {
    for (incomplete, shown, ended) in [
        ("action_required", "in progress", &[][..]),
        ("in_progress", "in progress", &[][..]),
        ("failure", "failure", &["dequeued"][..]),
    ] {
        let config = format!("{GATED}      incomplete: {incomplete}\n");
        let (app, _, pull) = App::queue(SLOW, &config).await;
        app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
        app.settle().await;
        let head = app.groups()[0].head.clone();
        let issue = app.github.issues(ROCKET)[0].number;
        app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert_eq!(app.check(&head, GATE), format!("{shown} · v1.0.0: 0 of 1 done · 1 open"));
        assert_eq!(app.ended(), ended, "{incomplete}");
        app.finish().await;
    }
}

#[tokio::test]
async fn groups_on_top_of_one_another_wait_together_and_go_together() {
    for strategy in [Strategy::AllGreen, Strategy::HeadGreen] {
        let (app, issue, ship) = App::queue(Rules { strategy, ..Rules::default() }, GATED).await;
        let fix = app.hotfix("fix.txt");
        app.settle().await;
        app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.github.world().enqueue(ROCKET, &[ship, fix], "alice").unwrap();
        app.settle().await;
        let groups = app.groups();
        assert_eq!(groups[1].base, groups[0].head);
        for group in &groups {
            assert_eq!(app.check(&group.head, GATE), OPEN, "{strategy:?}");
        }
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert!(app.is_merged(ship) && app.is_merged(fix), "{strategy:?}");
        assert_eq!(app.github.world().repo(ROCKET).unwrap().git.branches["production"], groups[1].head);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_hotfix_behind_a_release_goes_on_once_that_is_taken_out_of_the_queue() {
    let (app, _, ship) = App::queue_unticked(Rules::default(), GATED).await;
    let fix = app.hotfix("fix.txt");
    app.settle().await;
    app.github.world().enqueue(ROCKET, &[fix], "alice").unwrap();
    app.settle().await;
    let waiting = app.groups();
    assert_eq!(app.check(&waiting[1].head, GATE), OPEN);
    app.github.world().dequeue(ROCKET, ship, "alice").unwrap();
    app.settle().await;
    assert!(app.is_merged(fix) && !app.is_merged(ship));
    assert_eq!(app.ended(), ["dequeued", "invalidated", "merged"]);
    for group in waiting {
        let run = app.github.check(ROCKET, &group.head, GATE).unwrap();
        assert_eq!(run.conclusion.as_deref(), Some("cancelled"), "no spinner stays behind");
    }
    assert_eq!(app.known_groups().await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_queue_that_squashes_does_not_squash_the_release_away() {
    let (app, issue, pull) = App::queue_unticked(Rules { squash: true, ..Rules::default() }, GATED).await;
    let group = app.groups().remove(0);
    assert_eq!(app.check(&group.head, GATE), OPEN, "the group's commit does not contain the released one");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.is_merged(pull));
    app.finish().await;
}

#[tokio::test]
async fn behind_a_release_nothing_unreleased_passes_where_only_releases_may() {
    let strict = format!("{GATED}      unreleased: block\n");
    let (app, _, ship) = App::queue(SLOW, &strict).await;
    let fix = app.hotfix("fix.txt");
    app.settle().await;
    assert!(app.check(&app.head(fix), GATE).starts_with("action_required · No release covers"));
    app.github.world().enqueue(ROCKET, &[ship], "alice").unwrap();
    assert_eq!(app.github.world().enqueue(ROCKET, &[fix], "alice").unwrap_err().status, 422);
    // Somebody with power over the branch lets it into the queue all the same.
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    app.github.world().set_merge_queue(ROCKET, "production", Some(SLOW)).unwrap();
    app.github.world().enqueue(ROCKET, &[fix], "alice").unwrap();
    app.settle().await;
    let groups = app.groups();
    assert_eq!(app.check(&groups[0].head, GATE), DONE);
    assert!(app.check(&groups[1].head, GATE).starts_with("in progress · No release covers"));
    app.finish().await;
}

#[tokio::test]
async fn groups_of_pull_requests_from_forks_are_evaluated_though_the_fork_is_gone() {
    let (app, issue, _) = App::queue(SLOW, GATED).await;
    let fork = app.github.world().fork(ROCKET, "mallory").unwrap();
    app.github.world().commit_to(&fork, "main", "mallory", "Mine", &[("x.txt", Some("x"))]).unwrap();
    let pull =
        app.github.world().open_pull_request(ROCKET, "mallory", "mallory:main", "production", "Mine", "").unwrap();
    app.settle().await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let group = app.groups().remove(0);
    assert_eq!(app.check(&group.head, GATE), DONE);
    app.github.world().delete_fork(&fork).unwrap();
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&group.head, GATE), OPEN);
    assert!(app.check(&app.head(pull), GATE).starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn a_group_has_the_other_checks_too() {
    let config = format!("{GATED}pull_requests: {{ tasks: body }}\n");
    let (app, _, pull) = App::queue(SLOW, &config).await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    let head = app.groups()[0].head.clone();
    assert!(app.check(&head, "holdpoint/review").starts_with("success"));
    assert_eq!(app.check(&head, "holdpoint/tasks"), "success · Asked on each pull request");
    app.finish().await;
}

#[tokio::test]
async fn a_group_that_ended_unheard_is_written_to_no_more() {
    let (app, issue, pull) = App::queue_unticked(SLOW, GATED).await;
    let head = app.groups()[0].head.clone();
    app.github.world().hooks.lose_next = 1;
    app.github.world().dequeue(ROCKET, pull, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.known_groups().await, 1, "the event was lost");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check(&head, GATE), OPEN, "nothing was decided for it");
    assert_eq!(app.known_groups().await, 0);
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert!(app.check(&head, GATE).starts_with("cancelled"), "{}", app.check(&head, GATE));
    app.finish().await;
}

#[tokio::test]
async fn a_group_that_asked_unheard_is_found_by_the_sweep() {
    let (app, issue, pull) = App::queue(Rules::default(), GATED).await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.github.world().hooks.pending.clear();
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let head = app.groups()[0].head.clone();
    assert_eq!(app.check(&head, GATE), "none");
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.settle().await;
    assert_eq!(app.check(&head, GATE), OPEN);
    assert!(app.check(&head, "holdpoint/review").starts_with("success"));
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.is_merged(pull));
    app.finish().await;
}

#[tokio::test]
async fn a_group_of_which_nothing_is_heard_for_a_day_is_given_up() {
    let (app, issue, _) = App::queue_unticked(SLOW, GATED).await;
    let github = &app.holdpoint.context().github;
    github.not_before(github.now_ms() + 25 * 3_600_000);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.known_groups().await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_lost_database_finds_the_groups_again() {
    let (mut app, issue, pull) = App::queue_unticked(Rules::default(), GATED).await;
    let head = app.groups()[0].head.clone();
    app.lose_database().await;
    let installation = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().suspend(installation, "alice").unwrap();
    app.github.world().unsuspend(installation, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.check(&head, GATE), OPEN);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.is_merged(pull), "{}", app.check(&head, GATE));
    app.finish().await;
}

#[tokio::test]
async fn re_run_on_a_group_s_check_writes_it_again() {
    let (app, _, _) = App::queue_unticked(SLOW, GATED).await;
    let head = app.groups()[0].head.clone();
    let run = app.github.check(ROCKET, &head, GATE).unwrap();
    app.github.clear_exchanges();
    app.github.world().rerequest_check(ROCKET, run.id, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.check(&head, GATE), OPEN);
    assert_eq!(app.github.counts().get("PATCH /repos/{owner}/{repo}/check-runs/{id}"), Some(&2));
    app.finish().await;
}

#[tokio::test]
async fn where_no_group_waits_a_tick_asks_for_none() {
    let (app, issue, pull) = App::queue(SLOW, GATED).await;
    let asked = |app: &App| {
        let exchanges = app.github.exchanges();
        let checks = exchanges.iter().filter(|e| e.method == "PATCH" && e.path.contains("/check-runs/")).count();
        (exchanges.iter().filter(|e| e.path.contains("gh-readonly-queue")).count(), checks, exchanges.len())
    };
    app.github.clear_exchanges();
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let (groups, checks, all) = asked(&app);
    assert_eq!((groups, checks), (0, 1));
    assert!(all <= 13, "{all} requests");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.settle().await;
    app.github.clear_exchanges();
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    // Whether its branch is there: at the untick, and once more when the issue was opened again. And its check.
    let (groups, checks, _) = asked(&app);
    assert_eq!((groups, checks), (2, 2));
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_that_is_to_be_merged_when_ready_goes_with_the_last_tick() {
    let (app, issue, pull) = App::queue(Rules::default(), GATED).await;
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.github.world().merge_when_ready(ROCKET, pull, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.github.issue(ROCKET, pull).unwrap().state, State::Open);
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.is_merged(pull));
    app.finish().await;
}
