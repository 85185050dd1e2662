//! Webhooks: what is to be sent, what was sent, and the sending.
//!
//! Like GitHub it signs every delivery, never tries one twice by itself, and keeps a log from which the App can ask for it
//! again. Payloads are built the moment the change happens, so a late delivery tells of the past, as GitHub's do.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

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
