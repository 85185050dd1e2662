//! Markdown in, [`Checklist`] and [`Problem`]s out. Never fails, never loses a byte, takes time linear in the text.
//!
//! The block structure is `pulldown-cmark`'s; what counts as a box is narrowed to what GitHub shows as one: the byte in the
//! box is a space, `x` or `X`, and white space and a text follow on the same line. Tables are off: GitHub shows no boxes in
//! them, and they are the one construct that is slow to parse.
//! Source: <https://github.github.com/gfm/#task-list-items-extension->.

use super::block_stack::{Ambiguity, Bullet, Frame, HeadingForm, Inline, Tick};
use super::directive;
use super::identity::{Ids, Place};
use super::line_index::Lines;
use super::preprocess::Ready;
use super::{Checklist, Problem, Severity, front_matter};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

/// Reads a checklist file or an issue's body.
#[must_use]
pub fn parse(source: &str) -> (Checklist, Vec<Problem>) {
    let bom = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let (front_matter, front_end, mut problems) = front_matter::read(source.get(bom..).unwrap_or_default());
    let body_start = bom + front_end;
    let body = source.get(body_start..).unwrap_or_default();
    let ready = Ready::of(body);
    let in_source = |range: Range<usize>| range.start + body_start..range.end + body_start;
    let lines = Lines::of(source);
    let mut walk = Walk {
        source,
        lines: &lines,
        list: Checklist { front_matter, body_start, ..Checklist::default() },
        problems: Vec::new(),
        ids: Ids::default(),
        stack: Vec::new(),
        bullets: Vec::new(),
        quotes: 0,
        heading: None,
        places: Vec::new(),
    };
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(&ready.text, options).into_offset_iter() {
        walk.event(event, in_source(ready.back(&range)));
    }
    for range in &ready.struck {
        walk.struck_line(in_source(range.clone()));
    }
    let Walk { list, problems: found, .. } = walk;
    problems.extend(found);
    problems.sort_by_key(|p| (p.line, p.column));
    (list, problems)
}

/// The walk through the Markdown. What is open is never searched: a stranger nests as deep as a text is long.
pub(super) struct Walk<'s> {
    pub(super) source: &'s str,
    pub(super) lines: &'s Lines,
    pub(super) list: Checklist,
    pub(super) problems: Vec<Problem>,
    pub(super) ids: Ids,
    pub(super) stack: Vec<Frame>,
    /// Which frames of the stack are bullets.
    pub(super) bullets: Vec<usize>,
    /// How many of them are quotes.
    quotes: usize,
    heading: Option<(u8, Range<usize>, Inline)>,
    /// Where the items of each section stand.
    pub(super) places: Vec<Place>,
}

