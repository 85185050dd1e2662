//! What stands between braces or angles and stays as it is: names that Holdpoint does not know, other tools' templates, and
//! `<words>` that GitHub takes for HTML and does not show.
//!
//! `{{ .Values.x }}`, `{{ matrix.os }}` and `${{ … }}` belong to Helm, Go and Actions, and are left in peace.

use super::super::Checklist;
use super::super::placeholder::{NAMES, canonical_name};
use super::super::spelling::nearest;
use super::findings::Findings;
use super::scan::{Kind, Scan, lines_from};
use std::collections::BTreeSet;
use std::ops::Range;

pub(super) fn look(source: &str, list: &Checklist, scan: &Scan, findings: &mut Findings) {
    if let Some((span, form)) = foreign(source, list, scan) {
        findings.warn(
            span,
            format!("this is a template of another tool (`{form}`): Holdpoint does not run it"),
            "run it with its own tool, and use what comes out as the checklist",
        );
    } else {
        unknown(source, list, scan, findings);
    }
    angles(source, scan, findings);
}

/// The lines in which placeholders are filled: the title of the front matter, and the body.
pub(super) fn filled(source: &str, body_start: usize) -> impl Iterator<Item = (usize, &str)> {
    let front = lines_from(source, 0).take_while(move |(at, _)| *at < body_start);
    front.filter(|(_, line)| line.starts_with("title:")).chain(lines_from(source, body_start))
}

/// The first mark of a template language whose statements would stand in the issue.
fn foreign(source: &str, list: &Checklist, scan: &Scan) -> Option<(Range<usize>, &'static str)> {
    for (start, line) in lines_from(source, list.body_start) {
        let marks = line.char_indices().filter(|(_, c)| matches!(c, '{' | '<'));
        for (at, _) in marks {
            let rest = line.get(at..).unwrap_or_default();
            let Some((form, end)) = foreign_mark(rest) else { continue };
            if scan.kind(start + at).is_some_and(Kind::is_code) {
                continue;
            }
            let length = rest.find(end).map_or(rest.len(), |close| close + end.len());
            return Some((start + at..start + at + length, form));
        }
    }
    None
}

fn foreign_mark(rest: &str) -> Option<(&'static str, &'static str)> {
    if let Some(inside) = rest.strip_prefix("{%") {
        let word = inside.trim_start_matches(['-', '+']).trim_start();
        return word.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(("{% … %}", "%}"));
    }
    if let Some(inside) = rest.strip_prefix("<%") {
        let word = inside.trim_start_matches(['=', '-', ' ']);
        return word
            .starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '@' | '#'))
            .then_some(("<% … %>", "%>"));
    }
    let inside = rest.strip_prefix("{{")?.trim_start_matches('-').trim_start();
    let word: &str = inside.split(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '#' | '/' | '^')).next()?;
    let found = match word {
        "if" | "#if" | "/if" => "{{if …}}",
        "range" => "{{range …}}",
        "end" => "{{end}}",
        "else" => "{{else}}",
        "with" => "{{with …}}",
        "template" => "{{template …}}",
        "define" => "{{define …}}",
        "#each" | "/each" | "#unless" | "/unless" | "#with" | "/with" => "{{#each …}}",
        _ => return None,
    };
    Some((found, "}}"))
}

