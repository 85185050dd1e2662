//! Why an item counts as it does: why it was skipped, and why a skip or a line of the ledger does not count.
//!
//! Decides nothing: `release` says which reason it is.

use crate::release::ledger::Rejection;
use crate::release::progress::{SkipReason, SkipRefusal};

const NO_REASON: &str = "struck out without a reason behind it";

/// Why an item was skipped: what somebody typed, or how it came to be.
#[must_use]
pub fn skip_reason(reason: &SkipReason) -> &str {
    match reason {
        SkipReason::Typed(text) => text,
        SkipReason::TakenOut => "taken out of the issue",
    }
}

/// Why a skip does not count.
#[must_use]
pub fn skip_refusal(refusal: SkipRefusal) -> &'static str {
    match refusal {
        SkipRefusal::Forbidden => super::refusal::NO_SKIPPING,
        SkipRefusal::TakenOut => "taken out of the issue, and skipping is not allowed here: put it back",
        SkipRefusal::NoReason => NO_REASON,
    }
}

/// Why a line of the ledger does not count.
#[must_use]
pub fn rejection(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Refused(why) => why.clone(),
        Rejection::UnreadableMark => "what the item became cannot be read".to_owned(),
        Rejection::NoReason => NO_REASON.to_owned(),
    }
}
