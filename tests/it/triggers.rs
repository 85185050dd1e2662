//! What opens a release: a pull request, a deployment, a hand; and several of them for one and the same.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::handle::{self, Context, ManualRelease};
use holdpoint::ids::PullNumber;
use holdpoint::sandbox::repo::State;
use holdpoint::sandbox::{Method, Pick};
use holdpoint::store::{Listed, ReleaseRow};
use std::process::Command;
use std::sync::Arc;

pub(super) const CHECK: &str = "holdpoint/release";

/// A configuration that opens `on` these triggers and gates `production`.
fn opens(on: &str) -> String {
    format!("checklists:\n  release:\n    open: {{ {on} }}\n    gate: {{ branches: [production] }}\n")
}

impl App {
    /// The standard world with a configuration on both branches and one item in the checklist.
    async fn opening(on: &str) -> Self {
        let app = Self::start().await;
        for branch in ["main", "production"] {
            app.commit(
                branch,
                &[(".github/holdpoint.yml", Some(&opens(on))), (CHECKLIST, Some("- [ ] Tell the support team\n"))],
            );
        }
        app.settle().await;
        assert_eq!(app.github.issues(ROCKET).len(), 0);
        app
    }

    fn merge(&self, pull: u64, method: Method) {
        self.github.world().merge_pull_request(ROCKET, pull, "alice", method).unwrap();
    }

    /// The release issues, oldest first: number, title.
    fn titles(&self) -> Vec<String> {
        // Behind a `#` of ours stands a character that keeps it from becoming a link.
        self.github.issues(ROCKET).into_iter().map(|i| i.title.replace('\u{2060}', "")).collect()
    }

    fn last_issue(&self) -> u64 {
        self.github.issues(ROCKET).last().expect("an issue").number
    }

    async fn rows(&self) -> Vec<Listed> {
        let store = &self.holdpoint.context().store;
        let repositories = store.repositories().await.unwrap();
        store.releases(repositories[0].id).await.unwrap()
    }

    async fn by_hand(&self, what: ManualRelease, only: Option<&str>) -> Result<Vec<ReleaseRow>, String> {
        let context = self.holdpoint.context();
        let repository = context.store.repositories().await.unwrap().remove(0);
        handle::open_by_hand(context, &repository, &what, only).await.unwrap()
    }

    /// Has everything looked at, as the sweep does.
    pub(super) async fn sweep(&self) {
        holdpoint::sweep::recheck(self.holdpoint.context()).await;
        self.settle().await;
    }
}

