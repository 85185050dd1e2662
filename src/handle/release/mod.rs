//! A release happened: which one it is, and what is gathered for it.
//!
//! One release may announce itself many times: as a push, a created tag, a published release, a merge, by the sweep. Its key
//! says that it is one. Candidates of one version go on in one issue where the configuration says so.

mod backported_steps;
mod candidates;
mod contents;
mod manual;
mod missed_by_deployment;
mod naming;
mod opening;
mod previous;
mod pull_request;
mod recovery;
mod steps;
mod tags;
mod triggers;

pub(super) use contents::changed;
pub use manual::ManualRelease;
pub(super) use manual::by_hand;
pub(super) use missed_by_deployment::aboard;
pub(super) use previous::{Last, before_next};
pub(super) use pull_request::{catch_up as catch_up_pulls, closed as pull_closed, opened_or_updated};
pub(super) use recovery::{recover, recover_all};
pub(super) use tags::{Among, catch_up, first_look, hear};
pub(super) use triggers::{deployed, merged, retry_failed, tagged};
