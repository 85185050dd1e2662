//! How things are: for the platform (`/healthz`, `/readyz`) and for people (`/`).
//!
//! The pages hold no secret, nothing of a delivery, and no repository's name: anybody may see them.

use super::readiness::{BAD_FOR, Found, GOOD_FOR, Health};
use super::state::{Server, json, problem};
use crate::github;
use crate::store::Counts;
use crate::telemetry::now_ms;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::json;
use std::time::{Duration, Instant};

const CHECK_TIMEOUT: Duration = Duration::from_secs(10);

/// The process runs; nothing else is looked at, so that no other's trouble restarts it.
pub(super) async fn healthz() -> Response {
    json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// Deliveries can be stored and GitHub knows us: 200, else 503.
pub(super) async fn readyz(State(server): State<Server>) -> Response {
    // Held while looking, so that many who ask at once make one look.
    let mut last = server.inner.readiness.last.lock().await;
    let known = last.filter(|(at, found)| at.elapsed() < if found.all_good() { GOOD_FOR } else { BAD_FOR });
    let found = match known {
        Some((_, found)) => found,
        None => look(&server).await,
    };
    if known.is_none() {
        *last = Some((Instant::now(), found));
    }
    let status = if found.all_good() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &json!({ "database": found.database.word(), "credentials": found.credentials.word() }))
}

async fn look(server: &Server) -> Found {
    let database = match tokio::time::timeout(CHECK_TIMEOUT, server.inner.store.probe(now_ms())).await {
        Ok(Ok(())) => Health::Good,
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready: the database takes no write");
            Health::Bad
        }
        Err(_) => {
            tracing::error!("not ready: the database does not answer");
            Health::Bad
        }
    };
    let credentials = match tokio::time::timeout(CHECK_TIMEOUT, server.inner.github.check()).await {
        Ok(Ok(_)) => Health::Good,
        // GitHub knew us well enough to say so.
        Ok(Err(github::Error::RateLimited { .. })) => Health::Good,
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready: GitHub does not say who we are");
            Health::Bad
        }
        Err(_) => {
            tracing::error!("not ready: GitHub does not answer");
            Health::Bad
        }
    };
    Found { database, credentials }
}

#[derive(Template)]
#[template(path = "server/index.html")]
struct Index {
    version: &'static str,
    counts: Counts,
}

/// The status page.
pub(super) async fn index(State(server): State<Server>) -> Response {
    let counts = match server.inner.readiness.counts(&server.inner.store).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::error!(%error, "the queue cannot be counted");
            return problem(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer");
        }
    };
    let page = Index { version: env!("CARGO_PKG_VERSION"), counts };
    let Ok(html) = page.render() else {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be shown");
    };
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), Html(html)).into_response()
}
