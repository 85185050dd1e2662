//! From a batch of deliveries to what is done about it.

use crate::github;
use crate::settings::Settings;
use crate::store::{Batch, Store};
use std::sync::Arc;

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

/// What handling needs.
#[derive(Clone, Debug)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// GitHub.
    pub github: Arc<github::App>,
    /// The operator's settings.
    pub settings: Arc<Settings>,
}

/// Works a batch off.
///
/// # Errors
/// [`Failure`], which says whether to try again.
pub async fn handle(_ctx: &Context, batch: &Batch) -> Result<(), Failure> {
    for job in &batch.jobs {
        if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&job.body) {
            return Err(Failure::Dead { message: format!("the body is not JSON: {error}") });
        }
    }
    Ok(())
}

/// Told of a batch that was given up, so that whoever waits for it can be told; best effort.
pub async fn buried(_ctx: &Context, _batch: &Batch, _message: &str) {}
