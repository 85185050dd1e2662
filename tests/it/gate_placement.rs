//! The gate is on every head that it concerns, on no other, and it follows whatever happens to a release.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::{Method, Pick, PullEdit};

const GATE: &str = "holdpoint/release";
const DONE: &str = "success · v1.0.0: 1 of 1 done";
const OPEN: &str = "action_required · v1.0.0: 0 of 1 done · 1 open";
const FREE: &str = "success · No release holds this commit.";

impl App {
    /// Three pull requests: one ships the release, one is a hotfix, one is for a branch that waits for nothing.
    async fn three() -> (Self, u64, [u64; 3]) {
        let app = Self::gated().await;
        app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
        let number = app.release("v1.0.0").await;
        let ship = app.branched("ship", "main", "production");
        let fix = app.pull_request("production", &[("fix.txt", Some("fixed"))]);
        let other = app.branched("other", "main", "main");
        app.settle().await;
        app.github.clear_exchanges();
        (app, number, [ship, fix, other])
    }

    /// A pull request from a branch of its own, with a commit on top.
    fn branched(&self, name: &str, from: &str, base: &str) -> u64 {
        let mut world = self.github.world();
        world.create_branch(ROCKET, name, from, "erin").unwrap();
        let file = format!("{name}.txt");
        world.commit_to(ROCKET, name, "erin", "More", &[(&file, Some("more"))]).unwrap();
        world.open_pull_request(ROCKET, "erin", name, base, "Change something", "").unwrap()
    }

    fn says(&self, number: u64, text: &str) {
        self.github.world().comment(ROCKET, number, "alice", text).unwrap();
    }

    fn gates(&self, pulls: &[u64]) -> Vec<String> {
        pulls.iter().map(|pull| self.check(&self.head(*pull), GATE)).collect()
    }

    /// How many check runs were written since the exchanges were cleared.
    fn written(&self) -> u64 {
        let counts = self.github.counts();
        let of = |route: &str| counts.get(route).copied().unwrap_or_default();
        of("POST /repos/{owner}/{repo}/check-runs") + of("PATCH /repos/{owner}/{repo}/check-runs/{id}")
    }
}

