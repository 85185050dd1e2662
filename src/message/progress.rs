//! The one comment on a release issue: how far it is, what is missing and whose it is, who did what and when.

use super::gate::{open_line, overridden_line, skipped_line};
use super::{bare, cut, inline, render};
use crate::checklist::directive::Phase;
use crate::release::ledger::How;
use crate::release::progress::{Entry, Progress, Signature, Standing};
use askama::Template;

#[derive(Template)]
#[template(path = "message/progress.md", escape = "none")]
struct ProgressTemplate {
    finished: bool,
    done: usize,
    total: usize,
    skipped: usize,
    before: String,
    after: String,
    sections: Vec<SectionView>,
    open: Vec<PartView>,
    refused: Vec<String>,
    skipped_items: Vec<String>,
    verified: Vec<DoneView>,
    overridden: usize,
    overridden_items: Vec<String>,
    done_items: Vec<DoneView>,
    note: String,
}

struct SectionView {
    title: String,
    bar: String,
    done: usize,
    total: usize,
}

struct PartView {
    title: &'static str,
    items: Vec<String>,
}

struct DoneView {
    number: usize,
    text: String,
    by: String,
    at: String,
}

/// Writes the comment. `note` is one more sentence at its end, empty for none.
#[must_use]
pub fn comment(progress: &Progress, note: &str) -> String {
    let before = progress.tally(Phase::Before);
    let after = progress.tally(Phase::After);
    let is_refused = |e: &&Entry| match e.standing {
        Standing::Refused { .. } | Standing::Unattributed | Standing::SkipRefused(_) => true,
        Standing::Open
        | Standing::Done(_)
        | Standing::Verified { .. }
        | Standing::Unverified(_)
        | Standing::Skipped { .. }
        | Standing::Overridden { .. }
        | Standing::NotNeeded
        | Standing::Missing
        | Standing::Reworded => false,
    };
    let open = |phase: Phase, optional: bool| -> Vec<String> {
        progress
            .entries
            .iter()
            .filter(|e| e.phase == phase && e.optional == optional && !e.settled() && !is_refused(e))
            .map(open_line)
            .collect()
    };
    let parts = [
        PartView { title: "Open before the release", items: open(Phase::Before, false) },
        PartView { title: "Open after the release", items: open(Phase::After, false) },
        PartView {
            title: "Optional",
            items: open(Phase::Before, true).into_iter().chain(open(Phase::After, true)).collect(),
        },
    ];
    let template = ProgressTemplate {
        finished: progress.finished(),
        done: before.done + after.done,
        total: before.total + after.total,
        skipped: before.skipped + after.skipped,
        overridden: before.overridden + after.overridden,
        before: format!("{}/{}", before.total - before.open(), before.total),
        after: if after.total == 0 { String::new() } else { format!("{}/{}", after.total - after.open(), after.total) },
        sections: sections(progress),
        open: parts.into_iter().filter(|p| !p.items.is_empty()).collect(),
        refused: progress.entries.iter().filter(is_refused).map(open_line).collect(),
        skipped_items: progress.entries.iter().filter_map(skipped_line).collect(),
        verified: progress.entries.iter().filter_map(verified_view).collect(),
        overridden_items: progress.entries.iter().filter_map(overridden_line).collect(),
        done_items: progress.entries.iter().filter_map(done_view).collect(),
        note: note.to_owned(),
    };
    cut(render(&template))
}

/// The evidence stands where others have who did it.
fn verified_view(entry: &Entry) -> Option<DoneView> {
    let Standing::Verified { evidence, at } = &entry.standing else { return None };
    let links: Vec<String> = evidence.iter().map(|e| format!("[{}]({})", inline(&e.says), e.url)).collect();
    Some(DoneView { number: entry.number, text: inline(&entry.text), by: links.join(" · "), at: at.minute() })
}

/// Who, and how where it was no tick.
fn signed(by: &Signature) -> String {
    match by.how {
        How::Box => inline(&by.by),
        How::Comment => format!("{} (in a comment)", inline(&by.by)),
        How::Verified => "Holdpoint".to_owned(),
        How::Override => format!("{} (override)", inline(&by.by)),
    }
}

fn done_view(entry: &Entry) -> Option<DoneView> {
    match &entry.standing {
        Standing::Done(by) => {
            Some(DoneView { number: entry.number, text: inline(&entry.text), by: signed(by), at: by.at.minute() })
        }
        Standing::NotNeeded => Some(DoneView {
            number: entry.number,
            text: inline(&entry.text),
            by: "not needed: another of its group is done".to_owned(),
            at: String::new(),
        }),
        Standing::Open
        | Standing::Verified { .. }
        | Standing::Unverified(_)
        | Standing::Skipped { .. }
        | Standing::Overridden { .. }
        | Standing::SkipRefused(_)
        | Standing::Refused { .. }
        | Standing::Unattributed
        | Standing::Missing
        | Standing::Reworded => None,
    }
}

/// One bar for each heading, in order; required items only.
fn sections(progress: &Progress) -> Vec<SectionView> {
    let mut sections: Vec<(String, usize, usize)> = Vec::new();
    for entry in progress.entries.iter().filter(|e| !e.optional) {
        let name = if entry.added { "Added in the issue" } else { entry.section.as_str() };
        let settled = usize::from(entry.settled());
        match sections.iter_mut().find(|(title, ..)| title == name) {
            Some((_, done, total)) => {
                *done += settled;
                *total += 1;
            }
            None => sections.push((name.to_owned(), settled, 1)),
        }
    }
    if sections.len() == 1 && sections.first().is_some_and(|(title, ..)| title.is_empty()) {
        return Vec::new();
    }
    sections
        .into_iter()
        .map(|(title, done, total)| SectionView {
            title: if title.is_empty() { "(no heading)".to_owned() } else { bare(&title) },
            bar: bar(done, total),
            done,
            total,
        })
        .collect()
}

/// Ten blocks, full only when all is done.
fn bar(done: usize, total: usize) -> String {
    let full = (done * 10).checked_div(total).unwrap_or(10);
    format!("{}{}", "█".repeat(full), "░".repeat(10 - full.min(10)))
}
