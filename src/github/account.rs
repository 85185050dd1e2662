//! Accounts, and Apps as authors, as GitHub's JSON names them.

use crate::config::Role;
use crate::event::Sender;
use crate::ids::{Account, AccountId};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct WireAccount {
    pub(super) login: String,
    pub(super) id: Option<u64>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

impl WireAccount {
    pub(super) fn account(self) -> Account {
        Account { login: self.login, id: self.id.map(AccountId) }
    }

    pub(super) fn is_bot(&self) -> bool {
        self.kind.as_deref() == Some("Bot")
    }

    /// Somebody who did something, by themselves as far as is known.
    pub(super) fn sender(self) -> Sender {
        let bot = self.is_bot();
        let Account { login, id } = self.account();
        Sender { login, id, bot, app: None }
    }
}

/// The App that wrote something, as itself or for a person.
#[derive(Deserialize)]
pub(super) struct WireVia {
    pub(super) id: Option<u64>,
    slug: Option<String>,
}

impl WireVia {
    /// Its slug; the word for an App where GitHub hides which.
    pub(super) fn name(self) -> String {
        self.slug.unwrap_or_else(|| "of another owner".to_owned())
    }
}

/// Who wrote something: `None` where GitHub does not name an App, else whether it is this one, as itself. An App's slug and the login
/// of its bot change when its owner renames it, its number does not.
pub(super) fn is_by(app: u64, user: Option<&WireAccount>, via: Option<&WireVia>) -> Option<bool> {
    let id = via?.id?;
    Some(id == app && user.is_some_and(WireAccount::is_bot))
}

/// Somebody, as the repository knows them now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The login that they have now.
    pub login: String,
    /// Their role.
    pub role: Role,
}
