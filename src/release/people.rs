//! Who is behind a release: whoever caused it, the authors of its steps, and whom the names in its checklist meant.

use super::key::ReleaseKey;
use crate::ids::{Account, AccountId};
use std::collections::{BTreeMap, BTreeSet};

/// The accounts that logins meant when a release was opened, by login in lower case.
pub type Named = BTreeMap<String, AccountId>;

/// The people of a release, as they are compared with whoever ticks.
#[derive(Clone, Copy, Debug)]
pub struct People<'r> {
    /// Who caused it, or opened it by hand; nobody where neither is known.
    pub actor: &'r Account,
    /// Who brought its steps, and who else tagged, merged or opened it; nobody among them where that is not known.
    pub authors: &'r [Account],
    /// Keys that it has or had, of which no event named who caused them.
    pub unnamed: &'r BTreeSet<ReleaseKey>,
    /// Whom names mean.
    pub named: &'r Named,
}

impl People<'_> {
    /// Whom a name such as `@ann` means: the account that had the login when the release was opened. Where that is not known, as
    /// in releases from before numbers were kept, whoever has it.
    #[must_use]
    pub fn meant(&self, name: &str) -> Account {
        let login = name.trim_start_matches('@').to_lowercase();
        Account { id: self.named.get(&login).copied(), login }
    }

    /// Whether an account caused the release or brought something into it.
    #[must_use]
    pub fn include(&self, account: &Account) -> bool {
        account.is(self.actor) || self.authors.iter().any(|author| account.is(author))
    }

    /// Whether it is known who they are.
    #[must_use]
    pub fn are_known(&self) -> bool {
        self.actor.is_known() && self.authors.iter().all(Account::is_known) && self.unnamed.is_empty()
    }
}
