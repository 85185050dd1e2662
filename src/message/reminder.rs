//! A reminder of what is open: short, and the only text of ours that calls anybody.

use super::gate::open_line;
use super::{count, cut};
use crate::checklist::directive::Phase;
use crate::release::progress::{Entry, Progress};

/// So many items are told one by one.
const MAX_LISTED: usize = 10;

/// Writes the reminder. With `call`, the owners of what is open are mentioned once, at its end.
#[must_use]
pub fn reminder(progress: &Progress, call: bool) -> String {
    let before: Vec<&Entry> = progress.missing(Phase::Before).collect();
    let (open, when) =
        if before.is_empty() { (progress.missing(Phase::After).collect(), "after") } else { (before, "before") };
    let mut out = format!("Still open {when} the release: {}.\n\n", count(open.len(), "item"));
    for entry in open.iter().take(MAX_LISTED) {
        out.push_str(&format!("- {}\n", open_line(entry)));
    }
    if open.len() > MAX_LISTED {
        out.push_str(&format!("- and {} more\n", open.len() - MAX_LISTED));
    }
    let mut owners: Vec<&str> = open.iter().flat_map(|entry| &entry.owners).map(String::as_str).collect();
    owners.sort_unstable();
    owners.dedup();
    if call && !owners.is_empty() {
        out.push_str(&format!("\n{}\n", owners.join(" ")));
    }
    cut(out.trim_end().to_owned())
}
