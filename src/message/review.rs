//! What a reviewer reads on a pull request: the check `holdpoint/review` and the sticky comment.

use super::{bare, count, cut, inline, path, problem, render, title};
use crate::checklist::Problem;
use crate::checklist::diff::{Counts, Diff, Existence, Facet, ItemChange, Word, WordKind};
use crate::checklist::directive::Phase;
use askama::Template;

/// More rows than this are folded.
const FOLD: usize = 30;
/// More rows than this are not shown.
const MOST: usize = 250;

/// A checklist file that changed.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    /// Its path in the new version.
    pub path: String,
    /// The checklist that it belongs to.
    pub checklist: String,
    /// What changed.
    pub diff: Diff,
    /// The file is only in one of the versions.
    pub existence: Option<Existence>,
}

/// A step file that the pull request brings.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// Its path.
    pub path: String,
    /// The texts of its items, and their phases.
    pub items: Vec<(String, Phase)>,
}

/// All that a review says.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Standing files that changed.
    pub files: Vec<ChangedFile>,
    /// Step files that are new or have new items.
    pub steps: Vec<NewStep>,
    /// What the change of the configuration means; empty where it does not change.
    pub configuration: String,
    /// Problems in the files of the new version, with their paths.
    pub problems: Vec<(String, Problem)>,
}

#[derive(Template)]
#[template(path = "message/review.md", escape = "none")]
struct ReviewTemplate {
    heading: bool,
    files: Vec<FileView>,
    steps: Vec<StepView>,
    configuration: String,
    problems: Vec<String>,
}

#[derive(Template)]
#[template(path = "message/review_quiet.md", escape = "none")]
struct QuietTemplate;

struct FileView {
    path: String,
    checklist: String,
    headline: String,
    folded: bool,
    rows: usize,
    left_out: usize,
    sections: Vec<SectionView>,
}

struct SectionView {
    title: String,
    note: String,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    text: String,
}

struct StepView {
    path: String,
    items: Vec<String>,
}

impl Review {
    /// A checklist, a step file or the configuration changed.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        !self.files.is_empty() || !self.steps.is_empty() || !self.configuration.is_empty()
    }

    /// The title of the check run.
    #[must_use]
    pub fn title(&self) -> String {
        let errors = self.problems.iter().filter(|(_, p)| p.severity == crate::checklist::Severity::Error).count();
        if errors > 0 {
            return count(errors, "problem");
        }
        if !self.changes_something() {
            return "No checklist files changed".to_owned();
        }
        let mut parts: Vec<String> = Vec::new();
        let all = self.files.iter().fold(Counts::default(), |sum, f| add(sum, f.diff.counts));
        let headline = numbers(&all, false);
        if !headline.is_empty() {
            parts.push(headline);
        }
        if !self.steps.is_empty() {
            parts.push(format!(
                "{} for the next release",
                count(self.steps.iter().map(|s| s.items.len()).sum(), "step")
            ));
        }
        if !self.configuration.is_empty() {
            parts.push("configuration changed".to_owned());
        }
        if parts.is_empty() {
            parts.push("Only formatting changed".to_owned());
        }
        title(&parts.join(" · "))
    }

    /// The summary of the check run.
    #[must_use]
    pub fn summary(&self) -> String {
        if !self.changes_something() && self.problems.is_empty() {
            return "No checklist files changed.".to_owned();
        }
        cut(render(&self.view(false)))
    }

    /// The sticky comment.
    #[must_use]
    pub fn comment(&self) -> String {
        cut(render(&self.view(true)))
    }

    fn view(&self, heading: bool) -> ReviewTemplate {
        ReviewTemplate {
            heading,
            files: self.files.iter().map(file_view).collect(),
            steps: self
                .steps
                .iter()
                .map(|s| StepView {
                    path: bare(&s.path),
                    items: s
                        .items
                        .iter()
                        .map(|(text, phase)| match phase {
                            Phase::Before => inline(text),
                            Phase::After => format!("{} (after)", inline(text)),
                        })
                        .collect(),
                })
                .collect(),
            configuration: self.configuration.clone(),
            problems: self.problems.iter().map(|(file, p)| problem(&bare(file), p)).collect(),
        }
    }
}

/// What the comment says once the change was taken back.
#[must_use]
pub fn quiet_comment() -> String {
    render(&QuietTemplate)
}

fn add(mut sum: Counts, more: Counts) -> Counts {
    sum.added += more.added;
    sum.removed += more.removed;
    sum.removed_required += more.removed_required;
    sum.reworded += more.reworded;
    sum.moved += more.moved;
    sum.rules += more.rules;
    sum.details += more.details;
    sum.sections_renamed += more.sections_renamed;
    sum.sections_moved += more.sections_moved;
    sum.boxes_got += more.boxes_got;
    sum.boxes_lost += more.boxes_lost;
    sum.items_before += more.items_before;
    sum.items_after += more.items_after;
    sum
}

