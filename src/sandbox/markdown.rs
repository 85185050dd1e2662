//! Markdown as the pages show it, and where its boxes are.
//!
//! This is the stand-in's own reading of GFM; Holdpoint's parser has no part in it, so the two can disagree in a test.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

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
pub fn boxes(body: &str) -> Vec<TaskBox> {
    let mut found: Vec<TaskBox> = Vec::new();
    let mut open = false;
    for (event, range) in Parser::new_ext(body, options()).into_offset_iter() {
        match event {
            Event::TaskListMarker(checked) => {
                let bracket = body.get(range.clone()).and_then(|t| t.find('[')).unwrap_or(0);
                let offset = range.start + bracket + 1;
                found.push(TaskBox { offset, checked, text: String::new() });
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

/// A body as HTML. `input` writes each box; it gets the box's ordinal, offset and state.
#[must_use]
pub fn render(body: &str, input: impl Fn(usize, &TaskBox) -> String) -> String {
    let all = boxes(body);
    let mut nth = 0;
    let events = Parser::new_ext(body, options()).map(|event| match event {
        Event::TaskListMarker(_) => {
            let text = all.get(nth).map(|b| input(nth, b)).unwrap_or_default();
            nth += 1;
            Event::InlineHtml(CowStr::from(text))
        }
        other => other,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}
