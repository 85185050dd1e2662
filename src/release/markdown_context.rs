//! Where in a Markdown text a value will stand: among words, in code, in an address, in HTML.
//!
//! The text is read as if a plain word stood for each value, so that no value has a say in it. Writes nothing.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// What a value lands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkdownContext {
    /// Words.
    Text,
    /// A code span.
    Code,
    /// A block of code.
    Block,
    /// An address, or inside an HTML tag.
    Address,
    /// Words within a block of HTML.
    Html,
    /// An HTML comment, which nobody sees.
    Comment,
}

/// The places of one text.
#[derive(Debug, Default)]
pub struct MarkdownContexts {
    places: Vec<(Range<usize>, MarkdownContext)>,
    /// The targets of inline links and pictures in which a value stands.
    pub targets: Vec<Range<usize>>,
}

impl MarkdownContexts {
    /// Reads a text with values to come at the given byte ranges.
    #[must_use]
    pub fn of(text: &str, values: &[Range<usize>]) -> Self {
        let masked = masked(text, values);
        let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
        let mut found = Self::default();
        // For each open link: its kind, and how far its words reach.
        let mut links: Vec<(LinkType, String, usize)> = Vec::new();
        let parser = Parser::new_ext(&masked, options);
        for (_, definition) in parser.reference_definitions().iter() {
            found.places.push((definition.span.clone(), MarkdownContext::Address));
        }
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                    links.push((link_type, dest_url.to_string(), range.start + 1));
                    continue;
                }
                Event::End(TagEnd::Link | TagEnd::Image) => {
                    if let Some((kind, target, words)) = links.pop() {
                        found.link(&masked, kind, &target, words, &range, values);
                    }
                }
                Event::Code(_) => found.places.push((range.clone(), MarkdownContext::Code)),
                Event::Start(Tag::CodeBlock(_)) => found.places.push((range.clone(), MarkdownContext::Block)),
                Event::Start(Tag::HtmlBlock) => {
                    let html = masked.get(range.clone()).unwrap_or_default();
                    let comment = html.trim_start().starts_with("<!--");
                    found
                        .places
                        .push((range.clone(), if comment { MarkdownContext::Comment } else { MarkdownContext::Html }));
                }
                Event::InlineHtml(html) => {
                    let comment = html.starts_with("<!--");
                    found.places.push((
                        range.clone(),
                        if comment { MarkdownContext::Comment } else { MarkdownContext::Address },
                    ));
                }
                Event::Start(_)
                | Event::End(_)
                | Event::Text(_)
                | Event::Html(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_)
                | Event::SoftBreak
                | Event::HardBreak
                | Event::Rule
                | Event::TaskListMarker(_) => {}
            }
            if let Some((.., words)) = links.last_mut() {
                *words = range.end.max(*words);
            }
        }
        found.places.sort_by_key(|(range, _)| range.start);
        found
    }

    fn link(
        &mut self,
        text: &str,
        kind: LinkType,
        target: &str,
        words: usize,
        range: &Range<usize>,
        values: &[Range<usize>],
    ) {
        if matches!(kind, LinkType::Autolink | LinkType::Email) {
            self.places.push((range.clone(), MarkdownContext::Address));
            return;
        }
        self.places.push((words..range.end, MarkdownContext::Address));
        let rest = text.get(words..range.end).unwrap_or_default();
        if kind == LinkType::Inline
            && let Some(at) = rest.find(target)
        {
            let target = words + at..words + at + target.len();
            if values.iter().any(|value| target.start <= value.start && value.end <= target.end) {
                self.targets.push(target);
            }
        }
    }

    /// What a value at this byte lands in.
    #[must_use]
    pub fn at(&self, text: &str, at: usize) -> MarkdownContext {
        // They do not overlap, but for a picture in a link: the inner one begins later.
        let until = self.places.partition_point(|(range, _)| range.start <= at);
        let around = self.places.iter().take(until).rev().take(4).find(|(range, _)| range.contains(&at));
        let Some((range, place)) = around else { return MarkdownContext::Text };
        if *place == MarkdownContext::Html && in_tag(text.get(range.start..at).unwrap_or_default()) {
            return MarkdownContext::Address;
        }
        *place
    }
}

/// A tag is open where a text of HTML ends.
fn in_tag(html: &str) -> bool {
    html.rfind('<').is_some_and(|open| html.get(open..).is_some_and(|rest| !rest.contains('>')))
}

/// The text with a word for each value, of the same length in bytes. It begins with no letter of the alphabet: `<word>` is no
/// HTML.
fn masked(text: &str, values: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for value in values {
        out.push_str(text.get(at..value.start).unwrap_or_default());
        let length = value.len();
        if length >= 2 {
            out.push('é');
        }
        out.extend(std::iter::repeat_n('x', if length >= 2 { length - 2 } else { length }));
        at = value.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
