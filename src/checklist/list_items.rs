//! What was collected while walking becomes sections, items, and the struck lines and bullets that are left of items.
//!
//! Reads no Markdown structure: that is [`super::parse`]'s.

use super::block_stack::{Ambiguity, Bullet, Frame, Inline, Tick};
use super::directive::{self, Directives};
use super::identity::{self, Place};
use super::parse::Walk;
use super::{Group, Item, Section, Severity};
use std::ops::Range;
use std::sync::Arc;

impl Walk<'_> {
    /// The first paragraph of a bullet is over: it is an item, or a group.
    pub(super) fn settle(&mut self, bullet: &mut Bullet) {
        let plain = identity::normalise(&bullet.first.plain);
        let outer = self.bullets.iter().rev().nth(1).and_then(|at| self.stack.get(*at));
        let above = match outer {
            Some(Frame::Bullet(outer)) => outer.place.get_or_init(|| outer.above.below(&outer.group.plain)).clone(),
            Some(Frame::List | Frame::Quote | Frame::Paragraph) | None => {
                self.places.last().cloned().unwrap_or_default()
            }
        };
        bullet.above = above.clone();
        let first = &bullet.first;
        let start = bullet.tick.as_ref().map_or(first.start.unwrap_or(first.end), |tick| tick.at + 2);
        let text = self.one_line(start..first.end.max(start), &first.comments);
        bullet.group = Arc::new(Group { plain: plain.clone(), text: Arc::from(text.as_str()) });
        let Some(mut tick) = bullet.tick.take() else { return };
        if bullet.first.end <= tick.at + 2 {
            // A box without a text is one where a blank stands behind it, and where GitHub's library looks for it.
            if matches!(tick.doubt, Some(Ambiguity::TextBelow)) {
                tick.doubt = None;
            }
            if tick.touching || tick.doubt.is_some() {
                return;
            }
        }
        bullet.item = Some(self.item(bullet, &tick, &above, plain));
        bullet.holder = self.bullets.last().copied();
    }

    /// The directives of the comments that stand on the first line of a text, and problems for the rest. `None` where there
    /// are none: most items share those of their heading.
    fn directives(&mut self, comments: &[Range<usize>], first_line: usize) -> Option<Directives> {
        let mut all: Option<Directives> = None;
        let mut length = 0;
        for comment in comments {
            let source = self.source;
            let Some((offset, words)) = directive::inside(source.get(comment.clone()).unwrap_or_default()) else {
                continue;
            };
            if self.lines.line(comment.start) != first_line {
                self.stray_directive(comment);
                continue;
            }
            let before = length;
            length += words.len();
            // One problem says that it was too much, not one for each comment.
            if before > directive::MAX_LENGTH {
                continue;
            }
            let (read, misread) =
                if length > directive::MAX_LENGTH { directive::too_long() } else { directive::read(words) };
            for word in misread {
                let at = comment.start + offset + word.at;
                self.warn(Severity::Error, &(at..at + word.len), word.message, &word.hint);
            }
            let so_far = all.unwrap_or_default();
            let id = so_far.id.clone().or_else(|| read.id.clone());
            let phase = so_far.phase.or(read.phase);
            all = Some(Directives { id, phase, ..so_far.under(&read) });
        }
        all
    }

    pub(super) fn section(&mut self, level: u8, span: Range<usize>, inline: &Inline) {
        let line = self.lines.line(span.start);
        let own = self.directives(&inline.comments, line);
        let parent = self.list.open_heading_above(level);
        let above = parent.and_then(|at| self.list.sections.get(at));
        let directives = inherited(own, above.map(|s| &s.directives));
        let place = parent.and_then(|at| self.places.get(at)).cloned().unwrap_or_default();
        let title = inline.plain.split_whitespace().collect::<Vec<_>>().join(" ");
        self.places.push(place.below(&identity::normalise_title(&title)));
        self.list.sections.push(Section { title, level, parent, line, span, directives });
    }

    fn item(&mut self, bullet: &Bullet, tick: &Tick, above: &Place, plain: String) -> usize {
        let text_start = tick.at + 2;
        let line = self.lines.line(tick.at);
        let span = tick.at - 1..tick.at + 2;
        let own = self.directives(&bullet.first.comments, line);
        let section = self.list.sections.len().checked_sub(1);
        let outer = self.bullets.iter().rev().skip(1);
        let groups = outer.filter_map(|at| match self.stack.get(*at) {
            Some(Frame::Bullet(outer)) => Some(Arc::clone(&outer.group)),
            Some(Frame::List | Frame::Quote | Frame::Paragraph) | None => None,
        });
        let mut groups: Vec<Arc<Group>> = groups.collect();
        groups.reverse();
        let parent = match bullet.holder.and_then(|at| self.stack.get(at)) {
            Some(Frame::Bullet(outer)) => outer.item,
            Some(Frame::List | Frame::Quote | Frame::Paragraph) | None => None,
        };
        let explicit = own.as_ref().and_then(|own| own.id.clone());
        let (id, again) = self.ids.next(explicit.as_deref(), above, &plain);
        if again {
            let name = explicit.unwrap_or_default();
            self.warn(
                Severity::Error,
                &span,
                format!("the id `{name}` is used twice in this file"),
                "give each item an id of its own; until then both are counted",
            );
        }
        if let Some((message, hint)) = tick.doubt.map(Ambiguity::message_and_hint) {
            self.warn(Severity::Warning, &span, message.to_owned(), hint);
        }
        self.tick_in_comment(&bullet.first.comments, line);
        self.list.items.push(Item {
            id,
            section,
            parent,
            groups,
            depth: bullet.depth,
            text: bullet.group.text.to_string(),
            plain,
            checked: tick.checked,
            struck: bullet.first.struck_from_start,
            behind_strike: bullet.first.behind_strike.trim().to_owned(),
            line,
            box_at: tick.at,
            span: bullet.span.clone(),
            suffix_at: self.suffix_at(text_start, &bullet.first.comments),
            directives: inherited(own, section.and_then(|at| self.list.sections.get(at)).map(|s| &s.directives)),
            details: String::new(),
        });
        self.list.items.len() - 1
    }

    /// GitHub's library takes any `[x]` on an item's line for its tick, a comment's too.
    fn tick_in_comment(&mut self, comments: &[Range<usize>], line: usize) {
        for comment in comments.iter().filter(|comment| self.lines.line(comment.start) == line) {
            let text = self.slice(comment.clone());
            if let Some(at) = text.find("[x]").or_else(|| text.find("[X]")) {
                let span = comment.start + at..comment.start + at + 3;
                let message = "`[x]` in a comment on an item's line: some of GitHub's views take it for the tick";
                self.warn(Severity::Warning, &span, message.to_owned(), "take it out of the comment");
                return;
            }
        }
    }

    fn warn(&mut self, severity: Severity, span: &Range<usize>, message: String, hint: &str) {
        self.problems.push(self.lines.problem(self.source, severity, span, message, hint.to_owned()));
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
        let mut said = String::with_capacity(text.len());
        for (n, line) in text.lines().enumerate() {
            let line = if n == 0 { line } else { line.trim_start().trim_start_matches('>') };
            for word in line.split_whitespace() {
                if !said.is_empty() {
                    said.push(' ');
                }
                said.push_str(word);
            }
        }
        said
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

    pub(super) fn finish(&mut self, mut bullet: Box<Bullet>) {
        if let Some(item) = bullet.item.and_then(|at| self.list.items.get_mut(at)) {
            item.details = bullet.details.split_whitespace().collect::<Vec<_>>().join(" ");
            return;
        }
        if bullet.first.struck_from_start {
            // `- ~~text~~ reason` and `- ~~[ ] text~~`: the box went with the strike.
            let plain = std::mem::take(&mut bullet.first.plain);
            let start = bullet.first.start.unwrap_or(bullet.span.start);
            self.struck(&plain, bullet.first.behind_strike.trim().to_owned(), start, bullet.span.clone());
            return;
        }
        if let Some(outer) = self.holder() {
            outer.details.push(' ');
            outer.details.push_str(&bullet.first.plain);
        } else if !bullet.group.plain.is_empty() {
            self.list.bullets.push(bullet.group);
        }
    }

    pub(super) fn struck_line(&mut self, range: Range<usize>) {
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
            directives: Arc::default(),
            details: String::new(),
        });
    }
}

/// What a heading or an item says itself, laid over what the heading above it says; shared where it says nothing.
fn inherited(own: Option<Directives>, above: Option<&Arc<Directives>>) -> Arc<Directives> {
    match (own, above) {
        (Some(own), Some(above)) => Arc::new(own.under(above)),
        (Some(own), None) => Arc::new(own),
        (None, Some(above)) if above.id.is_some() => Arc::new(Directives { id: None, ..Directives::clone(above) }),
        (None, Some(above)) => Arc::clone(above),
        (None, None) => Arc::default(),
    }
}
