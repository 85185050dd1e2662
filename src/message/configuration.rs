//! What a change of the configuration means, in sentences: one for each key that changes, what loosens a gate first.

use super::inline;
use super::review::Sentence;
use crate::checklist::front_matter::FrontMatter;
use crate::config::{
    self, After, Candidates, ChecklistConfig, Comment, Config, GateConfig, Incomplete, IssueConfig, Open, Prereleases,
    Remind, RequireSteps, Skip, Tasks, Tickers, Ticks, Trigger, USUAL_TAGS, Unreleased,
};
use std::collections::BTreeSet;

/// A sentence, and whether it tells of a gate that would be looser.
type Said = (bool, String);

/// What it would mean to remove the file.
#[must_use]
pub fn removed(base: &Config) -> Vec<Sentence> {
    let mut said = sentences(base, &Config { given: true, ..Config::default() });
    let first = "The file is removed: what the organisation's file says holds, else the defaults.";
    said.insert(0, Sentence::plain(first));
    said
}

/// What the change means. `base` is what holds now, `head` what would hold.
#[must_use]
pub fn explained(base: &Config, head: &Config) -> Vec<Sentence> {
    let said = sentences(base, head);
    match (said.is_empty(), base.given) {
        (true, true) => vec![Sentence::plain("Nothing changes for the gates.")],
        (true, false) => vec![Sentence::plain("It says what the defaults say.")],
        (false, _) => said,
    }
}

fn sentences(base: &Config, head: &Config) -> Vec<Sentence> {
    let mut said = Vec::new();
    for (name, old) in &base.checklists {
        match head.checklists.get(name) {
            Some(new) => checklist(name, old, new, &mut said),
            // The defaults alone post no check that a branch could require.
            None if base.given => said.push((
                true,
                format!("The checklist `{name}` is removed: `{}` would no longer be posted.", config::check_name(name)),
            )),
            None => {}
        }
    }
    for (name, new) in head.checklists.iter().filter(|(name, _)| !base.checklists.contains_key(*name)) {
        said.push((false, format!("The checklist `{name}` is new: its check is `{}`.", config::check_name(name))));
        checklist(name, &ChecklistConfig::default(), new, &mut said);
    }
    whole_file(base, head, &mut said);
    said.sort_by_key(|(loosens, _)| !loosens);
    said.into_iter().map(|(loosens, text)| Sentence { text, loosens }).collect()
}

fn checklist(name: &str, old: &ChecklistConfig, new: &ChecklistConfig, said: &mut Vec<Said>) {
    gate(name, &old.gate, &new.gate, said);
    ticks(name, &old.ticks, &new.ticks, said);
    if old.skip != new.skip {
        said.push(match new.skip {
            Skip::Reason => (true, format!("Items of `{name}` could be struck out with a reason.")),
            Skip::Forbid => (false, format!("Items of `{name}` could no longer be skipped by striking them out.")),
        });
    }
    contents(name, old, new, said);
    if old.remind != new.remind {
        let when = |r: &Remind| {
            let called = if r.owners { " and call its owners" } else { "" };
            format!("Reminders of `{name}` would come after {} quiet hours, every {} hours{called}.", r.after, r.every)
        };
        let none = || format!("There would be no reminders of what is open in `{name}`.");
        said.push((false, new.remind.as_ref().map_or_else(none, when)));
    }
    open(name, &old.open, &new.open, said);
    issue(name, &old.issue, &new.issue, said);
}

