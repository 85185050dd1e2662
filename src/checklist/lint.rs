//! What a careful colleague would say about a checklist file that parses.
//!
//! Near misses, boxes that GitHub will not show or will tick by mistake, placeholders that stay as they are, links that break
//! in an issue.
//! Only speaks; the checklist stays what [`super::parse`] read. Takes time linear in the text.

mod choices;
mod context;
mod findings;
mod items;
mod links;
mod near_misses;
mod placeholders;
mod scan;
mod version_literals;

#[cfg(test)]
mod tests;

pub use context::LintContext;

use super::{Checklist, Problem};
use findings::Findings;
use scan::Scan;

/// The longest text that fits into one issue for certain, in characters, with a reserve for what Holdpoint adds.
pub const BODY_LIMIT: usize = 60_000;

/// What becomes of a text that is too long for one issue, where it can be cut.
pub const IN_PARTS: &str = "the release is opened in several linked issues; shorten the text to have one";

/// Problems beyond those that parsing found, in order of the lines, for a text of which nothing else is known.
#[must_use]
pub fn lint(source: &str, list: &Checklist) -> Vec<Problem> {
    lint_within(source, list, &LintContext::default())
}

/// Problems beyond those that parsing found, in order of the lines.
#[must_use]
pub fn lint_within(source: &str, list: &Checklist, around: &LintContext<'_>) -> Vec<Problem> {
    let scan = Scan::of(source, list.body_start);
    let mut findings = Findings::default();
    let misses = near_misses::look(source, list, &scan, &mut findings);
    items::look(source, list, &scan, misses, around, &mut findings);
    placeholders::look(source, list, &scan, &mut findings);
    links::look(source, list, &scan, around, &mut findings);
    if !list.items.is_empty() || misses > 0 {
        // What is no checklist yet needs no suggestions how to make a better one of it.
        version_literals::look(source, list, &scan, around, &mut findings);
        links::anchors(source, &scan, around, &mut findings);
    }
    let chars = source.chars().count();
    if chars > BODY_LIMIT {
        let message =
            format!("{} characters: with what Holdpoint adds, that is too long for one issue", grouped(chars));
        findings.note(0..0, message, IN_PARTS);
    }
    findings.problems(source)
}

/// A number with commas between its thousands, as `65,000`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits.char_indices().flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit])).collect()
}
