//! A release as the index has it: listed, and in full with its texts.
//!
//! The texts are long and a repository has releases of years, so what asks for names, tags, commits or states takes them listed.

use super::values::{account_id, bad, sha, unsigned};
use crate::ids::{Account, IssueNumber, Sha, Timestamp};
use crate::release::key::ReleaseKey;
use crate::release::people::{Named, People};
use crate::release::verify::Verified;
use crate::release::{Previous, Release};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

/// How far the issue of a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    /// The row is there; the issue is not known to be.
    Claimed,
    /// The issue was opened.
    Open,
    /// There was nothing to do: no issue.
    Nothing,
    /// There should be an issue and there can be none.
    Failed,
    /// The issue was deleted or transferred.
    Gone,
}

impl ReleaseState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Open => "open",
            Self::Nothing => "nothing",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "open" => Self::Open,
            "nothing" => Self::Nothing,
            "failed" => Self::Failed,
            "gone" => Self::Gone,
            _ => Self::Claimed,
        }
    }
}

/// A release without its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Our own number of it.
    pub id: i64,
    /// The release.
    pub release: Release,
    /// How far its issue is.
    pub state: ReleaseState,
    /// Why there is no issue, or where it went.
    pub failure: Option<String>,
    /// The issue.
    pub issue: Option<IssueNumber>,
    /// What it was before, oldest first.
    pub earlier: Vec<PreviousIdentity>,
}

/// A release in full. It is a listed one, with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    /// What is listed of it.
    pub listed: Listed,
    /// When the row was claimed.
    pub claimed_at: Timestamp,
    /// When a post of the issue was begun whose outcome is not known: look for it before posting again.
    pub posted_at: Option<Timestamp>,
    /// The body as we posted it: what was asked for.
    pub opened_body: String,
    /// The body as we last saw it.
    pub body: String,
    /// When that body was written, by GitHub's clock.
    pub body_at: Timestamp,
    /// The authors of the changes that brought steps, and whoever else is behind it.
    pub authors: Vec<Account>,
    /// The keys of which no event named who caused them.
    pub unnamed: BTreeSet<ReleaseKey>,
    /// Whom the names in its checklist and rules mean.
    pub named: Named,
    /// What is not in its issue yet.
    pub pending: Option<Pending>,
    /// What Holdpoint found itself, and about which commit.
    pub verified: Verified,
    /// What GitHub did not take of its issue's labels, assignees, type and milestone, in sentences.
    pub notes: Vec<String>,
}

impl Deref for ReleaseRow {
    type Target = Listed;

    fn deref(&self) -> &Listed {
        &self.listed
    }
}

impl DerefMut for ReleaseRow {
    fn deref_mut(&mut self) -> &mut Listed {
        &mut self.listed
    }
}

impl ReleaseRow {
    /// Who is behind it.
    #[must_use]
    pub fn people(&self) -> People<'_> {
        People { actor: &self.release.actor, authors: &self.authors, unnamed: &self.unnamed, named: &self.named }
    }
}

impl Listed {
    /// Every commit that it was ever the release of, the present one first.
    pub fn commits(&self) -> impl Iterator<Item = &Sha> {
        std::iter::once(&self.release.commit).chain(self.earlier.iter().map(|e| &e.commit))
    }

    /// The key that it was opened under.
    #[must_use]
    pub fn first_key(&self) -> &ReleaseKey {
        self.earlier.first().map_or(&self.release.key, |first| &first.key)
    }

    /// The release under each of its names, oldest first.
    #[must_use]
    pub fn names(&self) -> Vec<Release> {
        let earlier = self.earlier.iter().map(|e| Release {
            key: e.key.clone(),
            label: e.label.clone(),
            tag: e.tag.clone(),
            commit: e.commit.clone(),
            ..self.release.clone()
        });
        earlier.chain([self.release.clone()]).collect()
    }