fn gate(name: &str, old: &GateConfig, new: &GateConfig, said: &mut Vec<Said>) {
    let (gone, come) = difference(old.branches.patterns(), new.branches.patterns());
    if !gone.is_empty() {
        said.push((true, format!("The gate for {} would no longer wait for `{name}`.", list(&gone))));
    }
    if !come.is_empty() {
        said.push((false, format!("The gate for {} would wait for `{name}`.", list(&come))));
    }
    let (gone, come) = difference(old.environments.patterns(), new.environments.patterns());
    if !gone.is_empty() {
        said.push((true, format!("Deployments to {} would no longer wait for `{name}`.", list(&gone))));
    }
    if !come.is_empty() {
        said.push((false, format!("Deployments to {} would wait for `{name}`.", list(&come))));
    }
    if old.after != new.after {
        said.push(match new.after {
            After::Report => (
                true,
                format!(
                    "Open items after a release of `{name}` would no longer hold up what comes next, only be shown."
                ),
            ),
            After::Block => (false, format!("Open items after a release of `{name}` would hold up what comes next.")),
        });
    }
    if old.unreleased != new.unreleased {
        said.push(match new.unreleased {
            Unreleased::Allow => (true, format!("Commits that no release of `{name}` covers would pass.")),
            Unreleased::Block => (false, format!("Commits that no release of `{name}` covers would wait for one.")),
        });
    }
    if old.incomplete != new.incomplete {
        let look = match new.incomplete {
            Incomplete::ActionRequired => "a yellow sign (`action_required`)",
            Incomplete::Failure => "a red cross (`failure`)",
            Incomplete::InProgress => "a run in progress (`in_progress`)",
        };
        said.push((false, format!("While `{name}` waits, its check would show {look}; it blocks all the same.")));
    }
}

fn ticks(name: &str, old: &Ticks, new: &Ticks, said: &mut Vec<Said>) {
    if old.by != new.by {
        let people = match &new.by {
            Tickers::Role(role) => format!("everybody with the role `{}` or more", role.word()),
            Tickers::List(people) if people.is_empty() => "nobody".to_owned(),
            Tickers::List(people) => list(people),
        };
        let weaker = match (&old.by, &new.by) {
            (Tickers::Role(old), Tickers::Role(new)) => new < old,
            (Tickers::List(old), Tickers::List(new)) => {
                new.iter().any(|n| !old.iter().any(|o| o.eq_ignore_ascii_case(n)))
            }
            // Whom a list names cannot be compared with a role: say it loudly rather than not.
            (Tickers::List(_), Tickers::Role(_)) | (Tickers::Role(_), Tickers::List(_)) => true,
        };
        said.push((weaker, format!("Ticks of {people} would count for `{name}`, and of nobody else.")));
    }
    if old.bots != new.bots {
        said.push(if new.bots {
            (true, format!("Bots could tick the items of `{name}`."))
        } else {
            (false, format!("Bots could no longer tick the items of `{name}`."))
        });
    }
}

fn contents(name: &str, old: &ChecklistConfig, new: &ChecklistConfig, said: &mut Vec<Said>) {
    if old.template != new.template {
        let dropped = old.template.iter().flatten().any(|path| !new.template.iter().flatten().any(|p| p == path));
        said.push((
            dropped,
            match &new.template {
                Some(files) if files.is_empty() => format!("`{name}` would have no template."),
                Some(files) => format!("`{name}` would be made of {}.", list(files)),
                None => format!("`{name}` would be made of the first of the usual places that exists."),
            },
        ));
    }
    let (gone, come) = difference(old.steps.patterns(), new.steps.patterns());
    if !gone.is_empty() {
        said.push((true, format!("Step files at {} would no longer be part of `{name}`.", list(&gone))));
    }
    if !come.is_empty() {
        said.push((false, format!("Step files at {} would be part of `{name}`.", list(&come))));
    }
    let (gone, come) = difference(old.after.patterns(), new.after.patterns());
    if !come.is_empty() {
        let one = format!("Items of `{name}` below the headings {} would be done after the release", list(&come));
        said.push((true, format!("{one}: the gate would not wait for them.")));
    }
    if !gone.is_empty() {
        let one = format!("Items of `{name}` below the headings {} would be done before the release", list(&gone));
        said.push((false, format!("{one}: the gate would wait for them.")));
    }
    for (letters, with) in new.replace.iter().filter(|(letters, with)| old.replace.get(*letters) != Some(*with)) {
        said.push((false, format!("In the text of `{name}`, {} would be replaced by {}.", code(letters), code(with))));
    }
    for letters in old.replace.keys().filter(|letters| !new.replace.contains_key(*letters)) {
        said.push((false, format!("In the text of `{name}`, {} would stay as it is.", code(letters))));
    }
}

