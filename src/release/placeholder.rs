//! `{{ version }}` and its like: known names are replaced, in one pass, by values that can break out of nothing.
//!
//! Tag names and titles may come from strangers. Among words a value is one line and opens no box, no mention, no reference,
//! no link and no HTML; in code it is what it is, so that a command can be copied; in an address it is percent-encoded.
//! It never says what a shell would make of a value.

pub use crate::checklist::placeholder::NAMES;

use super::markdown_context::{MarkdownContext, MarkdownContexts};
use crate::checklist::placeholder::canonical_name;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use std::ops::Range;

/// The names and their values, ready for a text.
#[derive(Clone, Debug, Default)]
pub struct Values {
    values: BTreeMap<&'static str, Value>,
    replace: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Value {
    text: String,
    /// Made by us, of parts that hold no markup.
    ours: bool,
}

/// Characters of a value that are written. No name on GitHub is longer.
const MAX_VALUE_LENGTH: usize = 300;

/// Nothing is seen of it, and no Markdown begins after it.
const JOINER: char = '\u{2060}';

/// What an address may hold as it is.
const ADDRESS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/').remove(b'+').remove(b',');

/// A text that is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filling {
    /// Byte ranges and what comes there, in order and without overlap.
    pub edits: Vec<(Range<usize>, String)>,
    /// The targets of links in which a value stands: byte ranges, and the filled target.
    pub targets: Vec<(Range<usize>, String)>,
}

impl Values {
    /// Sets a value that others may have chosen.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, Value { text: value.chars().take(MAX_VALUE_LENGTH).collect(), ours: false });
    }

    /// Sets a value of ours, which is written as it is.
    pub fn set_ours(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, Value { text: value.to_owned(), ours: true });
    }

    /// Letters of the text that stand for a placeholder, as the configuration's `replace` maps them.
    pub fn replace(&mut self, map: &BTreeMap<String, String>) {
        self.replace.extend(map.clone());
    }

    /// How to fill a text of Markdown.
    #[must_use]
    pub fn filling(&self, text: &str) -> Filling {
        let found = self.find(text);
        if found.is_empty() {
            return Filling::default();
        }
        let places = MarkdownContexts::of(text, &found.iter().map(|(range, _)| range.clone()).collect::<Vec<_>>());
        let mut edits = Vec::new();
        for (range, what) in found {
            let place = places.at(text, range.start);
            if place != MarkdownContext::Comment {
                let before = text.get(..range.start).unwrap_or_default();
                edits.push((range, self.render(what, place, last_line(before))));
            }
        }
        let filled = |target: Range<usize>| {
            let inside = edits.iter().filter(|(range, _)| target.start <= range.start && range.end <= target.end);
            let inside = inside.map(|(r, value)| (r.start - target.start..r.end - target.start, value.clone()));
            let with = apply(text.get(target.clone()).unwrap_or_default(), &inside.collect::<Vec<_>>());
            (target, with)
        };
        let targets = places.targets.iter().cloned().map(filled).collect();
        Filling { edits, targets }
    }

    /// Fills a text of Markdown.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        apply(text, &self.filling(text).edits)
    }

    /// Fills a title, in which `<Version …>` is the version too; the result is one line, and no Markdown.
    #[must_use]
    pub fn title(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(open) = text.to_ascii_lowercase().find("<version")
            && let Some(close) = text.get(open..).and_then(|rest| rest.find('>'))
        {
            text.replace_range(open..=open + close, "{{ version }}");
        }
        let write = |what| {
            self.parts(what)
                .map(|(literal, value)| {
                    format!("{literal}{}", value.map_or_else(String::new, |v| silent(&one_line(&v.text))))
                })
                .collect::<String>()
        };
        let edits: Vec<_> = self.find(&text).into_iter().map(|(range, what)| (range, write(what))).collect();
        apply(&text, &edits).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Placeholders and replaced letters, in order and without overlap.
    fn find<'t>(&'t self, text: &'t str) -> Vec<(Range<usize>, What<'t>)> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            if let Some((len, what)) = self.at(rest) {
                found.push((at..at + len, what));
                at += len;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        found
    }

    fn at<'t>(&'t self, rest: &'t str) -> Option<(usize, What<'t>)> {
        if rest.starts_with("{{") {
            return self.name(rest).map(|(len, value)| (len, What::Value(value)));
        }
        let found =
            self.replace.iter().filter(|(letters, _)| !letters.is_empty() && rest.starts_with(letters.as_str()));
        found.max_by_key(|(letters, _)| letters.len()).map(|(letters, with)| (letters.len(), What::Letters(with)))
    }

    fn name(&self, rest: &str) -> Option<(usize, &Value)> {
        let inside = rest.strip_prefix("{{")?;
        // No name holds a brace or a line's end: looking further would take ages in a text full of braces.
        let close =
            inside.find(['{', '}', '\n']).filter(|at| inside.get(*at..).is_some_and(|r| r.starts_with("}}")))?;
        let name = inside.get(..close)?.trim();
        Some((close + 4, self.values.get(canonical_name(name)?)?))
    }

    /// What is written for a placeholder or for replaced letters: the configuration's own words, and the values among them.
    fn parts<'t>(&'t self, what: What<'t>) -> impl Iterator<Item = (&'t str, Option<&'t Value>)> {
        let mut rest = match what {
            What::Value(_) => None,
            What::Letters(with) => Some(with),
        };
        let mut own = match what {
            What::Value(value) => Some(value),
            What::Letters(_) => None,
        };
        std::iter::from_fn(move || {
            if let Some(value) = own.take() {
                return Some(("", Some(value)));
            }
            let text = rest.take()?;
            let next = text.match_indices("{{").find_map(|(at, _)| {
                let (len, value) = self.name(text.get(at..)?)?;
                Some((at, len, value))
            });
            let Some((at, len, value)) = next else { return Some((text, None)) };
            rest = text.get(at + len..);
            Some((text.get(..at).unwrap_or_default(), Some(value)))
        })
    }

    fn render(&self, what: What<'_>, place: MarkdownContext, line: &str) -> String {
        let mut out = line.to_owned();
        for (literal, value) in self.parts(what) {
            out.push_str(literal);
            if let Some(value) = value {
                let value = value.at(place, &out);
                out.push_str(&value);
            }
        }
        out.split_off(line.len())
    }
}

