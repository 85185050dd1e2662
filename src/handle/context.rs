//! What handling a batch needs, why it fails, and the deliveries that Holdpoint sends itself.
//!
//! Gathers and decides nothing.

use crate::effect::Effect;
use crate::gate::Reading;
use crate::github::repo::{Objects, Repo};
use crate::ids::{Repository, Sha, Timestamp};
use crate::release::Site;
use crate::release::marker::Keys;
use crate::release::verify::Verified;
use crate::settings::{Secret, Settings};
use crate::store::{NewDelivery, Store};
use crate::{github, store};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Reviews of changes to checklists that are at work at a time.
const MAX_REVIEWS: usize = 8;

/// So many release issues are read again when a repository is looked at.
pub(super) const REREAD: usize = 20;

/// Open pull requests that are looked at again in one job. What people wait for waits for one such job at most.
pub(super) const PULLS_OF_A_JOB: usize = 20;

/// Why a batch was not worked off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Trying again may help.
    Retry {
        /// When, in milliseconds since 1970, where somebody asked us to wait until then: such a try does not count.
        at_ms: Option<i64>,
        /// Why, in a sentence for the log and the dead letter.
        message: String,
    },
    /// It will never work.
    Dead {
        /// Why, in a sentence for the log and the dead letter.
        message: String,
    },
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Retry { at_ms: None, message: error.to_string() }
    }
}

/// What handling needs.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// GitHub.
    pub github: Arc<github::App>,
    /// The operator's settings.
    pub settings: Arc<Settings>,
    /// What git can never change.
    pub objects: Arc<Objects>,
    /// Keys of the markers in release issues.
    pub keys: Keys,
    /// What Holdpoint found about releases in this batch: looked for once. Every batch begins with none.
    pub looked: Arc<Mutex<BTreeMap<(i64, Sha), Verified>>>,
    /// What this batch has read of what a green check rests on. Every batch begins with nothing.
    pub reading: Arc<Mutex<Reading>>,
    /// A call of this batch was refused because the installation is suspended. Every batch begins with no.
    pub suspended: Arc<AtomicBool>,
    /// A call of this batch was led elsewhere: the repository may have another name. Every batch begins with no.
    pub moved: Arc<AtomicBool>,
    /// Releases that this batch opened or looked at, by their rows: their gates are decided before it ends. Every batch begins with none.
    pub opened: Arc<Mutex<BTreeSet<i64>>>,
    /// Reviews of changes to checklists that are at work in this process: each holds megabytes.
    pub reviews: Arc<Semaphore>,
    /// Where effects go instead of GitHub, for a dry run.
    pub dry_run: Option<Arc<Mutex<Vec<Effect>>>>,
}

impl Context {
    /// Puts it together.
    ///
    /// # Errors
    /// Where the webhook secret is missing from the settings.
    pub fn new(store: Store, github: Arc<github::App>, settings: Arc<Settings>) -> anyhow::Result<Self> {
        let secrets = settings.webhook_secrets()?;
        // Lines are signed by what nobody can guess; what webhook secrets signed before is still known as ours.
        let credentials = settings.credentials().ok();
        let private = credentials.iter().flat_map(|c| std::iter::once(&c.private_key).chain(&c.earlier_keys));
        let private: Vec<Vec<u8>> = private.map(Secret::key_bytes).collect();
        let webhook = secrets.iter().map(|secret| secret.expose().as_bytes());
        let keys = Keys::derive(private.iter().map(Vec::as_slice).chain(webhook));
        Ok(Self {
            store,
            github,
            settings,
            objects: Arc::default(),
            keys,
            looked: Arc::default(),
            reading: Arc::default(),
            moved: Arc::default(),
            suspended: Arc::default(),
            opened: Arc::default(),
            reviews: Arc::new(Semaphore::new(MAX_REVIEWS)),
            dry_run: None,
        })
    }

    pub(super) fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, with nothing in it of what a batch found out.
    pub(super) fn anew(&self) -> Self {
        Self {
            looked: Arc::default(),
            reading: Arc::default(),
            moved: Arc::default(),
            suspended: Arc::default(),
            opened: Arc::default(),
            ..self.clone()
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.github.now_ms() / 1_000)
    }

    pub(super) fn repo(&self, repository: &Repository) -> Repo {
        let installation = self.github.installation(repository.installation);
        Repo::new(&installation, Arc::clone(&self.objects), repository.clone())
    }

    pub(super) fn recent(&self, repository: &Repository) -> Repo {
        let installation = self.github.installation(repository.installation);
        Repo::recent(&installation, Arc::clone(&self.objects), repository.clone())
    }

