//! What the pages and routes share, and how they answer.

use super::readiness::Readiness;
use super::room::Room;
use crate::github;
use crate::settings::Secret;
use crate::store::Store;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt;
use std::sync::Arc;

/// What the pages and routes need.
#[derive(Clone)]
pub struct Server {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) github: Arc<github::App>,
    pub(super) secrets: Vec<Secret>,
    pub(super) readiness: Readiness,
    /// Bytes of the bodies that are being read or stored.
    pub(super) bodies: Room,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, kind, body.to_string()).into_response()
}

/// An error as a client sees it: a sentence, and nothing of what is inside.
pub(super) fn problem(status: StatusCode, sentence: &str) -> Response {
    json(status, &serde_json::json!({ "error": sentence }))
}
