//! Boxes behind words of the same line, `Kind: [ ] patch [ ] minor`: GitHub shows brackets there.
//!
//! A single pair of brackets in a sentence is none of them.

use super::findings::Findings;
use super::scan::Scan;
use std::ops::Range;

const BOXES: [&str; 3] = ["[ ]", "[x]", "[X]"];

/// Notes the choices of a line that begins at `start`, once.
pub(super) fn look(line: &str, start: usize, scan: &Scan, findings: &mut Findings) {
    let found: Vec<Range<usize>> = behind_words(line).filter(|at| scan.at(start + at.start).is_none()).collect();
    let Some(first) = found.first() else { return };
    let before = line.get(..first.start).unwrap_or_default().trim_end_matches([' ', '\t', '*', '_']);
    if found.len() < 2 && !before.ends_with(':') {
        return;
    }
    let these = match found.len() {
        1 => "this box comes after words, so GitHub shows brackets that cannot be ticked".to_owned(),
        count => format!("{count} boxes come after words, so GitHub shows brackets that cannot be ticked"),
    };
    findings.note(
        start + first.start..start + first.end,
        these,
        "write each on a line of its own, `- [ ] text`; `<!-- hp: one-of=NAME -->` makes a choice of them",
    );
}

/// The boxes of a line before which something other than a list's marker stands, and behind which a word does.
fn behind_words(line: &str) -> impl Iterator<Item = Range<usize>> {
    let is_marker = |c: char| c.is_whitespace() || c.is_ascii_digit() || matches!(c, '>' | '-' | '*' | '+' | '.' | ')');
    let words = line.find(|c| !is_marker(c)).unwrap_or(line.len());
    line.match_indices('[').filter(move |(at, _)| *at > words).filter_map(|(at, _)| {
        let (before, rest) = line.split_at_checked(at)?;
        let behind = BOXES.iter().find_map(|one| rest.strip_prefix(one))?;
        let word = behind.trim_start_matches([' ', '\t', '*', '_', '`']);
        let apart = before.ends_with([' ', '\t', ':', '/', '|', ',', '*']) && behind.starts_with([' ', '\t']);
        (apart && word.starts_with(char::is_alphanumeric)).then_some(at..at + 3)
    })
}
