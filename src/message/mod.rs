//! Every sentence that Holdpoint writes on GitHub: values in, Markdown out, through the templates in `templates/message`.
//!
//! Nothing here decides. Users' texts are shown on one line, without HTML, without mentions that would notify anybody, and
//! cut where they are long; every output stays under GitHub's limits.

pub mod gate;
pub mod progress;
pub mod review;

#[cfg(test)]
mod tests;

use crate::checklist::Problem;

/// The longest summary of a check run, and the longest comment, in characters, with a reserve.
/// Source: <https://docs.github.com/en/rest/checks/runs> (65,535).
pub const LIMIT: usize = 65_000;

/// The longest title of a check run that is shown whole.
pub const TITLE: usize = 250;

/// What may follow an `&` as it is: no sign that GitHub makes something of.
const ESCAPES: [&str; 4] = ["lt;", "gt;", "amp;", "quot;"];

/// A user's text within a line of Markdown: markup stays, but nothing that opens a line, a mention, a reference, a picture, a
/// table cell or HTML.
#[must_use]
pub fn inline(text: &str) -> String {
    let ticks = text.matches('`').count();
    let mut code = false;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        count += 1;
        if count > 400 {
            out.push('…');
            if code {
                out.push('`');
            }
            break;
        }
        match c {
            '`' if ticks.is_multiple_of(2) => {
                code = !code;
                out.push(c);
            }
            '`' => out.push('\''),
            '|' => out.push_str("\\|"),
            '<' if !code => out.push_str("&lt;"),
            // `&commat;` is a sign too. What the release issue's own escapes say may be said.
            '&' if !code && !ESCAPES.iter().any(|e| chars.clone().take(e.len()).eq(e.chars())) => out.push_str("&amp;"),
            '!' if chars.peek() == Some(&'[') && !code => out.push_str("\\!"),
            '@' | '#' if !code => {
                out.push(c);
                out.push('\u{2060}');
            }
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A user's text without any markup, for titles and for the words of a rewording.
#[must_use]
pub fn bare(text: &str) -> String {
    let without: String = text.chars().filter(|c| !matches!(c, '*' | '`' | '~' | '\\')).collect();
    inline(&without)
}

/// The path of a heading as people read it.
#[must_use]
pub fn path(titles: &[String]) -> String {
    let last_two = titles.get(titles.len().saturating_sub(2)..).unwrap_or_default();
    last_two.iter().map(|t| bare(t)).collect::<Vec<_>>().join(" › ")
}

/// Cuts a text at a line so that it stays under GitHub's limit, and says how much is left out.
#[must_use]
pub fn cut(text: String) -> String {
    if text.chars().count() <= LIMIT {
        return text;
    }
    let mut kept = String::new();
    let mut used = 0;
    let mut left = 0;
    for line in text.split_inclusive('\n') {
        let length = line.chars().count();
        if left == 0 && used + length <= LIMIT - 200 {
            kept.push_str(line);
            used += length;
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
