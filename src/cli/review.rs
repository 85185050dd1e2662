//! How a review reads on a terminal: the numbers first, then section by section what happened to each item.
//!
//! Every sign and colour says what words or brackets say too, so that nothing is lost in a log file. Decides nothing.

use super::lint;
use super::terminal::{Console, Paint, Tone, shown};
use crate::checklist::diff::{Facet, FileStatus, ItemChange, LinkChange, Remnant, SectionChange, Word, WordKind};
use crate::checklist::directive::Phase;
use crate::checklist::invisible::is_invisible;
use crate::message::change_summary::{apart, ids, parts, together};
use crate::message::count;
use crate::message::review::{ChangedFile, NewStep, Review};
use std::collections::BTreeMap;

/// All that is said, and the lines that the problems are in.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) review: Review,
    /// A file differs, whether or not an item does.
    pub(super) differs: bool,
    /// Two files were named, and not what a repository holds.
    pub(super) named: bool,
    /// The new texts of the files that have problems.
    pub(super) texts: BTreeMap<String, String>,
}

impl Found {
    /// What is said where no item changed.
    pub(super) fn nothing(&self) -> &'static str {
        if self.differs {
            "No item changed: only prose, the case of headings, white space or markers."
        } else if self.named {
            "No item changed: the two files are the same."
        } else {
            "No checklist files changed."
        }
    }
}

/// Writes all of it.
pub(super) fn write(found: &Found, console: &mut Console<'_>) -> anyhow::Result<()> {
    let review = &found.review;
    let paint = console.paint;
    if !review.changes_something() {
        writeln!(console.out, "{}", found.nothing())?;
    }
    let mut first = true;
    let mut apart = |console: &mut Console<'_>| -> anyhow::Result<()> {
        if !std::mem::take(&mut first) {
            writeln!(console.out)?;
        }
        Ok(())
    };
    for file in &review.files {
        apart(console)?;
        write_file(file, console)?;
    }
    if !review.steps.is_empty() {
        apart(console)?;
        write_steps(&review.steps, console)?;
    }
    if !review.not_listed.is_empty() {
        apart(console)?;
        writeln!(console.out, "{}", paint.text(Tone::Bold, "Steps that the next release does not list"))?;
        for steps in &review.not_listed {
            let (sign, path) = (paint.text(Tone::BoldRed, "!"), shown(&steps.path));
            writeln!(console.out, "  {sign} {path}: {}", steps.why.text())?;
        }
    }
    if !review.configuration.is_empty() {
        apart(console)?;
        writeln!(console.out, "{}", paint.text(Tone::Bold, "The configuration changes"))?;
        for sentence in &review.configuration {
            let (sign, tone) = if sentence.loosens { ("!", Tone::BoldRed) } else { ("~", Tone::Blue) };
            writeln!(console.out, "  {} {}", paint.text(tone, sign), shown(&sentence.text))?;
        }
    }
    if !review.problems.is_empty() {
        apart(console)?;
    }
    for of_one in review.problems.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((file, _)) = of_one.first() else { continue };
        let text = found.texts.get(file).map(String::as_str).unwrap_or_default();
        lint::write_problems(file, text, of_one.iter().map(|(_, problem)| problem), console)?;
    }
    // A terminal folds nothing away: whoever wants to read them knows now where.
    for of_one in review.suggestions.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((file, _)) = of_one.first() else { continue };
        apart(console)?;
        let line = format!("{} for {}: see `holdpoint lint`", count(of_one.len(), "suggestion"), shown(file));
        writeln!(console.out, "{}", paint.text(Tone::Dim, &line))?;
    }
    Ok(())
}

