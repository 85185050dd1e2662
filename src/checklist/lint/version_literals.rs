//! Letters that stand for a version, `vX.Y.Z` or `$VERSION`: most real files have them, and they stay as they are.
//!
//! Only suggests: they occur in commands and patterns too, so nothing is replaced unless the configuration says so.

use super::super::Checklist;
use super::context::LintContext;
use super::findings::Findings;
use super::placeholders::filled;
use super::scan::Scan;
use std::collections::BTreeMap;
use std::ops::Range;

/// Variables of a shell that stand for the version or the tag.
const VARIABLES: [(&str, &str); 5] = [
    ("VERSION", "version"),
    ("NEW_VERSION", "version"),
    ("RELEASE_VERSION", "version"),
    ("TAG", "tag"),
    ("RELEASE_TAG", "tag"),
];

/// A style of letters in a file.
struct Style {
    first: Range<usize>,
    letters: String,
    with: String,
    /// Between dots; 1 for what is no letters of a version.
    parts: usize,
}

pub(super) fn look(source: &str, list: &Checklist, scan: &Scan, around: &LintContext<'_>, findings: &mut Findings) {
    let mut styles: BTreeMap<String, Style> = BTreeMap::new();
    let mut before = None;
    for (start, line) in filled(source, list.body_start) {
        for (at, c) in line.char_indices() {
            let rest = line.get(at..).unwrap_or_default();
            let found = if starts_a_word(before, c) { version(line, at) } else { None };
            let found = found.or_else(|| variable(rest)).or_else(|| angle(rest, scan, start + at));
            before = Some(c);
            let Some((key, style)) = found else { continue };
            if scan.kind(start + at).is_some_and(super::scan::Kind::is_comment) {
                continue;
            }
            let style = Style { first: start + at..start + at + style.letters.len(), ..style };
            // Without the `v` is the more general one: it finds both.
            match styles.get_mut(&key) {
                Some(known) if known.letters.len() > style.letters.len() => {
                    known.letters = style.letters;
                    known.with = style.with;
                }
                Some(_) => {}
                None => {
                    styles.insert(key, style);
                }
            }
        }
        before = None;
    }
    let long = styles.values().any(|style| style.parts == 3);
    // Beside `X.Y.Z`, `X.Y.0` speaks of a kind of release, and `X.Y` of a branch.
    let whole = styles.values().any(|style| style.parts == 3 && !style.letters.ends_with(".0"))
        || ["X.Y.Z", "x.y.z"].iter().any(|letters| source.contains(letters));
    let replaced = |style: &Style| {
        let mut keys = around.replace.into_iter().flatten().map(|(letters, _)| letters);
        keys.any(|letters| !letters.is_empty() && (style.letters.contains(letters) || letters.contains(&style.letters)))
    };
    for style in styles.into_values() {
        let beside = (style.parts == 2 && long) || (style.parts == 3 && style.letters.ends_with(".0") && whole);
        let variable = style.letters.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        let element = style.letters.strip_prefix('<').map(|name| format!("</{name}"));
        if beside
            || replaced(&style)
            || variable.is_some_and(|name| sets(source, name))
            || element.is_some_and(|end| source.contains(&end))
        {
            continue;
        }
        let (letters, with) = (&style.letters, &style.with);
        findings.note(
            style.first.clone(),
            format!("`{letters}` stays as it is in the issue"),
            format!("to have it filled in, write in the configuration: `replace: {{ \"{letters}\": \"{with}\" }}`"),
        );
    }
}

fn starts_a_word(before: Option<char>, c: char) -> bool {
    let part = |b: char| b.is_alphanumeric() || matches!(b, '_' | '.' | '$' | '{' | '#');
    (c.is_ascii_alphanumeric() || c == '#') && !before.is_some_and(part)
}

/// `vX.Y.Z` and its like at a place of a line: the style without its `v`, and how it is written here.
fn version(line: &str, at: usize) -> Option<(String, Style)> {
    let rest = line.get(at..)?;
    let core = rest.strip_prefix(['v', 'V']).unwrap_or(rest);
    let mut parts: Vec<&str> = Vec::new();
    let mut end = 0;
    loop {
        let from = core.get(end..)?;
        let (dot, from) = if parts.is_empty() { (0, from) } else { (1, from.strip_prefix('.').unwrap_or_default()) };
        let length = from.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '#' | '_')).unwrap_or(from.len());
        let part = from.get(..length).filter(|part| is_part(part));
        let Some(part) = part else { break };
        parts.push(part);
        end += dot + length;
        if parts.len() > 3 {
            return None; // An address.
        }
    }
    if !is_style(&parts, core.len() < rest.len()) {
        return None;
    }
    if is_description(line.get(..at)?, core.get(end..)?) {
        return None;
    }
    let v = rest.get(..rest.len() - core.len()).unwrap_or_default();
    let core = core.get(..end)?;
    let style =
        Style { first: 0..0, letters: format!("{v}{core}"), with: format!("{v}{{{{ version }}}}"), parts: parts.len() };
    Some((core.to_owned(), style))
}

