//! Order and kind of the versions in tag names.
//!
//! Reads semantic versions leniently (`v1.2`, `api/v1.2.3`, `2026.11.23`, `2026.11.23.1`); a tag without any number has no
//! version.

use semver::{BuildMetadata, Prerelease, Version};

/// The version in a tag's name: what follows the last slash, without a leading `v`, filled up to three numbers. Further
/// numbers stand as build metadata, which are compared after the three.
#[must_use]
pub fn of_tag(tag: &str) -> Option<Version> {
    let name = tag.rsplit('/').next().unwrap_or(tag);
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let text = name.get(start..)?;
    let (numbers, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let mut parts = numbers.trim_end_matches('.').split('.');
    let mut next = || parts.next().map_or(Some(0), |n| n.parse::<u64>().ok());
    let (major, minor, patch) = (next()?, next()?, next()?);
    let mut version = Version::new(major, minor, patch);
    let further = parts.filter(|n| !n.is_empty()).collect::<Vec<_>>().join(".");
    if further.chars().any(|digit| matches!(digit, '1'..='9')) {
        version.build = BuildMetadata::new(&further).ok()?;
    }
    let rest = rest.split('+').next().unwrap_or_default().trim_start_matches(['-', '.', '_']);
    if !rest.is_empty() {
        let cleaned: String =
            rest.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
        version.pre = Prerelease::new(&numbered(&cleaned)).ok()?;
    }
    Some(version)
}

/// `rc10` must come after `rc2`: a word that ends in digits becomes two identifiers.
fn numbered(text: &str) -> String {
    let word = |part: &str| -> String {
        let digits = part.len() - part.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (name, number) = part.split_at(part.len() - digits);
        let number = number.trim_start_matches('0');
        let number = if digits > 0 && number.is_empty() { "0" } else { number };
        match (name.is_empty(), digits) {
            (_, 0) => name.to_owned(),
            (true, _) => number.to_owned(),
            (false, _) => format!("{name}.{number}"),
        }
    };
    text.split('.').filter(|p| !p.is_empty()).map(word).collect::<Vec<_>>().join(".")
}

/// What stands before the version in a tag's name: `api/v` and `web/v` are two lines of releases.
#[must_use]
pub fn prefix(tag: &str) -> &str {
    let start = tag.rfind('/').map_or(0, |at| at + 1);
    let name = tag.get(start..).unwrap_or_default();
    let digits = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    tag.get(..start + digits).unwrap_or_default()
}

/// Whether a tag names a candidate of a version, as `v1.4.0-rc1`.
#[must_use]
pub fn is_prerelease(tag: &str) -> bool {
    of_tag(tag).is_some_and(|v| !v.pre.is_empty())
}

/// What the candidates of a version have in common with it: what stands before the version, and its numbers. `None` where the tag
/// has no version.
#[must_use]
pub fn line(tag: &str) -> Option<(&str, Version)> {
    of_tag(tag).map(|version| (prefix(tag), Version { pre: Prerelease::EMPTY, ..version }))
}

/// The kind of step from one version to the next, as `when=version(…)` names it.
#[must_use]
pub fn step(from: Option<&Version>, to: &Version) -> &'static str {
    if !to.pre.is_empty() {
        return "prerelease";
    }
    // What went before was a candidate of this very step, or of a larger one: the step is still that one.
    if let Some(from) = from.filter(|v| !v.pre.is_empty() && v.major == to.major) {
        if from.minor == 0 && from.patch == 0 {
            return "major";
        }
        if from.patch == 0 && from.minor == to.minor {
            return "minor";
        }
    }
    match from {
        Some(from) if from.major == to.major && from.minor == to.minor => "patch",
        Some(from) if from.major == to.major => "minor",
        Some(_) | None => "major",
    }
}

/// Tags of the same line that are older than `tag`, the newest first: candidates for "the previous release".
#[must_use]
pub fn older<'t>(tag: &str, others: &'t [String]) -> Vec<&'t str> {
    let Some(own) = of_tag(tag) else { return Vec::new() };
    let mut found: Vec<(Version, &str)> = others
        .iter()
        .filter(|other| other.as_str() != tag && prefix(other) == prefix(tag))
        .filter_map(|other| of_tag(other).map(|version| (version, other.as_str())))
        .filter(|(version, _)| *version < own)
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| name).collect()
}
