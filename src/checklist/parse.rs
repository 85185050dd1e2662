//! Markdown in, [`Checklist`] and [`Problem`]s out. Never fails, never loses a byte, takes time linear in the text.
//!
//! The block structure is `pulldown-cmark`'s; what counts as a box is narrowed to what GitHub shows as one: the byte in the
//! box is a space, `x` or `X`, and white space and a text follow on the same line. Tables are off: GitHub shows no boxes in
//! them, and they are the one construct that is slow to parse.
//! Source: <https://github.github.com/gfm/#task-list-items-extension->.

use super::directive::{self, Directives};
use super::frame::{Bullet, Frame, Inline};
use super::identity::{self, Ids};
use super::lines::Lines;
use super::{Checklist, Item, Problem, Section, Severity, front_matter, struck};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Reads a checklist file or an issue's body.
#[must_use]
pub fn parse(source: &str) -> (Checklist, Vec<Problem>) {
    let bom = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let (front_matter, front_end, mut problems) = front_matter::read(source.get(bom..).unwrap_or_default());
    let body_start = bom + front_end;
    let body = source.get(body_start..).unwrap_or_default();
    let (masked, struck_lines) = struck::mask(body);
    let lines = Lines::of(source);
    let mut walk = Walk {
        source,
        lines: &lines,
        list: Checklist { front_matter, body_start, ..Checklist::default() },
        problems: Vec::new(),
        ids: Ids::default(),
        stack: Vec::new(),
        heading: None,
        paths: Vec::new(),
    };
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(masked.as_deref().unwrap_or(body), options).into_offset_iter() {
        walk.event(event, range.start + body_start..range.end + body_start);
    }
    for range in struck_lines {
        walk.struck_line(range.start + body_start..range.end + body_start);
    }
    let Walk { list, problems: found, .. } = walk;
    problems.extend(found);
    problems.sort_by_key(|p| (p.line, p.column));
    (list, problems)
}

struct Walk<'s> {
    source: &'s str,
    lines: &'s Lines,
    list: Checklist,
    problems: Vec<Problem>,
    ids: Ids,
    stack: Vec<Frame>,
    heading: Option<(u8, Range<usize>, Inline)>,
    /// Normalised heading path of each section.
    paths: Vec<Vec<String>>,
}

