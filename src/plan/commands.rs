//! Commands in a comment on a release issue: which are carried out, and what is answered to the others.
//!
//! Decides only. A command that is refused is kept in the ledger all the same: who tried what is part of the record.

use super::ticks::{Person, refusal};
use crate::checklist::Checklist;
use crate::checklist::directive::Phase;
use crate::config::{ChecklistConfig, Role, Skip};
use crate::ids::Timestamp;
use crate::message::refusal as why;
use crate::message::reply::{no_such_item, nothing_to_override, too_many_items};
use crate::message::{bare, command_problem};
use crate::release::command::Command;
use crate::release::ledger::MarkSource;
use crate::release::people::People;
use crate::release::progress::{Entry, ItemState, Mark, Progress, Record};
use std::collections::BTreeSet;

/// So many refusals of one comment are answered one by one, and kept in the ledger.
const MAX_REFUSED_LINES: usize = 20;

/// So many items may be named by the commands of one comment.
const MAX_ITEMS: usize = 500;

/// What the commands of a comment are judged by.
#[derive(Debug)]
pub struct Facts<'f> {
    /// Who wrote it.
    pub person: &'f Person,
    /// When.
    pub at: Timestamp,
    /// How far the release is.
    pub progress: &'f Progress,
    /// What it asked for.
    pub opened: &'f Checklist,
    /// Who is behind the release.
    pub people: &'f People<'f>,
    /// The rules of its checklist.
    pub config: &'f ChecklistConfig,
}

/// A line for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The place of its command in the comment, from 1.
    pub command: usize,
    /// What happened.
    pub record: Record,
    /// The item's text.
    pub text: String,
    /// What was typed behind the command.
    pub said: Option<String>,
}

/// What becomes of a comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// For the ledger.
    pub lines: Vec<Line>,
    /// Whether any command was carried out.
    pub accepted: bool,
    /// Sentences about what came of some.
    pub told: Vec<String>,
    /// Sentences about those that were not.
    pub refused: Vec<String>,
    /// The commands are to be listed.
    pub help: bool,
    /// How far the release is, is to be said.
    pub status: bool,
    /// Releases to be opened by hand: what each is named by.
    pub open: Vec<Option<String>>,
}

/// Decides what becomes of the commands, in their order.
#[must_use]
pub fn answer(commands: &[Command], facts: &Facts<'_>) -> Answer {
    let mut answer = Answer::default();
    let mut touched = BTreeSet::new();
    let mut named = 0;
    for (at, command) in commands.iter().enumerate() {
        let number = at + 1;
        if let Command::Done(items, _) | Command::Skip(items, _) | Command::Undo(items) = command {
            named += items.len();
        }
        if named > MAX_ITEMS {
            answer.refused.push(too_many_items(MAX_ITEMS));
            break;
        }
        match command {
            Command::Done(items, said) => {
                each(number, "done", items, said, &Mark::Done, facts, &mut touched, &mut answer);
            }
            Command::Skip(items, reason) => {
                each(number, "skip", items, reason, &Mark::Skipped(reason.clone()), facts, &mut touched, &mut answer);
            }
            Command::Undo(items) => each(number, "undo", items, "", &Mark::Open, facts, &mut touched, &mut answer),
            Command::Override(phase, reason) => {
                overridden(number, *phase, reason, facts, &mut touched, &mut answer);
            }
            Command::Open(what) if facts.person.role >= Role::Maintain && !facts.person.is_machine() => {
                answer.accepted = true;
                answer.open.push(what.clone());
            }
            Command::Open(_) => answer.refused.push(format!("`/hp open`: {}", maintainers(facts.person))),
            Command::Status => answer.status = true,
            Command::Recheck => answer.accepted = true,
            Command::Help => answer.help = true,
            Command::Unclear(problem) => answer.refused.push(command_problem::sentence(problem)),
        }
    }
    keep_few_refusals(&mut answer, facts.person);
    answer
}

/// The ledger is for ever, and everybody may comment on a public repository: of what was refused it keeps a few lines of a
/// comment, and none of somebody who has no part in the repository.
fn keep_few_refusals(answer: &mut Answer, person: &Person) {
    let most = if person.role >= Role::Triage || person.collaborator { MAX_REFUSED_LINES } else { 0 };
    let mut refused = 0;
    answer.lines.retain(|line| {
        refused += usize::from(line.record.refused.is_some());
        line.record.refused.is_none() || refused <= most
    });
    if let Some(more) = answer.refused.len().checked_sub(MAX_REFUSED_LINES).filter(|more| *more > 0) {
        answer.refused.truncate(MAX_REFUSED_LINES);
        answer.refused.push(format!("and {more} more"));
    }
}

/// Why somebody who is no maintainer may not.
#[must_use]
pub fn maintainers(person: &Person) -> String {
    if person.sender.bot {
        return why::BOT_AS_MAINTAINER.to_owned();
    }
    if let Some(app) = &person.sender.app {
        return why::written_by_app(app, &person.sender.login);
    }
    why::no_maintainer(&person.sender.login, person.role)
}

