//! Somebody edited a release issue: which boxes changed, whose ticks count, and what the progress comment says.

use crate::checklist::Checklist;
use crate::checklist::Item;
use crate::config::{ChecklistConfig, Role, Skip, Tickers};
use crate::effect::{Comment, CommentKind, Effect};
use crate::event::Sender;
use crate::ids::{IssueNumber, Timestamp};
use crate::message;
use crate::message::progress::{Closing, Share};
use crate::release::Release;
use crate::release::ledger::How;
use crate::release::progress::{Mark, MarkChange, Progress, Record, is_added};
use std::collections::BTreeMap;

/// What was gathered about somebody who edited the issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub sender: Sender,
    /// Their role on the repository.
    pub role: Role,
    /// For each team that matters, written `@org/team`: whether they are in it.
    pub teams: BTreeMap<String, bool>,
}

impl Person {
    fn is(&self, name: &str) -> bool {
        if name.contains('/') {
            return self.teams.get(name).copied().unwrap_or(false);
        }
        name.trim_start_matches('@').eq_ignore_ascii_case(&self.sender.login)
    }
}

/// Names of teams that must be known to decide whose ticks count.
#[must_use]
pub fn teams(opened: &Checklist, config: &ChecklistConfig) -> Vec<String> {
    let listed = match &config.ticks.by {
        Tickers::Role(_) => &[][..],
        Tickers::List(list) => list,
    };
    let owners = opened.items.iter().flat_map(|i| &i.directives.owners);
    let mut teams: Vec<String> = owners.chain(listed).filter(|o| o.contains('/')).cloned().collect();
    teams.sort();
    teams.dedup();
    teams
}

/// Why somebody's tick of an item does not count; `None` where it does.
#[must_use]
pub fn refusal(
    person: &Person,
    item: Option<&Item>,
    release: &Release,
    authors: &[String],
    config: &ChecklistConfig,
) -> Option<String> {
    if person.sender.bot && !config.ticks.bots {
        return Some("bots may not tick here".to_owned());
    }
    let owners = item.map(|i| i.directives.owners.as_slice()).unwrap_or_default();
    let second_person = item.is_some_and(|i| i.directives.second_person);
    if second_person {
        let own = |login: &String| login.eq_ignore_ascii_case(&person.sender.login);
        if own(&release.actor) || authors.iter().any(own) {
            return Some(
                "a second person is wanted: neither an author of the change nor who opened the release".to_owned(),
            );
        }
    }
    // An owner is named by the checklist itself, so being one suffices; for the rest the general rule holds.
    if !owners.is_empty() {
        let allowed = owners.iter().any(|o| person.is(o));
        return (!allowed).then(|| format!("it belongs to {}", owners.join(", ")));
    }
    match &config.ticks.by {
        Tickers::Role(least) if person.role < *least => {
            Some(format!("{} access is needed, and {} has {}", least.word(), person.sender.login, person.role.word()))
        }
        Tickers::List(list) if !list.iter().any(|o| person.is(o)) => {
            Some(format!("only {} may tick here", list.join(", ")))
        }
        Tickers::Role(_) | Tickers::List(_) => None,
    }
}

/// Whether an edit typed every tick that it brought.
///
/// It did where as many crosses came into the text as boxes became ticked. Where fewer came, one was there before, in a place
/// where it did not count, and may be somebody else's.
#[must_use]
pub fn typed(changes: &[MarkChange], before: &str, after: &str) -> bool {
    let crosses = |text: &str| text.matches("[x]").count() + text.matches("[X]").count();
    let came = changes.iter().filter(|c| c.now == Mark::Done).count();
    let went = changes.iter().filter(|c| c.was == Mark::Done && c.now == Mark::Open).count();
    crosses(after) + went >= crosses(before) + came
}

/// The ledger's lines for the changes that one edit made; `typed` as [`typed`] says. Taking a tick back always counts: it only
/// closes the gate.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "each is a fact of its own, and all are needed to decide one line")]
pub fn records(
    changes: &[MarkChange],
    typed: bool,
    person: &Person,
    at: Timestamp,
    opened: &Checklist,
    release: &Release,
    authors: &[String],
    config: &ChecklistConfig,
) -> Vec<Record> {
    changes
        .iter()
        .map(|change| {
            let item = opened.items.iter().find(|i| i.id == change.item);
            let refused = match (&change.was, &change.now) {
                // What people asked for stays asked for: to take it out is to let the release pass without it.
                (_, Mark::Missing) if is_added(&change.item) => refusal(person, item, release, authors, config),
                (_, Mark::Open | Mark::Missing | Mark::Reworded) => None,
                (_, Mark::Skipped(_)) if config.skip == Skip::Forbid => Some("skipping is not allowed here".to_owned()),
                (Mark::Missing | Mark::Reworded, Mark::Done) if typed => {
                    refusal(person, item, release, authors, config)
                }
                (Mark::Missing | Mark::Reworded, _) => refusal(person, item, release, authors, config).or_else(|| {
                    Some(
                        "it was brought back like that, so nobody knows who did it: undo it and do it again".to_owned(),
                    )
                }),
                (Mark::Open | Mark::Done | Mark::Skipped(_), _) => refusal(person, item, release, authors, config),
            };
            Record {
                item: change.item.clone(),
                mark: change.now.clone(),
                by: person.sender.login.clone(),
                at,
                refused,
                how: How::Box,
            }
        })
        .collect()
}

/// The issues of a release.
#[derive(Clone, Copy, Debug)]
pub struct Issues<'i> {
    /// The release's issue: the first part, where there are several.
    pub first: IssueNumber,
    /// Those that are open.
    pub open: &'i [IssueNumber],
    /// The parts; empty where there is one issue.
    pub parts: &'i [Share],
}

/// The progress comment, a line on the other parts, and the closing of what is complete.
#[must_use]
pub fn show(
    issues: &Issues<'_>,
    progress: &Progress,
    config: &ChecklistConfig,
    note: &str,
    closing: Option<&Closing>,
) -> Vec<Effect> {
    let comment = |number: IssueNumber, kind: CommentKind, body: String| {
        Effect::PutComment(Comment { number: number.0, kind, body, create: true })
    };
    let body = message::progress::comment(progress, issues.parts, note, closing);
    let mut effects = vec![comment(issues.first, CommentKind::Progress, body)];
    for (at, share) in issues.parts.iter().enumerate().skip(1) {
        effects.push(comment(share.issue, CommentKind::Part, message::progress::part(at, issues.parts)));
    }
    if config.issue.close && progress.finished() && !progress.entries.is_empty() {
        effects.extend(issues.open.iter().map(|number| Effect::CloseIssue { number: *number }));
    }
    effects
}