/// Whether letters speak of a kind of version, by what stands before and behind them: `(X.Y.0)`, "vX.Y.0 releases"; or are
/// a part of something longer: `X.Y.Z-rc.N`.
fn is_description(before: &str, behind: &str) -> bool {
    let marks = ['`', '*', '_'];
    let sentence = behind.trim_start_matches(marks);
    let next = behind.strip_prefix('.').unwrap_or_default();
    let next = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    behind.starts_with('-')
        || next.chars().count() == 1
        || next.contains(|c: char| c.is_ascii_digit())
        || sentence.starts_with(" releases")
        || sentence.starts_with(" versions")
        || (sentence.starts_with(')') && before.trim_end_matches(marks).ends_with('('))
}

/// `X`, `XX`, `y`, `0`, `#`.
fn is_part(part: &str) -> bool {
    let digits = !part.is_empty() && part.len() <= 4 && part.chars().all(|c| c.is_ascii_digit());
    digits || matches!(part, "#" | "M" | "m" | "p" | "N" | "n") || is_letters(part)
}

fn is_letters(part: &str) -> bool {
    matches!(part, "X" | "Y" | "Z" | "x" | "y" | "z" | "XX" | "YY" | "ZZ" | "xx" | "yy" | "zz")
}

fn is_style(parts: &[&str], has_v: bool) -> bool {
    let number = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let upper = |part: &str| matches!(part, "X" | "Y" | "XX" | "YY");
    match parts {
        // `1.XX` and `X.Y`; `1.x` is a line of versions, and `X.509` is no version at all.
        [first, second] => (number(first) && matches!(*second, "XX" | "YY")) || (upper(first) && upper(second)),
        // `18.x.x` and `X.Y.x` are lines of versions; `x.x.x`, `0.x.0` and `v1.x.y` stand for one version.
        [_, rest @ ..] if rest.len() == 2 => {
            let small = |part: &&str| part.starts_with(|c: char| c.is_ascii_lowercase());
            let range = rest.last() == Some(&"x") && !parts.iter().all(small);
            let hashes = parts.iter().filter(|part| **part == "#").count();
            let letters = parts.iter().any(|part| !number(part));
            let semver_letters = parts.iter().filter(|part| matches!(**part, "M" | "m" | "p" | "N" | "n")).count();
            let pure = semver_letters == 0 || parts == ["M", "m", "p"] || (semver_letters == 3 && has_v);
            letters && !range && (hashes == 0 || hashes == 3) && pure
        }
        _ => false,
    }
}

/// `$VERSION` and `${VERSION}`.
fn variable(rest: &str) -> Option<(String, Style)> {
    let inside = rest.strip_prefix('$')?;
    let (open, close) = if inside.starts_with('{') { ("{", "}") } else { ("", "") };
    let inside = inside.get(open.len()..)?;
    let length = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let name = inside.get(..length)?;
    let (_, placeholder) = VARIABLES.into_iter().find(|(known, _)| *known == name)?;
    if !inside.get(length..)?.starts_with(close) {
        return None;
    }
    let letters = format!("${open}{name}{close}");
    let with = format!("{{{{ {placeholder} }}}}");
    Some((letters.clone(), Style { first: 0..0, letters, with, parts: 1 }))
}

/// Whether a text gives a variable its value: `VERSION=1.2.3`, `read VERSION`.
fn sets(source: &str, name: &str) -> bool {
    source.match_indices(name).any(|(at, _)| {
        let before = source.get(..at).unwrap_or_default();
        let behind = source.get(at + name.len()..).unwrap_or_default();
        let own = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '{'));
        own && (behind.trim_start_matches([' ', '?', ':']).starts_with('=') || before.ends_with("read "))
    })
}

/// `<version>` in code, where it is shown.
fn angle(rest: &str, scan: &Scan, at: usize) -> Option<(String, Style)> {
    let inside = rest.strip_prefix('<')?;
    let name = inside.get(..inside.bytes().take(24).position(|b| b == b'>')?)?;
    let plain = name.to_ascii_lowercase().replace(['_', '-'], " ");
    let known = ["version", "new version", "release version", "version number", "release version number"];
    if !known.contains(&plain.as_str()) || !scan.kind(at).is_some_and(super::scan::Kind::is_code) {
        return None;
    }
    let letters = format!("<{name}>");
    Some((letters.clone(), Style { first: 0..0, letters, with: "{{ version }}".to_owned(), parts: 1 }))
}
