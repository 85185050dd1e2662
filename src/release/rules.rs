//! What of a checklist's configuration decides how far a release is, and a digest of it.
//!
//! Whoever keeps an answer for later keeps the digest with it: under other rules, or another version of what reads texts and
//! ledgers, the digest is another one.

use crate::checklist::globs::Globs;
use crate::config::{ChecklistConfig, Skip};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Raise it with every change after which a text, a ledger or evidence may be read in another way.
const LOGIC: u32 = 1;

/// All that [`super::progress::progress`] takes from the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rules {
    /// Every item is done anew for each candidate.
    pub(super) again: bool,
    /// Headings whose items belong to the phase "after".
    pub(super) after: Globs,
    /// Whether items may be skipped.
    pub(super) skip: Skip,
}

impl Rules {
    pub(super) fn of(config: &ChecklistConfig) -> Self {
        Self { again: config.open.again(), after: config.after.clone(), skip: config.skip }
    }
}

/// What every digest of this version begins with.
#[must_use]
pub fn version() -> String {
    format!("{}/{LOGIC}/", env!("CARGO_PKG_VERSION"))
}

/// A digest of the rules, behind the version of what reads by them.
#[must_use]
pub fn digest(config: &ChecklistConfig) -> String {
    let Rules { again, after, skip } = Rules::of(config);
    let said = serde_json::json!([again, after.patterns(), format!("{skip:?}")]);
    Sha256::digest(said.to_string().as_bytes()).iter().take(16).fold(version(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
