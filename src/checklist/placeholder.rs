//! The names that stand between double braces.
//!
//! Knows no values: those come with a release.

/// Every name that is known, in the order of the documentation.
pub const NAMES: [&str; 9] =
    ["version", "tag", "previous", "sha", "date", "compare_url", "repository", "actor", "pull_requests"];

/// The known name that is meant, other tools' spellings of the version included.
#[must_use]
pub fn canonical_name(name: &str) -> Option<&'static str> {
    match name {
        "VERSION" | "env.VERSION" | "env.RELEASE_VERSION" => Some("version"),
        other => NAMES.into_iter().find(|known| *known == other),
    }
}
