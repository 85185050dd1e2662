//! What makes two triggers the same release.
//!
//! Keys are texts in the database, in the signed line of issues and in JSON; these texts never change.

use crate::ids::{PullNumber, Sha};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The key of a release within its checklist. Its text is [`fmt::Display`]'s.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ReleaseKey {
    /// `tag:v1.4.0@SHA`. A tag that is moved to another commit is another release.
    Tag {
        /// The tag.
        name: String,
        /// The commit that it leads to.
        commit: Sha,
    },
    /// `merge:SHA`: a merge into a branch, by its merge commit.
    Merge(Sha),
    /// `pull:12`: a pull request, whatever its head is.
    PullRequest(PullNumber),
    /// `deployment:ENVIRONMENT@SHA`.
    Deployment {
        /// The environment.
        environment: String,
        /// The commit.
        commit: Sha,
    },
    /// `manual:SHA`: a branch or commit whose release somebody opened.
    Manual(Sha),
    /// Anything else, as it was written. No event has such a key.
    Other(String),
}

impl ReleaseKey {
    /// Reads a key's text. Every text is a key, and [`fmt::Display`] gives the text back.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let at_commit = |text: &str| {
            let (name, commit) = text.rsplit_once('@')?;
            Some((name.to_owned(), Sha::parse(commit)?))
        };
        let known = text.split_once(':').and_then(|(kind, rest)| match kind {
            "tag" => at_commit(rest).map(|(name, commit)| Self::Tag { name, commit }),
            "merge" => Sha::parse(rest).map(Self::Merge),
            // A number with a sign or leading zeros is no number of GitHub's.
            "pull" => {
                let number = rest.parse().ok().map(PullNumber)?;
                (number.to_string() == rest).then_some(Self::PullRequest(number))
            }
            "deployment" => at_commit(rest).map(|(environment, commit)| Self::Deployment { environment, commit }),
            "manual" => Sha::parse(rest).map(Self::Manual),
            _ => None,
        });
        known.unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Whether who caused the release is known by an event of its own alone: GitHub does not say later who pushed a tag, or who
    /// merged.
    #[must_use]
    pub const fn is_named_by_event(&self) -> bool {
        matches!(self, Self::Tag { .. } | Self::Merge(_))
    }

    /// The pull request, where it is the release of one.
    #[must_use]
    pub const fn pull_request(&self) -> Option<PullNumber> {
        if let Self::PullRequest(number) = self { Some(*number) } else { None }
    }
}

impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag { name, commit } => write!(f, "tag:{name}@{commit}"),
            Self::Merge(commit) => write!(f, "merge:{commit}"),
            Self::PullRequest(number) => write!(f, "pull:{number}"),
            Self::Deployment { environment, commit } => write!(f, "deployment:{environment}@{commit}"),
            Self::Manual(commit) => write!(f, "manual:{commit}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl From<String> for ReleaseKey {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<ReleaseKey> for String {
    fn from(key: ReleaseKey) -> Self {
        key.to_string()
    }
}
