//! The side that posts deliveries.

use super::hooks::{Delivery, Outcome, signature};
use super::shared::Shared;
use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::{Duration, Instant};

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
    pub(super) async fn drain(&self, shared: &Shared) -> Vec<(String, u16)> {
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
