//! A changed checklist as a table: a row for each item, and what was reworded word by word.

use super::change_summary::{apart, ids, numbers, together};
use super::escape::{code, kept, literal};
use super::file_change::ChangedFile;
use super::{bare, count, inline, path, title};
use crate::checklist::diff::{
    CosmeticChange, Facet, FileStatus, ItemChange, LinkChange, Remnant, SectionChange, Word, WordKind,
};
use crate::checklist::directive::Phase;

/// More rows than this are folded.
const FOLD: usize = 30;
/// More rows than this are not shown.
const MAX_ROWS: usize = 250;
/// So many lines of quiet changes are shown.
const MOST_TOGETHER: usize = 100;

pub(super) struct FileView {
    pub(super) path: String,
    pub(super) checklist: String,
    pub(super) headline: String,
    pub(super) front_matter: Vec<String>,
    pub(super) folded: bool,
    pub(super) rows: String,
    pub(super) left_out: usize,
    /// What weakens the gate, in front of the fold.
    pub(super) grave: Vec<String>,
    pub(super) sections: Vec<SectionView>,
    pub(super) together: Vec<TogetherView>,
}

pub(super) struct SectionView {
    pub(super) title: String,
    pub(super) note: String,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) what: String,
    pub(super) text: String,
}

pub(super) struct TogetherView {
    pub(super) summary: String,
    pub(super) lines: Vec<String>,
    pub(super) left_out: usize,
}

pub(super) fn file_view(file: &ChangedFile) -> FileView {
    let groups = together(&file.diff);
    let grouped = ids(&groups);
    let is_grouped = |item: &ItemChange| item.quiet().is_some() && grouped.contains(&item.id);
    let total: usize = file.diff.sections.iter().flat_map(|s| &s.items).filter(|item| !is_grouped(item)).count();
    let folded = total > FOLD;
    let mut left = MAX_ROWS;
    let mut sections = Vec::new();
    for section in &file.diff.sections {
        let shown = section.items.iter().filter(|item| !is_grouped(item)).take(left);
        let rows: Vec<Row> = shown.map(row).collect();
        left -= rows.len();
        let note = note(section);
        if !rows.is_empty() || !note.is_empty() {
            let title =
                if section.path.is_empty() && !note.is_empty() { "(no title)".to_owned() } else { path(&section.path) };
            sections.push(SectionView { title, note, rows });
        }
    }
    let all = file.diff.sections.iter().flat_map(|section| &section.items);
    let grave = all.filter(|item| folded && item.weakens()).map(row).map(|row| format!("{}: {}", row.what, row.text));
    let counts = &file.diff.counts;
    let numbers = numbers(counts, true);
    let fate = file.fate().map(|fate| format!("**{fate}** · ")).unwrap_or_default();
    let renamed = file.renamed_from.as_ref().map(|from| format!("renamed from {} · ", code(from))).unwrap_or_default();
    let numbers = if numbers.is_empty() { "no item changed".to_owned() } else { numbers };
    FileView {
        path: code(&file.path),
        checklist: if file.checklist.is_empty() { String::new() } else { code(&file.checklist) },
        headline: format!("{fate}{renamed}{numbers} ({} → {})", counts.items_before, count(counts.items_after, "item")),
        front_matter: file.front_matter.clone(),
        folded,
        rows: count(total, "change"),
        left_out: total.saturating_sub(MAX_ROWS),
        grave: grave.take(MAX_ROWS).collect(),
        sections,
        together: groups
            .iter()
            .map(|group| TogetherView {
                summary: group.summary.clone(),
                lines: group.items.iter().take(MOST_TOGETHER).map(|item| quiet_line(item, group.kind)).collect(),
                left_out: group.items.len().saturating_sub(MOST_TOGETHER),
            })
            .collect(),
    }
}

