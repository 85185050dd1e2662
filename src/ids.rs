//! The names of things on GitHub, as types, so that a pull request's number is never passed where an issue's belongs.
//!
//! Nothing here reads, writes or decides.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The numeric id of an App's installation; it outlives renames of the account.
    InstallationId
}
number! {
    /// The numeric id of a repository; it outlives renames and transfers.
    RepositoryId
}
number! {
    /// The number of an issue within its repository, as in `#12`.
    IssueNumber
}
number! {
    /// The number of a pull request within its repository; GitHub counts issues and pull requests together.
    PullNumber
}
number! {
    /// The numeric id of a check run.
    CheckRunId
}
number! {
    /// The numeric id of a comment on an issue or pull request.
    CommentId
}
number! {
    /// The numeric id of a workflow run; a re-run keeps it.
    RunId
}
number! {
    /// The numeric id of a deployment; GitHub counts them up.
    DeploymentId
}
number! {
    /// The numeric id of an account; it outlives renames, and nobody else ever gets it.
    AccountId
}

/// An account: the number that it keeps, and the login that it had when we heard of it. It is written as its login alone where
/// the number is not known, as it was before numbers were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "WireAccount", into = "WireAccount")]
pub struct Account {
    /// Its login; empty where nobody is known.
    pub login: String,
    /// Its number; `None` where we heard of the login only.
    pub id: Option<AccountId>,
}

impl Account {
    /// Nobody is known.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Whether anybody is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.login.is_empty() || self.id.is_some()
    }

    /// Whether both are one account. Numbers decide: a login may be renamed, and registered by somebody else then. Where one of
    /// the two has none, their logins do.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(own), Some(theirs)) => own == theirs,
            (Some(_) | None, _) => !self.login.is_empty() && self.login.eq_ignore_ascii_case(&other.login),
        }
    }
}

impl From<&str> for Account {
    fn from(login: &str) -> Self {
        Self { login: login.to_owned(), id: None }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.login.fmt(f)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WireAccount {
    Login(String),
    Numbered { login: String, id: AccountId },
}

impl From<WireAccount> for Account {
    fn from(wire: WireAccount) -> Self {
        match wire {
            WireAccount::Login(login) => Self { login, id: None },
            WireAccount::Numbered { login, id } => Self { login, id: Some(id) },
        }
    }
}

impl From<Account> for WireAccount {
    fn from(account: Account) -> Self {
        match account.id {
            Some(id) => Self::Numbered { login: account.login, id },
            None => Self::Login(account.login),
        }
    }
}

/// `owner/name` of a repository: for paths and links only, never as a key, because it changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RepoName {
    /// Login of the user or organisation.
    pub owner: String,
    /// The repository's own name.
    pub name: String,
}

impl RepoName {
    /// Reads `owner/name`; `None` where either half is missing or a third one follows.
    #[must_use]
    pub fn parse(full: &str) -> Option<Self> {
        let (owner, name) = full.split_once('/')?;
        if owner.is_empty() || name.is_empty() || name.contains('/') {
            return None;
        }
        Some(Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A repository as every delivery names it, with the installation through which it is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Repository {
    /// The installation whose token opens it.
    pub installation: InstallationId,
    /// The key under which everything is stored.
    pub id: RepositoryId,
    /// The present name, taken from the newest payload.
    pub name: RepoName,
}

/// A full git object name in lower-case hexadecimal: 40 characters (SHA-1) or 64 (SHA-256).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha(String);

impl Sha {
    /// Accepts what git prints as a full object name; anything else, a branch's name above all, is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (hex && (text.len() == 40 || text.len() == 64)).then(|| Self(text.to_owned()))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven characters, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }

    /// `true` for the all-zero name by which a push says "did not exist".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|b| b == b'0')
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z. The core never asks for the present: it is handed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads the RFC 3339 form that GitHub's API and webhooks use (`2026-01-31T14:02:00Z`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp()))
    }

    fn utc(self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }

    /// `2026-01-31`, in UTC.
    #[must_use]
    pub fn date(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// `2026-01-31 14:02 UTC`, for people.
    #[must_use]
    pub fn minute(self) -> String {
        self.utc().format("%Y-%m-%d %H:%M UTC").to_string()
    }

    /// `2026-01-31T14:02:00Z`, for machines.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}