#[tokio::test]
async fn a_pull_request_opens_its_release_and_each_push_to_it_adds_what_is_new() {
    let app = App::opening("on: pull_request, match: production").await;
    app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0, "another branch");
    let pull = app.pull_request("production", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
    app.settle().await;
    assert_eq!(app.titles(), [format!("Release #{pull}")]);
    let number = app.last_issue();
    assert!(app.check(&app.head(pull), CHECK).contains("0 of 2 done"), "{}", app.check(&app.head(pull), CHECK));
    app.github.world().tick(ROCKET, number, "alice", Pick::Text("Tell the support team")).unwrap();
    app.settle().await;
    let branch = app.github.pull(ROCKET, pull).unwrap().head_ref;
    for (step, done) in [("2", "1 of 3 done"), ("3", "1 of 4 done")] {
        let text = format!("- [ ] Step {step} of the second push\n");
        app.github
            .world()
            .commit_to(ROCKET, &branch, "erin", "More", &[(&format!("release-steps/{step}.md"), Some(&text))])
            .unwrap();
        app.settle().await;
        let body = app.github.body(ROCKET, number);
        assert_eq!(body.matches(&format!("- [ ] Step {step} of")).count(), 1, "{body}");
        assert!(app.check(&app.head(pull), CHECK).contains(done), "{}", app.check(&app.head(pull), CHECK));
    }
    assert!(app.github.body(ROCKET, number).contains("- [x] Tell the support team"));
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_merged_pull_request_goes_on_at_its_merge_and_the_next_one_asks_for_what_came_after() {
    for method in [Method::Merge, Method::Squash] {
        let app = App::opening("on: [pull_request, merge], match: production").await;
        let first = app.pull_request("production", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
        app.settle().await;
        app.merge(first, method);
        app.settle().await;
        assert_eq!(app.github.issues(ROCKET).len(), 1, "the merge is the same release");
        assert!(app.check("production", CHECK).starts_with("action_required"));
        let second = app.pull_request("production", &[("release-steps/2.md", Some("- [ ] Cool it again\n"))]);
        app.settle().await;
        let body = app.github.body(ROCKET, app.last_issue()).replace('\u{2060}', "");
        assert!(body.contains("Cool it again") && !body.contains("Warm the cache"), "{body}");
        assert!(body.contains(&format!("[changes since #{first}]")), "{body}");
        assert!(app.check(&app.head(second), CHECK).contains("0 of 2 done"));
        app.finish().await;
    }
}

#[tokio::test]
async fn a_closed_pull_request_holds_nothing_up_and_a_reopened_one_goes_on_in_its_issue() {
    let app = App::opening("on: pull_request, match: production").await;
    let first = app.pull_request("production", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
    app.settle().await;
    let number = app.last_issue();
    let head = app.head(first);
    app.github.world().close_pull_request(ROCKET, first, "erin").unwrap();
    app.settle().await;
    assert!(app.github.issue(ROCKET, number).unwrap().state == State::Open, "the issue stays");
    // Its commits come with another pull request, which asks for all of it.
    app.github.world().create_branch(ROCKET, "again", &head, "erin").unwrap();
    app.commit("again", &[("src/engine.py", Some("pass\n"))]);
    let second = app.github.world().open_pull_request(ROCKET, "erin", "again", "production", "Again", "").unwrap();
    app.settle().await;
    let other = app.last_issue();
    assert_ne!(other, number);
    assert!(app.github.body(ROCKET, other).contains("- [ ] Warm the cache"));
    for item in ["Warm the cache", "Tell the support team"] {
        app.github.world().tick(ROCKET, other, "alice", Pick::Text(item)).unwrap();
    }
    app.settle().await;
    assert!(app.check(&app.head(second), CHECK).starts_with("success"), "{}", app.check(&app.head(second), CHECK));
    // And back.
    app.github.world().reopen_pull_request(ROCKET, first, "erin").unwrap();
    app.settle().await;
    assert!(app.check(&head, CHECK).contains("0 of 2 done"), "{}", app.check(&head, CHECK));
    let branch = app.github.pull(ROCKET, first).unwrap().head_ref;
    app.commit(&branch, &[("release-steps/3.md", Some("- [ ] One more thing\n"))]);
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    let third = app.github.pull(ROCKET, first).unwrap().head_sha;
    assert!(app.check(&third, CHECK).contains("0 of 3 done"), "{}", app.check(&third, CHECK));
    assert_eq!(app.github.body(ROCKET, number).matches("- [ ] One more thing").count(), 1);
    app.finish().await;
}

#[tokio::test]
async fn what_a_push_brings_and_cannot_be_asked_for_shuts_the_gate_until_it_is_mended() {
    let app = App::opening("on: pull_request, match: production").await;
    let pull = app.pull_request("production", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    let number = app.last_issue();
    app.github.world().tick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), CHECK).starts_with("success"));
    let branch = app.github.pull(ROCKET, pull).unwrap().head_ref;
    let push = |text: Option<&str>| {
        app.github.world().commit_to(ROCKET, &branch, "erin", "More", &[(CHECKLIST, text)]).unwrap();
    };
    push(None);
    app.settle().await;
    let check = app.check(&app.head(pull), CHECK);
    assert!(check.starts_with("failure") && check.contains("template"), "{check}");
    app.sweep().await;
    assert!(app.check(&app.head(pull), CHECK).starts_with("failure"));
    push(Some("- [ ] Tell the support team\n- [ ] Tell the team\n"));
    app.settle().await;
    let check = app.check(&app.head(pull), CHECK);
    assert!(check.contains("1 of 2 done"), "{check}");
    app.github.world().tick(ROCKET, number, "alice", Pick::Text("Tell the team")).unwrap();
    app.settle().await;
    assert!(app.check(&app.head(pull), CHECK).starts_with("success"));
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_pull_request_from_a_fork_waits_for_somebody_to_open_its_release() {
    let app = App::opening("on: pull_request, match: production").await;
    let fork = app.github.world().fork(ROCKET, "mallory").unwrap();
    let pull = {
        let mut world = app.github.world();
        world.commit_to(&fork, "production", "mallory", "Mine", &[("src/engine.py", Some("pass\n"))]).unwrap();
        world.open_pull_request(ROCKET, "mallory", "mallory:production", "production", "Mine", "").unwrap()
    };
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let check = app.check(&app.head(pull), CHECK);
    assert!(check.starts_with("failure") && check.contains("fork"), "{check}");
    app.sweep().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let rows = app.by_hand(ManualRelease::Pull(PullNumber(pull)), None).await.unwrap();
    assert_eq!(rows[0].issue.map(|n| n.0), Some(app.last_issue()));
    app.settle().await;
    assert!(app.check(&app.head(pull), CHECK).starts_with("action_required"));
    app.finish().await;
}

#[tokio::test]
async fn pull_requests_whose_deliveries_were_lost_are_found_by_the_sweep() {
    let app = App::opening("on: pull_request, match: production").await;
    let lose = |n: u32| app.github.world().hooks.lose_next = n;
    lose(20);
    let pull = app.pull_request("production", &[("src/engine.py", Some("pass\n"))]);
    app.settle().await;
    lose(0);
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    app.sweep().await;
    assert_eq!(app.titles(), [format!("Release #{pull}")]);
    lose(20);
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.settle().await;
    lose(0);
    app.sweep().await;
    assert!(app.rows().await[0].withdrawn());
    app.finish().await;
}

#[tokio::test]
async fn a_deployment_that_succeeded_or_waits_is_a_release_of_its_commit_once() {
    let app = App::opening("on: deployment, match: prod*").await;
    let deploy = |env: &str, state: &str| app.github.world().deploy(ROCKET, "main", env, state, "alice").unwrap();
    deploy("staging", "success");
    deploy("production", "in_progress");
    deploy("production", "failure");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    app.github.world().request_deployment(ROCKET, "main", "production", "alice").unwrap();
    app.settle().await;
    let short = app.github.world().repo(ROCKET).unwrap().git.branches["main"].chars().take(7).collect::<String>();
    assert_eq!(app.titles(), [format!("Release production {short}")]);
    deploy("production", "success");
    deploy("prod-eu", "success");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1, "the same commit");
    app.commit("main", &[("release-steps/1.md", Some("- [ ] Warm the cache\n"))]);
    deploy("production", "success");
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 2);
    let body = app.github.body(ROCKET, app.last_issue());
    assert!(body.contains(&format!("[changes since production {short}]")) && body.contains("Warm the cache"), "{body}");
    assert!(app.check("main", CHECK).contains("0 of 2 done"));
    app.finish().await;
}

