//! Which globs match the tags of a repository: `v*`, or one for each component of a monorepo.
//!
//! How a tag is parsed is decided in `release::version`.

use crate::config::ChecklistConfig;
use crate::release::version;
use std::collections::{BTreeMap, BTreeSet};

/// More globs than these are written with a `*` in place of the component.
const MOST_COMPONENTS: usize = 8;

/// So many globs are proposed.
const MOST_GLOBS: usize = 20;

/// What the tags of a repository look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    /// How many are versions.
    pub(super) versions: usize,
    /// Whose versions they are; a version without a component is none of these.
    pub(super) components: BTreeSet<String>,
    /// Globs that match them; none where the usual ones do.
    pub(super) globs: Vec<String>,
}

/// Tags that begin with the same letters.
#[derive(Default)]
struct Line<'t> {
    component: &'t str,
    tags: usize,
    /// Each has two dots.
    dotted: bool,
    /// The usual globs match each.
    usual: bool,
}

/// Looks at the names of all tags.
pub(super) fn read(tags: &[String]) -> Tags {
    let usual = ChecklistConfig::default();
    let mut lines: BTreeMap<&str, Line<'_>> = BTreeMap::new();
    for tag in tags {
        let Some(reading) = version::read(tag, &[]).filter(|reading| is_version(reading)) else { continue };
        let new = Line { component: reading.component, tags: 0, dotted: true, usual: true };
        let line = lines.entry(reading.prefix).or_insert(new);
        line.tags += 1;
        line.dotted &= reading.written.matches('.').count() > 1;
        line.usual &= usual.matches_tag(tag);
    }
    // A single tag beside lines of releases marks something else.
    if lines.values().any(|line| line.tags > 1) {
        lines.retain(|_, line| line.tags > 1);
    }
    let components: BTreeSet<String> =
        lines.values().map(|line| line.component.to_owned()).filter(|component| !component.is_empty()).collect();
    let versions = lines.values().map(|line| line.tags).sum();
    let globs = if components.is_empty() && lines.values().all(|line| line.usual) { Vec::new() } else { globs(&lines) };
    Tags { versions, components, globs }
}

/// Whether a tag is a version, and begins with letters that mean nothing in a glob.
fn is_version(reading: &version::Reading<'_>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '@' | '+');
    let sure = reading.written.contains('.') || reading.prefix.ends_with(['v', 'V']) || reading.prefix.is_empty();
    sure && reading.prefix.chars().all(plain)
}

fn globs(lines: &BTreeMap<&str, Line<'_>>) -> Vec<String> {
    let each = |prefix: &str, line: &Line<'_>| match prefix {
        "" if line.dotted => "*.*.*".to_owned(),
        _ if prefix.ends_with(['v', 'V']) => format!("{prefix}*"),
        _ => format!("{prefix}[0-9]*"),
    };
    let exact: BTreeSet<String> = lines.iter().map(|(prefix, line)| each(prefix, line)).collect();
    let globs = if exact.len() > MOST_COMPONENTS {
        let general = |prefix: &str, line: &Line<'_>| {
            let folder = line.component.rfind('/').map_or(0, |at| at + 1);
            let behind = prefix.get(line.component.len()..).unwrap_or_default();
            let name = if line.component.is_empty() { "" } else { "*" };
            each(&format!("{}{name}{behind}", prefix.get(..folder).unwrap_or_default()), line)
        };
        lines.iter().map(|(prefix, line)| general(prefix, line)).collect()
    } else {
        exact
    };
    globs.into_iter().take(MOST_GLOBS).collect()
}
