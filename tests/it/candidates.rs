//! What is done anew for each candidate of a version.

use super::{App, CHECKLIST, GATED, ROCKET};
use holdpoint::sandbox::Pick;
use holdpoint::sandbox::repo::State;

const CONFIG: &str = ".github/holdpoint.yml";
const GATE: &str = "holdpoint/release";
const LIST: &str = "- [ ] Fuel the tanks <!-- hp: every-candidate -->\n- [ ] Write the notes\n";

/// A first candidate with everything done, and its issue.
async fn done(list: &str, config: &str) -> (App, u64) {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(list)), (CONFIG, Some(config))]);
    let issue = app.release("v1.4.0-rc1").await;
    for nth in 0..list.matches("- [ ]").count() {
        app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(nth)).unwrap();
    }
    app.settle().await;
    assert!(app.check("main", GATE).starts_with("success"), "{}", app.check("main", GATE));
    (app, issue)
}

impl App {
    fn work(&self, times: usize) {
        for n in 0..times {
            self.commit("main", &[("src/engine.py", Some(format!("{n}\n").as_str()))]);
        }
    }

    fn ticks(&self, issue: u64) -> usize {
        self.github.body(ROCKET, issue).matches("- [x]").count()
    }
}

#[tokio::test]
async fn an_item_for_every_candidate_is_open_again_with_the_next_one_and_the_others_keep_their_ticks() {
    let (app, issue) = done(LIST, GATED).await;
    assert!(app.github.body(ROCKET, issue).contains("Fuel the tanks · for every candidate"));
    app.work(3);
    assert_eq!(app.release("v1.4.0-rc2").await, issue);
    assert_eq!(app.check("main", GATE), "action_required · v1.4.0-rc2: 1 of 2 done · 1 open");
    let body = app.github.body(ROCKET, issue);
    assert!(body.contains("- [ ] Fuel the tanks") && body.contains("- [x] Write the notes"), "{body}");
    assert_eq!(app.github.issue(ROCKET, issue).unwrap().state, State::Open, "there is something to do again");
    let comment = &app.comments(issue)[0];
    assert!(comment.contains("| bob, for v1.4.0-rc1 |"), "{comment}");
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("main", GATE), "success · v1.4.0-rc2: 2 of 2 done");
    assert!(
        app.summary("main", GATE).contains("1 item was settled for v1.4.0-rc1; 3 commits came since."),
        "{}",
        app.summary("main", GATE)
    );
    app.finish().await;
}

#[tokio::test]
async fn the_release_itself_on_the_commit_of_its_last_candidate_asks_for_nothing_again() {
    let (app, issue) = done(LIST, GATED).await;
    assert_eq!(app.release("v1.4.0").await, issue);
    assert_eq!(app.check("main", GATE), "success · v1.4.0: 2 of 2 done");
    assert_eq!(app.ticks(issue), 2);
    app.finish().await;
}

#[tokio::test]
async fn with_candidates_again_every_item_is_open_again_those_that_people_added_too() {
    let config = GATED.replace("  release:\n", "  release:\n    open: { on: tag, candidates: again }\n");
    let (app, issue) = done("- [ ] Fuel\n- [ ] Write\n", &config).await;
    let body = app.github.body(ROCKET, issue).replace("- [x] Write\n", "- [x] Write\n- [ ] Call the team\n");
    app.github.world().edit_issue_body(ROCKET, issue, "bob", &body).unwrap();
    app.settle().await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Text("Call the team")).unwrap();
    app.settle().await;
    assert!(app.check("main", GATE).starts_with("success"), "{}", app.check("main", GATE));
    app.work(1);
    app.release("v1.4.0-rc2").await;
    assert_eq!(app.check("main", GATE), "action_required · v1.4.0-rc2: 0 of 3 done · 3 open");
    assert_eq!(app.ticks(issue), 0);
    app.finish().await;
}

#[tokio::test]
async fn a_tick_whose_delivery_comes_after_the_next_candidate_counts_for_the_one_before() {
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(LIST))]);
    let issue = app.release("v1.4.0-rc1").await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(1)).unwrap();
    app.settle().await;
    app.work(1);
    // The tick comes first, and its delivery last.
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    let late = app.github.world().hooks.pending.pop_back().unwrap();
    app.release("v1.4.0-rc2").await;
    app.github.world().hooks.pending.push_back(late);
    app.settle().await;
    assert_eq!(app.check("main", GATE), "action_required · v1.4.0-rc2: 1 of 2 done · 1 open");
    app.sweep().await;
    assert_eq!(app.check("main", GATE), "action_required · v1.4.0-rc2: 1 of 2 done · 1 open");
    app.github.world().untick(ROCKET, issue, "bob", Pick::Nth(0)).ok();
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert_eq!(app.check("main", GATE), "success · v1.4.0-rc2: 2 of 2 done");
    app.finish().await;
}

#[tokio::test]
async fn what_ships_the_earlier_candidate_alone_does_not_pass_by_what_was_done_for_the_later_one() {
    let (app, issue) = done(LIST, GATED).await;
    app.github.world().create_branch(ROCKET, "first", "main", "alice").unwrap();
    app.work(1);
    app.release("v1.4.0-rc2").await;
    app.github.world().tick(ROCKET, issue, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check("main", GATE).starts_with("success"), "{}", app.check("main", GATE));
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "first", "production", "Ship", "").unwrap();
    app.settle().await;
    let check = app.check(&app.head(pull), GATE);
    assert_eq!(check, "action_required · v1.4.0-rc2: 1 of 2 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn a_skip_an_override_and_a_command_for_one_candidate_do_not_count_for_the_next() {
    let list = "- [ ] Fuel <!-- hp: every-candidate -->\n- [ ] Load <!-- hp: every-candidate -->\n- [ ] Seal <!-- hp: every-candidate -->\n";
    let app = App::gated().await;
    app.commit("main", &[(CHECKLIST, Some(list))]);
    let issue = app.release("v1.4.0-rc1").await;
    app.github.world().comment(ROCKET, issue, "bob", "/hp done 1").unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, issue, "bob", "/hp skip 2 nothing to load").unwrap();
    app.settle().await;
    app.github.world().comment(ROCKET, issue, "erin", "/hp override the seal is known to hold").unwrap();
    app.settle().await;
    assert!(app.check("main", GATE).starts_with("success"), "{}", app.check("main", GATE));
    app.work(1);
    app.release("v1.4.0-rc2").await;
    assert_eq!(app.check("main", GATE), "action_required · v1.4.0-rc2: 0 of 3 done · 3 open");
    assert!(app.summary("main", GATE).contains("was done for v1.4.0-rc1 by erin"), "{}", app.summary("main", GATE));
    app.github.world().comment(ROCKET, issue, "bob", "/hp done 1 2 3").unwrap();
    app.settle().await;
    assert_eq!(app.check("main", GATE), "success · v1.4.0-rc2: 3 of 3 done");
    app.finish().await;
}
