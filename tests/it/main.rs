//! Feature tests: the real router, the real database and the real worker against the stand-in GitHub. They change the world
//! with GitHub's own verbs and read the end state.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so and stop"
)]

mod api_requests;
mod audit;
mod backups;
mod bypass_attempts;
mod candidates;
mod checkbox_syntax;
mod command_line;
mod commands;
mod deployments;
mod diffs;
mod docs;
mod doctor;
mod end_to_end;
mod evidence;
mod faults;
mod forged_markers;
mod gate_placement;
mod gate_properties;
mod gates;
mod green_checks;
mod hidden;
mod histories;
mod idle;
mod init;
mod issue_edits;
mod issue_forms;
mod issue_metadata;
mod issue_text;
mod kept;
mod many;
mod merge_queues;
mod missed_edits;
mod openers;
mod outgoing;
mod packaging;
mod parts;
mod people;
mod properties;
mod random_repositories;
mod random_ticks;
mod reading;
mod receive;
mod recheck_button;
mod redelivery;
mod release_candidates;
mod releases;
mod reminders;
mod renamed_repositories;
mod reviews;
mod secrets;
mod stale_checks;
mod startup;
mod step_files;
mod steps;
mod strangers;
mod tags;
mod tasks;
mod tenants;
mod ticks;
mod tidy;
mod tokens;
mod triggers;
mod truncated_answers;
mod urgency;
mod versions;

use holdpoint::app::App as Holdpoint;
use holdpoint::sandbox::{AppKey, Options, Sandbox, World};
use holdpoint::settings::{Secret, Settings};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::task::JoinHandle;