#[derive(Clone, Copy)]
enum What<'t> {
    Value(&'t Value),
    Letters(&'t str),
}

impl Value {
    /// The value as it is written behind what stands on its line already.
    fn at(&self, place: MarkdownContext, line: &str) -> String {
        if self.ours && !self.text.is_empty() {
            return self.text.clone();
        }
        match place {
            MarkdownContext::Code if one_line(&self.text).is_empty() => " ".to_owned(),
            // An empty line would end an indented block.
            MarkdownContext::Block if line.trim().is_empty() && one_line(&self.text).is_empty() => JOINER.to_string(),
            MarkdownContext::Code | MarkdownContext::Block => code(&self.text),
            // An address that begins with two slashes is another host's.
            MarkdownContext::Address if line.ends_with(['(', '<', '"', '\'', '=', ' ']) => {
                address(one_line(&self.text).trim_start_matches('/'))
            }
            MarkdownContext::Address => address(&self.text),
            // An empty line would end the block.
            MarkdownContext::Html if one_line(&self.text).is_empty() => JOINER.to_string(),
            MarkdownContext::Html => markup_free(&self.text, false),
            MarkdownContext::Text => {
                let word = line.rsplit(char::is_whitespace).next().unwrap_or_default();
                if word.contains("://") {
                    return address(&self.text).replace('_', "%5F");
                }
                let mut out = harmless(&self.text);
                if out.is_empty() || joins(line, &out) {
                    out.insert(0, JOINER);
                }
                out
            }
            MarkdownContext::Comment => String::new(),
        }
    }
}

/// Whether a value and what stands before it on its line would together be markup: a list, a heading's underline, a tag, a box,
/// a link's target.
fn joins(line: &str, value: &str) -> bool {
    let markers = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '\t' | '>' | '-' | '+' | '*' | '.' | ')' | '=');
    let digits = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = digits.len() < value.len()
        && (digits.is_empty() || digits.strip_prefix(['.', ')']).is_some_and(|r| r.is_empty() || r.starts_with(' ')));
    let opens = value.starts_with(['-', '+', '=', '.', ')', ':']) || number;
    match line.chars().next_back() {
        Some('<' | '\\' | '&') => true,
        Some('/') => line.ends_with("</"),
        Some('[') => value.eq_ignore_ascii_case("x"),
        Some(']') => value.starts_with(['(', ':']),
        _ => opens && line.chars().all(markers),
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit(['\n', '\r']).next().unwrap_or_default()
}

/// Applies edits that are in order and do not overlap.
#[must_use]
pub fn apply(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, with) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(with);
        at = range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A stranger's text on one line, without what is not seen: control and direction characters, and those without a width.
fn one_line(text: &str) -> String {
    let unseen = |c: &char| {
        (c.is_control() && !c.is_whitespace())
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let seen: String = text.chars().filter(|c| !unseen(c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps GitHub from making mentions, references, formulas and links of a text: something unseen stands behind their signs.
fn silent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let lower = text.to_ascii_lowercase();
    for (at, c) in text.char_indices() {
        let (rest, before) = (lower.get(at..).unwrap_or_default(), lower.get(..at).unwrap_or_default());
        let address = c == ':' && rest.starts_with("://") || c == '.' && before.ends_with("www");
        if address && c == '.' || c == '-' && before.ends_with("gh") {
            out.push(JOINER);
        }
        out.push(c);
        if matches!(c, '@' | '#' | '$') || address && c == ':' {
            out.push(JOINER);
        }
    }
    out
}

/// One line without HTML, boxes, code, table cells and strikes; in Markdown, the signs of emphasis are escaped.
fn markup_free(text: &str, markdown: bool) -> String {
    // First, so that no address comes of it.
    let text = silent(&one_line(text).replace('|', "/"));
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if !markdown => out.push_str("&quot;"),
            '`' => out.push('\''),
            '[' => out.push('('),
            ']' => out.push(')'),
            '~' => out.push('-'),
            '*' | '\\' if markdown => out.extend(['\\', c]),
            '_' if markdown && !(before.is_alphanumeric() && next.is_alphanumeric()) => out.push_str("\\_"),
            // A link may follow: it would become a picture.
            '!' if markdown && next == ' ' => out.push_str("\\!"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Makes a stranger's text safe within a line of Markdown: one line, no control and direction characters, no HTML, no code,
/// no link, no mention, no reference, no box, no emphasis.
#[must_use]
pub fn harmless(text: &str) -> String {
    markup_free(text, true)
}

/// As [`harmless`], no longer than so many characters, and never nothing: markup around nothing is other markup.
#[must_use]
pub fn harmless_cut(text: &str, longest: usize) -> String {
    let out = harmless(&cut(text, longest));
    if out.is_empty() { JOINER.to_string() } else { out }
}

/// A stranger's text for the inside of a code span or block, where markup means nothing, and only the end is to be feared.
/// Even if a reader took it for Markdown, there would be no HTML and no box.
fn code(text: &str) -> String {
    let as_is = |c| match c {
        '`' => '\'',
        '<' => '‹',
        '>' => '›',
        '[' => '(',
        ']' => ')',
        '|' => '/',
        '~' => '-',
        c => c,
    };
    one_line(text).chars().map(as_is).collect()
}

/// A stranger's text as a code span, no longer than so many characters.
#[must_use]
pub fn span(text: &str, longest: usize) -> String {
    let inside = code(&cut(text, longest));
    // Two ticks with nothing between them would open a longer span.
    format!("`{}`", if inside.is_empty() { " " } else { &inside })
}

/// Cuts a text in its middle: names differ at their ends.
#[must_use]
pub fn cut(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let half = longest / 2;
    let head = text.chars().take(half);
    head.chain(['…']).chain(text.chars().skip(length - half)).collect()
}

fn address(text: &str) -> String {
    utf8_percent_encode(&one_line(text), ADDRESS).to_string()
}
