//! Users' texts made safe to stand in our own Markdown: they notify nobody, load nothing, open nothing and hide nothing.
//!
//! Code spans are found as GitHub finds them, since whatever stands outside of one has to be guarded, and nothing else may.

use crate::checklist::invisible::is_invisible;

/// So many characters of a text are shown.
const MAX_LENGTH: usize = 400;

/// Between a sign and what it would otherwise call: a person, an issue.
const JOINER: char = '\u{2060}';

/// A user's text within a line of Markdown: emphasis and code stay, but nothing that opens a line, a mention, a reference, a link,
/// a picture, a table cell or HTML.
///
/// Where a link leads is shown as text: in a comment of ours it would look like ours.
#[must_use]
pub fn inline(text: &str) -> String {
    let chars: Vec<char> = visible(text).chars().collect();
    let mut out = String::with_capacity(text.len() + 16);
    let start = open_nothing(&chars, &mut out);
    guarded(&chars, start, out)
}

fn guarded(chars: &[char], start: usize, mut out: String) -> String {
    let runs = Runs::of(chars);
    let mut at = start;
    while let Some(c) = chars.get(at).copied() {
        if at >= MAX_LENGTH {
            out.push('…');
            break;
        }
        let next = chars.get(at + 1).copied();
        match c {
            '`' => {
                let length = run_of(chars, at, '`');
                if let Some(end) = runs.closing(at, length) {
                    let inside = chars.get(at + length..end).unwrap_or_default();
                    code_span(inside, length, MAX_LENGTH.saturating_sub(at), &mut out);
                    at = end + length;
                } else {
                    out.extend(std::iter::repeat_n('\'', length));
                    at += length;
                }
                continue;
            }
            // What is escaped stays escaped, unless it is one of ours: then that is guarded below.
            '\\' => match next {
                Some('`') => {
                    out.push('\'');
                    at += 2;
                    continue;
                }
                Some('|' | '<' | '!' | '@' | '#' | '&' | '$') => {}
                Some(sign) if sign.is_ascii_punctuation() => {
                    out.extend(['\\', sign]);
                    at += 2;
                    continue;
                }
                Some(_) | None => out.push_str("\\\\"),
            },
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '&' if !escape(chars.get(at + 1..).unwrap_or_default()) => out.push_str("&amp;"),
            '$' => out.push_str("&#36;"),
            '!' if next == Some('[') => out.push_str("\\!"),
            ']' if matches!(next, Some('(' | '[' | ':')) => out.push_str("\\]"),
            '@' => out.extend(['@', JOINER]),
            '#' if next.is_some_and(|c| c.is_ascii_digit()) => out.extend(['#', JOINER]),
            c => {
                out.push(c);
                if calls(chars, at) {
                    out.push(JOINER);
                }
            }
        }
        at += 1;
    }
    out
}

/// Whether GitHub makes a link of what ends at this character and goes on behind it: an address, an issue by `GH-12`, a commit by
/// its name.
fn calls(chars: &[char], at: usize) -> bool {
    let ends = |word: &str| {
        let length = word.chars().count();
        let start = (at + 1).checked_sub(length)?;
        let same = chars.get(start..=at)?.iter().zip(word.chars()).all(|(own, other)| own.eq_ignore_ascii_case(&other));
        let alone = start.checked_sub(1).and_then(|before| chars.get(before)).is_none_or(|c| !c.is_alphanumeric());
        Some(same && alone)
    };
    let next = |sign: &str| chars.iter().skip(at + 1).zip(sign.chars()).filter(|(own, other)| *own == other).count();
    let is_hex = |n: usize| chars.get(n).is_some_and(char::is_ascii_hexdigit);
    // The first of forty hexadecimal digits that stand alone.
    let begins = is_hex(at) && at.checked_sub(1).is_none_or(|before| !is_hex(before));
    let is_commit = begins && (1..40).all(|n| is_hex(at + n)) && !is_hex(at + 40);
    (chars.get(at) == Some(&':') && next("//") == 2)
        || (ends("www") == Some(true) && next(".") == 1)
        || (ends("GH") == Some(true) && next("-") == 1)
        || is_commit
}

/// Whether what follows an `&` makes a sign of which GitHub makes nothing: the release issue's own escapes say such.
fn escape(behind: &[char]) -> bool {
    ["lt;", "gt;", "amp;", "quot;"].iter().any(|e| behind.iter().take(e.len()).copied().eq(e.chars()))
}

/// Without what nobody sees, and on one line.
fn visible(text: &str) -> String {
    let blank = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().filter(|c| !is_invisible(*c) || *c == '\u{fe0f}').map(blank).collect()
}

