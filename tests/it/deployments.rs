//! Deployments wait for releases: the custom deployment protection rule.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::effect::{DeploymentState, Effect};
use holdpoint::handle::{self, Context};
use holdpoint::sandbox::actions::WorkflowRun;
use holdpoint::sandbox::{Fault, IssueEdit, Method, Pick};
use holdpoint::store::{Batch, Job, PendingDeployment};
use std::sync::Arc;

const CONFIGURATION: &str = ".github/holdpoint.yml";
const HELD: &str = "gate: { environments: [production] }";
const RULE: &str = "POST /repos/{owner}/{repo}/actions/runs/{run}/deployment_protection_rule";

/// A world in which deployments to `production` ask Holdpoint.
struct Pad {
    app: App,
}

impl Pad {
    async fn of(settings: &str, template: &str) -> Self {
        let pad = Self { app: App::start().await };
        pad.app.github.world().set_environment(ROCKET, "production", true).unwrap();
        pad.configure(settings);
        pad.app.commit("main", &[(CHECKLIST, Some(template))]);
        pad.app.settle().await;
        pad
    }

    async fn held() -> Self {
        Self::of(HELD, "- [ ] Fuel\n- [ ] Doors <!-- hp: owner=@acme/qa -->\n").await
    }

    fn configure(&self, settings: &str) {
        let text = format!("checklists:\n  release:\n    {settings}\n");
        self.app.commit("main", &[(CONFIGURATION, Some(&text))]);
    }

    async fn start(&self, git_ref: &str) -> u64 {
        let run = self.app.github.world().start_deploying(ROCKET, git_ref, &["production"], "alice").unwrap();
        self.app.settle().await;
        run
    }

    fn run(&self, run: u64) -> WorkflowRun {
        self.app.github.world().repo(ROCKET).unwrap().runs[&run].clone()
    }

    fn state(&self, run: u64) -> &'static str {
        self.run(run).gate("production").unwrap().state
    }

    /// What the run was told, oldest first; the approval as `approved: …`.
    fn told(&self, run: u64) -> Vec<String> {
        let said = |r: &holdpoint::sandbox::actions::Report| match r.state {
            Some(state) => format!("{state}: {}", r.comment),
            None => r.comment.clone(),
        };
        self.run(run).gate("production").unwrap().reports.iter().map(said).collect()
    }

    async fn tick(&self, issue: u64, who: &str, nth: usize) {
        self.app.github.world().tick(ROCKET, issue, who, Pick::Nth(nth)).unwrap();
        self.app.settle().await;
    }

    async fn untick(&self, issue: u64, who: &str, nth: usize) {
        self.app.github.world().untick(ROCKET, issue, who, Pick::Nth(nth)).unwrap();
        self.app.settle().await;
    }

    /// Ticks all there is: `bob` is in `@acme/qa` and may write.
    async fn tick_all(&self, issue: u64) {
        for nth in 0..self.app.github.body(ROCKET, issue).matches("- [").count() {
            self.tick(issue, "bob", nth).await;
        }
    }

    async fn finish_run(&self, run: u64) {
        self.app.github.world().finish_run(ROCKET, run, "success").unwrap();
        self.app.settle().await;
    }

    fn issue(&self) -> u64 {
        self.app.github.issues(ROCKET).last().expect("a release issue").number
    }

    fn answers(&self) -> u64 {
        self.app.github.counts().get(RULE).copied().unwrap_or_default()
    }

    async fn sweep(&self) {
        holdpoint::sweep::recheck(self.app.holdpoint.context()).await;
        self.app.settle().await;
    }

    async fn waiting(&self) -> usize {
        let store = &self.app.holdpoint.context().store;
        let id = store.repositories().await.unwrap()[0].id;
        store.waiting_deployments(id).await.unwrap().len()
    }

    /// Nothing was ever rejected, and nothing is wrong.
    async fn finish(self) {
        let calls = self.app.github.exchanges();
        assert!(calls.iter().all(|call| call.request["state"] != "rejected"));
        self.app.finish().await;
    }
}

