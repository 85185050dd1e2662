//! Where histories begin: a few kinds of repository, each set up once and then put back for every history.

use holdpoint::app::App as Holdpoint;
use holdpoint::github::redelivery::Redelivery;
use holdpoint::sandbox::queue::{Rules, Strategy};
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{AppKey, Options, Sandbox, World};
use holdpoint::settings::{Secret, Settings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinHandle;

/// The repository, until somebody renames it.
pub const ROCKET: &str = "acme/rocket";
pub const CHECKLIST: &str = ".github/release-checklist.md";
pub const CONFIGURATION: &str = ".github/holdpoint.yml";
/// The check that is required.
pub const GATE: &str = "holdpoint/release";

/// What kind of repository it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// `staging` is gated beside `production`.
    pub two: bool,
    pub after_block: bool,
    /// `production` has a queue, which squashes, and which the head's check satisfies.
    pub queue: bool,
    /// The configuration is the organisation's.
    pub organisation: bool,
    /// Items for a second person and for owners, not only plain ones.
    pub owners: bool,
}

impl Kind {
    pub const fn of(number: u64) -> Self {
        let number = number % 10;
        Self {
            two: matches!(number, 1 | 6),
            after_block: matches!(number, 2 | 7),
            queue: matches!(number, 3 | 8),
            organisation: matches!(number, 4),
            owners: matches!(number, 5..=8),
        }
    }

    pub const fn gated(self) -> &'static [&'static str] {
        if self.two { &["production", "staging"] } else { &["production"] }
    }

    fn configuration(self) -> String {
        let (branches, after) = (self.gated().join(", "), if self.after_block { ", after: block" } else { "" });
        format!("checklists:\n  release:\n    gate: {{ branches: [{branches}], environments: [production]{after} }}\n")
    }

    const fn checklist(self) -> &'static str {
        if self.owners {
            "- [ ] Fuel the tanks\n- [ ] Review the plan <!-- hp: second-person -->\n- [ ] Close the hatch <!-- hp: owner=@acme/qa -->\n- [ ] Ring the bell <!-- hp: owner=@frank -->\n- [ ] Watch the sky <!-- hp: phase=after -->\n"
        } else {
            "- [ ] Fuel the tanks\n- [ ] Watch the sky <!-- hp: phase=after -->\n"
        }
    }
}

fn key() -> AppKey {
    static KEY: OnceLock<AppKey> = OnceLock::new();
    KEY.get_or_init(|| AppKey::generate().unwrap()).clone()
}

/// A folder on the RAM disk, where there is one; it goes with the value.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shm = Path::new("/dev/shm");
        let parent = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        let name = format!("holdpoint-hostile-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A Holdpoint that listens.
pub struct Process {
    pub holdpoint: Holdpoint,
    pub redelivery: Redelivery,
    server: JoinHandle<()>,
}

impl Process {
    pub async fn start(github: &Sandbox, folder: &Path) -> Self {
        let settings = Settings {
            database_url: Some(format!("sqlite://{}", folder.join("holdpoint.db").display())),
            github_app_id: Some(github.app_id()),
            github_private_key: Some(Secret::new(github.private_key_pem())),
            webhook_secret: Some(Secret::new(github.webhook_secret())),
            github_api_url: github.url().to_owned(),
            github_url: github.url().to_owned(),
            write_interval_ms: 0,
            ..Settings::default()
        };
        let holdpoint = Holdpoint::build(settings).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        github.set_hook_url(&format!("http://{}/webhook", listener.local_addr().unwrap()));
        let router = holdpoint.router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { holdpoint, redelivery: Redelivery::default(), server }
    }

    pub async fn stop(self) {
        self.server.abort();
        self.holdpoint.context().store.close().await;
    }
}

/// A repository that is set up, to begin any number of histories from.
struct Template {
    world: World,
    folder: Folder,
}

/// One GitHub, and the repositories that were set up on it.
pub struct Stage {
    pub github: Sandbox,
    templates: BTreeMap<Kind, Template>,
}

impl Stage {
    pub async fn new() -> Self {
        let options = Options { key: Some(key()), ..Options::default() };
        let github = Sandbox::start_with(World::standard(), options).await.unwrap();
        Self { github, templates: BTreeMap::new() }
    }

    /// Puts the world back to the beginning of a kind; the folder has the database that goes with it.
    pub async fn begin(&mut self, kind: Kind) -> (Folder, Process) {
        if !self.templates.contains_key(&kind) {
            let template = self.set_up(kind).await;
            self.templates.insert(kind, template);
        }
        let template = &self.templates[&kind];
        let folder = Folder::new();
        for file in std::fs::read_dir(&template.folder.0).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.0.join(file.file_name())).unwrap();
        }
        *self.github.world() = template.world.clone();
        self.github.forget_faults();
        self.github.clear_exchanges();
        drop(self.github.take_violations());
        let process = Process::start(&self.github, &folder.0).await;
        (folder, process)
    }

    async fn set_up(&self, kind: Kind) -> Template {
        let mut world = World::standard();
        world.base = self.github.url().to_owned();
        world.live = true;
        world.knobs.deploys_at_once = true;
        let id = world.app_id;
        let public = self.github.world().apps[&id].public_key.clone();
        world.apps.get_mut(&id).unwrap().public_key = public;
        world.add_user("frank", "Frank");
        *self.github.world() = world;
        let folder = Folder::new();
        let process = Process::start(&self.github, &folder.0).await;
        {
            let mut world = self.github.world();
            let configuration = kind.configuration();
            if kind.organisation {
                world.create_repository("acme", ".github", &[(CONFIGURATION, configuration.as_str())]).unwrap();
            }
            let mut files = vec![(CHECKLIST, Some(kind.checklist()))];
            if !kind.organisation {
                files.push((CONFIGURATION, Some(configuration.as_str())));
            }
            let tip = world.commit_to(ROCKET, "main", "alice", "Begin", &files).unwrap();
            world.push_commit(ROCKET, "production", &tip, "alice").unwrap();
            world.create_branch(ROCKET, "staging", "main", "alice").unwrap();
            for branch in kind.gated() {
                world.set_protection(ROCKET, branch, &[(GATE, Some(id))]).unwrap();
            }
            if kind.queue {
                let rules = Rules { strategy: Strategy::HeadGreen, squash: true, ..Rules::default() };
                world.set_merge_queue(ROCKET, "production", Some(rules)).unwrap();
            }
            world.set_environment(ROCKET, "production", true).unwrap();
            world.set_role(ROCKET, "frank", Some(Role::Triage)).unwrap();
        }
        self.settle(&process).await;
        {
            let mut world = self.github.world();
            let tip = world.commit_to(ROCKET, "main", "bob", "Work", &[("src/a.py", Some("a\n"))]).unwrap();
            if kind.two {
                // `staging` has what `production` has not.
                world.repo_mut(ROCKET).unwrap().git.branches.insert("staging".to_owned(), tip);
            }
        }
        self.settle(&process).await;
        // Tags are known by a first look; what is there before that is no release.
        holdpoint::sweep::recheck(process.holdpoint.context()).await;
        process.holdpoint.drain().await.unwrap();
        self.settle(&process).await;
        process.stop().await;
        let mut world = self.github.world().clone();
        world.hooks.log.clear();
        world.hooks.url = None;
        Template { world, folder }
    }

    async fn settle(&self, process: &Process) {
        while !self.github.deliver_pending().await.is_empty() {
            process.holdpoint.drain().await.unwrap();
        }
    }
}