/// The repository of the standard world.
const ROCKET: &str = "acme/rocket";
/// Its checklist.
const CHECKLIST: &str = ".github/release-checklist.md";
/// A configuration that gates `production`.
const GATED: &str = "checklists:\n  release:\n    gate:\n      branches: [production]\n";

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("holdpoint-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A Holdpoint and the GitHub that it talks to.
struct App {
    github: Sandbox,
    holdpoint: Holdpoint,
    server: JoinHandle<()>,
    folder: Folder,
}

fn key() -> AppKey {
    static KEY: OnceLock<AppKey> = OnceLock::new();
    KEY.get_or_init(|| AppKey::generate().unwrap()).clone()
}

fn settings(github: &Sandbox, folder: &Path) -> Settings {
    Settings {
        database_url: Some(format!("sqlite://{}", folder.join("holdpoint.db").display())),
        github_app_id: Some(github.app_id()),
        github_private_key: Some(Secret::new(github.private_key_pem())),
        webhook_secret: Some(Secret::new(github.webhook_secret())),
        github_api_url: github.url().to_owned(),
        github_url: github.url().to_owned(),
        write_interval_ms: 0,
        ..Settings::default()
    }
}

async fn serve(github: &Sandbox, folder: &Path) -> (Holdpoint, JoinHandle<()>) {
    let holdpoint = Holdpoint::build(settings(github, folder)).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    github.set_hook_url(&format!("http://{}/webhook", listener.local_addr().unwrap()));
    let router = holdpoint.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (holdpoint, server)
}

/// A repository with this checklist whose `v1.0.0` is released, and the number of the release issue.
async fn released(template: &str) -> (App, u64) {
    let app = App::start().await;
    app.commit("main", &[(CHECKLIST, Some(template))]);
    let number = app.release("v1.0.0").await;
    (app, number)
}

/// The check on the released commit.
fn gate(app: &App) -> String {
    app.check("main", "holdpoint/release")
}

impl App {
    /// The standard world, in which nothing has happened since the App was installed.
    async fn start() -> Self {
        let github =
            Sandbox::start_with(World::standard(), Options { key: Some(key()), ..Options::default() }).await.unwrap();
        let folder = Folder::new();
        let (holdpoint, server) = serve(&github, &folder.0).await;
        let app = Self { github, holdpoint, server, folder };
        app.settle().await;
        app.github.clear_exchanges();
        app
    }

    /// As [`App::start`], with a configuration on `main` and `production`, and `holdpoint/release` required on the latter.
    async fn gated() -> Self {
        let app = Self::start().await;
        {
            let mut world = app.github.world();
            let app_id = world.app_id;
            for branch in ["main", "production"] {
                world
                    .commit_to(ROCKET, branch, "alice", "Gate production", &[(".github/holdpoint.yml", Some(GATED))])
                    .unwrap();
            }
            world.set_protection(ROCKET, "production", &[("holdpoint/release", Some(app_id))]).unwrap();
        }
        app.settle().await;
        app
    }

    /// Delivers and works off until nothing is left, on either side.
    async fn settle(&self) {
        for _ in 0..50 {
            let sent = self.github.deliver_pending().await;
            for (event, status) in &sent {
                assert!(*status < 300, "{event} was answered {status}");
            }
            self.holdpoint.drain().await.unwrap();
            if sent.is_empty() {
                return;
            }
        }
        panic!("it never ends: every delivery causes another");
    }

    /// Ends the process as a crash would, and starts another on the same database.
    async fn restart(&mut self) {
        self.server.abort();
        self.holdpoint.context().store.close().await;
        let (holdpoint, server) = serve(&self.github, &self.folder.0).await;
        self.holdpoint = holdpoint;
        self.server = server;
    }

    /// Throws the database away and starts anew.
    async fn lose_database(&mut self) {
        self.server.abort();
        self.holdpoint.context().store.close().await;
        self.folder = Folder::new();
        let (holdpoint, server) = serve(&self.github, &self.folder.0).await;
        self.holdpoint = holdpoint;
        self.server = server;
    }

    /// Commits to a branch.
    fn commit(&self, branch: &str, files: &[(&str, Option<&str>)]) -> String {
        self.github.world().commit_to(ROCKET, branch, "alice", "A change", files).unwrap()
    }

    /// Opens a pull request by `erin` with these files on a branch of its own.
    fn pull_request(&self, base: &str, files: &[(&str, Option<&str>)]) -> u64 {
        let mut world = self.github.world();
        let branch = format!("change-{}", world.now());
        world.create_branch(ROCKET, &branch, base, "erin").unwrap();
        world.commit_to(ROCKET, &branch, "erin", "A change", files).unwrap();
        world.open_pull_request(ROCKET, "erin", &branch, base, "Change something", "").unwrap()
    }

    /// A file's text on a branch.
    fn file(&self, branch: &str, path: &str) -> String {
        let bytes = self.github.world().repo(ROCKET).unwrap().git.file(branch, path).expect("the file");
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn head(&self, pull: u64) -> String {
        self.github.pull(ROCKET, pull).unwrap().head_sha
    }

    /// A check of ours as `conclusion · title`, or `none`.
    fn check(&self, rev: &str, name: &str) -> String {
        match self.github.check(ROCKET, rev, name) {
            Some(run) => format!(
                "{} · {}",
                run.conclusion.clone().unwrap_or_else(|| "in progress".to_owned()),
                run.output.title.unwrap_or_default()
            ),
            None => "none".to_owned(),
        }
    }

    fn summary(&self, rev: &str, name: &str) -> String {
        self.github.check(ROCKET, rev, name).and_then(|run| run.output.summary).unwrap_or_default()
    }

    /// Bodies of our comments on an issue or pull request.
    fn comments(&self, number: u64) -> Vec<String> {
        self.github.comments(ROCKET, number).into_iter().map(|c| c.body).collect()
    }

    /// Tags `main` and opens the release issue; its number.
    async fn release(&self, tag: &str) -> u64 {
        self.github.world().create_tag(ROCKET, tag, "main", "alice", None).unwrap();
        self.settle().await;
        self.github.issues(ROCKET).last().expect("a release issue").number
    }

    /// Posts a signed delivery to the router.
    async fn post(&self, event: &str, body: &[u8]) {
        use hyper_util::client::legacy::Client;
        use hyper_util::rt::TokioExecutor;
        let secret = Secret::new(self.github.webhook_secret());
        let url = self.github.world().hooks.url.clone().unwrap();
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-github-delivery", format!("{event}-{}", body.len()))
            .header("x-hub-signature-256", holdpoint::github::webhook::sign(&secret, body))
            .body(http_body_util::Full::new(tokio_util::bytes::Bytes::copy_from_slice(body)))
            .unwrap();
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
        assert_eq!(answer.status(), 202);
    }

    /// Nothing is queued, nothing is dead, and GitHub understood every call.
    async fn finish(self) {
        self.settle().await;
        let counts = self.holdpoint.context().store.counts().await.unwrap();
        assert_eq!((counts.queued, counts.running, counts.dead), (0, 0, 0), "the queue is not empty");
        self.finish_with_dead_letters();
    }

    /// As [`App::finish`], for a test that makes dead letters.
    fn finish_with_dead_letters(self) {
        assert_eq!(self.github.violations(), Vec::<String>::new());
        assert_eq!(self.github.faults_left(), 0, "a fault that was asked for did not happen");
        self.github.write_exchanges().unwrap();
        self.server.abort();
    }
}
