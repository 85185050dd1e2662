//! A release happened: one issue, or a reason why there is none.

use crate::effect::Effect;
use crate::ids::RepositoryId;
use crate::release::Release;
use crate::release::body::{Outcome, draft};
use crate::release::contents::Ingredients;
use crate::release::marker::Keys;
use crate::release::placeholder::harmless;
use crate::release::renewal::{TITLE, addition, insert};

/// Plans the issue of a release.
#[must_use]
pub fn open(ingredients: &Ingredients<'_>, repository: RepositoryId, keys: &Keys) -> Effect {
    let release = Box::new(ingredients.release.clone());
    match draft(ingredients, repository, keys) {
        Outcome::Open(draft) => Effect::OpenIssue { release, draft, authors: step_authors(ingredients) },
        Outcome::Nothing => Effect::SettleRelease { release, failure: None },
        Outcome::Impossible(why) => Effect::SettleRelease { release, failure: Some(why) },
    }
}

/// Who brought steps.
fn step_authors(ingredients: &Ingredients<'_>) -> Vec<String> {
    let mut authors: Vec<String> =
        ingredients.steps.iter().filter_map(|s| s.brought_by.as_ref()).map(|m| m.author.clone()).collect();
    authors.retain(|a| !a.is_empty());
    authors.sort();
    authors.dedup();
    authors
}

/// A release as it was before it goes on under another name or commit.
#[derive(Clone, Copy, Debug)]
pub struct Was<'r> {
    /// The index's own number of it.
    pub row: i64,
    /// What it was.
    pub release: &'r Release,
    /// All that its issue was asked for.
    pub opened: &'r str,
    /// Logins of the authors of the pull requests that brought steps.
    pub authors: &'r [String],
}

/// Plans that a release goes on as the one of `ingredients`. `None` where it cannot go on in its issue.
#[must_use]
pub fn renew(ingredients: &Ingredients<'_>, was: &Was<'_>, repository: RepositoryId, keys: &Keys) -> Option<Effect> {
    let new = draft(ingredients, repository, keys);
    let old = draft(&Ingredients { named: was.release, ..*ingredients }, repository, keys);
    let (addition, title) = match (new, old) {
        (Outcome::Open(new), Outcome::Open(old)) => {
            let title = format!("{TITLE}{}", harmless(&ingredients.release.label));
            let after = ingredients.config.after_headings();
            (addition(was.opened, &old.body, &new.body, &title, &after)?, (old.title, new.title))
        }
        // Nothing is asked for any more; what was asked for stays.
        (Outcome::Nothing, _) => Default::default(),
        (Outcome::Open(_) | Outcome::Impossible(_), _) => return None,
    };
    let mut authors = was.authors.to_vec();
    authors.extend(step_authors(ingredients));
    authors.sort();
    authors.dedup();
    Some(Effect::RenewRelease {
        row: was.row,
        release: Box::new(ingredients.release.clone()),
        opened: insert(was.opened, &addition.text),
        addition: addition.text,
        title,
        authors,
    })
}