fn open(name: &str, old: &Open, new: &Open, said: &mut Vec<Said>) {
    let word = |trigger: &Trigger| match trigger {
        Trigger::Tag => "a tag",
        Trigger::Release => "a published release",
        Trigger::Merge => "a merge",
        Trigger::PullRequest => "a pull request",
        Trigger::Deployment => "a deployment",
        Trigger::Manual => "a person",
    };
    let words = |only: &Open, other: &Open| {
        only.on.iter().filter(|t| !other.on.contains(t)).map(word).collect::<Vec<_>>().join(", ")
    };
    let (gone, come) = (words(old, new), words(new, old));
    if !gone.is_empty() {
        said.push((true, format!("A release of `{name}` would no longer be opened by {gone}.")));
    }
    if !come.is_empty() {
        said.push((false, format!("A release of `{name}` would be opened by {come}.")));
    }
    if old.matches != new.matches {
        let usual = || USUAL_TAGS.map(str::to_owned).to_vec();
        let filled = |open: &Open| if open.matches.is_empty() { usual() } else { open.matches.patterns().to_vec() };
        let (before, now) = (filled(old), filled(new));
        let (gone, come) = difference(&before, &now);
        if !gone.is_empty() {
            said.push((true, format!("What matches {} would no longer open a release of `{name}`.", list(&gone))));
        }
        if !come.is_empty() {
            said.push((false, format!("What matches {} would open a release of `{name}`.", list(&come))));
        }
    }
    if old.prereleases != new.prereleases {
        let what = match new.prereleases {
            Prereleases::Same => "share the issue of their release",
            Prereleases::Separate => "have issues of their own",
            Prereleases::Ignore => "open nothing",
        };
        let weaker = new.prereleases == Prereleases::Ignore;
        said.push((weaker, format!("Pre-releases of `{name}` would {what}.")));
    }
    if old.candidates != new.candidates {
        said.push(match new.candidates {
            Candidates::Keep => {
                (true, format!("What was done for one candidate of `{name}` would count for the next one too."))
            }
            Candidates::Again => (false, format!("Every item of `{name}` would be done anew for each candidate.")),
        });
    }
    let (gone, come) = difference(&old.prerelease_words, &new.prerelease_words);
    if !come.is_empty() {
        said.push((true, format!("Tags of `{name}` with {} would be pre-releases.", list(&come))));
    }
    if !gone.is_empty() {
        said.push((false, format!("Tags of `{name}` with {} would be releases of their own.", list(&gone))));
    }
}

fn issue(name: &str, old: &IssueConfig, new: &IssueConfig, said: &mut Vec<Said>) {
    if old.title != new.title {
        said.push((
            false,
            match &new.title {
                Some(title) => format!("Release issues of `{name}` would be called {}.", code(title)),
                None => format!("Release issues of `{name}` would be called as the template or the default says."),
            },
        ));
    }
    let named = [("type", &old.issue_type, &new.issue_type), ("milestone", &old.milestone, &new.milestone)];
    for (what, old, new) in named.into_iter().filter(|(_, old, new)| old != new) {
        said.push((
            false,
            match (old, new) {
                (_, Some(new)) => format!("Release issues of `{name}` would get the {what} {}.", code(new)),
                (Some(old), None) => {
                    format!("Release issues of `{name}` would no longer get the {what} {}.", code(old))
                }
                (None, None) => continue,
            },
        ));
    }
    for (what, old, new) in [("label", &old.labels, &new.labels), ("assignee", &old.assignees, &new.assignees)] {
        let (gone, come) = difference(old, new);
        let ending = |of: &[&String]| if of.len() == 1 { "" } else { "s" };
        if !come.is_empty() {
            said.push((
                false,
                format!("Release issues of `{name}` would get the {what}{} {}.", ending(&come), list(&come)),
            ));
        }
        if !gone.is_empty() {
            let s = ending(&gone);
            said.push((
                false,
                format!("Release issues of `{name}` would no longer get the {what}{s} {}.", list(&gone)),
            ));
        }
    }
    if old.close != new.close {
        said.push((
            false,
            if new.close {
                format!("Release issues of `{name}` would be closed when all is done.")
            } else {
                format!("Release issues of `{name}` would stay open when all is done.")
            },
        ));
    }
}

