//! The one comment on a release issue: how far it is, what is missing and whose it is, who did what and when.

use super::gate::{counted, made_for, named, open_line, overridden_line, settled, skipped_line};
use super::{bare, cut, inline, render};
use crate::checklist::directive::Phase;
use crate::ids::IssueNumber;
use crate::release::ledger::MarkSource;
use crate::release::progress::{Attribution, Entry, ItemState, PhaseCounts, Progress, Record};
use askama::Template;

#[derive(Template)]
#[template(path = "message/progress.md", escape = "none")]
struct ProgressTemplate {
    finished: bool,
    headline: String,
    counts: Vec<String>,
    shares: Vec<String>,
    sections: Vec<SectionView>,
    open: Vec<PartView>,
    refused: Vec<String>,
    skipped_items: Vec<String>,
    verified: Vec<DoneView>,
    overridden_items: Vec<String>,
    done: String,
    done_items: Vec<DoneView>,
    note: String,
    not_counted: Vec<String>,
    record: Vec<(&'static str, String)>,
    example: usize,
}

struct SectionView {
    title: String,
    bar: String,
    done: String,
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

/// What the comment on a finished release tells in addition: all that an auditor asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalRecord {
    /// Names and commits that the release had, the newest first: label, abbreviated commit, address.
    pub commits: Vec<(String, String, String)>,
    /// The release before.
    pub previous: Option<String>,
    /// Name of the checklist.
    pub checklist: String,
    /// Who opened it, by tagging, merging or asking; empty where nobody is known.
    pub actor: String,
    /// The day on which it was opened.
    pub opened: String,
    /// The ledger's lines about it, oldest first.
    pub lines: Vec<LedgerText>,
    /// Place and hash of the last of them in the repository's ledger.
    pub head: Option<(u64, String)>,
}

/// A line of the ledger, as far as the record tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerText {
    /// The item's text.
    pub text: String,
    /// What happened.
    pub record: Record,
}

/// One of the issues that a long release has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartProgress {
    /// Its number.
    pub issue: IssueNumber,
    /// The numbers of its first and last item; empty where it has none.
    pub items: Option<(usize, usize)>,
    /// Its required items.
    pub tally: PhaseCounts,
}

/// What each part holds; `parts` are their issues, with how many items each asks for.
#[must_use]
pub fn shares(progress: &Progress, parts: impl Iterator<Item = (IssueNumber, usize)>) -> Vec<PartProgress> {
    let mut before = 0;
    parts
        .map(|(issue, count)| {
            let own = || progress.entries.iter().skip(before).take(count).filter(|e| !e.optional && !e.added);
            let tally = PhaseCounts::of(own());
            let items = (count > 0).then_some((before + 1, before + count));
            before += count;
            PartProgress { issue, items, tally }
        })
        .collect()
}

fn share_row((at, share): (usize, &PartProgress)) -> String {
    let PartProgress { issue, items, tally } = share;
    let items = items.map_or_else(String::new, |(first, last)| format!("{first}–{last}"));
    format!("| {} · #{issue} | {items} | {} |", at + 1, cell(tally))
}

/// What stands on a part that is not the first: where the others are.
#[must_use]
pub fn part(at: usize, parts: &[PartProgress]) -> String {
    let Some(first) = parts.first() else { return String::new() };
    let list: Vec<String> = parts
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != at)
        .map(|(n, share)| format!("part {} is #{}", n + 1, share.issue))
        .collect();
    format!(
        "Part {} of {}: {}. Issue #{} shows the progress of the release; ticks and commands count here too.",
        at + 1,
        parts.len(),
        list.join(", "),
        first.issue
    )
}

/// How far a release is, in a line: `**1 of 3 done** · 1 skipped · 1 open`. Optional items are left out, as everywhere.
fn headline(progress: &Progress) -> String {
    let text = counted(&PhaseCounts::of(progress.entries.iter().filter(|e| !e.optional)));
    let (done, rest) = text.split_once(" · ").map_or((text.as_str(), String::new()), |(d, r)| (d, format!(" · {r}")));
    format!("{}**{done}**{rest}", if progress.is_finished() { "**Complete.** " } else { "" })
}

/// The same for each phase, as its check says it, and for the optional items; nothing where that is the headline again.
fn counts(progress: &Progress) -> Vec<String> {
    let (before, after) = (progress.tally(Phase::Before), progress.tally(Phase::After));
    let optional = PhaseCounts::of(progress.entries.iter().filter(|e| e.optional));
    let phases = [("before the release", before), ("after the release", after)];
    let phases = phases.into_iter().filter(|_| after.total > 0);
    let all = phases.chain([("optional", optional)]).filter(|(_, tally)| tally.total > 0);
    all.map(|(what, tally)| format!("{what}: {}", counted(&tally))).collect()
}

