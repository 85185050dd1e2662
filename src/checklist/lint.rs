//! What a careful colleague would say about a checklist file that parses: near misses, boxes that GitHub will not show,
//! boxes that it will tick by mistake.
//!
//! Only speaks; the checklist stays what [`super::parse`] read.

use super::lines::Lines;
use super::{Checklist, Problem, Severity};
use std::collections::BTreeMap;
use std::ops::Range;

/// The longest body that an issue can have, in characters, with a reserve for what Holdpoint adds.
/// Source: issue bodies of more than 65,536 characters are refused.
pub const BODY_LIMIT: usize = 60_000;

/// Problems beyond those that parsing found, in order of the lines.
#[must_use]
pub fn lint(source: &str, list: &Checklist) -> Vec<Problem> {
    let lines = Lines::of(source);
    let mut problems = Vec::new();
    near_misses(source, list, &lines, &mut problems);
    for item in &list.items {
        let span = item.box_at - 1..item.box_at + 2;
        if item.checked {
            problems.push(lines.problem(
                source,
                Severity::Warning,
                &span,
                "this box is ticked in the file".to_owned(),
                "write `[ ]`: every release starts with open boxes".to_owned(),
            ));
        }
        if item.text.is_empty() {
            problems.push(lines.problem(
                source,
                Severity::Warning,
                &span,
                "an item without a text".to_owned(),
                "say what is to be done".to_owned(),
            ));
        }
        if item.text.contains("[x]") || item.text.contains("[X]") {
            problems.push(lines.problem(
                source,
                Severity::Warning,
                &span,
                "`[x]` inside an item's text: some of GitHub's views take it for the tick".to_owned(),
                "write `\\[x\\]`".to_owned(),
            ));
        }
    }
    duplicates(source, list, &lines, &mut problems);
    if list.items.is_empty() {
        problems.push(Problem {
            severity: Severity::Error,
            line: lines.line(list.body_start),
            column: 1,
            width: 1,
            message: "this file has no items".to_owned(),
            hint: "write each step as `- [ ] what to do`; plain bullets are never counted".to_owned(),
        });
    }
    let chars = source.chars().count();
    if chars > BODY_LIMIT {
        problems.push(Problem {
            severity: Severity::Warning,
            line: 1,
            column: 1,
            width: 1,
            message: format!("{chars} characters: an issue holds 65,536"),
            hint: "split the checklist into several files".to_owned(),
        });
    }
    problems.sort_by_key(|p| (p.line, p.column));
    problems
}

fn duplicates(source: &str, list: &Checklist, lines: &Lines, problems: &mut Vec<Problem>) {
    let mut seen = BTreeMap::new();
    for item in &list.items {
        if item.plain.is_empty() || item.directives.id.is_some() {
            continue;
        }
        let key = (item.section, item.parent, item.groups.as_slice(), item.plain.as_str());
        if let Some(first) = seen.get(&key) {
            problems.push(lines.problem(
                source,
                Severity::Warning,
                &(item.box_at - 1..item.box_at + 2),
                format!("the same item stands in line {first}"),
                "give each an id (`<!-- hp: id=… -->`) or say how they differ".to_owned(),
            ));
        } else {
            seen.insert(key, item.line);
        }
    }
}

/// What a line that looks like a box lacks.
struct Miss {
    /// Byte range within the line.
    span: Range<usize>,
    message: &'static str,
    hint: &'static str,
}

fn near_misses(source: &str, list: &Checklist, lines: &Lines, problems: &mut Vec<Problem>) {
    let boxed: Vec<usize> = list.items.iter().map(|i| i.line).collect();
    let mut at = 0;
    for (n, line) in source.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        if start < list.body_start || boxed.binary_search(&(n + 1)).is_ok() {
            continue;
        }
        let text = line.trim_end();
        let indent = text.len() - text.trim_start_matches([' ', '\t', '>']).len();
        let first = start + indent;
        let inside = list.verbatim.iter().find(|r| r.contains(&first));
        let found = match inside {
            Some(range) => boxes_in_html(source, range, text, indent),
            None => near_miss(text.get(indent..).unwrap_or_default(), indent),
        };
        if let Some(miss) = found {
            problems.push(lines.problem(
                source,
                Severity::Warning,
                &(start + miss.span.start..start + miss.span.end),
                miss.message.to_owned(),
                miss.hint.to_owned(),
            ));
        }
    }
}

