//! Writes the Markdown of a form, line by line, each with its place in the file.
//!
//! Knows lines and columns; decides nothing about elements.

use super::super::line_index::Lines;
use super::super::{Problem, Severity};
use super::markdown::{Form, Place};
use serde_saphyr::Spanned;

/// The keys that are a Markdown template's front matter too.
const FRONT: [&str; 5] = ["name", "title", "labels", "assignees", "type"];

/// What a form may become beyond twice its length: no more comes from anything but aliases.
const SLACK: usize = 16 << 10;

/// So many lines ahead the line is looked for from which a folded text comes.
const AHEAD: usize = 64;

/// The same of a quoted text, and the longest of these lines in which it is looked for, in bytes.
const AHEAD_QUOTED: usize = 8;
const LONGEST_QUOTED: usize = 512;

/// Where a value begins in the file.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    line: usize,
    column: usize,
    quoted: bool,
}

pub(super) struct Writer<'t> {
    source: &'t str,
    lines: Lines,
    rows: Vec<&'t str>,
    /// The column behind each row's last character.
    ends: Vec<usize>,
    form: Form,
    /// What did not fit any more was left out.
    full: bool,
}

impl<'t> Writer<'t> {
    pub(super) fn of(source: &'t str) -> Self {
        let rows: Vec<&str> = source.split('\n').map(|row| row.strip_suffix('\r').unwrap_or(row)).collect();
        let ends = rows.iter().map(|row| row.trim_end().chars().count() + 1).collect();
        Self { source, lines: Lines::of(source), rows, ends, form: Form::default(), full: false }
    }

    pub(super) fn form(mut self) -> Form {
        if self.full {
            let message = "aliases make this form too long to be read".to_owned();
            let at = Mark { line: 1, column: 1, quoted: false };
            self.problem(Severity::Error, at, message, "write what is meant without `*`");
        }
        self.form
    }

    /// Where a value stands; of an alias, where its anchor does.
    pub(super) fn mark<T>(&self, value: &Spanned<T>) -> Mark {
        let byte = value.defined.span().byte_offset().and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
        let quoted = self.source.get(byte..).is_some_and(|rest| rest.starts_with(['"', '\'']));
        let column = self.lines.column(self.source, byte) + usize::from(quoted);
        Mark { line: self.lines.line(byte), column, quoted }
    }

    pub(super) fn problem(&mut self, severity: Severity, at: Mark, message: String, hint: &str) {
        let width = self.end(at.line).saturating_sub(at.column).max(1);
        let (line, column, hint) = (at.line, at.column, hint.to_owned());
        self.form.problems.push(Problem { severity, line, column, width, message, hint });
    }

