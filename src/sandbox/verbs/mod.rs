//! What people and Apps do: each verb checks, changes the world and queues the deliveries that GitHub would send.
//!
//! The API and the pages call the same verbs as the tests do, so there is one place where a rule stands. No verb knows
//! anything of HTTP.

mod actions;
mod admin;
mod checks;
mod comments;
mod deployments;
mod evidence;
mod git;
mod issues;
mod merge;
mod pulls;
mod queue;
mod versions;

pub use checks::{CheckEdit, NewCheck};
pub use issues::{Fields, IssueEdit, NewIssue, Pick};
pub use merge::Method;
pub use pulls::PullEdit;
