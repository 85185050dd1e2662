//! Markdown as the pages show it, and where its boxes are.
//!
//! This is the stand-in's own reading of GFM; Holdpoint's parser has no part in it, so the two can disagree in a test.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use std::fmt::Write as _;

/// One task list item's box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskBox {
    /// Where the byte between the brackets stands.
    pub offset: usize,
    /// Ticked or not.
    pub checked: bool,
    /// The item's first paragraph, as text.
    pub text: String,
}

fn options() -> Options {
    Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES
}

/// All boxes of a body, in its order.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "all other events are text that is none of a box's")]
pub fn boxes(body: &str) -> Vec<TaskBox> {
    let mut found: Vec<TaskBox> = Vec::new();
    let mut open = false;
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        match event {
            Event::TaskListMarker(checked) => {
                let bracket = body.get(range.clone()).and_then(|t| t.find('[')).unwrap_or(0);
                found.push(TaskBox { offset: range.start + bracket + 1, checked, text: String::new() });
                open = true;
            }
            Event::Start(Tag::Item | Tag::List(_)) | Event::End(TagEnd::Item | TagEnd::Paragraph) => open = false,
            Event::Text(text) | Event::Code(text) if open => {
                if let Some(last) = found.last_mut() {
                    last.text.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak if open => {
                if let Some(last) = found.last_mut() {
                    last.text.push(' ');
                }
            }
            _ => {}
        }
    }
    found
}

/// Text for an attribute or a text node.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A body as HTML. `input` writes each box; it gets the box's ordinal and the box. `#12` becomes a link within the
/// repository and `@name` stands out, as GitHub shows them.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "all other events are rendered as they are")]
pub fn render(body: &str, repo: &str, input: impl Fn(usize, &TaskBox) -> String) -> String {
    let all = boxes(body);
    let (mut nth, mut literal) = (0, 0_usize);
    let events = Parser::new_ext(body, options()).map(|event| match event {
        Event::TaskListMarker(_) => {
            let text = all.get(nth).map(|b| input(nth, b)).unwrap_or_default();
            nth += 1;
            Event::InlineHtml(CowStr::from(text))
        }
        Event::Start(Tag::Link { .. } | Tag::CodeBlock(_) | Tag::Image { .. }) => {
            literal += 1;
            event
        }
        Event::End(TagEnd::Link | TagEnd::CodeBlock | TagEnd::Image) => {
            literal = literal.saturating_sub(1);
            event
        }
        Event::Text(text) if literal == 0 && (text.contains('#') || text.contains('@')) => {
            Event::InlineHtml(CowStr::from(linked(&text, repo)))
        }
        other => other,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// Escapes a text and links what GitHub links in it.
fn linked(text: &str, repo: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        let free = !before.is_alphanumeric() && before != '/' && before != '&';
        let end = |ok: fn(char) -> bool| tail.find(|c: char| !ok(c)).unwrap_or(tail.len());
        let length = match c {
            '#' if free => end(|c| c.is_ascii_digit()),
            '@' if free => end(|c| c.is_ascii_alphanumeric() || c == '-' || c == '/'),
            _ => 0,
        };
        let (word, after) = tail.split_at_checked(length).unwrap_or(("", tail));
        match c {
            '#' if !word.is_empty() => {
                let _ = write!(out, "<a href=\"/{}/issues/{word}\">#{word}</a>", escape(repo));
            }
            '@' if !word.is_empty() => {
                let _ = write!(out, "<strong>@{word}</strong>");
            }
            _ => out.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
        }
        before = word.chars().last().unwrap_or(c);
        rest = if word.is_empty() { tail } else { after };
    }
    out
}
