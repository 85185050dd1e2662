//! Somebody edited a release issue: which boxes changed, whose ticks count, and what the progress comment says.

use crate::checklist::Checklist;
use crate::checklist::Item;
use crate::checklist::identity::ItemId;
use crate::config::{ChecklistConfig, Role, Skip, Tickers};
use crate::effect::{Comment, CommentKind, Effect};
use crate::event::Sender;
use crate::ids::{IssueNumber, Timestamp};
use crate::message;
use crate::message::progress::{FinalRecord, PartProgress};
use crate::message::refusal as why;
use crate::release::ledger::MarkSource;
use crate::release::people::People;
use crate::release::progress::{Mark, MarkChange, Progress, Record, is_added};
use std::collections::{BTreeMap, BTreeSet};

/// What was gathered about somebody who edited the issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub sender: Sender,
    /// Their role on the repository.
    pub role: Role,
    /// Whether they were given access to the repository: on a public one everybody may read.
    pub collaborator: bool,
    /// For each team that matters, written `@org/team`: whether they are in it.
    pub teams: BTreeMap<String, bool>,
    /// Teams of which GitHub does not let us see who is in them.
    pub hidden_teams: BTreeSet<String>,
}

impl Person {
    /// Whether this was no person by themselves: a bot, or an App in a person's name.
    #[must_use]
    pub const fn is_machine(&self) -> bool {
        self.sender.bot || self.sender.app.is_some()
    }

    fn is(&self, name: &str, people: &People<'_>) -> bool {
        if name.contains('/') {
            return self.teams.get(name).copied().unwrap_or(false);
        }
        people.meant(name).is(&self.sender.account())
    }

    /// Why being named does not suffice.
    fn has_no_access(&self) -> Option<String> {
        (!self.sender.bot && !self.collaborator).then(|| why::no_access(&self.sender.login))
    }

    /// Why nobody can say whether they are in a team that is named.
    fn hidden_team(&self, names: &[String]) -> Option<String> {
        let team = names.iter().find(|name| self.hidden_teams.contains(*name))?;
        Some(why::hidden_team(team))
    }