#[tokio::test]
async fn whatever_happens_to_a_release_reaches_the_heads_that_it_concerns_and_no_other() {
    let (app, number, pulls) = App::three().await;
    assert_eq!(app.gates(&pulls), [OPEN, FREE, "none"]);
    let happens = async |what: &dyn Fn(&App), shown: &str| {
        app.github.clear_exchanges();
        what(&app);
        app.settle().await;
        assert_eq!(app.gates(&pulls), [shown, FREE, "none"]);
        assert_eq!(app.check("v1.0.0", GATE), shown);
        // The head, and the released commit.
        assert_eq!(app.written(), 2, "{shown}");
    };
    happens(&|app| app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap(), DONE).await;
    happens(&|app| app.github.world().untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap(), OPEN).await;
    let more = "- [ ] Fuel\n- [ ] Close the hatch\n";
    let body = app.github.body(ROCKET, number);
    happens(
        &|app| {
            let text = body.replace("- [ ] Fuel\n", more);
            app.github.world().edit_issue_body(ROCKET, number, "bob", &text).unwrap();
        },
        "action_required · v1.0.0: 0 of 2 done · 2 open",
    )
    .await;
    // Somebody who may tick took it out: it counts as skipped.
    let skipped = "action_required · v1.0.0: 0 of 2 done · 1 skipped · 1 open";
    happens(&|app| app.github.world().edit_issue_body(ROCKET, number, "bob", &body).unwrap(), skipped).await;
    let overridden = "success · v1.0.0: 0 of 2 done · 1 skipped · 1 overridden";
    happens(&|app| app.says(number, "/hp override the database is down"), overridden).await;
    happens(&|app| app.says(number, "/hp undo 1"), skipped).await;
    app.github.clear_exchanges();
    app.github.world().close_issue(ROCKET, number, "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&pulls), [skipped, FREE, "none"], "closing it passes nothing");
    app.github.world().reopen_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.written(), 0);
    app.github.world().delete_issue(ROCKET, number, "alice").unwrap();
    app.settle().await;
    let gates = app.gates(&pulls);
    assert!(gates[0].starts_with("failure") && gates[1..] == [FREE, "none"], "{gates:?}");
    assert_eq!(app.written(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_release_that_opens_reaches_the_heads_that_ship_it() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let pulls = [app.branched("ship", "main", "production"), app.pull_request("production", &[("x", Some("x"))])];
    app.settle().await;
    assert_eq!(app.gates(&pulls), [FREE, FREE]);
    app.release("v1.0.0").await;
    assert_eq!(app.gates(&pulls), [OPEN, FREE]);
    app.finish().await;
}

#[tokio::test]
async fn each_checklist_has_a_check_of_its_own() {
    let app = App::start().await;
    let two = "checklists:\n  release:\n    gate: { branches: [production] }\n  legal:\n    template: legal.md\n    gate: { branches: [production] }\n  notes:\n    template: legal.md\n    open: { on: manual }\n";
    let files =
        [(".github/holdpoint.yml", Some(two)), (CHECKLIST, Some("- [ ] Fuel\n")), ("legal.md", Some("- [ ] Sign\n"))];
    app.commit("production", &files);
    app.commit("main", &files);
    app.settle().await;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    let pull = app.branched("ship", "main", "production");
    app.settle().await;
    let head = app.head(pull);
    assert_eq!([app.check(&head, GATE), app.check(&head, "holdpoint/legal")], [OPEN, OPEN]);
    assert_eq!(app.check(&head, "holdpoint/notes"), "none", "it gates nothing");
    let legal = app.github.issues(ROCKET).into_iter().find(|i| i.body.as_deref().unwrap_or_default().contains("Sign"));
    app.github.clear_exchanges();
    app.github.world().tick(ROCKET, legal.unwrap().number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!([app.check(&head, GATE), app.check(&head, "holdpoint/legal")], [OPEN, DONE]);
    assert_eq!(app.written(), 2, "of the one checklist only");
    app.finish().await;
}

#[tokio::test]
async fn of_several_open_releases_each_that_ships_must_be_done() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    let first = app.release("v1.0.0").await;
    let only_first = app.branched("first", "main", "production");
    app.commit("main", &[("src/engine.py", Some("two\n"))]);
    let second = app.release("v1.1.0").await;
    let both = app.branched("both", "main", "production");
    app.settle().await;
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[only_first, both]), [DONE, "action_required · v1.1.0: 0 of 1 done · 1 open"]);
    app.github.world().untick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.github.world().tick(ROCKET, second, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[only_first, both]), [OPEN, OPEN]);
    app.github.world().tick(ROCKET, first, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.gates(&[only_first, both]).iter().all(|gate| gate.starts_with("success")));
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_whose_base_is_changed_waits_from_then_on() {
    let (app, number, [_, _, other]) = App::three().await;
    let edit = PullEdit { base: Some("production".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, other, "erin", &edit).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[other]), [OPEN]);
    // And back: what was said stays, since nobody asks for it there; never does it turn green unasked.
    let edit = PullEdit { base: Some("main".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, other, "erin", &edit).unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[other]), [OPEN]);
    let edit = PullEdit { base: Some("production".to_owned()), ..PullEdit::default() };
    app.github.world().edit_pull_request(ROCKET, other, "erin", &edit).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[other]), [DONE]);
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_whose_head_repository_is_gone_still_waits() {
    let (app, number, _) = App::three().await;
    let fork = app.github.world().fork(ROCKET, "mallory").unwrap();
    app.github.world().commit_to(&fork, "main", "mallory", "Mine", &[("m.txt", Some("m"))]).unwrap();
    let pull =
        app.github.world().open_pull_request(ROCKET, "mallory", "mallory:main", "production", "Mine", "").unwrap();
    app.github.world().set_draft(ROCKET, pull, "mallory", true).unwrap();
    app.github.world().delete_fork(&fork).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[pull]), [OPEN]);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[pull]), [DONE]);
    app.finish().await;
}

#[tokio::test]
async fn a_repository_that_is_added_gets_checks_on_what_is_open() {
    let (app, _, pulls) = App::three().await;
    let installation = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().uninstall(installation, "alice").unwrap();
    app.settle().await;
    let late = app.branched("late", "main", "production");
    let installation = app.github.world().install("acme", Some(&[]), "alice").unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[late]), ["none"]);
    app.github.world().add_to_installation(installation, ROCKET, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[late]), [OPEN]);
    assert_eq!(app.gates(&pulls), [OPEN, FREE, "none"]);
    app.finish().await;
}