/// The title of the list of what is done: it has the optional items, which the counts leave out, and not what Holdpoint
/// verified itself, which has a list of its own.
fn done(progress: &Progress) -> String {
    let required = progress.tally(Phase::Before).done + progress.tally(Phase::After).done;
    let own = |e: &&Entry| !e.optional && matches!(e.standing, ItemState::Verified { .. });
    let optional = PhaseCounts::of(progress.entries.iter().filter(|e| e.optional)).done;
    let verified = match progress.entries.iter().filter(own).count() {
        0 => String::new(),
        some => format!(", of which Holdpoint verified {some}"),
    };
    let optional = if optional > 0 { format!("; optional: {optional}") } else { String::new() };
    format!("Done: {required}{verified}{optional}")
}

/// `3/4 · 1 skipped`, for tables.
fn cell(tally: &PhaseCounts) -> String {
    settled(tally).replacen(" of ", "/", 1).replacen(" done", "", 1)
}

/// The answer to `/hp status`.
#[must_use]
pub fn status(label: &str, progress: &Progress) -> String {
    let counts: String = counts(progress).iter().map(|line| format!("\n- {line}")).collect();
    let counts = if counts.is_empty() { counts } else { format!("\n{counts}") };
    format!(
        "{}: {}{counts}\n\nHoldpoint's comment about the progress names what is open.",
        inline(label),
        headline(progress)
    )
}

/// The answer to `/hp status` where there is no release: what the newest releases are called, and their issues.
#[must_use]
pub fn where_to_look(releases: &[(String, IssueNumber)]) -> String {
    if releases.is_empty() {
        return "There is no release issue here yet.".to_owned();
    }
    let named: Vec<String> = releases.iter().map(|(label, issue)| format!("{} is #{issue}", inline(label))).collect();
    format!("{}. Holdpoint's comment in each says how far it is.", named.join(", "))
}

/// So many ticks that did not count are told one by one.
const MAX_LISTED: usize = 50;

fn refused_lines(closing: &FinalRecord) -> Vec<String> {
    let refused = closing.lines.iter().filter_map(|line| Some((line, line.record.refused.as_ref()?)));
    let say = |(line, why): (&LedgerText, &String)| {
        let (by, at) = (inline(&line.record.by.login), line.record.at.minute());
        format!("{}: {by}, {at}: {}", inline(&line.text), inline(why))
    };
    refused.map(say).take(MAX_LISTED).collect()
}

/// Writes the comment. `parts` are the issues of a release that has several; `note` is what else there is to say, empty for
/// nothing; `closing` is used once the release is finished.
#[must_use]
pub fn comment(progress: &Progress, parts: &[PartProgress], note: &str, closing: Option<&FinalRecord>) -> String {
    let closing = closing.filter(|_| progress.is_finished());
    let is_refused = |e: &&Entry| match e.standing {
        ItemState::Refused { .. } | ItemState::Unattributed | ItemState::SkipRefused(_) => true,
        ItemState::Open
        | ItemState::Done(_)
        | ItemState::Verified { .. }
        | ItemState::Unverified(_)
        | ItemState::Skipped { .. }
        | ItemState::Overridden { .. }
        | ItemState::NotNeeded
        | ItemState::Missing
        | ItemState::OtherCandidate { .. }
        | ItemState::Reworded => false,
    };
    let open = |phase: Phase, optional: bool| -> Vec<String> {
        progress
            .entries
            .iter()
            .filter(|e| e.phase == phase && e.optional == optional && !e.settled() && !is_refused(e))
            .map(open_line)
            .collect()
    };
    let phases = [
        PartView { title: "Open before the release", items: open(Phase::Before, false) },
        PartView { title: "Open after the release", items: open(Phase::After, false) },
        PartView {
            title: "Optional",
            items: open(Phase::Before, true).into_iter().chain(open(Phase::After, true)).collect(),
        },
    ];
    let template = ProgressTemplate {
        finished: progress.is_finished(),
        headline: headline(progress),
        counts: counts(progress),
        shares: parts.iter().enumerate().map(share_row).collect(),
        sections: sections(progress),
        open: phases.into_iter().filter(|p| !p.items.is_empty()).collect(),
        refused: progress.entries.iter().filter(is_refused).map(open_line).collect(),
        skipped_items: progress.entries.iter().filter_map(skipped_line).collect(),
        verified: progress.entries.iter().filter_map(verified_view).collect(),
        overridden_items: progress.entries.iter().filter_map(overridden_line).collect(),
        done: done(progress),
        done_items: progress.entries.iter().filter_map(done_view).collect(),
        note: note.to_owned(),
        not_counted: closing.map(refused_lines).unwrap_or_default(),
        record: closing.map(record_rows).unwrap_or_default(),
        example: progress
            .entries
            .iter()
            .find(|e| !e.settled() && !e.optional)
            .or(progress.entries.first())
            .map_or(1, |e| e.number),
    };
    cut(render(&template))
}

