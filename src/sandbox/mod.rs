//! A stand-in for GitHub: for `holdpoint demo`, and for every feature test.
//!
//! It is GitHub as documented, as far as this App meets it: a REST API with App and installation authentication, signed
//! webhooks, branch protection that refuses, and plain pages with boxes that can be ticked. It is strict: a call that
//! GitHub would refuse is refused in the same words and remembered as a violation. It knows nothing of checklists, and no
//! other room's code; and it is no GitHub for anything but one process on this machine.
//!
//! [`World`] is the state, its methods are what people and Apps do, [`Sandbox`] serves it.

pub mod actions;
mod api;
mod emission;
mod evidence;
mod exchanges;
mod faults;
pub mod git;
pub mod hooks;
mod json;
mod key;
pub mod markdown;
mod pages;
mod protection;
pub mod queue;
mod refused;
pub mod repo;
mod sender;
mod serve;
mod shared;
mod standard;
#[cfg(test)]
mod tests;
mod verbs;
mod wire;
pub mod world;

pub use exchanges::Exchange;
pub use faults::Fault;
pub use key::AppKey;
pub use refused::Refused;
pub use standard::{CHECKLIST_PATH, REPO};
pub use verbs::{CheckEdit, Fields, IssueEdit, Method, NewCheck, NewIssue, Pick, PullEdit};
pub use world::{Clock, Knobs, Step, World};

use anyhow::{Context as _, Result};
use exchanges::Exchanges;
use faults::Faults;
use repo::{CheckRun, Comment, Issue, Pull};
use shared::Shared;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The world, locked. Letting it go wakes the webhooks, so hold it no longer than a change takes, and never over an await.
pub struct WorldGuard<'a> {
    guard: MutexGuard<'a, World>,
    changed: &'a Notify,
}

impl fmt::Debug for WorldGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorldGuard(..)")
    }
}

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.guard
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.guard
    }
}

impl Drop for WorldGuard<'_> {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// How deliveries leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivering {
    /// Only when [`Sandbox::deliver_pending`] is called: for tests.
    ByHand,
    /// As soon as something happens: for the demo.
    AtOnce,
}

/// How to start.
#[derive(Debug)]
pub struct Options {
    /// Where to listen; a free port of this machine without.
    pub listener: Option<TcpListener>,
    /// The App's key; a fresh one without. Making one takes a moment, so tests may share one.
    pub key: Option<AppKey>,
    /// How deliveries leave.
    pub delivering: Delivering,
}

impl Default for Options {
    fn default() -> Self {
        Self { listener: None, key: None, delivering: Delivering::ByHand }
    }
}

/// A running stand-in. It serves until it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    url: String,
    address: SocketAddr,
    key: AppKey,
    sender: sender::Sender,
    _stop: DropGuard,
}

impl Sandbox {
    /// Serves a world on a free port of this machine, with deliveries sent by hand.
    pub async fn start(world: World) -> Result<Self> {
        Self::start_with(world, Options::default()).await
    }

