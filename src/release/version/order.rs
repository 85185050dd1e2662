//! What comes before a version, and how large the step from there is. Pure.

use super::{Version, read};

/// The kind of step from one version to the next, as `when=version(…)` names it.
#[must_use]
pub fn step(from: Option<&Version>, to: &Version) -> &'static str {
    if to.is_prerelease() {
        return "prerelease";
    }
    // What went before was a candidate of this very step, or of a larger one: the step is still that one.
    if let Some(from) = from.filter(|v| v.is_prerelease() && v.major() == to.major()) {
        if from.minor() == 0 && from.patch() == 0 {
            return "major";
        }
        if from.patch() == 0 && from.minor() == to.minor() {
            return "minor";
        }
    }
    match from {
        Some(from) if from.major() == to.major() && from.minor() == to.minor() => "patch",
        Some(from) if from.major() == to.major() => "minor",
        Some(_) | None => "major",
    }
}

/// Tags of the same line that are older than `tag`, the newest first: candidates for "the previous release".
#[must_use]
pub fn older<'t>(tag: &str, others: &'t [String], words: &[String]) -> Vec<&'t str> {
    let Some(own) = read(tag, words) else { return Vec::new() };
    let mut found: Vec<(Version, &str)> = others
        .iter()
        .filter(|other| other.as_str() != tag)
        .filter_map(|other| Some((read(other, words)?, other.as_str())))
        .filter(|(reading, _)| reading.component == own.component && reading.version < own.version)
        .map(|(reading, other)| (reading.version, other))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name).collect()
}
