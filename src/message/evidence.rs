//! What Holdpoint found about an item that it verifies itself, what is missing, and why it does not take what it found.
//!
//! Decides nothing. The words of [`result`] are kept with the release and in the ledger, and compared with those of the next
//! look: evidence in other words is new evidence, and its time is that of the look.

use crate::ids::Sha;
use crate::release::finding::{Doubt, Evidence, Finding, Gap};
use crate::release::verify::{Lack, Proof, VerifyResult};

/// Nothing was read.
pub const UNREAD: &str = "it was not read";

/// The permissions that reading checks takes, as they stand between backquotes.
pub const CHECK_PERMISSIONS: &str = "checks: read` and `statuses: read";

/// An item names more things than are looked for in one release.
#[must_use]
pub fn too_many_things(most: usize) -> String {
    format!("more than {most} things are to be verified")
}

/// An item names more issues than are looked for.
#[must_use]
pub fn too_many_issues(most: usize) -> String {
    format!("more than {most} issues are named")
}

/// Nobody knows who closed an issue.
#[must_use]
pub fn closer_unknown(number: u64) -> String {
    format!("GitHub does not say who closed #{number}: open it and close it again")
}

/// An issue was closed by somebody whose tick would not count.
#[must_use]
pub fn closer_refused(number: u64, login: &str, why: &str) -> String {
    format!("#{number} was closed by {login}, which does not count: {why}")
}

/// The App lacks a permission.
#[must_use]
pub fn not_permitted(message: &str, permission: &str) -> String {
    format!("GitHub refuses ({message}). Holdpoint needs the permission `{permission}`")
}

/// What was found, as it is kept with the release of this commit.
#[must_use]
pub fn result(finding: Finding, commit: &Sha) -> VerifyResult {
    let commit = commit.short();
    match finding {
        Finding::Yes { evidence: found, url } => VerifyResult::Yes { says: evidence(&found, commit), url },
        Finding::No(gaps) => {
            VerifyResult::No(gaps.iter().map(|missing| gap(missing, commit)).collect::<Vec<_>>().join("; "))
        }
        Finding::Unknown(why) => VerifyResult::Unknown(doubt(why)),
    }
}

fn evidence(found: &Evidence, commit: &str) -> String {
    match found {
        Evidence::ChecksSucceeded(names) => format!("{} succeeded on {commit}", codes(names)),
        Evidence::Tagged(tag) => format!("the tag {} names {commit}", code(tag)),
        Evidence::Published(tag) => format!("the release of {} is published", code(tag)),
        Evidence::Deployed(environment) => format!("{commit} is deployed to {}", code(environment)),
        Evidence::Changed { path, since } => format!("{} changed since {}", code(path), code(since)),
        Evidence::Closed(numbers) => {
            let list: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
            let verb = if list.len() == 1 { "is" } else { "are" };
            format!("{} {verb} closed", list.join(", "))
        }
    }
}

fn gap(missing: &Gap, commit: &str) -> String {
    match missing {
        Gap::NoCheck(name) => format!("there is no check {} on {commit}", code(name)),
        Gap::CheckEnded { name, outcome } => {
            format!("the check {} on {commit} ended with {}", code(name), outcome.replace('_', " "))
        }
        Gap::CheckRuns(name) => format!("the check {} on {commit} has not ended", code(name)),
        Gap::NoTagLike(glob) => format!("no tag like {} names {commit}", code(glob)),
        Gap::OtherCommit(tag) => format!("the tag {} does not name {commit}", code(tag)),
        Gap::NoTag => format!("no tag names {commit}"),
        Gap::NoTagToPublish => format!("no tag names {commit}, so no release of it is published"),
        Gap::NotPublished(tag) => format!("no release of {} is published", code(tag)),
        Gap::NotDeployed(environment) => format!("{commit} was not deployed to {}", code(environment)),
        Gap::DeploymentNotBegun(environment) => {
            format!("the deployment of {commit} to {} has not begun", code(environment))
        }
        Gap::DeploymentAt { environment, state } => {
            format!("the deployment of {commit} to {} is at {}", code(environment), state.replace('_', " "))
        }
        Gap::NothingChanged { globs, since } => {
            format!("no file like {} changed since {}", codes(globs), code(since))
        }
        Gap::IssueOpen(number) => format!("#{number} is open"),
        Gap::IssueClosed { number, how } => format!("#{number} was closed {how}"),
        Gap::NoIssue(number) => format!("there is no #{number} here"),
    }
}

fn doubt(why: Doubt) -> String {
    match why {
        Doubt::Unread(why) => why,
        Doubt::NotLookedFor => "it was not looked for".to_owned(),
        Doubt::NoPrevious => "there is no release before it to compare it with".to_owned(),
        Doubt::Globs { globs, why } => format!("{} cannot be used: {why}", codes(&globs)),
    }
}

/// What keeps an item from being verified.
#[must_use]
pub fn lack(lack: &Lack) -> String {
    match lack {
        Lack::Kept(why) => why.clone(),
        Lack::Unknown { word, why } => format!("{} could not be verified: {why}", code(word)),
        Lack::NotLookedFor { word } => format!("{} was not looked for yet", code(word)),
    }
}

/// All that was found, or all that is missing.
#[must_use]
pub fn proof(proof: &Proof) -> String {
    let said: Vec<String> = match proof {
        Proof::Whole(shown, _) => shown.iter().map(|evidence| evidence.says.clone()).collect(),
        Proof::Lacks(lacks) => lacks.iter().map(lack).collect(),
    };
    said.join("; ")
}

/// A name as code, out of which it cannot get.
fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'"))
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}