#[tokio::test]
async fn a_deployment_is_told_what_is_open_and_whose_and_goes_on_with_the_last_tick() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
    assert_eq!(pad.state(run), "waiting");
    let told = pad.told(run);
    assert_eq!(told.len(), 1, "{told:?}");
    for said in [
        "The deployment of `v1.0.0` (`",
        "to `production` waits",
        "v1.0.0: 0 of 2 done · 2 open",
        &format!("[#{issue}]("),
        "- `1` Fuel",
        "Doors · of @\u{2060}acme/qa",
    ] {
        assert!(told[0].contains(said), "{said}: {}", told[0]);
    }
    pad.tick(issue, "alice", 0).await;
    assert_eq!(pad.state(run), "waiting");
    assert!(pad.told(run)[1].contains("1 of 2 done · 1 open"), "who is waited for has changed: {:?}", pad.told(run));
    pad.tick(issue, "bob", 1).await;
    assert_eq!(pad.state(run), "approved");
    let told = pad.told(run);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[2].starts_with("approved: ") && told[2].contains("v1.0.0: 2 of 2 done, in [#"), "{}", told[2]);
    // Nothing is left to say, whatever happens.
    pad.finish_run(run).await;
    pad.untick(issue, "bob", 1).await;
    pad.sweep().await;
    assert_eq!((pad.answers(), pad.waiting().await), (3, 0));
    pad.finish().await;
}

#[tokio::test]
async fn what_is_done_already_goes_on_at_once() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    pad.tick_all(pad.issue()).await;
    let run = pad.start("v1.0.0").await;
    assert_eq!((pad.state(run), pad.answers()), ("approved", 1));
    pad.finish().await;
}

#[tokio::test]
async fn a_workflow_that_asks_before_its_tag_was_heard_of_is_held() {
    // The tag's deliveries are lost, or come later; the workflow runs for the tag, or for the branch that it was put on.
    for (lost, git_ref) in [(true, "v1.0.0"), (true, "main"), (false, "v1.0.0"), (false, "main")] {
        let pad = Pad::held().await;
        {
            let mut world = pad.app.github.world();
            if lost {
                world.hooks.lose_next = 2;
            } else {
                world.hooks.reverse = true;
            }
            world.create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
            world.start_deploying(ROCKET, git_ref, &["production"], "alice").unwrap();
        }
        pad.app.settle().await;
        let run = pad.app.github.world().repo(ROCKET).unwrap().runs.keys().copied().next().unwrap();
        assert_eq!(pad.state(run), "waiting", "{lost} {git_ref}: {:?}", pad.told(run));
        assert_eq!(pad.app.github.issues(ROCKET).len(), 1, "{lost} {git_ref}");
        pad.tick_all(pad.issue()).await;
        assert_eq!(pad.state(run), "approved", "{lost} {git_ref}: {:?}", pad.told(run));
        pad.finish().await;
    }
}

#[tokio::test]
async fn a_merge_a_published_release_and_the_deployment_itself_are_looked_for_too() {
    let merge = format!("open: {{ on: merge, match: main }}\n    {HELD}");
    let publish = format!("open: {{ on: release }}\n    {HELD}");
    let deploy = format!("open: {{ on: deployment }}\n    {HELD}");
    for settings in [&merge, &publish, &deploy] {
        let pad = Pad::of(settings, "- [ ] Fuel\n").await;
        let pull = pad.app.pull_request("main", &[("src/engine.py", Some("better\n"))]);
        pad.app.settle().await;
        {
            // Of the merge or the release nobody hears.
            let mut world = pad.app.github.world();
            let quiet = world.hooks.pending.len();
            world.merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
            if **settings == publish {
                world.publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
            }
            world.hooks.pending.truncate(quiet);
        }
        let run = pad.start("main").await;
        assert_eq!(pad.state(run), "waiting", "{settings}: {:?}", pad.told(run));
        pad.tick_all(pad.issue()).await;
        assert_eq!(pad.state(run), "approved", "{settings}: {:?}", pad.told(run));
        pad.finish().await;
    }
}