/// `{{ names }}` that are none, each told once.
fn unknown(source: &str, list: &Checklist, scan: &Scan, findings: &mut Findings) {
    let mut told = BTreeSet::new();
    for (start, line) in filled(source, list.body_start) {
        let mut at = 0;
        while let Some(open) = line.get(at..).and_then(|rest| rest.find("{{")).map(|found| at + found) {
            let inside = line.get(open + 2..).unwrap_or_default();
            let close = inside.find(['{', '}']);
            let Some(close) = close.filter(|c| inside.get(*c..).is_some_and(|rest| rest.starts_with("}}"))) else {
                at = open + 2 + close.unwrap_or(inside.len());
                continue;
            };
            at = open + 2 + close + 2;
            let name = inside.get(..close).unwrap_or_default().trim();
            let actions = line.get(..open).is_some_and(|before| before.ends_with(['$', '{']));
            if actions || canonical_name(name).is_some() || told.contains(name) || !could_be_ours(name) {
                continue;
            }
            let kind = scan.kind(start + open);
            let meant = meant(name);
            // In code the braces belong to the tool that the code is for, unless the name gives them away.
            let ours = |meant: &str| spelled(name) == spelled(meant);
            if kind.is_some_and(Kind::is_code) && !meant.is_some_and(ours) {
                continue;
            }
            if kind.is_some_and(Kind::is_comment) || !told.insert(name) {
                continue;
            }
            let message = if name.contains('|') {
                format!("`{{{{ {name} }}}}` stays as it is: Holdpoint knows names only, and no filters")
            } else {
                format!("`{{{{ {name} }}}}` stays as it is: Holdpoint knows no such name")
            };
            let hint = meant.map_or_else(
                || format!("known are {}", NAMES.join(", ")),
                |meant| format!("did you mean `{{{{ {meant} }}}}`?"),
            );
            findings.warn(start + open..start + at, message, hint);
        }
    }
}

/// Words, perhaps with a filter: what other tools write with dots, signs and quotes is theirs. `env.NAME` is an old form of
/// what Holdpoint does.
fn could_be_ours(inside: &str) -> bool {
    let name = inside.split('|').next().unwrap_or_default().trim();
    let name = name.strip_prefix("env.").unwrap_or(name);
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(word)
}

/// A name without what people vary in it.
fn spelled(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The name that was probably meant.
fn meant(inside: &str) -> Option<&'static str> {
    let name = inside.split('|').next().unwrap_or_default().trim();
    let name = name.strip_prefix("env.").unwrap_or(name);
    if let Some(same) = NAMES.into_iter().find(|known| spelled(known) == spelled(name)) {
        return Some(same);
    }
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(['_', '-', ' ']).collect();
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    if has(&["next", "major", "minor", "patch", "branch"]) {
        return None;
    }
    if has(&["previous", "prev", "last", "old"]) {
        return has(&["version", "tag", "release"]).then_some("previous");
    }
    match () {
        () if has(&["version"]) => Some("version"),
        () if has(&["tag"]) => Some("tag"),
        () if has(&["commit", "hash"]) => Some("sha"),
        () if has(&["repo"]) => Some("repository"),
        () if has(&["today"]) || lower == "release_date" => Some("date"),
        () if has(&["prs"]) => Some("pull_requests"),
        () => nearest(name, &NAMES).filter(|meant| name.len().abs_diff(meant.len()) <= 1 && name.len() > 3),
    }
}

/// Words between angles that GitHub takes for HTML, and leaves out.
fn angles(source: &str, scan: &Scan, findings: &mut Findings) {
    let mut told = BTreeSet::new();
    for region in scan.regions.iter().filter(|region| region.kind == Kind::Html) {
        let text = source.get(region.range.clone()).unwrap_or_default();
        let mut at = 0;
        while let Some(open) = text.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
            let rest = text.get(open + 1..).unwrap_or_default();
            let length = rest.find(['>', '<', '\n']).unwrap_or(rest.len());
            at = open + 1 + length;
            let inside = rest.get(..length).unwrap_or_default().trim();
            let whole = rest.get(length..).is_some_and(|behind| behind.starts_with('>'));
            let name = inside.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
            let name = name.to_ascii_lowercase();
            // What has attributes or a slash is HTML, whoever made up its name.
            if !whole || inside.contains(['=', '/', '"']) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            if ELEMENTS.binary_search(&name.as_str()).is_ok() || !told.insert(inside.to_ascii_lowercase()) {
                continue;
            }
            let start = region.range.start + open;
            let version = inside.to_ascii_lowercase().contains("version");
            findings.warn(
                start..start + length + 2,
                format!("GitHub takes `<{}>` for HTML, and does not show it", inside.replace('`', "'")),
                if version {
                    "write `{{ version }}`, or put it between backticks"
                } else {
                    "put it between backticks, or write it without the angles"
                },
            );
        }
    }
}

/// The names of HTML and SVG elements that people write in Markdown, in order.
const ELEMENTS: [&str; 113] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "g-emoji",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "meta",
    "nav",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "p",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
];
