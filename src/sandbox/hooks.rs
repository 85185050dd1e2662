//! Webhooks: what is to be sent, what was sent, and the sending.
//!
//! Like GitHub it signs every delivery, never tries one twice by itself, and keeps a log from which the App can ask for it
//! again. Payloads are built the moment the change happens, so a late delivery tells of the past, as GitHub's do.

use super::json;
use super::world::{Refused, World};
use axum::body::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events that every App gets without subscribing.
const IMPLICIT: &[&str] = &[
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "installation_target",
    "github_app_authorization",
];

/// One delivery, sent or waiting.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The numeric id of this attempt.
    pub id: u64,
    /// `X-GitHub-Delivery`; a redelivery has the same one.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The payload's `action`.
    pub action: Option<String>,
    /// The installation that it is for.
    pub installation: Option<u64>,
    /// The repository that it tells of.
    pub repository: Option<u64>,
    /// The payload.
    pub body: Arc<str>,
    /// When it was made.
    pub at: i64,
    /// Whether the App asked for it again.
    pub redelivery: bool,
    /// What came of it; `None` while it waits.
    pub outcome: Option<Outcome>,
}

/// What came of a delivery.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The HTTP status; 0 where no answer came.
    pub code: u16,
    /// `OK`, or what went wrong.
    pub status: String,
    /// Seconds.
    pub duration: f64,
    /// The answer's body.
    pub response: String,
}

/// All deliveries, and how sending goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    /// Where to send; nothing is sent without.
    pub url: Option<String>,
    /// The App's settings say to send forms instead of JSON. Deliveries are JSON all the same.
    pub form: bool,
    /// The App's settings say not to look at the server's certificate.
    pub insecure_ssl: bool,
    /// Ids of waiting deliveries, oldest first.
    pub pending: VecDeque<u64>,
    /// All deliveries by id.
    pub log: BTreeMap<u64, Delivery>,
    /// So many deliveries fail to connect; the log shows it.
    pub drop_next: u32,
    /// So many deliveries never happen; the log knows nothing of them.
    pub lose_next: u32,
    /// So many deliveries are sent twice.
    pub duplicate_next: u32,
    /// The newest goes first.
    pub reverse: bool,
}

/// A GUID that is unique in a run and the same in every run.
fn guid(id: u64) -> String {
    let hash = super::git::object_id("delivery", &id.to_be_bytes());
    let cut = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    format!("{}-{}-11f0-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 28))
}

impl World {
    /// Queues a delivery about a repository. Nothing happens before the stand-in is live, where the App is not installed or
    /// suspended, or where it did not subscribe.
    pub(super) fn emit(&mut self, repo: u64, event: &str, action: Option<&str>, sender: &str, extra: Value) {
        if !self.live {
            return;
        }
        let Some(repository) = self.repos.get(&repo) else { return };
        let Some(installation) = self.installation_of(repository) else { return };
        if installation.suspended_at.is_some() || !self.subscribed(event) {
            return;
        }
        let id = installation.id;
        let mut payload = json!({
            "repository": json::repository(self, repository),
            "installation": { "id": id, "node_id": json::node("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", id) },
            "sender": json::account(self, sender),
        });
        let org = json::organization(self, &repository.owner);
        if let Some(map) = payload.as_object_mut() {
            if let Some(action) = action {
                map.insert("action".to_owned(), Value::String(action.to_owned()));
            }
            if !org.is_null() {
                map.insert("organization".to_owned(), org);
            }
        }
        self.queue(event, action, Some(id), Some(repo), &json::merged(payload, extra));
    }

    /// Queues a delivery about an installation itself.
    pub(super) fn emit_installation(&mut self, event: &str, action: &str, id: u64, sender: &str, extra: Value) {
        let Some(installation) = self.installations.get(&id).filter(|_| self.live) else { return };
        let payload = json!({
            "action": action,
            "installation": json::installation(self, installation),
            "sender": json::account(self, sender),
        });
        self.queue(event, Some(action), Some(id), None, &json::merged(payload, extra));
    }

    fn subscribed(&self, event: &str) -> bool {
        IMPLICIT.contains(&event) || self.app().is_ok_and(|a| a.events.iter().any(|e| e == event))
    }

    fn queue(&mut self, event: &str, action: Option<&str>, installation: Option<u64>, repo: Option<u64>, body: &Value) {
        let id = self.id();
        let delivery = Delivery {
            id,
            guid: guid(id),
            event: event.to_owned(),
            action: action.map(str::to_owned),
            installation,
            repository: repo,
            body: Arc::from(body.to_string()),
            at: self.now(),
            redelivery: false,
            outcome: None,
        };
        self.hooks.log.insert(id, delivery);
        self.hooks.pending.push_back(id);
    }

    /// Queues a delivery once more under the same GUID, as the App may ask.
    pub fn redeliver(&mut self, id: u64) -> Result<(), Refused> {
        let old = self.hooks.log.get(&id).cloned().ok_or_else(Refused::not_found)?;
        let (new, at) = (self.id(), self.now());
        self.hooks.log.insert(new, Delivery { id: new, at, redelivery: true, outcome: None, ..old });
        self.hooks.pending.push_back(new);
        Ok(())
    }

    /// Takes the next delivery to send, with how often; the faults that were asked for have their say here.
    fn next_delivery(&mut self) -> Option<(Delivery, u32)> {
        loop {
            let id = if self.hooks.reverse { self.hooks.pending.pop_back() } else { self.hooks.pending.pop_front() }?;
            if self.hooks.lose_next > 0 {
                self.hooks.lose_next -= 1;
                self.hooks.log.remove(&id);
                continue;
            }
            let Some(delivery) = self.hooks.log.get_mut(&id) else { continue };
            if self.hooks.drop_next > 0 {
                self.hooks.drop_next -= 1;
                let status = "failed to connect to host".to_owned();
                delivery.outcome = Some(Outcome { code: 502, status, duration: 0.0, response: String::new() });
                continue;
            }
            let times = if self.hooks.duplicate_next > 0 { 2 } else { 1 };
            self.hooks.duplicate_next = self.hooks.duplicate_next.saturating_sub(1);
            return Some((delivery.clone(), times));
        }
    }
}

/// `sha256=` and the HMAC of the body, as `X-Hub-Signature-256` says it.
#[must_use]
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut out = "sha256=".to_owned();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(out, "{byte:02x}");
        }
    }
    out
}

