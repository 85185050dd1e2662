//! What Holdpoint found about an item that it verifies itself, what is missing, and why it does not take what it found.
//!
//! Decides nothing. What is kept with a release keeps the words that it had: a change of a sentence here is a change of the
//! evidence, and gets a new time.

use crate::release::verify::{Lack, Proof};

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
