//! The tokens of one installation. Each is for one thing, is made when it is first needed, and is kept until shortly before its end.
//!
//! A token that can change something is for one repository. What is read across repositories is read with tokens that change
//! nothing. No token leaves this room.

use super::Error;
use super::route::route;
use super::session::{Shared, decode};
use crate::ids::{InstallationId, RepositoryId, Timestamp};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::bytes::Bytes;

/// A token this close to its end is not used any more, because a batch of work may take a while.
const FRESH_FOR_MS: i64 = 5 * 60_000;
/// The most tokens that are kept for one installation, of some hundred bytes each.
const MAX_TOKENS: usize = 5_000;

/// Permissions and their levels, by name.
type Permissions = BTreeMap<String, String>;

/// What a token is for; GitHub lets it do nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Work in one repository.
    Repository(RepositoryId),
    /// Read files in any repository of the installation: the organisation's configuration is in one that may be any.
    Files,
    /// See in any repository of the installation whether something changed.
    States,
    /// See who is in a team.
    Teams,
    /// See what every App sees: names and ids.
    Names,
}

impl Scope {
    /// What a token of this scope may, of what `app.yml` asks for. `statuses` is written for rulesets' sake alone and `merge_queues` is
    /// for the webhook's sake, so no token has these.
    const fn permissions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Repository(_) => &[
                ("actions", "read"),
                ("checks", "write"),
                ("contents", "read"),
                ("deployments", "write"),
                ("issues", "write"),
                ("metadata", "read"),
                ("pull_requests", "write"),
                ("statuses", "read"),
            ],
            Self::Files => &[("contents", "read")],
            Self::States => &[("contents", "read"), ("metadata", "read"), ("pull_requests", "read")],
            Self::Teams => &[("members", "read")],
            Self::Names => &[("metadata", "read")],
        }
    }

    /// The same, as far as the installation granted it.
    fn within(self, granted: &Permissions) -> Permissions {
        let least = |level: &str, given: &String| if given == "read" { "read".to_owned() } else { level.to_owned() };
        let wanted = self.permissions().iter();
        wanted.filter_map(|(name, level)| Some(((*name).to_owned(), least(level, granted.get(*name)?)))).collect()
    }

    /// All of it.
    fn whole(self) -> Permissions {
        self.permissions().iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect()
    }
}

/// A token, ready for the header.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) authorization: Arc<str>,
    expires_ms: i64,
}

impl Token {
    fn is_fresh(&self, now_ms: i64) -> bool {
        now_ms < self.expires_ms - FRESH_FOR_MS
    }
}

/// Locked while its token is made, so that everybody else waits for that one.
type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

/// The tokens of an installation.
#[derive(Default)]
pub(super) struct Tokens {
    slots: Mutex<BTreeMap<Scope, Slot>>,
}

impl Tokens {
    /// A token of this scope, a new one where none is known that lasts.
    pub(super) async fn get(&self, shared: &Shared, id: InstallationId, scope: Scope) -> Result<Token, Error> {
        let slot = self.slot(scope, shared.transport.now_ms());
        let mut known = slot.lock().await;
        if let Some(token) = known.as_ref().filter(|token| token.is_fresh(shared.transport.now_ms())) {
            return Ok(token.clone());
        }
        let token = made(shared, id, scope).await?;
        *known = Some(token.clone());
        Ok(token)
    }

    /// Drops `refused`, unless somebody has replaced it already.
    pub(super) async fn forget(&self, scope: Scope, refused: &Token, now_ms: i64) {
        let slot = self.slot(scope, now_ms);
        let mut known = slot.lock().await;
        if known.as_ref().is_some_and(|token| token.authorization == refused.authorization) {
            *known = None;
        }
    }

    fn slot(&self, scope: Scope, now_ms: i64) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = slots.get(&scope) {
            return Arc::clone(known);
        }
        // One that somebody holds is being made.
        let lasts = |slot: &Slot| slot.try_lock().map_or(true, |t| t.as_ref().is_some_and(|t| t.is_fresh(now_ms)));
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || lasts(slot));
        if slots.len() >= MAX_TOKENS {
            slots.clear();
        }
        Arc::clone(slots.entry(scope).or_default())
    }
}

/// Has a token made. GitHub makes none at all where one permission was not granted, or the repository is not the installation's.
/// What was granted is not remembered: an owner who grants more expects that it works.
async fn made(shared: &Shared, id: InstallationId, scope: Scope) -> Result<Token, Error> {
    let whole = scope.whole();
    match mint(shared, id, scope, &whole).await {
        Err(Error::Validation { .. }) => {}
        minted => return minted,
    }
    let less = scope.within(&granted(shared, id).await?);
    if less != whole {
        match mint(shared, id, scope, &less).await {
            Err(Error::Validation { .. }) => {}
            minted => return minted,
        }
    }
    // So it is the repository: it was taken from the installation, transferred or deleted. With a token that sees names alone
    // GitHub's answers say which. It is used once, because that may change.
    let token = mint(shared, id, Scope::Names, &Scope::Names.whole()).await?;
    Ok(Token { expires_ms: 0, ..token })
}

async fn mint(shared: &Shared, id: InstallationId, scope: Scope, permissions: &Permissions) -> Result<Token, Error> {
    #[derive(Deserialize)]
    struct Minted {
        token: String,
        expires_at: String,
    }
    // To GitHub, no permissions are all permissions.
    let (names, none) = (Scope::Names.whole(), permissions.is_empty());
    let mut body = json!({ "permissions": if none { &names } else { permissions } });
    if let (Scope::Repository(repository), Some(body)) = (scope, body.as_object_mut()) {
        body.insert("repository_ids".to_owned(), json!([repository]));
    }
    let path = route(&["app", "installations"]).segment(id).segment("access_tokens");
    let answer = shared.as_app(Method::POST, &path, Some(Bytes::from(body.to_string()))).await?;
    let minted: Minted = decode(&answer.success(shared.transport.now_ms())?)?;
    // Where GitHub's word cannot be read it is used once.
    let expires_ms = Timestamp::parse(&minted.expires_at).map_or(0, |at| at.0.saturating_mul(1_000));
    Ok(Token { authorization: format!("token {}", minted.token).into(), expires_ms })
}

/// What an installation granted.
async fn granted(shared: &Shared, id: InstallationId) -> Result<Permissions, Error> {
    #[derive(Deserialize)]
    struct Granted {
        #[serde(default)]
        permissions: Permissions,
    }
    let path = route(&["app", "installations"]).segment(id);
    decode::<Granted>(&shared.app_read(&path).await?).map(|found| found.permissions)
}