    /// Serves a world.
    pub async fn start_with(mut world: World, options: Options) -> Result<Self> {
        let listener = match options.listener {
            Some(listener) => listener,
            None => TcpListener::bind("127.0.0.1:0").await.context("cannot listen on this machine")?,
        };
        let address = listener.local_addr().context("the listener has no address")?;
        let key = match options.key {
            Some(key) => key,
            None => AppKey::generate()?,
        };
        let url = format!("http://{address}");
        url.clone_into(&mut world.base);
        world.live = true;
        let id = world.app_id;
        if let Some(app) = world.apps.get_mut(&id) {
            app.public_key = key.public_der().to_vec();
        }
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            exchanges: Mutex::new(Exchanges::default()),
            faults: Mutex::new(Faults::default()),
            changed: Notify::new(),
        });
        let stop = CancellationToken::new();
        let sender = sender::Sender::new();
        serve::spawn(listener, Arc::clone(&shared), stop.clone());
        if options.delivering == Delivering::AtOnce {
            let (shared, sender, stop) = (Arc::clone(&shared), sender.clone(), stop.clone());
            tokio::spawn(async move {
                let deliver = async {
                    loop {
                        sender.drain(&shared).await;
                        shared.changed.notified().await;
                    }
                };
                stop.run_until_cancelled(deliver).await;
            });
        }
        Ok(Self { shared, url, address, key, sender, _stop: stop.drop_guard() })
    }

    /// Scheme, host and port, without a slash at the end: the API's address and the pages'.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The App's private key in PEM.
    #[must_use]
    pub fn private_key_pem(&self) -> &str {
        self.key.private_pem()
    }

    /// The secret of the App's webhook.
    #[must_use]
    pub fn webhook_secret(&self) -> String {
        self.world().app().map(|a| a.webhook_secret.clone()).unwrap_or_default()
    }

    /// The App's id.
    #[must_use]
    pub fn app_id(&self) -> u64 {
        self.world().app_id
    }

    /// The world, locked: to look, and to act with its verbs.
    #[must_use]
    pub fn world(&self) -> WorldGuard<'_> {
        WorldGuard { guard: self.shared.world(), changed: &self.shared.changed }
    }

    /// Where webhooks go.
    pub fn set_hook_url(&self, url: &str) {
        self.world().hooks.url = Some(url.to_owned());
    }

    /// Sends all waiting deliveries and those that they cause, and gives (event, status) of each, in order.
    pub async fn deliver_pending(&self) -> Vec<(String, u16)> {
        self.sender.drain(&self.shared).await
    }

    /// The next so many calls of a method whose path starts so (after `/api/v3`, if any) go wrong.
    pub fn fail_next(&self, method: &str, path_prefix: &str, fault: Fault, times: u32) {
        self.shared.faults().push(method, path_prefix, fault, times);
    }

    /// Faults that were asked for and have not happened.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.faults().left()
    }

    /// Takes back the faults that have not happened.
    pub fn forget_faults(&self) {
        *self.shared.faults() = Faults::default();
    }

    /// What the API saw and answered, oldest first; the oldest are forgotten after 10,000.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges().all()
    }

    /// Forgets what the API saw, its counters too; violations stay.
    pub fn clear_exchanges(&self) {
        self.shared.exchanges().clear();
    }

    /// How often each route was called, as `GET /repos/{owner}/{repo}` and the like.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.exchanges().counts.clone()
    }

    /// Calls that GitHub would not have understood: a test must end with none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.exchanges().violations.clone()
    }

    /// Takes the violations that a test provoked on purpose.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.exchanges().violations)
    }

    /// Appends all exchanges as JSON lines to the file that `HOLDPOINT_EXCHANGES` names; does nothing without it.
    pub fn write_exchanges(&self) -> Result<()> {
        match std::env::var_os("HOLDPOINT_EXCHANGES") {
            Some(path) => self.shared.exchanges().append_to(path.as_ref()),
            None => Ok(()),
        }
    }

    /// A copy of an issue or pull request.
    pub fn issue(&self, repo: &str, number: u64) -> Result<Issue, Refused> {
        self.world().repo(repo)?.issue(number).cloned()
    }

    /// The body of an issue or pull request; empty where there is none.
    #[must_use]
    pub fn body(&self, repo: &str, number: u64) -> String {
        self.issue(repo, number).ok().and_then(|i| i.body).unwrap_or_default()
    }

    /// A copy of what makes a pull request one.
    pub fn pull(&self, repo: &str, number: u64) -> Result<Pull, Refused> {
        self.world().repo(repo)?.pull(number).map(|(_, pull)| pull.clone())
    }

    /// Copies of all issues that are no pull requests, oldest first.
    #[must_use]
    pub fn issues(&self, repo: &str) -> Vec<Issue> {
        let world = self.world();
        let all = world.repo(repo).map(|r| r.issues.values().filter(|i| i.pull.is_none()).cloned().collect());
        all.unwrap_or_default()
    }

    /// Copies of the comments on an issue or pull request, oldest first.
    #[must_use]
    pub fn comments(&self, repo: &str, number: u64) -> Vec<Comment> {
        let world = self.world();
        world.repo(repo).map(|r| r.comments_on(number).into_iter().cloned().collect()).unwrap_or_default()
    }

    /// Copies of the newest check run of each name on a commit (or branch, or tag), oldest first.
    #[must_use]
    pub fn checks(&self, repo: &str, rev: &str) -> Vec<CheckRun> {
        let world = self.world();
        let Ok(repo) = world.repo(repo) else { return Vec::new() };
        let Some(commit) = repo.git.resolve(rev) else { return Vec::new() };
        repo.latest_checks(&commit.sha).into_iter().cloned().collect()
    }

    /// The newest check run of one name that the App under test made on a commit.
    #[must_use]
    pub fn check(&self, repo: &str, rev: &str, name: &str) -> Option<CheckRun> {
        let app = self.app_id();
        self.checks(repo, rev).into_iter().find(|r| r.name == name && r.app_id == app)
    }
}