/// The evidence stands where others have who did it.
fn verified_view(entry: &Entry) -> Option<DoneView> {
    let ItemState::Verified { evidence, at } = &entry.standing else { return None };
    let links: Vec<String> = evidence.iter().map(|e| format!("[{}]({})", inline(&e.says), e.url)).collect();
    Some(DoneView { number: entry.number, text: named(entry), by: links.join(" · "), at: at.minute() })
}

/// Who, and how where it was no tick.
fn signed(by: &Attribution) -> String {
    match by.how {
        MarkSource::Box => inline(&by.by),
        MarkSource::History => format!("{} (from the edit history)", inline(&by.by)),
        MarkSource::Comment => format!("{} (in a comment)", inline(&by.by)),
        MarkSource::Verified => "Holdpoint".to_owned(),
        MarkSource::Override => format!("{} (override)", inline(&by.by)),
    }
}

fn done_view(entry: &Entry) -> Option<DoneView> {
    match &entry.standing {
        ItemState::Done(by) => {
            let by_whom = format!("{}{}", signed(by), made_for(entry));
            Some(DoneView { number: entry.number, text: named(entry), by: by_whom, at: by.at.minute() })
        }
        ItemState::NotNeeded => Some(DoneView {
            number: entry.number,
            text: named(entry),
            by: "not needed: another of its group is done".to_owned(),
            at: String::new(),
        }),
        ItemState::Open
        | ItemState::Verified { .. }
        | ItemState::Unverified(_)
        | ItemState::Skipped { .. }
        | ItemState::Overridden { .. }
        | ItemState::SkipRefused(_)
        | ItemState::Refused { .. }
        | ItemState::Unattributed
        | ItemState::Missing
        | ItemState::OtherCandidate { .. }
        | ItemState::Reworded => None,
    }
}

/// What the release was, for the record.
fn record_rows(closing: &FinalRecord) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    for (at, (label, short, url)) in closing.commits.iter().enumerate() {
        let name = if at == 0 { "release" } else { "earlier" };
        rows.push((name, format!("{} · commit [`{short}`]({url})", inline(label))));
    }
    rows.push(("checklist", inline(&closing.checklist)));
    rows.push(("release before", closing.previous.as_deref().map_or_else(|| "none".to_owned(), inline)));
    let by = if closing.actor.is_empty() { String::new() } else { format!(" by {}", inline(&closing.actor)) };
    rows.push(("opened", format!("{}{by}", closing.opened)));
    if let Some(last) = closing.lines.last() {
        rows.push(("last change", format!("{} by {}", last.record.at.minute(), inline(&last.record.by.login))));
    }
    if let Some((position, hash)) = &closing.head {
        rows.push(("ledger", format!("line {position}, `{hash}`")));
    }
    rows
}

/// One bar for each heading, in order; required items only.
fn sections(progress: &Progress) -> Vec<SectionView> {
    let mut sections: Vec<(String, Vec<&Entry>)> = Vec::new();
    for entry in progress.entries.iter().filter(|e| !e.optional) {
        let name = if entry.added { "Added in the issue" } else { entry.section.as_str() };
        match sections.iter_mut().find(|(title, ..)| title == name) {
            Some((_, entries)) => entries.push(entry),
            None => sections.push((name.to_owned(), vec![entry])),
        }
    }
    if sections.len() == 1 && sections.first().is_some_and(|(title, ..)| title.is_empty()) {
        return Vec::new();
    }
    sections
        .into_iter()
        .map(|(title, entries)| {
            let tally = PhaseCounts::of(entries.into_iter());
            let title = if title.is_empty() { "(no heading)".to_owned() } else { bare(&title) };
            SectionView { title, bar: bar(tally.total - tally.open(), tally.total), done: cell(&tally) }
        })
        .collect()
}

/// Ten blocks, full only when all is done.
fn bar(done: usize, total: usize) -> String {
    let full = (done * 10).checked_div(total).unwrap_or(10);
    format!("{}{}", "█".repeat(full), "░".repeat(10 - full.min(10)))
}