/// The side that posts.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Sender {
    pub(super) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends everything that waits, one after the other, and what these cause meanwhile; gives (event, status) of each.
    pub(super) async fn drain(&self, shared: &super::Shared) -> Vec<(String, u16)> {
        let mut sent = Vec::new();
        loop {
            let (next, url, secret, app) = {
                let mut world = shared.world();
                let Some(url) = world.hooks.url.clone() else { return sent };
                let next = world.next_delivery();
                let secret = world.app().map(|a| a.webhook_secret.clone()).unwrap_or_default();
                (next, url, secret, world.app_id)
            };
            let Some((delivery, times)) = next else { return sent };
            for _ in 0..times {
                let outcome = self.post(&url, &secret, app, &delivery).await;
                sent.push((delivery.event.clone(), outcome.code));
                if let Some(kept) = shared.world().hooks.log.get_mut(&delivery.id) {
                    kept.outcome = Some(outcome);
                }
            }
        }
    }

    async fn post(&self, url: &str, secret: &str, app: u64, delivery: &Delivery) -> Outcome {
        let began = Instant::now();
        let answer = tokio::time::timeout(Duration::from_secs(10), self.exchange(url, secret, app, delivery)).await;
        let duration = began.elapsed().as_secs_f64();
        match answer {
            Ok(Ok((code, response))) => {
                let status = if (200..300).contains(&code) { "OK" } else { "Invalid HTTP Response" };
                Outcome { code, status: format!("{status}{}", suffix(code)), duration, response }
            }
            Ok(Err(_)) => {
                Outcome { code: 502, status: "failed to connect to host".to_owned(), duration, response: String::new() }
            }
            Err(_) => Outcome { code: 504, status: "timed out".to_owned(), duration, response: String::new() },
        }
    }

    async fn exchange(&self, url: &str, secret: &str, app: u64, delivery: &Delivery) -> anyhow::Result<(u16, String)> {
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header("accept", "*/*")
            .header("user-agent", "GitHub-Hookshot/5aacbee")
            .header("x-github-event", &delivery.event)
            .header("x-github-delivery", &delivery.guid)
            .header("x-github-hook-id", app.saturating_mul(10).saturating_add(7))
            .header("x-github-hook-installation-target-type", "integration")
            .header("x-github-hook-installation-target-id", app)
            .header("x-hub-signature-256", signature(secret, delivery.body.as_bytes()))
            .body(Full::new(Bytes::copy_from_slice(delivery.body.as_bytes())))?;
        let answer = self.client.request(request).await?;
        let code = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), 64 * 1024).collect().await;
        let text = body.map(|b| String::from_utf8_lossy(&b.to_bytes()).into_owned()).unwrap_or_default();
        Ok((code, text))
    }
}

fn suffix(code: u16) -> String {
    if (200..300).contains(&code) { String::new() } else { format!(": {code}") }
}