#[tokio::test]
async fn one_release_that_every_trigger_tells_of_has_one_issue_whatever_comes_first() {
    let on = "on: [tag, release, merge, pull_request, deployment], match: [\"v*\", production, main]";
    for order in 0..3 {
        let app = App::opening(on).await;
        let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
        let acts: [&dyn Fn(); 3] = [
            &|| {
                app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
            },
            &|| app.github.world().deploy(ROCKET, "main", "production", "success", "alice").unwrap(),
            &|| {
                app.github.world().request_deployment(ROCKET, "main", "production", "alice").unwrap();
            },
        ];
        if order > 0 {
            app.settle().await;
        }
        for at in 0..3 {
            acts[(at + order) % 3]();
            app.settle().await;
        }
        assert_eq!(app.github.issues(ROCKET).len(), 1, "{order}: {:?}", app.titles());
        let number = app.last_issue();
        app.github.world().tick(ROCKET, number, "alice", Pick::Nth(0)).unwrap();
        app.settle().await;
        assert!(app.check(&app.head(pull), CHECK).starts_with("success"));
        app.merge(pull, Method::Merge);
        app.settle().await;
        assert_eq!(app.github.issues(ROCKET).len(), 1, "{order}: {:?}", app.titles());
        assert_eq!(app.titles(), ["Release 1.0.0"]);
        app.finish().await;
    }
}