impl Walk<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
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
            Tag::Heading { level, .. } => {
                self.close_first();
                let in_list = self.stack.iter().any(|f| matches!(f, Frame::Bullet(_) | Frame::Quote));
                if !in_list {
                    self.heading = Some((*level as u8, range, Inline::default()));
                }
            }
            Tag::List(_) => {
                self.close_first();
                self.stack.push(Frame::List);
            }
            Tag::Item => {
                let depth = self.stack.iter().filter(|f| matches!(f, Frame::Bullet(_))).count();
                let quoted = self.stack.iter().any(|f| matches!(f, Frame::Quote));
                self.stack.push(Frame::Bullet(Bullet {
                    span: range,
                    item: None,
                    box_at: None,
                    checked: false,
                    open: true,
                    first: Inline::default(),
                    details: String::new(),
                    depth,
                    quoted,
                }));
            }
            Tag::BlockQuote(_) => {
                self.close_first();
                self.stack.push(Frame::Quote);
            }
            Tag::Paragraph => {
                if let Some(Frame::Bullet(bullet)) = self.stack.last()
                    && bullet.first.start.is_some()
                {
                    self.close_first();
                }
                self.stack.push(Frame::Paragraph);
            }
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
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.relative_link(dest_url, &range);
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

    fn end(&mut self, end: TagEnd, range: &Range<usize>) {
        match end {
            TagEnd::Heading(_) => {
                if let Some((level, span, inline)) = self.heading.take() {
                    self.section(level, span, &inline);
                }
            }
            TagEnd::List(_) | TagEnd::BlockQuote(_) => {
                self.stack.pop();
            }
            TagEnd::Paragraph => {
                self.stack.pop();
                self.close_first();
            }
            TagEnd::Item => {
                self.close_first();
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
        if let Some(first) = self.first() {
            first.touch(range);
            first.say(text);
        } else if let Some(bullet) = self.innermost() {
            bullet.details.push(' ');
            bullet.details.push_str(text);
        }
    }

    /// The bullet whose details a text belongs to: the innermost one with a box, else the innermost.
    fn innermost(&mut self) -> Option<&mut Bullet> {
        let boxed = self.stack.iter().rposition(|f| matches!(f, Frame::Bullet(b) if b.item.is_some()));
        let any = self.stack.iter().rposition(|f| matches!(f, Frame::Bullet(_)));
        match self.stack.get_mut(boxed.or(any)?) {
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

    fn stray_directive(&mut self, range: &Range<usize>) {
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
        // Only the inline form `[text](target)` carries the target in place; a definition stands elsewhere.
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
            if let Some(box_at) = bullet.box_at {
                bullet.item = Some(self.item(&bullet, box_at));
            }
        }
        self.stack.push(Frame::Bullet(bullet));
    }

    fn marker(&mut self, checked: bool, range: &Range<usize>) {
        let Some(open) = self.slice(range.clone()).find('[') else { return };
        let box_at = range.start + open + 1;
        let bytes = self.source.as_bytes();
        let inside = bytes.get(box_at).copied();
        let after = bytes.get(box_at + 2).copied();
        let strict = matches!(inside, Some(b' ' | b'x' | b'X')) && matches!(after, Some(b' ' | b'\t' | 0x0b | 0x0c));
        let at = match self.stack.last() {
            Some(Frame::Paragraph) => self.stack.len().checked_sub(2),
            Some(Frame::Bullet(_) | Frame::List | Frame::Quote) | None => self.stack.len().checked_sub(1),
        };
        let Some(Frame::Bullet(bullet)) = at.and_then(|at| self.stack.get_mut(at)) else { return };
        bullet.first.touch(&(box_at + 2..box_at + 2));
        if strict {
            bullet.box_at = Some(box_at);
            bullet.checked = checked;
        }
    }

    fn groups(&self) -> (Vec<String>, Option<usize>) {
        let mut groups = Vec::new();
        let mut parent = None;
        for frame in &self.stack {
            if let Frame::Bullet(bullet) = frame {
                groups.push(identity::normalise(&bullet.first.plain));
                parent = bullet.item.or(parent);
            }
        }
        (groups, parent)
    }

    /// The directives of the comments that stand on the first line of a text, and problems for the rest.
    fn directives(&mut self, comments: &[Range<usize>], first_line: usize) -> Directives {
        let mut all = Directives::default();
        for comment in comments {
            let source = self.source;
            let Some((offset, words)) = directive::inside(source.get(comment.clone()).unwrap_or_default()) else {
                continue;
            };
            if self.lines.line(comment.start) != first_line {
                self.stray_directive(comment);
                continue;
            }
            let (read, misread) = directive::read(words);
            for word in misread {
                let at = comment.start + offset + word.at;
                self.problems.push(self.lines.problem(
                    source,
                    Severity::Error,
                    &(at..at + word.len),
                    word.message,
                    word.hint,
                ));
            }
            let id = all.id.clone().or_else(|| read.id.clone());
            let phase = all.phase.or(read.phase);
            all = Directives { id, phase, ..all.under(&read) };
        }
        all
    }

    fn section(&mut self, level: u8, span: Range<usize>, inline: &Inline) {
        let line = self.lines.line(span.start);
        let own = self.directives(&inline.comments, line);
        let parent = self.list.open_heading_above(level);
        let above = parent.and_then(|at| self.list.sections.get(at)).map(|s| s.directives.clone()).unwrap_or_default();
        let mut path = parent.and_then(|at| self.paths.get(at)).cloned().unwrap_or_default();
        let title = inline.plain.split_whitespace().collect::<Vec<_>>().join(" ");
        path.push(identity::normalise_title(&title));
        self.paths.push(path);
        self.list.sections.push(Section { title, level, parent, line, span, directives: own.under(&above) });
    }

    fn item(&mut self, bullet: &Bullet, box_at: usize) -> usize {
        let text_start = box_at + 2;
        let text_end = bullet.first.end.max(text_start);
        let line = self.lines.line(box_at);
        let own = self.directives(&bullet.first.comments, line);
        let section = self.list.sections.len().checked_sub(1);
        let above = section.and_then(|at| self.list.sections.get(at)).map(|s| s.directives.clone()).unwrap_or_default();
        let path = section.and_then(|at| self.paths.get(at)).cloned().unwrap_or_default();
        let (groups, parent) = self.groups();
        let plain = identity::normalise(&bullet.first.plain);
        let (id, again) = self.ids.next(own.id.as_deref(), &path, &groups, &plain);
        if again {
            let name = own.id.clone().unwrap_or_default();
            self.problems.push(self.lines.problem(
                self.source,
                Severity::Error,
                &(box_at - 1..box_at + 2),
                format!("the id `{name}` is used twice in this file"),
                "give each item an id of its own; until then both are counted".to_owned(),
            ));
        }
        if bullet.quoted {
            self.problems.push(self.lines.problem(
                self.source,
                Severity::Warning,
                &(box_at - 1..box_at + 2),
                "a box inside a quote: GitHub's views do not agree about it".to_owned(),
                "take the item out of the quote".to_owned(),
            ));
        }
        self.list.items.push(Item {
            id,
            section,
            parent,
            groups,
            depth: bullet.depth,
            text: self.one_line(text_start..text_end, &bullet.first.comments),
            plain,
            checked: bullet.checked,
            struck: bullet.first.struck_from_start,
            behind_strike: bullet.first.behind_strike.trim().to_owned(),
            line,
            box_at,
            span: bullet.span.clone(),
            suffix_at: self.suffix_at(text_start, &bullet.first.comments),
            directives: own.under(&above),
            details: String::new(),
        });
        self.list.items.len() - 1
    }

    /// The source of a first paragraph on one line, without comments and without the quote marks of its further lines.
    fn one_line(&self, range: Range<usize>, comments: &[Range<usize>]) -> String {
        let mut text = String::new();
        let mut at = range.start;
        for comment in comments {
            text.push_str(self.slice(at..comment.start));
            at = comment.end.max(at);
        }
        text.push_str(self.slice(at..range.end.max(at)));
        let words = text.lines().enumerate().flat_map(|(n, line)| {
            let line = if n == 0 { line } else { line.trim_start().trim_start_matches('>') };
            line.split_whitespace()
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The end of the first line, before a directive comment that closes it and before trailing blanks.
    fn suffix_at(&self, text_start: usize, comments: &[Range<usize>]) -> usize {
        let rest = self.slice(text_start..self.source.len());
        let line_end = text_start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        let mut end = text_start + self.slice(text_start..line_end).trim_end().len();
        for comment in comments.iter().rev() {
            if comment.end == end && directive::inside(self.slice(comment.clone())).is_some() {
                end = text_start + self.slice(text_start..comment.start).trim_end().len();
            }
        }
        end
    }

    fn finish(&mut self, mut bullet: Bullet) {
        let details = bullet.details.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(item) = bullet.item.and_then(|at| self.list.items.get_mut(at)) {
            item.details = details;
            return;
        }
        if bullet.first.struck_from_start {
            // `- ~~text~~ reason` and `- ~~[ ] text~~`: the box went with the strike.
            let plain = std::mem::take(&mut bullet.first.plain);
            let start = bullet.first.start.unwrap_or(bullet.span.start);
            self.struck(&plain, bullet.first.behind_strike.trim().to_owned(), start, bullet.span.clone());
            return;
        }
        let text = format!("{} {details}", bullet.first.plain);
        if let Some(outer) = self.innermost() {
            outer.details.push(' ');
            outer.details.push_str(&text);
        }
    }

    fn struck_line(&mut self, range: Range<usize>) {
        let inner = self.slice(range.clone()).trim_matches('~');
        let plain = inner.get(2..).unwrap_or_default().to_owned();
        self.struck(&plain, String::new(), range.start, range);
    }

    fn struck(&mut self, plain: &str, behind: String, at: usize, span: Range<usize>) {
        let without_box =
            ["[ ] ", "[x] ", "[X] "].iter().find_map(|open| plain.trim_start().strip_prefix(open)).unwrap_or(plain);
        let line = self.lines.line(at);
        let section = self.list.sections.partition_point(|s| s.span.start < at).checked_sub(1);
        let struck_text = without_box.strip_suffix(behind.as_str()).unwrap_or(without_box);
        self.list.struck.push(Item {
            id: identity::ItemId(format!("~{line}")),
            section,
            parent: None,
            groups: Vec::new(),
            depth: 0,
            text: struck_text.trim().to_owned(),
            plain: identity::normalise(without_box),
            checked: false,
            struck: true,
            behind_strike: behind,
            line,
            box_at: at,
            span,
            suffix_at: at,
            directives: Directives::default(),
            details: String::new(),
        });
    }
}
