//! `holdpoint items`: what counts as an item, under which heading, for which gate; the parser's view of a file.
//!
//! Shows; what is wrong with the file is the business of `lint`.

use super::format::Format;
use super::outcome::Outcome;
use super::source;
use super::terminal::{Console, Tone, shown};
use crate::checklist::directive::Phase;
use crate::checklist::identity::ItemId;
use crate::checklist::{Checklist, Item, Severity, file, lint};
use crate::message::count;
use globset::GlobSet;
use serde::Serialize;

/// What `items` can be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 the files were read, whatever is in them; 2 they could not be read.\n\
                        JSON is one object for one file, and one object a line for several.")]
pub struct Args {
    /// Markdown files, issue forms, globs, folders with checklists in them, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// For people, or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct FileView<'c> {
    file: &'c str,
    items: Vec<ItemView<'c>>,
    problems: Vec<ProblemView>,
}

/// An item as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct ItemView<'c> {
    id: &'c ItemId,
    text: &'c str,
    checked: bool,
    line: usize,
    depth: usize,
    /// Titles of the headings above it, outermost first.
    section: Vec<&'c str>,
    /// Texts of the bullets that it is nested in, outermost first.
    under: Vec<&'c str>,
    phase: Phase,
    optional: bool,
    owners: &'c [String],
}

#[derive(Serialize)]
struct ProblemView {
    line: usize,
    severity: Severity,
    message: String,
    hint: String,
}

/// The items of a checklist as programs read them.
pub(super) fn views<'c>(list: &'c Checklist, after: &GlobSet) -> Vec<ItemView<'c>> {
    let view = |item: &'c Item| ItemView {
        id: &item.id,
        text: &item.text,
        checked: item.checked,
        line: item.line,
        depth: item.depth,
        section: list.path(item.section),
        under: item.groups.iter().map(|group| &*group.text).collect(),
        phase: list.phase(item, after),
        optional: item.directives.optional,
        owners: &item.directives.owners,
    };
    list.items.iter().map(view).collect()
}

/// Runs the command.
pub(super) fn run(args: &Args, console: &mut Console<'_>) -> anyhow::Result<Outcome> {
    let mut unread: Option<anyhow::Error> = None;
    let mut shown_before = false;
    let names = all_names(args, &mut unread, console)?;
    for name in &names {
        let (file, text) = match source::read_named(name, console) {
            Ok(read) => read,
            Err(error) => {
                // The others are shown all the same.
                if let Some(other) = unread.replace(error) {
                    writeln!(console.err, "holdpoint: {other:#}")?;
                }
                continue;
            }
        };
        let config = if name == "-" { None } else { Some(source::config_for(&console.directory.join(name))) };
        let config = config.unwrap_or_default();
        let after = config.after_headings();
        let parsed = file::parse(&file, &text.text);
        let around = lint::LintContext {
            replace: Some(&config.replace),
            after: Some(after),
            path: Some(file.as_str()).filter(|file| *file != source::STDIN),
            ..lint::LintContext::default()
        };
        let mut problems = parsed.problems.clone();
        problems.extend(parsed.lint(&around));
        problems.sort_by_key(|p| (p.line, p.column));
        match args.format {
            Format::Json => {
                let problems = problems
                    .into_iter()
                    .map(|p| ProblemView { line: p.line, severity: p.severity, message: p.message, hint: p.hint })
                    .collect();
                let view = FileView { file: &file, items: views(&parsed.list, after), problems };
                write_json(&view, names.len() == 1, console)?;
            }
            Format::Text => {
                if shown_before {
                    writeln!(console.out)?;
                }
                shown_before = true;
                outline(&file, &parsed.list, after, console)?;
                let problems = problems.iter().filter(|p| p.severity > Severity::Note).count();
                if problems > 0 {
                    let number = count(problems, "problem");
                    writeln!(console.err, "holdpoint: {number} in {}: see `holdpoint lint`", shown(&file))?;
                }
            }
        }
    }
    unread.map_or(Ok(Outcome::Fine), Err)
}

