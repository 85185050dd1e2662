//! Why Holdpoint could not verify something, or does not take what it found.

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