/// At the start of a list item some signs open something: a list, a heading, a quote, a box, a definition, a fence. Says how
/// many characters are written already.
fn open_nothing(chars: &[char], out: &mut String) -> usize {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    let behind = |at: usize| chars.get(at).is_none_or(|c| c.is_whitespace());
    let opens = match chars.first() {
        Some('-' | '+' | '*') => behind(1) || chars.iter().all(|c| matches!(c, '-' | '+' | '*' | ' ')),
        Some('#' | '>' | '=') => true,
        Some('~') => run_of(chars, 0, '~') >= 3,
        Some('[') => {
            let inside: String = chars.iter().skip(1).take_while(|c| **c != ']').collect();
            let after = chars.get(inside.chars().count() + 2);
            inside.trim().is_empty() || inside.eq_ignore_ascii_case("x") || after == Some(&':')
        }
        Some('_') => chars.iter().all(|c| matches!(c, '_' | ' ')),
        _ => false,
    };
    if opens {
        out.push('\\');
    } else if digits > 0 && matches!(chars.get(digits), Some('.' | ')')) && behind(digits + 1) {
        out.extend(chars.iter().take(digits));
        out.push('\\');
        return digits;
    }
    0
}

fn run_of(chars: &[char], at: usize, sign: char) -> usize {
    chars.iter().skip(at).take_while(|c| **c == sign).count()
}

/// The runs of backticks of a text: where they start, and how long they are.
struct Runs(Vec<(usize, usize)>);

impl Runs {
    fn of(chars: &[char]) -> Self {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (at, _) in chars.iter().enumerate().filter(|(_, c)| **c == '`') {
            match runs.last_mut() {
                Some((start, length)) if *start + *length == at => *length += 1,
                _ => runs.push((at, 1)),
            }
        }
        Self(runs)
    }

    /// Where the next run of the same length starts.
    fn closing(&self, at: usize, length: usize) -> Option<usize> {
        self.0.iter().find(|(start, other)| *start > at && *other == length).map(|(start, _)| *start)
    }
}

/// A code span in a cell of a table: the one sign that means something there is the bar.
fn code_span(inside: &[char], ticks: usize, most: usize, out: &mut String) {
    out.extend(std::iter::repeat_n('`', ticks));
    for (n, c) in inside.iter().enumerate() {
        if n >= most {
            out.push('…');
            break;
        }
        match (c, inside.get(n + 1)) {
            ('|', _) => out.push_str("\\|"),
            // A backslash before a bar would be taken for the one that guards the bar.
            ('\\', Some('|')) => out.push_str("\\ "),
            (c, _) => out.push(*c),
        }
    }
    out.extend(std::iter::repeat_n('`', ticks));
}

/// A user's text without any markup, for titles.
#[must_use]
pub fn bare(text: &str) -> String {
    let without: String = text.chars().filter(|c| !matches!(c, '*' | '`' | '~' | '\\')).collect();
    let chars: Vec<char> = visible(&without).chars().collect();
    guarded(&chars, 0, String::with_capacity(without.len() + 16))
}

/// A user's text without markup, but what is code letter by letter: for the words of a rewording that stayed.
pub(super) fn kept(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let runs = Runs::of(&chars);
    let (mut out, mut plain, mut at) = (String::new(), String::new(), 0);
    while let Some(c) = chars.get(at) {
        let length = if *c == '`' { run_of(&chars, at, '`') } else { 0 };
        match runs.closing(at, length) {
            Some(end) if length > 0 => {
                out.push_str(&bare(&std::mem::take(&mut plain)));
                let inside: String = chars.get(at + length..end).unwrap_or_default().iter().collect();
                out.push_str(&literal(&inside));
                at = end + length;
            }
            Some(_) | None => {
                plain.push(*c);
                at += 1;
            }
        }
    }
    out + &bare(&plain)
}

/// A user's text letter by letter: its markup is seen and does nothing. For words that changed.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (n, c) in text.chars().enumerate() {
        if n >= MAX_LENGTH {
            out.push('…');
            break;
        }
        match c {
            c if is_invisible(c) && c != '\u{fe0f}' => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '$' => out.push_str("&#36;"),
            '@' => out.extend(['@', JOINER]),
            '#' => out.extend(['#', JOINER]),
            ':' => out.extend([':', JOINER]),
            '*' | '_' | '`' | '~' | '\\' | '|' | '[' | ']' | '!' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A user's text as code, whatever is in it.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let chars: Vec<char> = text.trim().chars().collect();
    let longest = Runs::of(&chars).0.iter().map(|(_, length)| *length).max().unwrap_or_default();
    let pad = if longest > 0 { " " } else { "" };
    let mut inside: Vec<char> = Vec::new();
    inside.extend(pad.chars());
    inside.extend(chars);
    inside.extend(pad.chars());
    let mut out = String::new();
    code_span(&inside, longest + 1, MAX_LENGTH, &mut out);
    out
}