/// The files that are named. Of errors the last one stays in `unread`, and the others are shown.
fn all_names(
    args: &Args,
    unread: &mut Option<anyhow::Error>,
    console: &mut Console<'_>,
) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in &args.files {
        match source::files_named(name, console) {
            Ok(found) => names.extend(found),
            Err(error) => {
                if let Some(other) = unread.replace(error) {
                    writeln!(console.err, "holdpoint: {other:#}")?;
                }
            }
        }
    }
    Ok(names)
}

/// Writes a file as JSON: over several lines where it is the only one.
fn write_json(view: &FileView<'_>, is_only: bool, console: &mut Console<'_>) -> anyhow::Result<()> {
    if is_only {
        serde_json::to_writer_pretty(&mut *console.out, view)?;
    } else {
        serde_json::to_writer(&mut *console.out, view)?;
    }
    writeln!(console.out)?;
    Ok(())
}

/// Headings and boxes, indented as they are nested.
fn outline(file: &str, list: &Checklist, after: &GlobSet, console: &mut Console<'_>) -> anyhow::Result<()> {
    let paint = console.paint;
    let mut numbers = vec![count(list.items.len(), "item")];
    let afterwards = list.items.iter().filter(|i| list.phase(i, after) == Phase::After).count();
    let optional = list.items.iter().filter(|i| i.directives.optional).count();
    let checked = list.items.iter().filter(|i| i.checked).count();
    for (number, word) in [(afterwards, "after the release"), (optional, "optional"), (checked, "ticked")] {
        if number > 0 {
            numbers.push(format!("{number} {word}"));
        }
    }
    writeln!(console.out, "{} · {}", paint.text(Tone::Bold, &shown(file)), numbers.join(" · "))?;
    let mut shown_headings: Vec<usize> = Vec::new();
    let mut above: Vec<&str> = Vec::new();
    for item in &list.items {
        let headings = chain(list, item.section);
        let shared = headings.iter().zip(&shown_headings).take_while(|(a, b)| a == b).count();
        for (depth, heading) in headings.iter().enumerate().skip(shared) {
            let title = list.sections.get(*heading).map(|s| shown(&s.title)).unwrap_or_default();
            if depth == 0 || depth == shared {
                writeln!(console.out)?;
            }
            writeln!(console.out, "{}{}", "  ".repeat(depth), paint.text(Tone::Bold, &title))?;
        }
        if shown_headings.is_empty() && headings.is_empty() && item.line == list.items.first().map_or(0, |i| i.line) {
            writeln!(console.out)?;
        }
        // A plain bullet above items is part of what they say: `x86` means little without "Upload the images".
        for (depth, group) in item.groups.iter().enumerate() {
            if headings != shown_headings || above.get(depth).is_none_or(|named| *named != &*group.text) {
                above.truncate(depth);
                above.push(&group.text);
                let indent = "  ".repeat(headings.len() + depth);
                writeln!(console.out, "{indent}{}", paint.text(Tone::Dim, &format!("- {}", shown(&group.text))))?;
            }
        }
        above.truncate(item.groups.len());
        above.push(&item.text);
        let indent = "  ".repeat(headings.len() + item.depth);
        let suffix = item.directives.suffix(list.phase(item, after), None);
        let tick = if item.checked { "[x]" } else { "[ ]" };
        writeln!(console.out, "{indent}{tick} {}{}", shown(&item.text), paint.text(Tone::Dim, &shown(&suffix)))?;
        shown_headings = headings;
    }
    Ok(())
}

/// The headings above an item, outermost first.
fn chain(list: &Checklist, section: Option<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut next = section;
    while let Some(at) = next {
        found.push(at);
        next = list.sections.get(at).and_then(|s| s.parent);
    }
    found.reverse();
    found
}
