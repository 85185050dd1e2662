//! Items and headings that were read, and say something that their author can hardly have meant; and files without items.

use super::super::Checklist;
use super::super::directive;
use super::context::LintContext;
use super::findings::Findings;
use super::scan::{Kind, Scan, lines_from};
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) fn look(
    source: &str,
    list: &Checklist,
    scan: &Scan,
    misses: usize,
    around: &LintContext<'_>,
    findings: &mut Findings,
) {
    for item in &list.items {
        let span = item.box_at - 1..item.box_at + 2;
        if item.checked {
            let hint = "write `[ ]`: every release starts with open boxes";
            findings.warn(span.clone(), "this box is ticked in the file", hint);
        }
        if item.struck {
            let message = "this item is struck out in the file, and counts all the same";
            findings.warn(span.clone(), message, "take it out, or write it without `~~`");
        }
        if item.text.is_empty() {
            findings.warn(span.clone(), "an item without a text", "say what is to be done");
        }
        if item.text.contains("[x]") || item.text.contains("[X]") {
            let message = "`[x]` inside an item's text: some of GitHub's views take it for the tick";
            findings.warn(span, message, "write `\\[x\\]`");
        }
    }
    duplicates(list, findings);
    alone_in_a_group(source, list, findings);
    after_the_release(source, list, around, findings);
    lost_directives(source, scan, findings);
    if list.items.is_empty() {
        without_items(source, list, scan, misses, around, findings);
    }
}

fn duplicates(list: &Checklist, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for item in &list.items {
        if item.plain.is_empty() || item.directives.id.is_some() {
            continue;
        }
        let key = (item.section, item.parent, item.groups.as_slice(), item.plain.as_str());
        if let Some(first) = seen.get(&key) {
            findings.warn(
                item.box_at - 1..item.box_at + 2,
                format!("the same item is in line {first}"),
                "give each an id (`<!-- hp: id=… -->`) or say how they differ",
            );
        } else {
            seen.insert(key, item.line);
        }
    }
}

/// A group of alternatives that offers none.
fn alone_in_a_group(source: &str, list: &Checklist, findings: &mut Findings) {
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, item) in list.items.iter().enumerate() {
        if let Some(name) = &item.directives.one_of {
            groups.entry(name).or_insert((at, 0)).1 += 1;
        }
    }
    for (name, (at, count)) in groups {
        let Some(item) = list.items.get(at).filter(|_| count == 1) else { continue };
        let word = format!("one-of={name}");
        let line = source.get(item.box_at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let span = line
            .find(&word)
            .map_or(item.box_at - 1..item.box_at + 2, |found| item.box_at + found..item.box_at + found + word.len());
        findings.warn(
            span,
            format!("`{name}` is a group of one item: there is nothing to choose from"),
            format!("write `one-of={name}` on the other items too, or leave it out"),
        );
    }
}

/// Headings that sound as if their items were done once the release is out. Nothing is assumed from a heading's sound.
fn after_the_release(source: &str, list: &Checklist, around: &LintContext<'_>, findings: &mut Findings) {
    let mut wanting = vec![false; list.sections.len()];
    for item in &list.items {
        let said =
            item.directives.phase.is_some() || around.after.is_some_and(|globs| by_heading(list, item.section, globs));
        let mut next = item.section.filter(|_| !said);
        // Upwards, as far as no other item has been.
        while let Some(section) = next {
            let Some(slot) = wanting.get_mut(section).filter(|seen| !**seen) else { break };
            *slot = true;
            next = list.sections.get(section).and_then(|s| s.parent);
        }
    }
    let mut told = vec![false; list.sections.len()];
    for (at, section) in list.sections.iter().enumerate() {
        let above = section.parent.and_then(|parent| told.get(parent)).copied().unwrap_or_default();
        let here = wanting.get(at).copied().unwrap_or_default() && sounds_after(&section.title);
        if let Some(slot) = told.get_mut(at) {
            *slot = above || here;
        }
        if !here || above || section.directives.phase.is_some() {
            continue;
        }
        let line = source.get(section.span.clone()).and_then(|t| t.lines().next()).unwrap_or_default();
        let title = line.trim_start_matches(['#', ' ', '\t']);
        let start = section.span.start + (line.len() - title.len());
        findings.note(
            start..start + title.trim_end().len(),
            "these items must be done before the release, though the heading sounds as if they came after it",
            "if they may, write `<!-- hp: phase=after -->` behind the heading",
        );
    }
}

fn by_heading(list: &Checklist, section: Option<usize>, after: &globset::GlobSet) -> bool {
    !after.is_empty() && list.path(section).iter().any(|title| after.is_match(title.to_lowercase()))
}

/// Words for a release.
const RELEASE_WORDS: [&str; 13] = [
    "release",
    "releases",
    "releasing",
    "released",
    "launch",
    "deploy",
    "deployment",
    "deploying",
    "rollout",
    "publish",
    "publishing",
    "publication",
    "shipping",
];

/// Words for what is done on the way to a release: "after the release branch is cut".
const PART_WORDS: [&str; 19] = [
    "candidate",
    "candidates",
    "rc",
    "rc1",
    "branch",
    "branches",
    "freeze",
    "notes",
    "cut",
    "pr",
    "planning",
    "pull",
    "preparation",
    "meeting",
    "commit",
    "build",
    "builds",
    "tests",
    "testing",
];