    /// Every tag that it ever had.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.release.tag.as_deref().into_iter().chain(self.earlier.iter().filter_map(|e| e.tag.as_deref()))
    }

    /// Whether it was given up: the pull request that it was of is closed, or is for another branch now. It has no say.
    #[must_use]
    pub fn withdrawn(&self) -> bool {
        self.state == ReleaseState::Nothing && self.failure.is_some()
    }

    /// Whether its issue was transferred: it may come back, with all that was done in it.
    #[must_use]
    pub fn is_transferred(&self) -> bool {
        self.state == ReleaseState::Gone && self.failure.as_ref().is_some_and(|why| why.contains("was transferred"))
    }

    /// Whether it is, or was, the release of this key.
    #[must_use]
    pub fn is_of(&self, checklist: &str, key: &ReleaseKey) -> bool {
        self.release.checklist == checklist && (self.release.key == *key || self.earlier.iter().any(|e| e.key == *key))
    }
}

/// What [`listed`] reads, in its order. The index `releases_listed` has all of it.
pub(super) const LISTED: &str = "id, checklist, key, label, tag, commit_sha, previous_label, previous_sha, actor, opened_on, \
                                 state, failure, issue_number, actor_id, earlier";

/// What [`release_row`] reads, in its order: what is listed, and behind it the rest.
pub(super) const COLUMNS: &str = "id, checklist, key, label, tag, commit_sha, previous_label, previous_sha, actor, opened_on, \
                                  state, failure, issue_number, actor_id, earlier, claimed_at, posted_at, opened_body, body, \
                                  body_at, authors, pending, verified, notes, named, unnamed";

/// A row of [`LISTED`].
pub(super) fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let previous_label: Option<String> = row.get(6)?;
    let previous_sha: Option<String> = row.get(7)?;
    let previous = match (previous_label, previous_sha) {
        (Some(label), Some(_)) => Some(Previous { label, commit: sha(row, 7)? }),
        _ => None,
    };
    let (state, earlier): (String, String) = (row.get(10)?, row.get(14)?);
    Ok(Listed {
        id: row.get(0)?,
        release: Release {
            checklist: row.get(1)?,
            key: row.get::<_, String>(2)?.into(),
            label: row.get(3)?,
            tag: row.get(4)?,
            commit: sha(row, 5)?,
            previous,
            actor: Account { login: row.get(8)?, id: account_id(row, 13)? },
            date: row.get(9)?,
        },
        state: ReleaseState::parse(&state),
        failure: row.get(11)?,
        issue: row.get::<_, Option<i64>>(12)?.map(|n| IssueNumber(unsigned(n))),
        earlier: serde_json::from_str(&earlier).map_err(|_| bad(14))?,
    })
}

/// A row of [`COLUMNS`].
pub(super) fn release_row(row: &Row<'_>) -> rusqlite::Result<ReleaseRow> {
    let authors: String = row.get(20)?;
    let pending: Option<String> = row.get(21)?;
    let verified: String = row.get(22)?;
    let notes: String = row.get(23)?;
    Ok(ReleaseRow {
        listed: listed(row)?,
        claimed_at: Timestamp(row.get(15)?),
        posted_at: row.get::<_, Option<i64>>(16)?.map(Timestamp),
        opened_body: row.get::<_, Option<String>>(17)?.unwrap_or_default(),
        body: row.get::<_, Option<String>>(18)?.unwrap_or_default(),
        body_at: Timestamp(row.get::<_, Option<i64>>(19)?.unwrap_or_default()),
        // Whoever cannot be read would be a second person.
        authors: serde_json::from_str(&authors).map_err(|_| bad(20))?,
        pending: pending.map(|json| serde_json::from_str(&json).map_err(|_| bad(21))).transpose()?,
        // What cannot be read is found again.
        verified: serde_json::from_str(&verified).unwrap_or_default(),
        notes: serde_json::from_str(&notes).unwrap_or_default(),
        named: serde_json::from_str(&row.get::<_, String>(24)?).map_err(|_| bad(24))?,
        unnamed: serde_json::from_str(&row.get::<_, String>(25)?).map_err(|_| bad(25))?,
    })
}

/// What a release was before it went on under another name or commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousIdentity {
    /// Its key then.
    pub key: ReleaseKey,
    /// What people called it.
    pub label: String,
    /// Its tag, where it had one.
    pub tag: Option<String>,
    /// Its commit.
    pub commit: Sha,
    /// Until when its issue asked about that commit, by GitHub's clock; `None` where that is not known yet.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// What is still to be put into the issue of a renewed release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The text, or nothing.
    pub addition: String,
    /// The title that it had by our doing, and the one that it shall have.
    pub title: (String, String),
}
