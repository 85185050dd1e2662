//! What checks say where Holdpoint could not finish its work.

use crate::ids::{IssueNumber, RepoName, RepositoryId};

/// The title of a check whose work was given up.
pub const UNFINISHED: &str = "Holdpoint could not finish its work";

/// Each reading of the issues showed something else.
pub const RESTLESS: &str = "what the checks rest on changed with each reading, so they could not be decided";

/// A release was opened while a deployment was judged that brings it.
pub const NEW_RELEASE: &str = "a release that this deployment brings came up while it was judged";

/// An issue may have been opened by a call whose answer was lost.
pub const MAYBE_POSTED: &str = "waiting whether a post was executed whose answer was lost";

/// The comparison of a change did not end by itself.
pub const REVIEW_PANICKED: &str = "the review panicked";

/// The comparison of a change was stopped.
pub const REVIEW_CANCELLED: &str = "the review was cancelled";

/// Why nothing is decided after a delivery that was given up.
#[must_use]
pub fn gave_up(guid: &str, message: &str) -> String {
    format!("Delivery `{guid}` could not be worked off: {message}. Press \"Re-run\" to try again.")
}

/// An issue does not show what was written into it.
#[must_use]
pub fn not_added(issue: IssueNumber) -> String {
    format!("issue #{issue} did not take what was added to it")
}

/// A repository cannot be reached any more.
#[must_use]
pub fn not_installed(id: RepositoryId, name: &RepoName) -> String {
    format!("the App is not installed any more on repository {id}, which was {name}")
}
