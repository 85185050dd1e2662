//! A pull request's own boxes: what its check `holdpoint/tasks` says. Who ticked them does not matter here; the release issue is
//! the place for that.

use crate::checklist::Item;
use crate::checklist::parse::parse;
use crate::effect::{CheckRun, Effect};
use crate::gate::Conclusion;
use crate::ids::{PullNumber, Sha};
use crate::message::failure::UNFINISHED;
use crate::message::tasks::{BROKEN, GROUP, State, TOO_MANY_COMMENTS, Task, Tasks, UNREAD};
use crate::message::{self, no_rules};
use crate::release::Site;
use std::collections::BTreeSet;

/// The check's name. It is posted where the configuration asks for it.
pub const CHECK: &str = "holdpoint/tasks";

/// How the comment begins that stands before the text of Renovate's own box.
const BUTTON: &str = "rebase-check";

/// A comment that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its id.
    pub id: u64,
    /// Whether a bot wrote it: such boxes are no one's task.
    pub bot: bool,
    /// Its text.
    pub body: String,
}

/// What was gathered of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its number.
    pub number: PullNumber,
    /// The commit to put the check on.
    pub head: Sha,
    /// Where it stands.
    pub site: Site,
    /// Its text.
    pub body: String,
    /// Whether a bot opened it: the boxes of its text are no one's task.
    pub by_bot: bool,
    /// Its comments, where they count; empty where they do not.
    pub comments: Vec<Said>,
    /// Every comment that counts was read.
    pub complete: bool,
}

/// Plans the check.
#[must_use]
pub fn tasks(facts: &Facts) -> Effect {
    if !facts.complete {
        return plain(&facts.head, Conclusion::Failure, UNREAD, TOO_MANY_COMMENTS);
    }
    let page = format!("{}/pull/{}", facts.site.repository(), facts.number);
    let mut found = Tasks::default();
    if !facts.by_bot {
        boxes(&facts.body, &page, false, &mut found);
    }
    for comment in facts.comments.iter().filter(|comment| !comment.bot) {
        boxes(&comment.body, &format!("{page}#issuecomment-{}", comment.id), true, &mut found);
    }
    let conclusion = if found.open() == 0 { Conclusion::Success } else { Conclusion::ActionRequired };
    plain(&facts.head, conclusion, &found.title(), &found.summary())
}

/// The check where the configuration cannot be read, so that nobody can say what is waited for.
#[must_use]
pub fn broken(head: &Sha) -> Effect {
    plain(head, Conclusion::Failure, no_rules::BROKEN, BROKEN)
}

/// The check where the work was given up.
#[must_use]
pub fn undecided(head: &Sha, why: &str) -> Effect {
    plain(head, Conclusion::Failure, UNFINISHED, why)
}

/// The check on a merge group: its pull requests were asked one by one.
#[must_use]
pub fn group(head: &Sha) -> Effect {
    let (title, why) = GROUP;
    plain(head, Conclusion::Success, title, why)
}

fn plain(head: &Sha, conclusion: Conclusion, title: &str, summary: &str) -> Effect {
    Effect::PutCheckRun(CheckRun {
        sha: head.clone(),
        name: CHECK.to_owned(),
        conclusion,
        title: message::title(title),
        summary: message::cut(summary.to_owned()),
        details_url: None,
        annotations: Vec::new(),
    })
}

/// Adds the boxes of a text.
fn boxes(text: &str, page: &str, in_comment: bool, found: &mut Tasks) {
    // GitHub knows no front matter here: what looks like one is shown, its boxes too.
    let text = format!("\n{text}");
    let (list, _) = parse(&text);
    let lines: Vec<&str> = text.lines().collect();
    let line = |item: &Item| lines.get(item.line.saturating_sub(1)).copied().unwrap_or_default();
    // A line that was struck out whole is no box any more; it was one, and nobody takes a box away unsaid.
    let was_box = |item: &&Item| ["[ ]", "[x]", "[X]"].iter().any(|sign| line(item).contains(sign));
    let mut all: Vec<&Item> = list.items.iter().chain(list.struck.iter().filter(was_box)).collect();
    all.retain(|item| !is_a_tool_s(line(item)));
    all.sort_by_key(|item| item.line);
    let chosen: BTreeSet<&str> = all.iter().filter(|item| item.checked).filter_map(|item| alternative(item)).collect();
    for item in &all {
        if item.directives.optional {
            found.optional += 1;
            continue;
        }
        let state = state(item);
        // Of alternatives, one that is done suffices.
        if matches!(state, State::Open { .. }) && alternative(item).is_some_and(|name| chosen.contains(name)) {
            found.others += 1;
            continue;
        }
        found.tasks.push(Task { text: item.text.clone(), page: page.to_owned(), in_comment, state });
    }
}

fn alternative(item: &Item) -> Option<&str> {
    item.directives.one_of.as_deref()
}

fn state(item: &Item) -> State {
    let reason = item.behind_strike.trim().trim_start_matches([':', '-', '–', '—', '·']).trim();
    if item.checked {
        State::Done
    } else if item.struck && reason.contains(char::is_alphanumeric) {
        State::Settled(reason.to_owned())
    } else {
        State::Open { struck: item.struck }
    }
}

/// Whether a box is a button of Renovate's: a tick makes it work, and it takes the tick away. It may run under a person's account.
fn is_a_tool_s(line: &str) -> bool {
    let behind = line.split_once(']').map(|(_, behind)| behind.trim_start());
    let comment = behind.and_then(|behind| behind.strip_prefix("<!--")).map(str::trim_start);
    comment.is_some_and(|words| words.starts_with(BUTTON))
}