#[tokio::test]
async fn a_release_is_opened_by_hand_and_is_the_one_that_its_event_would_open() {
    let app = App::opening("on: tag").await;
    app.github.world().hooks.lose_next = 10;
    app.github.world().create_tag(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    app.github.world().hooks.lose_next = 0;
    let rows = app.by_hand(ManualRelease::Named("v1.0.0".to_owned()), None).await.unwrap();
    assert_eq!(app.titles(), ["Release 1.0.0"]);
    assert_eq!(rows[0].issue.map(|n| n.0), Some(app.last_issue()));
    app.github.world().publish_release(ROCKET, "v1.0.0", "main", "alice", None).unwrap();
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let sha = app.github.world().repo(ROCKET).unwrap().git.branches["main"].clone();
    let digits: String = sha.chars().take(8).collect();
    for name in ["main", &sha, &digits] {
        let rows = app.by_hand(ManualRelease::Named(name.to_owned()), None).await.unwrap();
        assert_eq!((rows.len(), rows[0].release.key.to_string()), (1, format!("manual:{sha}")));
    }
    assert_eq!(app.titles(), ["Release 1.0.0", "Release main"]);
    let pull = app.pull_request("production", &[("src/engine.py", Some("go\n"))]);
    app.settle().await;
    let rows = app.by_hand(ManualRelease::Pull(PullNumber(pull)), None).await.unwrap();
    assert_eq!(rows[0].release.key.to_string(), format!("pull:{pull}"));
    for (what, why) in [
        (ManualRelease::Named("no-such-thing".to_owned()), "there is no tag, branch or commit `no-such-thing`"),
        (ManualRelease::Tag("main".to_owned()), "there is no tag `main`"),
        (ManualRelease::Commit("0000000".to_owned()), "there is no branch or commit `0000000`"),
        (ManualRelease::Pull(PullNumber(999)), "there is no pull request #999"),
    ] {
        assert_eq!(app.by_hand(what, None).await.unwrap_err(), why);
    }
    assert_eq!(
        app.by_hand(ManualRelease::Tag("v1.0.0".to_owned()), Some("x")).await.unwrap_err(),
        "there is no checklist `x`"
    );
    app.finish().await;
}

#[tokio::test]
async fn where_several_checklists_could_be_meant_one_must_be_named() {
    let app = App::start().await;
    let config = "checklists:\n  api: { template: api.md, open: { match: \"api/v*\" } }\n  web: { template: web.md, open: { match: \"web/v*\" } }\n";
    app.commit(
        "main",
        &[(".github/holdpoint.yml", Some(config)), ("api.md", Some("- [ ] a\n")), ("web.md", Some("- [ ] b\n"))],
    );
    app.settle().await;
    let why = app.by_hand(ManualRelease::Commit("main".to_owned()), None).await.unwrap_err();
    assert!(why.contains("api, web"), "{why}");
    let rows = app.by_hand(ManualRelease::Commit("main".to_owned()), Some("web")).await.unwrap();
    assert_eq!(rows[0].release.checklist, "web");
    let manual = config.replace("match: \"api/v*\"", "on: manual");
    app.commit("main", &[(".github/holdpoint.yml", Some(&manual))]);
    app.settle().await;
    let rows = app.by_hand(ManualRelease::Commit("main".to_owned()), None).await.unwrap();
    assert_eq!(rows[0].release.checklist, "api", "the one that waits for a hand");
    app.finish().await;
}

#[tokio::test]
async fn a_dry_run_by_hand_opens_nothing() {
    let app = App::opening("on: manual").await;
    let context = Context { dry_run: Some(Arc::default()), ..Context::clone(app.holdpoint.context()) };
    let repository = context.store.repositories().await.unwrap().remove(0);
    let what = ManualRelease::Commit("main".to_owned());
    assert_eq!(handle::open_by_hand(&context, &repository, &what, None).await.unwrap(), Ok(Vec::new()));
    assert_eq!(context.planned().len(), 1, "{:?}", context.planned());
    assert_eq!((app.github.issues(ROCKET).len(), app.rows().await.len()), (0, 0));
    app.finish().await;
}

#[tokio::test]
async fn the_command_opens_a_release_and_prints_its_address() {
    let mut app = App::opening("on: manual").await;
    // The database belongs to one process.
    app.holdpoint.context().store.close().await;
    let key = app.folder.0.join("key.pem");
    std::fs::write(&key, app.github.private_key_pem()).unwrap();
    let (url, id, secret) = (app.github.url().to_owned(), app.github.app_id(), app.github.webhook_secret());
    let database = format!("sqlite://{}", app.folder.0.join("holdpoint.db").display());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
        command.arg("open").args(arguments).env_clear();
        command
            .env("HOLDPOINT_DATABASE_URL", &database)
            .env("HOLDPOINT_GITHUB_APP_ID", id.to_string())
            .env("HOLDPOINT_GITHUB_PRIVATE_KEY", &key)
            .env("HOLDPOINT_WEBHOOK_SECRET", &secret)
            .env("HOLDPOINT_GITHUB_API_URL", &url)
            .env("HOLDPOINT_GITHUB_URL", &url)
            .env("HOLDPOINT_WRITE_INTERVAL_MS", "0");
        tokio::task::spawn_blocking(move || {
            let output = command.output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        })
    };
    let (code, planned, said) = run(&[ROCKET, "--commit", "main", "--dry-run"]).await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert!(planned.contains("Tell the support team"), "{planned}");
    assert_eq!(app.github.issues(ROCKET).len(), 0);
    let (code, printed, said) = run(&[ROCKET, "--commit", "main"]).await.unwrap();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(printed, format!("{url}/{ROCKET}/issues/{}\n", app.last_issue()));
    let (code, _, said) = run(&[ROCKET, "--tag", "v9"]).await.unwrap();
    assert_eq!((code, said.as_str()), (Some(2), "holdpoint: there is no tag `v9`\n"));
    let (code, _, said) = run(&["acme/nothing", "--tag", "v9"]).await.unwrap();
    assert_eq!((code, said.as_str()), (Some(2), "holdpoint: the App is not installed on acme/nothing\n"));
    assert_eq!(run(&[ROCKET]).await.unwrap().0, Some(2), "one of the three is wanted");
    app.restart().await;
    app.settle().await;
    assert_eq!(app.github.issues(ROCKET).len(), 1);
    app.finish().await;
}