#[tokio::test]
async fn a_hotfix_is_not_held_by_the_next_release_and_unreleased_block_holds_what_none_covers() {
    let pad = Pad::held().await;
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    pad.app.release("v2.0.0").await;
    let run = pad.start("production").await;
    assert_eq!(pad.state(run), "approved");
    assert!(pad.told(run)[0].contains("No release holds this commit."), "{:?}", pad.told(run));
    pad.configure("gate: { environments: [production], unreleased: block }");
    pad.app.settle().await;
    let run = pad.start("production").await;
    assert_eq!(pad.state(run), "waiting");
    assert!(pad.told(run)[0].contains("only released commits may pass here"), "{:?}", pad.told(run));
    // The configuration decides, and its change is enough.
    pad.configure(HELD);
    pad.app.settle().await;
    assert_eq!(pad.state(run), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn every_release_on_board_has_a_say_until_it_was_let_through_once() {
    let pad = Pad::of(HELD, "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let first = pad.issue();
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    pad.app.release("v1.1.0").await;
    let second = pad.issue();
    let run = pad.start("v1.1.0").await;
    pad.tick(second, "bob", 0).await;
    assert!(pad.told(run).last().unwrap().contains("v1.0.0: 0 of 1 done"), "{:?}", pad.told(run));
    pad.tick(first, "bob", 0).await;
    assert_eq!(pad.state(run), "approved");
    pad.finish_run(run).await;
    // Both are out. What is unticked by now holds up nothing new.
    pad.untick(first, "bob", 0).await;
    pad.app.commit("main", &[("src/engine.py", Some("later\n"))]);
    pad.app.release("v1.2.0").await;
    pad.tick(pad.issue(), "bob", 0).await;
    let run = pad.start("v1.2.0").await;
    assert_eq!(pad.state(run), "approved", "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn what_somebody_else_calls_deployed_frees_nothing() {
    let pad = Pad::of(HELD, "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let held = pad.start("v1.0.0").await;
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    {
        // Bob may write deployments, and so he may write that one succeeded; he may even do it to the one that waits.
        let mut world = pad.app.github.world();
        let forged = world.create_deployment(ROCKET, "v1.0.0", "production", "bob").unwrap();
        world.set_deployment_status(ROCKET, forged, "success", "bob").unwrap();
        let waits = world.repo(ROCKET).unwrap().runs[&held].gates[0].deployment;
        world.set_deployment_status(ROCKET, waits, "success", "bob").unwrap();
        world.cancel_run(ROCKET, held, "bob").unwrap();
        world.rerun(ROCKET, held, "bob").unwrap();
    }
    let run = pad.start("main").await;
    assert_eq!((pad.state(run), pad.state(held)), ("waiting", "waiting"), "{:?}", pad.told(run));
    pad.tick(pad.issue(), "bob", 0).await;
    assert_eq!((pad.state(run), pad.state(held)), ("approved", "approved"));
    pad.finish().await;
}

#[tokio::test]
async fn what_was_deployed_before_we_were_asked_is_what_is_out() {
    let pad = Pad::of("gate: {}", "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let done = pad.app.github.world().create_deployment(ROCKET, "v1.0.0", "production", "alice").unwrap();
    pad.app.github.world().set_deployment_status(ROCKET, done, "success", "alice").unwrap();
    pad.configure(HELD);
    pad.app.release("v1.1.0").await;
    pad.tick(pad.issue(), "bob", 0).await;
    let run = pad.start("v1.1.0").await;
    assert_eq!(pad.state(run), "approved", "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn after_block_holds_the_next_deployment_and_not_the_same_one_again() {
    let settings = "gate: { environments: [production], after: block }";
    let pad = Pad::of(settings, "- [ ] Fuel\n- [ ] Watch <!-- hp: phase=after -->\n").await;
    pad.app.release("v1.0.0").await;
    let first = pad.issue();
    pad.tick(first, "bob", 0).await;
    let run = pad.start("v1.0.0").await;
    assert_eq!(pad.state(run), "approved");
    pad.finish_run(run).await;
    let again = pad.start("v1.0.0").await;
    assert_eq!(pad.state(again), "approved", "{:?}", pad.told(again));
    pad.finish_run(again).await;
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    pad.app.release("v1.1.0").await;
    pad.tick(pad.issue(), "bob", 0).await;
    let next = pad.start("v1.1.0").await;
    assert_eq!(pad.state(next), "waiting");
    assert!(pad.told(next)[0].contains("v1.0.0, after the release: 0 of 1 done"), "{:?}", pad.told(next));
    pad.tick(first, "bob", 1).await;
    assert_eq!(pad.state(next), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn a_release_that_was_squashed_into_the_branch_is_on_board_of_what_is_deployed_from_it() {
    let pad = Pad::of("gate: { environments: [production] }", "- [ ] Fuel\n").await;
    pad.app.github.world().create_branch(ROCKET, "line", "main", "alice").unwrap();
    pad.app.commit("line", &[("src/engine.py", Some("better\n"))]);
    pad.app.github.world().create_tag(ROCKET, "v1.0.0", "line", "alice", None).unwrap();
    let pull = pad.app.github.world().open_pull_request(ROCKET, "erin", "line", "main", "Back", "").unwrap();
    pad.app.settle().await;
    pad.app.github.world().merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
    pad.app.settle().await;
    let run = pad.start("main").await;
    assert_eq!(pad.state(run), "waiting", "{:?}", pad.told(run));
    pad.tick_all(pad.issue()).await;
    assert_eq!(pad.state(run), "approved", "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn an_environment_that_no_checklist_names_is_let_through_and_told_so_once_the_configuration_can_be_read() {
    let pad = Pad::of("gate: { environments: [staging] }", "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    pad.app.commit("main", &[(CONFIGURATION, Some("checklists: [\n"))]);
    let run = pad.start("v1.0.0").await;
    assert_eq!(pad.state(run), "waiting");
    assert!(pad.told(run)[0].contains("has errors"), "{:?}", pad.told(run));
    pad.configure("gate: { environments: [staging] }");
    pad.app.settle().await;
    assert_eq!(pad.state(run), "approved");
    assert!(pad.told(run)[1].contains("No checklist names this environment"), "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn names_of_environments_are_globs_without_case() {
    let pad = Pad::of("gate: { environments: [\"PROD*\"] }", "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    assert_eq!(pad.state(run), "waiting");
    pad.tick(pad.issue(), "bob", 0).await;
    assert_eq!(pad.state(run), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn a_release_issue_that_is_gone_and_an_answer_that_github_refuses_hold_it_and_say_why() {
    let pad = Pad::of(HELD, "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let issue = pad.issue();
    let run = pad.start("v1.0.0").await;
    pad.app.github.world().delete_issue(ROCKET, issue, "alice").unwrap();
    pad.app.settle().await;
    assert_eq!(pad.state(run), "waiting");
    assert!(pad.told(run)[1].contains("was deleted, and its ticks with it"), "{:?}", pad.told(run));
    pad.finish().await;

    let pad = Pad::of(HELD, "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    pad.tick(pad.issue(), "bob", 0).await;
    pad.app.github.fail_next("GET", "/repos/acme/rocket/tags", Fault::Status(403), 1);
    let run = pad.start("main").await;
    assert_eq!(pad.state(run), "waiting");
    let told = pad.told(run);
    assert!(told[0].contains("Holdpoint cannot decide") && told[0].contains("not accessible"), "{told:?}");
    pad.sweep().await;
    assert_eq!(pad.state(run), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn an_override_lets_it_through() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let issue = pad.issue();
    pad.app.github.world().comment(ROCKET, issue, "alice", "/hp override The pumps are down").unwrap();
    pad.app.settle().await;
    assert_eq!(pad.state(run), "approved");
    assert!(pad.told(run).last().unwrap().contains("2 overridden"), "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn several_environments_of_a_run_and_several_runs_are_each_answered() {
    let pad = Pad::held().await;
    {
        let mut world = pad.app.github.world();
        world.set_environment(ROCKET, "eu", true).unwrap();
        world.set_environment(ROCKET, "staging", false).unwrap();
    }
    pad.configure("gate: { environments: [production, eu] }");
    pad.app.release("v1.0.0").await;
    let issue = pad.issue();
    let start = |environments: &[&str]| {
        pad.app.github.world().start_deploying(ROCKET, "v1.0.0", environments, "alice").unwrap()
    };
    let (one, two) = (start(&["staging", "production", "eu"]), start(&["eu"]));
    pad.app.settle().await;
    assert_eq!(pad.waiting().await, 3);
    pad.tick_all(issue).await;
    let states = |run: u64| pad.run(run).gates.iter().map(|g| g.state).collect::<Vec<_>>();
    assert_eq!((states(one), states(two)), (vec!["open", "approved", "approved"], vec!["approved"]));
    assert_eq!(pad.waiting().await, 0);
    pad.finish().await;
}

#[tokio::test]
async fn a_run_that_was_cancelled_or_deleted_is_forgotten() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let (one, two, three) = (pad.start("v1.0.0").await, pad.start("v1.0.0").await, pad.start("v1.0.0").await);
    pad.app.github.world().cancel_run(ROCKET, one, "alice").unwrap();
    pad.app.github.world().delete_run(ROCKET, two, "alice").unwrap();
    pad.sweep().await;
    assert_eq!(pad.waiting().await, 1);
    // Of this one nobody has noticed when it is answered.
    pad.app.github.world().cancel_run(ROCKET, three, "alice").unwrap();
    pad.tick_all(pad.issue()).await;
    assert_eq!((pad.state(three), pad.waiting().await), ("waiting", 0));
    pad.finish().await;
}

#[tokio::test]
async fn a_run_that_is_run_again_asks_anew_and_a_repeated_delivery_does_not() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let first = {
        let world = pad.app.github.world();
        world.hooks.log.values().find(|d| d.event == "deployment_protection_rule").unwrap().id
    };
    pad.app.github.world().cancel_run(ROCKET, run, "alice").unwrap();
    pad.app.github.world().rerun(ROCKET, run, "alice").unwrap();
    pad.app.settle().await;
    assert_eq!((pad.state(run), pad.told(run).len()), ("waiting", 1), "{:?}", pad.told(run));
    pad.app.github.world().redeliver(first).unwrap();
    pad.app.settle().await;
    assert_eq!(pad.told(run).len(), 1);
    pad.tick_all(pad.issue()).await;
    assert_eq!(pad.state(run), "approved");
    let answers = pad.answers();
    pad.finish_run(run).await;
    pad.app.github.world().redeliver(first).unwrap();
    pad.app.settle().await;
    assert_eq!((pad.answers(), pad.waiting().await), (answers, 0));
    pad.app.github.world().rerun(ROCKET, run, "alice").unwrap();
    pad.app.settle().await;
    assert_eq!((pad.state(run), pad.told(run).len()), ("approved", 1));
    pad.finish().await;
}

#[tokio::test]
async fn what_waits_survives_a_restart() {
    let mut pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    pad.app.github.world().start_deploying(ROCKET, "v1.0.0", &["production"], "alice").unwrap();
    // Accepted, and not worked off.
    pad.app.github.deliver_pending().await;
    pad.app.restart().await;
    pad.app.settle().await;
    let run = pad.app.github.world().repo(ROCKET).unwrap().runs.keys().copied().next().unwrap();
    assert_eq!(pad.told(run).len(), 1);
    pad.app.restart().await;
    pad.tick_all(pad.issue()).await;
    assert_eq!(pad.state(run), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn an_approval_that_fails_is_repeated_and_one_that_was_executed_and_not_answered_is_not_doubled() {
    for fault in [
        Fault::Status(502),
        Fault::RetryAfter(403, 30),
        Fault::RetryAfter(429, 5),
        Fault::DropBefore,
        Fault::DropAfter,
        // An owner has not agreed to the permission yet: the ticks must not suffer from it.
        Fault::Status(403),
    ] {
        let pad = Pad::held().await;
        pad.app.release("v1.0.0").await;
        let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
        pad.tick(issue, "alice", 0).await;
        pad.app.github.fail_next("POST", "/repos/acme/rocket/actions", fault, 1);
        pad.tick(issue, "bob", 1).await;
        assert_eq!(pad.app.check("v1.0.0", "holdpoint/release"), "success · v1.0.0: 2 of 2 done", "{fault:?}");
        pad.sweep().await;
        assert_eq!(pad.state(run), "approved", "{fault:?}");
        pad.finish_run(run).await;
        pad.sweep().await;
        assert_eq!(pad.waiting().await, 0, "{fault:?}");
        assert_eq!(pad.told(run).iter().filter(|t| t.starts_with("approved")).count(), 1, "{fault:?}");
        pad.finish().await;
    }
}

#[tokio::test]
async fn an_approval_that_comes_before_the_deployment_is_ready_is_sent_again_until_it_is_taken() {
    for fault in [Fault::Status(422), Fault::Status(404), Fault::Status(410)] {
        for times in [1, 40] {
            let pad = Pad::held().await;
            pad.app.release("v1.0.0").await;
            let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
            pad.tick(issue, "alice", 0).await;
            pad.app.github.fail_next("POST", "/repos/acme/rocket/actions", fault, times);
            pad.tick(issue, "bob", 1).await;
            assert_eq!(pad.app.check("v1.0.0", "holdpoint/release"), "success · v1.0.0: 2 of 2 done", "{fault:?}");
            if times > 1 {
                assert_eq!((pad.state(run), pad.waiting().await), ("waiting", 1), "{fault:?}: it must not be lost");
                pad.app.github.forget_faults();
            }
            pad.sweep().await;
            assert_eq!((pad.state(run), pad.waiting().await), ("approved", 0), "{fault:?} {times}");
            assert_eq!(pad.told(run).iter().filter(|t| t.starts_with("approved")).count(), 1, "{fault:?}");
            // What was refused too often is on record as given up.
            if times == 1 {
                pad.finish().await;
            }
        }
    }
}

#[tokio::test]
async fn an_approval_that_is_refused_for_a_run_that_is_over_is_asked_no_more() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
    pad.tick(issue, "alice", 0).await;
    pad.app.github.world().cancel_run(ROCKET, run, "alice").unwrap();
    let before = pad.answers();
    pad.tick(issue, "bob", 1).await;
    pad.sweep().await;
    assert_eq!(pad.waiting().await, 0);
    let asked = pad.answers();
    assert!(asked <= before + 1, "{before} {asked}");
    pad.sweep().await;
    assert_eq!(pad.answers(), asked);
    pad.finish().await;
}

#[tokio::test]
async fn a_report_that_fails_is_repeated_and_never_passes_for_a_run_that_is_gone() {
    // 422: GitHub takes no more reports of it. It still waits, and must not be lost.
    for fault in [Fault::Status(502), Fault::DropBefore, Fault::DropAfter, Fault::Status(422), Fault::Status(404)] {
        let pad = Pad::held().await;
        pad.app.release("v1.0.0").await;
        pad.app.github.fail_next("POST", "/repos/acme/rocket/actions", fault, 1);
        let run = pad.start("v1.0.0").await;
        assert_eq!((pad.state(run), pad.waiting().await), ("waiting", 1), "{fault:?}");
        pad.tick_all(pad.issue()).await;
        assert_eq!(pad.state(run), "approved", "{fault:?}");
        pad.finish().await;
    }
}

#[tokio::test]
async fn a_process_that_dies_between_the_approval_and_its_note_approves_once() {
    let mut pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let store = pad.app.holdpoint.context().store.clone();
    let id = store.repositories().await.unwrap()[0].id;
    let row = store.waiting_deployments(id).await.unwrap().remove(0);
    pad.tick_all(pad.issue()).await;
    assert_eq!(pad.state(run), "approved");
    // As if the process had ended before it could note that.
    store.insert_deployment(id, PendingDeployment { delivery: "before".to_owned(), ..row }).await.unwrap();
    drop(store);
    assert_eq!(pad.waiting().await, 1);
    pad.app.restart().await;
    pad.sweep().await;
    pad.finish_run(run).await;
    pad.sweep().await;
    assert_eq!((pad.state(run), pad.waiting().await), ("approved", 0));
    assert_eq!(pad.told(run).iter().filter(|t| t.starts_with("approved")).count(), 1);
    pad.finish().await;
}

#[tokio::test]
async fn ticking_to_and_fro_uses_up_no_reports_that_are_needed_for_trouble() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
    for _ in 0..8 {
        pad.tick(issue, "bob", 1).await;
        pad.untick(issue, "bob", 1).await;
    }
    assert_eq!(pad.told(run).len(), 7, "{:?}", pad.told(run));
    pad.app.commit("main", &[(CONFIGURATION, Some("checklists: [\n"))]);
    pad.app.settle().await;
    assert!(pad.told(run)[7].contains("has errors"), "{:?}", pad.told(run));
    pad.configure(HELD);
    pad.app.settle().await;
    pad.tick_all(issue).await;
    assert_eq!(pad.state(run), "approved");
    pad.finish().await;
}

#[tokio::test]
async fn one_that_waits_longer_than_github_lets_it_is_forgotten() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let now = holdpoint::telemetry::now_ms();
    pad.app.holdpoint.context().github.not_before(now + 29 * 86_400_000);
    pad.sweep().await;
    assert_eq!(pad.waiting().await, 1);
    pad.app.holdpoint.context().github.not_before(now + 31 * 86_400_000);
    pad.sweep().await;
    assert_eq!((pad.waiting().await, pad.state(run)), (0, "waiting"));
    pad.finish().await;
}

#[tokio::test]
async fn an_administrator_who_starts_it_all_the_same_is_not_argued_with() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    pad.app.github.world().bypass_rules(ROCKET, run, "alice").unwrap();
    pad.finish_run(run).await;
    pad.sweep().await;
    assert_eq!((pad.waiting().await, pad.told(run).len()), (0, 1));
    // What went around us is not done for that: it holds the next one.
    pad.app.commit("main", &[("src/engine.py", Some("next\n"))]);
    let next = pad.start("main").await;
    assert_eq!(pad.state(next), "waiting", "{:?}", pad.told(next));
    pad.finish().await;
}

#[tokio::test]
async fn a_callback_that_leads_elsewhere_is_not_followed() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let (body, own) = {
        let world = pad.app.github.world();
        let delivery = world.hooks.log.values().find(|d| d.event == "deployment_protection_rule").unwrap();
        (
            delivery.body.to_string(),
            format!("{}/repos/{ROCKET}/actions/runs/{run}/deployment_protection_rule", world.base),
        )
    };
    pad.app.github.clear_exchanges();
    for (n, other) in [
        "https://evil.example/collect",
        "https://api.github.com/repos/acme/other/actions/runs/1/deployment_protection_rule",
    ]
    .iter()
    .enumerate()
    {
        let other =
            body.replace(&own, other).replace("\"event\":\"push\"", &format!("\"event\":\"push{}\"", "!".repeat(n)));
        assert_ne!(other, body);
        pad.app.post("deployment_protection_rule", other.as_bytes()).await;
    }
    // The host is of no account: the answer goes to the API that the operator named.
    let elsewhere = body.replace(
        &own,
        &format!("https://evil.example/api/v3/repos/{ROCKET}/actions/runs/{run}/deployment_protection_rule"),
    );
    pad.app.post("deployment_protection_rule", elsewhere.as_bytes()).await;
    pad.app.settle().await;
    assert_eq!((pad.waiting().await, pad.told(run).len()), (1, 1), "{:?}", pad.told(run));
    pad.tick_all(pad.issue()).await;
    assert_eq!((pad.state(run), pad.app.github.violations()), ("approved", Vec::<String>::new()));
    pad.finish().await;
}

#[tokio::test]
async fn an_item_added_to_the_issue_and_one_reworded_hold_it_too() {
    let pad = Pad::of(HELD, "- [ ] Fuel\n").await;
    pad.app.release("v1.0.0").await;
    let (run, issue) = (pad.start("v1.0.0").await, pad.issue());
    let body = pad.app.github.body(ROCKET, issue);
    let edit = body.replace("- [ ] Fuel", "- [x] Fool");
    pad.app
        .github
        .world()
        .edit_issue(ROCKET, issue, "bob", &IssueEdit { body: Some(edit), ..IssueEdit::default() })
        .unwrap();
    pad.app.settle().await;
    assert_eq!(pad.state(run), "waiting", "{:?}", pad.told(run));
    pad.finish().await;
}

#[tokio::test]
async fn a_report_has_at_most_1024_characters_and_says_how_many_items_are_left_out() {
    let items: String = (0..40)
        .map(|n| format!("- [ ] {n} {}\n", "Fill the tank to the brim `and` not *over* it ".repeat(6)))
        .collect();
    let pad = Pad::of(HELD, &items).await;
    pad.app.release("v1.0.0").await;
    let run = pad.start("v1.0.0").await;
    let told = pad.told(run).remove(0);
    assert!(told.chars().count() <= 1024, "{}", told.chars().count());
    assert!(told.contains("more") && told.contains("0 of 40 done"), "{told}");
    pad.finish().await;
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_answered() {
    let pad = Pad::held().await;
    pad.app.release("v1.0.0").await;
    pad.app.github.world().start_deploying(ROCKET, "v1.0.0", &["production"], "alice").unwrap();
    let body = {
        let mut world = pad.app.github.world();
        world.hooks.pending.clear();
        let delivery = world.hooks.log.values().find(|d| d.event == "deployment_protection_rule").unwrap();
        delivery.body.as_bytes().to_vec()
    };
    let context = Context { dry_run: Some(Arc::default()), ..Context::clone(pad.app.holdpoint.context()) };
    let event = "deployment_protection_rule".to_owned();
    let job = Job { id: 0, key: "x".to_owned(), guid: "recorded".to_owned(), event, attempts: 1, received_at: 0, body };
    let batch = Batch { lane: "x".to_owned(), key: "x".to_owned(), claimed_at: 0, jobs: vec![job] };
    handle::handle(&context, &batch).await.unwrap();
    let planned = context.planned();
    assert!(
        matches!(planned.as_slice(), [Effect::AnswerDeployment(answer)]
        if answer.state == DeploymentState::Waits && answer.comment.contains("0 of 2 done")),
        "{planned:?}"
    );
    assert_eq!((pad.answers(), pad.waiting().await), (0, 0));
    pad.finish().await;
}
