//! Accounts as GitHub's JSON names them.

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
