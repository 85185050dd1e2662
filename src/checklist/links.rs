//! The links within an item's text: what is read, and where they lead.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::Serialize;
use std::ops::Range;

/// One link of an item that leads elsewhere now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkChange {
    /// What is read: the new text where there is one.
    pub text: String,
    /// Where it led; nothing for a link that is new.
    pub from: Option<String>,
    /// Where it leads; nothing for a link that is gone.
    pub to: Option<String>,
}

/// What is read of a link, and where it leads.
type Link = (String, String);

/// A link as it is found: its bytes, those of what is read, and where it leads.
type Found = (Range<usize>, Option<Range<usize>>, String);

/// What stands before the text while it is read, so that nothing in it opens a list, a heading or a quote.
const LEAD: &str = "x ";

/// A text with its links reduced to what is read of them, and the links.
pub(super) fn apart(text: &str) -> (String, Vec<Link>) {
    if !text.contains("](") {
        return (text.to_owned(), Vec::new());
    }
    let source = format!("{LEAD}{text}");
    let mut links: Vec<Found> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (event, range) in Parser::new_ext(&source, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &event {
            widen(&mut links, &open, &range);
            open.push(links.len());
            links.push((range, None, dest_url.to_string()));
        } else if matches!(event, Event::End(TagEnd::Link | TagEnd::Image)) {
            open.pop();
        } else {
            widen(&mut links, &open, &range);
        }
    }
    let (mut seen, mut found, mut at) = (String::new(), Vec::new(), LEAD.len());
    for (whole, inner, target) in links {
        let read = inner.and_then(|inner| source.get(inner)).unwrap_or_default();
        found.push((read.to_owned(), target));
        // A link within a link's text, a picture, is part of what is read.
        if whole.start >= at {
            seen.push_str(source.get(at..whole.start).unwrap_or_default());
            seen.push_str(read);
            at = whole.end;
        }
    }
    seen.push_str(source.get(at..).unwrap_or_default());
    (seen, found)
}

/// The innermost open link reaches over all that is found in it.
fn widen(links: &mut [Found], open: &[usize], range: &Range<usize>) {
    if let Some((_, inner, _)) = open.last().and_then(|at| links.get_mut(*at)) {
        let so_far = inner.get_or_insert_with(|| range.clone());
        so_far.end = so_far.end.max(range.end);
    }
}

/// Which links lead elsewhere: paired in order where there are as many, else by what is read.
pub(super) fn changes(old: Vec<Link>, mut new: Vec<Link>) -> Vec<LinkChange> {
    if old.len() == new.len() {
        let pairs = old.into_iter().zip(new).filter(|((_, from), (_, to))| from != to);
        return pairs.map(|((_, from), (text, to))| LinkChange { text, from: Some(from), to: Some(to) }).collect();
    }
    let mut changes = Vec::new();
    for (text, from) in old {
        match new.iter().position(|(other, _)| *other == text) {
            Some(at) => {
                let (_, to) = new.remove(at);
                if from != to {
                    changes.push(LinkChange { text, from: Some(from), to: Some(to) });
                }
            }
            None => changes.push(LinkChange { text, from: Some(from), to: None }),
        }
    }
    changes.extend(new.into_iter().map(|(text, to)| LinkChange { text, from: None, to: Some(to) }));
    changes
}
