//! HTTP: takes deliveries in and says how things are. It never calls GitHub for a delivery and never works one off: it and
//! the worker meet in the database only.

pub mod connections;
mod room;
mod status;
mod webhook;

#[cfg(test)]
mod tests;

use crate::github;
use crate::settings::Secret;
use crate::store::Store;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::fmt;
use std::sync::Arc;

/// What the pages and routes need.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    github: Arc<github::App>,
    secrets: Vec<Secret>,
    readiness: status::Readiness,
    /// Bytes of the bodies that are being read or stored.
    bodies: room::Room,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// A server that stores into `store` what is signed with one of `secrets` and meant for `github`'s App.
    #[must_use]
    pub fn new(store: Store, github: Arc<github::App>, secrets: Vec<Secret>) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                github,
                secrets,
                readiness: status::Readiness::default(),
                bodies: room::Room::new(webhook::MAX_BYTES_AT_ONCE),
            }),
        }
    }

    /// `POST /webhook`, `GET /`, `/healthz` and `/readyz`; anything else is 404 in JSON.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/webhook", post(webhook::receive))
            .route("/", get(status::index))
            .route("/healthz", get(status::healthz))
            .route("/readyz", get(status::readyz))
            .fallback(async || problem(StatusCode::NOT_FOUND, "there is nothing here"))
            .method_not_allowed_fallback(async || {
                problem(StatusCode::METHOD_NOT_ALLOWED, "this address takes another method")
            })
            .with_state(self.clone())
    }
}

/// A JSON answer.
fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, kind, body.to_string()).into_response()
}

/// An error as a client sees it: a sentence, and nothing of what is inside.
fn problem(status: StatusCode, sentence: &str) -> Response {
    json(status, &serde_json::json!({ "error": sentence }))
}