/// The steps that the next release gets.
fn write_steps(steps: &[NewStep], console: &mut Console<'_>) -> anyhow::Result<()> {
    let paint = console.paint;
    let items: usize = steps.iter().map(|s| s.items.len()).sum();
    writeln!(console.out, "{}", paint.text(Tone::Bold, &format!("{} for the next release", count(items, "new step"))))?;
    for step in steps {
        writeln!(console.out, "\n  {}", paint.text(Tone::Bold, &shown(&step.path)))?;
        for (text, phase) in &step.items {
            let note = match phase {
                Phase::Before => String::new(),
                Phase::After => paint.text(Tone::Dim, "  (after the release)"),
            };
            writeln!(
                console.out,
                "    {} {}{note}",
                paint.text(Tone::Green, "+"),
                paint.text(Tone::Green, &shown(text))
            )?;
        }
        if step.items.is_empty() {
            writeln!(console.out, "    {}", paint.text(Tone::Dim, "no items"))?;
        }
    }
    Ok(())
}

fn write_file(file: &ChangedFile, console: &mut Console<'_>) -> anyhow::Result<()> {
    let paint = console.paint;
    let name = paint.text(Tone::Bold, &shown(&file.path));
    let checklist = if file.checklist.is_empty() { String::new() } else { format!(" · {}", shown(&file.checklist)) };
    writeln!(console.out, "{name}{checklist}")?;
    writeln!(console.out, "{}", headline(file, paint))?;
    for sentence in &file.front_matter {
        writeln!(console.out, "  {} {}", paint.text(Tone::Blue, "~"), shown(sentence))?;
    }
    let groups = together(&file.diff);
    let grouped = ids(&groups);
    let is_grouped = |item: &ItemChange| item.quiet().is_some() && grouped.contains(&item.id);
    for section in &file.diff.sections {
        let (title, note) = heading(section);
        let items: Vec<&ItemChange> = section.items.iter().filter(|item| !is_grouped(item)).collect();
        if items.is_empty() && note.is_empty() {
            continue;
        }
        if !title.is_empty() || !note.is_empty() {
            let title = if title.is_empty() { "(before the first heading)".to_owned() } else { title };
            writeln!(console.out, "\n  {}{}", paint.text(Tone::Bold, &title), paint.text(Tone::Dim, &note))?;
        } else {
            writeln!(console.out)?;
        }
        let mut above: Vec<&str> = Vec::new();
        for change in items {
            // What an item is nested in is named, unless it was just named.
            for (depth, parent) in change.under.iter().enumerate() {
                if above.get(depth).is_none_or(|named| *named != &**parent) {
                    above.truncate(depth);
                    above.push(parent);
                    let name = format!("{}{}", "  ".repeat(depth), shown(parent));
                    writeln!(console.out, "      {}", paint.text(Tone::Dim, &name))?;
                }
            }
            writeln!(console.out, "    {}", item(change, paint))?;
            above.truncate(change.under.len());
            above.push(&change.text);
        }
    }
    for group in groups {
        writeln!(console.out, "\n  {}", paint.text(Tone::Dim, &group.summary))?;
        for change in group.items {
            let change = ItemChange { under: Vec::new(), ..change.clone() };
            writeln!(console.out, "    {}", item(&change, paint))?;
        }
    }
    Ok(())
}

fn headline(file: &ChangedFile, paint: Paint) -> String {
    let counts = &file.diff.counts;
    let mut said: Vec<String> = Vec::new();
    let tone = if file.existence == Some(FileStatus::Removed) { Tone::BoldRed } else { Tone::Green };
    said.extend(file.fate().map(|fate| paint.text(tone, fate)));
    said.extend(file.renamed_from.as_ref().map(|from| format!("renamed from {}", shown(from))));
    for part in parts(counts) {
        said.push(match part.weaken {
            0 => part.text,
            _ if part.text.ends_with("required") => paint.text(Tone::BoldRed, &part.text),
            all if all == part.all => paint.text(Tone::BoldRed, &format!("{} (required)", part.text)),
            some => paint.text(Tone::BoldRed, &format!("{} ({some} of them required)", part.text)),
        });
    }
    if said.is_empty() {
        said.push("no item changed".to_owned());
    }
    let total = match (counts.items_before, counts.items_after) {
        (before, after) if before == after => count(after, "item"),
        (before, after) => format!("{before} → {}", count(after, "item")),
    };
    said.push(paint.text(Tone::Dim, &total));
    said.join(" · ")
}