/// A whole, correct box inside an HTML block or comment: GitHub shows none, and a comment with one confuses its ticking.
fn boxes_in_html(source: &str, range: &Range<usize>, text: &str, indent: usize) -> Option<Miss> {
    let html = source.get(range.clone()).unwrap_or_default().trim_start();
    if !html.starts_with('<') {
        return None; // Code: an example, not a box.
    }
    let line = text.get(indent..).unwrap_or_default();
    let after = line.strip_prefix(['-', '*', '+'])?.trim_start_matches([' ', '\t']);
    let is_box = ["[ ] ", "[x] ", "[X] "].iter().any(|b| after.starts_with(b));
    if !is_box {
        return None;
    }
    let open = text.len() - after.len();
    let (message, hint) = if html.starts_with("<!--") {
        (
            "a box inside a comment: it is not shown, and GitHub may tick it instead of another",
            "take the box out of the comment, or write it without brackets",
        )
    } else {
        ("a box inside an HTML block: GitHub shows plain text", "leave a blank line between the HTML tag and the list")
    };
    Some(Miss { span: open..open + 3, message, hint })
}

fn near_miss(line: &str, indent: usize) -> Option<Miss> {
    let marker = line.chars().next()?;
    let after_marker = if matches!(marker, '-' | '*' | '+') {
        line.get(1..)?
    } else {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 || digits > 9 {
            return None;
        }
        line.get(digits..)?.strip_prefix(['.', ')'])?
    };
    let rest = after_marker.trim_start_matches([' ', '\t']);
    let open = indent + line.len() - rest.len();
    let inner = rest.strip_prefix('[')?;
    let close = inner.find(']')?;
    let inside = inner.get(..close)?;
    let behind = inner.get(close + 1..)?;
    let span = open..open + close + 2;
    // A link or a reference is no box.
    if behind.starts_with(['(', ':', '[']) {
        return None;
    }
    let trimmed = inside.trim();
    let empty_or_x = trimmed.is_empty() || trimmed.eq_ignore_ascii_case("x");
    let tick_like = matches!(trimmed, "✓" | "✔" | "-" | "*" | "v" | "V" | "✗");
    if !empty_or_x && !tick_like {
        return None;
    }
    let miss = |message, hint| Some(Miss { span: span.clone(), message, hint });
    if rest.len() == after_marker.len() {
        return miss(
            "this looks like a box, but GitHub shows plain text: a space is missing before the bracket",
            "write `- [ ] text`",
        );
    }
    if inside.is_empty() {
        return miss(
            "this looks like a box, but GitHub shows plain text: a space is missing between the brackets",
            "write `[ ]`",
        );
    }
    if tick_like {
        return miss("this looks like a box, but GitHub only knows `[ ]` and `[x]`", "write `[ ]`");
    }
    if !matches!(inside, " " | "x" | "X") {
        return miss(
            "this looks like a box, but one plain space or one `x` belongs between the brackets",
            "write `[ ]`",
        );
    }
    if behind.is_empty() {
        return miss("a box without a text on its line: GitHub shows plain text", "write the text behind the box");
    }
    if !behind.starts_with([' ', '\t']) {
        return miss(
            "this looks like a box, but GitHub shows plain text: a space is missing behind the bracket",
            "write `[ ] text`",
        );
    }
    miss(
        "this box is part of the paragraph above, so GitHub shows plain text",
        "leave a blank line above the list, or check the indentation",
    )
}