    pub(super) fn site(&self, repository: &Repository) -> Site {
        Site { url: self.settings.github_url.trim_end_matches('/').to_owned(), name: repository.name.clone() }
    }

    /// A failed call as a failed batch. An outage is not the delivery's fault, nor are credentials that are refused, a suspended
    /// installation or a new name: they cost no try. What GitHub refuses for good does.
    pub(super) fn failed(&self, error: &github::Error) -> Failure {
        if error.moved() {
            self.moved.store(true, Ordering::Relaxed);
        }
        if error.suspended() {
            self.suspended.store(true, Ordering::Relaxed);
        }
        let now = self.github.now_ms();
        Failure::Retry { at_ms: error.waits_until(now), message: error.to_string() }
    }
}

/// What one batch does side by side: reviews, or writes.
const MAX_SIDE_BY_SIDE: usize = 8;

/// Completes futures of which none touches what another one writes. One that fails breaks off no other.
pub(super) async fn side_by_side(futures: Vec<BoxFuture<'_, Result<(), Failure>>>) -> Result<(), Failure> {
    let done: Vec<Result<(), Failure>> = stream::iter(futures).buffered(MAX_SIDE_BY_SIDE).collect().await;
    done.into_iter().collect()
}

/// Turns GitHub's errors into failures where a call is awaited.
pub(super) trait OrFail<T> {
    fn or_fail(self, ctx: &Context) -> Result<T, Failure>;
}

impl<T> OrFail<T> for Result<T, github::Error> {
    fn or_fail(self, ctx: &Context) -> Result<T, Failure> {
        self.map_err(|error| ctx.failed(&error))
    }
}

impl Context {
    /// The effects of a dry run so far.
    #[must_use]
    pub fn planned(&self) -> Vec<Effect> {
        self.dry_run.as_ref().map(|d| d.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }
}

/// Puts a delivery of our own into the queue: "look at this repository again".
///
/// # Errors
/// What the database says.
pub async fn ask_to_recheck(ctx: &Context, repository: &Repository, guid: &str) -> Result<(), store::Error> {
    ask_ourselves(ctx, repository, guid, "recheck").await
}

/// As [`ask_to_recheck`], of a repository that is like this now: where nothing in it has to do with a checklist, that is noted.
///
/// # Errors
/// What the database says.
pub async fn ask_to_recheck_from(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
    state: &str,
) -> Result<(), store::Error> {
    let body = Map::from_iter([("repository_state".to_owned(), json!(state))]);
    send(ctx, repository, guid, ("recheck", "recheck"), body).await
}

/// As [`ask_to_recheck`], for what is not an open pull request.
pub(super) async fn ask_to_recheck_rest(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
) -> Result<(), store::Error> {
    send(ctx, repository, guid, ("recheck", "recheck"), Map::from_iter([("reviewed".to_owned(), json!(true))])).await
}

/// As [`ask_to_recheck`], for some open `pulls` or release `issues`.
pub(super) async fn ask_to_recheck_some(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
    kind: &str,
    numbers: &[u64],
) -> Result<(), store::Error> {
    // Each with a key of its own, which makes a batch of its own. One key holds whatever begins alike, so that a look that waits
    // while the next one comes is done once.
    let key = format!("recheck/{kind}/{}", numbers.first().copied().unwrap_or_default());
    let guid = &format!("{guid}-{kind}-{}", numbers.first().copied().unwrap_or_default());
    send(ctx, repository, guid, (kind, &key), Map::from_iter([(kind.to_owned(), json!(numbers))])).await
}

/// Puts a delivery of our own into the queue; jobs of one kind wait for each other.
pub(super) async fn ask_ourselves(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
    kind: &str,
) -> Result<(), store::Error> {
    send(ctx, repository, guid, (kind, kind), Map::new()).await
}

/// Puts a delivery of our own into the queue, with the repository and whatever else is in its body.
async fn send(
    ctx: &Context,
    repository: &Repository,
    guid: &str,
    (kind, key): (&str, &str),
    mut body: Map<String, Value>,
) -> Result<(), store::Error> {
    body.insert("installation".to_owned(), json!({ "id": repository.installation }));
    let home = json!({ "id": repository.id, "full_name": repository.name.to_string() });
    body.insert("repository".to_owned(), home);
    let delivery = NewDelivery {
        guid: guid.to_owned(),
        event: format!("holdpoint.{kind}"),
        action: None,
        installation_id: Some(repository.installation.0),
        repository_id: Some(repository.id.0),
        lane: repository.id.to_string(),
        key: key.to_owned(),
        body: Value::Object(body).to_string().into(),
        received_at: ctx.github.now_ms(),
    };
    ctx.store.enqueue(delivery).await.map(drop)
}