#[expect(clippy::too_many_arguments, reason = "each is a fact of its own, and all are needed to decide one command")]
fn each(
    command: usize,
    word: &str,
    items: &[String],
    said: &str,
    mark: &Mark,
    facts: &Facts<'_>,
    touched: &mut BTreeSet<usize>,
    answer: &mut Answer,
) {
    for name in items {
        let shown = format!("`/hp {word} {}`", bare(name).replace('`', ""));
        let Some(entry) = find(name, facts) else {
            let last = facts.progress.entries.len();
            answer.refused.push(no_such_item(&shown, last));
            continue;
        };
        let why = match mark {
            Mark::Open => undoable(entry, facts, touched),
            Mark::Done | Mark::Skipped(_) | Mark::Missing | Mark::Reworded => doable(entry, mark, facts),
        };
        let already = matches!((mark, &entry.standing), (Mark::Done, ItemState::Done(_)));
        if why.is_none() && already && !touched.contains(&entry.number) {
            answer.accepted = true;
            continue;
        }
        if let Some(why) = &why {
            answer.refused.push(format!("{shown}: {why}"));
        } else {
            answer.accepted = true;
            touched.insert(entry.number);
        }
        let said = Some(said.to_owned()).filter(|said| !said.is_empty() && *mark == Mark::Done);
        answer.lines.push(line(command, entry, mark.clone(), MarkSource::Comment, why, said, facts));
    }
}

/// Why an item cannot be done or skipped by a command; `None` where it can.
fn doable(entry: &Entry, mark: &Mark, facts: &Facts<'_>) -> Option<String> {
    let item = facts.opened.items.iter().find(|i| i.id == entry.id);
    refusal(facts.person, item, facts.people, facts.config).or_else(|| {
        let skips = matches!(mark, Mark::Skipped(_));
        match entry.standing {
            _ if skips && facts.config.skip == Skip::Forbid => Some(why::NO_SKIPPING.to_owned()),
            ItemState::Missing if entry.added && skips => None,
            ItemState::Missing => Some(why::TAKEN_OUT.to_owned()),
            ItemState::Reworded => Some(why::REWORDED.to_owned()),
            ItemState::Verified { .. } | ItemState::Unverified(_) if !skips => Some(why::VERIFIED_BY_US.to_owned()),
            ItemState::Open
            | ItemState::Done(_)
            | ItemState::Verified { .. }
            | ItemState::Unverified(_)
            | ItemState::Skipped { .. }
            | ItemState::Overridden { .. }
            | ItemState::NotNeeded
            | ItemState::SkipRefused(_)
            | ItemState::Refused { .. }
            | ItemState::OtherCandidate { .. }
            | ItemState::Unattributed => None,
        }
    })
}

/// Why a command cannot take an item back. Who may do it may, and who could as well untick its box.
fn undoable(entry: &Entry, facts: &Facts<'_>, touched: &BTreeSet<usize>) -> Option<String> {
    let item = facts.opened.items.iter().find(|i| i.id == entry.id);
    let may = refusal(facts.person, item, facts.people, facts.config);
    if may.is_some() && (facts.person.role < Role::Triage || facts.person.is_machine()) {
        return may;
    }
    let settled = entry.settled() || touched.contains(&entry.number);
    (!settled).then(|| why::OPEN_ALREADY.to_owned())
}

/// A maintainer lets the release pass as it is: what one phase waits for now is overridden, item by item, and nothing that
/// comes later. Items after the release are never overridden unasked: that would finish the release, and close its issue.
fn overridden(
    command: usize,
    phase: Phase,
    reason: &str,
    facts: &Facts<'_>,
    touched: &mut BTreeSet<usize>,
    answer: &mut Answer,
) {
    let word = if phase == Phase::After { "`/hp override-after`" } else { "`/hp override`" };
    if facts.person.role < Role::Maintain || facts.person.is_machine() {
        answer.refused.push(format!("{word}: {}", maintainers(facts.person)));
        return;
    }
    let open = |phase: Phase| -> Vec<&Entry> {
        facts.progress.missing(phase).filter(|entry| !touched.contains(&entry.number)).collect()
    };
    let waiting = open(phase);
    if waiting.is_empty() {
        let others = phase == Phase::Before && !open(Phase::After).is_empty();
        answer.refused.push(nothing_to_override(word, phase, others));
        return;
    }
    answer.accepted = true;
    for entry in waiting {
        let mark = Mark::Skipped(reason.to_owned());
        let said = Some(reason.to_owned());
        answer.lines.push(line(command, entry, mark, MarkSource::Override, None, said, facts));
        touched.insert(entry.number);
    }
}

fn line(
    command: usize,
    entry: &Entry,
    mark: Mark,
    how: MarkSource,
    refused: Option<String>,
    said: Option<String>,
    facts: &Facts<'_>,
) -> Line {
    let by = facts.person.sender.account();
    let record = Record { item: entry.id.clone(), mark, by, at: facts.at, refused, how };
    Line { command, record, text: entry.text.clone(), said }
}

/// An item by its number or by its id.
fn find<'f>(name: &str, facts: &Facts<'f>) -> Option<&'f Entry> {
    if let Ok(number) = name.parse::<usize>() {
        return facts.progress.entries.iter().find(|entry| entry.number == number);
    }
    let named = facts.opened.items.iter().find(|item| item.directives.id.as_deref() == Some(name));
    let id = named.map_or(name, |item| item.id.0.as_str());
    facts.progress.entries.iter().find(|entry| entry.id.0 == id)
}
