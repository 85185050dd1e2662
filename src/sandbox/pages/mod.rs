//! The pages: what a visitor of the demo sees instead of GitHub's.

use super::Shared;
use axum::Router;
use std::sync::Arc;

/// All pages.
pub(super) fn router(_shared: Arc<Shared>) -> Router {
    Router::new()
}