fn heading(section: &SectionChange) -> (String, String) {
    let title = path(&section.path);
    let note = match (&section.renamed_from, section.existence) {
        (Some(from), _) if section.moved => format!("  (renamed, was: {}; section moved)", shown(from)),
        (None, None) if section.moved => "  (section moved)".to_owned(),
        (Some(from), _) => format!("  (renamed, was: {})", shown(from)),
        (None, Some(FileStatus::Added)) if section.kept > 0 => {
            format!("  (new heading over {} that stood here)", count(section.kept, "item"))
        }
        (None, Some(FileStatus::Removed)) if section.kept > 0 => {
            format!("  (heading removed, {} stayed)", count(section.kept, "item"))
        }
        (None, Some(FileStatus::Added)) => "  (new section)".to_owned(),
        (None, Some(FileStatus::Removed)) => "  (section removed)".to_owned(),
        (None, None) => String::new(),
    };
    (title, note)
}

fn path(titles: &[String]) -> String {
    titles.iter().map(|t| shown(t)).collect::<Vec<_>>().join(" › ")
}

/// One line: a sign for the weightiest change, the text, and the rest in words.
fn item(change: &ItemChange, paint: Paint) -> String {
    let mut text = shown(&change.text);
    let mut notes: Vec<String> = Vec::new();
    let mut below: Vec<String> = Vec::new();
    let mut sign = ("~", Tone::Blue);
    let mut weight = 0;
    for facet in &change.facets {
        let (own_weight, own_sign, note) = facet_words(facet, change);
        if own_weight > weight {
            (weight, sign) = (own_weight, own_sign);
        }
        notes.extend(note);
        if let Facet::Reworded { words } | Facet::Versions { words } | Facet::Case { words } = facet {
            text = marked(words, paint);
        } else if let Facet::Details { words } | Facet::Above { words } = facet {
            below.push(marked(words, paint));
        } else if let Facet::Links { links } = facet {
            below.extend(links.iter().map(leads));
        } else if *facet == Facet::Removed {
            text = paint.text(if change.required { Tone::BoldRed } else { Tone::Red }, &text);
        } else if *facet == Facet::Added {
            text = paint.text(Tone::Green, &text);
        }
    }
    if change.below > 0 && change.facets.iter().any(|f| matches!(f, Facet::Moved { .. } | Facet::Reordered)) {
        notes.push(format!("with {} below", count(change.below, "item")));
    }
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join("; ")) };
    let indent = "  ".repeat(change.under.len());
    let mut lines = format!("{} {indent}{text}{}", paint.text(sign.1, sign.0), paint.text(Tone::Dim, &notes));
    for line in below {
        lines.push_str(&format!("\n        {indent}{line}"));
    }
    lines
}

