//! A release happened: one issue, or a reason why there is none.

use crate::effect::Effect;
use crate::ids::{Account, RepositoryId};
use crate::message::issue_problem;
use crate::message::release_issue::{no_milestone, no_type, not_assigned, not_labelled};
use crate::release::Release;
use crate::release::addition::{TITLE, addition, insert};
use crate::release::contents::IssueInputs;
use crate::release::issue_body::{Draft, Outcome, draft};
use crate::release::marker::Keys;
use crate::release::placeholder::harmless;

/// Plans the issue of a release.
#[must_use]
pub fn open(ingredients: &IssueInputs<'_>, repository: RepositoryId, keys: &Keys) -> Effect {
    let release = Box::new(ingredients.release.clone());
    match draft(ingredients, repository, keys) {
        Outcome::Open(draft) => Effect::OpenIssue { release, draft, authors: step_authors(ingredients) },
        Outcome::Nothing => Effect::SkipRelease { release, failure: None },
        Outcome::Impossible(why) => Effect::SkipRelease { release, failure: Some(issue_problem::sentence(&why)) },
    }
}

/// Who brought steps.
fn step_authors(ingredients: &IssueInputs<'_>) -> Vec<Account> {
    let mut authors: Vec<Account> =
        ingredients.listed().filter_map(|s| s.brought_by.as_ref()).map(|m| m.author.clone()).collect();
    authors.retain(Account::is_known);
    authors.sort();
    authors.dedup();
    authors
}

/// A release as it was before it goes on under another name or commit.
#[derive(Clone, Copy, Debug)]
pub struct PreviousIssue<'r> {
    /// The index's own number of it.
    pub row: i64,
    /// What it was, under each of its names, oldest first.
    pub names: &'r [Release],
    /// All that its issue was asked for.
    pub opened: &'r str,
    /// The authors of the pull requests that brought steps.
    pub authors: &'r [Account],
}

/// Plans that a release goes on as the one of `ingredients`. `None` where it cannot go on in its issue.
#[must_use]
pub fn renew(
    ingredients: &IssueInputs<'_>,
    was: &PreviousIssue<'_>,
    repository: RepositoryId,
    keys: &Keys,
) -> Option<Effect> {
    let (addition, title) = match draft(ingredients, repository, keys) {
        Outcome::Open(new) => {
            let mut named = Vec::new();
            let mut last = String::new();
            for name in was.names {
                let Outcome::Open(old) = draft(&IssueInputs { named: name, ..*ingredients }, repository, keys) else {
                    return None;
                };
                last = old.title;
                named.push(old.body);
            }
            let Release { label, commit, .. } = ingredients.release;
            // Each addition needs a heading of its own, and a pull request has the same label after every push.
            let again = was.names.iter().any(|name| name.label == *label);
            let commit = if again { format!(" at {}", commit.short()) } else { String::new() };
            let title = format!("{TITLE}{}{commit}", harmless(label));
            let after = ingredients.config.after_headings();
            (addition(was.opened, &named, &new.body, &title, after)?, (last, new.title))
        }
        // Nothing is asked for any more; what was asked for stays.
        Outcome::Nothing => Default::default(),
        Outcome::Impossible(_) => return None,
    };
    let waits = ingredients.release.key.is_named_by_event();
    let mut authors = was.authors.to_vec();
    authors.extend(step_authors(ingredients));
    // Who released this candidate is a first person too, known or not; where only its own event tells, the index waits for that.
    authors.extend(Some(&ingredients.release.actor).filter(|actor| actor.is_known() || !waits).cloned());
    authors.sort();
    authors.dedup();
    Some(Effect::UpdateRelease {
        row: was.row,
        release: Box::new(ingredients.release.clone()),
        opened: insert(was.opened, &addition.text),
        addition: addition.text,
        title,
        authors,
    })
}

/// What GitHub made of an issue beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedMetadata {
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Logins of its assignees.
    pub assignees: Vec<String>,
    /// Name of its type.
    pub issue_type: Option<String>,
    /// Title of its milestone.
    pub milestone: Option<String>,
}

/// What was asked for and GitHub did not take, in sentences. It drops some of it without a word.
#[must_use]
pub fn rejected_metadata(draft: &Draft, taken: &AppliedMetadata) -> Vec<String> {
    let lacking = |asked: &[String], taken: &[String]| -> Vec<String> {
        let lacks = |name: &&String| !taken.iter().any(|t| t.eq_ignore_ascii_case(name));
        asked.iter().filter(lacks).cloned().collect()
    };
    let mut said = Vec::new();
    let people = lacking(&draft.assignees, &taken.assignees);
    if !people.is_empty() {
        said.push(not_assigned(&people));
    }
    let labels = lacking(&draft.labels, &taken.labels);
    if !labels.is_empty() {
        said.push(not_labelled(&labels));
    }
    if let Some(name) = draft.issue_type.as_ref().filter(|name| taken.issue_type.as_ref() != Some(name)) {
        said.push(no_type(name));
    }
    if let Some(name) = draft.milestone.as_ref().filter(|name| taken.milestone.as_ref() != Some(name)) {
        said.push(no_milestone(name));
    }
    said
}