/// `1 removed · 2 added · 1 reworded`, with the removed ones in bold in Markdown.
#[must_use]
pub fn numbers(counts: &Counts, markdown: bool) -> String {
    let mut parts = Vec::new();
    let removed = counts.removed.saturating_sub(counts.boxes_lost);
    if removed > 0 {
        let text = format!("{removed} removed");
        parts.push(if markdown && counts.removed_required > 0 { format!("**{text}**") } else { text });
    }
    let named = [
        (counts.boxes_lost, "no longer a checkbox"),
        (counts.boxes_got, "now a checkbox"),
        (counts.added.saturating_sub(counts.boxes_got), "added"),
        (counts.reworded, "reworded"),
        (counts.moved, "moved"),
        (counts.rules, "with other rules"),
        (counts.details, "with other details"),
    ];
    parts.extend(named.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    if counts.sections_renamed > 0 {
        parts.push(format!("{} renamed", count(counts.sections_renamed, "section")));
    }
    if counts.sections_moved > 0 {
        parts.push(format!("{} moved", count(counts.sections_moved, "section")));
    }
    parts.join(" · ")
}

fn file_view(file: &ChangedFile) -> FileView {
    let mut left = MOST;
    let total: usize = file.diff.sections.iter().map(|s| s.items.len()).sum();
    let mut sections = Vec::new();
    for section in &file.diff.sections {
        let rows: Vec<Row> = section.items.iter().take(left).map(row).collect();
        left -= rows.len();
        let note = match (&section.renamed_from, section.existence) {
            (Some(from), _) if section.moved => format!("was *{}*; section moved", bare(from)),
            (Some(from), _) => format!("was *{}*", bare(from)),
            (None, None) if section.moved => "section moved".to_owned(),
            (None, Some(Existence::Added)) if section.kept > 0 => {
                format!("new heading over {} that stood here", count(section.kept, "item"))
            }
            (None, Some(Existence::Removed)) if section.kept > 0 => {
                format!("heading removed, {} stayed", count(section.kept, "item"))
            }
            (None, Some(Existence::Added)) => "new section".to_owned(),
            (None, Some(Existence::Removed)) => "section removed".to_owned(),
            (None, None) => String::new(),
        };
        if !rows.is_empty() || !note.is_empty() {
            sections.push(SectionView { title: path(&section.path), note, rows });
        }
    }
    let counts = &file.diff.counts;
    let numbers = numbers(counts, true);
    let existence = match file.existence {
        Some(Existence::Added) => "**new checklist** · ",
        Some(Existence::Removed) => "**checklist removed** · ",
        None => "",
    };
    let numbers = if numbers.is_empty() { "only formatting changed".to_owned() } else { numbers };
    FileView {
        path: bare(&file.path),
        checklist: file.checklist.clone(),
        headline: format!("{existence}{numbers} ({} → {})", counts.items_before, count(counts.items_after, "item")),
        folded: total > FOLD,
        rows: total,
        left_out: total.saturating_sub(MOST),
        sections,
    }
}

fn row(change: &ItemChange) -> Row {
    let mut what: Vec<String> = Vec::new();
    let mut text = inline(&change.text);
    for facet in &change.facets {
        what.push(match facet {
            Facet::Added if change.only_box => "+ now a checkbox".to_owned(),
            Facet::Removed if change.only_box && change.required => {
                "− **no longer a checkbox, was required**".to_owned()
            }
            Facet::Removed if change.only_box => "− no longer a checkbox".to_owned(),
            Facet::Added if change.required => "+ added".to_owned(),
            Facet::Added if change.phase == Phase::After => "+ added (after)".to_owned(),
            Facet::Added => "+ added (optional)".to_owned(),
            Facet::Removed if change.required => "− **removed, was required**".to_owned(),
            Facet::Removed => "− removed".to_owned(),
            Facet::Reworded { words } => {
                text = marked_words(words);
                "~ reworded".to_owned()
            }
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
            Facet::Rule { which } => format!("! other `{which}`"),
            Facet::Details => "~ other details".to_owned(),
            Facet::Markup => "~ markup or links".to_owned(),
            Facet::Ticked { now: true } => "! **ticked in the file**".to_owned(),
            Facet::Ticked { now: false } => "~ no longer ticked".to_owned(),
        });
    }
    if change.below > 0 && change.facets.iter().any(|f| matches!(f, Facet::Moved { .. } | Facet::Reordered)) {
        what.push(format!("with {} below", count(change.below, "item")));
    }
    if let Some(parent) = change.under.last() {
        text = format!("*{}* › {text}", bare(&title(parent)));
    }
    Row { what: what.join("<br>"), text }
}

/// `Run it on ~~a test machine~~ **a copy**`.
fn marked_words(words: &[Word]) -> String {
    let mut out = String::new();
    for word in words {
        let text = bare(&word.text);
        let core = text.trim();
        if core.is_empty() {
            out.push_str(&text);
            continue;
        }
        let (open, close) = match word.kind {
            WordKind::Kept => ("", ""),
            WordKind::Gone => ("~~", "~~"),
            WordKind::New => ("**", "**"),
        };
        let blank = if text.ends_with(' ') || word.kind == WordKind::Gone { " " } else { "" };
        out.push_str(open);
        out.push_str(core);
        out.push_str(close);
        out.push_str(blank);
    }
    out.trim_end().to_owned()
}
