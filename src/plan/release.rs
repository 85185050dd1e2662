//! A release happened: one issue, or a reason why there is none.

use crate::effect::Effect;
use crate::ids::RepositoryId;
use crate::release::body::{Outcome, draft};
use crate::release::contents::Ingredients;
use crate::release::marker::Keys;

/// Plans the issue of a release.
#[must_use]
pub fn open(ingredients: &Ingredients<'_>, repository: RepositoryId, keys: &Keys) -> Effect {
    let release = Box::new(ingredients.release.clone());
    match draft(ingredients, repository, keys) {
        Outcome::Open(draft) => {
            let mut authors: Vec<String> =
                ingredients.steps.iter().filter_map(|s| s.brought_by.as_ref()).map(|m| m.author.clone()).collect();
            authors.retain(|a| !a.is_empty());
            authors.sort();
            authors.dedup();
            Effect::OpenIssue { release, draft, authors }
        }
        Outcome::Nothing => Effect::SettleRelease { release, failure: None },
        Outcome::Impossible(why) => Effect::SettleRelease { release, failure: Some(why) },
    }
}
