//! Every sentence that Holdpoint writes on GitHub: values in, Markdown out, through the templates in `templates/message`.
//!
//! Nothing here decides. Users' texts are shown on one line, without HTML, without mentions that would notify anybody, and
//! cut where they are long; every output stays under GitHub's limits.

pub mod change_summary;
mod change_table;
pub mod command_problem;
pub mod configuration;
pub mod deployment;
mod escape;
pub mod evidence;
pub mod failure;
mod file_change;
pub mod gate;
pub mod grouping;
pub mod issue_problem;
pub mod item_reason;
pub mod manual_release;
pub mod missing_step;
pub mod no_rules;
pub mod progress;
pub mod refusal;
pub mod release_issue;
pub mod reminder;
pub mod reply;
pub mod review;
pub mod tasks;

#[cfg(test)]
mod tests;

use crate::checklist::Problem;

pub use escape::{bare, inline};

/// The longest summary of a check run, and the longest comment, in bytes and so in characters too, with a reserve.
/// Source: <https://docs.github.com/en/rest/checks/runs> (65,535).
pub const LIMIT: usize = 65_000;

/// The longest title of a check run that is shown whole.
pub const TITLE: usize = 250;

/// The button on checks of ours that do not pass: its label, at most 20 characters, and what it does, at most 40.
pub const RECHECK: (&str, &str) = ("Recheck", "Look at everything again now");

/// The path of a heading as people read it.
#[must_use]
pub fn path(titles: &[String]) -> String {
    let last_two = titles.get(titles.len().saturating_sub(2)..).unwrap_or_default();
    last_two.iter().map(|t| bare(t)).collect::<Vec<_>>().join(" › ")
}

/// Cuts a text at a line so that it stays under GitHub's limit, and says how much is left out.
#[must_use]
pub fn cut(text: String) -> String {
    if text.len() <= LIMIT {
        return text;
    }
    let mut kept = String::new();
    let mut left = 0;
    for line in text.split_inclusive('\n') {
        if left == 0 && kept.len() + line.len() <= LIMIT - 200 {
            kept.push_str(line);
        } else {
            left += 1;
        }
    }
    let open = kept.matches("<details").count().saturating_sub(kept.matches("</details>").count());
    for _ in 0..open {
        kept.push_str("\n</details>\n");
    }
    kept.push_str(&format!("\n… {left} more lines are left out here.\n"));
    kept
}

/// Cuts a title.
#[must_use]
pub fn title(text: &str) -> String {
    if text.chars().count() <= TITLE {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(TITLE - 1).collect();
    cut.push('…');
    cut
}

/// A problem as one line: where, what, how to mend it.
#[must_use]
pub fn problem(path: &str, problem: &Problem) -> String {
    format!("`{path}` line {}: {}; {}", problem.line, inline(&problem.message), inline(&problem.hint))
}

/// `1 item`, `2 items`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Runs a template. Rendering into a string cannot fail, so a failure would be a defect; it shows as one, and never as a pass.
fn render(template: &impl askama::Template) -> String {
    let text = template.render().unwrap_or_else(|error| format!("This text could not be written: {error}."));
    squeeze(&text)
}

/// At most one empty line in a row, none at the ends.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    out.trim_end().to_owned()
}
