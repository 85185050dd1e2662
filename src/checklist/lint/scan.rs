//! A second look at the Markdown: which bytes are code, comments or HTML, where links lead, and where bullets begin.
//!
//! Reads by the same rules as the parser of checklists, and judges nothing.

use super::super::preprocess::Ready;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// What bytes that are no plain text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fence,
    Indented,
    /// Code within a line.
    Span,
    Comment,
    /// A comment that is a block of its own.
    CommentBlock,
    Html,
}

impl Kind {
    pub(super) fn is_code(self) -> bool {
        matches!(self, Self::Fence | Self::Indented | Self::Span)
    }

    pub(super) fn is_comment(self) -> bool {
        matches!(self, Self::Comment | Self::CommentBlock)
    }
}

/// Bytes that are no plain text.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

/// A link or an image.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) range: Range<usize>,
    pub(super) target: String,
    /// Its target stands in a definition, not in place.
    pub(super) by_reference: bool,
}

/// What was found, each in order of the source.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// They do not overlap.
    pub(super) regions: Vec<Region>,
    pub(super) links: Vec<Link>,
    /// Definitions of link targets: the definition's bytes and the target.
    pub(super) definitions: Vec<(Range<usize>, String)>,
    /// The first byte of each list item that is nested in no other.
    pub(super) bullets: Vec<usize>,
}

impl Scan {
    pub(super) fn of(source: &str, body_start: usize) -> Self {
        let body = source.get(body_start..).unwrap_or_default();
        let ready = Ready::of(body);
        let text = ready.text.as_ref();
        let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
        let events = Parser::new_ext(text, options).into_offset_iter();
        let there = |range: &Range<usize>| {
            let range = ready.back(range);
            range.start + body_start..range.end + body_start
        };
        let mut scan = Self::default();
        // `[^1]: text` is a footnote on GitHub, and no definition.
        for (_, definition) in events.reference_definitions().iter().filter(|(label, _)| !label.starts_with('^')) {
            scan.definitions.push((there(&definition.span), definition.dest.to_string()));
        }
        scan.definitions.sort_by_key(|(span, _)| span.start);
        let mut depth = 0_usize;
        for (event, range) in events {
            let range = there(&range);
            if let Event::Start(tag) = &event {
                depth += usize::from(matches!(tag, Tag::List(_)));
                scan.start(source, tag, range, depth);
            } else if matches!(event, Event::End(TagEnd::List(_))) {
                depth = depth.saturating_sub(1);
            } else if matches!(event, Event::Code(_)) {
                scan.region(range, Kind::Span);
            } else if matches!(event, Event::InlineHtml(_) | Event::Html(_)) {
                let comment = is_comment(source, &range);
                scan.region(range, if comment { Kind::Comment } else { Kind::Html });
            }
        }
        scan
    }

    fn start(&mut self, source: &str, tag: &Tag<'_>, range: Range<usize>, depth: usize) {
        if let Tag::CodeBlock(kind) = tag {
            self.region(range, if matches!(kind, CodeBlockKind::Indented) { Kind::Indented } else { Kind::Fence });
        } else if matches!(tag, Tag::HtmlBlock) {
            let comment = is_comment(source, &range);
            self.region(range, if comment { Kind::CommentBlock } else { Kind::Html });
        } else if matches!(tag, Tag::Item) && depth == 1 {
            self.bullets.push(range.start);
        } else if let Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } = tag {
            let by_reference = !matches!(link_type, LinkType::Inline | LinkType::Autolink | LinkType::Email);
            self.links.push(Link { range, target: dest_url.to_string(), by_reference });
        }
    }

    fn region(&mut self, range: Range<usize>, kind: Kind) {
        // The pieces of an HTML block come behind the block.
        if self.regions.last().is_none_or(|last| last.range.end <= range.start) {
            self.regions.push(Region { range, kind });
        }
    }

    /// What the byte belongs to, if it is no plain text: the region's number and the region.
    pub(super) fn at(&self, at: usize) -> Option<(usize, &Region)> {
        let before = self.regions.partition_point(|r| r.range.start <= at).checked_sub(1)?;
        self.regions.get(before).filter(|r| at < r.range.end).map(|r| (before, r))
    }

    /// The kind of what the byte belongs to; `None` for plain text.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.at(at).map(|(_, region)| region.kind)
    }
}

fn is_comment(source: &str, range: &Range<usize>) -> bool {
    source.get(range.clone()).is_some_and(|text| text.trim_start().starts_with("<!--"))
}

/// The lines of a text from a byte on: where each begins, and the line without its end.
pub(super) fn lines_from(source: &str, start: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = start;
    source.get(start..).unwrap_or_default().split_inclusive('\n').map(move |line| {
        let begin = at;
        at += line.len();
        (begin, line.trim_end_matches(['\n', '\r']))
    })
}