/// What a template's front matter would change about the release issue. A title that the configuration gives wins.
#[must_use]
pub fn front_matter(old: &FrontMatter, new: &FrontMatter, config: &ChecklistConfig) -> Vec<String> {
    let mut said = Vec::new();
    if old.title != new.title && config.issue.title.is_none() {
        said.push(match &new.title {
            Some(title) => format!("The release issue would be called {}.", code(title)),
            None => "The release issue would be called as the default says.".to_owned(),
        });
    }
    for (what, old, new) in [("label", &old.labels, &new.labels), ("assignee", &old.assignees, &new.assignees)] {
        let (gone, come) = difference(old, new);
        for (would, of) in [("would get", come), ("would no longer get", gone)].iter().filter(|(_, of)| !of.is_empty())
        {
            let s = if of.len() == 1 { "" } else { "s" };
            said.push(format!("The release issue {would} the {what}{s} {}.", list(of)));
        }
    }
    if old.issue_type != new.issue_type {
        said.push(match &new.issue_type {
            Some(kind) => format!("The release issue would be of the type {}.", code(kind)),
            None => "The release issue would have no type.".to_owned(),
        });
    }
    said
}

fn whole_file(base: &Config, head: &Config, said: &mut Vec<Said>) {
    if base.comment != head.comment {
        said.push((
            false,
            match head.comment {
                Comment::Changes => "Pull requests that change a checklist would get a comment.".to_owned(),
                Comment::Never => "No pull request would get a comment; the check stays.".to_owned(),
            },
        ));
    }
    if base.tasks != head.tasks {
        let weaker = head.tasks == Tasks::Off || base.tasks == Tasks::BodyAndComments;
        said.push((
            weaker,
            match head.tasks {
                Tasks::Off => "The boxes of pull requests would no longer be waited for: `holdpoint/tasks` would no longer be posted.".to_owned(),
                Tasks::Body if weaker => "`holdpoint/tasks` would no longer wait for boxes in comments, only for those in a pull request's text.".to_owned(),
                Tasks::Body => "`holdpoint/tasks` would wait until the boxes in a pull request's text are ticked.".to_owned(),
                Tasks::BodyAndComments => "`holdpoint/tasks` would wait until the boxes in a pull request's text and comments are ticked.".to_owned(),
            },
        ));
    }
    let way_out = |rule: &RequireSteps| {
        rule.unless_label.as_ref().map_or_else(String::new, |label| format!(" or the label {}", code(label)))
    };
    for rule in base.require_steps.iter().filter(|rule| !head.require_steps.contains(rule)) {
        let paths = list(rule.paths.patterns());
        said.push((
            true,
            format!("Pull requests that touch {paths} would no longer need a step file{}.", way_out(rule)),
        ));
    }
    for rule in head.require_steps.iter().filter(|rule| !base.require_steps.contains(rule)) {
        let paths = list(rule.paths.patterns());
        said.push((false, format!("Pull requests that touch {paths} would need a step file{}.", way_out(rule))));
    }
}

/// What is only in the old list, and what is only in the new one.
fn difference<'c>(old: &'c [String], new: &'c [String]) -> (Vec<&'c String>, Vec<&'c String>) {
    let only = |of: &'c [String], other: &[String]| {
        let mut seen = BTreeSet::new();
        of.iter().filter(|word| !other.contains(word) && seen.insert(word.as_str())).collect()
    };
    (only(old, new), only(new, old))
}

fn list(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| code(word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A word as code. It may come from the head of a pull request, so nothing in it may end the code or the line.
fn code(word: &str) -> String {
    match word.trim() {
        "" => "(nothing)".to_owned(),
        word => inline(&format!("`{}`", word.replace('`', "'"))),
    }
}
