//! A release happened: which one it is, and what is gathered for it.
//!
//! One release may announce itself many times: as a push, a created tag, a published release, a merge, by the sweep. Its key
//! says that it is one. Candidates of one version go on in one issue where the configuration says so.

mod aboard;
mod adopt;
mod by_hand;
mod contents;
mod elsewhere;
mod naming;
mod opening;
mod previous;
mod pulls;
mod renew;
mod steps;
mod tags;
mod triggers;

pub(super) use aboard::aboard;
pub(super) use adopt::{adopt, adopt_all};
pub use by_hand::ByHand;
pub(super) use by_hand::by_hand;
pub(super) use contents::changed;
pub(super) use previous::{Last, before_next};
pub(super) use pulls::{catch_up as catch_up_pulls, closed as pull_closed, pulled};
pub(super) use tags::{Among, catch_up, first_look, hear};
pub(super) use triggers::{deployed, merged, tagged, try_again};
