//! What GitHub would send: payloads, built the moment that something changes.

use super::hooks::{Delivery, Outcome};
use super::json;
use super::refused::Refused;
use super::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// Events that every App gets without subscribing.
const IMPLICIT: &[&str] = &[
    "check_run",
    "check_suite",
    "installation",
    "installation_repositories",
    "installation_target",
    "github_app_authorization",
];

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
    pub(super) fn next_delivery(&mut self) -> Option<(Delivery, u32)> {
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
