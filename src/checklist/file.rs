//! A checklist file by its name and text: Markdown, or one of GitHub's issue forms. The one way in for both.
//!
//! Items, sections and problems stand on the lines of the file; byte ranges are those of the Markdown.

use super::form::{self, markdown::Form};
use super::lint::{self, LintContext};
use super::{Checklist, Problem, Severity, parse};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A checklist file that was read.
#[derive(Debug)]
pub struct Parsed<'t> {
    /// Its Markdown: the text itself, or what a form becomes when it is submitted.
    pub text: Cow<'t, str>,
    /// What stands in it.
    pub list: Checklist,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Why a form cannot be used: some of its boxes may not have been read. Markdown always can.
    pub broken: Option<Problem>,
    form: Option<Form>,
}

/// Reads a file. Its path decides whether it may be a form.
#[must_use]
pub fn parse<'t>(path: &str, text: &'t str) -> Parsed<'t> {
    let Some(mut form) = form_of(path, text) else {
        let (list, problems) = parse::parse(text);
        return Parsed { text: Cow::Borrowed(text), list, problems, broken: None, form: None };
    };
    let (mut list, found) = parse::parse(&form.markdown);
    let mut problems: Vec<Problem> = found.into_iter().map(|problem| form.in_file(problem)).collect();
    let boxes: BTreeSet<usize> = list.items.iter().map(|item| item.line).collect();
    let lost = form.options.iter().find(|line| !boxes.contains(line)).map(|line| {
        let message = "this option would be no box in an issue".to_owned();
        let hint = "write its `label` as one line of text".to_owned();
        form.in_file(Problem { severity: Severity::Error, line: *line, column: 1, width: 1, message, hint })
    });
    form.problems.extend(lost);
    let line = |at: usize| form.places.get(at.saturating_sub(1)).map_or(at, |place| place.line);
    list.items.iter_mut().chain(&mut list.struck).for_each(|item| item.line = line(item.line));
    list.sections.iter_mut().for_each(|section| section.line = line(section.line));
    let broken = form.problems.iter().find(|problem| problem.severity == Severity::Error).cloned();
    problems.append(&mut form.problems);
    problems.sort_by_key(|p| (p.line, p.column));
    let text = Cow::Owned(std::mem::take(&mut form.markdown));
    Parsed { text, list, problems, broken, form: Some(form) }
}

fn form_of(path: &str, text: &str) -> Option<Form> {
    if form::is_named(path) { form::read(text) } else { None }
}

/// The Markdown of a file, without a look at what stands in it.
#[must_use]
pub fn markdown<'t>(path: &str, text: &'t str) -> Cow<'t, str> {
    form_of(path, text).map_or(Cow::Borrowed(text), |form| Cow::Owned(form.markdown))
}

/// What is longer is no form of anybody's, and is not looked through: two issues' texts, in bytes.
const MAX_FORM_SIZE: usize = 128 << 10;

/// Whether a file at a place where others lie too is a checklist: boxes stand in it, or may stand in what could not be read.
#[must_use]
pub fn has_items(path: &str, text: &str) -> bool {
    if text.len() > MAX_FORM_SIZE {
        return true;
    }
    if form::is_named(path) && form::is_markdown(text) {
        return false;
    }
    let parsed = parse(path, text);
    let may = || ["checkboxes", "[ ]", "[x]", "[X]"].iter().any(|sign| text.contains(sign));
    !parsed.list.items.is_empty() || (parsed.broken.is_some() && may())
}

impl Parsed<'_> {
    /// Whether a file among step files explains the folder: a README without items.
    #[must_use]
    pub fn is_explanation(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        stem.eq_ignore_ascii_case("readme") && self.list.items.is_empty() && self.broken.is_none()
    }

    /// Lowers the problems of a step file without items: it requires nothing, so no release is wrong because of it. Of a README that
    /// has no items nothing is said, unless something in it was meant as one.
    pub fn soften_step(&self, path: &str, problems: &mut Vec<Problem>) {
        if !self.list.items.is_empty() || self.broken.is_some() {
            return;
        }
        if self.is_explanation(path) && problems.iter().all(|problem| problem.severity != Severity::Warning) {
            problems.retain(|problem| problem.severity != Severity::Error);
        }
        for problem in problems {
            problem.severity = problem.severity.min(Severity::Warning);
        }
    }

    /// What a careful colleague would say about it, beyond its problems, in order of the lines.
    #[must_use]
    pub fn lint(&self, around: &LintContext<'_>) -> Vec<Problem> {
        let Some(form) = &self.form else { return lint::lint_within(&self.text, &self.list, around) };
        if form.is_unread() {
            // What only follows from the mistake is not told.
            return Vec::new();
        }
        let found = lint::lint_within(&self.text, &self.list, &LintContext { form: true, ..*around });
        let mut found: Vec<Problem> = found.into_iter().map(|problem| form.in_file(problem)).collect();
        found.sort_by_key(|p| (p.line, p.column));
        found
    }
}