impl Walk<'_> {
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.source.get(range).unwrap_or_default()
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(end) => self.end(end, &range),
            Event::TaskListMarker(checked) => self.marker(checked, &range),
            Event::Text(text) => self.inline(&range, &text),
            Event::Code(text) => {
                self.list.verbatim.push(range.clone());
                self.inline(&range, &text);
            }
            Event::SoftBreak | Event::HardBreak => self.inline(&range, " "),
            Event::InlineHtml(html) => {
                self.list.verbatim.push(range.clone());
                self.inline_html(&html, &range);
            }
            Event::Html(_) => self.list.verbatim.push(range),
            Event::Rule | Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => self.open_heading(*level as u8, range),
            Tag::List(_) => {
                self.close_first();
                self.stack.push(Frame::List);
            }
            Tag::Item => self.open_bullet(&range),
            Tag::BlockQuote(_) => {
                self.close_first();
                self.quotes += 1;
                self.stack.push(Frame::Quote);
            }
            Tag::Paragraph => self.open_paragraph(),
            Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.close_first();
                self.list.verbatim.push(range);
            }
            Tag::Strikethrough => {
                if let Some(first) = self.first() {
                    if first.plain.trim().is_empty() {
                        first.struck_from_start = true;
                    }
                    first.strikes += 1;
                    first.touch(&range);
                }
            }
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                // Only the inline form `[text](target)` carries the target in place; a definition stands elsewhere.
                if *link_type == LinkType::Inline {
                    self.relative_link(dest_url, &range);
                }
                if let Some(first) = self.first() {
                    first.touch(&range);
                }
            }
            Tag::Emphasis | Tag::Strong => {
                if let Some(first) = self.first() {
                    first.touch(&range);
                }
            }
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    /// A heading begins: one of the document, or one within a bullet or a quote.
    fn open_heading(&mut self, level: u8, range: Range<usize>) {
        if self.bullets.is_empty() && self.quotes == 0 {
            self.heading = Some((level, range, Inline::default()));
            return;
        }
        let hashes = self.slice(range).starts_with('#');
        let form = if hashes { HeadingForm::Hashes } else { HeadingForm::Underlined };
        match self.stack.last_mut() {
            // `- [ ] text` over a line of dashes begins its item as a paragraph does.
            Some(Frame::Bullet(bullet)) if bullet.first.start.is_none() => {
                bullet.heading = Some(form);
            }
            Some(Frame::Bullet(_) | Frame::List | Frame::Quote | Frame::Paragraph) | None => self.close_first(),
        }
    }

    /// A bullet begins: it becomes an item where a box follows.
    fn open_bullet(&mut self, range: &Range<usize>) {
        let outer = self.bullets.last().and_then(|at| self.stack.get(*at));
        let holder = match outer {
            Some(Frame::Bullet(bullet)) => bullet.holder,
            Some(Frame::List | Frame::Quote | Frame::Paragraph) | None => None,
        };
        let depth = self.bullets.len();
        let text = self.slice(range.clone());
        let start = range.end - text.trim_start().len();
        self.bullets.push(self.stack.len());
        self.stack.push(Frame::Bullet(Box::new(Bullet {
            span: start..range.end,
            item: None,
            tick: None,
            open: true,
            heading: None,
            first: Inline::default(),
            details: String::new(),
            depth,
            quoted: self.quotes > 0,
            holder,
            group: Arc::default(),
            above: Place::default(),
            place: OnceCell::new(),
        })));
    }

    /// A paragraph begins: behind the first one of a bullet it belongs to the bullet's details.
    fn open_paragraph(&mut self) {
        if let Some(Frame::Bullet(bullet)) = self.stack.last()
            && bullet.first.start.is_some()
        {
            self.close_first();
        }
        self.stack.push(Frame::Paragraph);
    }

    fn end(&mut self, end: TagEnd, range: &Range<usize>) {
        match end {
            TagEnd::Heading(_) => {
                if let Some((level, span, inline)) = self.heading.take() {
                    self.section(level, span, &inline);
                } else {
                    self.close_first();
                }
            }
            TagEnd::List(_) => {
                self.stack.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.quotes = self.quotes.saturating_sub(1);
                self.stack.pop();
            }
            TagEnd::Paragraph => {
                self.stack.pop();
                self.close_first();
            }
            TagEnd::Item => {
                self.close_first();
                self.bullets.pop();
                if let Some(Frame::Bullet(bullet)) = self.stack.pop() {
                    self.finish(bullet);
                }
            }
            TagEnd::Strikethrough => {
                if let Some(first) = self.first() {
                    first.strikes = first.strikes.saturating_sub(1);
                    first.touch(range);
                }
            }
            TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::TableCell
            | TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// The inline collector that is open: a heading, or the first paragraph of the innermost bullet.
    fn first(&mut self) -> Option<&mut Inline> {
        if let Some((_, _, inline)) = &mut self.heading {
            return Some(inline);
        }
        let at = match self.stack.last() {
            Some(Frame::Paragraph) => self.stack.len().checked_sub(2)?,
            Some(Frame::Bullet(_) | Frame::List | Frame::Quote) => self.stack.len().checked_sub(1)?,
            None => return None,
        };
        match self.stack.get_mut(at) {
            Some(Frame::Bullet(bullet)) if bullet.open => Some(&mut bullet.first),
            Some(Frame::Bullet(_) | Frame::List | Frame::Quote | Frame::Paragraph) | None => None,
        }
    }

    fn inline(&mut self, range: &Range<usize>, text: &str) {
        self.unseen_box(range);
        if let Some(first) = self.first() {
            if range.end > first.from {
                first.touch(range);
                first.say(text);
            }
        } else if let Some(bullet) = self.holder() {
            bullet.details.push(' ');
            bullet.details.push_str(text);
        }
    }

    /// The innermost bullet with a box: the details of plain bullets are nobody's.
    pub(super) fn holder(&mut self) -> Option<&mut Bullet> {
        let holder = match self.stack.get(*self.bullets.last()?)? {
            Frame::Bullet(bullet) => bullet.holder?,
            Frame::List | Frame::Quote | Frame::Paragraph => return None,
        };
        match self.stack.get_mut(holder) {
            Some(Frame::Bullet(bullet)) => Some(bullet),
            Some(Frame::List | Frame::Quote | Frame::Paragraph) | None => None,
        }
    }

    fn inline_html(&mut self, html: &str, range: &Range<usize>) {
        let is_comment = html.starts_with("<!--");
        if let Some(first) = self.first() {
            first.touch(range);
            if is_comment {
                first.comments.push(range.clone());
            }
        } else if is_comment && directive::inside(html).is_some() {
            self.stray_directive(range);
        }
    }

    pub(super) fn stray_directive(&mut self, range: &Range<usize>) {
        self.problems.push(self.lines.problem(
            self.source,
            Severity::Warning,
            range,
            "a directive here holds for nothing".to_owned(),
            "put it on an item's first line, or on a heading".to_owned(),
        ));
    }

    fn relative_link(&mut self, dest: &str, range: &Range<usize>) {
        let absolute = dest.contains("://") || dest.starts_with('#') || dest.starts_with("mailto:") || dest.is_empty();
        if absolute || dest.starts_with('/') {
            return;
        }
        let slice = self.slice(range.clone());
        if let Some(open) = slice.rfind("](")
            && let Some(found) = slice.get(open + 2..).and_then(|rest| rest.find(dest))
        {
            let start = range.start + open + 2 + found;
            self.list.relative_links.push(start..start + dest.len());
        }
    }

    /// The first paragraph of the innermost bullet is over.
    fn close_first(&mut self) {
        let Some(Frame::Bullet(_)) = self.stack.last() else { return };
        let Some(Frame::Bullet(mut bullet)) = self.stack.pop() else { return };
        if bullet.open {
            bullet.open = false;
            self.settle(&mut bullet);
        }
        self.stack.push(Frame::Bullet(bullet));
    }

    fn marker(&mut self, checked: bool, range: &Range<usize>) {
        let Some(open) = self.slice(range.clone()).find('[') else { return };
        let at = range.start + open + 1;
        self.tick(at, checked, None);
    }

    /// A box that the parser does not see and GitHub's filter does: on the line below its bullet, or its text below it.
    fn unseen_box(&mut self, range: &Range<usize>) {
        let at = range.start + 1;
        let checked = match self.slice(range.start..range.start + 3) {
            "[ ]" => false,
            "[x]" | "[X]" => true,
            _ => return,
        };
        let Some(bullet) = self.beginning() else { return };
        let (begin, titled) = (bullet.span.start, bullet.heading == Some(HeadingForm::Hashes));
        let before = self.slice(begin..range.start);
        let escaped = before.ends_with('\\');
        let doubt = if before.contains(['\n', '\r']) { Ambiguity::BoxBelow } else { Ambiguity::TextBelow };
        if !titled && !escaped {
            self.tick(at, checked, Some(doubt));
        }
    }

    /// The innermost bullet, as long as nothing of its text was seen.
    fn beginning(&mut self) -> Option<&mut Bullet> {
        if self.heading.is_some() {
            return None;
        }
        let at = match self.stack.last()? {
            Frame::Paragraph => self.stack.len().checked_sub(2)?,
            Frame::Bullet(_) | Frame::List | Frame::Quote => self.stack.len().checked_sub(1)?,
        };
        match self.stack.get_mut(at)? {
            Frame::Bullet(bullet) if bullet.open && bullet.first.start.is_none() => Some(bullet),
            Frame::Bullet(_) | Frame::List | Frame::Quote | Frame::Paragraph => None,
        }
    }

    /// Takes the byte `at` for that of a box, if white space follows the bracket.
    fn tick(&mut self, at: usize, checked: bool, doubt: Option<Ambiguity>) {
        let (inside, behind) = (self.slice(at..at + 1), self.slice(at + 2..self.source.len()));
        let line = behind.split(['\n', '\r']).next().unwrap_or_default();
        let is_box = matches!(inside, " " | "x" | "X")
            && (line.starts_with([' ', '\t', '\u{b}', '\u{c}']) || line.is_empty() && !behind.is_empty());
        // Behind white space, or at the end of the line: there nobody sees a box unless a text follows below.
        let (alone, touching) = (line.trim().is_empty(), line.is_empty());
        let two = self.two_markers();
        let Some(bullet) = self.beginning() else { return };
        bullet.first.touch(&(at + 2..at + 2));
        if !is_box {
            return;
        }
        let doubt = if bullet.quoted {
            Some(Ambiguity::Quote)
        } else if two {
            Some(Ambiguity::TwoMarkers)
        } else if bullet.heading.is_some() {
            Some(Ambiguity::Underlined)
        } else {
            doubt.or_else(|| alone.then_some(Ambiguity::TextBelow))
        };
        bullet.first.from = at + 2;
        bullet.tick = Some(Tick { at, checked, touching, doubt });
    }

    /// Whether the innermost bullet follows the marker of another one on the same line.
    fn two_markers(&self) -> bool {
        let Some(Frame::Bullet(bullet)) = self.bullets.last().and_then(|at| self.stack.get(*at)) else { return false };
        let before = self.slice(0..bullet.span.start);
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        self.bullets.len() > 1 && before.get(line..).is_some_and(|text| !text.trim_start().is_empty())
    }
}
