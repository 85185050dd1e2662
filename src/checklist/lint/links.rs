//! Links that lead somewhere in the file and nowhere in an issue.
//!
//! Holdpoint makes relative links absolute where the target stands in place; what it leaves alone breaks.

use super::super::Checklist;
use super::context::LintContext;
use super::findings::Findings;
use super::scan::Scan;
use std::collections::BTreeSet;
use std::ops::Range;

pub(super) fn look(source: &str, list: &Checklist, scan: &Scan, around: &LintContext<'_>, findings: &mut Findings) {
    let used: BTreeSet<&str> =
        scan.links.iter().filter(|link| link.by_reference).map(|link| link.target.as_str()).collect();
    for (span, target) in &scan.definitions {
        let made_absolute = {
            let next = list.relative_links.partition_point(|link| link.start < span.start);
            list.relative_links.get(next).is_some_and(|link| link.start < span.end)
        };
        if used.contains(target.as_str()) && is_relative(target) && !made_absolute {
            let hint = "write the link in place, `[text](target)`, or the whole address";
            findings.warn(place(source, span, target), "this relative link leads nowhere in an issue", hint);
        }
    }
    let mut told = BTreeSet::new();
    for link in scan.links.iter().filter(|link| !link.by_reference && is_rooted(&link.target)) {
        if told.insert(link.target.as_str()) {
            let hint = "write the path from this file, without the slash before it";
            let span = place(source, &link.range, &link.target);
            findings.warn(span, "this link begins at the root of GitHub in an issue, not of the repository", hint);
        }
    }
    missing(source, list, around, findings);
}

/// Links to headings of the same file: an issue has no such places.
pub(super) fn anchors(source: &str, scan: &Scan, around: &LintContext<'_>, findings: &mut Findings) {
    let mut own = scan.links.iter().filter(|link| link.target.len() > 1 && link.target.starts_with('#'));
    let Some(first) = own.next() else { return };
    let more = own.count();
    let file = around.path.and_then(|path| path.rsplit('/').next()).unwrap_or("FILE.md");
    let message = match more {
        0 => "in an issue, this link to a heading leads nowhere".to_owned(),
        1 => "in an issue, this link to a heading leads nowhere, and so does 1 more".to_owned(),
        _ => format!("in an issue, this link to a heading leads nowhere, and so do {more} more"),
    };
    let hint = format!("name the file too, `({file}{})`: then Holdpoint makes it a whole address", first.target);
    findings.note(place(source, &first.range, &first.target), message, hint);
}

fn is_relative(target: &str) -> bool {
    let scheme = target.find(':').is_some_and(|colon| !target.get(..colon).unwrap_or_default().contains(['/', '.']));
    !target.is_empty() && !target.starts_with('#') && !target.starts_with("//") && !scheme
}

/// `/docs/list.md`, but not `//host/path`.
fn is_rooted(target: &str) -> bool {
    target.len() > 1 && target.starts_with('/') && !target.starts_with("//")
}

/// Where a target stands within its link, or the link where it is written otherwise.
fn place(source: &str, range: &Range<usize>, target: &str) -> Range<usize> {
    let text = source.get(range.clone()).unwrap_or_default();
    text.rfind(target).map_or(range.clone(), |at| range.start + at..range.start + at + target.len())
}

/// Relative links to files that the repository does not have.
fn missing(source: &str, list: &Checklist, around: &LintContext<'_>, findings: &mut Findings) {
    let (Some(own), Some(paths)) = (around.path, around.paths) else { return };
    let mut told = BTreeSet::new();
    for link in &list.relative_links {
        let Some(target) = source.get(link.clone()) else { continue };
        let path = target.split(['#', '?']).next().unwrap_or_default();
        if path.is_empty() || path.contains(['%', '\\', '{', '<', ' ']) || !told.insert(path) {
            continue; // Encoded or filled in later: what it will be is not known.
        }
        let Some(full) = resolved(own, path) else {
            findings.warn(link.clone(), "this link leads out of the repository", "write the whole address");
            continue;
        };
        let below = format!("{full}/");
        let is_folder = full.is_empty() || {
            let next = paths.partition_point(|p| *p < below.as_str());
            paths.get(next).is_some_and(|p| p.starts_with(&below))
        };
        if !is_folder && paths.binary_search(&full.as_str()).is_err() {
            let message = format!("there is no file `{}`", full.replace('`', "'"));
            findings.warn(link.clone(), message, "write the path as seen from this file");
        }
    }
}

/// A relative path as seen from the root; `None` where it leads out.
fn resolved(own: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = own.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