fn note(section: &SectionChange) -> String {
    match (&section.renamed_from, section.existence) {
        (Some(from), _) if section.moved => format!("was *{}*; section moved", bare(from)),
        (Some(from), _) => format!("was *{}*", bare(from)),
        (None, None) if section.moved => "section moved".to_owned(),
        (None, Some(FileStatus::Added)) if section.kept > 0 => {
            format!("new heading over {} that stood here", count(section.kept, "item"))
        }
        (None, Some(FileStatus::Removed)) if section.kept > 0 => {
            format!("heading removed, {} stayed", count(section.kept, "item"))
        }
        (None, Some(FileStatus::Added)) => "new section".to_owned(),
        (None, Some(FileStatus::Removed)) => "section removed".to_owned(),
        (None, None) => String::new(),
    }
}

fn row(change: &ItemChange) -> Row {
    let mut text = inline(&change.text);
    let mut below = String::new();
    for facet in &change.facets {
        if let Facet::Reworded { words } | Facet::Versions { words } | Facet::Case { words } = facet {
            text = marked_words(words);
        } else if let Facet::Links { links } = facet {
            links.iter().for_each(|link| below.push_str(&format!("<br>{}", leads(link))));
        } else if let Facet::Details { words } = facet {
            below.push_str(&format!("<br>nested: {}", marked_words(words)));
        } else if let Facet::Above { words } = facet {
            below.push_str(&format!("<br>above: {}", marked_words(words)));
        }
    }
    text.push_str(&below);
    let mut what: Vec<String> = change.facets.iter().map(|facet| describe(facet, change)).collect();
    if change.below > 0 && change.facets.iter().any(|f| matches!(f, Facet::Moved { .. } | Facet::Reordered)) {
        what.push(format!("with {} below", count(change.below, "item")));
    }
    if let Some(parent) = change.under.last() {
        text = format!("*{}* › {text}", bare(&title(parent)));
    }
    Row { what: what.join("<br>"), text }
}

/// What is said about one thing that happened to an item.
fn describe(facet: &Facet, change: &ItemChange) -> String {
    let strong =
        |text: &str| if change.required { format!("− **{text}, was required**") } else { format!("− {text}") };
    match facet {
        Facet::Added if change.instead == Some(Remnant::Bullet) => "+ now a checkbox".to_owned(),
        Facet::Added if change.instead == Some(Remnant::Comment) => "+ out of a comment".to_owned(),
        Facet::Added if change.required => "+ added".to_owned(),
        Facet::Added if change.phase == Phase::After => "+ added (after)".to_owned(),
        Facet::Added => "+ added (optional)".to_owned(),
        Facet::Removed if change.instead == Some(Remnant::Bullet) => strong("no longer a checkbox"),
        Facet::Removed if change.instead == Some(Remnant::Comment) => strong("commented out"),
        Facet::Removed => strong("removed"),
        Facet::Reworded { .. } => "~ reworded".to_owned(),
        Facet::Moved { from } if from.is_empty() => "→ moved from the top".to_owned(),
        Facet::Moved { from } => format!("→ from *{}*", path(from)),
        Facet::Reordered => "→ other place in the section".to_owned(),
        Facet::Renested => "→ other nesting".to_owned(),
        Facet::Optional { now: true } => "! **now optional**".to_owned(),
        Facet::Optional { now: false } => "! now required".to_owned(),
        Facet::Phase { now: Phase::After } => "! **now after the release**".to_owned(),
        Facet::Phase { now: Phase::Before } => "! now before the release".to_owned(),
        Facet::Owners { now } if now.is_empty() => "! now anybody's".to_owned(),
        Facet::Owners { now } => {
            format!("! now of {}", now.iter().map(|o| inline(o)).collect::<Vec<_>>().join(", "))
        }
        Facet::Rule { which, now } if now.is_empty() => format!("! no longer `{which}`"),
        Facet::Rule { now, .. } => format!("! now {}", now.iter().map(|n| code(n)).collect::<Vec<_>>().join(" ")),
        Facet::Above { .. } => "~ bullet above reworded".to_owned(),
        Facet::Details { .. } => "~ other details".to_owned(),
        Facet::Versions { .. } => "~ other version".to_owned(),
        Facet::Links { links } if links.len() == 1 => "~ other link".to_owned(),
        Facet::Links { .. } => "~ other links".to_owned(),
        Facet::Case { .. } => "~ other case of letters".to_owned(),
        Facet::Markup { .. } => "~ other markup".to_owned(),
        Facet::Invisible { gone, new } => {
            let names = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(" ") };
            format!("! **differs only in invisible characters**: {} → {}", names(gone), names(new))
        }
        Facet::Ticked { now: true } => "! **ticked in the file**".to_owned(),
        Facet::Ticked { now: false } => "~ no longer ticked".to_owned(),
    }
}