/// Whether a heading speaks of the time when the release is out.
fn sounds_after(title: &str) -> bool {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let is_part = |word: Option<&&str>| word.is_some_and(|word| PART_WORDS.contains(word));
    words.iter().enumerate().any(|(at, word)| {
        let rest = || words.iter().skip(at + 1).skip_while(|w| matches!(**w, "the" | "a" | "each" | "every" | "final"));
        match *word {
            "postrelease" | "followup" | "followups" | "aftercare" => true,
            "follow" => words.get(at + 1).is_some_and(|next| matches!(*next, "up" | "ups")),
            "post" | "after" => {
                let mut rest = rest();
                rest.next().is_some_and(|next| RELEASE_WORDS.contains(next)) && !is_part(rest.next())
            }
            _ => false,
        }
    })
}

/// Comments that were meant as directives and are not read as such.
fn lost_directives(source: &str, scan: &Scan, findings: &mut Findings) {
    for region in scan.regions.iter().filter(|region| region.kind.is_comment()) {
        let text = source.get(region.range.clone()).unwrap_or_default();
        let comment = text.split_inclusive("-->").next().unwrap_or_default().trim();
        let start = region.range.start + (text.len() - text.trim_start().len());
        let span = start..start + comment.len();
        if directive::inside(comment).is_some() {
            if region.kind == Kind::CommentBlock {
                let hint = "put it on an item's first line, or on a heading";
                findings.warn(span, "a directive here holds for nothing", hint);
            }
        } else if let Some(words) = meant_as_directive(comment) {
            findings.warn(span, "this comment is not read as a directive", format!("write `<!-- hp: {words} -->`"));
        }
    }
}

/// The words of a comment such as `<!-- HP: optional -->` or `<!-- holdpoint optional -->`.
fn meant_as_directive(comment: &str) -> Option<String> {
    let inner = comment.strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let name = inner.find(|c: char| !c.is_ascii_alphabetic())?;
    let (name, rest) = inner.split_at_checked(name)?;
    if !matches!(name.to_ascii_lowercase().as_str(), "hp" | "holdpoint") {
        return None;
    }
    let words = rest.trim_start().trim_start_matches([':', '=']).trim();
    let (_, misread) = directive::read(words);
    (!words.is_empty() && misread.is_empty()).then(|| words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A file without items: names the bullets that may have been meant.
fn without_items(
    source: &str,
    list: &Checklist,
    scan: &Scan,
    misses: usize,
    around: &LintContext<'_>,
    findings: &mut Findings,
) {
    if misses > 0 {
        let message = "this file has no items: what was meant as such is plain text for GitHub";
        findings.error(list.body_start..list.body_start, message, "correct the lines that are named below");
        return;
    }
    let mut steps: Vec<Step<'_>> = scan.bullets.iter().filter_map(|at| Step::of(source, *at)).collect();
    if steps.is_empty() {
        let signs = lines_from(source, list.body_start).map(|(at, line)| at + line.len() - line.trim_start().len());
        let bullet = |at: &usize| source.get(*at..).is_some_and(|line| line.starts_with(['•', '‣', '◦']));
        steps =
            signs.filter(|at| bullet(at) && scan.kind(*at).is_none()).filter_map(|at| Step::of(source, at)).collect();
    }
    let Some(first) = steps.first() else {
        let first = lines_from(source, list.body_start).find(|(_, line)| !line.trim().is_empty());
        let at = first.map_or(list.body_start, |(at, _)| at);
        let (message, hint) = if around.form {
            let hint = "list the steps as `options` of `type: checkboxes`, or as `- [ ] what to do` in a `value`";
            ("this form has no boxes", hint)
        } else {
            ("this file has no items", "write each step as `- [ ] what to do`; other text never counts")
        };
        findings.error(at..at, message, hint);
        return;
    };
    let all = |kind: &str| steps.iter().all(|step| step.kind == kind);
    let kind = if all(NUMBERED) { "numbered lines" } else { "plain bullets" };
    let message = match steps.len() {
        1 => format!("this file has no items, only {}", first.kind),
        count => format!("this file has no items, only {count} {kind}, of which this is the first"),
    };
    let others = if steps.len() == 1 { "" } else { ", and likewise for each step" };
    let short = first.text.chars().count() <= 60 && !first.text.contains('`');
    let hint = if short {
        format!("write `- [ ] {}`{others}", first.text)
    } else {
        format!("write `- [ ] ` before the text{others}")
    };
    findings.error(first.span.clone(), message, hint);
}

const NUMBERED: &str = "a numbered line";

/// A line that may have been meant as an item.
struct Step<'s> {
    /// The text, without what makes a list of it.
    text: &'s str,
    span: Range<usize>,
    kind: &'static str,
}

impl<'s> Step<'s> {
    fn of(source: &'s str, at: usize) -> Option<Self> {
        let line = source.get(at..)?.lines().next()?;
        let (kind, behind) = if line.starts_with(|c: char| c.is_ascii_digit()) {
            let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
            (NUMBERED, behind.strip_prefix(['.', ')'])?)
        } else {
            ("a plain bullet", line.strip_prefix(['-', '*', '+', '•', '‣', '◦'])?)
        };
        let text = behind.trim();
        let start = at + (line.len() - behind.trim_start().len());
        (!text.is_empty()).then_some(Self { text, span: start..start + text.len(), kind })
    }
}