#[tokio::test]
async fn a_tag_that_was_there_before_the_app_holds_what_would_ship_it() {
    let app = App::gated().await;
    let installation = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().uninstall(installation, "alice").unwrap();
    app.settle().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    let ship = app.branched("ship", "main", "production");
    app.github.world().install("acme", None, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[ship]), [OPEN]);
    app.finish().await;
}

#[tokio::test]
async fn a_lost_database_turns_no_gate_green() {
    let (mut app, number, pulls) = App::three().await;
    app.github.world().create_tag(ROCKET, "not-a-version", "main", "alice", None).unwrap();
    app.settle().await;
    app.lose_database().await;
    let installation = app.github.world().installations.keys().next().copied().unwrap();
    app.github.world().suspend(installation, "alice").unwrap();
    app.github.world().unsuspend(installation, "alice").unwrap();
    app.settle().await;
    assert_eq!(app.gates(&pulls), [OPEN, FREE, "none"]);
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&pulls), [DONE, FREE, "none"]);
    app.finish().await;
}

#[tokio::test]
async fn a_branch_that_is_gated_from_now_on_gets_checks_on_what_is_open() {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.release("v1.0.0").await;
    let pulls = [app.branched("ship", "main", "production"), app.pull_request("production", &[("x", Some("x"))])];
    app.settle().await;
    assert_eq!(app.gates(&pulls), ["none", "none"]);
    app.commit("main", &[(".github/holdpoint.yml", Some(GATED))]);
    app.settle().await;
    assert_eq!(app.gates(&pulls), [OPEN, FREE], "the default branch speaks for one that has no file");
    app.finish().await;
}

#[tokio::test]
async fn a_release_that_is_pushed_past_the_gate_has_its_say_as_one_that_is_out() {
    let app = App::start().await;
    let strict = "checklists:\n  release:\n    gate: { branches: [production], after: block }\n";
    let list = "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n";
    app.commit("main", &[(".github/holdpoint.yml", Some(strict)), (CHECKLIST, Some(list))]);
    let number = app.release("v1.0.0").await;
    let ship = app.branched("ship", "main", "production");
    app.settle().await;
    assert_eq!(app.gates(&[ship]), ["action_required · v1.0.0: 0 of 1 done · 1 open"]);
    let released = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    app.github.world().push_commit(ROCKET, "production", &released, "alice").unwrap();
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[ship]), ["action_required · v1.0.0: 0 of 1 done · 1 open"], "what is for after is open");
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Watch")).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[ship]), [DONE]);
    app.finish().await;
}

#[tokio::test]
async fn a_gated_branch_that_moves_on_frees_what_waited_for_what_it_got() {
    let (app, _, [ship, ..]) = App::three().await;
    app.github.world().set_protection(ROCKET, "production", &[]).unwrap();
    // Somebody merges past the gate, elsewhere than on GitHub.
    let released = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    let before = app.github.world().repo(ROCKET).unwrap().git.branches["production"].clone();
    {
        let mut world = app.github.world();
        let now = world.tick_clock();
        let repo = world.repo_mut(ROCKET).unwrap();
        let tree = (*repo.git.commits[&released].tree).clone();
        let merge = repo.git.write_commit(vec![before, released], tree, "Merge by hand", "alice", now);
        world.push_commit(ROCKET, "production", &merge, "alice").unwrap();
    }
    app.settle().await;
    assert_eq!(app.gates(&[ship]), [FREE]);
    app.finish().await;
}

#[tokio::test]
async fn a_merge_updates_the_others_and_writes_nothing_where_nothing_changed() {
    let (app, number, [ship, fix, _]) = App::three().await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let other = app.branched("again", "main", "production");
    app.settle().await;
    app.github.clear_exchanges();
    app.github.world().merge_pull_request(ROCKET, ship, "alice", Method::Merge).unwrap();
    app.settle().await;
    assert_eq!(app.gates(&[fix, other]), [FREE, FREE]);
    // The release that the other would have shipped is out, and with it what it would have done to the checklist.
    assert_eq!(app.written(), 2);
    app.finish().await;
}