/// How much a facet weighs, its sign, and what is said about it.
fn facet_words(facet: &Facet, change: &ItemChange) -> (u8, (&'static str, Tone), Option<String>) {
    const RULE: (&str, Tone) = ("!", Tone::Yellow);
    const MOVE: (&str, Tone) = ("→", Tone::Cyan);
    const EDIT: (&str, Tone) = ("~", Tone::Blue);
    let say = |text: &str| Some(text.to_owned());
    match facet {
        Facet::Added if change.instead == Some(Remnant::Bullet) => (9, ("+", Tone::Green), say("now a checkbox")),
        Facet::Added if change.instead == Some(Remnant::Comment) => (9, ("+", Tone::Green), say("out of a comment")),
        Facet::Added if change.required => (9, ("+", Tone::Green), None),
        Facet::Added if change.phase == Phase::After => (9, ("+", Tone::Green), say("after the release")),
        Facet::Added => (9, ("+", Tone::Green), say("optional")),
        Facet::Removed => {
            let how = match change.instead {
                Some(Remnant::Bullet) => "no longer a checkbox",
                Some(Remnant::Comment) => "commented out",
                None => "removed",
            };
            let (tone, was) = if change.required { (Tone::BoldRed, ", was required") } else { (Tone::Red, "") };
            (9, ("−", tone), Some(format!("{how}{was}")))
        }
        Facet::Reworded { .. } => (3, EDIT, None),
        Facet::Moved { from } if from.is_empty() => (4, MOVE, say("moved from the top")),
        Facet::Moved { from } => (4, MOVE, Some(format!("moved from {}", path(from)))),
        Facet::Reordered => (2, MOVE, say("other place in the section")),
        Facet::Renested => (2, MOVE, say("other nesting")),
        Facet::Optional { now: true } => (6, RULE, say("now optional")),
        Facet::Optional { now: false } => (6, RULE, say("now required")),
        Facet::Phase { now: Phase::After } => (6, RULE, say("now after the release")),
        Facet::Phase { now: Phase::Before } => (6, RULE, say("now before the release")),
        Facet::Owners { now } if now.is_empty() => (5, RULE, say("now anybody's")),
        Facet::Owners { now } => {
            (5, RULE, Some(format!("now of {}", now.iter().map(|o| shown(o)).collect::<Vec<_>>().join(", "))))
        }
        Facet::Rule { which, now } if now.is_empty() => (5, RULE, Some(format!("no longer {}", shown(which)))),
        Facet::Rule { now, .. } => (5, RULE, Some(format!("now {}", shown(&now.join(" "))))),
        Facet::Above { .. } => (1, EDIT, say("bullet above reworded")),
        Facet::Details { .. } => (1, EDIT, say("nested text changed")),
        Facet::Versions { .. } | Facet::Links { .. } => (1, EDIT, None),
        Facet::Case { .. } => (1, EDIT, None),
        Facet::Markup { .. } => (1, EDIT, say("markup changed")),
        Facet::Invisible { gone, new } => {
            let names = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(" ") };
            (6, RULE, Some(format!("differs only in invisible characters: {} → {}", names(gone), names(new))))
        }
        Facet::Ticked { now: true } => (6, RULE, say("ticked in the file")),
        Facet::Ticked { now: false } => (1, EDIT, say("no longer ticked")),
    }
}

fn leads(link: &LinkChange) -> String {
    match (&link.from, &link.to) {
        (Some(from), Some(to)) => format!("{} → {}", shown(from), shown(to)),
        (None, Some(to)) => format!("new link {}", shown(to)),
        (from, None) => format!("link gone {}", shown(from.as_deref().unwrap_or_default())),
    }
}

/// Words that changed, with the names of characters that nobody sees.
fn revealed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) && c != '\u{fe0f}' {
            out.push_str(&format!("<U+{:04X}>", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// `Run it on [-a test machine-] {+a copy+}`; on a coloured terminal struck and bold instead of the brackets.
fn marked(words: &[Word], paint: Paint) -> String {
    let mut out = String::new();
    let mut shortened: Vec<Word> = words.to_vec();
    for pair in shortened.chunk_by_mut(|x, y| x.kind == WordKind::Gone && y.kind == WordKind::New) {
        if let [gone, new] = pair {
            let blank = if new.text.ends_with(' ') { " " } else { "" };
            let (old, now) = apart(gone.text.trim_end(), new.text.trim_end());
            (gone.text, new.text) = (format!("{old} "), format!("{now}{blank}"));
        }
    }
    for word in &shortened {
        let text = match word.kind {
            WordKind::Kept => shown(&word.text),
            WordKind::Gone | WordKind::New => shown(&revealed(&word.text)),
        };
        let core = text.trim_end();
        let blank = text.get(core.len()..).unwrap_or_default();
        let marked = match word.kind {
            WordKind::Kept => core.to_owned(),
            WordKind::Gone if core.is_empty() => continue,
            WordKind::Gone if paint.is_on() => paint.text(Tone::Struck, core),
            WordKind::Gone => format!("[-{core}-]"),
            WordKind::New if paint.is_on() || core.is_empty() => paint.text(Tone::BoldGreen, core),
            WordKind::New => format!("{{+{core}+}}"),
        };
        if word.kind == WordKind::New && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        out.push_str(&marked);
        out.push_str(blank);
    }
    out.trim_end().to_owned()
}