    fn row(&self, line: usize) -> &'t str {
        self.rows.get(line.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The column behind a line's last character.
    fn end(&self, line: usize) -> usize {
        self.ends.get(line.saturating_sub(1)).copied().unwrap_or(1)
    }

    /// The lines of the keys that a Markdown template has as well, as they are.
    pub(super) fn front_matter(&mut self) {
        let is_key = |row: &str| row.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\''));
        let kept = |row: &str| {
            let key = row.split_once(':').map(|(key, _)| key.trim_end().trim_matches(['"', '\'']));
            key.is_some_and(|key| FRONT.contains(&key))
        };
        let mut inside = false;
        self.fence(1);
        for (at, row) in self.rows.clone().into_iter().enumerate() {
            if is_key(row) {
                inside = kept(row);
            }
            // What is no key goes with the one above, but for comments and the marks of a document.
            let other = row.trim().is_empty() || row.starts_with(['#', '.', '}']) || row.starts_with("---");
            if inside && !other {
                self.push(row, Place { line: at + 1, column: 1, end: self.end(at + 1), from: 1 });
            }
        }
        self.fence(1);
        self.blank();
    }

    fn fence(&mut self, line: usize) {
        self.push("---", Place { line, column: 1, end: 2, from: usize::MAX });
    }

    fn push(&mut self, row: &str, place: Place) {
        self.full |= self.form.markdown.len() + row.len() > 2 * self.source.len() + SLACK;
        if self.full {
            return;
        }
        self.form.markdown.push_str(row);
        self.form.markdown.push('\n');
        self.form.places.push(place);
    }

    /// An empty line, of the place of the line above.
    pub(super) fn blank(&mut self) {
        let place = self.form.places.last().copied();
        self.push("", place.unwrap_or(Place { line: 1, column: 1, end: 2, from: usize::MAX }));
    }

    /// A text on one line, behind signs that the form does not have.
    pub(super) fn line(&mut self, signs: &str, text: &str, at: Mark) {
        let text =
            text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let place = Place { line: at.line, column: at.column, end: self.end(at.line), from: signs.chars().count() + 1 };
        self.push(&format!("{signs}{text}"), place);
    }

    pub(super) fn heading(&mut self, label: &Spanned<String>) {
        self.line("### ", &label.value, self.mark(label));
        self.blank();
    }

    pub(super) fn option(&mut self, text: &str, at: Mark) {
        self.line("- [ ] ", text, at);
        self.form.options.push(self.form.places.len());
    }

    /// A text as it is.
    pub(super) fn text(&mut self, value: &Spanned<String>) {
        self.rows_of(value);
        self.blank();
    }

    fn rows_of(&mut self, value: &Spanned<String>) {
        let text: Vec<&str> = value.value.split('\n').collect();
        let blank = |row: &&&str| row.trim().is_empty();
        let before = text.iter().take_while(blank).count();
        let behind = text.iter().rev().take_while(blank).count();
        let at = self.mark(value);
        let text = text.get(before..text.len().saturating_sub(behind)).unwrap_or_default();
        let mut next = at.line;
        for (n, row) in text.iter().enumerate() {
            let place = if n == 0 { self.place(at.line, at.column, row) } else { self.origin(row, next, at.quoted) };
            // A quoted text may have all its lines on one line of the file, and a folded one fewer blank lines.
            let stays = at.quoted || (row.trim().is_empty() && !self.row(place.line).trim().is_empty());
            next = if stays { place.line } else { place.line + 1 };
            self.push(row, place);
        }
    }

    fn place(&self, line: usize, column: usize, row: &str) -> Place {
        let from = row.chars().take_while(|c| c.is_whitespace()).count() + 1;
        Place { line, column, end: self.end(line), from }
    }

    /// The line of the file that a line of a text comes from, at `from` or soon behind it.
    fn origin(&self, row: &str, from: usize, quoted: bool) -> Place {
        let own = row.trim();
        let start = |line: usize| self.row(line).chars().take_while(|c| c.is_whitespace()).count() + 1;
        let ahead = match (own.is_empty(), quoted) {
            (true, _) => 0,
            (false, true) => AHEAD_QUOTED,
            (false, false) => AHEAD,
        };
        for line in from..=from.saturating_add(ahead).min(self.rows.len()) {
            let written = self.row(line);
            let trimmed = written.trim();
            if trimmed == own || (!trimmed.is_empty() && own.starts_with(trimmed)) {
                return self.place(line, start(line), row);
            }
            let within = if quoted && written.len() <= LONGEST_QUOTED { written.find(own) } else { None };
            if let Some(at) = within.filter(|_| !own.is_empty()) {
                let column = written.get(..at).map_or(1, |before| before.chars().count() + 1);
                return self.place(line, column, row);
            }
        }
        let line = from.min(self.rows.len());
        self.place(line, start(line), row)
    }

    /// A text that GitHub shows as code.
    pub(super) fn code(&mut self, language: &str, value: &Spanned<String>) {
        let longest = value.value.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        let at = self.mark(value);
        let word: String =
            language.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '#')).collect();
        self.line(&format!("{fence}{word}"), "", at);
        self.rows_of(value);
        self.line(&fence, "", at);
        self.blank();
    }
}