    /// Why somebody who has the login of one that is named is not the one that was meant.
    fn is_another(&self, names: &[String]) -> Option<String> {
        let same = |name: &&String| name.trim_start_matches('@').eq_ignore_ascii_case(&self.sender.login);
        names.iter().find(same).map(|name| why::another_account(name))
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

/// Logins of the people whom the checklist and its rules name, without `@` and in lower case.
#[must_use]
pub fn logins(opened: &Checklist, config: &ChecklistConfig) -> BTreeSet<String> {
    let listed = match &config.ticks.by {
        Tickers::Role(_) => &[][..],
        Tickers::List(list) => list,
    };
    let owners = opened.items.iter().flat_map(|i| &i.directives.owners);
    let people = owners.chain(listed).filter(|name| !name.contains('/'));
    people.map(|name| name.trim_start_matches('@').to_lowercase()).collect()
}

/// Why somebody's tick of an item does not count; `None` where it does.
#[must_use]
pub fn refusal(person: &Person, item: Option<&Item>, people: &People<'_>, config: &ChecklistConfig) -> Option<String> {
    let login = &person.sender.login;
    match &person.sender.app {
        _ if config.ticks.bots => {}
        _ if person.sender.bot => return Some(why::BOT.to_owned()),
        Some(app) => return Some(why::ticked_by_app(app, login)),
        None => {}
    }
    let owners = item.map(|i| i.directives.owners.as_slice()).unwrap_or_default();
    let mine = |name: &String| person.is(name, people);
    if item.is_some_and(|i| i.directives.second_person)
        && let Some(why) = no_second_person(person, owners.iter().any(mine), people)
    {
        return Some(why);
    }
    // An owner is named by the checklist itself, so being one suffices; for the rest the general rule holds.
    if !owners.is_empty() {
        if owners.iter().any(mine) {
            return person.has_no_access();
        }
        let hidden = person.hidden_team(owners);
        return person.is_another(owners).or(hidden).or_else(|| Some(why::owned_by_others(owners)));
    }
    match &config.ticks.by {
        // Whoever may push can have a workflow tick, so a bot has no more than that.
        Tickers::Role(least) => {
            let role = if person.sender.bot { Role::Write } else { person.role };
            (role < *least).then(|| why::low_role(*least, login, role))
        }
        Tickers::List(list) if list.iter().any(mine) => person.has_no_access(),
        Tickers::List(list) => {
            let hidden = person.hidden_team(list);
            person.is_another(list).or(hidden).or_else(|| Some(why::not_listed(list)))
        }
    }
}

/// Why somebody is no second person. Where the first is not known, it may be anybody who could have pushed a tag; whoever could
/// override the item as well may sign it.
fn no_second_person(person: &Person, owner: bool, people: &People<'_>) -> Option<String> {
    if person.is_machine() && !owner {
        return Some(why::BOT_AS_SECOND.to_owned());
    }
    if people.include(&person.sender.account()) {
        return Some(why::NOT_SECOND.to_owned());
    }
    (!people.are_known() && person.role < Role::Maintain).then(|| why::FIRST_UNKNOWN.to_owned())
}

/// Whether an edit typed every tick that it brought.
///
/// It did where as many crosses came into the text as boxes became ticked. Where fewer came, one was there before, in a place
/// where it did not count, and may be somebody else's.
#[must_use]
pub fn are_typed(changes: &[MarkChange], before: &str, after: &str) -> bool {
    let crosses = |text: &str| text.matches("[x]").count() + text.matches("[X]").count();
    let came = changes.iter().filter(|c| c.now == Mark::Done).count();
    let went = changes.iter().filter(|c| c.was == Mark::Done && c.now == Mark::Open).count();
    crosses(after) + went >= crosses(before) + came
}

/// The ledger's lines for the changes that one edit made; `typed` as [`are_typed`] says. Taking a tick back always counts: it only
/// closes the gate.
#[must_use]
pub fn records(
    changes: &[MarkChange],
    typed: bool,
    person: &Person,
    at: Timestamp,
    opened: &Checklist,
    people: &People<'_>,
    config: &ChecklistConfig,
) -> Vec<Record> {
    let mut items: BTreeMap<&ItemId, &Item> = BTreeMap::new();
    for item in &opened.items {
        items.entry(&item.id).or_insert(item);
    }
    changes
        .iter()
        .map(|change| {
            let item = items.get(&change.item).copied();
            let refused = match (&change.was, &change.now) {
                // What people asked for stays asked for: to take it out is to let the release pass without it.
                (_, Mark::Missing) if is_added(&change.item) => refusal(person, item, people, config),
                (_, Mark::Open | Mark::Missing | Mark::Reworded) => None,
                (_, Mark::Skipped(_)) if config.skip == Skip::Forbid => Some(why::NO_SKIPPING.to_owned()),
                (Mark::Missing | Mark::Reworded, Mark::Done) if typed => refusal(person, item, people, config),
                (Mark::Missing | Mark::Reworded, _) => {
                    refusal(person, item, people, config).or_else(|| Some(why::BROUGHT_BACK.to_owned()))
                }
                (Mark::Open | Mark::Done | Mark::Skipped(_), _) => refusal(person, item, people, config),
            };
            Record {
                item: change.item.clone(),
                mark: change.now.clone(),
                by: person.sender.account(),
                at,
                refused,
                how: MarkSource::Box,
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
    pub parts: &'i [PartProgress],
    /// Nothing was left to do when this was shown last.
    pub were_complete: bool,
}

/// The progress comment, a line on the other parts, and the closing of what is complete.
///
/// What is not complete any more is opened again: at that turn alone, so that whoever closes it by hand later is left alone.
#[must_use]
pub fn show(
    issues: &Issues<'_>,
    progress: &Progress,
    config: &ChecklistConfig,
    note: &str,
    closing: Option<&FinalRecord>,
) -> Vec<Effect> {
    let comment = |number: IssueNumber, kind: CommentKind, body: String| {
        Effect::PutComment(Comment { number: number.0, kind, body, create: true })
    };
    let body = message::progress::comment(progress, issues.parts, note, closing);
    let mut effects = vec![comment(issues.first, CommentKind::Progress, body)];
    for (at, share) in issues.parts.iter().enumerate().skip(1) {
        effects.push(comment(share.issue, CommentKind::Part, message::progress::part(at, issues.parts)));
    }
    if config.issue.close && progress.is_finished() && !progress.entries.is_empty() {
        effects.extend(issues.open.iter().map(|number| Effect::CloseIssue { number: *number }));
    }
    if issues.were_complete && !progress.is_finished() {
        let parts = issues.parts.iter().filter(|part| part.issue != issues.first && part.tally.open() > 0);
        let numbers = std::iter::once(issues.first).chain(parts.map(|part| part.issue));
        effects.extend(numbers.map(|number| Effect::ReopenIssue { number }));
    }
    effects
}
