//! HTTP: takes deliveries in and says how things are. It never calls GitHub for a delivery and never works one off: it and
//! the worker meet in the database only.

pub mod connections;
mod readiness;
mod room;
mod state;
mod status;
mod webhook;

#[cfg(test)]
mod tests;

pub use state::Server;

use crate::github;
use crate::settings::Secret;
use crate::store::Store;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use state::{Inner, problem};
use std::sync::Arc;

impl Server {
    /// A server that stores into `store` what is signed with one of `secrets` and meant for `github`'s App.
    #[must_use]
    pub fn new(store: Store, github: Arc<github::App>, secrets: Vec<Secret>) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                github,
                secrets,
                readiness: readiness::Readiness::default(),
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
