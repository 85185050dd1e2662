//! `{{ version }}` and its like: known names are replaced, in one pass, by values that can break out of nothing.
//!
//! Tag names and titles may come from strangers. A value is one line, opens no box, no mention, no HTML and no code.

pub use crate::checklist::placeholder::NAMES;

use crate::checklist::placeholder::known;
use std::collections::BTreeMap;
use std::ops::Range;

/// The names and their values, ready for a text.
#[derive(Clone, Debug, Default)]
pub struct Values {
    values: BTreeMap<&'static str, String>,
    replace: BTreeMap<String, String>,
}

impl Values {
    /// Sets a value; the text is made harmless here.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, harmless(value));
    }

    /// Letters of the text that stand for a placeholder, as the configuration's `replace` maps them.
    pub fn replace(&mut self, map: &BTreeMap<String, String>) {
        for (letters, with) in map {
            let value = self.fill(with);
            self.replace.insert(letters.clone(), value);
        }
    }

    /// The edits that fill a text: byte ranges and what comes there, in order and without overlap.
    #[must_use]
    pub fn edits(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut edits = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            if let Some((len, value)) = self.at(rest) {
                edits.push((at..at + len, value));
                at += len;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        edits
    }

    fn at(&self, rest: &str) -> Option<(usize, String)> {
        if let Some(inside) = rest.strip_prefix("{{") {
            // No name holds a brace or a line's end: looking further would take ages in a text full of braces.
            let close =
                inside.find(['{', '}', '\n']).filter(|at| inside.get(*at..).is_some_and(|r| r.starts_with("}}")))?;
            let name = inside.get(..close)?.trim();
            let value = self.values.get(known(name)?)?;
            return Some((close + 4, value.clone()));
        }
        let found =
            self.replace.iter().filter(|(letters, _)| !letters.is_empty() && rest.starts_with(letters.as_str()));
        found.max_by_key(|(letters, _)| letters.len()).map(|(letters, value)| (letters.len(), value.clone()))
    }

    /// Fills a text.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        apply(text, &self.edits(text))
    }

    /// Fills a title, in which `<Version …>` is the version too; the result is one line.
    #[must_use]
    pub fn title(&self, text: &str) -> String {
        let mut filled = self.fill(text);
        if let Some(version) = self.values.get("version")
            && let Some(open) = filled.to_ascii_lowercase().find("<version")
            && let Some(close) = filled.get(open..).and_then(|rest| rest.find('>'))
        {
            filled.replace_range(open..=open + close, version);
        }
        filled.split_whitespace().collect::<Vec<_>>().join(" ")
    }
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

/// Makes a stranger's text safe within a line of Markdown: one line, no control and direction characters, no HTML, no code,
/// no link, no mention, no reference, no box.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {}
            c if c.is_control() => {}
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' => out.push('\''),
            '[' => out.push('('),
            ']' => out.push(')'),
            '|' => out.push('/'),
            '~' => out.push('-'),
            // A word joiner behind the sign keeps GitHub from making a mention or a reference of it.
            '@' | '#' => {
                out.push(c);
                out.push('\u{2060}');
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}
