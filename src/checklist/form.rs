//! GitHub's issue forms: YAML in, and out the Markdown that GitHub makes of a form when it is submitted.
//!
//! Each line of the Markdown knows the place in the file that it comes from. What is an item is decided by the parser alone.
//! Source: <https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema>.

pub(super) mod markdown;
mod schema;
mod writer;

#[cfg(test)]
mod tests;

use super::parse::parse;
use super::spelling::nearest;
use super::{Problem, Severity};
use markdown::Form;
use schema::{Attributes, Choice, Element, Keys, TYPES};
use serde_saphyr::Spanned;
use writer::Writer;

/// Nobody repeats parts of a form by more aliases, and each may make a long text of a short one.
const MOST_ALIASES: usize = 16;

/// What helps where the reader has no better word.
const MANUAL: &str = "docs/checklists.md";

/// Whether a file is called as forms are.
#[must_use]
pub fn is_named(path: &str) -> bool {
    let kind = path.rsplit_once('.').map(|(_, kind)| kind.to_ascii_lowercase());
    matches!(kind.as_deref(), Some("yml" | "yaml"))
}

/// Whether a text that is called YAML is Markdown with boxes.
#[must_use]
pub fn is_markdown(text: &str) -> bool {
    !has_body(text) && !parse(text).0.items.is_empty()
}

/// Whether a line says that this is a form, whatever else the text is.
#[must_use]
pub fn has_body(text: &str) -> bool {
    let word = |line: &str| line.trim().trim_matches(['"', '\'']) == "body:";
    text.lines().any(|line| line.starts_with("body:") || word(line))
}

/// Reads the text of a file that is [called](is_named) as forms are; `None` where it is Markdown.
pub(super) fn read(source: &str) -> Option<Form> {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut options = serde_saphyr::Options::default();
    options.budget = serde_saphyr::budget! { max_aliases: MOST_ALIASES };
    let body = match serde_saphyr::from_str_with_options::<Keys>(text, options) {
        Ok(Keys { body: Some(body) }) => body,
        Ok(Keys { body: None }) if is_markdown(source) => return None,
        Ok(Keys { body: None }) => return Some(Form::broken(no_form())),
        Err(_) if is_markdown(source) => return None,
        Err(error) => return Some(Form::broken(super::yaml::problem(text, &error, MANUAL).0)),
    };
    let mut writer = Writer::of(text);
    writer.front_matter();
    body.iter().for_each(|element| write(element, &mut writer));
    Some(writer.form())
}

fn no_form() -> Problem {
    Problem {
        severity: Severity::Error,
        line: 1,
        column: 1,
        width: 1,
        message: "this YAML is no issue form: it has no `body`".to_owned(),
        hint: "list the steps below `body:`, or write them as `- [ ] what to do` in a file that ends in `.md`"
            .to_owned(),
    }
}

/// One element, as GitHub writes it into the issue.
fn write(element: &Spanned<Element>, writer: &mut Writer<'_>) {
    let Element { kind, attributes } = &element.value;
    let none = Attributes::default();
    let attributes = attributes.as_ref().unwrap_or(&none);
    let Some(kind) = kind else {
        let at = writer.mark(element);
        let hint = format!("add one of {}", TYPES.join(", "));
        return writer.problem(Severity::Error, at, "this element has no `type`".to_owned(), &hint);
    };
    let holds = attributes.value.is_some() || attributes.options.is_some();
    if !TYPES.contains(&kind.value.as_str()) && holds {
        let at = writer.mark(kind);
        let message = format!("`{}` is no type of a form's element", kind.value.escape_debug());
        let hint = match nearest(&kind.value, &TYPES) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("known are {}", TYPES.join(", ")),
        };
        return writer.problem(Severity::Error, at, message, &hint);
    }
    if kind.value == "markdown" {
        return value(attributes, writer);
    }
    match attributes.label.as_ref().filter(|label| !label.value.trim().is_empty()) {
        Some(label) => writer.heading(label),
        None => {
            let at = writer.mark(kind);
            let hint = "add a `label` below `attributes`: it is the heading above what the element holds";
            writer.problem(Severity::Error, at, "this element has no `label`".to_owned(), hint);
        }
    }
    hidden_boxes(attributes, writer);
    match kind.value.as_str() {
        "checkboxes" => checkboxes(kind, attributes, writer),
        "dropdown" => choices(attributes, writer),
        _ => value(attributes, writer),
    }
}

/// A text that GitHub puts into the issue.
fn value(attributes: &Attributes, writer: &mut Writer<'_>) {
    let Some(value) = attributes.value.as_ref().filter(|value| !value.value.trim().is_empty()) else { return };
    if let Some(language) = attributes.render.as_ref().filter(|language| !language.trim().is_empty()) {
        return writer.code(language, value);
    }
    let alone = format!("\n{}", value.value);
    let followed = format!("{alone}\n\n# x\n\n- [ ] x\n");
    if parse(&followed).0.items.len() != parse(&alone).0.items.len() + 1 {
        let at = writer.mark(value);
        let message =
            "this text leaves a code fence, a comment or an HTML block open, and what follows it would be lost";
        writer.problem(Severity::Error, at, message.to_owned(), "close it within this `value`");
    }
    writer.text(value);
}

/// Each option is an item, `required: true` or not: that only says who may submit the form.
fn checkboxes(kind: &Spanned<String>, attributes: &Attributes, writer: &mut Writer<'_>) {
    let options = attributes.options.as_deref().unwrap_or_default();
    if options.is_empty() {
        let at = writer.mark(kind);
        let hint = "list them below `options`, each as `- label: what to do`";
        writer.problem(Severity::Warning, at, "these checkboxes have no options".to_owned(), hint);
    }
    for option in options {
        let (text, at) = match &option.value {
            Choice::Text(text) => (text.as_str(), writer.mark(option)),
            Choice::Label(Some(label)) => (label.value.as_str(), writer.mark(label)),
            Choice::Label(None) => ("", writer.mark(option)),
        };
        if text.trim().is_empty() {
            let hint = "say what is to be done, as in `- label: Take a snapshot`";
            writer.problem(Severity::Error, at, "this option has no `label`".to_owned(), hint);
        } else {
            writer.option(text, at);
        }
    }
    writer.blank();
}

/// What people choose from is no item.
fn choices(attributes: &Attributes, writer: &mut Writer<'_>) {
    let options = attributes.options.as_deref().unwrap_or_default();
    let words: Vec<&str> = options
        .iter()
        .filter_map(|option| match &option.value {
            Choice::Text(text) => Some(text.as_str()),
            Choice::Label(label) => label.as_ref().map(|label| label.value.as_str()),
        })
        .collect();
    if let Some(first) = options.first() {
        let at = writer.mark(first);
        writer.line("", &words.join(" / "), at);
        writer.blank();
    }
}

/// What people read only while they fill in the form.
fn hidden_boxes(attributes: &Attributes, writer: &mut Writer<'_>) {
    for (key, text) in [("description", &attributes.description), ("placeholder", &attributes.placeholder)] {
        let Some(text) = text.as_ref().filter(|text| !parse(&text.value).0.items.is_empty()) else { continue };
        let at = writer.mark(text);
        let message = format!("a box in `{key}` is none: GitHub shows it in the form, and leaves it out of the issue");
        writer.problem(Severity::Warning, at, message, "put it into `value`, or make it one of the `options`");
    }
}