/// One line of a list of quiet changes.
fn quiet_line(change: &ItemChange, kind: CosmeticChange) -> String {
    let Row { text, .. } = row(change);
    // Links and words show themselves; markup is what the text looks like.
    match kind {
        CosmeticChange::Links => text.replace("<br>", ": "),
        // At the start of a line a sign would open something.
        CosmeticChange::Versions | CosmeticChange::Case if !text.starts_with(char::is_alphabetic) => {
            format!("\u{2060}{text}")
        }
        CosmeticChange::Versions | CosmeticChange::Case | CosmeticChange::Markup => text,
    }
}

/// `old target` → `new target`.
fn leads(link: &LinkChange) -> String {
    let (from, to) = match (&link.from, &link.to) {
        (Some(from), Some(to)) => apart(from, to),
        (from, to) => (from.clone().unwrap_or_default(), to.clone().unwrap_or_default()),
    };
    match (from.is_empty(), to.is_empty()) {
        (true, _) => format!("new link {}", code(&to)),
        (_, true) => format!("link gone {}", code(&from)),
        (false, false) => format!("{} → {}", code(&from), code(&to)),
    }
}

/// Of unchanged words between two changes so many are shown at each end.
const AROUND: usize = 12;
/// A row grows no longer than this, give or take one run of words.
const LONG: usize = 2_000;

/// `Run it on ~~a test machine~~ **a copy**`. Words that stayed are shown without markup; those that changed letter by letter,
/// so that no difference is lost.
fn marked_words(words: &[Word]) -> String {
    let mut out = String::new();
    let mut run = words.iter().peekable();
    let mut first = true;
    while let Some(word) = run.next() {
        if out.len() > LONG {
            out.push('…');
            break;
        }
        match word.kind {
            WordKind::Kept => {
                out.push_str(&kept(&around(word.text.trim(), first, run.peek().is_none())));
                out.push(' ');
            }
            WordKind::Gone if run.peek().is_some_and(|next| next.kind == WordKind::New) => {
                let new = run.next().map(|next| next.text.as_str()).unwrap_or_default();
                let (gone, new) = apart(word.text.trim(), new.trim());
                out.push_str(&format!("~~{}~~ **{}** ", literal(&gone), literal(&new)));
            }
            WordKind::Gone => out.push_str(&format!("~~{}~~ ", literal(word.text.trim()))),
            WordKind::New => out.push_str(&format!("**{}** ", literal(word.text.trim()))),
        }
        first = false;
    }
    out.trim_end().to_owned()
}

/// Unchanged words, of which the middle is left out where they are many.
fn around(text: &str, first: bool, last: bool) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let keep = |n: usize, from_end: bool| {
        let range = if from_end { words.len().saturating_sub(n)..words.len() } else { 0..n.min(words.len()) };
        words.get(range).unwrap_or_default().join(" ")
    };
    if words.len() <= 3 * AROUND {
        return text.to_owned();
    }
    match (first, last) {
        (true, _) => format!("{} … {}", keep(AROUND, false), keep(AROUND, true)),
        (false, true) => format!("{} …", keep(AROUND, false)),
        (false, false) => format!("{} … {}", keep(AROUND, false), keep(AROUND, true)),
    }
}
